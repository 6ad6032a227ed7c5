# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the collection has written, as the vendor's MCP server reads it (Commvault/commvault-mcp-server): its paths, headers and members.

How that server signs in and renews its token is tested with the simulator.
"""

from __future__ import annotations

import typing as t

import pytest
import requests
from cvops_simulator import Simulator
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.modules import (
    commvault_role,
    commvault_role_mappings,
    commvault_user,
    commvault_user_group,
)

pytestmark = pytest.mark.any_core


def test_the_vendors_mcp_server_reads_what_was_written(site: Simulator) -> None:
    cell = site.commcells["cs01"]
    entra_id = next(group["id"] for group in site.tenant.groups.values() if group.get("uniqueName"))

    def write(module: t.Any, **options: t.Any) -> dict[str, t.Any]:
        result = run_body(module, site, options)
        assert result.get("changed"), result
        return result

    def read(path: str) -> t.Any:
        headers = {"Accept": "application/json", "Authtoken": cell.access_token()}
        address = f"{cell.origin}/commandcenter/api/{path}"
        answer = requests.get(address, headers=headers, verify=str(site.ca_path), timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pick(path: str, wrapper: str, name: str) -> dict[str, t.Any]:
        (row,) = [row for row in read(path)[wrapper] if row["name"] == name]
        return dict(row)

    user = write(
        commvault_user, name="reader", kind="local", email="reader@corp.example", full_name="R. Reader", enabled=False
    )["user"]
    group = write(commvault_user_group, name="readers", members=["reader"])["user_group"]
    linked = write(commvault_user_group, name="GG-Readers", entra_group_id=entra_id)["user_group"]
    role = write(commvault_role, name="Reading", permissions=["View", "Browse"])["role"]
    plan = next(item for item in cell.state.entities[158] if not item.company_id)
    grant = {"role": "Reading", "entities": {"plans": [plan.name]}}
    mapping = {"principal": {"user_group": "readers"}, "grants": [grant]}
    write(commvault_role_mappings, mappings=[mapping], require_object_id="none")

    row = pick("v4/user", "users", "reader")
    assert (str(row["id"]), row["email"], row["fullName"]) == (user["id"], "reader@corp.example", "R. Reader")
    assert (row["company"]["id"], row["enabled"]) == (0, False)
    details = read(f"v4/user/{user['id']}")
    assert [str(one["id"]) for one in details["associatedUserGroups"]] == [group["id"]]
    assert str(pick("v4/usergroup", "userGroups", "readers")["id"]) == group["id"]
    assert [one["name"] for one in read(f"v4/usergroup/{group['id']}")["users"]] == ["reader"]
    assert read(f"v4/usergroup/{linked['id']}")["azureGUID"] == entra_id
    assert str(pick("v4/role", "roles", "Reading")["id"]) == role["id"]

    held = [
        association
        for association in read(f"usergroup/{group['id']}/security")["associations"]
        if not association["properties"].get("isCreatorAssociation")
    ]
    assert [(row["properties"]["role"]["roleName"], row["entities"]["entity"][0]["planName"]) for row in held] == [
        ("Reading", plan.name)
    ]
    assert read(f"user/{user['id']}/security")["associations"] == [], "what a group holds is its own"
    permissions = read(f"Security/USERGROUP_ENTITY/{group['id']}/Permissions")["permissionsList"]
    assert {"permissionId": 31, "permissionName": "View"}.items() <= permissions[
        [row["permissionId"] for row in permissions].index(31)
    ].items()
    assert read("V2/WhoAmI")["name"] == cell.automation[0]
