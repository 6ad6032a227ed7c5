# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Waiting: for a service to show what this run has written, for a replica to learn of it, for another process to be done.

All of it is counted as ``waited_s``, ends with the task's deadline and at once when the run is told to stop.
"""

from __future__ import annotations

import typing as t

from .context import PROGRESS_EVERY_S, Context
from .errors import ApiError, WaitTimeout

Seen = t.TypeVar("Seen")
#: A service that asks for a longer pause than this gets none; the caller is told instead.
_LONGEST_TOLD_S = 120.0
_UNTOLD_S = 2.0


class Backoff:
    """The pauses of one wait, each twice as long as the one before up to *longest_s*.

    *spread*: each is between half as long and one and a half times as long, so that those who wait for the same do not ask together.
    """

    def __init__(self, ctx: Context, *, first_s: float = 0.5, longest_s: float = 10.0, spread: bool = False) -> None:
        self._ctx, self._longest_s, self._spread = ctx, longest_s, spread
        self._next_s = min(first_s, longest_s)
        self._began = ctx.clock.monotonic()

    def elapsed_s(self) -> float:
        """Return the seconds since the wait began, those between the pauses among them."""
        return self._ctx.clock.monotonic() - self._began

    def fits_within(self, limit_s: float, *, before_deadline: bool = True) -> bool:
        """Return True when the next pause ends before the wait has taken *limit_s* and, with *before_deadline*, before the task's deadline."""
        in_time = self._next_s < self._ctx.remaining_s() or not before_deadline
        return in_time and self.elapsed_s() + self._next_s < limit_s

    def pause(self, most_s: float = float("inf"), *, about: str = "", limit_s: float = float("inf")) -> None:
        """Sleep for the next pause, at most *most_s*. Raises Cancelled, and WaitTimeout when the task's deadline has passed.

        *about*: what is waited for, which is told with the seconds that are left of *limit_s* or until the task's deadline, once the
        wait takes two seconds.
        """
        pause = min(self._next_s, most_s)
        self._next_s = min(self._next_s * 2, self._longest_s)
        if about and self.elapsed_s() + pause >= PROGRESS_EVERY_S:
            left_s = min(limit_s - self.elapsed_s(), self._ctx.remaining_s())
            self._ctx.progress(about if left_s == float("inf") else f"{about}, at most {left_s:.0f} s", pause)
        self._ctx.sleep(pause * (0.5 + self._ctx.clock.random()) if self._spread else pause)


def poll_until(
    ctx: Context,
    look: t.Callable[[], Seen],
    satisfied: t.Callable[[Seen], bool],
    *,
    what: str,
    in_a_row: int = 1,
    in_a_row_after_miss: int | None = None,
    timeout_s: float = 120.0,
    first_pause_s: float = 0.5,
    longest_pause_s: float = 10.0,
) -> Seen:
    """Call *look* again and again until *satisfied* holds *in_a_row* times, and return its last value.

    Directories are read from replicas that lag, so one good look may be luck. *in_a_row_after_miss*: how many good looks it takes
    once a look was bad, with pauses between them; then there are none between good looks as long as no look was bad. Raises
    WaitTimeout, which says what was awaited; what was written stays written and the next run finds it.
    """
    patience_s = min(timeout_s, ctx.remaining_s())
    backoff = Backoff(ctx, first_s=first_pause_s, longest_s=longest_pause_s)
    good = 0
    enough, is_pausing = in_a_row, in_a_row_after_miss is None
    while True:
        seen = look()
        good = good + 1 if satisfied(seen) else 0
        if not good:
            enough, is_pausing = in_a_row_after_miss or in_a_row, True
        if good >= enough:
            return seen
        if not is_pausing:
            continue
        left = patience_s - backoff.elapsed_s()
        if left <= 0:
            raise WaitTimeout(
                f"Waited {patience_s:.0f} s for {what}, without success. It may still appear: run the task again."
            )
        most_s = left if good == 0 else min(left, first_pause_s)
        backoff.pause(most_s, about=f"waiting for {what}", limit_s=patience_s)


def wait_as_told(ctx: Context, refused: ApiError, about: str) -> None:
    """Wait as long as a service that throttles has told, and two seconds where it has not; *about*: what comes after the wait.

    For callers that look around before they send a request again. Raises *refused* where the pause would be too long.
    """
    told = refused.facts.get("retry_after_s")
    pause = _UNTOLD_S if told is None else float(told)
    if pause > min(_LONGEST_TOLD_S, ctx.remaining_s()):
        raise refused
    ctx.progress(f"the service asks to wait {pause:.0f} s before {about}", pause)
    ctx.stats.add("retries")
    ctx.sleep(pause + ctx.clock.random() * min(1.0, pause))
