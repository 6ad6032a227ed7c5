# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What requests to conditional access need beside others: pauses between them, and a header."""

from __future__ import annotations

import typing as t

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


def add_headers(url: str, headers: t.Mapping[str, str] | None) -> dict[str, str]:
    """Return *headers* and what conditional access is to be asked with: else words that are newer than its first ones come as one that says nothing."""
    asked = {"Prefer": "include-unknown-enum-members"} if _PATH in url else {}
    return {**asked, **(headers or {})}
