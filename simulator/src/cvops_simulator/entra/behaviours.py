# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the tenant can differ from a well-licensed one that is at rest, as tests and the control listener set it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from cvops_simulator.core.behaviours import BehaviourSet

#: Licences that conditional access looks at.
LICENCES = ("P1", "P2", "WorkloadIdentities")
LIST_ORDERS = ("sorted", "sent", "reversed")
#: Blocks of addresses for documentation, and the countries where they are taken to be. All other addresses are nowhere.
COUNTRIES = {
    "192.0.2.0/24": "US",
    "198.51.100.0/24": "DE",
    "203.0.113.0/24": "CH",
    "2001:db8::/34": "CH",
    "2001:db8:4000::/34": "DE",
    "2001:db8:8000::/34": "US",
}


@dataclass(frozen=True)
class Circumstances:
    """How a person, or a workload identity, signs in: what policies of conditional access look at.

    `address`: where the requests come from, wins over all else that tells it. `method`: the combination of methods, as
    authentication strengths name it; anything but "password" alone counts as MFA unless `mfa` says otherwise.
    `mfa_registered`: whether the person could do MFA at all. `device`: attributes as filters for devices name them
    (`isCompliant`, `trustType`, ...); None: not registered. `home_tenant`: of a guest. `accepted`: what was done of
    other controls (`approvedApplication`, `passwordChange`, ids of terms of use, ...).
    """

    address: str = ""
    method: str = "password"
    mfa: bool | None = None
    mfa_registered: bool = True
    client_app: str = ""
    platform: str | None = None
    device: dict[str, Any] | None = None
    gps_country: str | None = None
    home_tenant: str | None = None
    sign_in_risk: str = "none"
    user_risk: str = "none"
    insider_risk: str = "none"
    service_principal_risk: str = "none"
    accepted: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Circumstances:
        """Build them from plain data; unknown keys are an error (ValueError)."""
        unknown = sorted(set(data) - {item.name for item in fields(cls)})
        if unknown:
            raise ValueError(f"unknown key(s): {', '.join(unknown)}")
        accepted = data.get("accepted", ())
        if not isinstance(accepted, (list, tuple)):
            raise ValueError("accepted takes a list")
        return cls(**{**data, "accepted": tuple(accepted)})

    @property
    def has_mfa(self) -> bool:
        """Whether MFA was done."""
        return self.method != "password" if self.mfa is None else self.mfa


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
    #: `evaluate` does not look at excluded groups (seen in 2024), and so tells that a policy applies where it does not.
    what_if_ignores_group_exclusions: bool = False
    #: Seconds until an entry of a log can be read.
    log_lag: float = 0.0
    #: Requests for logs per 10 seconds of all applications together; 0: no limit.
    log_rate: int = 0
    #: A request for a log that asks for more hours times out (504), one that finds more entries fails (500); 0: none.
    log_longest_hours: float = 0.0
    log_most_entries: int = 0
    #: Each page of a log but the last is given twice, as what looks like two pages.
    log_repeats_pages: bool = False
    #: Times in logs are written with this offset, such as "+02:00", in place of Z.
    log_offset: str = ""
    #: Logs need Directory.Read.All beside AuditLog.Read.All (so say older documents and reports).
    logs_need_directory_read: bool = False
    #: The v1.0 log of sign-ins takes a filter on `signInEventTypes`, which its type does not have (reported).
    v1_takes_event_types: bool = False
    #: Address of all sign-ins; empty: that of the request's header `x-client-address`, else the real one.
    client_address: str = ""
    #: Range of addresses -> country.
    address_countries: dict[str, str] = field(default_factory=lambda: dict(COUNTRIES))
    #: Ranges that the settings of MFA trust, which policies name as 00000000-0000-0000-0000-000000000000.
    mfa_trusted_ranges: list[str] = field(default_factory=list)
    #: Object id of a user or service principal, or "*" -> see `Circumstances`.
    circumstances: dict[str, dict[str, Any]] = field(default_factory=dict)

    def change(self, values: Mapping[str, Any]) -> None:
        """Set behaviours by name. Raises ValueError, also for circumstances and ranges that are none."""
        told = values.get("circumstances")
        for item in told.values() if isinstance(told, dict) else ():
            Circumstances.from_dict(item)
        for block in (*values.get("address_countries", ()), *values.get("mfa_trusted_ranges", ())):
            ipaddress.ip_network(block, strict=False)
        super().change(values)

    def find_circumstances(self, object_id: str) -> Circumstances:
        """Return how a user or service principal signs in."""
        found = self.circumstances.get(object_id, self.circumstances.get("*", {}))
        return Circumstances.from_dict(found)
