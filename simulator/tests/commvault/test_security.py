# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security associations: what a write does, and how reads show it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from commvault_client import Api

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.model import CLIENT, CLIENT_GROUP, COMMCELL, PLAN, USER, USER_GROUP, Grant

COMMCELL_WIRE = {"commCellId": 2, "_type_": 1}


@pytest.fixture
def team(api: Api) -> int:
    """Id of a group without interesting grants."""
    return api.group("NOC Night Shift").id


def held(cell: CommCellService, group_id: int) -> set[tuple[int | None, int, int]]:
    """(role, entity type, entity id) of the explicit grants of a group."""
    return {
        (grant.role_id, *grant.entity)
        for grant in cell.state.grants.of_principal(USER_GROUP, group_id)
        if grant.kind == "explicit"
    }


def test_add_is_the_product_of_entities_and_principals(api: Api, cell: CommCellService, team: int) -> None:
    other = api.group("Storage Team").id
    role = api.role_id("Restore Operator")
    before = cell.state.grants.triples()
    entities = [{"clientId": 2, "_type_": 3}, {"planId": 301, "_type_": 158}, {"clientGroupId": 101}]
    row = api.security("ADD", [{"userGroupId": team}, {"userGroupId": other}], role, *entities)
    assert row["errorCode"] == 0
    pairs = itertools.product((team, other), ((CLIENT, 2), (PLAN, 301), (CLIENT_GROUP, 101)))
    assert cell.state.grants.triples() - before == {(15, group, role, *entity) for group, entity in pairs}
    assert before <= cell.state.grants.triples()


@pytest.mark.parametrize("words", [("ADD", "DELETE"), ("UPDATE", "delete"), (2, 3), ("2", "3")])
def test_operations_as_words_and_numbers(api: Api, cell: CommCellService, team: int, words: tuple[Any, Any]) -> None:
    before = held(cell, team)
    role = api.role_id("Restore Operator")
    assert api.security(words[0], {"userGroupId": team}, role, COMMCELL_WIRE)["errorCode"] == 0
    assert held(cell, team) == before | {(role, COMMCELL, 2)}
    assert api.security(words[1], {"userGroupId": team}, role, COMMCELL_WIRE)["errorCode"] == 0
    assert held(cell, team) == before


def test_adding_twice_and_deleting_the_absent_succeed(api: Api, cell: CommCellService, team: int) -> None:
    role = api.role_id("Restore Operator")
    for _ in range(2):
        assert api.security("ADD", {"userGroupId": team}, role, COMMCELL_WIRE)["errorCode"] == 0
    for _ in range(2):
        assert api.security("DELETE", {"userGroupId": team}, role, COMMCELL_WIRE)["errorCode"] == 0
    assert (role, COMMCELL, 2) not in held(cell, team)


@pytest.mark.parametrize("operation", [1, "OVERWRITE", None])
def test_overwrite_replaces_everybody_but_the_creator(
    api: Api, cell: CommCellService, team: int, operation: Any
) -> None:
    creator = next(grant for grant in cell.state.grants if grant.kind == "creator")
    role = api.role_id("View")
    row = api.security(operation, {"userGroupId": team}, role, {"clientGroupId": creator.entity_id})
    assert row["errorCode"] == 0
    assert cell.state.grants.of_entity(*creator.entity) == [
        creator,
        Grant(USER_GROUP, team, role, CLIENT_GROUP, creator.entity_id),
    ]


@pytest.mark.parametrize(
    ("wire", "entity"),
    [
        ({"commCellId": 2, "_type_": 1}, (1, 2)),
        ({"clientId": 3}, (3, 3)),
        ({"clientGroupId": 101}, (28, 101)),
        ({"storagePolicyId": 601, "_type_": 17}, (17, 601)),
        ({"planId": 301, "_type_": 158}, (158, 301)),
        ({"workflowId": 701, "_type_": 83, "entityType": 83}, (83, 701)),
        ({"roleId": 2}, (120, 2)),
        ({"credentialId": 61}, (154, 61)),
        ({"entityId": 301, "entityType": 158, "_type_": 150}, (158, 301)),
        ({"entityId": 301, "entityTypeName": "PLAN_ENTITY", "_type_": 150, "entityName": "x"}, (158, 301)),
        ({"clientGroupName": "HQ-VM"}, (28, 101)),
        ({"entityName": "gold-hq-vm", "entityType": 158, "_type_": 150}, (158, 301)),
        ({"_type_": "CLIENT_ENTITY", "flags": {"includeAll": True}}, (3, 0)),
    ],
)
def test_entity_forms(
    api: Api, cell: CommCellService, team: int, wire: dict[str, Any], entity: tuple[int, int]
) -> None:
    role = api.role_id("Restore Operator")
    assert api.security("ADD", {"userGroupId": team}, role, wire) == {
        "errorString": "",
        "errorCode": 0,
        "warningCode": 0,
        "warningMessage": "",
    }
    assert (role, *entity) in held(cell, team)


@pytest.mark.parametrize(
    "wire",
    [{"clientId": 999999}, {"clientName": "nowhere"}, {"entityId": 1}, {"_type_": "TOASTER_ENTITY", "entityId": 1}],
)
def test_unknown_entities_are_refused_and_nothing_changes(
    api: Api, cell: CommCellService, team: int, wire: dict[str, Any]
) -> None:
    before = cell.state.grants.triples()
    row = api.security("ADD", {"userGroupId": team}, 1, COMMCELL_WIRE, wire)
    assert api.status == 200
    assert row["errorCode"] != 0
    assert row["errorString"]
    assert cell.state.grants.triples() == before


def test_principal_forms(api: Api, cell: CommCellService) -> None:
    external = api.group("CORP\\cv-operators").id
    role = api.role_id("Restore Operator")
    for wire in (
        {"externalGroupName": "cv-operators", "providerDomainName": "CORP"},
        {"userGroupName": "corp\\CV-operators"},
        {"groupId": external, "_type_": 62},
    ):
        api.security("ADD", wire, role, COMMCELL_WIRE)
        rows = api.get("Security/1/2")["securityAssociations"][0]["securityAssociations"]["associations"]
        found = [row["userOrGroup"][0] for row in rows if row["properties"].get("role", {}).get("roleId") == role]
        assert {
            "groupId": external,
            "externalGroupName": "cv-operators",
            "providerDomainName": "CORP",
            "_type_": 62,
        } in (found)
        api.security("DELETE", wire, role, COMMCELL_WIRE)
    assert api.security("ADD", {"userName": "ADMIN"}, role, COMMCELL_WIRE)["errorCode"] == 0
    assert (USER, 1, role, COMMCELL, 2) in cell.state.grants.triples()


def test_names_can_be_made_to_need_the_header(api: Api, cell: CommCellService, team: int) -> None:
    cell.behaviours.lookup_names_required = True
    named = {"role": {"roleName": "View"}}
    entity = {"clientGroupName": "hq-sql"}
    assert api.security("ADD", {"userGroupName": "NOC Night Shift"}, named, entity)["errorCode"] != 0
    row = api.security("ADD", {"userGroupName": "NOC Night Shift"}, named, entity, LookupNames="1")
    assert row["errorCode"] == 0
    assert (2, CLIENT_GROUP, 102) in held(cell, team)


def test_permissions_without_a_role_add_up_and_go_one_by_one(api: Api, cell: CommCellService, team: int) -> None:
    def permissions(*names: str) -> dict[str, Any]:
        return {"categoryPermission": {"categoriesPermissionList": [{"permissionName": name} for name in names]}}

    entity = {"clientId": 9, "_type_": 3}
    api.security("ADD", {"userGroupId": team}, permissions("View"), entity)
    api.security("ADD", {"userGroupId": team}, permissions("Browse"), entity)
    (grant,) = [item for item in cell.state.grants.of_entity(CLIENT, 9) if item.role_id is None]
    assert grant.permission_ids == {13, 31}
    api.security("DELETE", {"userGroupId": team}, permissions("View"), entity)
    rows = api.get("Security/3/9")["securityAssociations"][0]["securityAssociations"]["associations"]
    assert [row["properties"] for row in rows] == [
        {
            "categoryPermission": {
                "categoriesPermissionList": [{"permissionId": 13, "permissionName": "Browse", "_type_": 122}]
            }
        }
    ]


def test_an_entity_without_associations_lacks_the_inner_key(api: Api) -> None:
    row = api.get("Security/158/307")["securityAssociations"][0]
    assert row["entityAssociated"]["planName"] == "Täglich, 100% & #1"
    assert "associations" not in row["securityAssociations"]


def test_creator_owner_and_inherited_rows(api: Api, cell: CommCellService, sim: Simulator) -> None:
    def inner(name: str) -> dict[str, Any]:
        grant = sim.site.anomalies[name]["grant"]
        answer = api.get(f"Security/{grant.entity_type}/{grant.entity_id}")["securityAssociations"][0]
        result: dict[str, Any] = answer["securityAssociations"]
        return result

    assert any(row["properties"].get("isCreatorAssociation") for row in inner("creator_grant")["associations"])
    owner = sim.site.anomalies["owner_grant"]["grant"]
    assert [row["userId"] for row in inner("owner_grant")["ownerAssociations"]["owners"]] == [owner.principal_id]
    marked = [row for row in inner("inherited_duplicate")["associations"] if row["properties"].get("isInherited")]
    assert len(marked) == 1
    cell.behaviours.inherited_rows = "unmarked"
    assert not any("isInherited" in row["properties"] for row in inner("inherited_duplicate")["associations"])
    cell.behaviours.inherited_rows = "hidden"
    left = inner("inherited_duplicate")["associations"]
    assert [row for row in left if "role" in row["properties"]] == []


def test_inherited_grants_cannot_be_deleted_where_they_show(api: Api, cell: CommCellService, sim: Simulator) -> None:
    grant = sim.site.anomalies["inherited_duplicate"]["grant"]
    entity = {"clientId": grant.entity_id, "_type_": 3}
    api.security("DELETE", {"userGroupId": grant.principal_id}, grant.role_id, entity)
    assert grant in cell.state.grants


def test_reads_by_principal(api: Api, cell: CommCellService) -> None:
    group = api.group("GG-Commvault-hq-vm-Admin")
    rows = api.get(f"UserGroup/{group.id}/Security")["associations"]
    shown = {
        (row["properties"]["role"]["roleId"], entity["_type_"], next(v for k, v in entity.items() if k.endswith("Id")))
        for row in rows
        for entity in row["entities"]["entity"]
    }
    assert shown == held(cell, group.id)
    cell.behaviours.merged_rows = True
    merged = api.get(f"UserGroup/{group.id}/Security")["associations"]
    assert len(merged) < len(rows)
    assert sum(len(row["entities"]["entity"]) for row in merged) == len(rows)


def test_writes_can_be_lost(api: Api, cell: CommCellService, team: int) -> None:
    cell.behaviours.lost_security_writes = ["28:102"]
    entities = [{"clientGroupId": 101}, {"clientGroupId": 102}]
    role = api.role_id("Restore Operator")
    assert api.security("ADD", {"userGroupId": team}, role, *entities)["errorCode"] == 0
    assert (role, CLIENT_GROUP, 101) in held(cell, team)
    assert (role, CLIENT_GROUP, 102) not in held(cell, team)


def test_the_caller_needs_every_permission_of_the_role(api: Api, cell: CommCellService, team: int) -> None:
    management = ["View", "Change security settings", "add / delete / modify a user group"]
    api.limited_user("Delegate", permissions=management)
    api.login("limited", "limited-1")
    assert api.security("ADD", {"userGroupId": team}, api.role_id("View"), {"clientGroupId": 101})["errorCode"] == 0
    row = api.security("ADD", {"userGroupId": team}, api.role_id("Restore Operator"), {"clientGroupId": 101})
    assert row["errorCode"] != 0
    assert "Browse" in row["errorString"]
    assert (api.role_id("Restore Operator"), CLIENT_GROUP, 101) not in held(cell, team)


def test_the_caller_needs_change_security_on_the_entity(api: Api, team: int) -> None:
    api.limited_user("Delegate", (28, 101), permissions=["View", "Change security settings"])
    api.login("limited", "limited-1")
    view = api.role_id("View")
    row = api.security("ADD", {"userGroupId": team}, view, {"clientGroupId": 101})
    assert "user group" in row["errorString"]
    row = api.security("ADD", {"userGroupId": team}, view, {"clientGroupId": 102})
    assert "Change security settings" in row["errorString"]


def test_own_permissions_on_an_entity(api: Api) -> None:
    everything = api.get("Security/COMMCELL_ENTITY/2/Permissions")["permissionsList"]
    api.limited_user("View", (28, 101))
    api.login("limited", "limited-1")
    mine = api.get("Security/CLIENT_GROUP_ENTITY/101/Permissions")["permissionsList"]
    assert [row["permissionName"] for row in mine] == ["View"]
    assert api.get("Security/CLIENT_GROUP_ENTITY/102/Permissions")["permissionsList"] == []
    assert len(everything) > 50


def test_lists_show_what_the_caller_may_see(api: Api, cell: CommCellService) -> None:
    api.limited_user("View", (28, 102))
    api.login("limited", "limited-1")
    assert [row["name"] for row in api.get("ClientGroup")["groups"]] == ["hq-sql"]
    shown = {row["client"]["clientEntity"]["clientId"] for row in api.get("Client")["clientProperties"]}
    assert shown == set(cell.state.group_clients[102])
    assert api.get("Security/28/101")["errorCode"] != 0


def test_sdk_owner_block_without_owners_changes_nothing(api: Api, cell: CommCellService, team: int) -> None:
    owner = next(grant for grant in cell.state.grants if grant.kind == "owner")
    body = {
        "entityAssociated": {"entity": [{"clientId": owner.entity_id}]},
        "securityAssociations": {
            "associationsOperationType": 2,
            "associations": [{"userOrGroup": [{"userGroupId": team}], "properties": {"role": {"roleId": 2}}}],
            "ownerAssociations": {"ownersOperationType": 1},
        },
    }
    assert api.call("POST", "Security", body)["response"][0]["errorCode"] == 0
    assert owner in cell.state.grants


def test_owners_in_the_properties_of_a_server(api: Api, cell: CommCellService, sim: Simulator) -> None:
    grant = sim.site.anomalies["owner_grant"]["grant"]

    def properties() -> dict[str, Any]:
        result: dict[str, Any] = api.get(f"Client/{grant.entity_id}")["clientProperties"][0]["clientProps"]
        return result

    owners = [{"userId": grant.principal_id, "userName": cell.state.users.get(grant.principal_id).name, "_type_": USER}]
    assert properties()["clientSecurity"]["clientOwners"] == owners
    assert properties()["securityAssociations"]["ownerAssociations"]["owners"] == owners
    cell.behaviours.hide_client_owners = True
    assert not {"clientSecurity", "securityAssociations"} & properties().keys()
    assert api.get("Client/999999")["errorMessage"]
    assert api.status == 404
