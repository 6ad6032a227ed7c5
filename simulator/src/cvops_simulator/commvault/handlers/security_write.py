# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`POST Security`: add, delete or overwrite the associations of entities."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.association_format import parse_entity, parse_principal
from cvops_simulator.commvault.associations import change_grants, parse_entity_associations, require_rights
from cvops_simulator.commvault.body_values import DELETE, OVERWRITE, parse_operation
from cvops_simulator.commvault.envelopes import invalid, make_success_r
from cvops_simulator.commvault.model import OWNER, Grant
from cvops_simulator.commvault.rights import MASTER_ROLE
from cvops_simulator.commvault.routing import Call, Routes


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("POST", "Security", _write, envelope="R")


def _write(call: Call) -> dict[str, Any]:
    data = call.body()
    block = data.get("entityAssociated")
    rows = block.get("entity") if isinstance(block, dict) else block
    if not isinstance(rows, list) or not rows:
        raise invalid("entityAssociated.entity is missing")
    entities = list(dict.fromkeys(parse_entity(call, row) for row in rows))
    security = data.get("securityAssociations")
    if not isinstance(security, dict):
        raise invalid("securityAssociations is missing")
    kind = parse_operation(call, security.get("associationsOperationType"), OVERWRITE)
    grants = parse_entity_associations(call, security.get("associations"), entities)
    owners = _list_owner_changes(call, security.get("ownerAssociations"), entities)
    require_rights(call, grants, entities)
    scope = [grant for entity in entities for grant in call.state.grants.of_entity(*entity)]
    change_grants(call, kind, grants, scope)
    for grant, wanted in owners:
        (call.state.grants.add if wanted else call.state.grants.remove)(grant)
    return make_success_r()


def _list_owner_changes(call: Call, block: Any, entities: list[tuple[int, int]]) -> list[tuple[Grant, bool]]:
    """Return owner grants to add (True) or remove.

    A block without `owners` changes nothing, whatever its operation is.
    """
    if not isinstance(block, dict) or not block.get("owners"):
        return []
    kind = parse_operation(call, block.get("ownersOperationType"), OVERWRITE)
    principals = [parse_principal(call, row) for row in block["owners"]]
    role_id = next((role.id for role in call.state.roles.named("Client Admins")), MASTER_ROLE)
    changes = []
    if kind == OVERWRITE:
        old = [grant for entity in entities for grant in call.state.grants.of_entity(*entity) if grant.kind == OWNER]
        changes += [(grant, False) for grant in old]
    for entity in entities:
        changes += [(Grant(*item, role_id, *entity, kind=OWNER), kind != DELETE) for item in principals]
    return changes
