# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How long the requests of one connection may take."""

from __future__ import annotations

import contextlib
import time
import typing as t

from .cancellation import GRACE_S
from .context import Context


class RequestTimeLimit:
    """The time limit of one transport's requests: the task's deadline, and after a cancellation the grace period."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._closing_until: float | None = None
        self._cancelled_until: float | None = None

    @contextlib.contextmanager
    def allow_closing(self) -> t.Iterator[None]:
        """Give requests of the body, which tidy up, a short time of their own, whatever the deadline says."""
        self._closing_until = time.monotonic() + GRACE_S
        try:
            yield
        finally:
            self._closing_until = None

    def remaining_s(self) -> float:
        """Return the seconds left."""
        now = time.monotonic()
        if self._closing_until is not None:
            return max(0.0, self._closing_until - now)
        if self._ctx.cancellation.is_requested:
            self._cancelled_until = self._cancelled_until or now + GRACE_S
            return max(0.0, self._cancelled_until - now)
        return self._ctx.remaining_s()
