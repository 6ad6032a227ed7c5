# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, V1."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.association_format import parse_permissions
from cvops_simulator.commvault.body_values import ADD, apply_operation, parse_operation
from cvops_simulator.commvault.catalogue import (
    ADMINISTRATIVE_MANAGEMENT,
    CREATE_ROLE,
    DELETE_ROLE,
    EDIT_ROLE,
    Catalogue,
)
from cvops_simulator.commvault.envelopes import invalid, make_success_r
from cvops_simulator.commvault.handlers.security_read import render_entity_associations
from cvops_simulator.commvault.lifecycle import add_creator_grant, check_name, remove_role, require_unique_role
from cvops_simulator.commvault.list_filters import render_list
from cvops_simulator.commvault.model import ROLE, Role
from cvops_simulator.commvault.references import find_addressed, is_in_scope, make_entity_info, make_guid
from cvops_simulator.commvault.routing import Call, Routes


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "Role", _list, envelope="S")
    routes.add("GET", "Security/Roles", _list, envelope="S")
    routes.add("GET", "Role/{id}", _read, envelope="S")
    routes.add("POST", "Role", _create, envelope="R")
    routes.add("POST", "Role/{id}", _update, envelope="R")
    routes.add("DELETE", "Role/{id}", _delete, envelope="R")


def _render_entity(call: Call, role: Role) -> dict[str, Any]:
    return {
        "roleId": role.id,
        "roleName": role.name,
        "flags": {"disabled": not role.enabled},
        "entityInfo": make_entity_info(call, role.company_id),
        "_type_": ROLE,
    }


def _list(call: Call) -> dict[str, Any]:
    """Return `roleProperties` of all visible roles."""
    rows = [
        {"role": _render_entity(call, role), "description": role.description}
        for role in call.lists.roles
        if is_in_scope(call, role.company_id) or role.system
    ]
    return render_list(
        call, "roleProperties", rows, {"name": "role.roleName", "companyname": "role.entityInfo.companyName"}
    )


def _render_permissions(catalogue: Catalogue, role: Role) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"permissionId": item, "permissionName": catalogue.names[item], "_type_": 122}
        for item in sorted(role.permission_ids)
    ]
    rows += [
        {"categoryId": item, "categoryName": catalogue.category_by_id[item].name, "_type_": 121}
        for item in sorted(role.category_ids)
    ]
    return rows


def _read(call: Call) -> dict[str, Any]:
    role = find_addressed(call.state.roles, call, "Role")
    info = make_entity_info(call, role.company_id)
    return {
        "roleProperties": [
            {
                "role": _render_entity(call, role),
                "description": role.description,
                "visibility": 1 if role.visible_to_all else 0,
                "categoryPermission": {"categoriesPermissionList": _render_permissions(call.state.catalogue, role)},
                "securityAssociations": {
                    "associations": render_entity_associations(call, ROLE, role.id),
                    "tagWithCompany": {"providerId": role.company_id, "providerDomainName": info["companyName"]},
                },
            }
        ]
    }


def _parse_body(call: Call) -> dict[str, Any]:
    rows = call.body().get("roles")
    if not isinstance(rows, list) or len(rows) != 1 or not isinstance(rows[0], dict):
        raise invalid("roles holds exactly one role")
    row: dict[str, Any] = rows[0]
    return row


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require_any({CREATE_ROLE, ADMINISTRATIVE_MANAGEMENT})
    row = _parse_body(call)
    name = check_name((row.get("role") or {}).get("roleName"), "role")
    company_id = call.caller.company_id
    require_unique_role(call, name, company_id)
    block = row.get("categoryPermission") or {}
    permissions, categories = parse_permissions(call, block.get("categoriesPermissionList") or [])
    if not permissions and not categories:
        raise invalid("A role needs at least one permission")
    role = Role(call.state.roles.new_id(), name, make_guid(), str(row.get("description") or ""), company_id=company_id)
    role.permission_ids, role.category_ids = permissions, categories
    call.state.roles.add(role)
    add_creator_grant(call, ROLE, role.id)
    return make_success_r(roleId=role.id, roleName=role.name, GUID=role.guid, _type_=ROLE)


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require_any({EDIT_ROLE, ADMINISTRATIVE_MANAGEMENT})
    role, row = find_addressed(call.state.roles, call, "Role"), _parse_body(call)
    if role.id == 1:
        raise invalid("Role [Master] cannot be changed")
    block = row.get("categoryPermission")
    if isinstance(block, dict):
        permissions, categories = parse_permissions(call, block.get("categoriesPermissionList") or [])
        kind = parse_operation(call, block.get("categoriesPermissionOperationType"), ADD)
        role.permission_ids = apply_operation(kind, role.permission_ids, permissions)
        role.category_ids = apply_operation(kind, role.category_ids, categories)
    entity = row.get("role") or {}
    if entity.get("newName"):
        require_unique_role(call, entity["newName"], role.company_id, role.id)
        call.state.roles.rename(role, check_name(entity["newName"], "role"))
    if isinstance(entity.get("flags"), dict) and "disabled" in entity["flags"]:
        role.enabled = not entity["flags"]["disabled"]
    if "description" in row:
        role.description = str(row["description"] or "")
    return make_success_r(roleId=role.id, roleName=role.name)


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require_any({DELETE_ROLE, ADMINISTRATIVE_MANAGEMENT})
    remove_role(call, find_addressed(call.state.roles, call, "Role"))
    return make_success_r()
