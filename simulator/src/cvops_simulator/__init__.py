# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for Microsoft Entra ID, Microsoft Graph and Commvault, with real state, on loopback only."""

from __future__ import annotations

from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from cvops_simulator.simulator import Identity, Simulator

__all__ = ["Fault", "Identity", "Replication", "Simulator"]
