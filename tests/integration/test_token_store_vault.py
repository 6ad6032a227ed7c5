# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_auth_method token_store with HashiCorp Vault: faults and moments that a real server does not show on demand."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from helpers import use_store
from helpers.checks import assert_no_secrets
from helpers.direct import connection, run_body
from helpers.fake_vault import TOKEN, FakeVault
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.module_utils._stores import hashi_vault
from ansible_collections.cvops.identity.plugins.modules import commvault_access_token, commvault_security_info

PATH = "commvault/cs01"


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    running = FakeVault()
    yield running
    running.stop()


@pytest.fixture
def store(vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> dict[str, t.Any]:
    """The store as an option; address and token come from the variables of Vault's own tools."""
    monkeypatch.setenv("VAULT_ADDR", vault.url)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    return {"hashi_vault": {"path": PATH}}


@pytest.fixture
def kept(site: Simulator, vault: FakeVault, store: dict[str, t.Any]) -> dict[str, t.Any]:
    """A token that was just created into the store; its first version."""
    made = run_body(commvault_access_token, site, {"name": "nightly", "store": store})
    assert made["changed"], made
    assert made["access_token"]["value"] is None
    site.journal.clear()
    return dict(vault.latest(PATH))


def options(site: Simulator, store: dict[str, t.Any]) -> dict[str, t.Any]:
    return {**connection(site), "commvault_auth_method": "token_store", "commvault_token_store": store}


def age(site: Simulator, vault: FakeVault, left_s: float, **values: t.Any) -> None:
    """Let the access token have so many seconds left, on both sides."""
    document = vault.latest(PATH)
    token = site.commcells["cs01"].sessions.store.get(int(document["token_id"]))
    assert token is not None
    token.expires = site.clock.now() + left_s
    vault.put(PATH, {**document, "expires": int(token.expires), "issued": int(token.expires - 7200), **values})


def renewals(site: Simulator) -> int:
    return len([entry for entry in site.journal.entries("cs01") if entry.path.lower().endswith("/renew")])


def test_created_used_renewed_and_removed(
    site: Simulator, vault: FakeVault, store: dict[str, t.Any], play: Player, in_process: bool
) -> None:
    variables = {
        "CVOPS_COMMVAULT_TOKEN_STORE": json.dumps(store),
        "VAULT_ADDR": vault.url,
        "VAULT_TOKEN": TOKEN,
    }
    token = {"name": "token", "cvops.identity.commvault_access_token": {"name": "nightly", "store": store}}
    made = play([token, token], in_process=in_process, env=variables, verbosity=4, diff=True).ok()
    assert [result["changed"] for result in made.of("token")] == [True, False]
    assert made.result["access_token"]["stored_in"] == f"secret/{PATH} in HashiCorp Vault at {vault.url[7:]}"
    first = dict(vault.latest(PATH))
    assert first["custodian"]["host"] == "HashiCorp Vault"
    age(site, vault, 100)
    info = {
        "name": "info",
        "cvops.identity.commvault_security_info": {"commvault_auth_method": "token_store", "subset": ["roles"]},
    }
    used = play([info, info], in_process=in_process, env=variables, verbosity=4).ok()
    assert renewals(site) == 1
    latest = vault.latest(PATH)
    assert (latest["generation"], "renewal" in latest) == (1, False)
    secrets = [pair[name] for pair in (first, latest) for name in ("access_token", "refresh_token")]
    for run in (made, used):
        assert_no_secrets(run, [run.folder], [*secrets, TOKEN])
    gone = {
        "name": "gone",
        "cvops.identity.commvault_access_token": {"name": "nightly", "state": "absent", "store": store},
    }
    assert play([gone], in_process=in_process, env=variables).ok().result["changed"]
    assert vault.secrets[PATH][-1] is None


#: What the next run finds, when the access token is over.
KILLED = {"before sending": "may be dead", "answer received": "may be dead"}


@pytest.mark.parametrize("moment", KILLED)
def test_killed_in_a_renewal(
    site: Simulator,
    vault: FakeVault,
    store: dict[str, t.Any],
    kept: dict[str, t.Any],
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    """The note in the Vault outlives the process; once it is old enough to be nobody's, the next run says what it found."""
    age(site, vault, -5)
    assert use_store.run(options(site, store), moment)["returncode"] == -9
    assert vault.latest(PATH)["renewal"]["state"] == "sent"
    monkeypatch.setattr(hashi_vault, "WATCH_S", 0.2)
    after = run_body(commvault_security_info, site, options(site, store))
    assert after["error"]["code"] == "renewal_unknown"
    assert KILLED[moment] in after["msg"]
    assert any("did not end it" in warning for warning in after["warnings"])
    assert site.commcells["cs01"].sessions.store.destroyed == []
    assert run_body(commvault_access_token, site, {"name": "nightly", "store": store})["changed"]
    assert not run_body(commvault_security_info, site, options(site, store)).get("failed")


def test_waiting_for_another_ends_with_its_pair(
    site: Simulator, vault: FakeVault, store: dict[str, t.Any], kept: dict[str, t.Any]
) -> None:
    age(site, vault, -5, renewal={"state": "sent", "at": int(site.clock.now()), "by": "process 1 on elsewhere"})
    process = use_store.start(options(site, store))
    while len([path for method, path in vault.requests if method == "GET"]) < 5:
        assert process.poll() is None
    token = site.commcells["cs01"].sessions.store.get(int(kept["token_id"]))
    assert token is not None
    token.expires = site.clock.now() + 7200
    vault.put(PATH, {**kept, "expires": int(token.expires), "generation": 1})
    used = use_store.finish(process)
    assert (used["msg"], renewals(site)) == (None, 0)
    assert any("waiting for process 1 on elsewhere" in line for line in used["lines"])


@pytest.mark.parametrize("number", [1, 2], ids=["the note", "the new pair"])
def test_an_answer_of_the_vault_that_was_lost(
    site: Simulator, vault: FakeVault, store: dict[str, t.Any], kept: dict[str, t.Any], number: int
) -> None:
    age(site, vault, -5)
    vault.drop_answers_of_writes = {vault.writes + number}
    used = run_body(commvault_security_info, site, options(site, store))
    assert not used.get("failed"), used
    assert vault.latest(PATH)["generation"] == 1


def test_a_copy_at_another_path_is_no_custodian(
    site: Simulator, vault: FakeVault, store: dict[str, t.Any], kept: dict[str, t.Any]
) -> None:
    age(site, vault, -5)
    vault.put("copy/cs01", vault.latest(PATH))
    refused = run_body(commvault_security_info, site, options(site, {"hashi_vault": {"path": "copy/cs01"}}))
    assert refused["error"]["code"] == "other_custodian"
    assert f"secret/{PATH} on HashiCorp Vault" in refused["msg"]
    assert renewals(site) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "http://vault.example:8200"}, "http://vault.example:8200 is not an https address"),
        ({"url": "http://127.0.0.1:9"}, "no answer"),
    ],
)
def test_what_is_wrong_is_one_message(
    site: Simulator, store: dict[str, t.Any], kept: dict[str, t.Any], change: dict[str, t.Any], said: str
) -> None:
    refused = run_body(commvault_security_info, site, options(site, {"hashi_vault": {"path": PATH, **change}}))
    assert said in refused["msg"]
    assert "hvs." not in refused["msg"]


def test_no_token_and_no_role(
    site: Simulator, store: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    monkeypatch.delenv("VAULT_TOKEN")
    monkeypatch.setenv("HOME", str(tmp_path))
    refused = run_body(commvault_security_info, site, options(site, store))
    assert "or an AppRole" in refused["msg"]


def test_the_library_is_optional(site: Simulator, store: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hvac", None)
    refused = run_body(commvault_security_info, site, options(site, store))
    assert refused["error"]["kind"] == "missing_library"
    assert "pip install hvac" in refused["msg"]
