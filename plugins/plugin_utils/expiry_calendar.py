# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What expires as a calendar: one event for each key that ends, with reminders."""

from __future__ import annotations

import datetime
import typing as t
import uuid

from ansible_collections.cvops.identity.plugins.module_utils._core.libraries import build_missing_error
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.facts import (
    FAILED,
    PROVIDER_KIND,
    TOKEN_KIND,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.words import (
    KIND_WORDS,
    describe_key,
    describe_row,
    describe_source,
    describe_source_name,
)

from .expiry_reports import list_rows, require_expiring
from .filter_values import make_visible

Row = t.Mapping[str, t.Any]

#: Days before the end on which people are reminded.
REMINDERS = (30, 7, 1)
_PRODUCT = "-//cvops.identity//expiry//EN"
_NAME = "Keys that end"
#: How often a program that subscribes is to read the calendar anew.
_REFRESH = datetime.timedelta(hours=12)
#: The namespace of the events' names.
_NAMESPACE = uuid.UUID("6f1c5f0e-6d4b-5c1c-9b7e-3f2f6f7d1a55")
_LONGEST_SUMMARY = 200


def build_expiry_calendar(expiring: t.Any) -> str:
    """Return an iCalendar (RFC 5545) with an event for each key that ends and is not superseded, and for each source that could not be read.

    Keys of such a source are not in the calendar, so that without its event nothing would tell that they are missing.
    A key keeps its UID from run to run, so that reading the calendar again moves its event; later runs have higher sequence numbers.
    Raises MissingLibrary.
    """
    try:
        import icalendar
    except ImportError as exc:
        raise build_missing_error("icalendar", "Writing a calendar", exc) from exc
    checked = parse_time(require_expiring(expiring)["checked_at"])
    calendar = icalendar.Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):  # RFC 7986, and what came before it
        calendar.add(name, _NAME)
    calendar.add("refresh-interval", icalendar.vDuration(_REFRESH), parameters={"VALUE": "DURATION"})
    for uid, rows in sorted(_group_by_key(list_rows(expiring)).items()):
        first, ends = rows[0], parse_time(rows[0]["expires"])
        event = icalendar.Event()
        event.add("uid", uid)
        event.add("dtstamp", checked)
        event.add("sequence", _count_sequence(checked))
        event.add("dtstart", ends)
        event.add("summary", _format_summary(rows)[:_LONGEST_SUMMARY])
        event.add("description", "\n".join(describe_row(row) for row in rows))
        event.add("transp", "TRANSPARENT")
        event.add("categories", [str(first["kind"])])
        for days in REMINDERS if ends > checked else ():  # else a calendar that is new reminds of what is long over
            alarm = icalendar.Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add(
                "description", f"{describe_key(first)[:_LONGEST_SUMMARY]} ends in {days} day{'s' if days > 1 else ''}"
            )
            alarm.add("trigger", datetime.timedelta(days=-days))
            event.add_component(alarm)
        calendar.add_component(event)
    for source in make_visible(expiring["sources"]):
        if source.get("status") == FAILED:
            calendar.add_component(_build_source_event(icalendar, source, checked))
    return str(calendar.to_ical().decode())


def _build_source_event(icalendar: t.Any, source: Row, checked: datetime.datetime) -> t.Any:
    """Return the event of a source that could not be read when it was *checked*."""
    event = icalendar.Event()
    event.add("uid", _build_uid("source", source.get("commcell"), f"{source.get('service')} {source.get('what')}"))
    event.add("dtstamp", checked)
    event.add("sequence", _count_sequence(checked))
    event.add("dtstart", checked)
    told = f"{describe_source_name(source)} could not be read: keys are missing in this calendar"
    event.add("summary", told[:_LONGEST_SUMMARY])
    event.add("description", describe_source(source))
    event.add("transp", "TRANSPARENT")
    return event


def build_event_uid(row: Row) -> str:
    """Return the UID of a key's event: a certificate's by its thumbprint, as its key id may be that of either of its two entries."""
    place = row["commcell"] if row["kind"] in (TOKEN_KIND, PROVIDER_KIND) else row["object_id"]
    key = row["thumbprint"] or str(row["key_id"]).lower()
    return _build_uid(row["kind"], place, key)


def _build_uid(kind: t.Any, place: t.Any, key: str) -> str:
    return f"{uuid.uuid5(_NAMESPACE, repr((kind, place, key)))}@cvops.identity"


def _count_sequence(checked: datetime.datetime) -> int:
    """Return the number of a run's revision of all events, which is higher in each later one."""
    return int(checked.timestamp()) // 60


def _group_by_key(rows: t.Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each key that ends, by the UID of its event."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row["expires"] and row["kind"] and row["state"] != "superseded":
            found.setdefault(build_event_uid(row), []).append(row)
    return found


def _format_summary(rows: t.Sequence[Row]) -> str:
    who = sorted(f"{row['consumer']} on {row['commcell']}" for row in rows if row["consumer"])
    more = f", used by {', '.join(who)}" if who else ""
    name = f" {rows[0]['name']}" if rows[0]["name"] else ""
    of = f" of {rows[0]['application']}" if rows[0]["application"] else ""
    return f"{KIND_WORDS.get(str(rows[0]['kind']), 'key')}{name}{of} ends{more}"
