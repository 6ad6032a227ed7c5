# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The things that all services of one simulator share."""

from __future__ import annotations

from dataclasses import dataclass, field

from cvops_simulator.core.clock import Clock
from cvops_simulator.core.faults import FaultRules
from cvops_simulator.core.journal import Journal
from cvops_simulator.core.quota import Quotas


@dataclass
class Context:
    """One per simulator, handed to each service. `latency`: seconds per service name ("*": all others)."""

    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    faults: FaultRules = field(default_factory=FaultRules)
    quotas: Quotas = field(default_factory=Quotas)
    latency: dict[str, float] = field(default_factory=dict)

    def delay(self, service: str) -> float:
        """Return seconds that every request of the service waits before it is handled."""
        return self.latency.get(service, self.latency.get("*", 0.0))

    def reset(self) -> None:
        """Make everything as new: real time, empty journal, no faults, quotas or latency."""
        self.clock.reset()
        self.journal.clear()
        self.faults.clear()
        self.quotas.clear()
        self.latency.clear()
