# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time that only sleeping moves, for what waits and looks again."""

from __future__ import annotations

import datetime

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock, Context

START = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc)


class SleepingClock(Clock):
    """A clock that stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at

    def now(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self.at)

    def random(self) -> float:
        return 0.5


class SleepingContext(Context):
    """A context whose sleep takes no time and moves the clock."""

    clock: SleepingClock

    def sleep(self, seconds: float) -> None:
        self.clock.at += seconds
