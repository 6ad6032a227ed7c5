# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The resource protocol: what a module hands to the runner, the same for every noun.

A module that writes names a class that is built from the Context and is a :class:`Resource`; one that only reads names a
:class:`Report`. The runner does the rest: check mode, ``changed``, diff, the record of the run, and errors as results.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .context import Context
from .errors import CvopsError, InternalFault
from .plan import Plan, Step

Action: t.TypeAlias = t.Callable[[Step], None]
Finding: t.TypeAlias = t.Mapping[str, t.Any]


class Resource(t.Protocol):
    """One noun of one task. Its optional parts are the protocols below."""

    @property
    def noun(self) -> str:
        """The key of the result under which :meth:`result` stands."""

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The functions that do a step, by the action that the step names; none of them is called in check mode.

        Every action that a plan may name is a key. A step with another one is a fault of the collection, found before the
        first write: no action is ever the one for "everything else". An action ends with its write: an error, a request to stop
        among them, makes the step a failed one, so what waits until the write shows is :meth:`VerifyingResource.verify`.
        """

    def plan(self) -> Plan:
        """Read what is there and return the steps to what is asked for. Raises Problems and other errors.

        Called once more, to read anew, where state is absent and there are no steps; see second_look.py.
        """

    def result(self) -> dict[str, t.Any] | list[dict[str, t.Any]]:
        """Return the noun's value after the plan, in check mode as predicted with None for ids that are not known; no I/O."""


@t.runtime_checkable
class VerifyingResource(t.Protocol):
    """A resource whose writes may be accepted without taking effect at once."""

    def verify(self) -> list[Finding]:
        """Read back what was written and return what is not as asked; it becomes ``not_confirmed`` of the noun.

        Called after the last step, in check mode never; the noun has an empty list then.
        """


@t.runtime_checkable
class WaitingResource(t.Protocol):
    """A resource whose steps build on earlier ones that may take effect later than they are accepted."""

    def wait_before(self, step: Step) -> None:
        """Wait until what *step* needs is there; called before each step, and unlike it ended by a request to stop.

        Raises WaitTimeout where it must not be done, and what a read raises; the step is not begun then.
        """


@t.runtime_checkable
class RefreshingResource(t.Protocol):
    """A resource that keeps on this machine when it was last right, which is no change of what it is."""

    def refresh(self) -> None:
        """Note that what is there was found right now; called where there are no steps, in check mode never. Raises CvopsError."""


@t.runtime_checkable
class JudgingResource(t.Protocol):
    """A resource that may find, when all is done and told, that the task has to fail none the less."""

    def find_fault(self) -> CvopsError | None:
        """Return why the task fails although nothing is left to do; called last, in check mode too. None: it does not."""


@t.runtime_checkable
class SalvagingResource(t.Protocol):
    """A resource that holds something which must not be lost when a later step fails."""

    def salvage(self) -> dict[str, t.Any]:
        """Return keys for the failed result, such as a secret that the service shows once; empty where there is nothing yet."""


@t.runtime_checkable
class RefusableResource(t.Protocol):
    """A resource whose steps may be refused without failing the task."""

    def get_applied_plan(self) -> Plan:
        """Return the plan with only the steps that were done; called after the last step, in check mode never."""


@t.runtime_checkable
class UndoableResource(t.Protocol):
    """A resource of which the record of a run tells what undoing its steps takes."""

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any] | None:
        """Return what undoing *step* takes, as far as it is known now: JSON without secrets, in a form of ``undo_records.py``.

        None for a step that no program can undo. Called before the first write, when the ids of what it creates are not known, and
        again after the last. Raises nothing; no I/O.
        """


@dataclass(frozen=True)
class Report:
    """A module that plans nothing: *read* returns the value of *noun* from the Context, to which option ``query`` is applied.

    With several nouns the value is a mapping with all of them: ``query`` is applied to each, and what else it has stands beside them.
    *find_fault* returns from that value why the task fails none the less, and then has the noun in its result; None: it does not.
    """

    noun: str | tuple[str, ...]
    read: t.Callable[[Context], t.Any]
    find_fault: t.Callable[[t.Any], CvopsError | None] = lambda value: None


#: What a module declares as ``RESOURCE``.
Declaration: t.TypeAlias = "Report | t.Callable[[Context], Resource]"


def check_steps(resource: Resource, plan: Plan) -> None:
    """Raise InternalFault when a step of *plan* names an action that *resource* does not have, or does not say what it changes.

    What nobody is shown, nobody can approve.
    """
    known = resource.actions
    for step in plan.steps:
        if not step.changes:
            raise InternalFault(
                f"The plan of {resource.noun} holds a step ({step.subject}) that does not say what it changes. "
                "Nothing was written. This is a bug in the collection: report it.",
                action=step.action,
            )
        if step.action not in known:
            raise InternalFault(
                f"The plan of {resource.noun} holds a step ({step.subject}) with the unknown action {step.action!r}; "
                f"known are {', '.join(sorted(known))}. Nothing was written. This is a bug in the collection: report "
                "it.",
                action=step.action,
            )


def collect_salvage(resource: Resource) -> dict[str, t.Any]:
    """Return what *resource* wants kept of a run that fails; empty for one that salvages nothing."""
    return resource.salvage() if isinstance(resource, SalvagingResource) else {}
