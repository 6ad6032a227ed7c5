# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Counts of the groups of users. Microsoft Learn: a SAML token that would carry more than 150 groups carries none."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.context import Context
from ..._core.errors import Forbidden
from ..._core.names import fold_case
from ..._core.redact import redact_text
from ..._entra.claims.group_claim import ROLES_CLAIM, SAML_LIMIT, GroupClaim, count_emitted_groups
from ..._entra.claims.read import ClaimReader, GroupMember, SsoApplication
from .facts import CountedUser, MappedGroup

#: The group claim that is assumed while the application is not known: what most applications emit.
_USUAL_CLAIM = GroupClaim(frozenset({"SecurityGroup"}))


@dataclass(frozen=True)
class GroupCounts:
    """Users with their counts. ``unchecked``: how many members were left out; ``explanation``: why none could be counted, else empty."""

    users: tuple[CountedUser, ...] = ()
    unchecked: int = 0
    explanation: str = ""


def count_groups_of_users(
    ctx: Context,
    claims: ClaimReader,
    application: SsoApplication | None,
    found: t.Sequence[MappedGroup],
    groups_claim: str | None = None,
) -> GroupCounts:
    """Count the groups of the sample users, then of enabled members of the mapped groups up to option user_limit.

    Members are not counted where no more than 150 groups can be emitted. Where the identity may not read users (HTTP 403),
    ``explanation`` says so; any other error is raised. *groups_claim*: the claim that Commvault reads; app roles have no limit.
    """
    claim = application.claim if application else _USUAL_CLAIM
    if groups_claim == ROLES_CLAIM and not claim.as_roles:
        claim = GroupClaim()
    assigned = (application.principal.assigned if application and application.principal else None) or {}
    harmless = not claim.scopes or (claim.assigned_only and len(assigned) <= SAML_LIMIT)
    members = _list_enabled_members(found)
    try:
        sample, unknown = _find_sample_users(ctx, claims)
        asked_for = {member.object_id for member in sample}
        others = [member for member in members if member.object_id not in asked_for]
        chosen = [] if harmless else others[: max(0, ctx.options["user_limit"])]
        groups = claims.list_groups_of_users([member.object_id for member in (*sample, *chosen)])
    except Forbidden as exc:
        return GroupCounts((), len(members), redact_text(str(exc), ctx.secrets))
    counts = {object_id: count_emitted_groups(claim, rows, assigned) for object_id, rows in groups.items()}
    known = [
        CountedUser(
            member,
            counts[member.object_id].most,
            member.object_id in asked_for,
            counts[member.object_id].least,
            frozenset(group.object_id for group in groups[member.object_id]),
        )
        for member in (*sample, *chosen)
    ]
    return GroupCounts((*known, *unknown), 0 if harmless else len(others) - len(chosen))


def _find_sample_users(ctx: Context, claims: ClaimReader) -> tuple[list[GroupMember], list[CountedUser]]:
    names = ctx.options.get("sample_users") or []
    found = sorted(claims.find_users(names), key=_order_member)
    there = {fold_case(str(member.name)) for member in found}
    missing = sorted({name for name in names if fold_case(name) not in there})
    return found, [CountedUser(GroupMember("", name), None, True) for name in missing]


def _list_enabled_members(found: t.Sequence[MappedGroup]) -> list[GroupMember]:
    everyone = {member for item in found if item.members for member in item.members.direct | item.members.inherited}
    able = {member.object_id: member for member in everyone if member.enabled is not False}
    return sorted(able.values(), key=_order_member)


def _order_member(member: GroupMember) -> tuple[str, str]:
    return fold_case(member.name or ""), member.object_id
