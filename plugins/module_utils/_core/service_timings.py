# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The times of a service's answers: how long they took, and what its clock says."""

from __future__ import annotations

import datetime
import email.utils
import threading
import typing as t

#: The header ``Date`` has whole seconds, and the answer travels: a smaller difference is none.
_SMALLEST_DIFFERENCE_S = 2.0


class ServiceTimings:
    """The times of the answers of one run, by service; threads may record and ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fastest_ms: dict[str, float] = {}
        self._ahead_s: dict[str, float] = {}

    def record_answer(self, service: str, date: str | None, now: datetime.datetime, took_s: float) -> None:
        """Record an answer: *date* is its header of that name, *now* the local time at which it was there."""
        with self._lock:
            self._fastest_ms[service] = min(took_s * 1000, self._fastest_ms.get(service, float("inf")))
            told = _parse_date(date)
            if told is not None:
                behind_s = (now - told).total_seconds()
                # The service wrote its time at some moment of the request: only what lies outside of it is a difference.
                self._ahead_s[service] = -max(0.0, behind_s - took_s) if behind_s > 0 else -behind_s

    def get_latency_ms(self, service: str) -> int | None:
        """Return the time of the fastest answer, which needed no new connection if there were several; None without answer."""
        with self._lock:
            fastest = self._fastest_ms.get(service)
        return None if fastest is None else round(fastest)

    def get_clock_difference_s(self, *services: str) -> int | None:
        """Return the seconds by which the clock of the first of *services* that told its time is ahead of ours; None when none did."""
        with self._lock:
            known = next((self._ahead_s[service] for service in services if service in self._ahead_s), None)
        if known is None:
            return None
        return round(known) if abs(known) >= _SMALLEST_DIFFERENCE_S else 0


def _parse_date(date: t.Any) -> datetime.datetime | None:
    """Return the moment of a Date header, None where it is none or has no zone."""
    try:
        told = email.utils.parsedate_to_datetime(str(date or ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return told if told.tzinfo else None
