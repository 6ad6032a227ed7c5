# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What must hold before the first write: links to Entra groups, object ids where they matter, limits and guards."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ..._commvault.catalogue import Catalogue
from ..._commvault.security.administrators import MASTER_ROLE
from ..._commvault.security.break_glass import find_kept_user_ids
from ..._commvault.security.grants import Principal
from ..._core.context import Context
from ..._core.names import fold_case
from ..._core.risks import require_accepted_risk
from .canonical import MappedPrincipal, Names, PlannedGrant, PrincipalReference, Resolved, RoleReference
from .parse import Problem, make_problem
from .read import UnmanagedGroup

#: So many grants are named in a refusal.
_TOLD = 5


@dataclass(frozen=True)
class BreakGlass:
    """Names of accounts that are kept for the day when nothing else works: users of Commvault, and Entra groups."""

    users: t.Sequence[str] = ()
    entra_groups: t.Sequence[str] = ()


def plan_links(
    resolved: Resolved, read_linked_object_id: t.Callable[[int], str | None], may_link: bool
) -> tuple[dict[PrincipalReference, str | None], list[Problem]]:
    """Return the user groups to link, with the object ids of their Entra groups, and a problem for each that is linked to another one.

    An object id is None while the Entra group is pending. A group whose Entra group is gone is left as it is.
    """
    links: dict[PrincipalReference, str | None] = {}
    problems: list[Problem] = []
    for reference, principal in resolved.principals.items():
        group = principal.entra_group
        if group is None:
            continue
        linked = read_linked_object_id(reference.id) if isinstance(reference, Principal) else None
        if linked is None:
            if may_link and (group.object_id is not None or group.is_pending):
                links[reference] = group.object_id
        elif group.object_id is not None and linked != group.object_id:
            if principal.relink:
                links[reference] = group.object_id
            else:
                problems.append(_describe_recreation(principal, linked))
    return links, problems


def _describe_recreation(principal: MappedPrincipal, linked: str) -> Problem:
    return make_problem(
        principal.where,
        f"the Commvault group {principal.name} is linked to Entra object {linked}, the mapping means "
        f"{principal.object_id}: the Entra group was re-created, or another group has its name. If the new one is "
        "right, set relink: true",
        "recreated",
    )


def find_missing_object_ids(
    resolved: Resolved, rule: str, is_privileged: t.Callable[[RoleReference], bool]
) -> list[Problem]:
    """Return a problem for each Entra group that is known by name alone and gets a right for which *rule* demands the object id.

    Anybody who may create groups can take a name. *rule*: ``privileged``, ``all`` or ``none``. *is_privileged* may read a role, so it
    is asked last.
    """
    if rule == "none":
        return []
    granted: dict[PrincipalReference, list[PlannedGrant]] = {}
    for grant in sorted(resolved.present):
        granted.setdefault(grant.principal, []).append(grant)
    problems: list[Problem] = []
    for reference, principal in resolved.principals.items():
        group = principal.entra_group
        if group is None or group.is_given_by_id or group.object_id is None:
            continue
        grants = granted.get(reference, [])
        unsafe = next((grant for grant in grants if rule == "all" or _is_privileged_grant(grant, is_privileged)), None)
        if unsafe is not None:
            told = resolved.names.describe_role_on_entity(unsafe)
            message = f"{told} needs principal.entra_group.object_id: names of Entra groups are not unique (require_object_id: {rule})"
            problems.append(make_problem(principal.where, message))
    return problems


def _is_privileged_grant(grant: PlannedGrant, is_privileged: t.Callable[[RoleReference], bool]) -> bool:
    if grant.entity.kind in ("commcell", "company") or grant.role == MASTER_ROLE:
        return True
    return is_privileged(grant.role)


def check_own_rights(
    ctx: Context,
    removed: t.Collection[PlannedGrant],
    list_own: t.Callable[[], t.Collection[PrincipalReference]],
    names: Names,
) -> None:
    """Raise GuardRefused when the identity that runs this would lose rights; *list_own*: its principals."""
    own = [grant for grant in sorted(removed) if grant.principal in list_own()] if removed else []
    if own:
        _require_accepted_risk(
            ctx, "own_rights", f"The signed-in user would lose its own rights: {_list_grants(own, names)}."
        )


def check_last_admin(
    ctx: Context,
    removed: t.Collection[PlannedGrant],
    count_left_after: t.Callable[[t.Collection[PlannedGrant]], int],
) -> None:
    """Raise GuardRefused when nobody who can sign in without Entra ID would administer the CommCell afterwards."""
    administrative = [grant for grant in removed if grant.entity.kind == "commcell" and grant.role == MASTER_ROLE]
    if administrative and count_left_after(administrative) == 0:
        _require_accepted_risk(
            ctx,
            "last_admin",
            "No enabled local user would be left who administers the CommCell and can sign in without Entra ID.",
        )


def check_first_managed_run(ctx: Context, stripped: t.Sequence[UnmanagedGroup]) -> None:
    """Raise GuardRefused, with the name of each, when groups would lose everything because no entry names them."""
    if stripped:
        told = ", ".join(f"{group.name} ({len(group.grants)})" for group in stripped)
        _require_accepted_risk(
            ctx,
            "first_managed_run",
            f"{len(stripped)} group{'s' * (len(stripped) > 1)} of managed_groups without an entry would lose all "
            f"grants (number of grants in parentheses): {told}.",
        )


def check_break_glass(
    ctx: Context,
    removed: t.Collection[PlannedGrant],
    resolved: Resolved,
    kept: BreakGlass,
    list_users: t.Callable[[], Catalogue],
) -> None:
    """Raise GuardRefused when accounts that are kept for the day when nothing else works would lose rights.

    A user of the list is that of the task's own level or of the CommCell: a namesake in another company is somebody else.
    """
    groups = {fold_case(name) for name in kept.entra_groups}
    find_users = functools.lru_cache(lambda: find_kept_user_ids(ctx, list_users(), kept.users))

    def is_kept(principal: MappedPrincipal) -> bool:
        if principal.reference.kind == "user":
            return (
                bool(kept.users)
                and isinstance(principal.reference, Principal)
                and principal.reference.id in find_users()
            )
        group = principal.entra_group
        # A user group without a link may be fed by the name of its Entra group.
        names = (principal.name, *((group.display_name, group.object_id) if group else ()))
        return not groups.isdisjoint(fold_case(name) for name in names if name)

    losing = [grant for grant in sorted(removed) if is_kept(resolved.principals[grant.principal])]
    if losing:
        told = _list_grants(losing, resolved.names)
        _require_accepted_risk(ctx, "break_glass", f"A break-glass account would lose rights: {told}.")


def _require_accepted_risk(ctx: Context, risk: str, danger: str) -> None:
    """Raise GuardRefused unless the caller accepted *risk*; it names the variables, too, since most do so through a role or playbook."""
    require_accepted_risk(ctx, risk, danger, prefixes=("role_mappings", "revert"))


def _list_grants(grants: t.Sequence[PlannedGrant], names: Names) -> str:
    return "; ".join(names.describe_grant(grant) for grant in grants[:_TOLD])
