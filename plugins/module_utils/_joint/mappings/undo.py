# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What undoing a request of a mapping takes, for the record of the run. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL
from .canonical import Pending, PlannedGrant, PrincipalReference, Resolved, RoleReference
from .plan import ChangeGrants, CreateGroup, Request

#: Returns the id of a principal or a role, None for one that is not created yet.
FindId: t.TypeAlias = t.Callable[[PrincipalReference], int | None]
FindRoleId: t.TypeAlias = t.Callable[[RoleReference], int | None]


def describe_request_undo(
    request: Request, resolved: Resolved, linked: t.Mapping[str, t.Any], find_id: FindId, find_role_id: FindRoleId
) -> dict[str, t.Any]:
    """Return what the record keeps of *request*, see ``UndoableResource``; *linked*: ``user_groups`` of the plan's form before."""
    if isinstance(request, ChangeGrants):
        grants = [_describe_grant(grant, resolved, find_id, find_role_id) for grant in request.batch.grants]
        is_added = request.operation == "add"
        return {"kind": "grants", "added": grants if is_added else [], "removed": [] if is_added else grants}
    principal = resolved.principals[request.principal]
    about = {
        "kind": "user_group",
        "id": find_id(request.principal),
        "name": principal.name,
        "company": principal.company or COMMCELL_LEVEL,
    }
    if isinstance(request, CreateGroup):
        return {**about, "before": None, "after": {}}
    before = None
    if not isinstance(request.principal, Pending):
        before = (linked.get(principal.label) or {}).get("entra_group_id")
    return {**about, "before": {"entra_group_id": before}, "after": {"entra_group_id": request.object_id}}


def _describe_grant(
    grant: PlannedGrant, resolved: Resolved, find_id: FindId, find_role_id: FindRoleId
) -> dict[str, t.Any]:
    principal = resolved.principals[grant.principal]
    return {
        "principal": {"kind": grant.principal.kind, "id": find_id(grant.principal), "name": principal.name},
        "role": {"id": find_role_id(grant.role), "name": resolved.names.show_role(grant.role)},
        "entity": {"kind": grant.entity.kind, "id": grant.entity.id},
    }
