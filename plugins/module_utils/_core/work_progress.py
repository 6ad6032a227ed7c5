# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Counts of long work, such as "47 of 123 user groups read"."""

from __future__ import annotations

from .context import PROGRESS_EVERY_S, Context


class WorkProgress:
    """The progress of work that begins now, for a person who looks on: nothing is told of what takes less than two seconds."""

    def __init__(self, ctx: Context, what: str, total: int | None = None) -> None:
        """Keep *what*, which completes the count: "user groups read". *total*: None where only the service knows."""
        self._ctx, self._what, self._total = ctx, what, total
        self._began = ctx.clock.monotonic()

    def tell(self, done: int) -> None:
        """Tell that so many are *done*; not of the last one, after which the work is over."""
        if done == self._total or self._ctx.clock.monotonic() - self._began < PROGRESS_EVERY_S:
            return
        self._ctx.progress(f"{done}{'' if self._total is None else f' of {self._total}'} {self._what}")
