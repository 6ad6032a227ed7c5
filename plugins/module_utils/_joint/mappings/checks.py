# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What must hold before the first write: anchors, object ids where they matter, limits and guards."""

from __future__ import annotations

import functools
import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue
from ..._commvault.security.grants import Grant, Principal
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, GuardRefused
from ..._core.names import fold_case
from ..._core.risks import require_accepted_risk
from .parse import Problem
from .resolve import MASTER_ROLE, Holder, Resolved


def check_anchors(
    resolved: Resolved, anchor_of: t.Callable[[int], str | None], link: bool
) -> tuple[set[Principal], list[Problem]]:
    """User groups to link to their Entra groups, and those that are linked to another object: somebody re-created the group."""
    links: set[Principal] = set()
    problems: list[Problem] = []
    for principal, holder in resolved.holders.items():
        if not holder.entra:
            continue
        has = anchor_of(principal.id) if holder.exists else None
        if has is None:
            links |= {principal} if link else set()
        elif holder.anchor is not None and has != holder.anchor:
            if holder.relink:
                links.add(principal)
            else:
                problems.append(_recreated(holder, has))
    return links, problems


def _recreated(holder: Holder, has: str) -> Problem:
    message = (
        f"the Commvault group {holder.name} is linked to Entra object {has}, the mapping means {holder.anchor}: the Entra group was re-created, or another one"
        " has its name. If the new one is right, set relink: true"
    )
    return {"kind": "recreated", "where": holder.where, "message": message}


def check_object_ids(
    resolved: Resolved,
    given: t.Collection[str],
    rule: str,
    is_privileged: t.Callable[[int], bool],
    pending: t.Callable[[Holder], bool],
) -> list[Problem]:
    """Grants that weigh much must not hang on a name that anybody who may create groups can take.

    *given*: places of the entries that carry an object id. *is_privileged* may read a role, so it is asked last.
    """
    if rule == "none":
        return []
    problems: list[Problem] = []
    for principal, holder in resolved.holders.items():
        if not holder.entra or holder.where in given or pending(holder):
            continue
        grants = sorted(grant for grant in resolved.present if grant.principal == principal)
        heavy = next((grant for grant in grants if rule == "all" or _weighs(grant, is_privileged)), None)
        if heavy is not None:
            role = resolved.role_names.get(heavy.role_id, heavy.role_id)
            where = f"{heavy.entity.kind} {resolved.entity_names.get(heavy.entity, heavy.entity.id)}"
            message = f"{role} on {where} needs principal.entra_group.object_id: names of Entra groups are not unique (require_object_id: {rule})"
            problems.append({"kind": "config", "where": holder.where, "message": message})
    return problems


def _weighs(grant: Grant, is_privileged: t.Callable[[int], bool]) -> bool:
    return (
        grant.entity.kind in ("commcell", "company")
        or grant.role_id == MASTER_ROLE
        or (grant.role_id > 0 and is_privileged(grant.role_id))
    )


def check_removals(ctx: Context, removed: t.Collection[Grant], label: t.Callable[[Grant], str]) -> None:
    """A mapping that lost its contents by mistake must not strip a company. Raises GuardRefused."""
    limit = ctx.options["max_removals"]
    if len(removed) > limit:
        some = "; ".join(label(grant) for grant in sorted(removed)[:5])
        raise GuardRefused(
            f"{len(removed)} grants would be removed, more than max_removals {limit}: {some}{' …' if len(removed) > 5 else ''}."
            " If the mapping is right, raise max_removals.",
            removals=len(removed),
        )


def check_own_rights(
    ctx: Context,
    removed: t.Collection[Grant],
    own: t.Callable[[], t.Collection[Principal]],
    label: t.Callable[[Grant], str],
) -> None:
    """Refuse to take rights from the identity that runs this. Raises GuardRefused."""
    mine = [grant for grant in sorted(removed) if grant.principal in own()] if removed else []
    if mine:
        require_accepted_risk(
            ctx,
            "own_rights",
            f"The signed-in user would lose rights of its own: {'; '.join(label(grant) for grant in mine[:5])}.",
        )


def check_last_admin(
    ctx: Context, removed: t.Collection[Grant], remaining_admins: t.Callable[[t.Collection[Grant]], int]
) -> None:
    """Somebody who can sign in without Entra ID must still administer the CommCell afterwards. Raises GuardRefused."""
    weighty = [grant for grant in removed if grant.entity.kind == "commcell" and grant.role_id == MASTER_ROLE]
    if weighty and remaining_admins(weighty) == 0:
        require_accepted_risk(
            ctx,
            "last_admin",
            "No enabled local user would be left who administers the CommCell and can sign in without Entra ID.",
        )


def check_break_glass(
    ctx: Context,
    removed: t.Collection[Grant],
    resolved: Resolved,
    label: t.Callable[[Grant], str],
    users: t.Callable[[], Catalogue],
) -> None:
    """Accounts that are kept for the day when nothing else works keep their rights. Raises GuardRefused.

    A user of the list is that of the task's own level or of the CommCell: a namesake in another company is somebody else.
    """
    listed = ctx.options["break_glass"] or {}
    names = [str(name) for name in listed.get("commvault_users") or ()]
    groups = {fold_case(str(name)) for name in listed.get("entra_groups") or ()}
    kept = functools.lru_cache(lambda: _ids_of(ctx, users(), names))

    def is_kept(holder: Holder) -> bool:
        if holder.principal.kind == "user":
            return bool(names) and holder.principal.id in kept()
        own = {fold_case(name) for name in (holder.name, holder.entra_name, holder.anchor) if name}
        return holder.entra and bool(own & groups)

    losing = [grant for grant in sorted(removed) if is_kept(resolved.holders[grant.principal])]
    if losing:
        require_accepted_risk(
            ctx,
            "break_glass",
            f"A break-glass account would lose rights: {'; '.join(label(grant) for grant in losing[:5])}.",
        )


def _ids_of(ctx: Context, users: Catalogue, names: t.Iterable[str]) -> frozenset[int]:
    """The ids of all users of these names; of a name that nobody has, a warning tells that it protects nobody."""
    found: set[int] = set()
    for name in names:
        own: set[int] = set()
        for company in (None, COMMCELL_LEVEL):
            try:
                entry = users.get(name, company)
                own |= {entry.id} if entry else set()
            except AmbiguousMatch as exc:
                own |= {int(number) for number in exc.facts["candidates"]}
        if not own:
            ctx.warn(
                f"break_glass.commvault_users: no Commvault user is named {name!r}, so that the name protects nobody"
            )
        found |= own
    return frozenset(found)
