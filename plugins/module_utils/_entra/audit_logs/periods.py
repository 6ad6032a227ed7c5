# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Periods of a log: windows that are read, and gaps of what was not. Pure."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass

from ..._core.values import format_time

#: The smallest window that is asked for: one that is not answered is told as a gap.
_SMALLEST = datetime.timedelta(minutes=5)

#: Why a part of a log was not read. ``late``: it was, and more of it may come. Those after it will not come by reading again.
#: ``unknown_name``: what the tenant has no object of (any more) was not looked for by its ids.
Reason: t.TypeAlias = t.Literal[
    "unanswered", "max_rows", "deadline", "late", "licence", "retention", "refused", "unknown_name"
]
#: Reasons for which the next reading may bring what is missing.
PASSING: frozenset[Reason] = frozenset(("unanswered", "max_rows", "deadline", "late"))


@dataclass(frozen=True)
class Window:
    """A part of a log, both ends included."""

    start: datetime.datetime
    end: datetime.datetime

    @property
    def is_smallest(self) -> bool:
        """Whether it is not split any more."""
        return self.end - self.start <= _SMALLEST

    def split(self) -> tuple[Window, Window]:
        """Return the older half and the newer one; both have the second between them."""
        middle = (self.start + (self.end - self.start) / 2).replace(microsecond=0)
        return Window(self.start, middle), Window(middle, self.end)


@dataclass(frozen=True)
class Gap:
    """A part of a log that was not read, or not for good. ``message``: for people, with the service's own words where it said any."""

    log: str
    window: Window
    reason: Reason
    message: str
    sign_in_type: str | None = None

    def as_row(self) -> dict[str, t.Any]:
        """Return the gap as results have it."""
        return {
            "log": self.log,
            "sign_in_type": self.sign_in_type,
            "from": format_time(self.window.start),
            "to": format_time(self.window.end),
            "reason": self.reason,
            "message": self.message,
        }


def find_complete_until(gaps: t.Iterable[Gap], end: datetime.datetime) -> datetime.datetime:
    """Return the moment up to which reading again brings nothing new; *end* where nothing is missing that may still come."""
    return min([end, *(gap.window.start for gap in gaps if gap.reason in PASSING)])


def join_gaps(gaps: t.Iterable[Gap]) -> list[Gap]:
    """Return the gaps sorted, each once, and those of one kind that touch or overlap as one."""
    found: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: (gap.log, gap.sign_in_type or "", gap.reason, gap.window.start)):
        last = found[-1] if found else None
        if last and _get_kind(last) == _get_kind(gap) and gap.window.start <= last.window.end:
            end = max(last.window.end, gap.window.end)
            found[-1] = Gap(last.log, Window(last.window.start, end), last.reason, last.message, last.sign_in_type)
        else:
            found.append(gap)
    return found


def _get_kind(gap: Gap) -> tuple[str, str | None, str]:
    return gap.log, gap.sign_in_type, gap.reason
