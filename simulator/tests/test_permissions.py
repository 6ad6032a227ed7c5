# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens and permissions at Graph."""

from __future__ import annotations

from typing import Any

import pytest

from cvops_simulator import Simulator
from graph_client import GraphClient, secret_form, token_answer


def test_bad_tokens(sim: Simulator, graph: GraphClient) -> None:
    token = graph._http.headers["Authorization"]
    other = token_answer(sim, **secret_form(sim, sim.automation, scope="https://management.azure.com/.default")).json()
    for bad in ("", "Basic x", "Bearer nonsense", token[:-4] + "AAAA", f"Bearer {other['access_token']}"):
        answer = graph.call("GET", "/users", Authorization=bad)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_an_expired_token(sim: Simulator, graph: GraphClient) -> None:
    sim.clock.advance(3600)
    error = graph.error(401, "GET", "/users")
    assert error["message"] == "Lifetime validation failed, the token is expired."
    graph.sign_in()
    graph.ok(200, "GET", "/users")


@pytest.mark.parametrize(
    ("permissions", "method", "path", "status"),
    [
        ((), "GET", "/users", 403),
        (("User.Read.All",), "GET", "/users", 200),
        (("User.Read.All",), "GET", "/groups", 403),
        (("GroupMember.Read.All",), "GET", "/groups", 200),
        (("Application.Read.All",), "GET", "/applications", 200),
        (("Application.Read.All",), "POST", "/applications", 403),
        (("Application.ReadWrite.OwnedBy",), "POST", "/applications", 201),
        (("Directory.Read.All",), "GET", "/oauth2PermissionGrants", 200),
        (("Application.Read.All",), "GET", "/oauth2PermissionGrants", 403),
        (("Group.Read.All",), "POST", "/groups", 403),
        (("Group.Create",), "POST", "/groups", 201),
        (("Policy.Read.All",), "GET", "/policies/defaultAppManagementPolicy", 200),
        (("Policy.Read.All",), "PATCH", "/policies/defaultAppManagementPolicy", 403),
        (("Group.Read.All",), "GET", "/directory/deletedItems/microsoft.graph.group", 200),
        (("Group.Read.All",), "GET", "/directory/deletedItems/microsoft.graph.application", 403),
    ],
)
def test_routes(sim: Simulator, permissions: tuple[str, ...], method: str, path: str, status: int) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "/applications": {"displayName": "x"},
        "/groups": {"displayName": "x", "mailEnabled": False, "mailNickname": "x", "securityEnabled": True},
        "/policies/defaultAppManagementPolicy": {"isEnabled": True},
    }
    with GraphClient(sim, sim.identity(*permissions)) as client:
        answer = client.call(method, path, bodies.get(path) if method != "GET" else None)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["error"]["code"] == "Authorization_RequestDenied"


def test_owned_by(sim: Simulator, graph: GraphClient, owner: GraphClient) -> None:
    mine, foreign = owner.application(), graph.application()
    assert sim.tenant.owners(mine["id"]) == [owner.identity.object_id]
    owner.ok(204, "PATCH", f"/applications/{mine['id']}", {"notes": "n"})
    owner.ok(200, "POST", f"/applications/{mine['id']}/addPassword", {})
    owner.ok(200, "GET", f"/applications/{foreign['id']}")
    owner.error(403, "PATCH", f"/applications/{foreign['id']}", {"notes": "n"})
    owner.error(403, "POST", f"/applications/{foreign['id']}/addPassword", {})
    owner.error(403, "DELETE", f"/applications/{foreign['id']}")
    owner.error(403, "POST", "/servicePrincipals", {"appId": foreign["appId"]})
    principal = owner.principal(mine)
    owner.ok(204, "PATCH", f"/servicePrincipals/{principal['id']}", {"notes": "n"})
    error = owner.error(403, "POST", "/servicePrincipals", {"appId": "00000000-0000-0000-0000-00000000dead"})
    assert error["message"].startswith("When using this permission, the backing application")
    reference = {"@odata.id": f"{sim.graph_url}/v1.0/directoryObjects/{owner.identity.object_id}"}
    graph.ok(204, "POST", f"/applications/{foreign['id']}/owners/$ref", reference)
    owner.ok(204, "DELETE", f"/applications/{foreign['id']}")
    owner.ok(200, "POST", f"/directory/deletedItems/{foreign['id']}/restore")


def test_group_create_without_owner_leaves_the_group_to_others(sim: Simulator) -> None:
    with GraphClient(sim, sim.identity("Group.Create")) as client:
        orphan = client.group("orphan")
        client.error(403, "PATCH", f"/groups/{orphan['id']}", {"description": "d"})
        me = f"{sim.graph_url}/v1.0/servicePrincipals/{client.identity.object_id}"
        own = client.group("own", **{"owners@odata.bind": [me]})
        client.ok(204, "PATCH", f"/groups/{own['id']}", {"description": "d"})


def test_a_role_is_in_the_next_token_only(sim: Simulator, graph: GraphClient) -> None:
    identity = sim.identity()
    resource = sim.tenant.service_principal_of("00000003-0000-0000-c000-000000000000")
    assert resource is not None
    role = next(item["id"] for item in resource["appRoles"] if item["value"] == "User.Read.All")
    with GraphClient(sim, identity) as client:
        body = {"principalId": identity.object_id, "resourceId": resource["id"], "appRoleId": role}
        graph.ok(201, "POST", f"/servicePrincipals/{identity.object_id}/appRoleAssignments", body)
        client.error(403, "GET", "/users")
        client.sign_in()
        client.ok(200, "GET", "/users")
