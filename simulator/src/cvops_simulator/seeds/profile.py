# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sets: how many of what, and how they are named."""

from __future__ import annotations

from dataclasses import dataclass

TIERS = ("Admin", "Operator", "Restore", "View", "Audit")


@dataclass(frozen=True)
class Scope:
    """One region and workload: the unit that access is granted on."""

    region: str
    workload: str
    commcell: str

    @property
    def name(self) -> str:
        """E.g. `emea-vm`."""
        return f"{self.region}-{self.workload}"


@dataclass(frozen=True)
class Profile:
    """One set. Counts are totals over all CommCells; `commcells` maps a CommCell to its regions."""

    name: str
    commcells: dict[str, tuple[str, ...]]
    workloads: tuple[str, ...]
    sites: dict[str, tuple[str, ...]]
    users: int
    clients: int
    groups: int
    custom_roles: int
    built_in_roles: int
    companies: int
    user_groups: int
    plan_tiers: tuple[str, ...]
    group_kinds: tuple[str, ...]
    members: tuple[int, int]
    #: The Entra groups are given: they exist in the tenant and the mapping names their object ids.
    groups_given: bool = False
    #: Tiers of each workload; missing: all of them.
    tiers: dict[str, tuple[str, ...]] | None = None
    #: Each region is a customer: a company, to which the region's servers, groups of them and plans belong.
    has_customers: bool = False

    @property
    def scopes(self) -> list[Scope]:
        """All scopes, in a fixed order."""
        return [
            Scope(region, workload, commcell)
            for commcell, regions in self.commcells.items()
            for region in regions
            for workload in self.workloads
        ]

    def tiers_of(self, scope: Scope) -> tuple[str, ...]:
        """Return the tiers for which a scope has a group."""
        return self.tiers[scope.workload] if self.tiers else TIERS


_S = Profile(
    name="S",
    commcells={"cs01": ("hq",)},
    workloads=("vm", "sql", "m365"),
    sites={"hq": ("ber", "muc")},
    users=60,
    clients=40,
    groups=12,
    custom_roles=2,
    built_in_roles=4,
    companies=0,
    user_groups=20,
    plan_tiers=("gold", "silver"),
    group_kinds=("",),
    members=(3, 8),
    tiers={
        "vm": ("Admin", "Operator", "Restore", "View"),
        "sql": ("Admin", "Operator", "View"),
        "m365": ("Admin", "Operator", "Restore"),
    },
)

_M = Profile(
    name="M",
    commcells={"emea-cs01": ("emea",), "amer-cs01": ("amer",), "apac-cs01": ("apac",)},
    workloads=("vm", "m365", "sql", "nas"),
    sites={"emea": ("fra", "ams", "lon"), "amer": ("nyc", "dal", "sao"), "apac": ("sin", "tyo", "syd")},
    users=800,
    clients=1000,
    groups=60,
    custom_roles=9,
    built_in_roles=6,
    companies=5,
    user_groups=70,
    plan_tiers=("gold", "silver", "bronze"),
    group_kinds=("", "prod", "test", "dmz", "dr"),
    members=(5, 20),
)

_L = Profile(
    name="L",
    commcells={
        "core-cs01": ("emea-north", "emea-south", "amer-east", "amer-west", "apac-north", "apac-south"),
        "lab-cs01": (),
        "edge-cs01": (),
        "archive-cs01": (),
        "dr-cs01": (),
    },
    workloads=("vm", "m365", "sql", "oracle", "nas"),
    sites={
        "emea-north": ("sto", "lon", "ham"),
        "emea-south": ("mil", "mad", "ath"),
        "amer-east": ("nyc", "atl", "sao"),
        "amer-west": ("sea", "lax", "den"),
        "apac-north": ("tyo", "sel", "hkg"),
        "apac-south": ("sin", "syd", "bom"),
    },
    users=4000,
    clients=5000,
    groups=150,
    custom_roles=18,
    built_in_roles=7,
    companies=10,
    user_groups=180,
    plan_tiers=("platinum", "gold", "silver", "bronze"),
    group_kinds=("", "prod", "test", "dev", "dmz", "dr", "branch", "legacy"),
    members=(4, 30),
    groups_given=True,
)

_CUSTOMERS = tuple(f"c{number:03d}" for number in range(1, 301))

_XL = Profile(
    name="XL",
    commcells={"msp-cs01": _CUSTOMERS[:150], "msp-cs02": _CUSTOMERS[150:]},
    workloads=("vm",),
    sites={customer: (customer,) for customer in _CUSTOMERS},
    users=6000,
    clients=1202,
    groups=900,
    custom_roles=6,
    built_in_roles=6,
    companies=0,
    user_groups=950,
    plan_tiers=("gold", "silver"),
    group_kinds=("",),
    members=(3, 8),
    groups_given=True,
    tiers={"vm": ("Admin", "Operator", "Audit")},
    has_customers=True,
)

PROFILES = {profile.name: profile for profile in (_S, _M, _L, _XL)}
