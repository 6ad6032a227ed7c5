# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's MCP server reads: its requests (paths, headers, members of answers; Commvault/commvault-mcp-server).

It is no package of the index, so what it sends is written down here: a bare token in `Authtoken`, or the bearer token
of a provider in `Authorization`, `Accept: application/json`, paths below `/commandcenter/api/` in lower case, and after
HTTP 401 a renewal that carries no token in its headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from commvault_client import Api, b64

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import PLAN

PLAIN = {"Accept": "application/json"}


class Reader:
    """The HTTP client of that server: one pair of tokens, renewed once after a refusal."""

    def __init__(self, cell: CommCellService, http: httpx.Client, access: str, refresh: str = "") -> None:
        self.base, self.http = f"{cell.origin}/commandcenter/api/", http
        self.access, self.refresh = access, refresh
        self.renewals = 0

    def read(self, path: str) -> dict[str, Any]:
        """GET below the base. Raises httpx.HTTPStatusError, as the server gives up."""
        answer = self.http.get(self.base + path, headers=self._headers())
        if answer.status_code == 401 and self.refresh:
            self._renew()
            answer = self.http.get(self.base + path, headers=self._headers())
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _headers(self) -> dict[str, str]:
        header = "Authorization" if self.access.startswith("Bearer ") else "Authtoken"
        return {**PLAIN, header: self.access}

    def _renew(self) -> None:
        body = {"accessToken": self.access, "refreshToken": self.refresh}
        headers = {**PLAIN, "Content-Type": "application/json"}
        answer = self.http.post(f"{self.base}V4/AccessToken/Renew", json=body, headers=headers).raise_for_status()
        self.access, self.refresh = answer.json()["accessToken"], answer.json()["refreshToken"]
        self.renewals += 1


@pytest.fixture
def reader(sim: Simulator, cell: CommCellService, api: Api) -> Iterator[Reader]:
    """The server with a pair that an administrator has made for it."""
    made = api.call("POST", "V4/AccessToken", {"tokenName": "mcp"})["tokenInfo"]
    with httpx.Client(verify=api.context, trust_env=False) as http:
        yield Reader(cell, http, made["accessToken"], made["refreshToken"])


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rows of a list by their name."""
    return {row["name"]: row for row in rows}


def test_the_vendors_mcp_server_reads_users_groups_and_roles(reader: Reader, api: Api) -> None:
    group = api.call("POST", "V4/UserGroup", {"name": "readers"})["id"]
    user = {"name": "reader", "fullName": "R. Reader", "email": "reader@corp.example", "password": b64("Secret-1")}
    number = api.call("POST", "V4/User", {"users": [{**user, "userGroups": [{"id": group}]}]})["users"][0]["id"]
    role = api.call("POST", "V4/Role", {"name": "Reading", "permissionList": [{"permission": {"id": 31}}]})["id"]

    listed = reader.read("v4/user")
    row = by_name(listed["users"])["reader"]
    assert listed["numberOfUsers"] == len(listed["users"])
    assert (row["id"], row["email"], row["fullName"]) == (number, "reader@corp.example", "R. Reader")
    assert (row["lastLoggedIn"], row["company"]["id"]) == (0, 0)
    assert [one["id"] for one in reader.read(f"v4/user/{number}")["associatedUserGroups"]] == [group]
    assert by_name(reader.read("v4/usergroup")["userGroups"])["readers"]["company"]["id"] == 0
    assert [one["id"] for one in reader.read(f"v4/usergroup/{group}")["users"]] == [number]
    assert by_name(reader.read("v4/role")["roles"])["Reading"]["id"] == role
    assert reader.read("V2/WhoAmI")["name"] == api.cell.automation[0]


@pytest.mark.parametrize("kind", ["user", "usergroup"])
def test_the_vendors_mcp_server_reads_grants(reader: Reader, api: Api, cell: CommCellService, kind: str) -> None:
    """A role on one plan and one on all servers: entities without marks of the service, and `includeAll`."""
    records: Any = cell.state.users if kind == "user" else cell.state.groups
    principal = records.named("breakglass" if kind == "user" else "Storage Team")[0]
    who = {"userId": principal.id} if kind == "user" else {"userGroupId": principal.id}
    role, plan = cell.state.roles.named("View")[0], next(iter(cell.state.entities[PLAN]))
    everything = {"_type_": 3, "clientId": 0, "flags": {"includeAll": True}}
    before = len(reader.read(f"{kind}/{principal.id}/security")["associations"])
    assert api.security("ADD", who, role.id, {"planId": plan.id, "_type_": 158}, everything)["errorCode"] == 0

    found = reader.read(f"{kind}/{principal.id}/security")["associations"]
    assert len(found) == before + 2
    mine = [row for row in found if row["properties"].get("role", {}).get("roleName") == "View"]
    entities = [entity for row in mine for entity in row["entities"]["entity"]]
    assert {entity.get("planName") for entity in entities} >= {plan.name}
    assert any(entity.get("flags", {}).get("includeAll") for entity in entities)


def test_the_vendors_mcp_server_reads_what_it_may_do(reader: Reader, cell: CommCellService) -> None:
    user, group = cell.user("breakglass").id, cell.state.groups.named("Storage Team")[0].id
    for path in ("COMMCELL_ENTITY/2", "CLIENT_ENTITY/2", f"USER_ENTITY/{user}", f"USERGROUP_ENTITY/{group}"):
        shown = reader.read(f"Security/{path}/Permissions")["permissionsList"]
        assert {"permissionId": 31, "permissionName": "View"}.items() <= next(
            row for row in shown if row["permissionId"] == 31
        ).items(), path


def test_the_vendors_mcp_server_renews_its_pair(reader: Reader, sim: Simulator, cell: CommCellService) -> None:
    reader.read("CommServ")
    old = reader.access
    sim.clock.advance(cell.cell.token_life + 1)
    assert reader.read("CommServ")["currentSPVersion"] == 44
    assert (reader.renewals, reader.access == old) == (1, False)
    reader.read("v4/user")
    assert reader.renewals == 1


def test_the_vendors_mcp_server_reads_by_a_token_of_entra(
    reader: Reader, sim: Simulator, cell: CommCellService
) -> None:
    """It hands on the bearer token of the provider; releases before 11.42 refuse that."""
    url = f"{sim.login_url}/{sim.tenant_id}/oauth2/v2.0/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": sim.automation.client_id,
        "client_secret": sim.automation.client_secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    token = reader.http.post(url, data=form).json()["access_token"]
    cell.behaviours.oauth = True
    cell.behaviours.oauth_app_users = {sim.automation.client_id: "svc-cvops"}
    other = Reader(cell, reader.http, f"Bearer {token}")
    assert by_name(other.read("v4/user")["users"])["svc-cvops"]
    cell.release = 40
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        other.read("v4/user")
