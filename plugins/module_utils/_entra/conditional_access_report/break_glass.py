# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings about the accounts for emergencies: left out of policies, able to sign in, and used. Pure."""

from __future__ import annotations

import typing as t

from ..._core.values import format_time
from ..conditional_access.canonical import Policy
from ..conditional_access.evaluation import Applies, is_for_people, judge_conditions
from ..conditional_access.fields import Refers
from ..conditional_access.guard import is_in_force
from .accounts import Account, BreakGlass
from .rows import Row, build_finding, describe_policies

_EXCLUDE = "Exclude it through a group that only role administrators can change."


def find_break_glass(policies: t.Sequence[Policy], glass: BreakGlass) -> t.Iterator[Row]:
    """Yield the findings about each account: policies that do not leave it out, disabled, never used, last used."""
    for name in sorted(glass.empty_groups):
        key = min(key for key, known in glass.groups.items() if known == name)
        yield build_finding(
            "break_glass_disabled",
            "error",
            f"The break-glass group {name} has no members.",
            "Add the accounts for emergencies to it.",
            subject={"type": Refers.GROUP.value, "id": key, "name": name},
        )
    for account in glass.accounts:
        yield from _find_policies(policies, account)
        yield from _find_state(account)


def _find_policies(policies: t.Iterable[Policy], account: Account) -> t.Iterator[Row]:
    """Yield one finding for the policies that are for the account, and one for those that may be."""
    found: dict[tuple[Applies, bool], list[Policy]] = {}
    for policy in policies:
        if policy.state == "disabled" or not is_for_people(policy.form):
            continue
        applies = judge_conditions(policy.form, account.build_sign_in(), {})["users"]
        if applies is not Applies.NO:
            found.setdefault((applies, is_in_force(policy.state)), []).append(policy)
    for (applies, in_force), named in sorted(found.items(), reverse=True):
        certain = applies is Applies.YES
        yield build_finding(
            "break_glass_not_excluded",
            ("error" if certain else "warning") if in_force else "info",
            f"{describe_policies(named)} {'does not leave out' if certain else 'may not leave out'} the break-glass account"
            f" {account.name}{'' if in_force else ', once it is in force'}.",
            _EXCLUDE,
            named,
            _build_subject(account),
            certain=certain,
            in_force=in_force,
        )


def _find_state(account: Account) -> t.Iterator[Row]:
    if account.is_enabled is False:
        yield build_finding(
            "break_glass_disabled",
            "error",
            f"The break-glass account {account.name} is disabled.",
            "Enable it, or name another one.",
            subject=_build_subject(account),
        )
    if not account.is_activity_known:
        return
    if account.last_used is None:
        tried = format_time(account.last_tried) if account.last_tried is not None else None
        told = f"; the last one that is known, of {tried}, may have failed" if tried else ""
        yield build_finding(
            "break_glass_unused",
            "warning",
            f"Entra ID knows no successful sign-in of the break-glass account {account.name}{told}, so it is not "
            "known whether the account works.",
            "Test it, and set an alert on its use.",
            subject=_build_subject(account),
            last_tried=tried,
        )
        return
    when = format_time(account.last_used)
    yield build_finding(
        "break_glass_used_last",
        "info",
        f"The break-glass account {account.name} was last used on {when}.",
        "Find out who used it, if nobody knows.",
        subject=_build_subject(account),
        last_used=when,
    )


def _build_subject(account: Account) -> Row:
    return {"type": Refers.USER.value, "id": account.object_id, "name": account.name}
