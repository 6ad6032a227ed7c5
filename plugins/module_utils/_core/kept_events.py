# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The entries of a log that a task keeps: each once, and no more than it may, whichever service keeps the log. Pure."""

from __future__ import annotations

import collections
import datetime
import heapq
import itertools
import typing as t

from .log_events import LogEvent, sort_rows


class KeptEvents:
    """The oldest entries of those that were added, up to *most*.

    ``lost``: how many others there were; ``first_lost``: the time of the oldest one of them, None where there are none.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._order = itertools.count()
        #: The latest first: that is the one to give up.
        self._heap: list[tuple[float, int, str, LogEvent]] = []
        self._ids: set[str] = set()
        self.lost = 0
        self.first_lost: datetime.datetime | None = None

    def add(self, event: LogEvent) -> bool:
        """Keep an entry, and return whether it is a new one; one whose id is known is not."""
        record = event.record_id
        if record and record in self._ids:
            return False
        self._ids.add(record)
        heapq.heappush(self._heap, (-event.time.timestamp(), next(self._order), record, event))
        if len(self._heap) > self._most:
            _time, _number, gone, given_up = heapq.heappop(self._heap)
            self._ids.discard(gone)
            self.lost += 1
            self.first_lost = min(self.first_lost or given_up.time, given_up.time)
        return True

    def has_lost_before(self, moment: datetime.datetime) -> bool:
        """Return whether an entry of *moment*, or of later, can change nothing: an older one was given up already, or one as old."""
        return self.first_lost is not None and moment >= self.first_lost

    def build_rows(self) -> list[dict[str, t.Any]]:
        """Return the rows, oldest first. Entries without an id that are equal get ids that differ."""
        rows, known = [], collections.Counter[str]()
        for _time, _number, _record, event in self._heap:
            row = event.as_row()
            known[row["record_id"]] += 1
            if known[row["record_id"]] > 1:
                row["record_id"] += f"-{known[row['record_id']]}"
            rows.append(row)
        return sort_rows(rows)
