# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_named_location: reads a named location, plans, and carries the plan out."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.plan import Plan, Step
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..access_collection import (
    LOCATIONS,
    POLICIES,
    READ_NEEDS,
    AccessCollection,
    build_changed_error,
    note_location_change,
)
from ..client import GraphClient
from ..confirm import list_narrowed_fields, wait_until_shown
from .places import list_range_warnings
from .plan import Location, plan_location, plan_location_removal, read_desired, read_location
from .usage import find_coverage_change, leave_out_released, list_policies_with, list_widened_policies

#: Microsoft Learn: to write takes both; the one that writes does not read.
_WRITE = ("Policy.ReadWrite.ConditionalAccess together with Policy.Read.All",)
_SETS = ("ip_ranges", "countries")


class NamedLocationResource:
    """The named location of one task."""

    noun = "named_location"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        self._plan = Plan({}, {})
        self._current: Location | None = None
        self._locations = AccessCollection(
            self._graph, LOCATIONS, "named location", "named locations", read_location, _WRITE
        )

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises AmbiguousMatch, ConfigError, GuardRefused, Problems."""
        options = self._options
        self._current = current = self._locations.find(options)
        if options["state"] == "absent":
            self._plan = plan_location_removal(current)
        else:
            kind, desired = read_desired(options, current)
            self._plan = plan_location(options.get("display_name"), kind, desired, current, options["exclusive"])
            self._warn_of_values(desired)
        self._check_removals()
        self._check_policies()
        if self._plan.steps and current is not None:
            note_location_change(self._graph.recent_objects, str(self._locations.object_id))
        return self._plan

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {
            "create": self._create,
            "update": self._update,
            "distrust": self._update,
            "delete": self._delete,
        }

    def wait_before(self, step: Step) -> None:
        """Wait until a location that was trusted shows as trusted no more, before it is deleted. Raises WaitTimeout."""
        if step.action != "delete" or not self._plan.before.get("trusted"):
            return
        # Replica after replica: any of them may refuse the deletion.
        wait_until_shown(self._graph, self._find_trusted, f"{step.subject} as trusted no more", ["trusted"])

    def _find_trusted(self) -> list[str]:
        """Return "trusted" while the location shows as trusted."""
        seen = self._locations.read_one()
        return ["trusted"] if seen is not None and seen.fields.get("trusted") else []

    def verify(self) -> list[Finding]:
        """Wait until the location shows as written, and return what does not.

        Raises WaitTimeout for a deletion and for what was taken from the location: sign-ins may still be judged by it.
        """
        if not self._plan.steps:
            return []
        name = (self._plan.after or self._plan.before)["display_name"]
        return list(
            wait_until_shown(
                self._graph, self._find_unshown, f"named location {name}", list_narrowed_fields(self._plan)
            )
        )

    def result(self) -> dict[str, t.Any]:
        """Return the location as it is after the plan; empty when it is absent."""
        after = self._plan.after
        return {"object_id": self._locations.object_id, **after} if after else {}

    def _warn_of_values(self, desired: t.Mapping[str, t.Any]) -> None:
        """Warn of ranges that are about to be added and that no sign-in can come from, or that Entra ID may refuse."""
        known = self._plan.before.get("ip_ranges") or ()
        for warning in list_range_warnings([text for text in desired.get("ip_ranges") or () if text not in known]):
            self._ctx.warn(warning)

    def _check_removals(self) -> None:
        """Raise GuardRefused for more ranges or countries to be removed than the task may remove."""
        if not self._plan.after:
            return
        for name in _SETS:
            gone = set(self._plan.before.get(name) or ()) - set(self._plan.after.get(name) or ())
            words = "IP ranges" if name == "ip_ranges" else "countries"
            check_removals(sorted(gone), self._options["max_removals"], words, name)

    def _check_policies(self) -> None:
        """Raise ConfigError for a deletion of what a policy names, GuardRefused for a change by which policies in force reach further.

        Deleting a location that a policy names is refused by Entra ID; here nothing is written before.
        """
        change, before, after = find_coverage_change(self._plan), self._plan.before, self._plan.after
        if change.changes_nothing or not (before or change.gains_trust):
            return
        name, key = (before or after)["display_name"], self._locations.object_id or ""
        intent = f"find the policies that use named location {name}"
        policies: t.Sequence[t.Mapping[str, t.Any]] = self._graph.list(POLICIES, intent=intent, needs=READ_NEEDS)
        if self._ctx.check_mode and not after:
            policies = leave_out_released(policies, key, self._options["pending_policies"])
        users = [] if after else list_policies_with(policies, key)
        if users:
            raise ConfigError(
                f"Named location {name} is used by {len(users)} conditional access policies, so Entra ID would not "
                f"delete it: {', '.join(users)}. Remove it from these policies first.",
                source="option state",
            )
        widened = list_widened_policies(policies, key, change)
        if widened:
            danger = (
                f"With this change of named location {name}, conditional access policies that are in force would "
                f"apply to more sign-ins: {', '.join(widened)}. People, and the identity that runs this, may be "
                "locked out."
            )
            require_accepted_risk(self._ctx, "lock_out", danger)

    def _create(self, step: Step) -> None:
        self._locations.create(step.data["body"], f"create {step.subject}")
        note_location_change(self._graph.recent_objects, str(self._locations.object_id))

    def _update(self, step: Step) -> None:
        self._check_is_as_planned(step)
        self._locations.change(step.data["body"], f"change {step.subject}")

    def _delete(self, step: Step) -> None:
        if step == self._plan.steps[0] and self._locations.read_one() is not None:
            self._check_is_as_planned(step)
        self._locations.delete(f"delete {step.subject}")

    def _check_is_as_planned(self, step: Step) -> None:
        """Raise ApiError where somebody has changed the location since: ranges are written as a whole, and theirs would be lost."""
        if self._locations.read_one() != self._current:
            raise build_changed_error(f"change {step.subject}")

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new location that is not found, "state" for a deleted one that is."""
        shown, after = self._locations.read_one(), self._plan.after
        if not after:
            return ["state"] if shown is not None else []
        if shown is None:
            return ["list"]
        return [name for name, value in after.items() if shown.form.get(name) != value]
