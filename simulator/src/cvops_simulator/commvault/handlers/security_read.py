# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading associations: by entity, by user and by group, and what the caller may do somewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cvops_simulator.commvault.association_format import (
    parse_entity_type,
    render_entity,
    render_principal,
    render_properties,
)
from cvops_simulator.commvault.catalogue import VIEW
from cvops_simulator.commvault.envelopes import MISSING_RIGHTS, ApiError, invalid, not_found
from cvops_simulator.commvault.model import INHERITED, OWNER, USER, Grant
from cvops_simulator.commvault.references import find_addressed
from cvops_simulator.commvault.routing import Call, Routes


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("GET", "Security/{type}/{id}", _read_entity, envelope="S")
    routes.add("GET", "Security/{type}/{id}/Permissions", _read_permissions, envelope="S")
    routes.add("GET", "User/{id}/Security", _read_user, envelope="S", feature="principal_security")
    routes.add("GET", "UserGroup/{id}/Security", _read_group, envelope="S", feature="principal_security")


def _select_shown(call: Call, grants: list[Grant]) -> list[Grant]:
    hide = call.cell.behaviours.inherited_rows == "hidden"
    return [grant for grant in grants if grant.kind != OWNER and not (hide and grant.kind == INHERITED)]


def _render_rows(
    call: Call, grants: list[Grant], key: str, item: Callable[[Grant], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return one row per grant, or one per set of properties with all its items."""
    rows: list[dict[str, Any]] = []
    merged: dict[str, list[dict[str, Any]]] = {}
    for grant in grants:
        properties = render_properties(call, grant)
        if call.cell.behaviours.merged_rows and repr(properties) in merged:
            merged[repr(properties)].append(item(grant))
            continue
        items = merged[repr(properties)] = [item(grant)]
        rows.append({key: items, "properties": properties})
    return rows


def render_principal_associations(call: Call, kind: int, principal_id: int) -> list[dict[str, Any]]:
    """Return `associations` of a user or group."""
    grants = _select_shown(call, call.state.grants.of_principal(kind, principal_id))
    rows = _render_rows(call, grants, "entity", lambda grant: render_entity(call, *grant.entity))
    return [{"entities": {"entity": row["entity"]}, "properties": row["properties"]} for row in rows]


def render_entity_associations(call: Call, entity_type: int, entity_id: int) -> list[dict[str, Any]]:
    """Return `associations` of an entity."""
    grants = _select_shown(call, call.state.grants.of_entity(entity_type, entity_id))
    return _render_rows(call, grants, "userOrGroup", lambda grant: render_principal(call, *grant.principal))


def _read_entity(call: Call) -> dict[str, Any]:
    entity_type, entity_id = parse_entity_type(call.params["type"]), call.number()
    if not call.state.entity_exists(entity_type, entity_id):
        raise not_found(f"Entity [{entity_id}] of type [{entity_type}] does not exist")
    if not call.caller.rights.sees(entity_type, entity_id):
        raise ApiError(MISSING_RIGHTS, "User does not have the permission [View] on this entity.", 403)
    rows = render_entity_associations(call, entity_type, entity_id)
    inner: dict[str, Any] = {"associations": rows} if rows else {}
    owners = [grant for grant in call.state.grants.of_entity(entity_type, entity_id) if grant.kind == OWNER]
    if owners:
        inner["ownerAssociations"] = {"owners": [render_principal(call, *grant.principal) for grant in owners]}
    return {
        "securityAssociations": [
            {"entityAssociated": render_entity(call, entity_type, entity_id), "securityAssociations": inner}
        ]
    }


def _read_user(call: Call) -> dict[str, Any]:
    user = find_addressed(call.state.users, call, "User")
    if user.id != call.caller.user.id:
        call.caller.rights.require({VIEW})
    return {"associations": render_principal_associations(call, USER, user.id)}


def _read_group(call: Call) -> dict[str, Any]:
    group = find_addressed(call.state.groups, call, "User group")
    call.caller.rights.require({VIEW})
    return {"associations": render_principal_associations(call, group.kind, group.id)}


def _read_permissions(call: Call) -> dict[str, Any]:
    """Return what the caller may do on an entity."""
    entity_type, entity_id = parse_entity_type(call.params["type"]), call.number()
    if not call.state.entity_exists(entity_type, entity_id):
        raise invalid(f"Entity [{entity_id}] of type [{entity_type}] does not exist")
    held, catalogue = call.caller.rights.on(entity_type, entity_id), call.state.catalogue
    return {
        "permissionsList": [
            {
                "permissionId": item,
                "permissionName": catalogue.names[item],
                "categoryId": catalogue.category_of[item].id,
                "categoryName": catalogue.category_of[item].name,
                "_type_": 122,
            }
            for item in sorted(held & catalogue.names.keys())
        ]
    }
