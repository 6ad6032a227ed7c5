# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, V4."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.body_values import ADD, decode_secret, parse_operation
from cvops_simulator.commvault.catalogue import USER_MANAGEMENT
from cvops_simulator.commvault.envelopes import invalid, make_success_g
from cvops_simulator.commvault.handlers.user_groups_v1 import resolve_group_ids
from cvops_simulator.commvault.handlers.users_v1 import list_visible_users, set_groups
from cvops_simulator.commvault.lifecycle import (
    check_name,
    check_validation_password,
    choose_company,
    find_approval_answer,
    find_domain,
    find_user,
    remove_user,
    require_unique_user,
)
from cvops_simulator.commvault.model import User
from cvops_simulator.commvault.references import (
    list_member_groups,
    make_company_reference,
    make_guid,
    resolve_record,
)
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import fold_case

_CREATE = frozenset({"users"})
_UPDATE = frozenset(
    {
        "newName",
        "fullName",
        "email",
        "userPrincipalName",
        "description",
        "enabled",
        "userGroups",
        "userGroupOperation",
        "newPassword",
        "validationPassword",
        "authenticationMethod",
        "plan",
        "agePasswordDays",
    }
)
_METHODS = ("LOCAL", "SAML", "AD")


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "V4/User", _list)
    routes.add("POST", "V4/User", _create)
    routes.add("PUT", "V4/User/action/delete", _bulk_delete)
    routes.add("GET", "V4/User/{id}", _read)
    routes.add("PUT", "V4/User/{id}", _update)
    routes.add("DELETE", "V4/User/{id}", _delete)
    routes.add("GET", "V4/User/{id}/authenticationMethods", _list_authentication_methods)


def _render_row(call: Call, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "GUID": user.guid,
        "email": user.email,
        "fullName": user.full_name,
        "description": user.description,
        "enabled": user.enabled,
        **_render_kind(call, user),
        "lockInfo": {
            "isLocked": user.locked_until > call.now,
            "startTime": 0,
            "endTime": int(user.locked_until),
        },
        "lastLoggedIn": int(user.last_login),
        "numberOfLaptops": 0,
        "plan": {"id": 0, "name": ""},
        "company": make_company_reference(call, user.company_id),
        "commcell": {"name": call.state.name},
        "userPrincipalName": user.upn,
    }


def _render_kind(call: Call, user: User) -> dict[str, Any]:
    """Return the member that tells service accounts from others, where this release has it and shows it here."""
    is_shown = call.cell.has("service_accounts") and not call.cell.behaviours.hide_service_accounts
    return {"isServiceAccount": user.is_service_account} if is_shown else {}


def _list(call: Call) -> dict[str, Any]:
    users = list_visible_users(call, call.cell.lists(v4=True).users)
    wanted = call.query.get("usergroupid", "")
    if wanted.isdigit() and int(wanted):
        group = call.state.groups.get(int(wanted))
        members = group.member_ids if group is not None else set()
        users = [user for user in users if user.id in members]
    return {"numberOfUsers": len(users), "users": [_render_row(call, user) for user in users]}


def _read(call: Call) -> dict[str, Any]:
    user = find_user(call)
    app = call.state.apps.get(user.auth_server_id)
    groups = []
    for group in list_member_groups(call, user):
        row: dict[str, Any] = {"id": group.id, "name": group.short_name}
        if group.provider:
            row["provider"] = {"id": 0, "name": group.provider}
        groups.append(row)
    return {
        **_render_row(call, user),
        "serviceType": "ACTIVE_DIRECTORY" if user.provider else "COMMSERVE",
        "authenticationMethod": app.name if app is not None else "Commcell",
        "authenticationMethodServer": {
            "id": app.id if app is not None else 0,
            "name": app.name if app is not None else "Commcell",
            "company": make_company_reference(call, app.company_id if app is not None else 0),
        },
        "associatedUserGroups": groups,
    }


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    rows = call.strict_body(_CREATE).get("users")
    if not isinstance(rows, list) or not rows:
        raise invalid("users is missing")
    created = [_make_user(call, row) for row in rows]
    return {"users": [{"id": user.id, "GUID": user.guid, "name": user.name} for user in created]}


def _make_user(call: Call, row: Any) -> User:
    if not isinstance(row, dict):
        raise invalid("A user is not an object")
    name = check_name(row.get("name") or row.get("email"), "user")
    company_id = choose_company(call, row)
    require_unique_user(call, name, company_id)
    if not row.get("email") and "\\" not in name:
        raise invalid("The email address is missing")
    groups = resolve_group_ids(call, row.get("userGroups"), "id", "name")
    user = User(
        call.state.users.new_id(),
        name,
        make_guid(),
        str(row.get("fullName") or ""),
        str(row.get("email") or ""),
        str(row.get("userPrincipalName") or ""),
        company_id=company_id,
        provider=find_domain(call, name),
    )
    if row.get("password") and not row.get("useSystemGeneratePassword"):
        user.password = decode_secret(row["password"], "password")
    call.state.users.add(user)
    set_groups(call, user, ADD, groups)
    return user


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    user, data = find_user(call), call.strict_body(_UPDATE)
    if "email" in data or "newPassword" in data:
        call.require_otp()
    groups = resolve_group_ids(call, data.get("userGroups"), "id", "name")
    kind = parse_operation(call, data.get("userGroupOperation"), ADD, v4=True)
    if "userGroups" in data and user.provider:
        raise invalid("Groups of an external user cannot be changed")
    password = _parse_new_password(call, user, data)
    method = _parse_method(call, data)
    name = data.get("newName")

    def write() -> None:
        _write_user(call, user, data, password, method, kind, groups)

    if (pending := find_approval_answer(call, call.cell.behaviours.user_approval, write)) is not None:
        return pending
    if name is not None and name != user.name:
        require_unique_user(call, check_name(name, "user"), user.company_id, user.id)
        call.state.users.rename(user, name)
    write()
    return make_success_g()


def _write_user(
    call: Call,
    user: User,
    data: dict[str, Any],
    password: str | None,
    method: int | None,
    kind: int,
    groups: set[int],
) -> None:
    plain = {
        "fullName": "full_name",
        "email": "email",
        "userPrincipalName": "upn",
        "description": "description",
        "enabled": "enabled",
        "agePasswordDays": "age_password_days",
    }
    for key, attribute in plain.items():
        if key in data:
            setattr(user, attribute, data[key])
    if password is not None:
        user.password = password
    if method is not None:
        user.auth_server_id = method
    if "userGroups" in data:
        set_groups(call, user, kind, groups)


def _parse_new_password(call: Call, user: User, data: dict[str, Any]) -> str | None:
    if "newPassword" not in data:
        return None
    check_validation_password(call, user, decode_secret(data.get("validationPassword"), "validation password"))
    return decode_secret(data["newPassword"], "password")


def _parse_method(call: Call, data: dict[str, Any]) -> int | None:
    """Return the id of the identity server that a user is tied to; 0: the CommCell itself."""
    if "authenticationMethod" not in data:
        return None
    name = str(data["authenticationMethod"] or "Commcell")
    if fold_case(name) == "commcell":
        return 0
    return int(resolve_record(call.state.apps, {"name": name}, "id", "name", "Identity server").id)


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    user = find_user(call)
    how = call.cell.behaviours.user_approval
    if (pending := find_approval_answer(call, how, lambda: remove_user(call, user))) is not None:
        return pending
    remove_user(call, user)
    return make_success_g()


def _bulk_delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require({USER_MANAGEMENT})
    rows = call.body().get("users")
    if not isinstance(rows, list) or not rows:
        raise invalid("users is missing")
    for row in rows:
        new_owner = (row.get("newUser") or {}).get("id") if isinstance(row, dict) else None
        call.query["newuserid"] = str(new_owner or 0)
        remove_user(call, resolve_record(call.state.users, (row or {}).get("user"), "id", "name", "User"))
    return make_success_g()


def _list_authentication_methods(call: Call) -> dict[str, Any]:
    user = find_user(call)
    if call.query.get("fetchavailablemethodsonly", "").lower() == "true":
        return {"availableMethods": list(_METHODS), "error": {"errorCode": 0}}
    app = call.state.apps.get(user.auth_server_id)
    method = "SAML" if app is not None else ("AD" if user.provider else "LOCAL")
    authenticators = []
    if app is not None:
        authenticators.append(
            {
                "authenticationMethod": "SAML",
                "id": app.id,
                "name": app.name,
                "type": "SAML",
                "samlType": app.saml_type,
                "company": {"id": app.company_id},
            }
        )
    return {"authenticationMethod": method, "authenticators": authenticators, "error": {"errorCode": 0}}
