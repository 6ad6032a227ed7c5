# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The entries that a task keeps: each once, and no more than it may. Pure."""

from __future__ import annotations

import collections
import datetime
import heapq
import itertools
import typing as t

from ..._core.log_events import sort_rows
from .canonical import Entry


class KeptEntries:
    """The oldest entries of those that were added, up to *most*. ``first_lost``: the time of the oldest one that is not among them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._order = itertools.count()
        #: The latest first: that is the one to give up.
        self._heap: list[tuple[float, int, str, Entry]] = []
        self._ids: set[str] = set()
        self.lost = 0
        self.first_lost: datetime.datetime | None = None

    def add(self, entry: Entry) -> bool:
        """Keep an entry, and return whether it is a new one; one whose id is known is not."""
        record = entry.event.record_id
        if record and record in self._ids:
            return False
        self._ids.add(record)
        heapq.heappush(self._heap, (-entry.event.time.timestamp(), next(self._order), record, entry))
        if len(self._heap) > self._most:
            _time, _number, gone, given_up = heapq.heappop(self._heap)
            self._ids.discard(gone)
            self.lost += 1
            self.first_lost = min(self.first_lost or given_up.event.time, given_up.event.time)
        return True

    def build_rows(self) -> list[dict[str, t.Any]]:
        """Return the rows, oldest first. Entries without an id that are equal get ids that differ."""
        rows, known = [], collections.Counter[str]()
        for _time, _number, _record, entry in self._heap:
            row = entry.event.as_row()
            known[row["record_id"]] += 1
            if known[row["record_id"]] > 1:
                row["record_id"] += f"-{known[row['record_id']]}"
            rows.append(row)
        return sort_rows(rows)
