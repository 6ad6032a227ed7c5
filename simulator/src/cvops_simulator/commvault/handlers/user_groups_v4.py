# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User groups, V4."""

from __future__ import annotations

import uuid
from typing import Any

from cvops_simulator.commvault.body_values import ADD, OVERWRITE, apply_operation, parse_on_off, parse_operation
from cvops_simulator.commvault.catalogue import GROUP_MANAGEMENT
from cvops_simulator.commvault.envelopes import invalid, make_success_g
from cvops_simulator.commvault.handlers.user_groups_v1 import (
    list_visible_groups,
    make_group,
    resolve_group_ids,
    resolve_user_ids,
)
from cvops_simulator.commvault.lifecycle import (
    add_creator_grant,
    check_name,
    choose_company,
    remove_group,
    require_unique_group,
)
from cvops_simulator.commvault.model import OWNER, TYPE_NAMES, USER_GROUP, UserGroup
from cvops_simulator.commvault.references import find_addressed, make_company_reference, resolve_record
from cvops_simulator.commvault.routing import Call, Routes

_CREATE = frozenset(
    {
        "name",
        "description",
        "enforceFSQuota",
        "quotaLimitInGB",
        "localUserGroups",
        "company",
        "globalConfigInfo",
        "azureGUID",
    }
)
_UPDATE = frozenset(
    {
        "newName",
        "newDescription",
        "enabled",
        "users",
        "userOperationType",
        "associatedExternalGroups",
        "externalUserGroupsOperationType",
        "associatedLocalGroups",
        "localUserGroupsOperationType",
        "azureGUID",
        "restrictConsoleTypes",
        "consoleTypeOperationType",
        "enableTwoFactorAuthentication",
        "enableLocalAuthentication",
        "allowMultipleCompanyMembers",
        "enforceFSQuota",
        "quotaLimitInGB",
        "laptopAdmins",
        "planOperationType",
        "plan",
        "globalConfigInfo",
    }
)
CONSOLES = {"ADMIN_CONSOLE", "API", "COMMCELL_CONSOLE", "COMMAND_LINE", "WEB_CONSOLE", "EDGE_DRIVE", "MOBILE"}
_TYPE_NAMES = {number: name for name, number in TYPE_NAMES.items()}


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "V4/UserGroup", _list)
    routes.add("POST", "V4/UserGroup", _create)
    routes.add("PUT", "V4/UserGroup/action/delete", _bulk_delete)
    routes.add("GET", "V4/UserGroup/{id}", _read)
    routes.add("PUT", "V4/UserGroup/{id}", _update)
    routes.add("DELETE", "V4/UserGroup/{id}", _delete)


def _render_users(call: Call, group: UserGroup) -> list[dict[str, Any]]:
    users = (call.state.users.get(user_id) for user_id in sorted(group.member_ids))
    return [{"id": user.id, "name": user.name} for user in users if user is not None]


def _list(call: Call) -> dict[str, Any]:
    return {
        "userGroups": [
            {
                "id": group.id,
                "name": group.name,
                "GUID": group.guid,
                "serviceType": "ACTIVE_DIRECTORY" if group.provider else "COMMSERVE",
                "description": group.description,
                "enabled": group.enabled,
                "allowMultipleCompanyMembers": group.allow_multiple_company_members,
                "company": make_company_reference(call, group.company_id),
                "commcell": {"name": call.state.name},
                "users": _render_users(call, group),
            }
            for group in list_visible_groups(call, call.cell.lists(v4=True).groups)
        ]
    }


def _render_groups(call: Call, ids: set[int]) -> list[dict[str, Any]]:
    found = (call.state.groups.get(group_id) for group_id in sorted(ids))
    return [{"id": group.id, "name": group.name} for group in found if group is not None]


def _render_entities(call: Call, group: UserGroup) -> list[dict[str, Any]]:
    rows = []
    for grant in call.state.grants.of_principal(group.kind, group.id):
        if grant.kind == OWNER:
            continue
        name = call.state.entity_name(*grant.entity) or ""
        row: dict[str, Any] = {"id": grant.entity_id, "name": name, "type": _TYPE_NAMES.get(grant.entity_type, "")}
        role = call.state.roles.get(grant.role_id or 0)
        if role is not None:
            row["role"] = {"id": role.id, "name": role.name}
        else:
            row["permissionList"] = [
                {"id": item, "name": call.state.catalogue.get_name(item)} for item in sorted(grant.permission_ids)
            ]
        rows.append(row)
    return rows


def _read(call: Call) -> dict[str, Any]:
    group = find_addressed(call.state.groups, call, "User group")
    return {
        "id": str(group.id),
        "name": group.name,
        "GUID": group.guid,
        "description": group.description,
        "enabled": group.enabled,
        "enforceFSQuota": group.enforce_fs_quota,
        "quotaLimitInGB": group.quota_limit_gb,
        "serviceType": "ACTIVE_DIRECTORY" if group.provider else "COMMSERVE",
        "email": group.email,
        "enableTwoFactorAuthentication": group.two_factor,
        "enableLocalAuthentication": group.local_authentication,
        "associatedExternalGroups": _render_groups(call, group.external_group_ids),
        "associatedLocalGroups": _render_groups(call, group.local_group_ids),
        "laptopAdmins": False,
        "company": make_company_reference(call, group.company_id),
        "users": _render_users(call, group),
        "associatedEntities": _render_entities(call, group),
        "allowMultipleCompanyMembers": group.allow_multiple_company_members,
        "eligibleToAllowMultipleCompanyMembers": group.company_id != 0,
        "restrictedConsoleTypes": [
            {"consoleType": item, "parent": {"id": group.id, "name": group.name, "type": "USERGROUP_ENTITY"}}
            for item in group.restricted_console_types
        ],
        "azureGUID": group.azure_guid,
        "showAzureGuidOption": group.show_azure_guid_option,
    }


def _parse_azure_guid(value: Any) -> str:
    text = str(value or "")
    if text:
        try:
            uuid.UUID(text)
        except ValueError:
            raise invalid(f"[{text}] is not a GUID") from None
    return text


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    data = call.strict_body(_CREATE)
    name = check_name(data.get("name"), "user group")
    company_id = choose_company(call, data)
    require_unique_group(call, name, company_id)
    guid = _parse_azure_guid(data.get("azureGUID"))
    group = make_group(call, name, company_id, data.get("localUserGroups"))
    group.description = str(data.get("description") or "")
    group.azure_guid = guid
    group.enforce_fs_quota = bool(data.get("enforceFSQuota", False))
    group.quota_limit_gb = int(data.get("quotaLimitInGB") or 0)
    group.local_group_ids = resolve_group_ids(call, data.get("localUserGroups"), "id", "name")
    call.state.groups.add(group)
    add_creator_grant(call, USER_GROUP, group.id)
    guid_shown = {"GUID": group.guid} if call.cell.has("group_guid_after_creation") else {}
    return {"id": group.id, **guid_shown, "name": group.name}


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    group, data = find_addressed(call.state.groups, call, "User group"), call.strict_body(_UPDATE)
    call.require_otp() if "enableTwoFactorAuthentication" in data else None
    changes = _parse_changes(call, group, data)
    name = data.get("newName")
    if name is not None and name != group.name:
        require_unique_group(call, check_name(name, "user group"), group.company_id, group.id)
        call.state.groups.rename(group, name)
    for attribute, value in changes.items():
        setattr(group, attribute, value)
    return make_success_g()


def _parse_changes(call: Call, group: UserGroup, data: dict[str, Any]) -> dict[str, Any]:
    """Return new attribute values; nothing is changed before all of the request is known to be valid."""
    plain = {
        "newDescription": ("description", str),
        "enabled": ("enabled", bool),
        "allowMultipleCompanyMembers": ("allow_multiple_company_members", bool),
        "enforceFSQuota": ("enforce_fs_quota", bool),
        "quotaLimitInGB": ("quota_limit_gb", int),
        "azureGUID": ("azure_guid", _parse_azure_guid),
    }
    changes: dict[str, Any] = {}
    for key, (attribute, convert) in plain.items():
        if key in data:
            changes[attribute] = convert(data[key])  # type: ignore[operator]
    for key, attribute in (
        ("enableTwoFactorAuthentication", "two_factor"),
        ("enableLocalAuthentication", "local_authentication"),
    ):
        if key in data:
            changes[attribute] = parse_on_off(call, data[key])
    if "users" in data:
        kind = parse_operation(call, data.get("userOperationType"), ADD, v4=True)
        changes["member_ids"] = apply_operation(
            kind, group.member_ids, resolve_user_ids(call, data["users"], "id", "name")
        )
    for key, kind_key, attribute in (
        ("associatedExternalGroups", "externalUserGroupsOperationType", "external_group_ids"),
        ("associatedLocalGroups", "localUserGroupsOperationType", "local_group_ids"),
    ):
        if key in data:
            kind = parse_operation(call, data.get(kind_key), ADD, v4=True)
            given = resolve_group_ids(call, data[key], "id", "name")
            changes[attribute] = apply_operation(kind, getattr(group, attribute), given)
    if "restrictConsoleTypes" in data:
        changes["restricted_console_types"] = _parse_consoles(call, group, data)
    return changes


def _parse_consoles(call: Call, group: UserGroup, data: dict[str, Any]) -> list[str]:
    block = data["restrictConsoleTypes"]
    words = block.get("consoleType") if isinstance(block, dict) else None
    if not isinstance(words, list) or not set(words) <= CONSOLES:
        raise invalid("restrictConsoleTypes.consoleType is not a list of console types")
    kind = parse_operation(call, data.get("consoleTypeOperationType"), OVERWRITE, v4=True)
    numbers = {word: position for position, word in enumerate(sorted(CONSOLES))}
    current = {numbers[word] for word in group.restricted_console_types}
    wanted = apply_operation(kind, current, {numbers[word] for word in words})
    return [word for word in sorted(CONSOLES) if numbers[word] in wanted]


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    remove_group(call, find_addressed(call.state.groups, call, "User group"))
    return make_success_g()


def _bulk_delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({GROUP_MANAGEMENT})
    rows = call.body().get("userGroups")
    if not isinstance(rows, list) or not rows:
        raise invalid("userGroups is missing")
    groups = [
        resolve_record(
            call.state.groups, row.get("userGroup") if isinstance(row, dict) else None, "id", "name", "User group"
        )
        for row in rows
    ]
    for group in groups:
        remove_group(call, group)
    return make_success_g()
