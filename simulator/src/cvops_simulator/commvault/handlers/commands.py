# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands (`Qcommand/qoperation execute`) of the official SDK: two in XML that read, one in JSON that writes."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from cvops_simulator.commvault.envelopes import invalid
from cvops_simulator.commvault.handlers.third_party_apps import change_apps, render_app_properties
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.commvault.xml import parse_xml

#: The one command of these that writes.
_CHANGE = b"App_SetClientThirdPartyAppPropReq"


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("POST", "Qcommand/qoperation execute", _execute, envelope="S", write=False)


def is_reading_command(raw: bytes) -> bool:
    """Tell whether a command only reads."""
    return _CHANGE not in raw


def _execute(call: Call) -> dict[str, Any]:
    if not is_reading_command(call.raw):
        return _change_apps(call)
    element = parse_xml(call.raw)
    command = _COMMANDS.get(element.tag)
    if command is None:
        raise invalid(f"Unknown command {element.tag}")
    return command(call, element)


def _read_app_properties(call: Call, element: Element) -> dict[str, Any]:
    return render_app_properties(call, {child.get("val", "") for child in element.iter("appKeys")})


def _change_apps(call: Call) -> dict[str, Any]:
    """Create or change apps, as the official SDK did before it used the call for it (cvpysdk, configure_openid_app)."""
    request = call.body().get(_CHANGE.decode())
    if not isinstance(request, dict):
        raise invalid(f"{_CHANGE.decode()} is missing")
    call.cell.keep_lists()
    return change_apps(call, request)


def _read_activities(call: Call, element: Element) -> dict[str, Any]:
    """Return no workflow activities; the SDK asks for them when it lists workflows."""
    return {"activities": []}


_COMMANDS = {
    "App_GetClientThirdPartyAppPropReq": _read_app_properties,
    "Workflow_GetActivitiesRequest": _read_activities,
}
