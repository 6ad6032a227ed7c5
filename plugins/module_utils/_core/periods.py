# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Periods of time that options since and until name, the same way for every log. Pure: the caller says what time it is."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass

from .errors import ConfigError, Problems
from .values import format_time, parse_time, shift_time

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN = re.compile(r"([0-9]{1,6})\s*([mhdwMHDW])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?\s*(?:[Zz]|[+-]\d\d:\d\d)?)?", re.ASCII)
_ZONE = re.compile(r"(?:[Zz]|[+-]\d\d:\d\d)\s*$", re.ASCII)
#: No log of either service is older, and both count time in seconds from here.
_EARLIEST = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_SECOND = datetime.timedelta(seconds=1)
_FORMS = "Give a date and time such as 2026-11-27T08:00:00Z (UTC where it names no zone), a date, or how long ago, such as 90m, 24h, 7d or 4w"


@dataclass(frozen=True)
class Period:
    """The time from ``since`` on, up to ``until``, which is no longer in it: both in UTC and whole seconds, ``since`` before ``until``.

    ``open_ended``: the end was not named, it is the time of reading. A service whose clock is ahead of ours may then have entries
    that are later than ``until`` and still belong to the period.
    """

    since: datetime.datetime
    until: datetime.datetime
    open_ended: bool = False

    def contains(self, moment: datetime.datetime) -> bool:
        """Return True when *moment* lies in the period; for one that is open-ended, also when it is later."""
        return self.since <= moment and (self.open_ended or moment < self.until)

    def halve(self) -> tuple[Period, Period] | None:
        """Return the earlier and the later half, which adjoin at a whole second; None where one second is all that there is."""
        middle = self.since + datetime.timedelta(seconds=(self.until - self.since) // _SECOND // 2)
        if middle == self.since:
            return None
        return Period(self.since, middle), Period(middle, self.until, self.open_ended)

    def as_row(self) -> dict[str, str]:
        """Return the period as results have it."""
        return {"since": format_time(self.since), "until": format_time(self.until)}


def parse_period(
    since: str, until: str | None, now: datetime.datetime, names: tuple[str, str] = ("since", "until")
) -> Period:
    """Return the period that the texts of two options name; *until* None: to *now*, open-ended.

    Each is a moment (RFC 3339; without a zone in UTC, without a time its first second) or a span before *now*. What is smaller than a
    second widens the period to whole ones. *names*: of the options, for messages. Raises ConfigError for one fault, Problems for several.
    """
    present = now.astimezone(datetime.timezone.utc).replace(microsecond=0)
    problems: list[dict[str, t.Any]] = []

    def tell(name: str, message: str) -> None:
        """Note what is wrong with an option."""
        problems.append({"kind": "config", "where": name, "message": message})

    def parse(name: str, text: str) -> datetime.datetime | None:
        """Return the moment, None for a text that names none."""
        moment = _parse_moment(text, present)
        if moment is None:
            tell(name, f"{text!r} is not a time.  {_FORMS}")
        elif moment < _EARLIEST:
            tell(name, f"{text!r} is before 1970, and no log is that old")
        else:
            return moment
        return None

    start, end = parse(names[0], since), present if until is None else parse(names[1], until)
    if start is not None and start >= present:
        tell(names[0], f"{since!r} is not in the past: it is {format_time(present)} now")
    elif start is not None and end is not None and start >= end:
        tell(names[0], f"{format_time(start)} is not before {names[1]}, {format_time(end)}, so the period is empty")
    if len(problems) > 1:
        raise Problems("The period cannot be read", problems)
    if start is None or end is None or problems:
        raise ConfigError(
            f"option {problems[0]['where']}: {problems[0]['message']}", source=f"option {problems[0]['where']}"
        )
    return Period(_round_down(start), _round_up(end), open_ended=until is None)


def find_zoneless(options: t.Mapping[str, str | None]) -> list[str]:
    """Return a warning for each of the *options*, texts by name that :func:`parse_period` takes, whose time names no zone."""
    return [
        f"option {name}: {text.strip()} names no time zone and is taken as UTC."
        for name, text in options.items()
        if text and ":" in text and not _ZONE.search(text)
    ]


def parse_span(text: str, name: str) -> datetime.timedelta:
    """Return the length of time that the text of option *name* names, such as 15m or 2h. Raises ConfigError."""
    span = _SPAN.fullmatch(text.strip())
    if span is None:
        raise ConfigError(
            f"option {name}: {text!r} is not a length of time such as 15m, 24h or 7d", source=f"option {name}"
        )
    return _get_length(span)


def _get_length(span: re.Match[str]) -> datetime.timedelta:
    return datetime.timedelta(**{_UNITS[span.group(2).lower()]: int(span.group(1))})


def _parse_moment(text: str, present: datetime.datetime) -> datetime.datetime | None:
    """Return the moment that *text* names, in UTC; None where it names none."""
    cleaned = text.strip()
    if span := _SPAN.fullmatch(cleaned):
        return shift_time(present, -_get_length(span))
    if not _MOMENT.fullmatch(cleaned):
        return None
    try:
        return parse_time(re.sub(r"\s+(?=[Zz+-])", "", cleaned.replace("t", "T"))).astimezone(datetime.timezone.utc)
    except ValueError:  # such as the 31st of November
        return None


def _round_down(moment: datetime.datetime) -> datetime.datetime:
    """Return the whole second in which *moment* lies."""
    return moment.replace(microsecond=0)


def _round_up(moment: datetime.datetime) -> datetime.datetime:
    """Return the first whole second that is not before *moment*."""
    return shift_time(moment.replace(microsecond=0), _SECOND) if moment.microsecond else moment
