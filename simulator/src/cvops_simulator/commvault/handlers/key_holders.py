# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of what signs in to Entra ID with a key of its own: clients of Microsoft 365, key management servers."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.envelopes import not_found
from cvops_simulator.commvault.model import OfficeClient
from cvops_simulator.commvault.routing import Call, Routes

EXCHANGE, SHAREPOINT = 137, 78
_DYNAMICS = "5"
_AGENTS = {EXCHANGE: "Exchange Mailbox", SHAREPOINT: "Sharepoint Server"}
_DISCOVERY = {"manageContentAutomatically": False, "isAutoDiscoveryEnabled": False, "autoDiscoveryMode": 0}
#: The instance of agents that have no others, and in which they have no properties.
_DEFAULT_INSTANCE = 1


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "Office365/entities", _list_clients, envelope="S")
    routes.add("GET", "Instance", _list_instances, envelope="S")
    routes.add("GET", "Instance/{id}", _read_instance, envelope="S")
    routes.add("GET", "Agent", _read_agent, envelope="S")
    routes.add("GET", "Backupset", _list_backup_sets, envelope="S")
    routes.add("GET", "Backupset/{id}", _read_backup_set, envelope="S")
    routes.add("GET", "CommCell/KeyManagementServers", _list_key_servers, envelope="S")


def _list_clients(call: Call) -> dict[str, Any]:
    is_dynamics = call.query.get("agenttype") == _DYNAMICS
    rows = [
        {"clientId": client.id, "clientName": client.name}
        for client in call.state.office_clients
        if client.is_dynamics == is_dynamics
    ]
    return {"o365Client": rows} if rows else {}


def _find_client(call: Call, number: str) -> OfficeClient:
    found = call.state.office_clients.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found(f"Client [{number}] does not exist")
    return found


def _render_entity(client: OfficeClient) -> dict[str, Any]:
    is_cloud = client.agent not in _AGENTS
    return {
        "clientId": client.id,
        "clientName": client.name,
        "applicationId": client.agent,
        "appName": _AGENTS.get(client.agent, "Cloud Apps"),
        "instanceId": client.id if is_cloud else _DEFAULT_INSTANCE,
        "instanceName": client.name if is_cloud else "DefaultInstanceName",
    }


def _list_instances(call: Call) -> dict[str, Any]:
    return {"instanceProperties": [{"instance": _render_entity(_find_client(call, call.query.get("clientid", "")))}]}


def _read_instance(call: Call) -> dict[str, Any]:
    client = _find_client(call, call.params["id"])
    member = "v2CloudAppsInstance" if client.is_dynamics else "oneDriveInstance"
    shown = {
        "instance": _render_entity(client),
        "instanceActivityControl": {},
        "cloudAppsInstance": {"instanceType": 7, member: {**_DISCOVERY, **_render_apps(client)}},
    }
    return {"instanceProperties": [shown]}


def _read_agent(call: Call) -> dict[str, Any]:
    client = _find_client(call, call.query.get("clientid", ""))
    shown: dict[str, Any] = {"idaEntity": _render_entity(client)}
    if client.agent == EXCHANGE and call.query.get("applicationid") == str(EXCHANGE):
        shown["onePassProperties"] = {"onePassProp": _render_apps(client)}
    return {"agentProperties": [shown]}


def _render_backup_set(client: OfficeClient) -> dict[str, Any]:
    entity = {**_render_entity(client), "backupsetId": client.id, "backupsetName": "default"}
    return {"backupSetEntity": entity, "commonBackupSet": {"isDefaultBackupSet": True}, "planEntity": {}}


def _list_backup_sets(call: Call) -> dict[str, Any]:
    return {"backupsetProperties": [_render_backup_set(_find_client(call, call.query.get("clientid", "")))]}


def _read_backup_set(call: Call) -> dict[str, Any]:
    client = _find_client(call, call.params["id"])
    own = {"sharepointBackupSet": {"spOffice365BackupSetProp": _render_apps(client)}}
    return {"backupsetProperties": [{**_render_backup_set(client), **own}]}


def _render_apps(client: OfficeClient) -> dict[str, Any]:
    return {"azureAppList": {"azureApps": [dict(app) for app in client.apps]}}


def _list_key_servers(call: Call) -> dict[str, Any]:
    rows = [
        {
            "keyProviderType": server.type,
            "provider": {"keyProviderId": server.id, "keyProviderName": server.name},
            "properties": {"keyVaultCredential": dict(server.access)} if server.access else {},
        }
        for server in call.state.key_servers
    ]
    return {"keyProviders": rows}
