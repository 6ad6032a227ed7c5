# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a policy, as it will be, makes of the sign-ins of the last days: those that succeeded and would be shut out. Reads only.

Nothing is taken for certain that the log does not tell: a part of it that was not read, and a log without any such sign-in, is a finding.
"""

from __future__ import annotations

import datetime
import ipaddress
import typing as t
from collections import Counter
from dataclasses import dataclass, replace

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ApiError, NotFound
from ..._core.log_events import LogEvent
from ..._core.values import format_time, is_guid
from ..audit_logs.periods import Window, join_gaps
from ..audit_logs.queries import LogQuery, Subject, build_sign_in_queries
from ..audit_logs.reader import LogReader, NoLicence
from ..audit_logs.sign_ins import read_sign_in
from ..batches import ReadRequest, read_in_batches
from ..client import GraphClient
from .canonical import Form, get_branch, list_unknown_members
from .evaluation import Applies, Place, SignIn, Verdict, evaluate_policy, lets_in
from .guard import was_as_bad
from .plan import PolicyPlan
from .registrations import list_missing_days, read_registration
from .sign_ins import SignInFinder

#: Controls that people meet as they sign in, by what they do then.
_MET_AT_SIGN_IN = frozenset(("mfa", "password_change", "risk_remediation", "terms_of_use"))
_PEOPLE_TYPES = ("interactive_user", "non_interactive_user")
#: Words of a policy for applications that the log does not name one by one.
_MANY = frozenset(("all", "office365", "microsoft_admin_portals"))
#: What the log calls clients, in small letters, and what policies do; of others it is not certain which ones they are.
_CLIENTS = {
    "browser": "browser",
    "mobile apps and desktop clients": "mobile_and_desktop",
    "exchange activesync": "exchange_active_sync",
}
#: How the log's names of operating systems begin, in small letters; the longer ones first.
_PLATFORMS = {
    "windows phone": "windows_phone",
    "windows": "windows",
    "macos": "macos",
    "ios": "ios",
    "android": "android",
    "linux": "linux",
}
_APPLICATION_NEEDS = ("Application.Read.All",)
#: So many different sign-ins are judged, of so many people the groups are read, and so many rows are told.
_MOST_SIGN_INS = 10_000
_MOST_PEOPLE = 200
_MOST_ROWS = 200

Row: t.TypeAlias = dict[str, t.Any]


@dataclass(frozen=True)
class _Kind:
    """Sign-ins that are judged alike. None, and an empty ``object_id``: not known.

    ``is_foreign``: of somebody whose account is in another tenant, or may be.
    """

    is_service_principal: bool
    object_id: str
    name: str
    applications: tuple[str, ...]
    address: str | None
    country: str | None
    client: str | None
    platform: str | None
    is_foreign: bool
    abilities: frozenset[str]


class SignInHistory:
    """The sign-ins of some days that the policy of one task is about.

    *finder*: reads the groups of people as far as the policy looks at them; *places*: the named locations by id in small letters.
    """

    def __init__(self, ctx: Context, graph: GraphClient, finder: SignInFinder, places: t.Mapping[str, Place]) -> None:
        self._ctx, self._graph, self._finder, self._places = ctx, graph, finder, places
        self._counts: Counter[_Kind] = Counter()
        self._latest: dict[_Kind, datetime.datetime] = {}
        self._earliest: dict[str, datetime.datetime] = {}
        self._people: dict[str, SignIn | None] = {}
        self._unknown: list[str] = []
        #: Of the service principals that the policy names: their ids by application id, and what is known of the applications by their ids.
        self._principals: dict[str, str] = {}
        self._applications: dict[str, tuple[str, datetime.datetime | None]] = {}

    def find_shut_out(self, planned: PolicyPlan, days: int) -> list[Row]:
        """Return the sign-ins of the last *days* that the policy would refuse, or may, as rows; and what of the log is not known.

        Empty where all of the log was read and everybody in it still gets in.
        """
        try:
            self._read(planned.form, days)
        except ApiError as exc:
            self._unknown.append(f"the log of sign-ins was not read: {exc}")
        rows = _join_rows(self._judge_all(planned))
        left = len(rows) - _MOST_ROWS
        if left > 0:
            rows = [*rows[:_MOST_ROWS], build_row(f"{left} more kinds of sign-ins")]
        return [*rows, *map(build_row, self._unknown)]

    def _read(self, form: Form, days: int) -> None:
        """Read and count the sign-ins that succeeded. Raises ApiError."""
        queries = self._build_queries(form)
        end = self._graph.get_service_time().replace(microsecond=0)
        period = Window(end - datetime.timedelta(days=days), end)
        reader = LogReader(self._ctx, self._graph)
        try:
            for query in queries:
                for wire in reader.read(query, period):
                    self._count(read_sign_in(wire, str(query.sign_in_type), query.api, False))
        except NoLicence as exc:
            self._unknown.append(f"{exc} Sign-ins can be read only in tenants with Microsoft Entra ID P1 or P2")
        for gap in join_gaps(reader.gaps):
            row = gap.as_row()
            self._unknown.append(f"not read from {row['from']} to {row['to']}: {row['message']}")
        if not self._counts and not self._unknown:
            told = f"the log shows no sign-in of the last {days} days to which the policy would apply, so it proves nothing"
            self._unknown.append(told)
        if any(option.startswith("client_applications.") for option in form):
            self._unknown += list_missing_days(self._applications, self._earliest, period, days)

    def _build_queries(self, form: Form) -> list[LogQuery]:
        """Return the queries for the sign-ins that the policy is about; for all of their kind where it is not for single ones."""
        if any(option.startswith("client_applications.") for option in form):
            included = form.get("client_applications.include") or frozenset()
            is_open = "all_in_tenant" in included or form.get("client_applications.filter.mode") == "include"
            subjects = [Subject("everything", "all applications")] if is_open else self._find_applications(included)
            queries = build_sign_in_queries(subjects, ["service_principal"])
            # Of what signs in to them a policy for them says nothing.
            return [query for query in queries if not any("resourceId" in text for text in query.conditions)]
        named = form.get("applications.include") or frozenset()
        if _MANY.isdisjoint(named) and any(map(is_guid, named)) and form.get("applications.filter.mode") != "include":
            subjects = [Subject("application", f"application {text}", text) for text in sorted(filter(is_guid, named))]
            return build_sign_in_queries(subjects, _PEOPLE_TYPES)
        included = {option for option in form if option.startswith("users.include.")}
        people = form.get("users.include.users") or frozenset()
        if included == {"users.include.users"} and all(map(is_guid, people)):
            subjects = [Subject("user", f"user {object_id}", ids=(object_id,)) for object_id in sorted(people)]
            return build_sign_in_queries(subjects, _PEOPLE_TYPES)
        return build_sign_in_queries([Subject("everything", "everybody")], _PEOPLE_TYPES)

    def _find_applications(self, included: t.Iterable[str]) -> list[Subject]:
        """Return the applications of these service principals; those that are gone sign in no more. Raises ApiError."""
        requests = [
            ReadRequest(f"/servicePrincipals/{quote_segment(object_id)}", {"$select": "id,appId,displayName"}, False)
            for object_id in sorted(included)
        ]
        found = read_in_batches(self._graph, requests, intent="find whose sign-ins to read", needs=_APPLICATION_NEEDS)
        principals = [wire for wire in found if isinstance(wire, dict)]
        self._principals = {str(wire.get("appId")).lower(): str(wire.get("id")).lower() for wire in principals}
        for wire in principals:
            created = read_registration(self._graph, str(wire.get("appId")))
            self._applications[str(wire.get("id")).lower()] = (str(wire.get("displayName")), created)
        return [
            Subject("application", f"application {wire.get('displayName')}", str(wire.get("appId")).lower())
            for wire in principals
        ]

    def _count(self, event: LogEvent) -> None:
        """Count a sign-in, unless it has failed."""
        if event.outcome == "failure":
            return
        actor, details, device = event.actor, event.details, event.details["device"]
        trust = str(device["trust_type"] or "").lower()
        abilities = {"compliant_device"} if device["compliant"] else set()
        if "hybrid" in trust or trust == "serverad":
            abilities.add("hybrid_joined_device")
        # The log tells through which application somebody signed in, and to which; a policy for either of them is judged.
        object_id = _read_id(actor.entra_id)
        if actor.kind == "application":
            object_id = object_id or self._principals.get(str(details["app_id"]).lower(), "")
        home, resource = details["home_tenant_id"], details["resource_tenant_id"]
        named = (details["app_id"] if actor.kind == "user" else None, event.target.id)
        kind = _Kind(
            actor.kind == "application",
            object_id,
            actor.name or actor.entra_id or "somebody",
            tuple(sorted({text.lower() for text in named if text})),
            _parse_address(event.address),
            details["country"].upper() if details["country"] else None,
            _CLIENTS.get(str(details["client_app"] or "").lower()),
            _find_platform(str(device["operating_system"] or "").lower()),
            actor.kind == "user" and (not home or home != resource),
            frozenset(abilities),
        )
        self._earliest[object_id] = min(event.time, self._earliest.get(object_id, event.time))
        if kind not in self._counts and len(self._counts) >= _MOST_SIGN_INS:
            told = f"there are more than {_MOST_SIGN_INS} kinds of sign-ins; the others were not evaluated"
            if told not in self._unknown:
                self._unknown.append(told)
            return
        self._counts[kind] += 1
        self._latest[kind] = max(event.time, self._latest.get(kind, event.time))

    def _judge_all(self, planned: PolicyPlan) -> t.Iterator[Row]:
        for kind, count in self._counts.items():
            why = self._judge(planned, kind)
            if why:
                yield {
                    "who": kind.name,
                    "address": kind.address,
                    "country": kind.country,
                    "count": count,
                    "last_seen": format_time(self._latest[kind]),
                    "why": why,
                }

    def _judge(self, planned: PolicyPlan, kind: _Kind) -> str | None:
        """Return why sign-ins of a kind would not get in for certain; None where they would, or where it was so before."""
        form, had_form = _reduce_form(planned.form, kind), _reduce_form(planned.had_form, kind)
        if form is None:
            return None
        if not kind.object_id:
            # Whoever it is had to be among the same ones before, for this to be no news.
            same = had_form is not None and _get_whom(had_form) == _get_whom(form)
            form, had_form = _open_whom(form), _open_whom(had_form) if had_form and same else None
        if planned.current is not None:
            # A policy that did not look at such sign-ins was as good as none for them.
            had = replace(planned.current, form=had_form or {}, state=planned.had_state if had_form is not None else "")
            planned = replace(planned, current=had)
        planned = replace(planned, form=form)
        sign_in = SignIn(
            kind.name, kind.object_id, kind.is_service_principal, address=kind.address, country=kind.country
        )
        tried = [replace(sign_in, application=application) for application in kind.applications or (None,)]
        if all(evaluate_policy(planned.form, one, self._places).applies is Applies.NO for one in tried):
            return None  # whoever it is
        if not kind.is_service_principal:
            person = self._read_person(kind)
            if person is None:
                return None
            tried = [
                replace(
                    one, groups=person.groups, roles=person.roles, is_guest=person.is_guest, abilities=person.abilities
                )
                for one in tried
            ]
        found = [reason for one in tried if (reason := self._judge_one(planned, one))]
        return found[0] if found else None

    def _judge_one(self, planned: PolicyPlan, sign_in: SignIn) -> str | None:
        verdict = evaluate_policy(planned.form, sign_in, self._places)
        if verdict.applies is Applies.NO or self._gets_in(planned, sign_in):
            return None
        if was_as_bad(planned, sign_in, verdict, self._places):
            return None
        if not sign_in.object_id:
            verdict = Verdict(
                Applies.MAYBE,
                tuple(sorted({*verdict.reasons, "users"} if verdict.applies is Applies.MAYBE else {"users"})),
            )
        return _explain(planned.form, verdict)

    def _gets_in(self, planned: PolicyPlan, sign_in: SignIn) -> bool:
        wire = planned.current.wire if planned.current else {}
        if list_unknown_members("grantControls", get_branch(wire, "grantControls")):
            return False
        return lets_in(planned.form, sign_in)

    def _read_person(self, kind: _Kind) -> SignIn | None:
        """Return a person with what the policy looks at and what they can meet; None for one who is gone. Raises ApiError but for that."""
        if kind.object_id not in self._people:
            if len(self._people) >= _MOST_PEOPLE or not is_guid(kind.object_id):
                return SignIn(kind.name, kind.object_id, abilities=kind.abilities | _MET_AT_SIGN_IN)
            try:
                self._people[kind.object_id] = self._finder.read_user(kind.object_id, kind.name, frozenset())
            except NotFound:
                gone = SignIn(kind.name, kind.object_id) if kind.is_foreign else None
                self._people[kind.object_id] = gone
        person = self._people[kind.object_id]
        return replace(person, abilities=kind.abilities | _MET_AT_SIGN_IN) if person else None


def describe_shut_out(rows: t.Sequence[Row], days: int, most: int = 5) -> str:
    """Return what the history says against a policy in one clause, with the first *most* rows."""
    told = []
    for row in rows[:most]:
        if row["who"] is None:
            told.append(str(row["why"]))
            continue
        place = (
            f"{row['address'] or 'an address that is not known'}{' (' + row['country'] + ')' if row['country'] else ''}"
        )
        told.append(
            f"{row['who']} from {place}, {_count_times(row['count'])}, last at {row['last_seen']}: {row['why']}"
        )
    more = f"; and {len(rows) - most} more" if len(rows) > most else ""
    return f"the policy would have refused sign-ins of the last {days} days: {'; '.join(told)}{more}"


def _count_times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _explain(form: Form, verdict: Verdict) -> str:
    blocks = "block" in (form.get("grant.controls") or ())
    refused = "be blocked" if blocks else "not meet what is required"
    if verdict.applies is Applies.YES:
        return f"it would {refused}"
    return f"it may {refused} ({', '.join(verdict.reasons)} not known)"


def _get_whom(form: Form) -> Form:
    """Return the part of a policy that says whom it is for."""
    return {option: value for option, value in form.items() if option.startswith(("users.", "client_applications."))}


def _open_whom(form: Form) -> Form:
    """Return a policy for all programs where it is for some, for all people where it is for some: who signs in is not known."""
    rest = {option: value for option, value in form.items() if option not in _get_whom(form)}
    is_for_programs = any(option.startswith("client_applications.") for option in form)
    whom = ("client_applications.include", "all_in_tenant") if is_for_programs else ("users.include.users", "all")
    return {**rest, whom[0]: frozenset({whom[1]})}


def _read_id(text: str | None) -> str:
    """Return an object id of the log in small letters; empty for what is none, also one of noughts alone."""
    found = (text or "").strip().lower()
    return found if is_guid(found) and found.strip("0-") else ""


def _reduce_form(form: Form, kind: _Kind) -> Form | None:
    """Return a policy without the conditions that the log tells to be met; None where one is not, so that it does not apply."""
    clients = form.get("client_app_types", frozenset({"all"}))
    found = dict(form)
    if kind.client and "all" not in clients:
        if kind.client not in clients:
            return None
        found["client_app_types"] = frozenset({"all"})
    if kind.platform:
        included = found.pop("platforms.include", frozenset({"all"}))
        excluded = found.pop("platforms.exclude", frozenset())
        if {"all", kind.platform}.isdisjoint(included) or not {"all", kind.platform}.isdisjoint(excluded):
            return None
    return found


def _find_platform(system: str) -> str | None:
    return next((word for beginning, word in _PLATFORMS.items() if system.startswith(beginning)), None)


def _join_rows(rows: t.Iterable[Row]) -> list[Row]:
    """Return rows that tell the same as one, those that were seen most first."""
    found: dict[tuple[t.Any, ...], Row] = {}
    for row in rows:
        key = (row["who"], row["address"], row["country"], row["why"])
        known = found.setdefault(key, {**row, "count": 0})
        known["count"] += row["count"]
        known["last_seen"] = max(known["last_seen"], row["last_seen"])
    return sorted(found.values(), key=lambda row: (-row["count"], str(row["who"]), str(row["address"]), row["why"]))


def build_row(why: str) -> Row:
    """Return the row for what is not about one sign-in."""
    return {"who": None, "address": None, "country": None, "count": 0, "last_seen": None, "why": why}


def _parse_address(text: str | None) -> str | None:
    """Return an address of the log in its usual form; None for what is none, which is then not known."""
    try:
        return str(ipaddress.ip_address((text or "").strip()))
    except ValueError:
        return None
