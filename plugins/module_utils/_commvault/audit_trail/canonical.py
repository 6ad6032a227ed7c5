# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entries of the audit trail and of the event log in the form that entries of all logs have. Pure."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ..._core.log_events import Actor, LogEvent
from ..._core.periods import Period
from ..._core.values import AnswerObject, parse_number
from .options import AUDIT_TRAIL, EVENTS
from .pages import AuditRow
from .times import read_told_time
from .wording import classify_operation, judge_outcome, parse_details

_SERVICE = "commvault"
#: Texts of a service are kept so far: a log of any length has to fit into the result.
_LONGEST_TEXT = 4000
_LONGEST_VALUE = 300
#: How the service numbers the severities of events.
EVENT_SEVERITIES = {0: "information", 3: "minor", 6: "major", 9: "critical"}

FindZone = t.Callable[[], datetime.tzinfo]


class Entry(t.NamedTuple):
    """An entry and its severity, by which it is chosen and kept. ``is_doubtful``: its time may be another, ``later``, see ToldTime."""

    event: LogEvent
    severity: str
    is_doubtful: bool = False
    later: datetime.datetime | None = None

    def place_in(self, part: Period) -> Entry | None:
        """Return the entry with the moment that lies in *part*, which the service was asked for; None where none does.

        The service chooses entries by the moments that it keeps, so that a local time of two moments is the one that was asked for;
        where both were, the earlier one.
        """
        if part.contains(self.event.time):
            return self
        if self.later is not None and part.contains(self.later):
            return self._replace(event=dataclasses.replace(self.event, time=self.later))
        return None


def _get_text(value: t.Any, longest: int = _LONGEST_VALUE) -> str:
    """Return a cell as text, cut at *longest*; empty for none and for what is no single value."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)[:longest]


def canonical_audit_row(row: AuditRow, find_zone: FindZone) -> Entry:
    """Return an entry of the audit trail. Raises BadAnswer for one without a time."""
    values = {name: _get_text(value) for name, value in row.values.items() if name != "details"}
    raw = row.values.get("details")
    text = _get_text(raw, _LONGEST_TEXT)
    record = values.get("id", "")
    told = read_told_time(row.values.get("time"), find_zone, f"entry {record}" if record else "an entry")
    activity, user = values.get("operation", ""), values.get("user", "")
    operation, said = classify_operation(activity), parse_details(text)
    details = {
        "severity": (severity := values.get("severity", "").strip().lower()),
        "text": text,
        "text_is_cut": True if isinstance(raw, str) and len(raw) > _LONGEST_TEXT else None,
        "notes": values.get("notes"),
        "company": values.get("company"),
        "time_is_doubtful": True if told.is_doubtful else None,
        "columns": {name: _get_text(value) for name, value in row.others.items()},
    }
    event = LogEvent(
        time=told.moment,
        service=_SERVICE,
        log=AUDIT_TRAIL,
        activity=activity,
        operation=operation,
        outcome=judge_outcome(activity, operation, text),
        actor=Actor("user", user, commvault_id=values.get("user_id") or None) if user else Actor(),
        address=values.get("address") or None,
        target=said.target,
        others=said.others,
        before=said.before,
        after=said.after,
        details={name: value for name, value in details.items() if value not in (None, "", {})},
        record_id=record,
    )
    return Entry(event, severity, told.is_doubtful, told.later)


def canonical_event(row: AnswerObject, find_zone: FindZone) -> Entry:
    """Return an entry of the event log. Raises BadAnswer for one without a time."""
    record, text = _get_text(row.get("id")), _get_text(row.get("description"), _LONGEST_TEXT)
    told = read_told_time(row.get("timeSource"), find_zone, f"event {record}" if record else "an event")
    number = parse_number(row.get("severity"))
    severity = EVENT_SEVERITIES.get(-1 if number is None else number) or _get_text(row.get("severity")).lower()
    client = row.get("clientEntity")
    details = {
        "severity": severity,
        "text": text,
        "code": _get_text(row.get("eventCodeString")),
        "subsystem": _get_text(row.get("subsystem")),
        "job_id": _get_text(row.get("jobId")) if row.get("jobId") else None,
        "client": _get_text(client.get("clientName")) if isinstance(client, dict) else None,
        "time_is_doubtful": True if told.is_doubtful else None,
    }
    event = LogEvent(
        time=told.moment,
        service=_SERVICE,
        log=EVENTS,
        activity=_get_text(row.get("eventCodeString")) or "event",
        actor=Actor("service"),
        details={name: value for name, value in details.items() if value not in (None, "")},
        record_id=record,
    )
    return Entry(event, severity, told.is_doubtful, told.later)
