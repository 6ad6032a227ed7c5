# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_log_info: sign-ins and changes of a period, with what of it could not be read."""

from __future__ import annotations

import datetime
import functools
import typing as t
from collections import Counter
from dataclasses import dataclass

from ..._core.argument_specs import ArgumentSpec
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.kept_events import KeptEvents
from ..._core.log_events import OPERATIONS, LogEvent
from ..._core.names import is_same_name
from ..._core.option_faults import OptionFaults
from ..._core.periods import find_zoneless, parse_period, parse_span
from ..._core.redact import redact_structure
from ..._core.values import format_time
from ..client import GraphClient
from ..whoami import list_token_permissions
from . import audits, sign_ins
from .audits import read_audit
from .periods import Gap, Window, find_complete_until, join_gaps
from .queries import LogQuery, Subject, build_audit_queries, build_sign_in_queries, is_about
from .reader import LogReader, NoLicence
from .sign_ins import IN_V1, SIGN_IN_TYPES, read_sign_in
from .subjects import find_subjects

LOGS = (sign_ins.LOG, audits.LOG)
#: Microsoft Learn (data retention): days for which a tenant without, and with, a premium licence keeps both logs.
FREE_DAYS, PREMIUM_DAYS = 7, 30
#: What shows which policies were applied to a sign-in, application permissions and delegated ones (Microsoft Learn, list signIns).
_SHOWS_POLICIES = frozenset(("Policy.Read.All", "Policy.Read.ConditionalAccess", "Policy.ReadWrite.ConditionalAccess"))
_SUBJECTS = ("applications", "users", "objects", "everything")
#: With more questions than this all changes of the period are read: the logs take five requests in ten seconds.
_MOST_QUERIES = 20
#: So many gaps are warned of one by one.
_MOST_WARNINGS = 5


def build_log_spec() -> ArgumentSpec:
    """Return the options of the module entra_log_info beside sign-in."""
    texts = {"type": "list", "elements": "str"}
    return ArgumentSpec(
        {
            "applications": {**texts, "aliases": ["application"]},
            "users": dict(texts),
            "objects": dict(texts),
            "everything": {"type": "bool", "default": False},
            "unknown_names": {"type": "str", "choices": ["fail", "tell"], "default": "fail"},
            "operations": dict(texts),
            "logs": {**texts, "choices": list(LOGS), "default": list(LOGS)},
            "sign_in_types": {**texts, "choices": list(SIGN_IN_TYPES), "default": list(SIGN_IN_TYPES)},
            "since": {"type": "str", "default": "24h"},
            "until": {"type": "str"},
            "late_by": {"type": "str", "default": "2h"},
            "max_rows": {"type": "int", "default": 20000},
            "query": {"type": "str"},
        }
    )


@dataclass(frozen=True)
class _Asked:
    """What the options ask for. ``now``: by the service's clock; ``late_by``: for so long entries may be on their way."""

    period: Window
    now: datetime.datetime
    late_by: datetime.timedelta
    logs: tuple[str, ...]
    operations: tuple[str, ...] | None
    max_rows: int

    def wants(self, event: LogEvent) -> bool:
        """Return whether an entry is of the operations or activities that are asked for."""
        return self.operations is None or any(
            event.operation == text or is_same_name(event.activity, text) for text in self.operations
        )


def read_logs(ctx: Context) -> dict[str, t.Any]:
    """Return the entries of both logs that the options ask for, oldest first, and what could not be read.

    Raises ConfigError, Problems, Forbidden and other ApiErrors; a part of a log that does not come is a gap, and a warning.
    """
    options = ctx.options
    if not any(options.get(name) for name in _SUBJECTS):
        raise ConfigError(
            "The logs of a tenant can be very long: name applications, users or objects, or ask for all entries of "
            "the period with everything: true.",
            source="option applications",
        )
    if options["everything"] and any(options.get(name) for name in _SUBJECTS[:-1]):
        raise ConfigError(
            "everything: true cannot be combined with applications, users or objects.", source="option everything"
        )
    graph = GraphClient(ctx)
    subjects, unknown = find_subjects(graph, options)
    graph.read_token_claims()
    asked = _read_options(ctx, graph.get_service_time())
    collected = LogCollector(ctx, graph, asked.period, asked.max_rows)
    if sign_ins.LOG in asked.logs:
        collected.read(sign_ins.LOG, build_sign_in_queries(subjects, options["sign_in_types"]), asked.wants)
    if audits.LOG in asked.logs:
        queries, wants = build_audit_queries(subjects), asked.wants
        if len(queries) > _MOST_QUERIES:
            queries = build_audit_queries([Subject("everything", "everything")])
            wants = functools.partial(_is_wanted, asked, subjects)
        collected.read(audits.LOG, queries, wants)
    days = collected.find_retention_days(asked.now)
    unknown_gaps = _list_unknown_gaps(asked, unknown)
    gaps = join_gaps([*collected.gaps, *unknown_gaps, *_list_expected_gaps(asked, days, collected)])
    _warn(ctx, gaps, collected)
    return {
        **collected.rows,
        "since": format_time(asked.period.start),
        "until": format_time(asked.period.end),
        "gaps": [gap.as_row() for gap in gaps],
        "complete": not gaps,
        "complete_until": format_time(find_complete_until(gaps, asked.period.end)),
        "retention_days": days,
        "sources": collected.sources,
    }


def _is_wanted(asked: _Asked, subjects: t.Sequence[Subject], event: LogEvent) -> bool:
    """Return whether an entry out of all of a period is asked for."""
    return asked.wants(event) and is_about(event, subjects)


class LogCollector:
    """Collects the rows of both logs of a period, the oldest *max_rows* of each: what is missing is then the end of the period.

    ``gaps``: what was not read; ``sources``: what was asked, with counts; ``is_licensed``: None where sign-ins were not asked for.
    """

    def __init__(self, ctx: Context, graph: GraphClient, period: Window, max_rows: int) -> None:
        self._ctx, self._graph, self._period, self._max_rows = ctx, graph, period, max_rows
        held = list_token_permissions(graph.read_token_claims())
        self._shows_policies = not _SHOWS_POLICIES.isdisjoint(held or ())
        self.rows: dict[str, list[dict[str, t.Any]]] = {log: [] for log in LOGS}
        self.gaps: list[Gap] = []
        self.sources: list[dict[str, t.Any]] = []
        self.repeats = 0
        self.is_licensed: bool | None = None

    def read(self, log: str, queries: t.Sequence[LogQuery], wants: t.Callable[[LogEvent], bool]) -> None:
        """Read the entries of one log. Raises ApiError."""
        reader, kept = LogReader(self._ctx, self._graph), KeptEvents(self._max_rows)
        try:
            for query in queries:
                for wire in reader.read(query, self._period):
                    event = self._read_event(query, wire)
                    if wants(event):
                        kept.add(event)
                    if reader.is_in_order and kept.has_lost_before(event.time):
                        break  # what follows is later still, and would be given up, too
                if log == sign_ins.LOG and reader.pages:
                    self.is_licensed = True
        except NoLicence as exc:
            self.is_licensed = False
            told = (
                f"{exc} Graph returns sign-ins only in tenants with Microsoft Entra ID P1 or P2; changes of the "
                "directory can be read without."
            )
            self.gaps.append(Gap(log, self._period, "licence", told))
        self.gaps += reader.gaps
        self.repeats += reader.repeats
        if kept.first_lost is not None:
            window = Window(kept.first_lost.replace(microsecond=0), self._period.end)
            told = f"{log.replace('_', ' ')}: there are more than {self._max_rows} rows (option max_rows): start the next read from here"
            self.gaps.append(Gap(log, window, "max_rows", told))
        rows = kept.build_rows()
        counts = Counter((row["details"]["api"], row["details"].get("sign_in_type")) for row in rows)
        for api, kind in dict.fromkeys((query.api, query.sign_in_type) for query in queries):
            pages, count = reader.pages[api, kind], counts[api, kind]
            self.sources.append({"log": log, "api": api, "sign_in_type": kind, "pages": pages, "rows": count})
        self.rows[log] = [redact_structure(row, self._ctx.secrets, prose=False) for row in rows]

    def find_retention_days(self, now: datetime.datetime) -> int | None:
        """Return for how many days the tenant keeps its logs; None where that is not known and does not matter."""
        if self.is_licensed is None and now - self._period.start > datetime.timedelta(days=FREE_DAYS):
            probe = LogQuery(sign_ins.LOG, "v1.0", (), "anything", IN_V1)
            reader = LogReader(self._ctx, self._graph)
            try:
                next(reader.read(probe, Window(now, now)), None)
            except NoLicence:
                self.is_licensed = False
            else:
                self.is_licensed = True if reader.pages else None
        return {None: None, True: PREMIUM_DAYS, False: FREE_DAYS}[self.is_licensed]

    def _read_event(self, query: LogQuery, wire: t.Mapping[str, t.Any]) -> LogEvent:
        if query.log == audits.LOG:
            return read_audit(wire)
        return read_sign_in(wire, str(query.sign_in_type), query.api, self._shows_policies)


def _read_options(ctx: Context, now: datetime.datetime) -> _Asked:
    """Return what is asked for. Raises ConfigError for one option that cannot be used, Problems for several."""
    options, now, faults = ctx.options, now.replace(microsecond=0), OptionFaults()
    period = faults.attempt(lambda: parse_period(options["since"], options.get("until") or None, now))
    late_by = faults.attempt(lambda: parse_span(options["late_by"], "late_by"))
    if options["max_rows"] < 1:
        faults.note("max_rows", f"{options['max_rows']} is not a number of rows: give 1 or more")
    faults.raise_any()
    for told in find_zoneless({name: options.get(name) for name in ("since", "until")}):
        ctx.warn(told)
    operations = options.get("operations")
    return _Asked(
        Window(period.since, min(period.until, now)),
        now,
        late_by,
        tuple(log for log in LOGS if log in _choose_logs(options["logs"], operations)),
        None if operations is None else tuple(text.strip() for text in operations),
        options["max_rows"],
    )


def _choose_logs(logs: t.Sequence[str], operations: t.Sequence[str] | None) -> list[str]:
    """Return the logs in which such operations can be: sign-ins stand in one of them, and nothing else does."""
    if operations is None or not set(operations) <= set(OPERATIONS):
        return list(logs)
    others = set(operations) - {"sign_in"}
    return [log for log in logs if ("sign_in" in operations if log == sign_ins.LOG else others)]


def _list_expected_gaps(asked: _Asked, days: int | None, collected: LogCollector) -> list[Gap]:
    """Return the gaps at both ends of what the logs hold: what is not kept any more, and what may still arrive."""
    found = []
    for log in asked.logs:
        is_read = not any(gap.log == log and gap.reason == "licence" for gap in collected.gaps)
        oldest = asked.now - datetime.timedelta(days=days or PREMIUM_DAYS)
        if is_read and asked.period.start < oldest:
            told = f"{log.replace('_', ' ')}: this tenant keeps {days or PREMIUM_DAYS} days"
            found.append(Gap(log, Window(asked.period.start, min(oldest, asked.period.end)), "retention", told))
        latest = asked.now - asked.late_by
        if is_read and asked.period.end > latest:
            told = f"{log.replace('_', ' ')}: entries may still arrive"
            found.append(Gap(log, Window(max(latest, asked.period.start), asked.period.end), "late", told))
    return found


def _list_unknown_gaps(asked: _Asked, unknown: t.Sequence[str]) -> list[Gap]:
    """Return a gap of each log for all names that nothing in the tenant has: those of one reason are joined, with one message."""
    done = {
        sign_ins.LOG: "not searched for in the sign-ins",
        audits.LOG: "searched for only by the name that the directory's audit log has for changed objects",
    }
    return [
        Gap(log, asked.period, "unknown_name", f"{'; '.join(unknown)}: {done[log]}") for log in asked.logs if unknown
    ]


def _warn(ctx: Context, gaps: t.Sequence[Gap], collected: LogCollector) -> None:
    """Warn of what was not read; what may still arrive is told in the result alone."""
    told = [gap for gap in gaps if gap.reason != "late"]
    for gap in told[:_MOST_WARNINGS]:
        row = gap.as_row()
        ctx.warn(f"Not read from {row['from']} to {row['to']}: {gap.message}")
    if len(told) > _MOST_WARNINGS:
        ctx.warn(f"{len(told) - _MOST_WARNINGS} more parts of the logs were not read: see gaps.")
    if collected.repeats:
        ctx.warn(
            f"The service returned {collected.repeats} entries of the logs more than once; the result has each of them once."
        )
