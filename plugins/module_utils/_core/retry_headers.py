# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The headers by which a service asks to wait, and tells its quota, in the forms that services and gateways write. Pure.

Where a header can be read in several ways, or is given more than once, the longest wait counts.
"""

from __future__ import annotations

import datetime
import email.utils
import math
import re
import typing as t

from .values import parse_number

#: A wait beyond this one is as good as none that ends.
LONGEST_WAIT_S = 366 * 86400.0
_LONGEST_HEADER = 200
#: A number of at least this many is a moment, in seconds since 1970, or in milliseconds a thousand times as many.
_FIRST_EPOCH_S = 1_000_000_000.0
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_QUANTITY = re.compile(
    r"([+-]?[0-9]{1,15}(?:\.[0-9]{0,15})?)\s*"
    r"(?:(ms|msecs?|millis|milliseconds?)|(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hrs?|hours?)|(d|days?))?",
    re.IGNORECASE,
)
_ISO_DURATION = re.compile(
    r"P(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,12}(?:\.[0-9]{1,9})?)S)?)?", re.IGNORECASE
)
_CLOCK = re.compile(r"([0-9]{1,4}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{1,9})?)")
#: A comma between two values, not the one after the weekday of a date.
_BETWEEN_VALUES = re.compile(r"\s*,\s*(?![0-9]{1,2}[ -][A-Za-z]{3})|\s*;\s*")
_MILLISECOND_HEADERS = ("retry-after-ms", "x-ms-retry-after-ms")
_RESET_HEADERS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
_LIMIT = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]{1,18})(?:\.0+)?")
_PERIOD_IN_LIMIT = re.compile(r"(?:\bw\s*=\s*\"?|\bper\s+|/\s*)([0-9A-Za-z]{1,20})", re.IGNORECASE)


def parse_wait_s(status: int, headers: t.Mapping[str, str], now_epoch_s: float) -> float | None:
    """Return the seconds that the answer with these *headers* asks to wait; None where it does not say, or not readably.

    The moment at which a quota begins anew counts with HTTP 429 only, and where no other header says how long to wait.
    A moment is measured by the answer's own Date as well: our clock may be ahead.
    """
    now = _choose_earlier_now(headers.get("date"), now_epoch_s)
    found = [parse_retry_after(headers.get("retry-after"), now)]
    found += [parse_retry_after(headers.get(name), now, unit_s=0.001) for name in _MILLISECOND_HEADERS]
    if status == 429 and not any(wait is not None for wait in found):
        found += [parse_retry_after(headers.get(name), now) for name in _RESET_HEADERS]
    return max((wait for wait in found if wait is not None), default=None)


def parse_retry_after(value: str | None, now_epoch_s: float, unit_s: float = 1.0) -> float | None:
    """Return the seconds of a Retry-After header; None when absent or unreadable, never negative, at most a year.

    Read are numbers (of *unit_s* seconds, or with a unit: ``120 s``), dates of HTTP and ISO 8601, moments since 1970, durations
    (``PT2M``, ``00:02:00``), and several of these, of which the longest counts.
    """
    if not value or len(value) > _LONGEST_HEADER:
        return None
    parts = (part.strip().strip("\"'") for part in _BETWEEN_VALUES.split(value))
    waits = [wait for part in parts if part and (wait := _parse_one(part, now_epoch_s, unit_s)) is not None]
    return min(LONGEST_WAIT_S, max(0.0, *waits)) if waits else None


def parse_quota(headers: t.Mapping[str, str]) -> tuple[int | None, str]:
    """Return how many requests a service allows, None where it does not say, and in which period, in its words or as ``3600 s``."""
    told = str(headers.get("x-ratelimit-limit") or headers.get("ratelimit-limit") or "")[:_LONGEST_HEADER].strip()
    limit = _LIMIT.match(told)
    period = str(headers.get("x-ratelimit-period") or "").strip()
    if not period and (inside := _PERIOD_IN_LIMIT.search(told)):
        period = inside.group(1)
    number = parse_number(limit.group(1).replace(",", "")) if limit else None
    return number, f"{period} s" if parse_number(period) is not None else period or "period"


def _choose_earlier_now(date: str | None, now_epoch_s: float) -> float:
    """Return *now_epoch_s*, or the answer's *date* where that is earlier and can be."""
    told = _parse_moment(date or "")
    return now_epoch_s if told is None else min(now_epoch_s, told)


def _parse_one(part: str, now_epoch_s: float, unit_s: float) -> float | None:
    """Return the seconds of one value, None where it is unreadable."""
    try:
        plain = float(part)
    except ValueError:
        pass
    else:
        return None if math.isnan(plain) else _convert_number(plain, now_epoch_s, unit_s)
    if quantity := _QUANTITY.fullmatch(part):
        units = [name for name, given in zip(_UNIT_SECONDS, quantity.groups()[1:], strict=True) if given]
        return float(quantity.group(1)) * (_UNIT_SECONDS[units[0]] if units else unit_s)
    if (clock := _CLOCK.fullmatch(part)) is not None:
        return float(clock.group(1)) * 3600 + float(clock.group(2)) * 60 + float(clock.group(3))
    duration = _ISO_DURATION.fullmatch(part)
    if duration is not None and any(duration.groups()):
        return sum(
            float(given or 0) * each for given, each in zip(duration.groups(), (86400, 3600, 60, 1), strict=True)
        )
    moment = _parse_moment(part)
    return None if moment is None else moment - now_epoch_s


def _convert_number(number: float, now_epoch_s: float, unit_s: float) -> float:
    """Return a number without unit as seconds from now: a number so large that it can only be a moment is one."""
    if _FIRST_EPOCH_S * 1000 <= number < _FIRST_EPOCH_S * 10_000:
        return number / 1000 - now_epoch_s
    if unit_s == 1.0 and _FIRST_EPOCH_S <= number < _FIRST_EPOCH_S * 10:
        return number - now_epoch_s
    return number * unit_s


def _parse_moment(text: str) -> float | None:
    """Return a date of HTTP or ISO 8601 in seconds since 1970, None for anything else; without a zone it is UTC."""
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        try:
            moment = datetime.datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", text))
        except ValueError:
            return None
    if moment.tzinfo is None:  # "-0000": UTC without a word about the sender's zone
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    try:
        return moment.timestamp()
    except (OverflowError, ValueError):
        return None
