# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups, members, users and assignments."""

from __future__ import annotations

from typing import Any

import pytest

from cvops_simulator import Simulator
from graph_client import GraphClient

GRAPH = "(appId='00000003-0000-0000-c000-000000000000')"


@pytest.mark.parametrize(
    "change",
    [
        {"mailNickname": "with space"},
        {"mailNickname": "a@b"},
        {"mailNickname": "x" * 65},
        {"mailNickname": None},
        {"displayName": None},
        {"securityEnabled": None},
        {"mailEnabled": True},
        {"groupTypes": ["DynamicMembership"]},
        {"visibility": "Secret"},
        {"securityIdentifier": "S-1"},
    ],
)
def test_create_rules(graph: GraphClient, change: dict[str, Any]) -> None:
    body = {"displayName": "ops", "mailEnabled": False, "mailNickname": "ops", "securityEnabled": True}
    assert graph.error(400, "POST", "/groups", {**body, **change})["code"] == "Request_BadRequest"


def test_members(sim: Simulator, graph: GraphClient) -> None:
    users = list(sim.tenant.users)
    binds = [f"{sim.graph_url}/v1.0/users/{user}" for user in users[:2]]
    group = graph.group("ops", **{"members@odata.bind": binds})
    inner = graph.group("inner", **{"members@odata.bind": [f"{sim.graph_url}/v1.0/users/{users[2]}"]})
    path = f"/groups/{group['id']}"
    graph.ok(204, "PATCH", path, {"members@odata.bind": [f"{sim.graph_url}/v1.0/groups/{inner['id']}"]})
    members = graph.ok(200, "GET", f"{path}/members?$select=id,displayName")["value"]
    assert [item["@odata.type"] for item in members] == ["#microsoft.graph.user"] * 2 + ["#microsoft.graph.group"]
    only = graph.ok(200, "GET", f"{path}/members/microsoft.graph.user")["value"]
    assert [item["id"] for item in only] == users[:2]
    everyone = {item["id"] for item in graph.ok(200, "GET", f"{path}/transitiveMembers")["value"]}
    assert everyone == {*users[:3], inner["id"]}
    containing = graph.ok(200, "GET", f"/users/{users[2]}/transitiveMemberOf")["value"]
    assert {inner["id"], group["id"]} <= {item["id"] for item in containing}
    error = graph.error(400, "POST", f"{path}/members/$ref", {"@odata.id": binds[0]})
    assert error["message"].endswith("for the following modified properties: 'members'.")
    missing = f"{sim.graph_url}/v1.0/directoryObjects/3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"
    graph.error(404, "POST", f"{path}/members/$ref", {"@odata.id": missing})
    graph.ok(204, "DELETE", f"{path}/members/{users[0]}/$ref")
    graph.error(404, "DELETE", f"{path}/members/{users[0]}/$ref")
    assert sim.tenant.members(group["id"]) == [users[1], inner["id"]]


def test_twenty_binds(sim: Simulator, graph: GraphClient) -> None:
    user = f"{sim.graph_url}/v1.0/directoryObjects/{next(iter(sim.tenant.users))}"
    body = {"displayName": "ops", "mailEnabled": False, "mailNickname": "ops", "securityEnabled": True}
    assert "limit of 20" in graph.error(400, "POST", "/groups", {**body, "members@odata.bind": [user] * 21})["message"]


def test_forgetting_ref_deletes_the_object(sim: Simulator, graph: GraphClient) -> None:
    inner = graph.group("inner")
    outer = graph.group("outer", **{"members@odata.bind": [f"{sim.graph_url}/v1.0/groups/{inner['id']}"]})
    graph.ok(204, "DELETE", f"/groups/{outer['id']}/members/{inner['id']}")
    graph.error(404, "GET", f"/groups/{inner['id']}")
    graph.ok(200, "POST", f"/directory/deletedItems/{inner['id']}/restore")
    assert sim.tenant.members(outer["id"]) == [inner["id"]]


def test_immutable_properties(graph: GraphClient) -> None:
    path = f"/groups/{graph.group('ops', uniqueName='ops')['id']}"
    for change in (
        {"mailEnabled": True},
        {"securityEnabled": False},
        {"uniqueName": "x"},
        {"isAssignableToRole": True},
    ):
        graph.error(400, "PATCH", path, change)
    graph.ok(204, "PATCH", path, {"description": "operators", "uniqueName": "ops"})
    assert graph.ok(200, "GET", "/groups(uniqueName='ops')")["description"] == "operators"


def test_upsert(graph: GraphClient) -> None:
    body = {"displayName": "ops", "mailEnabled": False, "mailNickname": "ops", "securityEnabled": True}
    path = "/groups(uniqueName='ops')"
    graph.error(404, "PATCH", path, body)
    created = graph.ok(201, "PATCH", path, body, Prefer="create-if-missing")
    graph.ok(204, "PATCH", path, {"description": "d"}, Prefer="create-if-missing")
    assert graph.ok(200, "GET", f"/groups/{created['id']}")["description"] == "d"


def test_the_last_user_owner_stays(sim: Simulator, graph: GraphClient) -> None:
    user = next(iter(sim.tenant.users))
    group = graph.group("ops", **{"owners@odata.bind": [f"{sim.graph_url}/v1.0/users/{user}"]})
    error = graph.error(400, "DELETE", f"/groups/{group['id']}/owners/{user}/$ref")
    assert "at least one owner" in error["message"]


def test_users(sim: Simulator, graph: GraphClient) -> None:
    user = next(iter(sim.tenant.users.values()))
    name = user["userPrincipalName"]
    assert graph.ok(200, "GET", f"/users/{name}")["id"] == user["id"]
    found = graph.ok(200, "GET", f"/users?$filter=userPrincipalName eq '{name}'&$select=id,accountEnabled")["value"]
    assert found == [{"id": user["id"], "accountEnabled": user["accountEnabled"]}]
    assert "accountEnabled" not in graph.ok(200, "GET", f"/users/{user['id']}")
    graph.error(404, "GET", "/users/nobody@orionlab.example")


def test_objects_by_id(sim: Simulator, graph: GraphClient) -> None:
    user, group = next(iter(sim.tenant.users)), graph.group("ops")["id"]
    ids = [user, group, "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"]
    found = graph.ok(200, "POST", "/directoryObjects/getByIds", {"ids": ids})["value"]
    assert [(item["id"], item["@odata.type"]) for item in found] == [
        (user, "#microsoft.graph.user"),
        (group, "#microsoft.graph.group"),
    ]
    only = graph.ok(200, "POST", "/directoryObjects/getByIds", {"ids": ids, "types": ["group"]})["value"]
    assert [item["id"] for item in only] == [group]
    assert [entry.read for entry in sim.journal.entries("graph", "POST")] == [False, True, True]


def test_assignments(sim: Simulator, graph: GraphClient) -> None:
    role = {
        "id": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d",
        "allowedMemberTypes": ["User"],
        "displayName": "Operate",
        "description": "Operate",
        "isEnabled": True,
        "value": "Operate",
    }
    resource = graph.principal(graph.application(appRoles=[role]))
    group = graph.group("ops")
    path = f"/servicePrincipals/{resource['id']}/appRoleAssignedTo"
    body = {"principalId": group["id"], "resourceId": resource["id"], "appRoleId": role["id"]}
    created = graph.ok(201, "POST", path, body)
    assert (created["principalType"], created["principalDisplayName"]) == ("Group", "ops")
    assert "already exists on the object" in graph.error(400, "POST", path, body)["message"]
    graph.error(400, "POST", path, {**body, "principalId": sim.automation.object_id})
    graph.error(400, "POST", path, {**body, "appRoleId": "00000000-0000-0000-0000-000000000000"})
    graph.error(404, "POST", path, {**body, "principalId": role["id"]})
    same = graph.ok(200, "GET", f"/groups/{group['id']}/appRoleAssignments?$filter=resourceId eq {resource['id']}")
    assert [item["id"] for item in same["value"]] == [created["id"]]
    wrong = f"/servicePrincipals/{sim.automation.object_id}/appRoleAssignedTo/{created['id']}"
    assert "EntitlementGrant" in graph.error(400, "DELETE", wrong)["message"]
    graph.ok(204, "DELETE", f"{path}/{created['id']}")
    graph.error(400, "DELETE", f"{path}/{created['id']}")


def test_delegated_grants(sim: Simulator, graph: GraphClient) -> None:
    resource = graph.ok(200, "GET", f"/servicePrincipals{GRAPH}")["id"]
    client = graph.principal(graph.application())["id"]
    body = {"clientId": client, "consentType": "AllPrincipals", "resourceId": resource, "scope": "User.Read"}
    created = graph.ok(201, "POST", "/oauth2PermissionGrants", body)
    assert created["principalId"] is None
    assert (
        graph.error(409, "POST", "/oauth2PermissionGrants", body)["code"] == "Request_MultipleObjectsWithSameKeyValue"
    )
    graph.error(400, "POST", "/oauth2PermissionGrants", {**body, "consentType": "Principal"})
    path = f"/oauth2PermissionGrants/{created['id']}"
    graph.ok(204, "PATCH", path, {"scope": "User.Read Group.Read.All"})
    graph.error(400, "PATCH", path, {"consentType": "Principal"})
    found = graph.ok(200, "GET", f"/oauth2PermissionGrants?$filter=clientId eq '{client}'")["value"]
    assert [item["scope"] for item in found] == ["User.Read Group.Read.All"]
    graph.ok(204, "DELETE", path)
    graph.error(404, "DELETE", path)


def test_a_group_from_on_premises_is_changed_there(sim: Simulator, graph: GraphClient) -> None:
    group = graph.group("ops")
    row = sim.tenant.groups[group["id"]]
    sim.tenant.update("group", {**row, "onPremisesSyncEnabled": True})
    path, user = f"/groups/{group['id']}", next(iter(sim.tenant.users))
    reference = {"@odata.id": f"{sim.graph_url}/v1.0/directoryObjects/{user}"}
    for method, place, body in (
        ("PATCH", path, {"description": "x"}),
        ("POST", f"{path}/members/$ref", reference),
        ("POST", f"{path}/owners/$ref", reference),
        ("DELETE", f"{path}/members/{user}/$ref", None),
        ("DELETE", path, None),
    ):
        assert "on-premises mastered" in graph.error(400, method, place, body)["message"]
