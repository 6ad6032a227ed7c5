# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Counts the groups of people: a token that would carry more than 150 carries none. As many people as the task allows."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.context import Context
from ..._core.errors import Forbidden
from ..._core.names import fold_case
from ..._entra.claims.group_claim import SAML_LIMIT, GroupClaim, count_emitted_groups
from ..._entra.claims.read import ClaimReader, GroupMember, SsoApplication
from .facts import Mapped, Person

#: Assumed while the application is not known: what most applications emit.
_USUAL = GroupClaim(frozenset({"SecurityGroup"}))


@dataclass(frozen=True)
class Counted:
    """``unchecked``: how many members were left out; ``explanation``: why nobody could be counted, else empty."""

    people: tuple[Person, ...] = ()
    unchecked: int = 0
    explanation: str = ""


def count_people(
    ctx: Context, claims: ClaimReader, application: SsoApplication | None, found: t.Sequence[Mapped]
) -> Counted:
    """The sample users, then enabled members of the mapped groups up to ``user_limit``.

    Nobody needs to be counted where no more than 150 groups can be emitted. An identity that may not read users loses this
    check and nothing else.
    """
    claim = application.claim if application else _USUAL
    assigned = (application.principal.assigned if application and application.principal else None) or {}
    harmless = not claim.scopes or (claim.assigned_only and len(assigned) <= SAML_LIMIT)
    members = _members(found)
    try:
        sample, unknown = _sample(ctx, claims)
        asked_for = {member.object_id for member in sample}
        others = [member for member in members if member.object_id not in asked_for]
        chosen = [] if harmless else others[: max(0, ctx.options["user_limit"])]
        groups = claims.list_groups_of_users([member.object_id for member in (*sample, *chosen)])
    except Forbidden as exc:
        return Counted((), len(members), str(exc))
    counts = {object_id: count_emitted_groups(claim, rows, assigned) for object_id, rows in groups.items()}
    known = [Person(member, counts[member.object_id], True) for member in sample]
    known += [Person(member, counts[member.object_id]) for member in chosen]
    return Counted((*known, *unknown), 0 if harmless else len(others) - len(chosen))


def _sample(ctx: Context, claims: ClaimReader) -> tuple[list[GroupMember], list[Person]]:
    names = ctx.options.get("sample_users") or []
    found = sorted(claims.find_users(names), key=_order)
    there = {fold_case(str(member.name)) for member in found}
    missing = sorted({name for name in names if fold_case(name) not in there})
    return found, [Person(GroupMember("", name), None, True) for name in missing]


def _members(found: t.Sequence[Mapped]) -> list[GroupMember]:
    everyone = {member for item in found if item.members for member in item.members.direct | item.members.inherited}
    able = {member.object_id: member for member in everyone if member.enabled is not False}
    return sorted(able.values(), key=_order)


def _order(member: GroupMember) -> tuple[str, str]:
    return fold_case(member.name or ""), member.object_id
