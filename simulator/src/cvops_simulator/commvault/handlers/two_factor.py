# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two-factor authentication."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import ADMINISTRATIVE_MANAGEMENT
from cvops_simulator.commvault.routing import Call, Routes


def register(routes: Routes) -> None:
    """Add the routes of this file; they come before `Security/{type}/{id}`."""
    routes.add("GET", "Commcell/Properties/TwoFactorAuth", _read)
    routes.add("PUT", "Commcell/Properties/TwoFactorAuth/Action/Enable", _enable, envelope="E")
    routes.add("PUT", "Commcell/Properties/TwoFactorAuth/Action/Disable", _disable, envelope="E")
    routes.add("GET", "Security/TwoFactorAuth/Status", _read_status)
    routes.add("POST", "User/otp/generate", _generate, write=False)


def _read(call: Call) -> dict[str, Any]:
    return {"twoFactorAuthenticationInfo": call.state.two_factor, "error": {"errorCode": 0}}


def _enable(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.require_otp()
    info = (call.body().get("commCellInfo") or {}).get("generalInfo", {}).get("twoFactorAuthenticationInfo") or {}
    call.state.two_factor = {"mode": int(info.get("mode") or 1), "userGroups": list(info.get("userGroups") or [])}
    return {"error": {"errorCode": 0, "errorString": ""}}


def _disable(call: Call) -> dict[str, Any]:
    call.caller.rights.require({ADMINISTRATIVE_MANAGEMENT})
    call.require_otp()
    call.state.two_factor = {"mode": 0, "userGroups": []}
    return {"error": {"errorCode": 0, "errorString": ""}}


def _read_status(call: Call) -> dict[str, Any]:
    return {
        "twoFactorInfo": {"isTwoFactorAuthenticationEnabled": call.state.two_factor["mode"] != 0},
        "errorCode": 0,
    }


def _generate(call: Call) -> dict[str, Any]:
    """Send a one-time PIN, says the answer: code 1133."""
    return {"errorCode": 1133, "errorMessage": "A one-time PIN was sent"}
