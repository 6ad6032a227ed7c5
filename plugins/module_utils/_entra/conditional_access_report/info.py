# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_conditional_access_info: conditional access policies in words and as data, and what is wrong with them."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import ApiError, Problems
from ..._core.names import fold_case, is_same_name
from ..._core.values import format_time, get_time, is_guid
from ..access_collection import POLICIES, READ_NEEDS
from ..client import GraphClient
from ..conditional_access.canonical import Form, Policy, read_policy
from ..conditional_access.evaluation import (
    Applies,
    Place,
    SignIn,
    Verdict,
    evaluate_policy,
    is_for_people,
    is_for_programs,
    lets_in,
)
from ..conditional_access.fields import BY_OPTION, FIELDS, Refers
from ..conditional_access.guard import has_unknown_grant, is_in_force, read_places
from ..conditional_access.names import NameResolver
from ..conditional_access.sign_ins import SignInFinder, TriedSignIn
from ..lookalikes import warn_of_lookalikes
from ..option_checks import Problem, describe_problem
from .accounts import BreakGlass, read_break_glass
from .break_glass import find_break_glass
from .details import find_applications, read_groups, read_named_principals
from .exclusions import Coverage, Exclusion
from .findings import (
    APPLIES,
    build_near_miss,
    find_dead_references,
    find_gaps,
    find_long_reports,
    find_missing_licence,
    find_security_defaults,
    find_uncoverable,
    find_unprotected_groups,
    find_unreached,
    list_used_groups,
)
from .near_misses import find_near_miss, find_near_miss_of_program
from .reach import Application, judge_reach
from .references import References, read_references, warn_of_unclear_names
from .rows import KINDS, Row, Unread, sort_findings
from .show import show_policy
from .unknown import has_unknown_conditions

_DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"


def read_conditional_access(ctx: Context, graph: GraphClient | None = None, unread: Unread | None = None) -> Row:
    """Return ``policies``, ``findings``, ``evaluation``, ``not_evaluable``, ``security_defaults`` and ``counts``.

    *graph*: None for a client of its own; *unread*: takes up what cannot be read, with its errors.

    Raises Problems for names in options that are not found or not clear, and ApiError where the policies cannot be read; whatever else
    cannot be read is a row of ``not_evaluable``.
    """
    return _Report(ctx, graph or GraphClient(ctx), unread or Unread()).read()


class _Report:
    """The reads of one task, and what is made of them."""

    def __init__(self, ctx: Context, graph: GraphClient, unread: Unread) -> None:
        self._ctx, self._options = ctx, ctx.options
        self._graph = graph
        self._resolver = NameResolver(self._graph, {})
        self._unread = unread
        self._policies: list[Policy] = []
        self._applications: list[Application] = []
        self._references = References()

    def read(self) -> Row:
        """Return the whole result."""
        listed = self._graph.list(POLICIES, intent="list the conditional access policies", needs=READ_NEEDS)
        self._policies = sorted(map(read_policy, listed), key=lambda one: (fold_case(one.display_name), one.object_id))
        glass_names, chosen = self._resolve_options()
        locations = self._read_locations()
        is_defaults_on = self._read_defaults()
        reached = [policy for policy in self._policies if self._is_reached(policy)]
        returned = [policy for policy in reached if chosen is None or policy.object_id in chosen]
        self._references = read_references(self._graph, self._resolver, self._policies, self._unread)
        warn_of_unclear_names(self._graph, self._references)
        glass = self._read_break_glass(*glass_names)
        coverage = Coverage(self._policies, glass.ids)
        exclusions = {policy.object_id: coverage.list_exclusions(policy) for policy in returned}
        places = read_places(locations or ())
        tried = self._read_sign_ins()
        # Of a snapshot: those to which nobody signs in.
        programs = frozenset(self._options.get("programs") or ())
        findings = [
            *self._find_in_policies(returned, exclusions),
            *find_break_glass(returned, glass),
            *find_unreached(self._policies, [one for one in self._applications if one.app_id not in programs]),
            *find_security_defaults(is_defaults_on),
            *self._find_near_misses(tried, places),
            *find_missing_licence(self._unread.no_licence),
        ]
        return {
            "policies": [self._show(policy, exclusions[policy.object_id]) for policy in returned],
            "findings": sort_findings(findings),
            "evaluation": self._evaluate(tried, places),
            "not_evaluable": self._unread.list_rows(),
            "security_defaults": is_defaults_on,
            "counts": self._count(returned, locations, findings),
        }

    def _resolve_options(self) -> tuple[tuple[dict[str, str], dict[str, str]], set[str] | None]:
        """Return the break-glass users and groups, as names by id, and the ids of the policies that are asked for; None for all."""
        options, problems = self._options, list[Problem]()
        self._applications, wrong = find_applications(self._graph, options.get("applications") or (), "applications")
        problems += wrong
        chosen: set[str] | None = None
        if options.get("policies") is not None:
            chosen, wrong = self._choose_policies(options["policies"])
            problems += wrong
        glass = options.get("break_glass") or {}
        fields = {"users": "users.include.users", "groups": "users.include.groups"}
        self._resolver.prepare({field: frozenset(glass.get(name) or ()) for name, field in fields.items()})
        found: dict[str, dict[str, str]] = {"users": {}, "groups": {}}
        for name, field in fields.items():
            for index, text in enumerate(glass.get(name) or ()):
                try:
                    if text in (BY_OPTION[field].special or {}):
                        raise LookupError(f"{text!r} cannot be the name of an object")
                    object_id = self._resolver.find(BY_OPTION[field], text)
                    refers = t.cast(Refers, BY_OPTION[field].refers)
                    found[name][object_id] = self._resolver.names.get((refers, object_id), text)
                except LookupError as exc:
                    problems.append(describe_problem(f"break_glass.{name}[{index}]", str(exc)))
        if problems:
            raise Problems(f"{len(problems)} names in the options cannot be used", problems)
        return (found["users"], found["groups"]), chosen

    def _choose_policies(self, asked: t.Sequence[str]) -> tuple[set[str], list[Problem]]:
        """Return the ids of the policies that people name; all that have the name, since names are not unique."""
        found: set[str] = set()
        problems = []
        rows = [{"id": policy.object_id, "displayName": policy.display_name} for policy in self._policies]
        for index, text in enumerate(asked):
            matching = {
                policy.object_id
                for policy in self._policies
                if (policy.object_id == text.lower() if is_guid(text) else is_same_name(policy.display_name, text))
            }
            warn_of_lookalikes(self._ctx, "policy", rows, text)
            if not matching:
                problems.append(
                    describe_problem(f"policies[{index}]", f"no conditional access policy {text!r} in the tenant")
                )
            found |= matching
        return found, problems

    @property
    def _ctx_graph(self) -> Context:
        return self._graph.ctx

    def _is_reached(self, policy: Policy) -> bool:
        # A snapshot has all policies, with what each is to its applications.
        if self._options.get("unreached") or self._options.get("applications") is None:
            return True
        return any(judge_reach(policy.form, one) for one in self._applications)

    def _read_locations(self) -> list[Row] | None:
        """Return the named locations, None where they cannot be read."""
        try:
            return self._resolver.list_locations()
        except ApiError as exc:
            self._unread.note("named locations", exc, READ_NEEDS, ["dead_reference", "near_miss"])
            return None

    def _read_defaults(self) -> bool | None:
        """Return whether security defaults are on, None where that cannot be read."""
        try:
            found = self._graph.get(_DEFAULTS, intent="read whether security defaults are on", needs=READ_NEEDS)
        except ApiError as exc:
            self._unread.note("security defaults", exc, READ_NEEDS, ["security_defaults"])
            return None
        told = (found or {}).get("isEnabled")
        if not isinstance(told, bool):
            self._unread.tell(
                "security defaults", "Microsoft Graph does not show them", READ_NEEDS, ["security_defaults"]
            )
            return None
        return told

    def _read_break_glass(self, users: t.Mapping[str, str], groups: t.Mapping[str, str]) -> BreakGlass:
        if not users and not groups:
            return BreakGlass()
        roles = sorted({text for policy in self._policies for text in _list_roles(policy.form)})
        return read_break_glass(self._graph, self._resolver, users, groups, roles, self._unread)

    def _read_sign_ins(self) -> list[TriedSignIn]:
        if not self._options.get("sign_ins"):
            return []
        finder = SignInFinder(
            self._graph,
            self._resolver,
            {"sign_ins": self._options["sign_ins"]},
            _unite_audiences(self._policies),
            {},
            lambda exc, what: self._unread.note(what, exc, exc.facts.get("needs") or (), ["near_miss"]),
        )
        return finder.find_named()

    def _find_in_policies(
        self, returned: t.Sequence[Policy], exclusions: t.Mapping[str, t.Sequence[Exclusion]]
    ) -> t.Iterator[Row]:
        yield from find_dead_references(returned, self._references)
        for policy in returned:
            if policy.state != "disabled":
                yield from find_gaps(exclusions[policy.object_id], self._references)
        used = list_used_groups(returned, self._references)
        groups = read_groups(self._graph, used, self._unread)
        yield from find_unprotected_groups(groups, used, self._graph.known_objects.names)
        yield from find_long_reports(returned, self._graph.get_service_time(), self._options["report_only_days"])
        named = {text for policy in returned for text in policy.form.get("client_applications.include") or ()}
        principals = read_named_principals(self._graph, {text for text in named if is_guid(text)}, self._unread)
        yield from find_uncoverable(returned, self._applications, principals)

    def _find_near_misses(self, tried: t.Iterable[TriedSignIn], places: t.Mapping[str, Place]) -> t.Iterator[Row]:
        for one in tried:
            kind = Refers.SERVICE_PRINCIPAL if one.sign_in.is_service_principal else Refers.USER
            subject = {"type": kind.value, "id": one.sign_in.object_id, "name": one.sign_in.label}
            for policy in self._policies:
                miss = find_near_miss(policy, one.sign_in, places)
                if miss is not None:
                    yield build_near_miss(miss, one.sign_in.label, self._references, subject)
        for application in self._applications:
            subject = {"type": Refers.APPLICATION.value, "id": application.app_id, "name": application.name}
            for policy in self._policies:
                if is_for_programs(policy.form):
                    of_program = find_near_miss_of_program(policy, application)
                    if of_program is not None:
                        who = f"{application.name} when it signs in by itself"
                        yield build_near_miss(of_program, who, self._references, subject)
                    continue
                if not is_for_people(policy.form):
                    continue
                # Whom it is for, and from where, does not count here; that it is not about the application is no near miss.
                about = {name: value for name, value in policy.form.items() if name.startswith("applications.")}
                everybody = Policy(
                    policy.object_id, policy.display_name, policy.state, {**about, **_EVERYBODY}, policy.wire
                )
                anybody = SignIn(application.name, "", application=application.app_id)
                miss = find_near_miss(everybody, anybody, {})
                if miss is not None and miss.how != "not_included":
                    yield build_near_miss(miss, f"sign-ins to {application.name}", self._references, subject)

    def _evaluate(self, tried: t.Iterable[TriedSignIn], places: t.Mapping[str, Place]) -> list[Row]:
        """Return what each policy makes of each sign-in."""
        return [
            {
                "who": one.sign_in.label,
                "application": one.sign_in.application,
                "address": one.sign_in.address,
                "country": one.sign_in.country,
                "policy": policy.display_name,
                "policy_id": policy.object_id,
                "policy_state": policy.state,
                "applies": APPLIES[verdict.applies],
                "conditions": list(verdict.reasons),
                "gets_in": verdict.applies is Applies.NO
                or (lets_in(policy.form, one.sign_in) and not has_unknown_grant(policy.wire)),
            }
            for one in tried
            for policy in self._policies
            for verdict in [_evaluate_known(policy, one.sign_in, places)]
        ]

    def _show(self, policy: Policy, exclusions: t.Sequence[Exclusion]) -> Row:
        dates = {
            name: format_time(moment) if moment is not None else None
            for name, member in (("created", "createdDateTime"), ("modified", "modifiedDateTime"))
            for moment in [get_time(policy.wire, member)]
        }
        reach = [
            {
                "application": application.name,
                "app_id": application.app_id,
                "role": row.role,
                "reaches": APPLIES[row.applies],
                "through": list(row.through),
            }
            for application in self._applications
            for row in judge_reach(policy.form, application)
        ]
        return show_policy(policy, dates, reach, exclusions, self._references)

    def _count(self, returned: t.Sequence[Policy], locations: t.Sequence[Row] | None, findings: t.Iterable[Row]) -> Row:
        kinds = [row["kind"] for row in findings]
        return {
            "policies": len(self._policies),
            "policies_returned": len(returned),
            "in_force": sum(is_in_force(policy.state) for policy in self._policies),
            "report_only": sum(policy.state == "report_only" for policy in self._policies),
            "disabled": sum(policy.state == "disabled" for policy in self._policies),
            "named_locations": len(locations) if locations is not None else None,
            "findings": {kind: kinds.count(kind) for kind in KINDS},
            "not_evaluable": len(self._unread.rows),
        }


_EVERYBODY: Form = {"users.include.users": frozenset({"all"}), "client_app_types": frozenset({"all"})}


def _evaluate_known(policy: Policy, sign_in: SignIn, places: t.Mapping[str, Place]) -> Verdict:
    """Return whether a policy applies; it may, where its conditions are met as far as this version knows them."""
    verdict = evaluate_policy(policy.form, sign_in, places)
    if verdict.applies is Applies.NO or not has_unknown_conditions(policy):
        return verdict
    return Verdict(Applies.MAYBE, (*verdict.reasons, "unknown_fields"))


def _list_roles(form: Form) -> t.Iterator[str]:
    for option in ("users.include.roles", "users.exclude.roles"):
        yield from (text for text in form.get(option) or () if is_guid(text))


def _unite_audiences(policies: t.Iterable[Policy]) -> Form:
    """Return all that policies name in the fields about users, as of one policy: what has to be known of a person."""
    found: dict[str, frozenset[str]] = {}
    for policy in policies:
        for item in FIELDS:
            if item.option.startswith("users.") and item.option in policy.form:
                found[item.option] = found.get(item.option, frozenset()) | policy.form[item.option]
    return found
