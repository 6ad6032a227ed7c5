# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Schedules of a controller: a rule in the form in which it is stored, and what is wrong with one. Pure but for the database of time zones."""

from __future__ import annotations

import datetime
import re
import typing as t
import zoneinfo

_START = re.compile(r"DTSTART(?:;TZID=(?P<zone>[A-Za-z0-9_+/-]+))?:(?P<time>\d{8}T\d{6})(?P<utc>Z?)")
_UNTIL = re.compile(r"(UNTIL=)(\d{8}(?:T\d{6})?)(?=;|$)")
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
_DAYS = re.compile("(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*")
_FORMAT = "%Y%m%dT%H%M%S"
_MOST_TIMES = 999
_HOW = "give such as 'DTSTART;TZID=Europe/Berlin:20270104T050000 RRULE:FREQ=DAILY;INTERVAL=1'"
#: Schedules that nobody has given a rule begin on this day.
_FIRST_DAY = "20260101"


def build_rule(words: str, timezone: str) -> str:
    """Return the rule of *words*, the time of the day and the RRULE such as "050000 FREQ=DAILY;INTERVAL=1", in *timezone*."""
    time, rule = words.split(" ")
    zone = "" if timezone == "UTC" else f";TZID={timezone}"
    return f"DTSTART{zone}:{_FIRST_DAY}T{time}{'Z' if not zone else ''} RRULE:{rule}"


def find_zone(name: str) -> datetime.tzinfo | None:
    """Return the time zone of a name, None where this machine's database has none."""
    if name == "UTC":
        return datetime.timezone.utc
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError):  # of which ZoneInfoNotFoundError, a KeyError, is none
        return None
    except KeyError:
        return None


def normalize_rule(rule: str) -> str:
    """Return *rule* as a controller stores it: one blank between parts, and the ends of rules in UTC. For a rule without problems."""
    parts = rule.split()
    found = _START.fullmatch(parts[0]) if parts else None
    zone = find_zone(found["zone"] or "UTC") if found else None
    if zone is None:
        return " ".join(parts)
    return " ".join([parts[0], *(_UNTIL.sub(lambda match: _convert_until(match, zone), part) for part in parts[1:])])


def _convert_until(match: re.Match[str], zone: datetime.tzinfo) -> str:
    """Return the end of a rule, which a controller takes for local time, in UTC."""
    text = match[2] if "T" in match[2] else f"{match[2]}T000000"
    try:
        local = datetime.datetime.strptime(text, _FORMAT).replace(tzinfo=zone)
        return f"{match[1]}{local.astimezone(datetime.timezone.utc).strftime(_FORMAT)}Z"
    except (ValueError, OverflowError):
        return match[0]


def find_rule_problems(rule: str) -> t.Iterator[str]:
    """Yield what a controller would refuse of the *rule* of a schedule, each with what to do."""
    parts = rule.split()
    start = _START.fullmatch(parts[0]) if parts else None
    if start is None:
        yield f"must begin with DTSTART and a time; {_HOW}"
        return
    if not start["zone"] and not start["utc"]:
        yield "DTSTART has no time zone; end it with Z, or put ;TZID=ZONE after DTSTART"
    elif start["zone"] and start["utc"]:
        yield "DTSTART has a time zone and ends with Z; remove one of them"
    elif start["zone"] and find_zone(start["zone"]) is None:
        yield f"{start['zone']} is not a time zone that this machine knows; give a name such as Europe/Berlin, or UTC as Z"
    if not _is_time(start["time"]):
        yield "DTSTART is not a date and time; write YYYYMMDDTHHMMSS"
    rules = [part for part in parts[1:] if part.startswith("RRULE:")]
    for part in parts[1:]:
        if not part.startswith(("RRULE:", "EXRULE:")):
            yield f"{part.split(':')[0][:20]} is not possible here; give one DTSTART and RRULE only"
    if not rules:
        yield f"has no RRULE; {_HOW}"
    for part in rules:
        yield from _find_part_problems(part.removeprefix("RRULE:"))


def _is_time(text: str) -> bool:
    try:
        datetime.datetime.strptime(text, _FORMAT)
    except ValueError:
        return False
    return True


def _find_part_problems(rule: str) -> t.Iterator[str]:
    keys = dict(item.partition("=")[::2] for item in rule.split(";"))
    if keys.get("FREQ") not in _FREQUENCIES:
        yield f"FREQ must be one of {', '.join(_FREQUENCIES)}"
    if not re.fullmatch("[1-9][0-9]{0,3}", keys.get("INTERVAL", "")):
        yield "has no INTERVAL; add ;INTERVAL=1"
    if "BYDAY" in keys and not _DAYS.fullmatch(keys["BYDAY"]):
        yield "BYDAY takes days only, such as MO,TU; the first Monday is BYDAY=MO;BYSETPOS=1"
    if "COUNT" in keys and "UNTIL" in keys:
        yield "has both COUNT and UNTIL; remove one of them"
    if "COUNT" in keys and not (keys["COUNT"].isdecimal() and int(keys["COUNT"][:9]) <= _MOST_TIMES):
        yield f"COUNT must be a number up to {_MOST_TIMES}"
    until = keys.get("UNTIL")
    if until is not None and not re.fullmatch(r"\d{8}(T\d{6}Z?)?", until):
        yield "UNTIL must have the form 20311231T235959Z"
