# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Times of the CommServe's logs: as numbers, or as text with or without a zone. Pure."""

from __future__ import annotations

import datetime
import re
import typing as t
from dataclasses import dataclass

from ..._core.errors import BadAnswer
from ..._core.values import LATEST_TIME, parse_number, parse_time
from ..._core.visible import to_one_line

#: From here on a number counts milliseconds: as seconds it would be the year 5138.
_FIRST_MILLISECONDS = 10**11
_LONGEST = 40
_HAS_ZONE = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")
#: Forms of local times whose parts cannot be mistaken for each other.
_LOCAL_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y %I:%M:%S %p",
    "%d-%b-%Y %H:%M:%S",
)


@dataclass(frozen=True)
class ToldTime:
    """A moment in UTC. ``is_doubtful``: it was told in local time, at an hour that the clocks of that zone show twice or not at all.

    ``later``: the other moment that such a time may be; None where there is no doubt.
    """

    moment: datetime.datetime
    is_doubtful: bool = False
    later: datetime.datetime | None = None


def read_told_time(told: t.Any, find_zone: t.Callable[[], datetime.tzinfo], where: str) -> ToldTime:
    """Return the moment that a log tells. *find_zone* returns that of the CommServe, which is asked for where the text has none.

    *where*: which entry it is, for messages. Raises BadAnswer for what is no time, and what *find_zone* raises.
    """
    number = parse_number(int(told) if isinstance(told, float) and abs(told) < 10**17 else told)
    if number is not None:
        seconds = number / 1000 if abs(number) >= _FIRST_MILLISECONDS else number
        if not 0 <= seconds <= LATEST_TIME:
            raise _build_error(told, where)
        return ToldTime(datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc))
    if not isinstance(told, str) or len(told) > _LONGEST:
        raise _build_error(told, where)
    text = told.strip()
    if _HAS_ZONE.search(text):
        try:
            return ToldTime(parse_time(text).astimezone(datetime.timezone.utc))
        except ValueError as exc:
            raise _build_error(told, where) from exc
    local = _parse_local(text)
    if local is None:
        raise _build_error(told, where)
    return _place_local(local, find_zone())


def _parse_local(text: str) -> datetime.datetime | None:
    """Return a local time without its zone; None for what has none of the forms. A fraction of a second is left away."""
    for form in _LOCAL_FORMS:
        try:
            return datetime.datetime.strptime(re.sub(r"(:\d\d)\.\d{1,9}$", r"\1", text), form)
        except ValueError:
            continue
    return None


def _place_local(local: datetime.datetime, zone: datetime.tzinfo) -> ToldTime:
    """Return the moment of a local time; of one that the clocks show twice, both."""
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(datetime.timezone.utc) for fold in (0, 1))
    except OverflowError:
        return ToldTime(local.replace(tzinfo=datetime.timezone.utc), True)
    return ToldTime(min(first, second), first != second, max(first, second) if first != second else None)


def _build_error(told: t.Any, where: str) -> BadAnswer:
    return BadAnswer(
        f"Commvault's log has no valid time in {where}: {to_one_line(repr(told)[:200], 60)}.", service="Commvault"
    )
