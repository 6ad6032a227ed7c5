# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What requests to conditional access and to the logs need beside others: pauses between them, and a header."""

from __future__ import annotations

import collections
import typing as t
from dataclasses import dataclass, field

from .._core.context import Context

#: Microsoft Learn (throttling limits): conditional access takes one request a second per tenant, and its 429 says not how long to wait.
_PATH = "/identity/conditionalAccess/"


@dataclass
class _Limit:
    """So many requests to addresses with this path in so many seconds, a tenth more than the service counts; ``sent``: when the last ones were."""

    path: str
    requests: int
    seconds: float
    sent: collections.deque[float] = field(default_factory=collections.deque)


class RequestPacing:
    """The pauses between the requests of one task to parts of Graph that take few; other requests are not held up."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        # Microsoft Learn (throttling limits): the logs take five requests in ten seconds per application and tenant.
        self._limits = (_Limit(_PATH, 1, 1.1), _Limit("/auditLogs/", 5, 10.1))

    def wait_for_turn(self, url: str) -> None:
        """Sleep until the next request to *url* may be sent, and note it. Raises Cancelled, and WaitTimeout at the task's deadline."""
        for limit in self._limits:
            if limit.path not in url:
                continue
            if len(limit.sent) == limit.requests:
                left_s = limit.sent.popleft() + limit.seconds - self._ctx.clock.monotonic()
                if left_s > 0:
                    self._ctx.sleep(left_s)
            limit.sent.append(self._ctx.clock.monotonic())


def add_headers(url: str, headers: t.Mapping[str, str] | None) -> dict[str, str]:
    """Return *headers* and what conditional access is to be asked with: else words that are newer than its first ones come as one that says nothing."""
    asked = {"Prefer": "include-unknown-enum-members"} if _PATH in url else {}
    return {**asked, **(headers or {})}
