# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's clock: real time plus an offset that tests may push forward."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone


class Clock:
    """Time as the services see it. Seconds are real seconds; `advance` adds to them."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return seconds since the epoch, as a float."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> float:
        """Push the clock forward (or back, for a negative value); returns the new `now`."""
        with self._lock:
            self._offset += seconds
        return self.now()

    def reset(self) -> None:
        """Go back to real time."""
        with self._lock:
            self._offset = 0.0

    def datetime(self) -> datetime:
        """Return now as an aware UTC datetime."""
        return datetime.fromtimestamp(self.now(), timezone.utc)

    def iso(self, at: float | None = None) -> str:
        """Return a point in time as RFC 3339 UTC text with microseconds, e.g. `2026-03-02T09:41:07.183441Z`."""
        moment = datetime.fromtimestamp(self.now() if at is None else at, timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
