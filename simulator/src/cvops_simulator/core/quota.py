# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request quotas per service: so many writes and reads in a period."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass


@dataclass
class _Window:
    writes: int
    reads: int
    per: float
    started: float
    used_writes: int = 0
    used_reads: int = 0


@dataclass(frozen=True)
class QuotaAnswer:
    """`headers` belong into every answer of a limited service; `refused` means 429."""

    refused: bool
    headers: dict[str, str]


class Quotas:
    """Fixed windows on the simulator's clock; a refused request is not counted."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._lock = threading.Lock()

    def set(self, service: str, now: float, writes: int = 100, reads: int = 1000, per: float = 3600.0) -> None:
        """Limit a service from now on."""
        with self._lock:
            self._windows[service] = _Window(writes, reads, per, now)

    def clear(self) -> None:
        """Remove all limits."""
        with self._lock:
            self._windows.clear()

    def take(self, service: str, read: bool, now: float) -> QuotaAnswer:
        """Count one request against the service's quota."""
        with self._lock:
            window = self._windows.get(service)
            if window is None:
                return QuotaAnswer(False, {})
            if now >= window.started + window.per:
                window.started, window.used_writes, window.used_reads = now, 0, 0
            limit, used = (window.reads, window.used_reads) if read else (window.writes, window.used_writes)
            refused = used >= limit
            if not refused and read:
                window.used_reads += 1
            elif not refused:
                window.used_writes += 1
            remaining = limit - used - (0 if refused else 1)
            headers = {
                "X-RateLimit-Limit": str(limit),
                "X-RateLimit-Period": str(int(window.per)),
                "X-RateLimit-Remaining": str(remaining),
            }
            if refused:
                headers["Retry-After"] = str(max(1, math.ceil(window.started + window.per - now)))
            return QuotaAnswer(refused, headers)
