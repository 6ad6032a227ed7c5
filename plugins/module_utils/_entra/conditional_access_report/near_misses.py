# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Policies that would apply to a sign-in, or reach an application, but for one condition. Pure.

The conditions are those of the evaluation, and whether the policy is in force. What would be without the condition is evaluated anew.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..conditional_access.canonical import Form, Policy
from ..conditional_access.evaluation import (
    Applies,
    Place,
    SignIn,
    evaluate_policy,
    is_for_programs,
    judge_conditions,
)
from ..conditional_access.guard import is_in_force
from .reach import Application, judge_reach
from .unknown import has_unknown_conditions

How: t.TypeAlias = t.Literal["excluded", "not_included", "not_in_force"]
#: Options by which a condition leaves something out.
_EXCLUDING: dict[str, tuple[str, ...]] = {
    "users": (
        "users.exclude.users",
        "users.exclude.groups",
        "users.exclude.roles",
        "users.exclude.guests.types",
        "client_applications.exclude",
    ),
    "applications": ("applications.exclude",),
    "locations": ("locations.exclude",),
}


@dataclass(frozen=True)
class NearMiss:
    """The one condition that is not met. ``by``: the entries that exclude, as pairs of option and entry; ``would_apply``: without it."""

    policy: Policy
    condition: str
    how: How
    by: tuple[tuple[str, str], ...]
    would_apply: Applies


def find_near_miss(policy: Policy, sign_in: SignIn, places: t.Mapping[str, Place]) -> NearMiss | None:
    """Return the one condition but for which *policy* would apply to *sign_in*; None where it applies, or where several are not met."""
    conditions = judge_conditions(policy.form, sign_in, places)
    failing = [name for name, found in conditions.items() if found is Applies.NO]
    is_idle = not is_in_force(policy.state)
    if len(failing) + is_idle != 1:
        return None
    # What this version does not know may keep it from applying as well.
    most = Applies.MAYBE if has_unknown_conditions(policy) else Applies.YES
    if is_idle:
        return NearMiss(policy, "policy_state", "not_in_force", (), Applies(min(most, *conditions.values())))
    (condition,) = failing
    lifted, how, by = lift_condition(policy.form, condition, sign_in, places)
    would = Applies(min(most, evaluate_policy(lifted, sign_in, places).applies))
    return NearMiss(policy, condition, how, by, would) if would is not Applies.NO else None


def find_near_miss_of_program(policy: Policy, application: Application) -> NearMiss | None:
    """Return what keeps a policy for programs from *application* when it signs in by itself: the state, or that it is excluded."""
    applies = _judge_program(policy.form, application)
    if not is_in_force(policy.state):
        return NearMiss(policy, "policy_state", "not_in_force", (), applies) if applies is not Applies.NO else None
    by = ("client_applications.exclude", application.object_id)
    if applies is not Applies.NO or by[1] not in (policy.form.get(by[0]) or ()):
        return None
    would = _judge_program(_drop_entries(policy.form, [by]), application)
    return NearMiss(policy, "users", "excluded", (by,), would) if would is not Applies.NO else None


def _judge_program(form: Form, application: Application) -> Applies:
    return max([Applies.NO, *(row.applies for row in judge_reach(form, application) if row.role == "client")])


def lift_condition(
    form: Form, condition: str, sign_in: SignIn, places: t.Mapping[str, Place]
) -> tuple[Form, How, tuple[tuple[str, str], ...]]:
    """Return the policy without what makes it fail *condition*, how it fails, and the entries that exclude the sign-in.

    A policy for people does not become one for programs.
    """
    options = _EXCLUDING.get(condition, ())
    bare = {option: value for option, value in form.items() if option not in options}
    if judge_conditions(bare, sign_in, places)[condition] is not Applies.NO:
        by = tuple(
            (option, entry)
            for option in options
            for entry in sorted(form.get(option) or ())
            if judge_conditions({**bare, option: frozenset({entry})}, sign_in, places)[condition] is Applies.NO
        )
        return _drop_entries(form, by), "excluded", by
    return {**form, **_build_inclusion(condition, sign_in, form)}, "not_included", ()


def _drop_entries(form: Form, entries: t.Iterable[tuple[str, str]]) -> Form:
    found = dict(form)
    for option, entry in entries:
        rest = found[option] - {entry}
        found[option] = rest
        if not rest:
            del found[option]
    return found


def _build_inclusion(condition: str, sign_in: SignIn, form: Form) -> Form:
    """Return the fields by which the condition takes in the sign-in; none where it is not of its kind."""
    are_programs = is_for_programs(form)
    if condition == "locations":
        return {"locations.include": frozenset({"all"})}
    if condition == "applications" and (form.get("applications.include") or "applications.filter.rule" in form):
        return {"applications.include": frozenset({"all"})}
    if condition == "users" and sign_in.is_service_principal == are_programs:
        if are_programs:
            return {"client_applications.include": frozenset({sign_in.object_id})}
        return {"users.include.users": frozenset({"all"})}
    return {}
