# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until a service shows what this run has written."""

from __future__ import annotations

import typing as t

from .context import Context
from .errors import WaitTimeout

Seen = t.TypeVar("Seen")


def until(
    ctx: Context,
    look: t.Callable[[], Seen],
    satisfied: t.Callable[[Seen], bool],
    *,
    what: str,
    in_a_row: int = 1,
    timeout_s: float = 120.0,
    first_pause_s: float = 0.5,
    longest_pause_s: float = 10.0,
) -> Seen:
    """Look again and again until *satisfied* holds *in_a_row* times; the last look is returned.

    Directories are read from replicas that lag, so one good look may be luck. Raises WaitTimeout, which says what was
    awaited; what was written stays written and the next run finds it.
    """
    patience_s = min(timeout_s, ctx.remaining_s())
    give_up_at = ctx.clock.monotonic() + patience_s
    pause, good, told = first_pause_s, 0, False
    while True:
        seen = look()
        good = good + 1 if satisfied(seen) else 0
        if good >= in_a_row:
            return seen
        left = give_up_at - ctx.clock.monotonic()
        if left <= 0:
            raise WaitTimeout(
                f"Waited {patience_s:.0f} s for {what}; it was not seen. It may still appear: run the task again."
            )
        if not told:
            ctx.progress(f"waiting for {what}, at most {patience_s:.0f} s")
            told = True
        ctx.sleep(min(pause if good == 0 else first_pause_s, left))
        pause = min(pause * 2, longest_pause_s)
