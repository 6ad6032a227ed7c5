# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_named_location: reads a named location, plans, and carries the plan out."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, ConfigError
from ..._core.names import describe_suspicious_name
from ..._core.plan import Plan, Step
from ..._core.polling import poll_until
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..._core.values import is_guid
from ..client import GraphClient, filter_by_name, warn_of_lookalikes
from ..confirm import list_narrowed_fields, wait_until_shown
from ..create import create_once
from .places import list_range_warnings
from .plan import Location, plan_location, plan_location_removal, read_desired, read_location
from .usage import find_coverage_change, list_policies_with, list_widened_policies

_PATH = "/identity/conditionalAccess/namedLocations"
_POLICIES = "/identity/conditionalAccess/policies"
_READ = ("Policy.Read.All",)
#: Microsoft Learn: to write takes both; the one that writes does not read.
_WRITE = ("Policy.ReadWrite.ConditionalAccess together with Policy.Read.All",)
_SETS = ("ip_ranges", "countries")
_DISTRUST_LIMIT_S = 60.0
Wire: t.TypeAlias = dict[str, t.Any]


class NamedLocationResource:
    """The named location of one task."""

    noun = "named_location"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        self._plan = Plan({}, {})
        self._object_id: str | None = None

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises AmbiguousMatch, ConfigError, GuardRefused, Problems."""
        options = self._options
        current = self._find_location()
        self._object_id = current.object_id if current else None
        if options["state"] == "absent":
            self._plan = plan_location_removal(current)
        else:
            kind, desired = read_desired(options, current)
            self._plan = plan_location(options.get("display_name"), kind, desired, current, options["exclusive"])
            self._warn_of_values(desired)
        self._check_removals()
        self._check_policies()
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
        poll_until(
            self._ctx,
            self._read_location,
            lambda seen: seen is None or not seen.fields.get("trusted"),
            what=f"{step.subject} to be trusted no more",
            timeout_s=_DISTRUST_LIMIT_S,
        )

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
        return {"object_id": self._object_id, **after} if after else {}

    def _find_location(self) -> Location | None:
        """Return the location that object_id or an unambiguous display_name names, or None. Raises AmbiguousMatch, ConfigError."""
        asked, present = self._options.get("object_id"), self._options["state"] == "present"
        if asked:
            if not is_guid(asked):
                raise ConfigError(f"object_id: {asked!r} is not a GUID", source="option object_id")
            self._object_id = asked
            found = self._read_location()
            if found is None and present:
                raise ConfigError(
                    f"No named location has the object id {asked}; leave object_id out to create one",
                    source="option object_id",
                )
            return found
        name = str(self._options["display_name"])
        doubt = describe_suspicious_name("named location", name) if present else None
        if doubt:
            self._ctx.warn(doubt)
        named = self._list_named(name)
        if len(named) > 1:
            ids = sorted(str(wire.get("id")) for wire in named)
            raise AmbiguousMatch(
                f"{len(named)} named locations have the display name {name} ({', '.join(ids)}): give object_id",
                candidates=ids,
            )
        return read_location(named[0]) if named else None

    def _list_named(self, name: str) -> list[Wire]:
        """Return all locations of exactly this display name, letter case apart; warn of others that only look like it."""
        listed = self._graph.list(_PATH, intent="list the named locations", needs=_READ)
        warn_of_lookalikes(self._ctx, "named location", listed, name)
        return filter_by_name(listed, "displayName", name)

    def _read_location(self) -> Location | None:
        """Return the location of this task by its id, None where there is none."""
        intent = f"read named location {self._object_id}"
        wire = self._graph.get(self._get_path(), intent=intent, needs=_READ)
        return read_location(wire) if wire is not None else None

    def _get_path(self) -> str:
        return f"{_PATH}/{quote_segment(str(self._object_id))}"

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
        name, key = (before or after)["display_name"], self._object_id or ""
        intent = f"find the policies that use named location {name}"
        policies = self._graph.list(_POLICIES, intent=intent, needs=_READ)
        users = [] if after else list_policies_with(policies, key)
        if users:
            raise ConfigError(
                f"Named location {name} is used by {len(users)} conditional access policies, and Entra ID deletes no such location:"
                f" {', '.join(users)}. Take it out of them first.",
                source="option state",
            )
        widened = list_widened_policies(policies, key, change)
        if widened:
            danger = (
                f"By this change of named location {name}, conditional access policies that are in force apply to more sign-ins than now:"
                f" {', '.join(widened)}. People, and the identity that runs this, may be locked out."
            )
            require_accepted_risk(self._ctx, "lock_out", danger)

    def _create(self, step: Step) -> None:
        body = step.data["body"]
        created = create_once(
            self._graph,
            _PATH,
            body,
            find=lambda: self._list_named(body["displayName"]),
            intent=f"create {step.subject}",
            needs=_WRITE,
        )
        self._object_id = str(created["id"])

    def _update(self, step: Step) -> None:
        self._graph.write("PATCH", self._get_path(), step.data["body"], intent=f"change {step.subject}", needs=_WRITE)

    def _delete(self, step: Step) -> None:
        self._graph.write("DELETE", self._get_path(), intent=f"delete {step.subject}", needs=_WRITE, missing_ok=True)
        self._graph.forget(str(self._object_id))

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new location that is not found, "state" for a deleted one that is."""
        shown, after = self._read_location(), self._plan.after
        if not after:
            return ["state"] if shown is not None else []
        if shown is None:
            return ["list"]
        return [name for name, value in after.items() if shown.form.get(name) != value]
