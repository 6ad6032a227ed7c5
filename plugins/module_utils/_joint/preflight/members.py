# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of the members of a mapped group: none, disabled ones, nesting, assignments, namesakes of the group. Pure."""

from __future__ import annotations

import typing as t

from ..._entra.claims.group_claim import DirectoryGroup, Emission
from ..._entra.claims.read import GroupMembers
from .facts import BROKEN, UNKNOWN, WARNING, Finding, MappedGroup, PreflightFacts

_NAMES_SHOWN = 5

Findings = t.Iterator[Finding]


def check_members(
    facts: PreflightFacts, mapped: MappedGroup, entra: DirectoryGroup, emitted: Emission | None
) -> Findings:
    """Yield the findings about the members of one mapped group. *emitted* is None while the application is not known."""
    yield from _check_namesakes(mapped, emitted)
    principal = facts.application.principal if facts.application else None
    required = principal is not None and principal.assignment_required
    if required and not entra.assigned and emitted is not None and emitted.values:
        yield Finding(
            "assignment",
            WARNING,
            "sign-in needs an assignment, and the group has none: members without another assignment cannot sign in",
            "assign the group to the application",
        )
    members = mapped.members
    if members is None:
        return
    if not members.direct and not members.inherited:
        yield Finding("no_members", WARNING, "the group has no members", "add members, or remove the entry")
    yield from _check_nesting(facts, members, required, emitted)
    yield from _check_disabled_members(members)


def _check_namesakes(mapped: MappedGroup, emitted: Emission | None) -> Findings:
    if mapped.namesakes and emitted is not None and emitted.form == "display_name":
        yield Finding(
            "twin",
            WARNING,
            f"other Entra groups have the same name ({', '.join(sorted(mapped.namesakes))}); their members get the same access",
            "rename them, or let the application emit object ids (and use match_by azure_guid)",
        )


def _check_disabled_members(members: GroupMembers) -> Findings:
    everyone = members.direct | members.inherited
    names = sorted(str(item.name or item.object_id) for item in everyone if item.enabled is False)
    unread = sum(1 for item in everyone if item.enabled is None)
    if names:
        shown = ", ".join(names[:_NAMES_SHOWN]) + (", …" if len(names) > _NAMES_SHOWN else "")
        more = f"; for {unread} more this cannot be read" if unread else ""
        reason = f"{len(names)} of {len(everyone)} members are disabled and cannot sign in: {shown}{more}"
        yield Finding("disabled_members", WARNING, reason, "remove them from the group")
    elif unread:
        reason = f"this identity is not allowed to read whether {unread} of {len(everyone)} members are disabled"
        yield Finding("disabled_members", UNKNOWN, reason, "give this identity User.Read.All")


def _check_nesting(facts: PreflightFacts, members: GroupMembers, required: bool, emitted: Emission | None) -> Findings:
    """Yield a finding about nested members. Microsoft Learn: assignments and app roles do not follow nesting, groups in tokens do."""
    if not members.nested or facts.application is None or emitted is None or not emitted.values:
        return
    if not (facts.application.claim.assigned_only or required or emitted.form == "app_role"):
        return
    nobody = not members.direct and bool(members.inherited)
    inner = ", ".join(members.nested)
    yield Finding(
        "nested",
        BROKEN if nobody else WARNING,
        f"assignments do not follow nesting: {len(members.inherited)} members that are only in {inner} get nothing",
        "put people directly into the group, or assign and map the inner groups",
    )
