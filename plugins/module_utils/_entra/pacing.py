# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Keeping requests apart where Microsoft Graph takes few of them."""

from __future__ import annotations

from .._core.context import Context

#: Microsoft Learn (throttling limits): conditional access takes one request a second per tenant, and its 429 says not how long to wait.
_PATH = "/identity/conditionalAccess/"
_APART_S = 1.1


class RequestPacing:
    """The pauses between the requests of one task to conditional access; other requests are not held up."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._last: float | None = None

    def wait_for_turn(self, url: str) -> None:
        """Sleep until the next request to *url* may be sent, and note it. Raises Cancelled, and WaitTimeout at the task's deadline."""
        if _PATH not in url:
            return
        if self._last is not None:
            left_s = self._last + _APART_S - self._ctx.clock.monotonic()
            if left_s > 0:
                self._ctx.sleep(left_s)
        self._last = self._ctx.clock.monotonic()
