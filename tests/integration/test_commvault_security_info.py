# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_security_info against the simulator."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import User
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core


#: Before any part: the CommServe itself, for its release.
FIRST = 1


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "security", "cvops.identity.commvault_security_info": options}]


def test_lists(site: Simulator, play: Player, in_process: bool) -> None:
    """By default one call per list, and nothing is written; group and directory group come from one call."""
    site.journal.clear()
    run = play(task(), in_process=in_process).ok()
    found, state = run.result["security"], site.commcells["cs01"].state
    assert not run.result["changed"]
    assert found["commcell"] == {"id": "2", "name": "cs01", "release": 44, "company": None}
    assert {row["name"] for row in found["users"]} == {user.name for user in state.users if user.approved}
    assert {row["id"] for row in found["roles"]} == {str(role.id) for role in state.roles}
    shown = {(row["name"], key) for key in ("user_groups", "external_groups") for row in found[key]}
    assert shown == {(group.name, "external_groups" if group.provider else "user_groups") for group in state.groups}
    assert {"id": "31", "name": "View"}.items() <= next(
        row for row in found["permissions"] if row["id"] == "31"
    ).items()
    assert [row["name"].casefold() for row in found["users"]] == sorted(
        row["name"].casefold() for row in found["users"]
    )
    assert "associations" not in found
    assert run.result["stats"]["reads"] == 6
    assert_no_writes(site)


def test_associations(site: Simulator, play: Player) -> None:
    """Every association of every user and group, with how it came to be."""
    found = play(task(subset=["associations"])).ok().result["security"]["associations"]
    state = site.commcells["cs01"].state
    shown = {
        (row["principal"]["kind"], int(row["principal"]["id"]), int(row["role"]["id"]), row["grant_kind"])
        for row in found
        if row["role"]
    }
    kinds = {13: "user", 15: "user_group", 62: "external_group"}
    held = [grant for grant in state.grants if grant.kind != "owner"]
    assert held
    assert shown == {
        (kinds[grant.principal_kind], grant.principal_id, grant.role_id, grant.kind)
        for grant in held
        if grant.role_id is not None
    }
    assert len(found) == len(held)
    assert [row["permissions"] for row in found if row["grant_kind"] == "permissions"] == [
        row["permissions"] for row in found if not row["role"]
    ]


def test_details_and_query(site: Simulator, play: Player) -> None:
    """Links and members of groups, permissions of roles; a query shapes the answer."""
    run = play(
        task(subset=["role_permissions", "user_group_details"], query="{r: roles[?id=='1'].name, g: user_groups}")
    ).ok()
    state = site.commcells["cs01"].state
    links = {row["name"]: row["entra_group_id"] for row in run.result["security"]["g"]}
    assert links == {group.name: group.azure_guid.lower() for group in state.groups if not group.provider}
    assert run.result["security"]["r"] == ["Master"]
    master = next(row for row in run.result["security"]["g"] if row["id"] == "1")
    assert master["members"] == sorted(user.name for user in state.users if user.id in state.groups.get(1).member_ids)


def test_only_some_principals(site: Simulator, play: Player) -> None:
    found = play(task(subset=["associations"], principals=["MASTER"])).ok().result["security"]["associations"]
    assert {row["principal"]["name"] for row in found} == {"master"}


def test_an_old_release(make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]) -> None:
    """A release that may not list everything is not asked for everything."""
    site = make_site(set="S", release=40)
    run = make_player(site)(task(subset=["associations"]))
    assert run.result["error"]["kind"] == "config"
    assert "11.40" in run.result["msg"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("*/v4/user", {"errorCode": 3, "errorMessage": "no answer"}), ("*/V4/Role", {"error": {"errorCode": 3}})],
)
def test_an_error_inside_a_list(site: Simulator, play: Player, path: str, body: dict[str, t.Any]) -> None:
    site.faults.add(Fault(service="cs01", method="GET", path=path, status=200, body=body))
    run = play(task())
    assert run.result["error"]["code"] == "3"
    assert run.result["error"]["service"] == "Commvault"


def test_a_commserve_that_hides_its_release(site: Simulator, play: Player) -> None:
    """A tenant user may not see the CommServe; everything else still works."""
    body = {"errorCode": 8, "errorMessage": "User does not have the permission [View]"}
    site.faults.add(Fault(service="cs01", method="GET", path="*/CommServ", status=200, body=body, times=0))
    found = play(task(subset=["roles"])).ok().result["security"]
    assert found["commcell"] == {"id": "2", "name": "", "release": None, "company": None}
    assert found["roles"]


def as_user(site: Simulator, name: str) -> dict[str, t.Any]:
    """Options that sign in as this user."""
    token = site.commcells["cs01"].access_token(name)
    return {"commvault_auth_method": "access_token", "commvault_access_token": token}


def read(play: Player, *subset: str, **options: t.Any) -> dict[str, t.Any]:
    found: dict[str, t.Any] = play(task(subset=list(subset), **options)).ok().result["security"]
    return found


def test_user_details(site: Simulator, play: Player, in_process: bool) -> None:
    """One call per user after the lists, and what it tells of each kind of user."""
    cell = site.commcells["cs01"]
    state, entra = cell.state, next(app for app in cell.state.apps if app.type == 2 and app.enabled)
    robot, tied = state.users.new_id(), cell.user("breakglass")
    state.users.add(User(robot, "svc-robot", is_service_account=True))
    state.users.add(User(robot + 1, "CORP\\dora", provider="CORP"))
    tied.auth_server_id, tied.locked_until, tied.last_login = entra.id, site.clock.now() + 600, 1767225600.0
    site.journal.clear()
    run = play(task(subset=["user_details"]), in_process=in_process).ok()
    users = {row["name"]: row for row in run.result["security"]["users"]}
    assert users.keys() == {user.name for user in state.users if user.approved}
    assert run.result["stats"]["reads"] == FIRST + 3 + len(users), "users, their groups, two factors, and each user"
    assert_no_writes(site)
    ways = ("kind", "signs_in_with", "identity_provider", "local_password", "two_factor", "locked")
    assert {
        name: tuple(users[name][way] for way in ways) for name in ("admin", "breakglass", "svc-robot", "CORP\\dora")
    } == {
        "admin": ("local", "commvault_password", None, True, False, False),
        "breakglass": ("local", "identity_provider", entra.name, None, None, True),
        "svc-robot": ("service_account", "access_token", None, False, None, False),
        "CORP\\dora": ("external", "directory_password", None, False, False, False),
    }
    assert (users["breakglass"]["last_sign_in"], users["svc-robot"]["last_sign_in"]) == ("2026-01-01T00:00:00Z", None)
    assert users["admin"]["email"] == cell.user("admin").email
    groups = {user.id: {group.name for group in state.groups if user.id in group.member_ids} for user in state.users}
    assert {row["id"]: {group["name"] for group in row["groups"]} for row in users.values()} == {
        str(user.id): groups[user.id] for user in state.users if user.approved
    }
    kinds = {group["kind"] for row in users.values() for group in row["groups"]}
    assert kinds <= {"user_group", "external_group"}


def test_user_details_of_some(site: Simulator, play: Player) -> None:
    """With names, the other users cost nothing; a group's two factors are asked about each of them."""
    cell = site.commcells["cs01"]
    cell.state.two_factor = {"mode": 2, "userGroups": [{"userGroupName": "Storage Team"}]}
    cell.state.groups.named("Storage Team")[0].member_ids.add(cell.user("admin").id)
    run = play(task(subset=["user_details"], principals=["ADMIN", "break*"])).ok()
    found = run.result["security"]
    assert {row["name"]: row["two_factor"] for row in found["users"]} == {"admin": True, "breakglass": False}
    assert found["two_factor"] == {"mode": "user_groups", "user_groups": ["Storage Team"]}
    assert run.result["stats"]["reads"] == FIRST + 3 + 2 * 2


@pytest.mark.parametrize("release", [32, 41])
def test_user_details_of_releases_without_service_accounts(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player], release: int
) -> None:
    site = make_site(set="S", release=release)
    run = make_player(site)(task(subset=["user_details"])).ok()
    users = run.result["security"]["users"]
    assert {row["kind"] for row in users} == {"local"}
    assert run.result["stats"]["reads"] == FIRST + 3 + len(users), "there the newer call says all"


def test_user_details_where_the_newer_call_hides_service_accounts(site: Simulator, play: Player) -> None:
    site.commcells["cs01"].behaviours.hide_service_accounts = True
    run = play(task(subset=["user_details"])).ok()
    users = run.result["security"]["users"]
    assert {row["kind"] for row in users} == {"local"}
    assert run.result["stats"]["reads"] == FIRST + 3 + 2 * len(users)


@pytest.mark.parametrize(("status", "kind"), [(500, "api"), (403, "forbidden")])
def test_one_user_that_cannot_be_read_fails_the_task(site: Simulator, play: Player, status: int, kind: str) -> None:
    number = site.commcells["cs01"].user("breakglass").id
    body = {"errorCode": 2, "errorMessage": "broken"}
    path = f"*/v4/user/{number}"
    site.faults.add(Fault(service="cs01", method="GET", path=path, status=status, body=body, times=0))
    run = play(task(subset=["user_details"]))
    assert run.result["error"]["kind"] == kind
    assert f"read user {number}" in run.result["msg"] and "security" not in run.result


def test_a_user_that_is_gone_when_it_is_read(site: Simulator, play: Player) -> None:
    number = site.commcells["cs01"].user("breakglass").id
    body = {"errorCode": 2, "errorMessage": "no such user"}
    site.faults.add(Fault(service="cs01", method="GET", path=f"*/v4/user/{number}", status=404, body=body, times=0))
    run = play(task(subset=["user_details"], principals=["breakglass"])).ok()
    (row,) = run.result["security"]["users"]
    assert (row["id"], row["kind"], row["local_password"], row["groups"]) == (str(number), None, None, None)
    assert any("breakglass" in warning for warning in run.result["warnings"])


def test_creators_and_inherited_associations_are_marked(site: Simulator, play: Player) -> None:
    found = read(play, "associations")["associations"]
    kinds = {13: "user", 15: "user_group", 62: "external_group"}
    for name, kind in (("creator_grant", "creator"), ("inherited_duplicate", "inherited")):
        grant = site.site.anomalies[name]["grant"]
        marked = [row for row in found if row["grant_kind"] == kind]
        assert (kinds[grant.principal_kind], str(grant.principal_id), str(grant.role_id), str(grant.entity_id)) in {
            (row["principal"]["kind"], row["principal"]["id"], row["role"]["id"], row["entity"]["id"]) for row in marked
        }


@pytest.mark.parametrize("hidden", [False, True], ids=["in properties", "in security"])
def test_owners(site: Simulator, play: Player, in_process: bool, hidden: bool) -> None:
    """All owners of all entities, of credentials as well, in one call for each entity after the lists."""
    cell = site.commcells["cs01"]
    cell.behaviours.hide_client_owners = hidden
    state, owned = cell.state, [grant for grant in cell.state.grants if grant.kind == "owner"]
    site.journal.clear()
    run = play(task(subset=["owners"]), in_process=in_process).ok()
    found = run.result["security"]
    names = {13: "user", 15: "user_group", 62: "external_group"}
    expected = {(names[grant.principal_kind], str(grant.principal_id), str(grant.entity_id)) for grant in owned}
    expected |= {(names[one.owner[0]], str(one.owner[1]), str(one.id)) for one in state.credentials}
    assert owned and len(state.credentials)
    shown = [(row["principal"]["kind"], row["principal"]["id"], row["entity"]["id"]) for row in found["owners"]]
    assert sorted(shown) == sorted(expected)
    assert all(row["principal"]["name"] and row["entity"]["name"] for row in found["owners"])
    assert {row["grant_kind"] for row in found["owners"]} == {"owner"}
    assert (found["owners_complete"], found["owners_unread"]) == (True, [])
    assert_no_writes(site)
    entities = sum(len(state.entities[number]) for number in (3, 28, 158, 17, 83)) + len(state.companies) + 1
    servers = len(state.entities[3]) if hidden else 0
    lists, rights = 7, 1
    assert run.result["stats"]["reads"] == FIRST + lists + entities + servers + len(state.credentials) + rights


def test_owners_of_an_account_that_sees_little(site: Simulator, play: Player) -> None:
    """What it may not see is not said to be nobody's."""
    found = read(play, "owners", **as_user(site, site.site.anomalies["disabled_entra_user"]["user"]))
    assert found["owners_complete"] is False
    body = {"errorCode": 2, "errorMessage": "User does not have the permission [View] on this entity."}
    site.faults.add(Fault(service="cs01", method="GET", path="*/Security/158/*", status=403, body=body, times=0))
    plans = site.commcells["cs01"].state.entities[158]
    found = read(play, "owners", entity_kinds=["plans"])
    assert found["owners"] == [] and found["owners_complete"] is False
    assert {row["id"] for row in found["owners_unread"]} == {str(plan.id) for plan in plans}


def test_owners_of_one_kind_and_name(site: Simulator, play: Player) -> None:
    grant = site.site.anomalies["owner_grant"]["grant"]
    name = site.commcells["cs01"].state.users.get(grant.principal_id).name
    found = read(play, "owners", entity_kinds=["servers"], principals=[name.upper()])
    assert {row["principal"]["name"] for row in found["owners"]} == {name}
    assert read(play, "owners", entity_kinds=["servers"], principals=["nobody"])["owners"] == []


def make_tokens(site: Simulator) -> dict[str, str]:
    """Two users with tokens of one name, and one with a limited one; returned by what must not be seen."""
    cell = site.commcells["cs01"]
    limits = {"api_endpoints": ["/V4/Role"], "allowed_ips": ["10.20.0.0/24"], "type": 3}
    tokens = [cell.access_token("admin"), cell.access_token("breakglass"), cell.access_token("breakglass", **limits)]
    return {name: name for name in tokens}


def test_access_tokens(site: Simulator, play: Player, in_process: bool) -> None:
    """One call per user after the list; no token is shown itself."""
    secrets = make_tokens(site)
    cell = site.commcells["cs01"]
    site.journal.clear()
    run = play(task(subset=["access_tokens"]), in_process=in_process, verbosity=4).ok()
    found = run.result["security"]
    users = [user for user in cell.state.users if user.approved]
    assert run.result["stats"]["reads"] == FIRST + 1 + len(users) + 1, (
        "the list, each user, and the rights of the account"
    )
    assert [(row["owner"]["name"], row["name"], row["token_type"]) for row in found["access_tokens"]] == [
        ("admin", "test-1", "all"),
        ("breakglass", "test-1", "all"),
        ("breakglass", "test-2", "custom"),
    ]
    limited = found["access_tokens"][2]
    assert (limited["api_endpoints"], limited["allowed_ips"]) == (["/V4/Role"], ["10.20.0.0/24"])
    assert limited["expires"] < limited["renewable_until"]
    assert (limited["created"], limited["last_used"]) == (None, None)
    assert (found["access_tokens_complete"], found["access_tokens_unread"]) == (True, [])
    assert not any(secret in run.text for secret in secrets)
    assert_no_writes(site)


def test_access_tokens_of_an_account_that_may_see_only_its_own(site: Simulator, play: Player) -> None:
    make_tokens(site)
    cell = site.commcells["cs01"]
    nobody = site.site.anomalies["disabled_entra_user"]["user"]
    found = read(play, "access_tokens", **as_user(site, nobody))
    assert {row["owner"]["name"] for row in found["access_tokens"]} == {nobody}
    assert found["access_tokens_complete"] is False
    cell.state.groups.named("View All")[0].member_ids.add(cell.user(nobody).id)
    found = read(play, "access_tokens", **as_user(site, nobody))
    assert {row["owner"]["name"] for row in found["access_tokens"]} == {nobody}
    others = {user.name for user in cell.state.users if user.approved and user.name != nobody}
    assert {row["name"] for row in found["access_tokens_unread"]} == others
    assert found["access_tokens_complete"] is False


def test_a_failing_list_of_tokens_fails_the_task(site: Simulator, play: Player) -> None:
    site.faults.add(Fault(service="cs01", method="GET", path="*/V4/AccessToken*", after=3, times=0))
    run = play(task(subset=["access_tokens"]))
    assert run.result["error"]["kind"] == "api" and "security" not in run.result


def test_releases_without_the_calls(
    make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]
) -> None:
    """One error names the releases, before any list is read."""
    site = make_site(set="S", release=36)
    site.journal.clear()
    play = make_player(site)
    run = play(task(subset=["users", "access_tokens"]))
    assert "11.38" in run.result["msg"] and "11.36" in run.result["msg"]
    assert run.result["error"]["kind"] == "config"
    run = play(task(subset=["users", "associations", "access_tokens"]))
    assert "11.38" in run.result["msg"] and "11.42" in run.result["msg"]
    assert not [entry for entry in site.journal.entries() if entry.path.lower().endswith("v4/user")]
