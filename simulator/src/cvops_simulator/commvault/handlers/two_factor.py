# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two-factor authentication."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import ADMINISTRATIVE_MANAGEMENT
from cvops_simulator.commvault.envelopes import not_found
from cvops_simulator.commvault.model import Company, User
from cvops_simulator.commvault.references import find_addressed
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.core.names import fold_case

_EVERYONE, _USER_GROUPS = 1, 2


def register(routes: Routes) -> None:
    """Add the routes of this file; they come before `Security/{type}/{id}`."""
    routes.add("GET", "Commcell/Properties/TwoFactorAuth", _read)
    routes.add("PUT", "Commcell/Properties/TwoFactorAuth/Action/Enable", _enable, envelope="E")
    routes.add("PUT", "Commcell/Properties/TwoFactorAuth/Action/Disable", _disable, envelope="E")
    routes.add("GET", "Organization/{id}/TwoFactorAuth", _read_company)
    routes.add("PUT", "Organization/{id}/TwoFactorAuth/Action/Enable", _enable_company, envelope="E")
    routes.add("PUT", "Organization/{id}/TwoFactorAuth/Action/Disable", _disable_company, envelope="E")
    routes.add("GET", "Security/TwoFactorAuth/Status", _read_status)
    routes.add("POST", "User/otp/generate", _generate, write=False, feature="pin_for_changes")


def _read(call: Call) -> dict[str, Any]:
    return {"twoFactorAuthenticationInfo": call.state.two_factor, "error": {"errorCode": 0}}


def _parse_setting(info: dict[str, Any]) -> dict[str, Any]:
    return {"mode": int(info.get("mode") or _EVERYONE), "userGroups": list(info.get("userGroups") or [])}


def _enable(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.require_otp()
    info = (call.body().get("commCellInfo") or {}).get("generalInfo", {}).get("twoFactorAuthenticationInfo") or {}
    call.state.two_factor = _parse_setting(info)
    return {"error": {"errorCode": 0, "errorString": ""}}


def _disable(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.require_otp()
    call.state.two_factor = {"mode": 0, "userGroups": []}
    return {"error": {"errorCode": 0, "errorString": ""}}


def _find_company(call: Call) -> Company:
    return find_addressed(call.state.companies, call, "Company")


def _read_company(call: Call) -> dict[str, Any]:
    return {"twoFactorAuthenticationInfo": _find_company(call).two_factor, "error": {"errorCode": 0}}


def _enable_company(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.require_otp()
    _find_company(call).two_factor = _parse_setting(call.body().get("twoFactorAuthenticationInfo") or {})
    return {"error": {"errorCode": 0, "errorString": ""}}


def _disable_company(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.require_otp()
    _find_company(call).two_factor = {"mode": 0, "userGroups": []}
    return {"error": {"errorCode": 0, "errorString": ""}}


def _read_status(call: Call) -> dict[str, Any]:
    name = call.query.get("username", "")
    users = call.state.users.named(name)
    if not users:
        raise not_found(f"User [{name}] does not exist")
    company = call.state.companies.get(users[0].company_id)
    settings = [call.state.two_factor, *([company.two_factor] if company is not None else [])]
    needed = any(_concerns(call, setting, users[0]) for setting in settings)
    return {"twoFactorInfo": {"isTwoFactorAuthenticationEnabled": needed}, "errorCode": 0}


def _concerns(call: Call, setting: dict[str, Any], user: User) -> bool:
    """Tell whether a setting asks this user for a second factor: everyone, or members of the groups that it names."""
    if setting["mode"] != _USER_GROUPS:
        return bool(setting["mode"] == _EVERYONE)
    named = {fold_case(str(row.get("userGroupName"))) for row in setting["userGroups"]}
    return any(fold_case(group.name) in named for group in call.state.groups_of_user(user.id))


def _generate(call: Call) -> dict[str, Any]:
    """Send a one-time PIN, says the answer: code 1133."""
    return {"errorCode": 1133, "errorMessage": "A one-time PIN was sent"}
