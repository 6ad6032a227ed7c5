# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, V4, and the permission catalogue."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.association_format import resolve_category_id, resolve_permission_id
from cvops_simulator.commvault.body_values import OVERWRITE, apply_operation, parse_operation
from cvops_simulator.commvault.catalogue import (
    ADMINISTRATIVE_MANAGEMENT,
    CREATE_ROLE,
    DELETE_ROLE,
    EDIT_ROLE,
    Catalogue,
    Category,
)
from cvops_simulator.commvault.envelopes import invalid, make_success_g
from cvops_simulator.commvault.lifecycle import (
    add_creator_grant,
    check_name,
    choose_company,
    remove_role,
    require_unique_role,
)
from cvops_simulator.commvault.model import OWNER, ROLE, USER, Grant, Role
from cvops_simulator.commvault.references import (
    find_addressed,
    is_in_scope,
    make_company_reference,
    make_guid,
    resolve_record,
)
from cvops_simulator.commvault.routing import Call, Routes

_CREATE = frozenset({"name", "description", "enabled", "visibleToAll", "permissionList", "company", "security"})
_UPDATE = frozenset(
    {
        "newName",
        "description",
        "enabled",
        "visibleToAll",
        "permissionList",
        "permissionOperationType",
        "security",
        "securityOperationType",
    }
)


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "V4/Permissions", _list_catalogue)
    routes.add("GET", "V4/Role", _list)
    routes.add("POST", "V4/Role", _create)
    routes.add("GET", "V4/Role/{id}", _read)
    routes.add("PUT", "V4/Role/{id}", _update)
    routes.add("DELETE", "V4/Role/{id}", _delete)


def _render_category(catalogue: Catalogue, category: Category) -> dict[str, Any]:
    row: dict[str, Any] = {
        "category": {"id": category.id, "name": category.name},
        "permissions": [{"id": number, "name": name} for number, name in category.permissions],
    }
    children = [_render_category(catalogue, child) for child in catalogue.categories if child.parent == category.id]
    if children:
        row["categoryList"] = children
    return row


def _list_catalogue(call: Call) -> dict[str, Any]:
    catalogue = call.state.catalogue
    return {"permissions": [_render_category(catalogue, one) for one in catalogue.categories if not one.parent]}


def _list(call: Call) -> dict[str, Any]:
    return {
        "roles": [
            {
                "id": role.id,
                "name": role.name,
                "status": "ENABLED" if role.enabled else "DISABLED",
                "company": make_company_reference(call, role.company_id),
                "commcell": {"name": call.state.name},
            }
            for role in call.cell.lists(v4=True).roles
            if is_in_scope(call, role.company_id) or role.system
        ]
    }


def _render_permissions(catalogue: Catalogue, role: Role) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in sorted(role.permission_ids):
        category = catalogue.category_of[number]
        rows.append(
            {
                "permission": {"id": number, "name": catalogue.names[number]},
                "category": {"id": category.id, "name": category.name},
                "type": "PERMISSION_ENTITY",
            }
        )
    for number in sorted(role.category_ids):
        category = catalogue.category_by_id[number]
        rows.append({"category": {"id": number, "name": category.name}, "type": "CATEGORY_ENTITY"})
    return rows


def _render_security(call: Call, role: Role) -> list[dict[str, Any]]:
    rows = []
    for grant in call.state.grants.of_entity(ROLE, role.id):
        if grant.kind == OWNER:
            continue
        row: dict[str, Any] = {"isCreatorAssociation": grant.kind == "creator"}
        if grant.principal_kind == USER:
            user = call.state.users.get(grant.principal_id)
            row["user"] = {"id": grant.principal_id, "name": user.name if user else ""}
        else:
            group = call.state.groups.get(grant.principal_id)
            key = "externalUserGroup" if group and group.provider else "userGroup"
            row[key] = {"id": grant.principal_id, "name": group.name if group else ""}
        held = call.state.roles.get(grant.role_id or 0)
        if held is not None:
            row["role"] = {"id": held.id, "name": held.name}
        else:
            row["permissionList"] = [
                {
                    "permissionId": item,
                    "permissionName": call.state.catalogue.get_name(item),
                    "type": "PERMISSION_ENTITY",
                    "exclude": False,
                }
                for item in sorted(grant.permission_ids)
            ]
        rows.append(row)
    return rows


def _read(call: Call) -> dict[str, Any]:
    role = find_addressed(call.state.roles, call, "Role")
    return {
        "id": role.id,
        "name": role.name,
        "GUID": role.guid,
        "description": role.description,
        "permissions": _render_permissions(call.state.catalogue, role),
        "visibleToAll": role.visible_to_all,
        "status": "ENABLED" if role.enabled else "DISABLED",
        "company": make_company_reference(call, role.company_id),
        "security": _render_security(call, role),
    }


def _parse(call: Call, rows: Any) -> tuple[set[int], set[int]]:
    """Return permissions and categories; an entry with only a category means all its permissions."""
    permissions: set[int] = set()
    categories: set[int] = set()
    if rows is None:
        return permissions, categories
    if not isinstance(rows, list):
        raise invalid("permissionList is not a list")
    for row in rows:
        permission, category = row.get("permission"), row.get("category")
        if isinstance(permission, dict) and (permission.get("id") or permission.get("name")):
            permissions.add(resolve_permission_id(call, permission.get("id"), permission.get("name")))
        elif isinstance(category, dict) and (category.get("id") or category.get("name")):
            categories.add(resolve_category_id(call, category.get("id"), category.get("name")))
        else:
            raise invalid("An entry names neither permission nor category")
    return permissions, categories


def _parse_grants(call: Call, rows: Any, role: Role) -> list[Grant]:
    found = []
    for row in rows or []:
        held = resolve_record(call.state.roles, row.get("role"), "id", "name", "Role")
        if row.get("user"):
            principal = (USER, resolve_record(call.state.users, row["user"], "id", "name", "User").id)
        else:
            block = row.get("userGroup") or row.get("externalUserGroup")
            group = resolve_record(call.state.groups, block, "id", "name", "User group")
            principal = (group.kind, group.id)
        found.append(Grant(*principal, held.id, ROLE, role.id))
    return found


def _create(call: Call) -> dict[str, Any]:
    call.caller.rights.require_any({CREATE_ROLE, ADMINISTRATIVE_MANAGEMENT})
    data = call.strict_body(_CREATE)
    name = check_name(data.get("name"), "role")
    company_id = choose_company(call, data)
    require_unique_role(call, name, company_id)
    permissions, categories = _parse(call, data.get("permissionList"))
    if not permissions and not categories:
        raise invalid("A role needs at least one permission")
    role = Role(
        call.state.roles.new_id(),
        name,
        make_guid(),
        str(data.get("description") or ""),
        bool(data.get("enabled", True)),
        bool(data.get("visibleToAll", False)),
        company_id,
        permissions,
        categories,
    )
    grants = _parse_grants(call, data.get("security"), role)
    call.state.roles.add(role)
    add_creator_grant(call, ROLE, role.id)
    for grant in grants:
        call.state.grants.add(grant)
    return {"id": role.id, "GUID": role.guid, "name": role.name}


def _update(call: Call) -> dict[str, Any]:
    call.caller.rights.require_any({EDIT_ROLE, ADMINISTRATIVE_MANAGEMENT})
    role, data = find_addressed(call.state.roles, call, "Role"), call.strict_body(_UPDATE)
    if role.id == 1:
        raise invalid("Role [Master] cannot be changed")
    permissions, categories = _parse(call, data.get("permissionList"))
    kind = parse_operation(call, data.get("permissionOperationType"), OVERWRITE, v4=True)
    grants = _parse_grants(call, data.get("security"), role)
    name = data.get("newName")
    if name is not None and name != role.name:
        require_unique_role(call, check_name(name, "role"), role.company_id, role.id)
        call.state.roles.rename(role, name)
    if data.get("permissionList") is not None:
        wanted = apply_operation(kind, role.permission_ids, permissions)
        wanted_categories = apply_operation(kind, role.category_ids, categories)
        if not wanted and not wanted_categories:
            raise invalid("A role needs at least one permission")
        role.permission_ids, role.category_ids = wanted, wanted_categories
    role.description = str(data.get("description", role.description) or "")
    role.enabled = bool(data.get("enabled", role.enabled))
    role.visible_to_all = bool(data.get("visibleToAll", role.visible_to_all))
    for grant in grants:
        call.state.grants.add(grant)
    return make_success_g()


def _delete(call: Call) -> dict[str, Any]:
    call.caller.rights.require_any({DELETE_ROLE, ADMINISTRATIVE_MANAGEMENT})
    remove_role(call, find_addressed(call.state.roles, call, "Role"))
    return make_success_g()
