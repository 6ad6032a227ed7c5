# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User groups, V1."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.associations import change, principal_side, require_rights
from cvops_simulator.commvault.body_values import ADD, NONE, OVERWRITE, apply_operation, operation, records_of
from cvops_simulator.commvault.catalogue import GROUP_MANAGEMENT
from cvops_simulator.commvault.envelopes import invalid, success_r
from cvops_simulator.commvault.handlers.security_read import associations_of_principal
from cvops_simulator.commvault.lifecycle import checked_name, own_creation, remove_group, unique_group
from cvops_simulator.commvault.list_filters import listed
from cvops_simulator.commvault.model import USER_GROUP, User, UserGroup
from cvops_simulator.commvault.references import entity_info, existing, in_scope, new_guid, resolve
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import case_key


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "UserGroup", _list, envelope="S")
    routes.add("GET", "UserGroup/{id}", _read, envelope="S")
    routes.add("POST", "UserGroup", _create, envelope="R")
    routes.add("POST", "UserGroup/{id}", _update, envelope="R")
    routes.add("DELETE", "UserGroup/{id}", _delete, envelope="R")


def _entity(call: Call, group: UserGroup) -> dict[str, Any]:
    return {
        "userGroupId": group.id,
        "userGroupName": group.name,
        "userGroupGUID": group.guid,
        "_type_": group.kind,
        "entityInfo": entity_info(call, group.company_id),
    }


def _row(call: Call, group: UserGroup) -> dict[str, Any]:
    return {
        "userGroupEntity": _entity(call, group),
        "description": group.description,
        "enabled": group.enabled,
        "companyName": entity_info(call, group.company_id)["companyName"],
        "groupType": 1 if group.provider else 0,
    }


def shown_groups(call: Call, groups: Any) -> list[UserGroup]:
    """Groups of the caller's scope; `includeSystemCreated=false` hides built-in ones, anything else does not."""
    hide = call.query.get("includesystemcreated", "").lower() == "false"
    wanted = call.query.get("parentprovider/providerid", "")
    return [
        group
        for group in groups
        if in_scope(call, group.company_id)
        and not (hide and group.system)
        and (not wanted.isdigit() or group.company_id == int(wanted))
    ]


def _list(call: Call) -> dict[str, Any]:
    rows = [_row(call, group) for group in shown_groups(call, call.lists.groups)]
    short = {"name": "userGroupEntity.userGroupName", "id": "userGroupEntity.userGroupId"}
    return listed(call, "userGroups", rows, short)


def _read(call: Call) -> dict[str, Any]:
    group = existing(call.state.groups, call, "User group")
    users = (call.state.users.get(user_id) for user_id in sorted(group.member_ids))
    external = (call.state.groups.get(group_id) for group_id in sorted(group.external_group_ids))
    info = entity_info(call, group.company_id)
    row = {
        **_row(call, group),
        "email": group.email,
        "allowMultiCompanyMembers": group.allow_multiple_company_members,
        "enableTwoFactorAuthentication": 1 if group.two_factor == "ON" else 0,
        "azureGUID": group.azure_guid,
        "groupSecurity": {
            "tagWithCompany": {"providerId": group.company_id, "providerDomainName": info["companyName"]}
        },
        "users": [{"userId": user.id, "userName": user.name} for user in users if user is not None],
        "externalUserGroups": [
            {"groupId": item.id, "externalGroupName": item.short_name, "providerDomainName": item.provider}
            for item in external
            if item is not None
        ],
        "securityAssociations": {"associations": associations_of_principal(call, group.kind, group.id)},
    }
    return {"userGroups": [row]}


def _body(call: Call) -> dict[str, Any]:
    rows = call.body().get("groups")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise invalid("groups holds exactly one group")
    row: dict[str, Any] = rows[0]
    return row


def user_ids(call: Call, rows: Any, id_key: str = "userId", name_key: str = "userName") -> set[int]:
    """Ids of the users that a list names."""

    def one(row: dict[str, Any]) -> User:
        return resolve(call.state.users, row, id_key, name_key, "User")

    return {user.id for user in records_of(rows, one)}


def group_ids(call: Call, rows: Any, id_key: str = "userGroupId", name_key: str = "userGroupName") -> set[int]:
    """Ids of the groups that a list names."""

    def one(row: dict[str, Any]) -> UserGroup:
        return resolve(call.state.groups, row, id_key, name_key, "User group")

    return {group.id for group in records_of(rows, one)}


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    row = _body(call)
    name = checked_name((row.get("userGroupEntity") or {}).get("userGroupName"), "user group")
    unique_group(call, name, call.caller.company_id)
    group = new_group(call, name, call.caller.company_id, row.get("localUserGroups"))
    group.description = str(row.get("description") or "")
    group.member_ids = user_ids(call, row.get("users"))
    group.local_group_ids = group_ids(call, row.get("localUserGroups"))
    group.external_group_ids = group_ids(call, row.get("associatedExternalUserGroups"))
    security = row.get("securityAssociations") or {}
    grants = principal_side(call, security.get("associations"), (group.kind, group.id))
    require_rights(call, grants, [grant.entity for grant in grants])
    call.state.groups.add(group)
    own_creation(call, USER_GROUP, group.id)
    change(call, ADD, grants, [])
    return success_r(userGroupId=group.id, userGroupName=group.name, userGroupGUID=group.guid, _type_=group.kind)


def new_group(call: Call, name: str, company_id: int, local_groups: Any) -> UserGroup:
    """A group record; `DOMAIN\\name` of a known domain is a directory group and needs local groups."""
    domain = name.split("\\", 1)[0] if "\\" in name else ""
    known = {case_key(group.provider) for group in call.state.groups if group.provider}
    aliases = {case_key(company.alias) for company in call.state.companies}
    provider = domain if domain and case_key(domain) not in aliases else ""
    if provider:
        if case_key(provider) not in known:
            raise invalid(f"Domain [{provider}] does not exist")
        if not local_groups:
            raise invalid("A directory group needs local user groups")
    return UserGroup(call.state.groups.new_id(), name, new_guid(), company_id=company_id, provider=provider)


def _operation(call: Call, row: dict[str, Any], name: str, list_name: str) -> int:
    """Operation type of a list; without it nothing happens to the list. See the behaviour `group_wipe`."""
    kind = operation(call, row.get(name), NONE)
    if kind == OVERWRITE and not row.get(list_name) and not call.cell.behaviours.group_wipe:
        return NONE
    return kind


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    group, row = existing(call.state.groups, call, "User group"), _body(call)
    principal = (group.kind, group.id)
    security = row.get("securityAssociations") or {}
    kind = operation(call, security.get("associationsOperationType"), NONE)
    grants = principal_side(call, security.get("associations"), principal)
    require_rights(call, grants, [grant.entity for grant in grants])
    users = user_ids(call, row.get("users"))
    local = group_ids(call, row.get("localUserGroups"))
    external = group_ids(call, row.get("associatedExternalUserGroups"))
    entity = row.get("userGroupEntity") or {}
    if entity.get("newName"):
        unique_group(call, checked_name(entity["newName"], "user group"), group.company_id, group.id)
        call.state.groups.rename(group, entity["newName"])
    group.member_ids = apply_operation(_operation(call, row, "usersOperationType", "users"), group.member_ids, users)
    group.local_group_ids = apply_operation(
        _operation(call, row, "localUserGroupsOperationType", "localUserGroups"), group.local_group_ids, local
    )
    group.external_group_ids = apply_operation(
        _operation(call, row, "externalUserGroupsOperationType", "associatedExternalUserGroups"),
        group.external_group_ids,
        external,
    )
    if "description" in row:
        group.description = str(row["description"] or "")
    if "enabled" in row:
        group.enabled = bool(row["enabled"])
    change(call, kind, grants, call.state.grants.of_principal(*principal))
    return success_r(userGroupId=group.id, userGroupName=group.name)


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    remove_group(call, existing(call.state.groups, call, "User group"))
    return success_r()
