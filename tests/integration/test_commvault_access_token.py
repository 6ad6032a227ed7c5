# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_access_token against the simulator: created once, edited, revoked, and put into a store without being shown."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import User
from cvops_simulator.commvault.tokens import AccessToken
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_secrets, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import commvault_access_token as module

pytestmark = pytest.mark.any_core

UNTIL, LATER = "2099-03-31T00:00:00Z", "2099-06-30T12:00:00Z"


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "token", "cvops.identity.commvault_access_token": options}]


def tokens(site: Simulator) -> list[AccessToken]:
    """All tokens of the first CommCell."""
    cell = site.commcells["cs01"]
    return [token for user in cell.state.users for token in cell.sessions.store.of_user(user.id)]


def only(site: Simulator) -> AccessToken:
    (token,) = tokens(site)
    return token


@pytest.fixture
def service_account(site: Simulator) -> User:
    """An approved one."""
    users = site.commcells["cs01"].state.users
    return users.add(User(9001, "svc-nightly", password=None, is_service_account=True))


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    options = {
        "name": "nightly",
        "token_type": "custom",
        "api_endpoints": ["V4/Role", "/Security/"],
        "allowed_ips": ["10.20.0.7/24", "10.1.0.1"],
        "renewable_until": UNTIL,
    }
    site.journal.clear()
    predicted = play(task(**options), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["changed"]
    assert (predicted.result["access_token"]["id"], predicted.result["access_token"]["value"]) == (None, None)

    real = play(task(**options), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    made = only(site)
    assert real.result["access_token"] == {
        "not_confirmed": [],
        "id": str(made.id),
        "name": "nightly",
        "user": site.commcells["cs01"].admin[0],
        "expires": real.result["access_token"]["expires"],
        "renewable_until": UNTIL,
        "stored_in": None,
        "value": made.access,
        "refresh_token": made.refresh,
    }
    assert (made.type, made.api_endpoints, made.allowed_ips) == (
        3,
        ["/Security", "/V4/Role"],
        ["10.1.0.1", "10.20.0.0/24"],
    )
    assert made.access not in json.dumps(real.result["diff"])

    site.journal.clear()
    again = play(task(**{**options, "name": "NIGHTLY"}), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["access_token"]["id"] == str(made.id)
    assert again.result["access_token"]["value"] is None
    assert_no_writes(site)

    edit = task(name="nightly", allowed_ips=[], renewable_until=LATER)
    predicted = play(edit, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(edit, diff=True, in_process=in_process).ok())
    assert [entry.method for entry in writes(site)] == ["PUT"]
    changed = only(site)
    assert (changed.id, changed.allowed_ips, changed.api_endpoints) == (made.id, [], ["/Security", "/V4/Role"])
    assert not play(edit, in_process=in_process).ok().result["changed"]

    gone = task(name="nightly", state="absent")
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert only(site)
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert tokens(site) == []
    last = play(gone, in_process=in_process).ok()
    assert (last.result["changed"], last.result["access_token"]) == (False, {})


def test_into_a_store_and_used_from_there(
    site: Simulator, play: Player, in_process: bool, tmp_path: pathlib.Path
) -> None:
    """The value is stored, never returned or printed; the next task signs in with it."""
    store = {"file": str(tmp_path / "kept" / "cs01.json")}
    use = {"commvault_auth_method": "token_store", "commvault_token_store": store}
    tasks = [
        *task(name="nightly", store=store),
        *task(name="nightly", store=store),
        {"name": "used", "cvops.identity.commvault_security_info": {**use, "subset": ["roles"]}},
    ]
    run = play(tasks, in_process=in_process, verbosity=4, diff=True).ok()
    made = only(site)
    first, second = run.of("token")
    assert (first["changed"], second["changed"]) == (True, False)
    for result in (first, second):
        assert (result["access_token"]["value"], result["access_token"]["refresh_token"]) == (None, None)
        assert result["access_token"]["stored_in"] == f"file {store['file']}"
    kept = json.loads(pathlib.Path(store["file"]).read_text())
    assert (kept["access_token"], kept["refresh_token"], kept["token_id"]) == (made.access, made.refresh, str(made.id))
    assert (kept["generation"], kept["name"], sorted(kept["custodian"])) == (0, "nightly", ["host", "since", "user"])
    path = pathlib.Path(store["file"])
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert_no_secrets(run, [run.folder], [made.access, made.refresh])

    removed = play(task(name="nightly", state="absent", store=store), in_process=in_process).ok()
    assert removed.result["changed"]
    assert (tokens(site), path.exists()) == ([], False)
    assert not play(task(name="nightly", state="absent", store=store), in_process=in_process).ok().result["changed"]


def test_a_service_account_owns_it(site: Simulator, service_account: User) -> None:
    made = run_body(module, site, {"name": "nightly", "user": "SVC-nightly"})
    assert made["access_token"]["user"] == "svc-nightly"
    assert only(site).user_id == service_account.id
    assert not run_body(module, site, {"name": "nightly", "user": "svc-nightly"})["changed"]
    own = run_body(module, site, {"name": "nightly"})
    assert own["changed"], "another owner's token of the same name is another token"
    run_body(module, site, {"id": made["access_token"]["id"], "user": "svc-nightly", "state": "absent"})
    assert [token.id for token in tokens(site)] == [int(own["access_token"]["id"])]


def test_types_with_an_end_of_their_own(site: Simulator) -> None:
    ends = "2027-01-05T00:00:00Z"
    made = run_body(module, site, {"name": "provisioning", "token_type": "scim", "expires": ends})
    assert (made["access_token"]["expires"], made["access_token"]["refresh_token"]) == (ends, None)
    assert not run_body(module, site, {"name": "provisioning", "token_type": "scim", "expires": ends})["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": " x"}, "blank"),
        ({"token_type": "custom"}, "at least one path"),
        ({"api_endpoints": ["/V4/Role"]}, "only a custom token"),
        ({"token_type": "scim", "renewable_until": UNTIL}, "cannot be renewed"),
        ({"expires": UNTIL}, "decides how long"),
        ({"renewable_until": "soon", "allowed_ips": ["10.0.0.0/40", "host"]}, "'soon' is not a date"),
        ({"allowed_ips": ["10.0.0.0/40", "host"]}, "'10.0.0.0/40' is not an IP address"),
        ({"user": "nobody-here"}, "nobody-here"),
        ({"id": "4711"}, "no access token with the id 4711"),
        ({"store": {}}, "one of the following is required"),
        ({"store": {"file": "/tmp/x", "hashi_vault": {"path": "x"}}}, "mutually exclusive"),
    ],
)
def test_bad_input(site: Simulator, options: dict[str, t.Any], said: str) -> None:
    site.journal.clear()
    refused = run_body(module, site, {"name": "nightly", **options})
    assert refused["failed"]
    assert said in refused["msg"]
    assert_no_writes(site)
    assert tokens(site) == []


def test_an_ordinary_user_gets_no_token_from_others(site: Simulator) -> None:
    refused = run_body(module, site, {"name": "nightly", "user": site.commcells["cs01"].admin[0]})
    assert "ordinary user" in refused["msg"]
    assert_no_writes(site)


@pytest.mark.parametrize("method", ["access_token", "token_store"])
def test_needs_a_password_login_and_says_so_before_it_writes(
    site: Simulator, tmp_path: pathlib.Path, method: str
) -> None:
    store = {"file": str(tmp_path / "kept" / "cs01.json")}
    run_body(module, site, {"name": "first", "store": store})
    site.journal.clear()
    by_token = {
        "commvault_auth_method": method,
        "commvault_access_token": only(site).access,
        "commvault_token_store": store,
    }
    for check in (True, False):
        refused = run_body(module, site, {"name": "second", **by_token}, check=check)
        assert refused["error"]["kind"] == "config"
        assert "Set commvault_auth_method to password" in refused["msg"]
    assert not run_body(module, site, {"name": "first", **by_token})["changed"], "to look is allowed"
    assert_no_writes(site)


def test_names_that_are_not_unique(site: Simulator) -> None:
    cell = site.commcells["cs01"]
    owner, now = cell.user(cell.automation[0]).id, site.clock.now()
    ids = [str(cell.sessions.store.create("twin", owner, 2, now + 60, now + 600).id) for dummy in range(2)]
    refused = run_body(module, site, {"name": "twin", "state": "absent"})
    assert refused["error"]["kind"] == "ambiguous"
    assert refused["error"]["candidates"] == ids
    run_body(module, site, {"name": "twin", "id": ids[0], "state": "absent"})
    assert [str(token.id) for token in tokens(site)] == [ids[1]]
    assert (
        "is named twin, not other" in run_body(module, site, {"name": "other", "id": ids[1], "state": "absent"})["msg"]
    )


@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
@pytest.mark.parametrize("stored", [True, False])
def test_a_lost_answer_leaves_one_token_whose_value_is_known(
    site: Simulator, tmp_path: pathlib.Path, action: str, stored: bool
) -> None:
    """What came of the lost request is revoked; others are not touched."""
    run_body(module, site, {"name": "other"})
    (other,) = tokens(site)
    store = {"file": str(tmp_path / "kept" / "cs01.json")}
    site.faults.add(Fault("cs01", "POST", "*/V4/AccessToken", action))
    result = run_body(module, site, {"name": "nightly", **({"store": store} if stored else {})})
    assert result["changed"], result
    (made,) = [token for token in tokens(site) if token.name == "nightly"]
    assert other in tokens(site)
    value = (
        json.loads(pathlib.Path(store["file"]).read_text())["access_token"]
        if stored
        else result["access_token"]["value"]
    )
    assert value == made.access


@pytest.mark.parametrize(("status", "retry_after"), [(503, 0.1), (429, 0.1), (503, None), (500, None), (502, None)])
def test_a_refusal_after_the_token_was_made_leaves_one_token_whose_value_is_known(
    site: Simulator, status: int, retry_after: float | None
) -> None:
    fault = Fault("cs01", "POST", "*/V4/AccessToken", "status_after", status=status, retry_after=retry_after, body={})
    site.faults.add(fault)
    result = run_body(module, site, {"name": "nightly"})
    assert result["changed"], result
    (made,) = tokens(site)
    assert (made.name, made.access) == ("nightly", result["access_token"]["value"])


def test_a_token_that_others_made_meanwhile_is_left(site: Simulator) -> None:
    """The list did not show it; the refusal makes the task look again, and it is nobody's orphan."""
    run_body(module, site, {"name": "nightly"})
    (theirs,) = tokens(site)
    site.faults.add(Fault("cs01", "GET", "*/V4/AccessToken*", status=200, body={"tokensInfo": [], "errorCode": 0}))
    taken = run_body(module, site, {"name": "nightly"})
    assert (taken.get("failed"), taken["changed"], taken["access_token"]["id"]) == (None, False, str(theirs.id)), taken
    assert tokens(site) == [theirs]


def test_an_answer_that_stays_lost_leaves_nothing(site: Simulator) -> None:
    site.faults.add(Fault("cs01", "POST", "*/V4/AccessToken", "drop_after", times=0))
    refused = run_body(module, site, {"name": "nightly"})
    assert refused["error"]["outcome"] == "undone"
    assert tokens(site) == []


def test_a_token_whose_value_may_be_elsewhere_is_not_replaced(site: Simulator, tmp_path: pathlib.Path) -> None:
    run_body(module, site, {"name": "nightly"})
    before = only(site)
    store = {"file": str(tmp_path / "kept" / "cs01.json")}
    refused = run_body(module, site, {"name": "nightly", "store": store})
    assert refused["error"]["kind"] == "guard"
    assert only(site) is before
    accepted = {"accept_risk": ["lost_value"], "accept_reason": "the laptop is lost"}
    replaced = run_body(module, site, {"name": "nightly", "store": store, **accepted})
    assert replaced["changed"]
    assert only(site).id != before.id
    assert json.loads(pathlib.Path(store["file"]).read_text())["access_token"] == only(site).access


def test_a_dead_pair_is_replaced_and_a_living_one_of_another_token_is_not(
    site: Simulator, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "kept" / "cs01.json"
    store = {"file": str(path)}
    run_body(module, site, {"name": "nightly", "store": store})
    first = only(site)
    refused = run_body(module, site, {"name": "weekly", "store": store})
    assert "A store holds one token pair" in refused["msg"]
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "renewal": {"state": "refused", "at": kept["issued"], "by": "a test"}}))
    assert run_body(module, site, {"name": "nightly", "store": store})["changed"]
    assert only(site).id != first.id
    assert "renewal" not in json.loads(path.read_text())


def test_a_chain_that_was_destroyed_is_begun_anew(site: Simulator, tmp_path: pathlib.Path) -> None:
    store = {"file": str(tmp_path / "kept" / "cs01.json")}
    run_body(module, site, {"name": "nightly", "store": store})
    site.commcells["cs01"].sessions.store.delete(only(site))
    result = run_body(module, site, {"name": "nightly", "store": store})
    assert result["changed"]
    assert json.loads(pathlib.Path(store["file"]).read_text())["access_token"] == only(site).access


def test_a_store_that_cannot_be_written_costs_no_token(site: Simulator, tmp_path: pathlib.Path) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir(mode=0o755)
    refused = run_body(module, site, {"name": "nightly", "store": {"file": str(open_folder / "cs01.json")}})
    assert "chmod 0700" in refused["msg"]
    assert tokens(site) == []


def test_what_cannot_be_stored_is_revoked(
    site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_words: t.Any) -> None:
        raise OSError(28, "No space left on device")

    store = {"file": str(tmp_path / "kept" / "cs01.json")}
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        refused = run_body(module, site, {"name": "nightly", "store": store})
    assert "No space left" in refused["msg"]
    assert tokens(site) == []
