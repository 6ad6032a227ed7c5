# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_admin_consent: grants by name, revokes when told to, and says what is missing where it may not grant."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.identities import Identity
from helpers.checks import assert_no_writes, writes
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

MODULE = "cvops.identity.entra_admin_consent"
GRAPH = "Microsoft Graph"
WANTED = [{"api": GRAPH, "application": ["User.Read.All", "GroupMember.Read.All"], "delegated": ["User.Read"]}]
READS = ("Application.Read.All", "Directory.Read.All")


def task(title: str, /, **options: t.Any) -> dict[str, t.Any]:
    keywords = {key: options.pop(key) for key in ("check_mode", "register", "vars") if key in options}
    return {"name": title, MODULE: options, "ignore_errors": True, **keywords}


def as_identity(identity: Identity) -> dict[str, str]:
    return {"client_id": identity.client_id, "client_secret": identity.client_secret}


def held(site: Simulator, identity: Identity) -> dict[str, set[str]]:
    """Names of the Graph permissions that an application holds, as the directory has them."""
    graph = next(item for item in site.tenant.service_principals.values() if item["displayName"] == GRAPH)
    names = {role["id"]: role["value"] for role in graph["appRoles"]}
    roles = {
        names[item["appRoleId"]]
        for item in site.tenant.app_role_assignments.values()
        if item["principalId"] == identity.object_id and item["resourceId"] == graph["id"]
    }
    scopes = [
        item["scope"].split()
        for item in site.tenant.oauth2_permission_grants.values()
        if item["clientId"] == identity.object_id and item["consentType"] == "AllPrincipals"
    ]
    return {"application": roles, "delegated": {name for listed in scopes for name in listed}}


def outline(run: Run) -> list[tuple[str, t.Any, int, str | None]]:
    return [
        (item.task, item.get("changed"), item["stats"]["writes"], item.get("consent", {}).get("status"))
        for item in run.results
    ]


def test_permissions_are_granted_once_and_revoked_when_exclusive(
    site: Simulator, play: Player, in_process: bool
) -> None:
    client = site.identity("Group.Create", name="client")
    narrow = [{"api": GRAPH, "application": ["User.Read.All"], "delegated": ["openid"]}]
    none = [{"api": GRAPH, "application": [], "delegated": []}]
    site.journal.clear()
    run = play(
        [
            task("predict", app_id=client.client_id, api_permissions=WANTED, check_mode=True),
            task("grant", app_id=client.client_id, api_permissions=WANTED),
            task("again", application={"app_id": client.client_id}, api_permissions=WANTED),
            task("more", app_id=client.client_id, api_permissions=narrow),
            task("predict exclusive", app_id=client.client_id, api_permissions=narrow, exclusive=True, check_mode=True),
            task("exclusive", app_id=client.client_id, api_permissions=narrow, exclusive=True),
            task("exclusive again", app_id=client.client_id, api_permissions=narrow, exclusive=True),
            task("nothing", app_id=client.client_id, api_permissions=none),
            task("nothing again", app_id=client.client_id, api_permissions=none),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert outline(run) == [
        ("predict", True, 0, "granted"),
        ("grant", True, 3, "granted"),
        ("again", False, 0, "granted"),
        ("more", True, 1, "granted"),
        ("predict exclusive", True, 0, "granted"),
        ("exclusive", True, 3, "granted"),
        ("exclusive again", False, 0, "granted"),
        ("nothing", True, 2, "granted"),
        ("nothing again", False, 0, "granted"),
    ]
    assert len(writes(site)) == 9
    for predicted, real in (("predict", "grant"), ("predict exclusive", "exclusive")):
        assert run.one(predicted)["diff"] == run.one(real)["diff"]
        assert run.one(predicted)["consent"] == run.one(real)["consent"]
    sorted_names = [
        {"api": GRAPH, "application": ["GroupMember.Read.All", "User.Read.All"], "delegated": ["User.Read"]}
    ]
    grant = run.one("grant")["consent"]
    assert (grant["requested"], grant["granted"], grant["missing"]) == (sorted_names, sorted_names, [])
    assert grant["consent_url"] == f"{site.login_url}/{site.tenant_id}/adminconsent?client_id={client.client_id}"
    assert held(site, client) == {"application": set(), "delegated": set()}


def test_foreign_grants_stay(site: Simulator, play: Player) -> None:
    client = site.identity("Group.Create", name="client")
    play([task("grant", app_id=client.client_id, api_permissions=WANTED)]).ok()
    names = held(site, client)
    assert names["application"] == {"Group.Create", "GroupMember.Read.All", "User.Read.All"}
    assert names["delegated"] == {"User.Read"}


def test_what_the_registration_requests_is_the_default(site: Simulator, play: Player) -> None:
    """The seeded application is converged; without its grants all of them come back."""
    key = {"unique_name": "commvault-management"}
    before = play([task("converged", application=key)]).ok().result
    assert not before["changed"]
    assert before["consent"]["requested"] == before["consent"]["granted"] != []
    app_id = before["consent"]["consent_url"].rpartition("=")[2]
    (object_id,) = [item["id"] for item in site.tenant.service_principals.values() if item["appId"] == app_id]
    for table in ("appRoleAssignments", "oauth2PermissionGrants"):
        rows = dict(site.tenant.store.primary().rows(table))
        for row_id, row in rows.items():
            if object_id in (row.get("principalId"), row.get("clientId")):
                site.tenant.store.remove(table, row_id)
    after = play([task("restore", app_id=app_id), task("again", application=key)]).ok()
    assert after.one("restore")["changed"]
    assert not after.one("again")["changed"]
    assert after.one("restore")["consent"] == {**before["consent"]}


def test_who_may_not_grant_says_what_is_missing(site: Simulator, play: Player, in_process: bool) -> None:
    client, reader = site.identity(name="client"), site.identity(*READS, name="reader")
    half = site.identity(*READS, "DelegatedPermissionGrant.ReadWrite.All", name="half")
    site.journal.clear()
    run = play(
        [
            task("check", app_id=client.client_id, api_permissions=WANTED, check_mode=True, **as_identity(reader)),
            task("real", app_id=client.client_id, api_permissions=WANTED, **as_identity(reader)),
            task("half check", app_id=client.client_id, api_permissions=WANTED, check_mode=True, **as_identity(half)),
            task("half", app_id=client.client_id, api_permissions=WANTED, **as_identity(half)),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert outline(run) == [
        ("check", False, 0, "pending_consent"),
        ("real", False, 0, "pending_consent"),
        ("half check", True, 0, "pending_consent"),
        ("half", True, 1, "pending_consent"),
    ]
    assert run.one("check")["consent"] == run.one("real")["consent"]
    assert run.one("half check")["consent"] == run.one("half")["consent"]
    assert run.one("half check")["diff"] == run.one("half")["diff"]
    missing = run.one("half")["consent"]["missing"]
    assert missing == [{"api": GRAPH, "application": ["GroupMember.Read.All", "User.Read.All"], "delegated": []}]
    assert held(site, client) == {"application": set(), "delegated": {"User.Read"}}


def test_a_refusal_in_spite_of_the_token_is_no_failure(site: Simulator, play: Player) -> None:
    """Rights were taken away since the token was issued: the rest is granted, and changed tells what was."""
    client = site.identity(name="client")
    fault = site.faults.add(Fault("graph", "POST", "*/appRoleAssignedTo", "status", times=0, status=403))
    only = [{"api": GRAPH, "application": ["User.Read.All"]}]
    run = play(
        [
            task("both", app_id=client.client_id, api_permissions=WANTED),
            task("one kind", app_id=client.client_id, api_permissions=only),
        ],
        diff=True,
    ).ok()
    assert outline(run)[0][1:] == (True, 2, "pending_consent")
    assert outline(run)[1][1:] == (False, 1, "pending_consent")
    assert fault.hits == 2, "one refusal per API and kind is enough"
    assert run.one("one kind")["diff"]["before"] == run.one("one kind")["diff"]["after"]
    assert held(site, client)["delegated"] == {"User.Read"}


def test_lost_answers_and_throttling(site: Simulator, play: Player) -> None:
    client = site.identity(name="client")
    site.faults.add(Fault("graph", "POST", "*/appRoleAssignedTo", "drop_after"))
    site.faults.add(Fault("graph", "POST", "*/appRoleAssignedTo", "status", status=429, retry_after=1, after=2))
    site.faults.add(Fault("graph", "POST", "*/oauth2PermissionGrants", "drop_after"))
    run = play(
        [
            task("grant", app_id=client.client_id, api_permissions=WANTED),
            task("again", app_id=client.client_id, api_permissions=WANTED),
        ]
    ).ok()
    assert [result["changed"] for result in run.results] == [True, False]
    assert held(site, client) == {"application": {"User.Read.All", "GroupMember.Read.All"}, "delegated": {"User.Read"}}
    assert len(site.tenant.oauth2_permission_grants) == len(
        {
            (row["clientId"], row["resourceId"], row["principalId"])
            for row in site.tenant.oauth2_permission_grants.values()
        }
    )


def test_a_grant_that_is_there_is_told_in_either_way(site: Simulator, play: Player) -> None:
    """The repeated request meets its own grant; some services call that a bad request instead of a conflict."""
    client = site.identity(name="client")
    said = {"error": {"code": "Request_BadRequest", "message": "Permission entry already exists."}}
    site.faults.add(Fault("graph", "POST", "*/oauth2PermissionGrants", "drop_after"))
    site.faults.add(Fault("graph", "POST", "*/oauth2PermissionGrants", "status", status=400, body=said, after=1))
    only = [{"api": GRAPH, "delegated": ["User.Read"]}]
    result = play([task("grant", app_id=client.client_id, api_permissions=only)]).ok().result
    assert (result["changed"], result["consent"]["status"]) == (True, "granted")
    assert held(site, client)["delegated"] == {"User.Read"}


def test_bad_input_is_one_message_before_any_write(site: Simulator, play: Player) -> None:
    client = site.identity(name="client")
    wrong = [
        {"api": GRAPH, "application": ["User.Read.Al"], "delegated": ["User.Read.All.Twice"]},
        {"api": "No such API", "application": ["X"]},
    ]
    unknown = "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"
    site.journal.clear()
    run = play(
        [
            task("names", app_id=client.client_id, api_permissions=wrong),
            task("neither"),
            task("both", app_id=client.client_id, application={"app_id": client.client_id}),
            task("no registration", app_id=unknown),
            task("no service principal", app_id=unknown, api_permissions=WANTED),
            task("no GUID", app_id="Commvault", api_permissions=WANTED),
            task("not there", application={"unique_name": "never-was"}),
            task("to come", application={"unique_name": "never-was"}, api_permissions=WANTED, check_mode=True),
        ]
    )
    *refused, to_come = run.results
    assert all(result.failed for result in refused)
    problems = run.one("names")["error"]["problems"]
    assert sorted(problem["where"] for problem in problems) == [
        "api_permissions[0].application[0]",
        "api_permissions[0].delegated[0]",
        "api_permissions[1].api",
    ]
    assert "User.Read.All" in run.one("names")["msg"]
    assert "give api_permissions" in run.one("no registration")["msg"]
    assert "entra_service_principal" in run.one("no service principal")["msg"]
    assert (to_come["changed"], to_come["consent"]["consent_url"]) == (True, None)
    assert_no_writes(site)
