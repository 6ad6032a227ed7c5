# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Security associations in Commvault's answers, classified by how the grant came to be. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.values import AnswerObject, get_object, get_objects
from ..references import parse_id
from .canonical import UNKNOWN_ENTITY, UNKNOWN_PRINCIPAL, is_flag_set, parse_entity, parse_principal
from .grants import Association, Entity, Principal

Body = t.Mapping[str, t.Any]
NamedPrincipal = tuple[Principal, str]
NamedEntity = tuple[Entity, str]

#: Names of flags on a row and the kind of grant that each means, first match first.
_MARKS = (
    (re.compile("creator", re.IGNORECASE), "creator"),
    (re.compile("owner", re.IGNORECASE), "owner"),
    (re.compile("inherit", re.IGNORECASE), "inherited"),
    (re.compile("derived|default|automatic|plan", re.IGNORECASE), "unknown"),
)


def parse_associations(
    body: Body, *, principal: NamedPrincipal | None = None, entity: Entity | None = None
) -> list[Association]:
    """Parse all associations of an answer of any of the security calls.

    *principal*: whose associations were asked for; such an answer names only entities. *entity*: whose associations were asked
    for; rows on another entity are inherited. Raises BadAnswer for an answer that is not made of lists of objects.
    """
    return [row for block in _list_blocks(body) for row in _parse_block(block, principal, entity)]


def parse_owners(body: Body, entity: Entity) -> list[Association]:
    """Parse those who own the entity that was asked for: of kind ``owner``, or ``unknown`` where the answer does not say who or of what.

    Owners stand apart from the associations, which some releases mark in place of that. Raises BadAnswer as parse_associations.
    """
    found = []
    for block in _list_blocks(body):
        found += [row for row in _parse_rows(block, None, entity) if row.grant_kind == "owner"]
        found += _parse_owner_rows(block, entity)
    return found


def parse_client_owners(body: Body, entity: Entity) -> list[Association] | None:
    """Parse the owners in the properties of a server (``Client/{id}``); None where these say nothing of owners.

    The official client reads both places. Raises BadAnswer for an answer that is not made of lists of objects.
    """
    found: list[Association] | None = None
    for row in get_objects(body, "clientProperties"):
        properties = get_object(row, "clientProps")
        security, other = get_object(properties, "securityAssociations"), get_object(properties, "clientSecurity")
        if other.get("clientOwners") is not None:
            owners = {"ownerAssociations": {"owners": other["clientOwners"]}}
            found = [*(found or []), *_parse_owner_rows(owners, entity)]
        if security.get("ownerAssociations") is not None:
            found = [*(found or []), *_parse_owner_rows(security, entity)]
    return None if found is None else list(dict.fromkeys(found))


def _list_blocks(body: Body) -> list[t.Any]:
    blocks = body.get("securityAssociations")
    # An object here is the inner one of an answer without the outer list.
    return [body] if blocks is None or isinstance(blocks, dict) else _list_objects(blocks)


def _parse_block(block: Body, principal: NamedPrincipal | None, entity: Entity | None) -> t.Iterator[Association]:
    yield from _parse_rows(block, principal, entity)
    yield from _parse_owner_rows(block, entity)


def _list_places(block: Body, entity: Entity | None) -> list[NamedEntity]:
    return _parse_entities(block.get("entityAssociated")) or ([(entity, "")] if entity else [])


def _parse_rows(block: Body, principal: NamedPrincipal | None, entity: Entity | None) -> t.Iterator[Association]:
    holder = get_object(block, "securityAssociations") or block
    places = _list_places(block, entity)
    for row in _list_objects(holder.get("associations")):
        principals = [parse_principal(item) for item in _list_objects(row.get("userOrGroup"))] or [
            principal or (UNKNOWN_PRINCIPAL, "")
        ]
        here = _parse_entities(row.get("entities")) or places or [(UNKNOWN_ENTITY, "")]
        for who in principals:
            for where in here:
                yield _build_association(row, who, where, entity)


def _parse_owner_rows(block: Body, entity: Entity | None) -> t.Iterator[Association]:
    holder = get_object(block, "securityAssociations") or block
    owners = get_object(holder, "ownerAssociations")
    for item in _list_objects(owners.get("owners")):
        inner = next((item[name] for name in ("userOrGroup", "user", "userGroup") if item.get(name)), item)
        for who in [parse_principal(one) for one in _list_objects(inner)] or [(UNKNOWN_PRINCIPAL, "")]:
            for where in _list_places(block, entity) or [(UNKNOWN_ENTITY, "")]:
                yield _build_association({**item, "isOwner": True}, who, where, entity)


def _build_association(row: Body, who: NamedPrincipal, where: NamedEntity, asked: Entity | None) -> Association:
    properties = row.get("properties") if isinstance(row.get("properties"), dict) else {}
    role = properties.get("role") if isinstance(properties, dict) else None
    role = role if isinstance(role, dict) else {}
    role_id = parse_id(role.get("roleId")) or None
    permissions = _parse_permission_ids(properties or {})
    kind = _classify_grant(row, properties or {}, role_id, permissions)
    if who[0] == UNKNOWN_PRINCIPAL or where[0] == UNKNOWN_ENTITY:
        kind = "unknown"
    elif asked is not None and where[0] != asked and kind == "explicit":
        kind = "inherited"
    name = str(role["roleName"]) if role.get("roleName") else None
    return Association(who[0], who[1], role_id, name, where[0], where[1], kind, permissions)


def _classify_grant(row: Body, properties: Body, role_id: int | None, permissions: tuple[int, ...]) -> str:
    marks = [str(name) for part in (row, properties) for name, value in part.items() if is_flag_set(value)]
    for pattern, kind in _MARKS:
        if any(pattern.search(mark) for mark in marks):
            return kind
    if role_id is not None:
        return "explicit"
    return "permissions" if permissions or _list_permission_rows(properties) else "unknown"


def _list_permission_rows(properties: Body) -> list[Body]:
    category = properties.get("categoryPermission")
    listed = category.get("categoriesPermissionList") if isinstance(category, dict) else None
    return [
        *_list_objects(listed),
        *_list_objects(properties.get("permissions")),
        *_list_objects(properties.get("permissionList")),
    ]


def _parse_permission_ids(properties: Body) -> tuple[int, ...]:
    found = (parse_id(item.get("permissionId")) for item in _list_permission_rows(properties))
    return tuple(sorted({number for number in found if number}))


def _parse_entities(block: t.Any) -> list[NamedEntity]:
    """Return the entities of ``{"entity": [...]}``, of a plain list, or a single one."""
    if isinstance(block, dict):
        block = block.get("entity", block)
    return [parse_entity(item) for item in _list_objects(block) if item]


def _list_objects(value: t.Any) -> list[AnswerObject]:
    """Return the objects of a list, or the single one in its place; none for null. Raises BadAnswer for anything else."""
    return get_objects({"associations": [value] if isinstance(value, dict) else value}, "associations")
