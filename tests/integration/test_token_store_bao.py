# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_auth_method token_store against a real server with Vault's API: what a stand-in of our own can only suppose."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from helpers import use_store
from helpers.bao import Bao
from helpers.direct import Words, connection, run_body

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault import VaultStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import StoreConflict, TokenPair
from ansible_collections.cvops.identity.plugins.modules import commvault_access_token, commvault_security_info

pytestmark = pytest.mark.any_core

#: The rights that the documentation names; destroying is for ``state: absent``.
POLICY = """
path "secret/data/{path}" {{ capabilities = ["create", "read", "update"] }}
path "secret/destroy/{path}" {{ capabilities = ["update"] }}
"""


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    running = Bao(tmp_path_factory.mktemp("bao"))
    yield running
    running.stop()


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A place of the test's own."""
    return f"commvault/{request.node.name.replace('[', '-').replace(']', '')}"


@pytest.fixture
def vault(bao: Bao, path: str) -> dict[str, t.Any]:
    return {"path": path, "url": bao.url, "ca_path": bao.ca_path, "token": bao.token}


def options(site: Simulator, vault: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    store = {"hashi_vault": vault}
    return {**connection(site), "commvault_auth_method": "token_store", "commvault_token_store": store, **more}


def as_role(vault: dict[str, t.Any], role: dict[str, str]) -> dict[str, t.Any]:
    return {**{name: value for name, value in vault.items() if name != "token"}, **role}


def create(site: Simulator, vault: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return run_body(commvault_access_token, site, {"name": "nightly", "store": {"hashi_vault": vault}, **more})


def use(site: Simulator, vault: dict[str, t.Any]) -> dict[str, t.Any]:
    return run_body(commvault_security_info, site, options(site, vault, subset=["roles"]))


def age(site: Simulator, bao: Bao, path: str, left_s: float) -> None:
    document = bao.latest(path)
    token = site.commcells["cs01"].sessions.store.get(int(document["token_id"]))
    assert token is not None
    token.expires = site.clock.now() + left_s
    bao.put(path, {**document, "expires": int(token.expires), "issued": int(token.expires - 7200)})


def renewals(site: Simulator) -> int:
    return len([entry for entry in site.journal.entries("cs01") if entry.path.lower().endswith("/renew")])


def store_at(vault: dict[str, t.Any]) -> VaultStore:
    return VaultStore(Context(options={}, reporter=Words()), vault)


def test_an_app_role_with_the_documented_policy(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    """Creates, uses, renews and removes; its own tokens are revoked each time."""
    role = as_role(vault, bao.app_role("store", POLICY.format(path=path)))
    made = create(site, role)
    assert made["changed"], made
    assert made["access_token"]["stored_in"] == f"secret/{path} in HashiCorp Vault at {bao.url[8:]}"
    age(site, bao, path, 100)
    assert not use(site, role).get("failed")
    latest = bao.latest(path)
    assert (latest["generation"], "renewal" in latest, renewals(site)) == (1, False, 1)
    assert create(site, role)["changed"] is False
    gone = create(site, role, state="absent")
    assert gone["changed"], gone
    assert "does not exist" in use(site, role)["msg"]
    assert create(site, role)["changed"], "a destroyed version is none"
    left = bao.ask("LIST", "auth/token/accessors")["data"]["keys"]
    of_roles = [bao.ask("POST", "auth/token/lookup-accessor", {"accessor": key})["data"]["path"] for key in left]
    assert "auth/approle/login" not in of_roles
    refused = use(site, {**role, "secret_id": "another-secret"})
    assert "Cannot sign in to the token store" in refused["msg"]
    assert "another-secret" not in json.dumps(refused)


def test_eight_processes_renew_once(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    create(site, vault)
    age(site, bao, path, -5)
    processes = [use_store.start(options(site, vault)) for dummy in range(8)]
    assert [use_store.finish(process)["msg"] for process in processes] == [None] * 8
    assert renewals(site) == 1
    assert site.commcells["cs01"].sessions.store.destroyed == []


def test_the_first_write_wins(vault: dict[str, t.Any]) -> None:
    """Check-and-set, as the server says it; also for a secret that is new, deleted or destroyed."""
    first, second = store_at(vault), store_at(vault)
    for number in range(3):
        with first.lock(create=True) as one, second.lock(create=True) as other:
            one.write_pair(TokenPair(f"first-{number}"))
            with pytest.raises(StoreConflict):
                other.write_pair(TokenPair(f"second-{number}"))
        pair, version = first.read_pair_and_version()
        assert pair is not None
        assert pair.access_token == f"first-{number}"
        first.destroy_version(version)
        assert first.read_pair_and_version() == (None, version)


def test_a_soft_deleted_secret_is_none(bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    store = store_at(vault)
    store.write_pair(TokenPair("one"), 0)
    bao.ask("DELETE", f"secret/data/{path}")
    assert store.read_pair_and_version() == (None, 1)
    assert store.write_pair(TokenPair("two"), 1) == 2


def test_namespaces(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    bao.ask("POST", "sys/namespaces/team")
    bao.ask("POST", "sys/mounts/secret", {"type": "kv", "options": {"version": "2"}}, namespace="team")
    made = create(site, {**vault, "namespace": "team"})
    assert made["access_token"]["stored_in"].startswith(f"team/secret/{path} in HashiCorp Vault")
    assert bao.latest(path, namespace="team")["custodian"]["user"] == f"team/secret/{path}"
    assert not use(site, {**vault, "namespace": "team"}).get("failed")
    assert "does not exist" in use(site, vault)["msg"]


def test_a_sealed_server(site: Simulator, bao: Bao, vault: dict[str, t.Any]) -> None:
    assert create(site, vault)["changed"]
    bao.seal()
    try:
        refused = use(site, vault)
    finally:
        bao.unseal()
    assert refused["error"]["kind"] == "api"
    assert "sealed" in refused["msg"].lower()
    assert not use(site, vault).get("failed")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"token": "hvs.wrong-4711"}, "permission denied|invalid token"),
        ({"ca_path": None}, "its TLS certificate is not trusted.*ca_path of hashi_vault, or VAULT_CACERT"),
        ({"ca_path": "/nonexistent/ca.pem"}, "does not exist"),
        ({"mount": "old"}, "does not exist|cannot be read|gave"),
        ({"mount": "nothing"}, "no KV version 2 mount.*no handler"),
        ({"namespace": "nowhere"}, "namespace not found"),
        ({"path": "nothing/here"}, "does not exist"),
    ],
)
def test_what_is_wrong_is_one_message(
    site: Simulator, bao: Bao, vault: dict[str, t.Any], change: dict[str, t.Any], said: str
) -> None:
    if "old/" not in bao.ask("GET", "sys/mounts")["data"]:
        bao.ask("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
    refused = use(site, {**vault, **change})
    assert refused["failed"]
    assert re.search(said, refused["msg"]), refused["msg"]
    assert not any(token in json.dumps(refused) for token in (bao.token, "hvs.wrong"))


def test_a_policy_without_update(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    """The token that was made is revoked again, as nobody has its value."""
    role = as_role(vault, bao.app_role("reader", f'path "secret/data/{path}" {{ capabilities = ["read"] }}'))
    refused = create(site, role)
    assert f"The policy needs create, read and update on secret/data/{path}" in refused["msg"]
    assert "permission denied" in refused["msg"]
