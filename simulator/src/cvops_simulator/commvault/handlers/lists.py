# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of entities that name resolution needs: servers, server groups, plans, storage pools, workflows."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from cvops_simulator.commvault.list_filters import render_list
from cvops_simulator.commvault.model import CLIENT, CLIENT_GROUP, PLAN, STORAGE_POOL, WORKFLOW, Entity
from cvops_simulator.commvault.references import is_in_scope, make_company_reference, make_entity_info
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.commvault.state import Lists
from cvops_simulator.commvault.xml import make_xml_response


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "Client", _list_clients)
    routes.add("GET", "V4/Servers", _list_servers_v4)
    routes.add("GET", "VSAClientAndClientGroupList", _list_access_nodes)
    routes.add("GET", "ClientGroup", _list_client_groups)
    routes.add("GET", "V4/ServerGroup", _list_server_groups_v4)
    routes.add("GET", "Plan", _list_plans)
    routes.add("GET", "V2/Plan", _list_plans)
    routes.add("GET", "V4/Plan/Summary", _list_plan_summary)
    routes.add("GET", "StoragePool", _list_storage_pools)
    routes.add("GET", "V4/StoragePool", _list_storage_pools_v4)
    routes.add("GET", "Workflow", _list_workflows)


def _list_visible(call: Call, lists: Lists, entity_type: int) -> list[Entity]:
    rights = call.caller.rights
    return [
        entity
        for entity in lists.entities[entity_type]
        if is_in_scope(call, entity.company_id) and rights.sees(entity_type, entity.id)
    ]


def _get_v4_lists(call: Call) -> Lists:
    return call.cell.lists(v4=True)


def _list_clients(call: Call) -> dict[str, Any]:
    rows = [
        {
            "client": {
                "clientEntity": {
                    "clientId": entity.id,
                    "clientName": entity.name,
                    "hostName": entity.extra.get("hostName", entity.name),
                    "displayName": entity.name,
                    "_type_": CLIENT,
                    "entityInfo": make_entity_info(call, entity.company_id),
                }
            },
            "clientProps": {"IsDeletedClient": False},
        }
        for entity in _list_visible(call, call.lists, CLIENT)
    ]
    short = {
        "name": "client.clientEntity.clientName",
        "clientname": "client.clientEntity.clientName",
        "id": "client.clientEntity.clientId",
    }
    return render_list(call, "clientProperties", rows, short)


def _list_access_nodes(call: Call) -> dict[str, Any]:
    """Return no virtualization access nodes; the official SDK asks for them when it lists servers."""
    return {"clients": []}


def _list_servers_v4(call: Call) -> dict[str, Any]:
    return {
        "servers": [
            {
                "id": entity.id,
                "name": entity.name,
                "displayName": entity.name,
                "hostName": entity.extra.get("hostName", entity.name),
                "company": make_company_reference(call, entity.company_id),
                "commcell": {"name": call.state.name},
            }
            for entity in _list_visible(call, _get_v4_lists(call), CLIENT)
        ]
    }


def _list_client_groups(call: Call) -> dict[str, Any]:
    rows = [
        {
            "Id": entity.id,
            "name": entity.name,
            "description": "",
            "clientGroup": {
                "clientGroupId": entity.id,
                "clientGroupName": entity.name,
                "_type_": CLIENT_GROUP,
                "entityInfo": make_entity_info(call, entity.company_id),
            },
        }
        for entity in _list_visible(call, call.lists, CLIENT_GROUP)
    ]
    return render_list(call, "groups", rows, {"id": "Id"})


def _list_server_groups_v4(call: Call) -> dict[str, Any]:
    return {
        "serverGroups": [
            {
                "id": entity.id,
                "name": entity.name,
                "association": "MANUAL",
                "company": make_company_reference(call, entity.company_id),
                "commcell": {"name": call.state.name},
            }
            for entity in _list_visible(call, _get_v4_lists(call), CLIENT_GROUP)
        ]
    }


def _list_plans(call: Call) -> dict[str, Any]:
    rows = [
        {
            "plan": {
                "planId": entity.id,
                "planName": entity.name,
                "planSummary": "",
                "_type_": PLAN,
                "entityInfo": make_entity_info(call, entity.company_id),
            },
            "type": 2,
            "subtype": 33554437,
            "numAssocEntities": 0,
        }
        for entity in _list_visible(call, call.lists, PLAN)
    ]
    return render_list(call, "plans", rows, {"name": "plan.planName", "id": "plan.planId"})


def _list_plan_summary(call: Call) -> dict[str, Any]:
    plans = _list_visible(call, _get_v4_lists(call), PLAN)
    return {
        "plansCount": len(plans),
        "plans": [
            {
                "plan": {"id": entity.id, "name": entity.name},
                "planType": "SERVER",
                "associatedEntities": 0,
                "status": "ENABLED",
                "company": make_company_reference(call, entity.company_id),
                "commcell": {"name": call.state.name},
            }
            for entity in plans
        ],
    }


def _list_storage_pools(call: Call) -> dict[str, Any] | Response:
    rows = [
        {
            "storagePoolEntity": {
                "storagePoolId": entity.id,
                "storagePoolName": entity.name,
                "_type_": 160,
                "entityInfo": make_entity_info(call, entity.company_id),
            },
            "storagePolicyEntity": {"storagePolicyId": entity.id, "storagePolicyName": entity.name, "_type_": 17},
            "storageType": 1,
            "libraryVendorType": 0,
            "status": "Online",
        }
        for entity in _list_visible(call, call.lists, STORAGE_POOL)
    ]
    if not call.wants_json:
        return make_xml_response("Api_GetStoragePoolListResp", {"storagePoolList": rows})
    return render_list(call, "storagePoolList", rows, {"name": "storagePoolEntity.storagePoolName"})


def _list_storage_pools_v4(call: Call) -> dict[str, Any]:
    return {
        "storagePools": [
            {
                "id": entity.id,
                "name": entity.name,
                "type": "DISK",
                "status": "ONLINE",
                "company": make_company_reference(call, entity.company_id),
            }
            for entity in _list_visible(call, _get_v4_lists(call), STORAGE_POOL)
        ]
    }


def _list_workflows(call: Call) -> dict[str, Any]:
    rows = [
        {
            "entity": {"workflowId": entity.id, "workflowName": entity.name, "_type_": WORKFLOW},
            "description": "",
            "company": make_entity_info(call, entity.company_id),
        }
        for entity in _list_visible(call, call.lists, WORKFLOW)
    ]
    return render_list(call, "container", rows, {"name": "entity.workflowName", "id": "entity.workflowId"})
