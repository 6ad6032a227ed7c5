# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The guard against locking people out: what a policy, as it will be, makes of the sign-ins that have to go on working."""

from __future__ import annotations

import ipaddress
import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError
from ..._core.risks import require_accepted_risk
from ..._core.values import is_guid
from ..client import GraphClient
from ..named_locations.plan import read_location
from .canonical import Form, get_branch, list_unknown_members
from .evaluation import PENDING, Applies, Place, SignIn, Verdict, evaluate_policy, is_for_people, lets_in
from .fields import IDLE_STATES
from .plan import PolicyPlan
from .sign_ins import GRAPH_APP_ID, TriedSignIn
from .what_if import ask_what_if, disagrees

_WORDS = {Applies.NO: "no", Applies.MAYBE: "may", Applies.YES: "yes"}
_GRANT = "grantControls"


def has_to_be_judged(planned: PolicyPlan) -> bool:
    """Return whether a policy in force is to do something else than before, or one is to be in force."""
    if not is_in_force(planned.state):
        return False
    return not is_in_force(planned.had_state) or planned.had_form != planned.form


def is_in_force(state: str) -> bool:
    """Return whether a policy in this state may refuse a sign-in; a state that is new may."""
    return state not in IDLE_STATES


def has_unknown_grant(wire: t.Mapping[str, t.Any]) -> bool:
    """Return whether a policy has a demand that this version does not know, which nobody is known to meet."""
    return bool(list_unknown_members(_GRANT, get_branch(wire, _GRANT)))


def read_places(wires: t.Iterable[t.Mapping[str, t.Any]]) -> dict[str, Place]:
    """Return the named locations as they are judged, by id in small letters."""
    found: dict[str, Place] = {}
    for wire in wires:
        location = read_location(wire)
        fields = location.fields
        if location.kind == "ip":
            networks = []
            for text in fields["ip_ranges"]:
                try:
                    networks.append(ipaddress.ip_network(text))
                except ValueError:
                    networks = []
                    break
            else:
                found[location.object_id.lower()] = Place(tuple(networks), bool(fields["trusted"]))
        elif location.kind == "country":
            found[location.object_id.lower()] = Place(
                countries=frozenset(fields["countries"]),
                is_by_position=fields["country_lookup"] != "client_ip_address",
            )
    return found


def was_as_bad(planned: PolicyPlan, sign_in: SignIn, verdict: Verdict, places: t.Mapping[str, Place]) -> bool:
    """Return whether the policy, in force, has applied to the sign-in at least as surely before, and demands the same as then."""
    if not is_in_force(planned.had_state):
        return False
    before = evaluate_policy(planned.had_form, sign_in, places)
    return before.applies >= verdict.applies and _get_demands(planned.had_form) == _get_demands(planned.form)


class LockOutGuard:
    """Judges the plan of one task and keeps what was tried for its result.

    *places*: the named locations by id in small letters, as they are now; *changing*: names of those that the same run makes or changes.
    """

    def __init__(
        self, ctx: Context, graph: GraphClient, places: t.Mapping[str, Place], changing: t.Sequence[str] = ()
    ) -> None:
        self._ctx, self._graph, self._places, self._changing = ctx, graph, places, changing
        #: What was tried, one row each, as the result has it.
        self.evaluation: list[dict[str, t.Any]] = []

    def check(self, planned: PolicyPlan, tried: t.Sequence[TriedSignIn], policy_id: str | None) -> None:
        """Raise GuardRefused where somebody is shut out who was not before, or where that cannot be excluded.

        *policy_id*: of a policy whose conditions stay as they are, so that the service can be asked, too; None for another one.
        """
        form = planned.form
        dangers: list[str] = []
        passes: dict[str, list[bool]] = {"one_must_get_in": []}
        for one in tried:
            verdict = self._judge(form, one)
            gets_in = self._gets_in(planned, one, verdict)
            self._note(one, verdict, gets_in, policy_id, form)
            if one.reason in passes:
                passes[one.reason].append(gets_in)
            elif not gets_in:
                self._tell(planned, one, verdict, dangers)
        if passes["one_must_get_in"] and not any(passes["one_must_get_in"]):
            dangers.append("it is not certain that any of those in one_must_get_in could sign in")
        if not any(one.reason == "caller" for one in tried):
            dangers.append("who runs this is not known, because the token does not say")
        if is_for_people(form) and not any(one.reason == "break_glass" for one in tried):
            dangers.append("break_glass names no account, so it is not known that the policy excludes anybody")
        if dangers:
            told = f"Conditional access policy {planned.display_name} would be in force, and {'; '.join(dangers)}."
            if any(
                text.startswith(PENDING) for value in form.values() if isinstance(value, frozenset) for text in value
            ):
                told += " It names objects that earlier tasks of this run have not created yet, so nothing is known about them."
            if self._changing:
                told += (
                    f" The same run makes or changes the named location {', '.join(self._changing)}, which is "
                    "evaluated in its present state: run that first, with the policy left out or in report-only."
                )
            require_accepted_risk(self._ctx, "lock_out", told)

    def _judge(self, form: Form, one: TriedSignIn) -> Verdict:
        return evaluate_policy(form, one.sign_in, self._places)

    def _gets_in(self, planned: PolicyPlan, one: TriedSignIn, verdict: Verdict) -> bool:
        """Return whether a sign-in works for certain; one for emergencies has to be left out of the policy altogether."""
        if verdict.applies is Applies.NO:
            return True
        if one.reason == "break_glass" or has_unknown_grant(planned.current.wire if planned.current else {}):
            return False
        return lets_in(planned.form, one.sign_in)

    def _tell(self, planned: PolicyPlan, one: TriedSignIn, verdict: Verdict, dangers: list[str]) -> None:
        certain = verdict.applies is Applies.YES
        word = "it applies to" if certain else "it may apply to"
        why = "" if certain else f" ({', '.join(verdict.reasons)} not known)"
        told = f"{word} {one.sign_in.label} ({one.reason}){why}"
        if was_as_bad(planned, one.sign_in, verdict, self._places):
            self._ctx.warn(f"The same was true before this change: {told}.")
        else:
            dangers.append(told)

    def _note(self, one: TriedSignIn, verdict: Verdict, gets_in: bool, policy_id: str | None, form: Form) -> None:
        """Keep what was tried, with the service's own judgement where it can be asked; a warning tells where the two disagree."""
        told: str | None = None
        if policy_id is not None and not one.is_excluded:
            try:
                told = ask_what_if(self._graph, policy_id, one.sign_in, _choose_application(form))
            except ApiError as exc:
                self._ctx.warn(f"The service could not be asked to evaluate {one.sign_in.label}: {exc}")
            else:
                if disagrees(verdict.applies, told):
                    self._ctx.warn(
                        f"The service's own evaluation of {one.sign_in.label} differs: it says "
                        f"{told.replace('_', ' ')}, but the conditions of the policy say {_WORDS[verdict.applies]}. "
                        "That evaluation is known to miss exclusions through groups; check the policy before it is "
                        "in force."
                    )
        sign_in = one.sign_in
        self.evaluation.append(
            {
                "who": sign_in.label,
                "reason": one.reason,
                "application": sign_in.application,
                "address": sign_in.address,
                "country": sign_in.country,
                "applies": _WORDS[verdict.applies],
                "conditions": list(verdict.reasons),
                "gets_in": gets_in,
                "what_if": told,
            }
        )


def _get_demands(form: Form) -> Form:
    """Return what a policy demands."""
    return {option: value for option, value in form.items() if option.startswith(("grant.", "session."))}


def _choose_application(form: Form) -> str:
    """Return an application id that the policy is for; Microsoft Graph where it names none."""
    return next((text for text in sorted(form.get("applications.include") or ()) if is_guid(text)), GRAPH_APP_ID)
