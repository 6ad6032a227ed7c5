# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, user groups and roles through V4 and V1."""

from __future__ import annotations

from typing import Any

import pytest
from commvault_client import Api, b64

from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.catalogue import DEFAULT

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"


def test_group_create_read_update_use_different_names(api: Api) -> None:
    created = api.call("POST", "V4/UserGroup", {"name": "sg-new", "description": "one"})
    assert isinstance(created["id"], int)
    path = f"V4/UserGroup/{created['id']}"
    assert api.call("PUT", path, {"newDescription": "two", "azureGUID": GUID, "enabled": False})["errorCode"] == 0
    read = api.get(path)
    assert read["id"] == str(created["id"])
    assert (read["description"], read["azureGUID"], read["enabled"]) == ("two", GUID, False)
    assert api.call("DELETE", f"{path}?newUserId=1")["errorCode"] == 0
    assert api.get(path)["errorCode"] != 0
    assert api.status == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "V4/UserGroup", {"name": "x", "newDescription": "y"}),
        ("PUT", "V4/UserGroup/11", {"description": "y"}),
        ("PUT", "V4/UserGroup/11", {"restrictedConsoleTypes": []}),
        ("POST", "V4/Role", {"name": "x", "permissions": []}),
        ("PUT", "V4/Role/35", {"name": "x"}),
        ("PUT", "v4/user/3", {"UPN": "x"}),
        ("PUT", "V5/Credential/61", {"secret": "x"}),
        ("PUT", "V4/UserGroup/11", {"azureGUID": "not a guid"}),
        ("PUT", "V4/UserGroup/11", {"userOperationType": "REPLACE", "users": []}),
        ("PUT", "V4/UserGroup/11", {"users": [{"name": "nobody"}]}),
        ("POST", "V4/UserGroup", {"name": " "}),
    ],
)
def test_v4_bodies_are_strict(api: Api, method: str, path: str, body: dict[str, Any]) -> None:
    answer = api.call(method, path, body)
    assert api.status in (400, 404)
    assert set(answer) == {"errorCode", "errorMessage"}
    assert answer["errorCode"] != 0


def test_members_by_difference(api: Api, cell: CommCellService) -> None:
    group = api.group("Storage Team")
    before = set(group.member_ids)
    path = f"V4/UserGroup/{group.id}"
    api.call("PUT", path, {"users": [{"id": 1}, {"name": "BREAKGLASS"}], "userOperationType": "ADD"})
    assert group.member_ids == before | {1, 3}
    api.call("PUT", path, {"users": [{"id": 1}], "userOperationType": "DELETE"})
    assert group.member_ids == before | {3}
    api.call("PUT", path, {"users": [{"id": 3}], "userOperationType": "OVERWRITE"})
    assert group.member_ids == {3}
    api.call("PUT", path, {"users": [{"id": 1}]})
    assert group.member_ids == {1, 3}


def test_strict_enumerations_refuse_numbers(api: Api, cell: CommCellService) -> None:
    cell.behaviours.strict_enums = True
    path = f"V4/UserGroup/{api.group('Storage Team').id}"
    assert api.call("PUT", path, {"users": [{"id": 1}], "userOperationType": 2})["errorCode"] != 0
    assert api.call("PUT", path, {"enableTwoFactorAuthentication": 1})["errorCode"] != 0
    assert api.call("PUT", path, {"users": [{"id": 1}], "userOperationType": "ADD"})["errorCode"] == 0


def test_console_restrictions(api: Api) -> None:
    path = f"V4/UserGroup/{api.group('Storage Team').id}"
    api.call("PUT", path, {"restrictConsoleTypes": {"consoleType": ["API"]}, "consoleTypeOperationType": "OVERWRITE"})
    api.call("PUT", path, {"restrictConsoleTypes": {"consoleType": ["MOBILE"]}, "consoleTypeOperationType": "ADD"})
    assert [row["consoleType"] for row in api.get(path)["restrictedConsoleTypes"]] == ["API", "MOBILE"]


def test_names_are_unique_without_regard_to_case(api: Api) -> None:
    assert "already exists" in api.call("POST", "V4/UserGroup", {"name": "STORAGE team"})["errorMessage"]
    body = {"name": "view", "permissionList": [{"permission": {"id": 31}}]}
    assert "already exists" in api.call("POST", "V4/Role", body)["errorMessage"]
    user = {"users": [{"name": "Admin", "email": "x@corp.example"}]}
    assert "already exists" in api.call("POST", "v4/user", user)["errorMessage"]
    v1 = api.call("POST", "UserGroup", {"groups": [{"userGroupEntity": {"userGroupName": "Master"}}]})
    assert api.status == 200
    assert v1["response"][0]["errorCode"] != 0


def test_v1_group_update_touches_only_lists_with_an_operation(api: Api, cell: CommCellService) -> None:
    group = api.group("Storage Team")
    before = set(group.member_ids)
    body = {
        "groups": [{"usersOperationType": 0, "users": [], "localUserGroupsOperationType": 0, "localUserGroups": []}]
    }
    assert api.call("POST", f"UserGroup/{group.id}", body)["response"][0]["errorCode"] == 0
    assert group.member_ids == before
    body["groups"][0]["usersOperationType"] = 1
    api.call("POST", f"UserGroup/{group.id}", body)
    assert group.member_ids == set()


def test_directory_groups_need_a_local_group(api: Api) -> None:
    assert api.call("POST", "V4/UserGroup", {"name": "CORP\\new"})["errorCode"] != 0
    body = {"name": "CORP\\new", "localUserGroups": [{"name": "View All"}]}
    api.call("POST", "V4/UserGroup", body)
    group = api.group("CORP\\new")
    assert (group.kind, group.short_name) == (62, "new")


def test_deleting_a_group_drops_its_grants_and_built_in_groups_stay(api: Api, cell: CommCellService) -> None:
    group = api.group("Storage Team")
    assert cell.state.grants.of_principal(15, group.id)
    assert api.call("DELETE", f"V4/UserGroup/{group.id}")["errorCode"] == 0
    assert cell.state.grants.of_principal(15, group.id) == []
    assert api.call("DELETE", "V4/UserGroup/1")["errorCode"] != 0


def test_ownership_goes_to_the_heir(api: Api, cell: CommCellService) -> None:
    creator = next(grant for grant in cell.state.grants if grant.kind == "creator")
    assert api.call("DELETE", f"v4/user/{creator.principal_id}?transferToUser=3")["errorCode"] == 0
    assert [grant.kind for grant in cell.state.grants.of_principal(13, 3)] == ["creator"]


def test_role_lifecycle(api: Api, cell: CommCellService) -> None:
    body = {
        "name": "Tape Librarian",
        "description": "tapes",
        "permissionList": [{"permission": {"id": 13}}, {"category": {"name": "alert"}}],
    }
    role = api.call("POST", "V4/Role", body)
    path = f"V4/Role/{role['id']}"
    kinds = [(row["type"], row.get("permission", row["category"])["name"]) for row in api.get(path)["permissions"]]
    assert kinds == [("PERMISSION_ENTITY", "Browse"), ("CATEGORY_ENTITY", "Alert")]
    change = {"permissionList": [{"permission": {"name": "View"}}], "permissionOperationType": "OVERWRITE"}
    assert api.call("PUT", path, change)["errorCode"] == 0
    assert cell.state.roles.named("Tape Librarian")[0].permission_ids == {31}
    assert api.get(path)["description"] == "tapes"
    assert api.call("PUT", path, {"permissionList": [], "permissionOperationType": "OVERWRITE"})["errorCode"] != 0
    assert api.call("DELETE", path)["errorCode"] == 0
    assert api.call("DELETE", "V4/Role/1")["errorCode"] != 0


def test_catalogue_is_a_wrapper_with_nested_categories(api: Api) -> None:
    def walk(rows: list[dict[str, Any]]) -> dict[int, str]:
        found = {item["id"]: item["name"] for row in rows for item in row["permissions"]}
        for row in rows:
            found |= walk(row.get("categoryList", []))
        return found

    answer = api.get("V4/Permissions")
    assert walk(answer["permissions"]) == DEFAULT.names
    known = {1: "Administrative Management", 13: "Browse", 31: "View", 107: "Change security settings"}
    assert known.items() <= DEFAULT.names.items()
    assert 13 in DEFAULT.expand_category(102)


def test_authentication_methods(api: Api, cell: CommCellService) -> None:
    assert api.get("v4/user/3/authenticationMethods")["authenticationMethod"] == "LOCAL"
    assert api.call("PUT", "v4/user/3", {"authenticationMethod": "corp.example"})["errorCode"] == 0
    answer = api.get("v4/user/3/authenticationMethods")
    assert (answer["authenticationMethod"], answer["authenticators"][0]["name"]) == ("SAML", "corp.example")


def test_v1_filters(api: Api) -> None:
    assert [row["userEntity"]["userId"] for row in api.get("User?fq=name%3Aeq%3ABREAKGLASS")["users"]] == [3]
    found = api.get("UserGroup?fq=userGroups.userGroupEntity.userGroupName:contains:hq-vm&sort=name:-1&start=0&limit=2")
    assert found["filterQueryCount"] == 4
    names = [row["userGroupEntity"]["userGroupName"] for row in found["userGroups"]]
    assert names == ["GG-Commvault-hq-vm-View", "GG-Commvault-hq-vm-Restore"]
    assert [
        row["client"]["clientEntity"]["clientId"] for row in api.get("Client?fq=name:eq:cs01")["clientProperties"]
    ] == [2]
    by_name = api.get("UserGroup/byName(userGroupName='master')")
    assert by_name["userGroups"][0]["userGroupEntity"]["userGroupId"] == 1


def test_v1_details(api: Api) -> None:
    user = api.get("User/3?Level=50")["users"][0]
    assert (user["userEntity"]["userName"], user["associatedUserGroups"]) == (
        "breakglass",
        [{"userGroupId": 1, "userGroupName": "master"}],
    )
    assert api.call("PUT", "User/3/Disable")["response"][0]["errorCode"] == 0
    assert api.get("v4/user/3")["enabled"] is False


def test_passwords_are_stored_and_never_shown(api: Api, cell: CommCellService) -> None:
    row = {"name": "kim", "email": "kim@corp.example", "password": b64("Secret-1"), "userGroups": [{}]}
    created = api.call("POST", "v4/user", {"users": [row]})["users"][0]
    assert cell.user("kim").password == "Secret-1"
    for path in (f"v4/user/{created['id']}", f"User/{created['id']}", "v4/user", "User"):
        text = api.send("GET", path).text
        assert "Secret-1" not in text
        assert b64("Secret-1") not in text
