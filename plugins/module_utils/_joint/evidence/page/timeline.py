# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What ends when: credentials, grants with an end and reviews that are due, as a table and as places in a drawing. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ..tables import Tables
from . import words

#: Days that the drawing shows, before and after ``as_of``; what lies outside stands at its ends.
DAYS_BEFORE, DAYS_AFTER = 30, 365
#: The drawing in units of its own: width, left edge of the axis, right edge, height of a lane, top of the first one.
WIDTH, LEFT, RIGHT, LANE, TOP = 960, 150, 940, 46, 26
#: Days that one dot stands for.
BUCKET = 14
#: Ends that the table shows, the nearest first.
MOST_ENDS = 25
#: Names that a line of it has.
MOST_NAMES = 3

LANES = ("Secrets", "Certificates", "Grants that end", "Reviews due")


class End(t.NamedTuple):
    """What of one kind ends on a date: its lane, the date, the names of it, how many rows."""

    lane: str
    date: str
    names: list[str]
    total: int


class Dot(t.NamedTuple):
    """What ends within a few days in one lane: place, radius, how near, how many, in words."""

    x: int
    y: int
    radius: int
    level: str
    total: int
    text: str


def list_ends(tables: Tables) -> list[End]:
    """Return what ends, by date and kind."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for row in tables.rows["identities"]:
        if row["credential_kind"] in ("secret", "certificate") and words.parse_date(row["expires"]):
            lane = "Secrets" if row["credential_kind"] == "secret" else "Certificates"
            what = f"{row['display_name']}: {row['credential_name'] or row['credential_id'] or row['credential_kind']}"
            named = found.setdefault((str(row["expires"])[:10], lane), {})
            named[what] = named.get(what, 0) + 1
    for lane, column in (("Grants that end", "valid_until"), ("Reviews due", "review_by")):
        for row in tables.rows["access"]:
            if words.parse_date(row[column]):
                named = found.setdefault((str(row[column])[:10], lane), {})
                what = f"{row['principal']}: {row['role'] or 'single permissions'} on {row['entity']}"
                named[what] = named.get(what, 0) + 1
    ends = [End(lane, date, sorted(named), sum(named.values())) for (date, lane), named in found.items()]
    return sorted(ends, key=lambda end: (end.date, LANES.index(end.lane)))


def build_timeline(tables: Tables, as_of: str) -> dict[str, t.Any] | None:
    """Return lanes, dots and months of the drawing, and the ends nearest to *as_of*; None where nothing ends."""
    ends = list_ends(tables)
    if not ends:
        return None
    lanes = [name for name in LANES if any(end.lane == name for end in ends)]
    recent = [end for end in ends if (words.days_from(as_of, end.date) or 0) >= -DAYS_BEFORE]
    shown = (recent or ends[-MOST_ENDS:])[:MOST_ENDS]
    return {
        "width": WIDTH,
        "height": TOP + LANE * len(lanes) + 30,
        "left": LEFT,
        "right": RIGHT,
        "top": TOP,
        "bottom": TOP + LANE * len(lanes),
        "lanes": [(name, TOP + LANE * place + LANE // 2) for place, name in enumerate(lanes)],
        "today": place_day(0),
        "months": _list_months(as_of),
        "dots": [dot for place, name in enumerate(lanes) for dot in _list_dots(name, place, ends, as_of)],
        "ends": [_show_end(end, as_of) for end in shown],
        "lines": len(ends),
        "in_all": sum(end.total for end in ends),
        "past": sum(end.total for end in ends if (words.days_from(as_of, end.date) or 0) < 0),
        "soon": sum(end.total for end in ends if 0 <= (words.days_from(as_of, end.date) or 0) <= 30),
    }


def place_day(days: int) -> int:
    """Return where on the axis a day is, counted from ``as_of``; at the ends of the axis for what lies outside."""
    inside = min(max(days, -DAYS_BEFORE), DAYS_AFTER)
    return round(LEFT + (inside + DAYS_BEFORE) * (RIGHT - LEFT) / (DAYS_BEFORE + DAYS_AFTER))


def _list_dots(lane: str, place: int, ends: t.Sequence[End], as_of: str) -> list[Dot]:
    """Return the dots of a lane, one for the ends of each BUCKET days."""
    buckets: dict[int, int] = {}
    for end in ends:
        if end.lane == lane:
            days = min(max(words.days_from(as_of, end.date) or 0, -DAYS_BEFORE), DAYS_AFTER)
            bucket = days // BUCKET * BUCKET
            buckets[bucket] = buckets.get(bucket, 0) + end.total
    dots = []
    for days, count in sorted(buckets.items()):
        middle = min(days + BUCKET // 2, DAYS_AFTER)
        when = (
            f"{-days} days ago or earlier"
            if days <= -DAYS_BEFORE
            else "in a year or later"
            if days + BUCKET > DAYS_AFTER
            else f"in the 14 days from day {days}"
        )
        radius = 5 if count == 1 else 7 if count < 10 else 9 if count < 100 else 11
        level = words.rate_days_left(days)
        dots.append(
            Dot(place_day(middle), TOP + LANE * place + LANE // 2, radius, level, count, f"{lane}: {count}, {when}")
        )
    return dots


def _list_months(as_of: str) -> list[tuple[int, str]]:
    """Return place and name of the first day of each second month on the axis."""
    today = words.parse_date(as_of)
    if today is None:
        return []
    months = []
    for number in range(0, 14):
        year, month = divmod(today.month - 1 + number, 12)
        first = datetime.date(today.year + year, month + 1, 1)
        days = (first - today).days
        if -DAYS_BEFORE <= days <= DAYS_AFTER - 10 and number % 2 == 1:
            months.append((place_day(days), f"{_MONTHS[month]} {first.year}"))
    return months


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _show_end(end: End, as_of: str) -> dict[str, t.Any]:
    days = words.days_from(as_of, end.date)
    return {
        "date": end.date,
        "left": words.tell_days_left(as_of, end.date),
        "level": words.rate_days_left(days),
        "lane": {
            "Secrets": "Secret",
            "Certificates": "Certificate",
            "Grants that end": "Grant ends",
            "Reviews due": "Review due",
        }[end.lane],
        "names": end.names[:MOST_NAMES],
        "more": max(0, len(end.names) - MOST_NAMES),
        "total": end.total,
    }
