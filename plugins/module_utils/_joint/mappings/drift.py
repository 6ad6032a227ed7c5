# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Access that outlives its line in the document: what mapped principals hold beyond it, and managed groups without an entry. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._commvault.security.grants import Association
from ..._core.errors import DriftFound
from .canonical import Names, PlannedGrant, PrincipalReference
from .read import UnmanagedGroup

#: In place of a list that cannot be told.
UNKNOWN: t.Literal["unknown"] = "unknown"
#: So many of a kind are named in a warning; a failure names all.
_TOLD = 5


@dataclass(frozen=True)
class Drift:
    """What is held beyond the mapping before the run; None for what the release does not tell.

    ``other``: rows of the mapping's principals, and of managed groups without an entry, that give a right and that no mapping can
    take away. ``leaving``: grants beyond the mapping that go with a role which the run deletes.
    """

    surplus: frozenset[PlannedGrant] | None = frozenset()
    unmanaged: tuple[UnmanagedGroup, ...] | None = ()
    other: tuple[Association, ...] = ()
    leaving: frozenset[PlannedGrant] = frozenset()

    def note_deleted_roles(self, role_ids: t.Collection[int]) -> Drift:
        """Return the same drift for a run that deletes these roles."""
        held = (self.surplus or frozenset()) | self.list_unmanaged_grants()
        return replace(self, leaving=frozenset(grant for grant in held if grant.role in role_ids))

    def list_unmanaged_grants(self) -> frozenset[PlannedGrant]:
        """Return all grants of the unmanaged groups."""
        return frozenset(grant for group in self.unmanaged or () for grant in group.grants)

    def list_stripped_groups(self, removed: t.Collection[PlannedGrant]) -> list[UnmanagedGroup]:
        """Return the unmanaged groups that lose everything when the grants *removed* go, by name."""
        gone = frozenset(removed)
        return sorted((group for group in self.unmanaged or () if group.grants <= gone), key=lambda group: group.name)


def find_surplus(
    present: t.Collection[PlannedGrant],
    current: t.Collection[PlannedGrant],
    mapped: t.Collection[PrincipalReference],
) -> frozenset[PlannedGrant]:
    """Return what the principals *mapped* hold explicitly and the mapping does not want."""
    own = frozenset(mapped)
    return frozenset(grant for grant in current if grant.principal in own).difference(present)


def describe_drift(
    drift: Drift, removed: t.Collection[PlannedGrant], names: Names, told: int | None = _TOLD
) -> list[str]:
    """Return in sentences what stays beyond the mapping when the grants *removed* are gone, or may stay because nobody knows; at most *told* names each."""
    gone, sentences = drift.leaving.union(removed), []
    if drift.surplus is None:
        sentences.append(
            "It is unknown whether the principals of the mapping hold more than the mapping names: this release of "
            "Commvault, or this account, does not list all grants of a user or group"
        )
    staying = sorted(drift.surplus - gone) if drift.surplus else []
    if staying:
        sentences.append(
            f"{_count(len(staying), 'grant')} beyond the mapping {_verb(len(staying), 'remains', 'remain')}:"
            f" {_list([names.describe_grant(grant) for grant in staying], told)}"
        )
    if drift.unmanaged is None:
        sentences.append(
            "It is unknown which managed groups hold grants without an entry: this release of Commvault, or this "
            "account, does not show all that a group holds, or to which company it belongs"
        )
    groups = [group for group in drift.unmanaged or () if not group.grants <= gone]
    if groups:
        held = [f"{group.name} ({_count(len(group.grants - gone), 'grant')})" for group in groups]
        sentences.append(
            f"{_count(len(groups), 'managed group')} without an entry {_verb(len(groups), 'holds', 'hold')} grants: {_list(held, told)}"
        )
    return sentences


def build_drift_error(drift: Drift, removed: t.Collection[PlannedGrant], names: Names) -> DriftFound | None:
    """Return the failure for access beyond the mapping that stays, or may stay; None where everything is as the document says."""
    sentences = describe_drift(drift, removed, names, None)
    if not sentences:
        return None
    return DriftFound(
        f"{'. '.join(sentences)}. fail_on_drift makes this a failure: add what is right to the mapping, or remove "
        "the rest with exclusive: principals or managed."
    )


def show_surplus(
    drift: Drift, removed: t.Collection[PlannedGrant], names: Names
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Return what a diff shows of access beyond the mapping, before and after *removed* are gone; keys without anything are left out."""
    gone = drift.leaving.union(removed)
    before: dict[str, t.Any] = {}
    after: dict[str, t.Any] = {}
    for shown, left_out in ((before, frozenset()), (after, gone)):
        surplus = None if drift.surplus is None else drift.surplus - left_out
        if surplus is None or surplus:
            shown["surplus"] = UNKNOWN if surplus is None else sorted(map(names.describe_grant, surplus))
        unmanaged = None if drift.unmanaged is None else [g for g in drift.unmanaged if not g.grants <= left_out]
        if unmanaged is None or unmanaged:
            shown["unmanaged"] = UNKNOWN if unmanaged is None else sorted(group.name for group in unmanaged)
    return before, after


def show_unmanaged(
    drift: Drift, removed: t.Collection[PlannedGrant], names: Names
) -> list[dict[str, t.Any]] | t.Literal["unknown"]:
    """Return the unmanaged groups as results have them: name, number of grants, the grants in words, whether this run takes all of them."""
    if drift.unmanaged is None:
        return UNKNOWN
    gone = drift.leaving.union(removed)
    return [
        {
            "user_group": group.name,
            "grants": len(group.grants),
            "held": [names.describe_role_on_entity(grant) for grant in sorted(group.grants)],
            "removed": group.grants <= gone,
        }
        for group in drift.unmanaged
    ]


def show_other(drift: Drift, names: Names) -> list[dict[str, t.Any]]:
    """Return the rows that no mapping manages as results have them."""
    rows = [
        {
            "principal": names.principals.get(row.principal, row.principal_name or str(row.principal.id)),
            "principal_kind": row.principal.kind,
            "role": row.role_name or (str(row.role_id) if row.role_id else None),
            "entity_type": row.entity.kind,
            "entity": row.entity_name or str(row.entity.id),
            "grant_kind": row.grant_kind,
        }
        for row in drift.other
    ]
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _list(items: t.Sequence[str], told: int | None) -> str:
    shown = items if told is None else items[:told]
    more = f" and {len(items) - len(shown)} more" if len(items) > len(shown) else ""
    return f"{'; '.join(shown)}{more}"
