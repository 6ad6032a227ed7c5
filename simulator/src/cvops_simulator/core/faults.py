# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what a service does wrong on request."""

from __future__ import annotations

import asyncio
import fnmatch
import threading
import time
from dataclasses import dataclass, field, fields
from typing import Any

ACTIONS = ("status", "status_after", "drop_before", "drop_after", "slow", "html", "empty", "garbage", "truncated")
#: Actions that meet a request after the service has acted on it, as it does in `slow`.
ACTING = ("status_after", "drop_after", "slow", "truncated")
_LOOK_EVERY_S = 0.05


@dataclass
class Fault:
    """One rule. It meets a request of `service` ("*": any) whose method and path (glob, case-insensitive) match.

    The first `after` matching requests pass, then every `every`-th one is hit, `times` times in all (0: for ever).
    Actions: `status` (answer `status` with `body`, or in the service's own error shape), `status_after` (act, then
    answer like `status`), `drop_before` (close the connection, nothing done), `drop_after` (act, then close without an
    answer), `slow` (wait `seconds`, or until `release()`, then act), `html` (an HTML error page), `empty` (200, empty
    body, nothing done), `garbage` (200, not JSON, nothing done), `truncated` (act, then answer half of the body).
    """

    service: str
    method: str = "*"
    path: str = "*"
    action: str = "status"
    times: int = 1
    after: int = 0
    status: int = 500
    retry_after: float | None = None
    body: Any = None
    seconds: float = 0.0
    every: int = 1
    seen: int = field(default=0, compare=False)
    hits: int = field(default=0, compare=False)
    released: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}; one of {', '.join(ACTIONS)}")
        if self.every < 1:
            raise ValueError("every must be 1 or more")

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Fault:
        """Build a fault from plain data; unknown keys are an error."""
        known = {item.name for item in fields(cls)} - {"seen", "hits", "released"}
        unknown = sorted(set(data) - known)
        if unknown:
            raise ValueError(f"unknown key(s): {', '.join(unknown)}")
        return cls(**data)

    def release(self) -> None:
        """End the wait of `slow`, for requests that wait and for those to come."""
        self.released = True

    async def wait(self) -> None:
        """Wait as `slow` does: `seconds`, or until `release()`."""
        until = time.monotonic() + self.seconds
        while not self.released and (left_s := until - time.monotonic()) > 0:
            await asyncio.sleep(min(_LOOK_EVERY_S, left_s))

    def applies(self, service: str, method: str, path: str) -> bool:
        """Tell whether the rule names this request, without counting it."""
        return (
            self.service in ("*", service)
            and self.method.upper() in ("*", method.upper())
            and fnmatch.fnmatchcase(path.lower(), self.path.lower())
        )

    def take(self) -> bool:
        """Count one matching request; True when it is hit."""
        self.seen += 1
        beyond = self.seen - self.after
        if beyond < 1 or (beyond - 1) % self.every or (self.times and self.hits >= self.times):
            return False
        self.hits += 1
        return True


class FaultRules:
    """All faults of one simulator, thread-safe. The first rule that hits wins; the others do not count the request."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Add a rule; returned so that a test can look at `hits` later."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._faults.clear()

    def match(self, service: str, method: str, path: str) -> Fault | None:
        """Return the fault that meets this request, if any."""
        with self._lock:
            for fault in self._faults:
                if fault.applies(service, method, path) and fault.take():
                    return fault
        return None
