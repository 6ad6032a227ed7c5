# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, V1."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.associations import change_grants, parse_principal_associations, require_rights
from cvops_simulator.commvault.body_values import ADD, NONE, apply_operation, decode_secret, parse_operation
from cvops_simulator.commvault.catalogue import CHANGE_SECURITY, USER_MANAGEMENT
from cvops_simulator.commvault.envelopes import NOT_SUPPORTED, ApiError, invalid, make_success_r
from cvops_simulator.commvault.handlers.security_read import render_principal_associations
from cvops_simulator.commvault.handlers.user_groups_v1 import resolve_group_ids
from cvops_simulator.commvault.lifecycle import (
    check_name,
    check_validation_password,
    find_approval_answer,
    find_domain,
    find_user,
    remove_user,
    require_unique_user,
)
from cvops_simulator.commvault.list_filters import render_list
from cvops_simulator.commvault.model import USER, User
from cvops_simulator.commvault.references import (
    is_in_scope,
    list_member_groups,
    make_entity_info,
    make_guid,
)
from cvops_simulator.commvault.routing import Call, Routes

_SHORT = {"name": "userEntity.userName", "id": "userEntity.userId", "username": "userEntity.userName"}


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "User", _list, envelope="S")
    routes.add("POST", "User", _create, envelope="R")
    routes.add("POST", "User/Unlock", _unlock, envelope="G")
    routes.add("GET", "User/{id}", _read, envelope="S")
    routes.add("POST", "User/{id}", _update, envelope="R")
    routes.add("DELETE", "User/{id}", _delete, envelope="R")
    routes.add("PUT", "User/{id}/Enable", _enable, envelope="R")
    routes.add("PUT", "User/{id}/Disable", _disable, envelope="R")


def list_visible_users(call: Call, users: Any) -> list[User]:
    """Return users of the caller's scope; a caller without user management or View sees itself only."""
    rights = call.caller.rights
    everyone = bool({31, USER_MANAGEMENT} & rights.everywhere)
    return [
        user
        for user in users
        if user.approved and is_in_scope(call, user.company_id) and (everyone or user.id == call.caller.user.id)
    ]


def _render_row(call: Call, user: User) -> dict[str, Any]:
    return {
        "userEntity": {
            "userId": user.id,
            "userName": user.name,
            "userGUID": user.guid,
            "_type_": USER,
            "entityInfo": make_entity_info(call, user.company_id),
        },
        "email": user.email,
        "UPN": user.upn,
        "fullName": user.full_name,
        "description": user.description,
        "enableUser": user.enabled,
        "isAccountLocked": user.locked_until > call.now,
        "lastLogIntime": int(user.last_login),
        "numDevices": 0,
        "companyName": make_entity_info(call, user.company_id)["companyName"],
    }


def _list(call: Call) -> dict[str, Any]:
    rows = [_render_row(call, user) for user in list_visible_users(call, call.lists.users)]
    return render_list(call, "users", rows, _SHORT)


def _read(call: Call) -> dict[str, Any]:
    user = find_user(call)
    groups = list_member_groups(call, user)
    row = {
        **_render_row(call, user),
        "agePasswordDays": user.age_password_days,
        "lockStartTime": 0,
        "lockEndTime": int(user.locked_until),
        "quotaLimitInGB": 0,
        "enforceFSQuota": False,
        "apiQuota": {"APILimit": 0, "APItimeFrame": 0},
        **({"isServiceAccount": user.is_service_account} if call.cell.has("service_accounts") else {}),
        "associatedUserGroups": [
            {"userGroupId": group.id, "userGroupName": group.name} for group in groups if not group.provider
        ],
        "associatedExternalUserGroups": [
            {"groupId": group.id, "externalGroupName": group.short_name, "providerDomainName": group.provider}
            for group in groups
            if group.provider
        ],
        "securityAssociations": {"associations": render_principal_associations(call, USER, user.id)},
    }
    return {"processinginstructioninfo": {"attributes": [{"name": "exitval", "value": "0"}]}, "users": [row]}


def _parse_body(call: Call) -> dict[str, Any]:
    data = call.body()
    if "users" not in data and "securityAssociations" in data:
        return data
    rows = data.get("users")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise invalid("users holds exactly one user")
    row: dict[str, Any] = rows[0]
    return row


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    row = _parse_body(call)
    name = check_name((row.get("userEntity") or {}).get("userName"), "user")
    require_unique_user(call, name, call.caller.company_id)
    service_account = bool(row.get("isServiceAccount", False))
    if service_account:
        if not call.cell.has("service_accounts"):
            raise ApiError(NOT_SUPPORTED, "Service accounts are not supported by this release")
        call.caller.rights.require({CHANGE_SECURITY})
    elif not row.get("email") and "\\" not in name:
        raise invalid("The email address is missing")
    user = User(
        call.state.users.new_id(),
        name,
        make_guid(),
        str(row.get("fullName") or ""),
        "" if service_account else str(row.get("email") or ""),
        "" if service_account else str(row.get("UPN") or ""),
        str(row.get("description") or ""),
        company_id=call.caller.company_id,
        provider=find_domain(call, name),
        is_service_account=service_account,
        approved=not (service_account and call.cell.behaviours.pending_approval),
    )
    if row.get("password") and not service_account and not row.get("systemGeneratePassword"):
        user.password = decode_secret(row["password"], "password")
    groups = resolve_group_ids(call, row.get("associatedUserGroups"))
    security = row.get("securityAssociations") or {}
    grants = parse_principal_associations(call, security.get("associations"), (USER, user.id))
    require_rights(call, grants, [grant.entity for grant in grants])
    call.state.users.add(user)
    set_groups(call, user, ADD, groups)
    change_grants(call, ADD, grants, [])
    return make_success_r(userId=user.id, userGUID=user.guid, userName=user.name, _type_=USER)


def set_groups(call: Call, user: User, kind: int, given: set[int]) -> None:
    """Change the groups of a user; groups of a directory are left alone."""
    current = {group.id for group in list_member_groups(call, user) if not group.provider}
    wanted = apply_operation(kind, current, given)
    for group in call.state.groups:
        if group.id in wanted:
            group.member_ids.add(user.id)
        elif group.id in current:
            group.member_ids.discard(user.id)


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    user, row = find_user(call), _parse_body(call)
    security = row.get("securityAssociations") or {}
    kind = parse_operation(call, security.get("associationsOperationType"), NONE)
    grants = parse_principal_associations(call, security.get("associations"), (USER, user.id))
    require_rights(call, grants, [grant.entity for grant in grants])
    groups = resolve_group_ids(call, row.get("associatedUserGroups"))
    group_kind = parse_operation(call, row.get("associatedUserGroupsOperationType"), NONE)
    if row.get("password"):
        call.require_otp()
        proof = decode_secret((row.get("validationParameters") or {}).get("password"), "password")
        check_validation_password(call, user, proof)
        user.password = decode_secret(row["password"], "password")
    plain = {
        "email": "email",
        "fullName": "full_name",
        "UPN": "upn",
        "description": "description",
        "enableUser": "enabled",
        "agePasswordDays": "age_password_days",
    }
    for key, attribute in plain.items():
        if key in row:
            setattr(user, attribute, row[key])
    set_groups(call, user, group_kind, groups)
    change_grants(call, kind, grants, call.state.grants.of_principal(USER, user.id))
    return make_success_r(userId=user.id, userName=user.name)


def _set_enabled(call: Call, enabled: bool) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    user = find_user(call)
    user.enabled = enabled
    return make_success_r(userId=user.id, userName=user.name)


def _enable(call: Call) -> dict[str, Any]:
    return _set_enabled(call, True)


def _disable(call: Call) -> dict[str, Any]:
    return _set_enabled(call, False)


def _unlock(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    answers = []
    for row in call.body().get("lockedAccounts") or []:
        found = call.state.users.named(str((row.get("user") or {}).get("userName") or ""))
        for user in found:
            user.locked_until, user.failed_logins = 0.0, 0
        answers.append({"status": "Success" if found else "User not found", "statusCode": 0 if found else 1})
    return {"lockedAccounts": answers}


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    user = find_user(call)
    how = call.cell.behaviours.user_approval
    if find_approval_answer(call, how, lambda: remove_user(call, user)) is None:
        remove_user(call, user)
    return make_success_r()
