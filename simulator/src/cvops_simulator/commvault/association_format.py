# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entities, principals and what they hold, as they are written in V1 bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cvops_simulator.commvault.envelopes import invalid, not_found
from cvops_simulator.commvault.model import (
    ALL_OF_KIND,
    CLIENT,
    CLIENT_GROUP,
    COMMCELL,
    COMMCELL_ID,
    COMPANY,
    CREDENTIAL,
    GENERIC,
    PLAN,
    ROLE,
    STORAGE_POOL,
    TYPE_NAMES,
    USER,
    USER_GROUP,
    WORKFLOW,
    Grant,
)
from cvops_simulator.commvault.references import resolve_record
from cvops_simulator.commvault.routing import Call

#: Id key and name key of each entity type.
ENTITY_KEYS = {
    COMMCELL: ("commCellId", "commCellName"),
    CLIENT: ("clientId", "clientName"),
    CLIENT_GROUP: ("clientGroupId", "clientGroupName"),
    STORAGE_POOL: ("storagePolicyId", "storagePolicyName"),
    PLAN: ("planId", "planName"),
    WORKFLOW: ("workflowId", "workflowName"),
    COMPANY: ("providerId", "providerDomainName"),
    ROLE: ("roleId", "roleName"),
    CREDENTIAL: ("credentialId", "credentialName"),
    USER_GROUP: ("userGroupId", "userGroupName"),
    USER: ("userId", "userName"),
}


@dataclass(frozen=True)
class GrantedRights:
    """What an association gives: a role, or single permissions."""

    role_id: int | None
    permission_ids: frozenset[int] = frozenset()


def parse_entity_type(value: Any) -> int:
    """Return the number of an entity type, given as number or as name."""
    text = str(value)
    if text.isdigit():
        return int(text)
    if text.upper() in TYPE_NAMES:
        return TYPE_NAMES[text.upper()]
    raise invalid(f"[{value}] is not an entity type")


def _may_use_names(call: Call) -> bool:
    return not call.cell.behaviours.lookup_names_required or call.headers.get("lookupnames", "") == "1"


def parse_entity(call: Call, data: Any) -> tuple[int, int]:
    """Return (type, id) of an entity, however it is written; id 0 means all of the type."""
    if not isinstance(data, dict):
        raise invalid("An entity is not an object")
    kind = _find_type(data)
    flags = data.get("flags")
    if isinstance(flags, dict) and flags.get("includeAll"):
        return kind, ALL_OF_KIND
    id_key, name_key = ENTITY_KEYS.get(kind, ("entityId", "entityName"))
    entity_id = data.get("entityId") or data.get(id_key)
    if entity_id:
        if not str(entity_id).isdigit() or not call.state.entity_exists(kind, int(entity_id)):
            raise not_found(f"Entity [{entity_id}] of type [{kind}] does not exist")
        return kind, int(entity_id)
    name = str(data.get("entityName") or data.get(name_key) or "")
    if kind == COMMCELL and not name:
        return kind, COMMCELL_ID
    found = call.state.entity_named(kind, name) if name and _may_use_names(call) else []
    if not found:
        raise not_found(f"Entity [{name}] of type [{kind}] does not exist")
    return kind, found[0]


def _find_type(data: dict[str, Any]) -> int:
    own = data.get("_type_")
    if own is not None and parse_entity_type(own) == GENERIC:
        own = None
    for value in (own, data.get("entityType"), data.get("entityTypeName")):
        if value is not None:
            return parse_entity_type(value)
    for kind, keys in ENTITY_KEYS.items():
        if any(key in data for key in keys):
            return kind
    raise invalid("The type of an entity is missing")


def parse_principal(call: Call, data: Any) -> tuple[int, int]:
    """Return (kind, id) of a user, a user group or a directory group; names do not need `LookupNames`."""
    if not isinstance(data, dict):
        raise invalid("A user or group is not an object")
    if data.get("userId") or ("userName" in data and not data.get("userGroupId")):
        return USER, resolve_record(call.state.users, data, "userId", "userName", "User").id
    if data.get("externalGroupName") or data.get("groupId"):
        name = str(data.get("externalGroupName") or "")
        if data.get("providerDomainName") and "\\" not in name:
            name = f"{data['providerDomainName']}\\{name}"
        found = {"id": data.get("groupId"), "name": name}
        group = resolve_record(call.state.groups, found, "id", "name", "User group")
    else:
        group = resolve_record(call.state.groups, data, "userGroupId", "userGroupName", "User group")
    return group.kind, group.id


def parse_properties(call: Call, data: Any) -> GrantedRights:
    """Return the role or permissions of an association's `properties`."""
    if not isinstance(data, dict):
        raise invalid("The properties of an association are missing")
    if isinstance(data.get("role"), dict):
        role = data["role"]
        if not role.get("roleId") and not _may_use_names(call):
            raise not_found(f"Role [{role.get('roleName')}] does not exist")
        record = resolve_record(call.state.roles, role, "roleId", "roleName", "Role")
        return GrantedRights(record.id)
    rows = data.get("permissions")
    if isinstance(data.get("categoryPermission"), dict):
        rows = data["categoryPermission"].get("categoriesPermissionList")
    if not isinstance(rows, list) or not rows:
        raise invalid("An association has neither role nor permissions")
    permission_ids, category_ids = parse_permissions(call, rows)
    for number in category_ids:
        permission_ids |= call.state.catalogue.expand_category(number)
    return GrantedRights(None, frozenset(permission_ids))


def parse_permissions(call: Call, rows: list[Any]) -> tuple[set[int], set[int]]:
    """Return permission ids and category ids of a V1 list; ids win over names."""
    permissions: set[int] = set()
    categories: set[int] = set()
    for row in rows:
        if row.get("permissionId") or row.get("permissionName"):
            permissions.add(resolve_permission_id(call, row.get("permissionId"), row.get("permissionName")))
        elif row.get("categoryId") or row.get("categoryName"):
            categories.add(resolve_category_id(call, row.get("categoryId"), row.get("categoryName")))
        else:
            raise invalid("An entry names neither permission nor category")
    return permissions, categories


def resolve_permission_id(call: Call, number: Any, name: Any) -> int:
    """Return the id of a permission, given by id or name."""
    found = int(number) if number else call.state.catalogue.find_permission(str(name or "")) or 0
    if found not in call.state.catalogue.names:
        raise not_found(f"Permission [{number or name}] does not exist")
    return found


def resolve_category_id(call: Call, number: Any, name: Any) -> int:
    """Return the id of a category, given by id or name."""
    category = call.state.catalogue.find_category(str(name or ""))
    found = int(number) if number else (category.id if category else 0)
    if found not in call.state.catalogue.category_by_id:
        raise not_found(f"Category [{number or name}] does not exist")
    return found


def render_entity(call: Call, entity_type: int, entity_id: int) -> dict[str, Any]:
    """Return an entity as answers show it."""
    if entity_id == ALL_OF_KIND and entity_type != COMMCELL:
        return {"_type_": entity_type, "flags": {"includeAll": True}}
    name = call.state.entity_name(entity_type, entity_id) or ""
    id_key, name_key = ENTITY_KEYS.get(entity_type, ("entityId", "entityName"))
    wire: dict[str, Any] = {id_key: entity_id, name_key: name, "_type_": entity_type}
    if id_key == "entityId":
        wire["entityType"] = entity_type
    return wire


def render_principal(call: Call, kind: int, principal_id: int) -> dict[str, Any]:
    """Return a principal as answers show it; a directory group has `groupId` and a two-part name."""
    if kind == USER:
        user = call.state.users.get(principal_id)
        name = user.name if user else call.state.unlisted.get((kind, principal_id), "")
        return {"userId": principal_id, "userName": name, "_type_": USER}
    group = call.state.groups.get(principal_id)
    if group is not None and group.provider:
        return {
            "groupId": principal_id,
            "externalGroupName": group.short_name,
            "providerDomainName": group.provider,
            "_type_": kind,
        }
    name = group.name if group else call.state.unlisted.get((kind, principal_id), "")
    return {"userGroupId": principal_id, "userGroupName": name, "_type_": kind}


def render_properties(call: Call, grant: Grant) -> dict[str, Any]:
    """Return `properties` of a grant."""
    wire: dict[str, Any] = {}
    if grant.role_id is not None:
        name = call.state.entity_name(ROLE, grant.role_id) or ""
        wire["role"] = {"roleId": grant.role_id, "roleName": name, "_type_": ROLE}
    else:
        wire["categoryPermission"] = {
            "categoriesPermissionList": [
                {"permissionId": item, "permissionName": call.state.catalogue.get_name(item), "_type_": 122}
                for item in sorted(grant.permission_ids)
            ]
        }
    if grant.kind == "creator":
        wire["isCreatorAssociation"] = True
    if grant.kind == "inherited" and call.cell.behaviours.inherited_rows == "marked":
        wire["isInherited"] = True
        if grant.source is not None:
            wire["inheritedFrom"] = render_entity(call, *grant.source)
    return wire
