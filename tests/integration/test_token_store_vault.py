# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_auth_method token_store with HashiCorp Vault, against a real server with Vault's API (OpenBao).

A proxy before the server loses single answers; answers that no server gives are in the unit tests of the store.
"""

from __future__ import annotations

import json
import pathlib
import re
import sys
import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from helpers import use_store
from helpers.bao import Bao
from helpers.bao_proxy import BaoProxy
from helpers.direct import Words, connection, run_body
from helpers.token_store import age, renewals

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault.token_pair_service import RenewalService
from ansible_collections.cvops.identity.plugins.module_utils._stores import hashi_vault
from ansible_collections.cvops.identity.plugins.module_utils._stores.conflicts import StoreConflict
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault import VaultStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.token_pair import (
    RenewalNote,
    TokenPair,
)
from ansible_collections.cvops.identity.plugins.modules import commvault_access_token, commvault_security_info

pytestmark = pytest.mark.any_core

#: The rights that the documentation names; destroying is for ``state: absent``.
POLICY = """
path "secret/data/{path}" {{ capabilities = ["create", "read", "update"] }}
path "secret/destroy/{path}" {{ capabilities = ["update"] }}
"""


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A place of the test's own."""
    return f"commvault/{request.node.name.replace('[', '-').replace(']', '')}"


@pytest.fixture
def vault(bao: Bao, path: str) -> dict[str, t.Any]:
    return {"path": path, "url": bao.url, "ca_path": bao.ca_path, "token": bao.token}


@pytest.fixture
def proxy(bao: Bao) -> Iterator[BaoProxy]:
    running = BaoProxy(bao)
    yield running
    running.stop()


@pytest.fixture
def behind_proxy(proxy: BaoProxy, vault: dict[str, t.Any]) -> dict[str, t.Any]:
    """The store of the test, reached through the proxy."""
    return {**vault, "url": proxy.url, "ca_path": None}


class KeptToken(t.NamedTuple):
    """A token in the store of a test: *document* is what the store held when it had been created."""

    site: Simulator
    bao: Bao
    vault: dict[str, t.Any]
    path: str
    document: dict[str, t.Any]

    def age(self, left_s: float, **values: t.Any) -> None:
        age(self.site, self.bao, self.path, left_s, **values)

    def use(self, vault: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Return the result of a module that signs in with what *vault* holds, the test's own store unless told otherwise."""
        return use(self.site, vault or self.vault)

    def read_at_service(self) -> t.Any:
        """Return the token as the service has it."""
        token = self.site.commcells["cs01"].sessions.store.get(int(self.document["token_id"]))
        assert token is not None
        return token

    def assert_renewed_once(self, used: dict[str, t.Any]) -> None:
        """Assert that the module's result *used* is a success, and that one renewal led to it."""
        assert not used.get("failed"), used
        assert (self.bao.latest(self.path)["generation"], renewals(self.site)) == (1, 1)


@pytest.fixture
def kept(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> KeptToken:
    """A token that was just created into the store."""
    made = create(site, vault)
    assert made["changed"], made
    assert made["access_token"]["value"] is None
    site.journal.clear()
    return KeptToken(site, bao, vault, path, bao.latest(path))


@pytest.fixture
def ended(kept: KeptToken) -> KeptToken:
    """A token in the store whose time is over: the next use renews it."""
    kept.age(-5)
    return kept


def options(site: Simulator, vault: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    store = {"hashi_vault": vault}
    return {**connection(site), "commvault_auth_method": "token_store", "commvault_token_store": store, **more}


def as_role(vault: dict[str, t.Any], role: dict[str, str]) -> dict[str, t.Any]:
    return {**{name: value for name, value in vault.items() if name != "token"}, **role}


def create(site: Simulator, vault: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return run_body(commvault_access_token, site, {"name": "nightly", "store": {"hashi_vault": vault}, **more})


def use(site: Simulator, vault: dict[str, t.Any]) -> dict[str, t.Any]:
    return run_body(commvault_security_info, site, options(site, vault, subset=["roles"]))


def store_at(vault: dict[str, t.Any]) -> VaultStore:
    return VaultStore(Context(options={}, reporter=Words()), vault)


def test_an_app_role_with_the_documented_policy(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    """Creates, uses, renews and removes; its own tokens are revoked each time."""
    role = as_role(vault, bao.app_role("store", POLICY.format(path=path)))
    # Tests of processes that are killed leave theirs on the same server.
    others = set(bao.ask("LIST", "auth/token/accessors")["data"]["keys"])
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
    left = set(bao.ask("LIST", "auth/token/accessors")["data"]["keys"]) - others
    of_roles = [bao.ask("POST", "auth/token/lookup-accessor", {"accessor": key})["data"]["path"] for key in left]
    assert "auth/approle/login" not in of_roles
    refused = use(site, {**role, "secret_id": "another-secret"})
    assert "Cannot sign in to the token store" in refused["msg"]
    assert "another-secret" not in json.dumps(refused)


def test_eight_processes_renew_once(site: Simulator, bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    create(site, vault)
    age(site, bao, path, -5)
    started = [use_store.start(options(site, vault)) for dummy in range(8)]
    assert [use_store.finish(using)["msg"] for using in started] == [None] * 8
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


def test_a_renewed_pair_is_written_over_a_changed_note_and_never_over_another_pair(vault: dict[str, t.Any]) -> None:
    first, second = store_at(vault), store_at(vault)
    old, new = TokenPair("a0", "r0"), TokenPair("a1", "r1", generation=1)
    version = first.write_pair(old, 0)
    with first.lock() as locked:
        second.write_pair(TokenPair("a0", "r0", renewal=RenewalNote("sent", 1.0, "another process")), version)
        locked.write_pair(new)
    assert first.read_pair_and_version() == (new, version + 2)
    with first.lock() as locked:
        second.write_pair(TokenPair("a1", "r1", generation=1, name="renamed"), version + 2)
        with pytest.raises(StoreConflict):
            locked.write_pair(TokenPair("a3", "r3", generation=3))
    with first.lock() as locked:
        second.write_pair(TokenPair("theirs", "their-refresh-token", generation=1), version + 3)
        with pytest.raises(StoreConflict):
            locked.write_pair(TokenPair("a2", "r2", generation=2))
    pair = first.read_pair()
    assert pair is not None and pair.access_token == "theirs"


@pytest.mark.parametrize("moment", ["before sending", "answer received"])
def test_killed_in_a_renewal(ended: KeptToken, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """The note in the Vault outlives the process; once it counts as left behind, the next run says what it found."""
    site, vault = ended.site, ended.vault
    assert use_store.run(options(site, vault), moment)["returncode"] == -9
    assert ended.bao.latest(ended.path)["renewal"]["state"] == "sent"
    monkeypatch.setattr(hashi_vault, "WATCH_S", 0.2)
    after = ended.use()
    assert after["error"]["code"] == "renewal_unknown"
    assert "may be void" in after["msg"]
    assert any("did not finish" in warning for warning in after["warnings"])
    assert site.commcells["cs01"].sessions.store.destroyed == []
    assert create(site, vault)["changed"]
    assert not ended.use().get("failed")


def test_waiting_for_another_process_ends_with_its_pair(
    kept: KeptToken, proxy: BaoProxy, behind_proxy: dict[str, t.Any]
) -> None:
    site = kept.site
    kept.age(-5, renewal={"state": "sent", "at": int(site.clock.now()), "by": "process 1 on elsewhere"})
    using = use_store.start(options(site, behind_proxy))
    # So many looks take more than the two seconds after which a wait is told.
    while len([path for method, path in proxy.requests if method == "GET"]) < 14:
        assert using.process.poll() is None
    token = kept.read_at_service()
    token.expires = site.clock.now() + 7200
    kept.bao.put(kept.path, {**kept.document, "expires": int(token.expires), "generation": 1})
    used = use_store.finish(using)
    assert (used["msg"], renewals(site)) == (None, 0)
    assert any("waiting for process 1 on elsewhere" in line for line in used["lines"])


@pytest.mark.parametrize("number", [1, 2], ids=["the note", "the new pair"])
def test_a_lost_answer_to_a_write(
    ended: KeptToken, proxy: BaoProxy, behind_proxy: dict[str, t.Any], number: int
) -> None:
    proxy.lost_writes = {number}
    ended.assert_renewed_once(ended.use(behind_proxy))


def test_a_copy_at_another_path_is_no_custodian(ended: KeptToken) -> None:
    copy = f"{ended.path}/copy"
    ended.bao.put(copy, ended.bao.latest(ended.path))
    refused = ended.use({**ended.vault, "path": copy})
    assert refused["error"]["code"] == "other_custodian"
    assert f"secret/{ended.path} on HashiCorp Vault" in refused["msg"]
    assert renewals(ended.site) == 0


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


@pytest.mark.whole
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
        ({"url": "http://vault.example:8200"}, "http://vault.example:8200 is not an https address"),
        ({"url": "http://127.0.0.1:9", "ca_path": None}, "no answer"),
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


def test_a_token_that_has_expired(kept: KeptToken) -> None:
    expired = kept.bao.expired_token()
    refused = kept.use({**kept.vault, "token": expired})
    assert "Cannot read the token store" in refused["msg"] and "permission denied" in refused["msg"]
    assert expired not in json.dumps(refused)


def test_a_lease_that_ends_before_the_write(bao: Bao, vault: dict[str, t.Any], path: str) -> None:
    """Nothing is written, and what is there stays."""
    store_at(vault).write_pair(TokenPair("one"), 0)
    store = store_at(as_role(vault, bao.app_role("short", POLICY.format(path=path))))
    with store.lock() as locked:
        bao.end_leases_of_roles()
        with pytest.raises(ConfigError, match="Cannot write the token store .*permission denied"):
            locked.write_pair(TokenPair("two"))
    assert store_at(vault).read_pair_and_version() == (TokenPair("one"), 1)


def after_renewal(monkeypatch: pytest.MonkeyPatch, action: t.Callable[[], None]) -> None:
    """Let *action* happen when the service has answered the renewal, before the new pair is stored."""
    renew = RenewalService.renew_pair

    def renew_and_act(self: t.Any, pair: t.Any) -> t.Any:
        outcome = renew(self, pair)
        action()
        return outcome

    monkeypatch.setattr(RenewalService, "renew_pair", renew_and_act)


@pytest.mark.whole
def test_a_lease_that_ends_in_a_renewal(ended: KeptToken, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new pair cannot be stored: it is not used either, it is not shown, and the note stays for the next run."""
    bao, path = ended.bao, ended.path
    after_renewal(monkeypatch, bao.end_leases_of_roles)
    refused = ended.use(as_role(ended.vault, bao.app_role("ending", POLICY.format(path=path))))
    assert refused["error"]["code"] == "renewal_not_stored"
    assert "permission denied" in refused["msg"]
    token = ended.read_at_service()
    assert not any(secret in json.dumps(refused) for secret in (token.access, token.refresh))
    assert (bao.latest(path)["renewal"]["state"], renewals(ended.site)) == ("sent", 1)


def test_a_seal_in_a_renewal_that_is_taken_off_soon_costs_nothing(
    ended: KeptToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    bao = ended.bao
    after_renewal(monkeypatch, bao.seal)
    monkeypatch.setattr(Context, "sleep", lambda _self, _seconds: bao.unseal())
    try:
        used = ended.use()
    finally:
        bao.unseal()
    ended.assert_renewed_once(used)


def test_no_token_and_no_role(
    site: Simulator, vault: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.delenv("VAULT_TOKEN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "or an AppRole" in use(site, as_role(vault, {}))["msg"]


def test_the_library_is_optional(site: Simulator, vault: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hvac", None)
    refused = use(site, vault)
    assert refused["error"]["kind"] == "missing_library"
    assert "pip install hvac" in refused["msg"]
