# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit of requests per second that all calls of conditional access share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError

if TYPE_CHECKING:
    from cvops_simulator.entra.tenant import Tenant

_PREFIX = "/identity/conditionalAccess"


class Pace:
    """Counts the requests of the last second of one tenant; see `Behaviours.conditional_access_rate`."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._served: list[float] = []

    def check(self, template: str) -> None:
        """Count a request of conditional access. Raises GraphError: 429, which does not say how long to wait."""
        rate = self._tenant.behaviours.conditional_access_rate
        if not rate or not template.startswith(_PREFIX):
            return
        with self._tenant.lock:
            now = self._tenant.clock.now()
            self._served = [at for at in self._served if now - 1.0 < at <= now]
            if len(self._served) >= rate:
                raise GraphError(429, "TooManyRequests", "Too many requests.")
            self._served.append(now)
