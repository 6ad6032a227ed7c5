# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of one server, with its owners where the official client reads them."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.association_format import render_principal
from cvops_simulator.commvault.envelopes import MISSING_RIGHTS, ApiError, not_found
from cvops_simulator.commvault.model import CLIENT, OWNER
from cvops_simulator.commvault.references import make_entity_info
from cvops_simulator.commvault.routing import Call, Routes


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "Client/{id}", _read)


def _read(call: Call) -> dict[str, Any]:
    number = call.number()
    entity = call.state.entities[CLIENT].get(number)
    if entity is None:
        raise not_found(f"Client [{number}] does not exist")
    if not call.caller.rights.sees(CLIENT, number):
        raise ApiError(MISSING_RIGHTS, "User does not have the permission [View] on this entity.", 403)
    client = {
        "clientEntity": {
            "clientId": entity.id,
            "clientName": entity.name,
            "hostName": entity.extra.get("hostName", entity.name),
            "displayName": entity.name,
            "_type_": CLIENT,
            "entityInfo": make_entity_info(call, entity.company_id),
        },
        "osInfo": {
            "Type": "Windows",
            "SubType": "Server",
            "OsDisplayInfo": {"ProcessorType": "x64", "OSName": "Windows"},
        },
        "cvdPort": 8400,
        "TimeZone": {"TimeZoneName": "UTC"},
        "versionInfo": {"version": f"FeatureRelease:{call.cell.release}.0"},
    }
    return {"clientProperties": [{"client": client, "clientProps": _render_properties(call, number)}]}


def _render_properties(call: Call, number: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "IsDeletedClient": False,
        "EnableSnapBackups": False,
        "activityControl": {
            "EnableDataRecovery": True,
            "EnableDataManagement": True,
            "EnableOnlineContentIndex": True,
        },
        "clientActivityControl": {"activityControlOptions": []},
    }
    if not call.cell.behaviours.hide_client_owners:
        grants = [grant for grant in call.state.grants.of_entity(CLIENT, number) if grant.kind == OWNER]
        owners = [render_principal(call, *grant.principal) for grant in grants]
        properties["clientSecurity"] = {"enableDataSecurity": False, "clientOwners": owners}
        properties["securityAssociations"] = {"ownerAssociations": {"owners": owners} if owners else {}}
    return properties
