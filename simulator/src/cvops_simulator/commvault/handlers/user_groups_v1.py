# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User groups, V1."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.associations import change_grants, parse_principal_associations, require_rights
from cvops_simulator.commvault.body_values import ADD, NONE, OVERWRITE, apply_operation, convert_rows, parse_operation
from cvops_simulator.commvault.catalogue import GROUP_MANAGEMENT
from cvops_simulator.commvault.envelopes import invalid, make_success_r
from cvops_simulator.commvault.handlers.security_read import render_principal_associations
from cvops_simulator.commvault.lifecycle import add_creator_grant, check_name, remove_group, require_unique_group
from cvops_simulator.commvault.list_filters import render_list
from cvops_simulator.commvault.model import USER_GROUP, User, UserGroup
from cvops_simulator.commvault.references import (
    find_addressed,
    is_in_scope,
    make_entity_info,
    make_guid,
    resolve_record,
)
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import fold_case


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "UserGroup", _list, envelope="S")
    routes.add("GET", "UserGroup/{id}", _read, envelope="S")
    routes.add("POST", "UserGroup", _create, envelope="R")
    routes.add("POST", "UserGroup/{id}", _update, envelope="R")
    routes.add("DELETE", "UserGroup/{id}", _delete, envelope="R")


def _render_entity(call: Call, group: UserGroup) -> dict[str, Any]:
    return {
        "userGroupId": group.id,
        "userGroupName": group.name,
        "userGroupGUID": group.guid,
        "_type_": group.kind,
        "entityInfo": make_entity_info(call, group.company_id),
    }


def _render_row(call: Call, group: UserGroup) -> dict[str, Any]:
    return {
        "userGroupEntity": _render_entity(call, group),
        "description": group.description,
        "enabled": group.enabled,
        "companyName": make_entity_info(call, group.company_id)["companyName"],
        "groupType": 1 if group.provider else 0,
    }


def list_visible_groups(call: Call, groups: Any) -> list[UserGroup]:
    """Return groups of the caller's scope; `includeSystemCreated=false` hides built-in ones, anything else does not."""
    hide = call.query.get("includesystemcreated", "").lower() == "false"
    wanted = call.query.get("parentprovider/providerid", "")
    return [
        group
        for group in groups
        if is_in_scope(call, group.company_id)
        and not (hide and group.system)
        and (not wanted.isdigit() or group.company_id == int(wanted))
    ]


def _list(call: Call) -> dict[str, Any]:
    rows = [_render_row(call, group) for group in list_visible_groups(call, call.lists.groups)]
    short = {"name": "userGroupEntity.userGroupName", "id": "userGroupEntity.userGroupId"}
    return render_list(call, "userGroups", rows, short)


def _read(call: Call) -> dict[str, Any]:
    group = find_addressed(call.state.groups, call, "User group")
    users = (call.state.users.get(user_id) for user_id in sorted(group.member_ids))
    external = (call.state.groups.get(group_id) for group_id in sorted(group.external_group_ids))
    info = make_entity_info(call, group.company_id)
    row = {
        **_render_row(call, group),
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
        "securityAssociations": {"associations": render_principal_associations(call, group.kind, group.id)},
    }
    return {"userGroups": [row]}


def _parse_body(call: Call) -> dict[str, Any]:
    rows = call.body().get("groups")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise invalid("groups holds exactly one group")
    row: dict[str, Any] = rows[0]
    return row


def resolve_user_ids(call: Call, rows: Any, id_key: str = "userId", name_key: str = "userName") -> set[int]:
    """Return ids of the users that a list names."""

    def one(row: dict[str, Any]) -> User:
        return resolve_record(call.state.users, row, id_key, name_key, "User")

    return {user.id for user in convert_rows(rows, one)}


def resolve_group_ids(call: Call, rows: Any, id_key: str = "userGroupId", name_key: str = "userGroupName") -> set[int]:
    """Return ids of the groups that a list names."""

    def one(row: dict[str, Any]) -> UserGroup:
        return resolve_record(call.state.groups, row, id_key, name_key, "User group")

    return {group.id for group in convert_rows(rows, one)}


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    row = _parse_body(call)
    name = check_name((row.get("userGroupEntity") or {}).get("userGroupName"), "user group")
    require_unique_group(call, name, call.caller.company_id)
    group = make_group(call, name, call.caller.company_id, row.get("localUserGroups"))
    group.description = str(row.get("description") or "")
    group.member_ids = resolve_user_ids(call, row.get("users"))
    group.local_group_ids = resolve_group_ids(call, row.get("localUserGroups"))
    group.external_group_ids = resolve_group_ids(call, row.get("associatedExternalUserGroups"))
    security = row.get("securityAssociations") or {}
    grants = parse_principal_associations(call, security.get("associations"), (group.kind, group.id))
    require_rights(call, grants, [grant.entity for grant in grants])
    call.state.groups.add(group)
    add_creator_grant(call, USER_GROUP, group.id)
    change_grants(call, ADD, grants, [])
    return make_success_r(userGroupId=group.id, userGroupName=group.name, userGroupGUID=group.guid, _type_=group.kind)


def make_group(call: Call, name: str, company_id: int, local_groups: Any) -> UserGroup:
    r"""Return a group record; `DOMAIN\name` of a known domain is a directory group and needs local groups."""
    domain = name.split("\\", 1)[0] if "\\" in name else ""
    known = {fold_case(group.provider) for group in call.state.groups if group.provider}
    aliases = {fold_case(company.alias) for company in call.state.companies}
    provider = domain if domain and fold_case(domain) not in aliases else ""
    if provider:
        if fold_case(provider) not in known:
            raise invalid(f"Domain [{provider}] does not exist")
        if not local_groups:
            raise invalid("A directory group needs local user groups")
    return UserGroup(call.state.groups.new_id(), name, make_guid(), company_id=company_id, provider=provider)


def _parse_list_operation(call: Call, row: dict[str, Any], name: str, list_name: str) -> int:
    """Return the operation type of a list; without it nothing happens to the list. See the behaviour `group_wipe`."""
    kind = parse_operation(call, row.get(name), NONE)
    if kind == OVERWRITE and not row.get(list_name) and not call.cell.behaviours.group_wipe:
        return NONE
    return kind


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    group, row = find_addressed(call.state.groups, call, "User group"), _parse_body(call)
    principal = (group.kind, group.id)
    security = row.get("securityAssociations") or {}
    kind = parse_operation(call, security.get("associationsOperationType"), NONE)
    grants = parse_principal_associations(call, security.get("associations"), principal)
    require_rights(call, grants, [grant.entity for grant in grants])
    users = resolve_user_ids(call, row.get("users"))
    local = resolve_group_ids(call, row.get("localUserGroups"))
    external = resolve_group_ids(call, row.get("associatedExternalUserGroups"))
    entity = row.get("userGroupEntity") or {}
    if entity.get("newName"):
        require_unique_group(call, check_name(entity["newName"], "user group"), group.company_id, group.id)
        call.state.groups.rename(group, entity["newName"])
    group.member_ids = apply_operation(
        _parse_list_operation(call, row, "usersOperationType", "users"), group.member_ids, users
    )
    group.local_group_ids = apply_operation(
        _parse_list_operation(call, row, "localUserGroupsOperationType", "localUserGroups"),
        group.local_group_ids,
        local,
    )
    group.external_group_ids = apply_operation(
        _parse_list_operation(call, row, "externalUserGroupsOperationType", "associatedExternalUserGroups"),
        group.external_group_ids,
        external,
    )
    if "description" in row:
        group.description = str(row["description"] or "")
    if "enabled" in row:
        group.enabled = bool(row["enabled"])
    change_grants(call, kind, grants, call.state.grants.of_principal(*principal))
    return make_success_r(userGroupId=group.id, userGroupName=group.name)


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    remove_group(call, find_addressed(call.state.groups, call, "User group"))
    return make_success_r()
