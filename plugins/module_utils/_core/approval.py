# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A task writes only what was shown before: the steps that were approved, and of each step only what was planned."""

from __future__ import annotations

import typing as t

from .argument_specs import ArgumentSpec
from .errors import PlanChanged
from .plan import Plan, PlannedChange, Step
from .visible import to_one_line

#: So many steps that were not approved are named in a refusal.
_TOLD = 5


def build_approval_spec() -> ArgumentSpec:
    """Return the option ``approved_steps``."""
    return ArgumentSpec({"approved_steps": {"type": "list", "elements": "str"}})


def read_approved(approved: t.Iterable[str]) -> frozenset[str]:
    """Return the ids that are approved, as people paste them."""
    return frozenset(str(item).strip().lower() for item in approved)


def check_approval(planned: t.Sequence[PlannedChange], approved: t.Iterable[str]) -> list[str]:
    """Return the ids of *approved* that are not planned any more, sorted; somebody else was faster.

    Raises PlanChanged for steps that were not approved.
    """
    allowed = read_approved(approved)
    unknown = [change for change in planned if change["id"] not in allowed]
    if unknown:
        told = [describe_planned_change(change) for change in unknown]
        more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        many = "1 step" if len(told) == 1 else f"{len(told)} steps"
        raise PlanChanged(
            f"{many} of the plan {'was' if len(told) == 1 else 'were'} not approved: "
            f"{'; '.join(told[:_TOLD])}{more}. This task has written nothing. The site or the options have changed since the "
            "plan was made: make a new plan and have it approved.",
            source="option approved_steps",
            not_approved=unknown,
        )
    return sorted(allowed - {change["id"] for change in planned})


def check_planned_again(step: Step, again: Plan) -> None:
    """Make sure that *step* still changes no more than was planned. *again*: the plan of the object as it is right before the write.

    What others have done meanwhile, and what they have changed that nobody asks for, is fine. Raises PlanChanged.
    """
    found = [change for other in again.steps if other.action == step.action for change in other.changes]
    unknown = [change for change in found if change not in step.changes]
    if unknown:
        told = [f"{to_one_line(change.principal, 200)}: {to_one_line(change.sentence, 200)}" for change in unknown]
        more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        raise PlanChanged(
            f"{to_one_line(step.subject, 200)} was changed by somebody else since the plan was made. To reach what "
            "the options ask for, more would now have to be changed than was planned: "
            f"{'; '.join(told[:_TOLD])}{more}. It was not written. Check what has changed, and run the task again."
        )


def describe_planned_change(change: PlannedChange) -> str:
    """Return a change on one line, such as ``Operators: grant View on plans gold``."""
    who = to_one_line(change["principal"], 200)
    return f"{who}: {to_one_line(change['sentence'], 200)}" if who else to_one_line(change["sentence"], 200)
