# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_user against the simulator: local users, users of a directory, service accounts and their approval."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, Grant, IdentityApp, User, UserGroup
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import commvault_user as module

pytestmark = pytest.mark.any_core

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"
LOCAL: dict[str, t.Any] = {
    "name": "jvega",
    "kind": "local",
    "full_name": "J. Vega",
    "email": "jvega@corp.example",
    "description": "First line",
    "password": "Not-a-real-1 ",
    "user_groups": ["Operators", "couriers"],
}
ROBOT: dict[str, t.Any] = {
    "name": "robot",
    "kind": "service_account",
    "full_name": "Robot",
    "description": "Nightly",
    "user_groups": ["Operators"],
}
HEIR = {"new_owner": {"user_group": "master"}}
ACCEPTED = {"accept_reason": "a drill"}


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "user", "cvops.identity.commvault_user": options}]


@pytest.fixture
def site(empty_site: Simulator) -> Simulator:
    """A CommCell with its built-in users, a company, two groups, and one that an Entra group feeds."""
    state = empty_site.commcells["cs01"].state
    state.companies.add(Company(9100, "Corp Ltd", "corp"))
    for name, guid in (("Operators", ""), ("couriers", ""), ("fed", GUID)):
        state.groups.add(UserGroup(state.groups.new_id(), name, azure_guid=guid))
    return empty_site


def stored(site: Simulator, name: str = "jvega") -> list[User]:
    """The users of this name on the first CommCell."""
    return list(site.commcells["cs01"].state.users.named(name))


def groups(site: Simulator, name: str = "jvega") -> list[str]:
    """Names of the groups that the only user of this name is in."""
    (user,) = stored(site, name)
    return sorted(group.name for group in site.commcells["cs01"].state.groups if user.id in group.member_ids)


def run(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    """The result of one task in this process."""
    return run_body(module, site, options)


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, change, delete, leave alone."""
    site.journal.clear()
    predicted = play(task(**LOCAL), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["user"]["id"] is None

    real = play(task(**LOCAL), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    (row,) = stored(site)
    assert real.result["user"] == {
        "not_confirmed": [],
        "id": str(row.id),
        "name": "jvega",
        "company": None,
        "kind": "local",
        "full_name": "J. Vega",
        "email": "jvega@corp.example",
        "user_principal_name": "",
        "description": "First line",
        "enabled": True,
        "identity_provider": None,
        "password_written": True,
        "user_groups": ["Operators", "couriers"],
        "provider_groups": [],
        "pending_approval": False,
    }
    assert (row.password, row.description) == ("Not-a-real-1 ", "First line")
    assert groups(site) == ["Operators", "couriers"]
    assert [entry.method for entry in writes(site)] == ["POST", "PUT"]
    assert "Not-a-real-1" not in str(real.result)

    site.journal.clear()
    same = {**LOCAL, "name": "JVega", "email": "JVEGA@corp.example", "user_groups": ["COURIERS"]}
    again = play(task(**same), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["user"] == {**real.result["user"], "password_written": False}
    assert_no_writes(site)

    changed = task(name="jvega", kind="local", full_name="", user_groups=["master", "couriers"], exclusive=True)
    predicted = play(changed, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(changed, diff=True, in_process=in_process).ok())
    (row,) = stored(site)
    assert (row.name, row.full_name, row.email, groups(site)) == ("jvega", "", LOCAL["email"], ["couriers", "master"])
    assert [entry.method for entry in writes(site)] == ["PUT", "PUT", "PUT"]

    gone = task(name="jvega", state="absent", **HEIR)
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert stored(site) == []
    query = "newUserId=0&newUserGroupId=1&transferToUser=0&transfertoUserGroup=1"
    assert site.journal.writes()[-1].query == query
    site.journal.clear()
    assert not play(gone, in_process=in_process).ok().result["changed"]
    assert_no_writes(site)


def test_a_service_account_waits_for_its_approval(
    monkeypatch: pytest.MonkeyPatch, site: Simulator, play: Player, in_process: bool
) -> None:
    """Created once, pending in every run until somebody approves it, and then completed."""
    share_clock(monkeypatch, site)
    cell = site.commcells["cs01"]
    created = run(site, **ROBOT)
    assert created["changed"] and created["user"]["pending_approval"] is True, created
    (row,) = stored(site, "robot")
    assert (row.is_service_account, row.approved, row.password, row.email) == (True, False, None, "")
    assert groups(site, "robot") == ["Operators"]

    site.journal.clear()
    waiting = play(task(**{**ROBOT, "full_name": "Robot 2"}), in_process=in_process).ok()
    assert not waiting.result["changed"]
    assert waiting.result["user"]["pending_approval"] is True
    assert waiting.result["user"]["id"] == str(row.id)
    assert_no_writes(site)

    row.approved = True
    done = play(task(**{**ROBOT, "full_name": "Robot 2"}), in_process=in_process).ok()
    assert done.result["changed"] and done.result["user"]["pending_approval"] is False
    assert row.full_name == "Robot 2"
    assert not play(task(**{**ROBOT, "full_name": "Robot 2"}), in_process=in_process).ok().result["changed"]
    token = [{"name": "t", "cvops.identity.commvault_access_token": {"name": "nightly", "user": "robot"}}]
    assert play(token, in_process=in_process).ok().result["access_token"]["user"] == "robot"
    assert len(cell.sessions.store.of_user(row.id)) == 1


def test_an_account_that_no_read_shows_is_not_created_again(monkeypatch: pytest.MonkeyPatch, site: Simulator) -> None:
    """Where the service hides what waits, the refused name tells, and the run changes nothing."""
    share_clock(monkeypatch, site)
    site.commcells["cs01"].behaviours.hide_pending_accounts = True
    first = run(site, **ROBOT, enabled=False)
    assert first["changed"] and first["user"]["pending_approval"] is True, first
    assert {step["action"] for step in first["steps"]} == {"create"}, "the rest comes with the approval"
    again = run(site, **ROBOT, enabled=False)
    assert not again["changed"] and again["user"]["pending_approval"] is True, again
    assert again["user"]["id"] is None and again["steps"] == []
    assert any("was not created again" in text for text in again["warnings"])
    (row,) = stored(site, "robot")
    assert row.enabled
    row.approved = True
    assert run(site, **ROBOT, enabled=False)["changed"] and not row.enabled


def test_a_pending_account_can_be_withdrawn(monkeypatch: pytest.MonkeyPatch, site: Simulator) -> None:
    share_clock(monkeypatch, site)
    run(site, **ROBOT)
    result = run(site, name="robot", state="absent", skip_ownership_transfer=True)
    assert result["changed"] and result["user"] == {}
    assert stored(site, "robot") == []
    assert site.journal.writes()[-1].query == "newUserId=0&newUserGroupId=0&skipOwnerShipTransfer=true"


def test_without_approvals_an_account_is_usable_at_once(site: Simulator) -> None:
    site.commcells["cs01"].behaviours.pending_approval = False
    predicted = run_body(module, site, ROBOT, check=True)
    assert predicted["user"]["pending_approval"] is None, "nobody knows before"
    assert run(site, **ROBOT)["user"]["pending_approval"] is False
    assert run(site, **ROBOT, enabled=False)["user"]["pending_approval"] is None, "it may be that somebody refused it"
    site.commcells["cs01"].behaviours.hide_service_accounts = True
    assert run(site, **ROBOT)["user"]["kind"] == "service_account", "the older call tells"


def test_a_release_without_service_accounts_is_told_before_any_write(site: Simulator) -> None:
    site.commcells["cs01"].release = 40
    site.journal.clear()
    result = run(site, **ROBOT)
    assert "11.42" in result["msg"] and "11.40" in result["msg"] and result["error"]["kind"] == "config"
    assert writes(site) == []
    assert run(site, **LOCAL)["changed"]


def test_a_user_of_a_directory(site: Simulator) -> None:
    wanted = {"name": "CORP2\\jdoe", "kind": "external", "full_name": "J. Doe"}
    created = run(site, **wanted)
    (row,) = stored(site, "CORP2\\jdoe")
    assert created["changed"] and (row.provider, row.email, row.full_name) == ("CORP2", "", "J. Doe")
    assert not run(site, **{**wanted, "name": "corp2\\JDOE"})["changed"]
    site.journal.clear()
    for more, said in (
        ({"user_groups": []}, "commvault_user_group"),
        ({"password": "x"}, "has its password in the directory"),
    ):
        result = run(site, **wanted, **more)
        assert result["failed"] and said in result["msg"]
    assert site.journal.entries() == [], "not even a sign-in"


def test_the_kind_of_a_user_does_not_change(site: Simulator) -> None:
    site.commcells["cs01"].behaviours.pending_approval = False
    assert run(site, **LOCAL)["changed"] and run(site, **ROBOT)["changed"]
    site.journal.clear()
    for name, kind, said in (("jvega", "service_account", "a local user"), ("robot", "local", "a service account")):
        result = run(site, name=name, kind=kind)
        assert result["failed"] and said in result["msg"], result
        assert "is " + said in run(site, name=name, kind=kind, state="absent", **HEIR)["msg"]
    assert writes(site) == []


def test_users_of_a_company(site: Simulator) -> None:
    assert run(site, **LOCAL)["changed"]
    here = run(site, **{**LOCAL, "user_groups": []}, company="corp")
    assert here["changed"] and here["user"]["company"] == "corp", here
    assert sorted(user.company_id for user in stored(site)) == [0, 9100]
    assert not run(site, **{**LOCAL, "user_groups": []}, company="Corp Ltd")["changed"]
    assert not run(site, **LOCAL)["changed"]
    acting = run(site, **{**LOCAL, "user_groups": []}, commvault_company="corp")
    assert not acting["changed"] and acting["user"]["id"] == here["user"]["id"]
    assert run(site, name="jvega", company="corp", state="absent", **HEIR)["changed"]
    assert [user.company_id for user in stored(site)] == [0]


def test_passwords(site: Simulator) -> None:
    """Written on creation, again only when asked for, with a password that allows it, and never shown."""
    user = {"name": "jvega", "kind": "local", "email": "jvega@corp.example"}
    generated = run(site, **user)
    assert generated["user"]["password_written"] is False and stored(site)[0].password is None
    assert "reset link" in generated["steps"][0]["sentence"]
    assert not run(site, **user, password="Not-a-real-2")["changed"]
    always = {**user, "password": "Not-a-real-2", "password_policy": "always"}
    written = run(site, **always)
    assert written["user"]["password_written"] is True and stored(site)[0].password == "Not-a-real-2"
    assert run(site, **always)["changed"], "nothing tells which password a user has"
    site.commcells["cs01"].behaviours.validation_password = "user"
    refused = run(site, **{**always, "password": "Not-a-real-3"})
    assert refused["error"]["kind"] == "config" and "validation_password" in refused["msg"], refused
    assert "Not-a-real" not in str(refused)
    assert run(site, **{**always, "password": "Not-a-real-3"}, validation_password="Not-a-real-2")["changed"]
    site.journal.clear()
    by_token = {
        "commvault_auth_method": "access_token",
        "commvault_access_token": site.commcells["cs01"].access_token(),
    }
    result = run(site, **always, **by_token)
    assert "access_token" in result["msg"] and "validation_password" in result["msg"]
    assert writes(site) == []


def test_groups_that_an_entra_group_feeds_are_left_to_it(site: Simulator) -> None:
    assert run(site, **LOCAL)["changed"]
    site.journal.clear()
    result = run(site, **{**LOCAL, "user_groups": ["fed"]})
    assert "user_groups[0]" in result["msg"] and GUID in result["msg"]
    assert writes(site) == []
    (row,) = stored(site)
    site.commcells["cs01"].state.groups.named("fed")[0].member_ids.add(row.id)
    emptied = run(site, name="jvega", kind="local", user_groups=[])
    assert emptied["user"]["user_groups"] == emptied["user"]["provider_groups"] == ["fed"]
    assert groups(site) == ["fed"]
    assert not run(site, name="jvega", kind="local", user_groups=[])["changed"]
    assert not run(site, name="jvega", kind="local", user_groups=["fed"])["changed"]


def test_bad_input_is_told_together_and_before_anything_is_sent(site: Simulator) -> None:
    site.journal.clear()
    for options, said in (
        ({"name": "x\\y", "kind": "local", "email": "x@y"}, "kind external"),
        ({"name": "jdoe", "kind": "external"}, "DOMAIN\\name"),
        ({"name": "jdoe", "kind": "local", "email": ""}, "e-mail address"),
        ({"name": "jdoe", "kind": "local", "password_policy": "always"}, "password is needed"),
        ({"name": "robot", "kind": "service_account", "email": "x@y", "password": "z"}, "email: "),
        ({"name": "jdoe", "state": "absent"}, "skip_ownership_transfer"),
        ({"name": "jdoe", "state": "absent", **HEIR, "skip_ownership_transfer": True}, "not both"),
        ({"name": "jdoe", "kind": "local", "new_owner": {"user": "admin"}}, "state absent only"),
        ({"name": "jdoe"}, "kind"),
        ({"name": "jdoe", "state": "absent", "new_owner": {"user": "a", "user_group": "b"}}, "mutually exclusive"),
        ({"name": "jdoe", "state": "absent", "new_owner": {}}, "one of the following"),
    ):
        result = run(site, **options)
        assert result["failed"] and said in result["msg"], (said, result["msg"])
    assert site.journal.entries() == []
    missing = run(site, name="jdoe", kind="local")
    assert "needs an e-mail address" in missing["msg"] and writes(site) == []


def test_the_signed_in_user_is_guarded(site: Simulator) -> None:
    cell = site.commcells["cs01"]
    own = cell.automation[0]
    site.journal.clear()
    for options in (
        {"kind": "local", "enabled": False},
        {"kind": "local", "user_groups": []},
        {"kind": "local", "password": "x", "password_policy": "always"},
        {"state": "absent", **HEIR},
    ):
        result = run(site, name=own, **options)
        assert result["error"]["kind"] == "guard" and result["error"]["risk"] == "own_rights", result
    assert writes(site) == []
    accepted = run(site, name=own, kind="local", user_groups=[], accept_risk=["own_rights"], **ACCEPTED)
    assert accepted["changed"] and groups(site, own) == []


def test_the_last_administrator_is_guarded(site: Simulator) -> None:
    """Administrators are counted through their groups and their own grants; who cannot sign in does not count."""
    cell = site.commcells["cs01"]
    assert run(site, **LOCAL)["changed"]
    for user in cell.state.users:
        if user.name not in ("admin", cell.automation[0]):
            cell.state.groups.named("master")[0].member_ids.discard(user.id)
    (own,) = stored(site, cell.automation[0])
    cell.state.groups.named("master")[0].member_ids.discard(own.id)
    cell.state.grants.add(Grant(13, own.id, 1, 1, 2))
    cell.state.apps.add(IdentityApp(77, "sso", "key-of-sso", 2))
    own.auth_server_id = 77  # signs in with an identity provider
    disable = {"name": "admin", "kind": "local", "enabled": False}
    leave = {"name": "admin", "kind": "local", "user_groups": ["Operators"], "exclusive": True}
    for options in (disable, leave):
        result = run(site, **options)
        assert result["error"].get("risk") == "last_admin", result
    cell.state.grants.add(Grant(13, 1, 1, 1, 2))
    assert run(site, **leave)["changed"], "its own grant is left"
    assert run(site, **disable)["error"]["risk"] == "last_admin"
    assert run(site, name="jvega", kind="local", enabled=False)["changed"], "no administrator"
    assert run(site, **disable, accept_risk=["last_admin"], **ACCEPTED)["changed"]


def test_a_check_that_cannot_be_made_is_not_passed(site: Simulator) -> None:
    assert run(site, **LOCAL)["changed"]
    site.faults.add(Fault(service="cs01", method="GET", path="*/Security/1/2", action="status", status=403, times=9))
    result = run(site, name="jvega", kind="local", enabled=False)
    assert result["error"]["risk"] == "last_admin" and "could not be checked" in result["msg"], result
    assert run(site, name="jvega", kind="local", enabled=False, accept_risk=["last_admin"], **ACCEPTED)["changed"]


def test_break_glass_accounts_are_guarded(site: Simulator) -> None:
    kept = {"commvault_users": ["BreakGlass"], "entra_users": ["x@y"], "entra_groups": ["GG"]}
    for options in (
        {"kind": "local", "enabled": False},
        {"state": "absent", **HEIR},
        {"kind": "local", "user_groups": []},
    ):
        result = run(site, name="breakglass", break_glass=kept, **options)
        assert result["error"]["risk"] == "break_glass", result
    assert run(site, name="breakglass", kind="local", description="kept", break_glass=kept)["changed"]
    accepted = {"accept_risk": ["break_glass"], **ACCEPTED}
    assert run(site, name="breakglass", break_glass=kept, state="absent", **HEIR, **accepted)["changed"]


@pytest.mark.parametrize("how", ["code", "text", "silent"])
def test_a_change_that_waits_for_an_approval(monkeypatch: pytest.MonkeyPatch, site: Simulator, how: str) -> None:
    share_clock(monkeypatch, site)
    cell = site.commcells["cs01"]
    assert run(site, **LOCAL)["changed"]
    cell.behaviours.user_approval = how
    wanted = {"name": "jvega", "kind": "local", "full_name": "New"}
    result = run(site, **wanted)
    assert result["user"]["pending_approval"] is True, result
    assert result["user"]["not_confirmed"] == [{"field": "full_name"}]
    assert cell.cell.approve_writes() == 1
    cell.behaviours.user_approval = ""
    again = run(site, **wanted)
    assert not again["changed"] and again["user"]["pending_approval"] is False
    cell.behaviours.user_approval = how
    gone = run(site, name="jvega", state="absent", **HEIR)
    if how == "silent":
        assert gone["error"]["kind"] == "timeout" and "approval" in gone["msg"], gone
    else:
        assert gone["user"] == {"pending_approval": True, "not_confirmed": [{"field": "state"}]}
    assert cell.cell.approve_writes() == 1 and stored(site) == []


@pytest.mark.parametrize("kind", ["local", "service_account"])
def test_a_lost_answer_makes_no_second_user(monkeypatch: pytest.MonkeyPatch, site: Simulator, kind: str) -> None:
    share_clock(monkeypatch, site)
    cell = site.commcells["cs01"]
    cell.behaviours.pending_approval = False
    wanted = LOCAL if kind == "local" else ROBOT
    path = "*/user" if kind == "local" else "*/User"
    site.faults.add(Fault(service="cs01", method="POST", path=path, action="drop_after"))
    result = run(site, **wanted)
    assert result["changed"] and not result.get("failed"), result
    assert len(stored(site, wanted["name"])) == 1
    assert not run(site, **wanted)["changed"]
