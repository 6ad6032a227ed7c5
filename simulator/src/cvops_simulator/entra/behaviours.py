# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the tenant can differ from a well-licensed one that is at rest, as tests and the control listener set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from cvops_simulator.core.behaviours import BehaviourSet

#: Licences that conditional access looks at.
LICENCES = ("P1", "P2", "WorkloadIdentities")
LIST_ORDERS = ("sorted", "sent", "reversed")


@dataclass
class Behaviours(BehaviourSet):
    """Of conditional access. Where the service's own behaviour is not certain, the documented one is the default."""

    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {"list_order": LIST_ORDERS}

    #: Without "P1" no policies and locations, without "P2" no risk, without "WorkloadIdentities" no clientApplications.
    licences: list[str] = field(default_factory=lambda: list(LICENCES))
    #: How many policies the tenant takes, whatever their state.
    policy_limit: int = 240
    #: How many named locations with addresses the tenant takes.
    location_limit: int = 195
    #: Requests per second for all conditional access calls together; beyond it: 429 without Retry-After. 0: off.
    conditional_access_rate: int = 0
    #: Seconds for which a new named location is not found, neither by reads nor by policies that refer to it.
    location_lag: float = 0.0
    #: A policy may refer to a location that does not exist (seen for some days in 2023).
    accepts_missing_locations: bool = False
    #: PATCH replaces `conditions`, `grantControls` and `sessionControls` whole; off: what it does not name stays.
    patch_replaces_objects: bool = False
    #: PATCH refuses null for an object inside `conditions` (seen in 2026: error 1007).
    patch_refuses_nulls: bool = False
    #: The order in which lists of ids and countries come back: "sorted", "sent" or "reversed".
    list_order: str = "sorted"
    #: A sign-in frequency that is off comes back with its defaults, not null, where another session control is set.
    fills_sign_in_frequency: bool = False
    #: Session controls that are off come back as `{"isEnabled": false}` in place of null.
    shows_session_controls_off: bool = False
