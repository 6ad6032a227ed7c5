# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recurrence rules of schedules: what is accepted, how it is stored, and when it is due."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_START = re.compile(r"DTSTART(?:;TZID=([^:]+))?:(\d{8}T\d{6})(Z?)(?=\s|$)")
_RULE = re.compile(r"RULE:[^\s]*")
_UNTIL = re.compile(r"UNTIL=(\d{8}T\d{6})(Z?)")
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FORMAT = "%Y%m%dT%H%M%S"
_MOST_PERIODS = 20000
_NO_ZONE = "A valid TZID must be provided (e.g., America/New_York)"


def check_rule(text: str) -> list[str]:
    """Return what is wrong with a recurrence, in the order in which the API tells it."""
    starts = re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", text)
    errors = []
    if not starts:
        errors.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    if re.search(r"DTSTART:[0-9]+T[0-9]+ ", text):
        errors.append("DTSTART cannot be a naive datetime.  Specify ;TZINFO= or YYYYMMDDTHHMMSSZZ.")
    if len(starts) > 1:
        errors.append("Multiple DTSTART is not supported.")
    lower = text.lower()
    if "rrule:" not in lower:
        errors.append("One or more rule required in rrule.")
    errors += [f"{word} not allowed in rrule." for word in ("EXDATE", "RDATE") if f"{word.lower()}:" in lower]
    for rule in _RULE.findall(text):
        errors += [f"{problem}: {rule}" for problem in _check_one(rule)]
    try:
        if not errors or not starts or re.search(r"DTSTART:[0-9]+T[0-9]+ ", text):
            _parse(text)
    except ValueError as error:
        errors.append(f"rrule parsing failed validation: {error}")
    return errors


def _check_one(rule: str) -> Iterator[str]:
    lower = rule.lower()
    if "interval" not in lower:
        yield "INTERVAL required in rrule"
    elif "secondly" in lower:
        yield "SECONDLY is not supported"
    if re.search(r"BYDAY[=:][0-9]+[a-zA-Z]{2}", rule):
        yield "BYDAY with numeric prefix not supported"
    if "COUNT" in rule and "UNTIL" in rule:
        yield "RRULE may not contain both COUNT and UNTIL"
    count = re.search(r"COUNT=([0-9]+)", rule)
    if count and int(count[1]) > 999:
        yield "COUNT > 999 is unsupported"


def make_stored_rule(text: str) -> str:
    """Return a rule as it is stored: one space between its parts, the end of each rule in UTC."""
    zone = _parse(text)[1].tzinfo

    def convert(match: re.Match[str]) -> str:
        if match[2]:
            return match[0]
        until = datetime.strptime(match[1], _FORMAT).replace(tzinfo=zone).astimezone(timezone.utc)
        return f"UNTIL={until.strftime(_FORMAT)}Z"

    return _UNTIL.sub(convert, " ".join(text.split()))


def tell_zone(text: str) -> str:
    """Return the name of a rule's time zone."""
    return _parse(text)[0]


def tell_until(text: str) -> str:
    """Return the end of a rule in its own zone, or empty text."""
    start = _parse(text)[1]
    match = _UNTIL.search(text)
    if not match:
        return ""
    until = datetime.strptime(match[1], _FORMAT).replace(tzinfo=timezone.utc if match[2] else start.tzinfo)
    return until.astimezone(start.tzinfo).strftime("%Y-%m-%dT%H:%M:%S")


def list_due(text: str, after: datetime, most: int = 1) -> list[datetime]:
    """Return the first `most` times of a rule after a moment, in the rule's zone."""
    _name, start, rules = _parse(text)
    found: set[datetime] = set()
    for rule in rules:
        found.update(islice((moment for moment in _expand(rule, start) if moment > after), most))
    return sorted(found)[:most]


def tell_ends(text: str) -> tuple[datetime | None, datetime | None]:
    """Return the first time of a rule, and the last one if it has an end."""
    _name, start, rules = _parse(text)
    if not all("COUNT" in rule or "UNTIL" in rule for rule in rules):
        return next((moment for rule in rules for moment in _expand(rule, start)), None), None
    times = sorted(moment for rule in rules for moment in islice(_expand(rule, start), _MOST_PERIODS))
    return (times[0], times[-1]) if times else (None, None)


def _parse(text: str) -> tuple[str, datetime, list[dict[str, str]]]:
    """Return zone, start and rules. Raises ValueError."""
    match = _START.search(text)
    if not match or not (match[1] or match[3]):
        raise ValueError(_NO_ZONE)
    zone: tzinfo = timezone.utc
    if match[1]:
        try:
            zone = ZoneInfo(match[1])
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(_NO_ZONE) from error
    start = datetime.strptime(match[2], _FORMAT).replace(tzinfo=zone)
    rules = []
    for words in re.findall(r"(?<!EX)RRULE:(\S*)", text):
        rule = dict(word.partition("=")[::2] for word in words.split(";"))
        if rule.get("FREQ") not in _FREQUENCIES:
            raise ValueError(f"invalid 'FREQ': {rule.get('FREQ')}")
        if not rule.get("INTERVAL", "1").isdigit() or not int(rule.get("INTERVAL", "1")):
            raise ValueError(f"invalid 'INTERVAL': {rule.get('INTERVAL')}")
        rules.append(rule)
    return match[1] or "UTC", start, rules


def _expand(rule: dict[str, str], start: datetime) -> Iterator[datetime]:
    """Yield the times of one rule."""
    until = _UNTIL.search(f"UNTIL={rule.get('UNTIL', '')}")
    end = (
        datetime.strptime(until[1], _FORMAT).replace(tzinfo=timezone.utc if until[2] else start.tzinfo)
        if until
        else None
    )
    left = int(rule["COUNT"]) if "COUNT" in rule else None
    for moment in _expand_periods(rule, start):
        if (end is not None and moment > end) or left == 0:
            return
        left = None if left is None else left - 1
        yield moment


def _expand_periods(rule: dict[str, str], start: datetime) -> Iterator[datetime]:
    step = int(rule.get("INTERVAL", "1"))
    if rule["FREQ"] in ("HOURLY", "MINUTELY", "SECONDLY"):
        unit = {"HOURLY": 3600, "MINUTELY": 60, "SECONDLY": 1}[rule["FREQ"]]
        yield from (start + timedelta(seconds=unit * step * number) for number in range(_MOST_PERIODS))
        return
    hours = _read_numbers(rule, "BYHOUR") or [start.hour]
    minutes = _read_numbers(rule, "BYMINUTE") or [start.minute]
    positions = _read_numbers(rule, "BYSETPOS")
    for number in range(_MOST_PERIODS):
        days = [day for day in _list_days(rule, start.date(), number * step) if _is_wanted(rule, day, start)]
        times = [
            datetime(d.year, d.month, d.day, h, m, start.second, tzinfo=start.tzinfo)
            for d in days
            for h in hours
            for m in minutes
        ]
        if positions:
            times = sorted({times[p - 1 if p > 0 else p] for p in positions if -len(times) <= p <= len(times) and p})
        yield from (moment for moment in times if moment >= start)


def _list_days(rule: dict[str, str], start: date, steps: int) -> list[date]:
    """Return the days of the period that is so many days, weeks, months or years after the first."""
    if rule["FREQ"] == "DAILY":
        return [start + timedelta(days=steps)]
    if rule["FREQ"] == "WEEKLY":
        first = start - timedelta(days=start.weekday()) + timedelta(weeks=steps)
        return [first + timedelta(days=number) for number in range(7)]
    months = steps if rule["FREQ"] == "MONTHLY" else 12 * steps
    year, month = divmod(start.year * 12 + (start.month - 1 if rule["FREQ"] == "MONTHLY" else 0) + months, 12)
    count = 1 if rule["FREQ"] == "MONTHLY" else 12
    return [
        date(year, month + 1 + number, day)
        for number in range(count)
        for day in range(1, calendar.monthrange(year, month + 1 + number)[1] + 1)
    ]


def _is_wanted(rule: dict[str, str], day: date, start: datetime) -> bool:
    days, month_days = rule.get("BYDAY"), _read_numbers(rule, "BYMONTHDAY")
    months = _read_numbers(rule, "BYMONTH")
    if months and day.month not in months:
        return False
    if days and _DAYS[day.weekday()] not in [word.strip()[-2:] for word in days.split(",")]:
        return False
    if month_days:
        length = calendar.monthrange(day.year, day.month)[1]
        return any(day.day == (number if number > 0 else length + 1 + number) for number in month_days)
    if days or rule["FREQ"] == "DAILY":
        return True
    if rule["FREQ"] == "WEEKLY":
        return day.weekday() == start.weekday()
    return day.day == start.day and (rule["FREQ"] == "MONTHLY" or bool(months) or day.month == start.month)


def _read_numbers(rule: dict[str, str], key: str) -> list[int]:
    return [int(word) for word in rule.get(key, "").split(",") if word.strip().lstrip("+-").isdigit()]
