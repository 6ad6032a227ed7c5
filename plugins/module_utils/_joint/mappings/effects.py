# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a plan makes of the access of each principal: what it gets, loses and keeps, and the Entra group whose members have that. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.security.grants import Association, Entity
from .canonical import MappedPrincipal, Pending, PlannedGrant, PrincipalReference, Resolved, RoleReference
from .changes import ChangeWriter
from .drift import Drift
from .plan import Schedule
from .read import Current

Row: t.TypeAlias = dict[str, t.Any]


def describe_effects(resolved: Resolved, current: Current, drift: Drift, schedule: Schedule) -> list[Row]:
    """Return a row for each principal that holds something, gets it or loses it, as results have them.

    ``added``, ``removed`` and ``kept``: rights in words by ``id``, which is that of role and entity on this CommCell; what is left for another
    run counts as not done. ``complete``: whether all that the principal holds is known.
    """
    added, removed = _group(schedule.list_grants("add")), _group(schedule.list_grants("remove"))
    held = _group({*current.grants, *drift.list_unmanaged_grants()})
    satisfied = _group(current.list_satisfied())
    other: dict[PrincipalReference, list[Association]] = {}
    for association in drift.other:
        other.setdefault(association.principal, []).append(association)
    writer = ChangeWriter(resolved)
    rows: list[Row] = []
    for reference, principal in resolved.principals.items():
        gets, loses = added.get(reference, set()), removed.get(reference, set())
        rights = {
            "added": _describe_grants(gets, writer),
            "removed": _describe_grants(loses, writer),
            "kept": {
                **_describe_other(other.get(reference, ()), writer),
                **_describe_grants(satisfied.get(reference, set()), writer, current.kinds),
                **_describe_grants(held.get(reference, set()) - loses - gets, writer),
            },
        }
        if any(rights.values()):
            told = {name: _list_rights(found) for name, found in rights.items()}
            complete = drift.surplus is not None or not principal.exists
            rows.append({**_describe_principal(principal), **told, "complete": complete})
    return sorted(rows, key=lambda row: (row["principal_kind"], row["principal"]))


def _group(grants: t.Iterable[PlannedGrant]) -> dict[PrincipalReference, set[PlannedGrant]]:
    found: dict[PrincipalReference, set[PlannedGrant]] = {}
    for grant in grants:
        found.setdefault(grant.principal, set()).add(grant)
    return found


def _describe_principal(principal: MappedPrincipal) -> Row:
    group = principal.entra_group
    return {
        "principal": principal.label,
        "principal_kind": principal.reference.kind,
        "entra_group": {"object_id": group.object_id, "name": group.display_name} if group else None,
    }


def _describe_grants(
    grants: t.Iterable[PlannedGrant], writer: ChangeWriter, kinds: t.Mapping[PlannedGrant, str] | None = None
) -> dict[str, str]:
    """Return grants in words, with how they are held where *kinds* is given."""
    return {
        _identify(grant.role, grant.entity): f"{writer.describe_right(grant.role, grant.entity)}"
        + (f" ({kinds[grant]})" if kinds else "")
        for grant in grants
    }


def _describe_other(associations: t.Iterable[Association], writer: ChangeWriter) -> dict[str, str]:
    """Return what is held in a way that no mapping manages."""
    found = {}
    for row in associations:
        what = row.role_name or ("single permissions" if row.role_id is None else str(row.role_id))
        where = writer.name_entity(row.entity, row.entity_name)
        found[_identify(row.role_id or _identify_permissions(row), row.entity)] = (
            f"{what} on {where} ({row.grant_kind})"
        )
    return found


def _identify_permissions(row: Association) -> str:
    """Return what is the same for the same single permissions; those that are not told are the same as nobody else's."""
    told = " ".join(map(str, row.permission_ids)) or f"of {row.principal.kind} {row.principal.id}"
    return f"permissions {told}"


def _identify(right: RoleReference | str, entity: Entity) -> str:
    """Return what is the same for the same right on the same entity, whoever holds it; *right*: a role, or what identifies single permissions."""
    return f"{f'new {right.name}' if isinstance(right, Pending) else right}, {entity.kind} {entity.id}"


def _list_rights(rights: t.Mapping[str, str]) -> list[Row]:
    return [{"id": key, "text": text} for key, text in sorted(rights.items(), key=lambda item: (item[1], item[0]))]
