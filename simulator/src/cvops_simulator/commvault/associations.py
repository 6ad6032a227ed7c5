# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The effect of security association writes, whichever call they come through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cvops_simulator.commvault.association_format import GrantedRights, parse_entity, parse_principal, parse_properties
from cvops_simulator.commvault.body_values import ADD, DELETE, NONE, OVERWRITE
from cvops_simulator.commvault.catalogue import CHANGE_SECURITY, GROUP_MANAGEMENT, USER_MANAGEMENT
from cvops_simulator.commvault.envelopes import invalid
from cvops_simulator.commvault.model import CREATOR, EXPLICIT, USER, Grant
from cvops_simulator.commvault.rights import get_grant_permissions
from cvops_simulator.commvault.routing import Call

Entity = tuple[int, int]


def make_grant(principal: tuple[int, int], held: GrantedRights, entity: Entity) -> Grant:
    """Return the explicit grant of a triple."""
    return Grant(*principal, held.role_id, *entity, permission_ids=held.permission_ids)


def parse_entity_associations(call: Call, associations: Any, entities: list[Entity]) -> list[Grant]:
    """Return grants of `POST Security`: every entity times every principal of every association."""
    found = []
    for row in _parse_rows(associations):
        held = parse_properties(call, row.get("properties"))
        principals = [parse_principal(call, item) for item in _as_list(row.get("userOrGroup"))]
        found += [make_grant(principal, held, entity) for entity in entities for principal in principals]
    return found


def parse_principal_associations(call: Call, associations: Any, principal: tuple[int, int]) -> list[Grant]:
    """Return grants of a user or group body: `associations[].entities.entity` times `properties`."""
    found = []
    for row in _parse_rows(associations):
        held = parse_properties(call, row.get("properties"))
        block = row.get("entities")
        rows = block.get("entity") if isinstance(block, dict) else block
        found += [make_grant(principal, held, parse_entity(call, item)) for item in _as_list(rows)]
    return found


def _parse_rows(associations: Any) -> list[dict[str, Any]]:
    rows = _as_list(associations) if associations else []
    if not all(isinstance(row, dict) for row in rows):
        raise invalid("An association is not an object")
    return rows


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        raise invalid("A list was expected")
    return value


def require_rights(call: Call, grants: Iterable[Grant], entities: Iterable[Entity]) -> None:
    """Refuse unless the caller may change security settings, holds what is granted, and manages the principals."""
    rights = call.caller.rights
    if rights.master:
        return
    for entity in dict.fromkeys(entities):
        rights.require({CHANGE_SECURITY}, *entity)
    for grant in grants:
        needed = USER_MANAGEMENT if grant.principal_kind == USER else GROUP_MANAGEMENT
        if needed not in rights.everywhere:
            rights.require({needed}, grant.principal_kind, grant.principal_id)
        rights.require(get_grant_permissions(call.state, grant), *grant.entity)


def change_grants(call: Call, kind: int, grants: list[Grant], scope: list[Grant]) -> None:
    """Apply an operation. `scope`: the present grants that OVERWRITE replaces (creator grants among them stay)."""
    if kind == NONE:
        return
    lost = call.cell.behaviours.lost_security_writes
    keep = [grant for grant in grants if not _is_lost(lost, grant)]
    if kind == DELETE:
        for grant in keep:
            _delete(call, grant)
        return
    if kind == OVERWRITE:
        for old in scope:
            if old.kind == EXPLICIT and not _is_lost(lost, old):
                call.state.grants.remove(old)
    if kind in (ADD, OVERWRITE):
        for grant in keep:
            _add(call, grant)


def _is_lost(lost: list[str], grant: Grant) -> bool:
    return bool(lost) and ("*" in lost or f"{grant.entity_type}:{grant.entity_id}" in lost)


def _find_permissions(call: Call, grant: Grant) -> Grant | None:
    """Return the explicit permission grant of the same principal on the same entity, if any."""
    for old in call.state.grants.of_entity(*grant.entity):
        if old.principal == grant.principal and old.role_id is None and old.kind == EXPLICIT:
            return old
    return None


def _add(call: Call, grant: Grant) -> None:
    if grant.role_id is None and (old := _find_permissions(call, grant)) is not None:
        call.state.grants.remove(old)
        grant = replace(grant, permission_ids=grant.permission_ids | old.permission_ids)
    call.state.grants.add(grant)


def _delete(call: Call, grant: Grant) -> None:
    store = call.state.grants
    if grant.role_id is None:
        if (old := _find_permissions(call, grant)) is not None:
            store.remove(old)
            if left := old.permission_ids - grant.permission_ids:
                store.add(replace(old, permission_ids=left))
        return
    creator = replace(grant, kind=CREATOR)
    store.remove(grant if grant in store else creator)
