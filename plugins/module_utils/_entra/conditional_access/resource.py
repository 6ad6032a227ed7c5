# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_conditional_access_policy: reads a policy, plans, judges, and carries the plan out."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, ConfigError, Forbidden
from ..._core.plan import Plan, Step
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..access_collection import (
    POLICIES,
    READ_NEEDS,
    AccessCollection,
    build_changed_error,
    list_changing_locations,
)
from ..client import GraphClient
from ..confirm import wait_until_shown
from .canonical import Policy, build_conditions, get_unknown_parts, read_policy, show_form
from .checks import check_history, check_policy, list_licences
from .evaluation import PENDING
from .fields import BY_OPTION, FIELDS, Refers
from .guard import LockOutGuard, has_to_be_judged, is_in_force, read_places
from .history import SignInHistory, build_row, describe_shut_out
from .names import NameResolver, ResolvedFields
from .options import read_desired_fields
from .plan import PolicyPlan, list_lost_members, name_value, plan_policy, plan_policy_removal
from .sign_ins import SignInFinder
from .words import NOUN

_SECURITY_DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"
#: Microsoft Learn: to write takes all of them; the one that writes does not read.
_WRITE = ("Policy.ReadWrite.ConditionalAccess together with Policy.Read.All and Application.Read.All",)


class ConditionalAccessPolicyResource:
    """The conditional access policy of one task."""

    noun = "policy"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        pending = {
            Refers.GROUP: ctx.options["pending_entra_groups"] if ctx.check_mode else (),
            Refers.LOCATION: ctx.options["pending_named_locations"] if ctx.check_mode else (),
            Refers.APPLICATION: ctx.options["pending_applications"] if ctx.check_mode else (),
        }
        self._resolver = NameResolver(self._graph, pending)
        self._planned = PolicyPlan(Plan({}, {}), None)
        self._evaluation: list[dict[str, t.Any]] = []
        self._held_back: list[dict[str, t.Any]] = []
        self._policies = AccessCollection(self._graph, POLICIES, NOUN, "policies", read_policy, _WRITE)

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises AmbiguousMatch, ConfigError, GuardRefused, Problems."""
        options = self._options
        check_history(options.get("sign_in_history"))
        current = self._policies.find(options)
        if options["state"] == "absent":
            self._planned = plan_policy_removal(current, self._resolver.names)
            return self._planned.plan
        asked = read_desired_fields(options)
        resolved = self._resolver.resolve(asked, current.form if current else {})
        self._planned = self._plan_in_state(options.get("policy_state"), resolved, current)
        check_policy(options.get("display_name"), self._planned.form, current.form if current else None)
        self._policies.licences = list_licences(self._planned.form)
        if not self._planned.plan.steps:
            return self._planned.plan
        if resolved.dead:
            self._ctx.warn(
                f"The policy names objects that do not exist: {', '.join(resolved.dead)}. Entra ID may refuse to "
                "write them again; exclusive: true removes them."
            )
        self._check_removals()
        self._check_lost_members()
        self._check_security_defaults()
        self._judge(resolved)
        return self._planned.plan

    def _plan_in_state(self, state: str | None, resolved: ResolvedFields, current: Policy | None) -> PolicyPlan:
        name, exclusive = self._options.get("display_name"), self._options["exclusive"]
        return plan_policy(name, state, resolved.desired, current, exclusive, resolved.names)

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {
            "create": self._create,
            "restore_session": self._restore_session,
            "update": self._update,
            "delete": self._delete,
        }

    def verify(self) -> list[Finding]:
        """Wait until the policy shows as written, and return what does not.

        Raises WaitTimeout for a deletion, and where the policy is or was in force: people may be judged by what was not asked for.
        """
        planned = self._planned
        if not planned.plan.steps:
            return []
        in_force = is_in_force(planned.state) or is_in_force(planned.had_state)
        must_show = [*BY_OPTION, "policy_state", "list", "state"] if in_force else ["state"]
        name = (planned.plan.after or planned.plan.before)["display_name"]
        return list(wait_until_shown(self._graph, self._find_unshown, f"{NOUN} {name}", must_show))

    def result(self) -> dict[str, t.Any]:
        """Return the policy as it is after the plan, with names and ids; empty when it is absent."""
        planned = self._planned
        if not planned.plan.after:
            return {}
        return {
            "object_id": self._policies.object_id,
            "display_name": planned.display_name,
            "policy_state": planned.state,
            **show_form(planned.form, self._resolver.names),
            "evaluation": self._evaluation,
            "held_back": self._held_back,
        }

    def _check_removals(self) -> None:
        """Raise GuardRefused for more entries to be removed than the task may remove."""
        before, after = self._planned.had_form, self._planned.form
        gone = [
            f"{item.option} {name_value(item.option, text, self._resolver.names)}"
            for item in FIELDS
            if item.is_set
            for text in sorted((before.get(item.option) or frozenset()) - (after.get(item.option) or frozenset()))
        ]
        check_removals(gone, self._options["max_removals"], "entries of the policy", "the task")

    def _check_lost_members(self) -> None:
        """Raise GuardRefused where a part is replaced as a whole that holds what this version does not know."""
        lost = list_lost_members(self._planned)
        if lost:
            require_accepted_risk(
                self._ctx,
                "unmanaged_properties",
                f"Policy {self._planned.display_name} has properties that this version of the collection does not "
                f"know: {', '.join(lost)}. Entra ID replaces the parts with these properties as a whole. They are "
                "written again as Graph shows them; what v1.0 of Graph does not show is lost.",
            )

    def _check_security_defaults(self) -> None:
        """Raise ConfigError where a policy would be put in force in a tenant with security defaults, which Entra ID refuses."""
        if not is_in_force(self._planned.state) or is_in_force(self._planned.had_state):
            return
        try:
            found = self._graph.get(
                _SECURITY_DEFAULTS, intent="read whether security defaults are on", needs=READ_NEEDS
            )
        except Forbidden:
            return  # Entra ID itself refuses the write then
        if found and found.get("isEnabled") is True:
            raise ConfigError(
                "Security defaults are on in this tenant, and no conditional access policy can be in force while "
                "they are. Turn them off when the policies are ready, or use policy_state: report_only.",
                source="option policy_state",
            )

    def _judge(self, resolved: ResolvedFields) -> None:
        """Raise GuardRefused where the policy, as it will be, shuts out who has to get in, or who got in during the last days."""
        planned = self._planned
        if not has_to_be_judged(planned):
            return
        form = planned.form
        had = planned.had_form
        finder = SignInFinder(self._graph, self._resolver, self._options, form, had)
        tried = finder.find()
        is_by_place = "locations.include" in form or "locations.include" in had
        places = read_places(self._resolver.list_locations()) if is_by_place else {}
        changing = self._list_changing_locations(places)
        guard = LockOutGuard(self._ctx, self._graph, places, changing)
        is_same = planned.current is not None and planned.current.form == form
        guard.check(planned, tried, planned.current.object_id if planned.current and is_same else None)
        self._evaluation = guard.evaluation
        if self._options.get("sign_in_history"):
            self._judge_history(SignInHistory(self._ctx, self._graph, finder, places), resolved, changing)

    def _list_changing_locations(self, places: t.Collection[str]) -> list[str]:
        """Return the names of the policy's locations that the same run makes or changes; those of a policy for trusted places may be any."""
        form = self._planned.form
        named = {text for way in ("include", "exclude") for text in form.get(f"locations.{way}") or ()}
        ids = named | set(places) if "all_trusted" in named else named
        found = list_changing_locations(self._graph.recent_objects, ids)
        found += [text for text in ids if text.startswith(PENDING)]
        return sorted(name_value("locations.include", text, self._resolver.names) for text in found)

    def _judge_history(self, history: SignInHistory, resolved: ResolvedFields, changing: t.Sequence[str]) -> None:
        """Plan the policy in report-only where the sign-ins of the last days speak against it, as far as the task wants that.

        So does a location that the same run makes or changes (*changing*, by name): the plan of the run cannot judge by what it will be.
        Raises GuardRefused where the task does not want that, and for a policy in force that would refuse sign-ins that it lets in now:
        it stays in force as it is, since without it more would get in.
        """
        asked, planned = self._options["sign_in_history"], self._planned
        was_in_force = is_in_force(planned.had_state)
        found = history.find_shut_out(planned, asked["days"])
        if changing and not was_in_force:
            found.append(build_row(f"the same run makes or changes its location {', '.join(changing)}"))
        if not found:
            return
        told = describe_shut_out(found, asked["days"])
        is_accepted = "lock_out" in (self._options.get("accept_risk") or ())
        refuses_more = was_in_force and any(row["who"] is not None for row in found)
        if is_accepted or refuses_more or asked["otherwise"] == "fail":
            danger = f"Conditional access policy {planned.display_name} would be in force, and {told}."
            require_accepted_risk(self._ctx, "lock_out", danger)
            return
        self._held_back = found
        if was_in_force:
            self._ctx.warn(
                f"Conditional access policy {planned.display_name} stays in force and is changed, but {told}."
            )
            return
        self._ctx.warn(f"Conditional access policy {planned.display_name} is held back in report-only: {told}.")
        self._planned = self._plan_in_state("report_only", resolved, planned.current)

    def _create(self, step: Step) -> None:
        self._policies.create(step.data["body"], f"create {step.subject}")

    def _update(self, step: Step) -> None:
        self._check_is_as_planned(step)
        try:
            self._send_parts(step)
        except ApiError as exc:
            # Refused for good, it has taken nothing away.
            if exc.may_have_acted or exc.status is None or exc.status >= 500:
                self._restore_session_after(exc)
            raise

    def _send_parts(self, step: Step) -> None:
        """Send the parts of the policy that change; all conditions where the service does not take some of them."""
        body = step.data["body"]
        try:
            self._send_change(step, body)
        except ApiError as exc:
            # Whether conditions may be sent in part is not beyond doubt; what is complete means the same either way.
            if exc.status != 400 or "conditions" not in body:
                raise
            wire = self._planned.current.wire if self._planned.current else {}
            self._send_change(step, {**body, "conditions": build_conditions(self._planned.form, wire)})

    def _send_change(self, step: Step, body: t.Mapping[str, t.Any]) -> None:
        self._policies.change(body, f"change {step.subject}")

    def _restore_session(self, step: Step) -> None:
        """Give the session controls anew that went with another one; a run that does not know of them would not."""
        try:
            self._send_change(step, step.data["body"])
        except ApiError as exc:
            self._restore_session_after(exc)
            raise

    def _restore_session_after(self, failure: ApiError) -> None:
        """Try once more to give the session controls anew where a request that took them away may have been carried out.

        Where that fails, too, the *failure* says which controls are gone.
        """
        steps = [step for step in self._planned.plan.steps if step.action == "restore_session"]
        if not steps:
            return
        try:
            self._send_change(steps[0], steps[0].data["body"])
        except ApiError:
            form = self._planned.form
            kept = {option: value for option, value in form.items() if option.startswith("session.")}
            told = ", ".join(f"{option} {value}" for option, value in sorted(kept.items()))
            failure.args = (f"{failure} The session controls of the policy may be lost: write them again, {told}.",)

    def _check_is_as_planned(self, step: Step) -> None:
        """Raise ApiError where somebody has changed the policy since: parts are written as a whole, and the change would be lost."""
        found, planned = self._policies.read_one(), self._planned.current
        if found != planned or (found and planned and get_unknown_parts(found.wire) != get_unknown_parts(planned.wire)):
            raise build_changed_error(f"change {step.subject}")

    def _delete(self, step: Step) -> None:
        found = self._policies.read_one()
        if found is not None and found != self._planned.current:
            raise build_changed_error(f"delete {step.subject}")
        self._policies.delete(f"delete {step.subject}")

    def _find_unshown(self) -> list[str]:
        """Return the fields that are not shown as written; "list" for a new policy that is not found, "state" for a deleted one that is."""
        shown, planned = self._policies.read_one(), self._planned
        if not planned.plan.after:
            return ["state"] if shown is not None else []
        if shown is None:
            return ["list"]
        form = planned.form
        found = sorted(option for option in {*form, *shown.form} if form.get(option) != shown.form.get(option))
        if shown.state != planned.state:
            found.append("policy_state")
        return found + (["display_name"] if shown.display_name != planned.display_name else [])
