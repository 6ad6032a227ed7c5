# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of requests that all calls of a part of Graph share: conditional access, and logs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError

if TYPE_CHECKING:
    from cvops_simulator.entra.tenant import Tenant


@dataclass
class _Part:
    """`behaviour`: names the limit per `seconds`; 0 is none. `tells`: the refusal says how long to wait."""

    prefix: str
    behaviour: str
    seconds: float
    tells: bool
    served: list[float] = field(default_factory=list)


class Pace:
    """Counts the requests of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._parts = (
            _Part("/identity/conditionalAccess", "conditional_access_rate", 1.0, tells=False),
            _Part("/auditLogs", "log_rate", 10.0, tells=True),
        )

    def check(self, template: str) -> None:
        """Count a request for a route. Raises GraphError (429)."""
        for part in self._parts:
            rate: int = getattr(self._tenant.behaviours, part.behaviour)
            if rate and template.startswith(part.prefix):
                self._count(part, rate)

    def _count(self, part: _Part, rate: int) -> None:
        with self._tenant.lock:
            now = self._tenant.clock.now()
            part.served = [at for at in part.served if now - part.seconds < at <= now]
            if len(part.served) >= rate:
                headers = {"Retry-After": f"{part.seconds:g}"} if part.tells else {}
                raise GraphError(429, "TooManyRequests", "Too many requests.", headers=headers)
            part.served.append(now)
