# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of a site: what a seed generator hands to the simulator. Plain data only, no live objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class TenantSeed:
    """The Entra side.

    Every item of a list is a dict of Graph property names, with `id`, plus these extra keys:
    `groups`: `members` and `owners` (object ids or user principal names).
    `applications`: `servicePrincipal` (dict of properties with `id`; None: no service principal), `owners` (object
    ids or user principal names), `secrets` (list of `{"displayName", "value", "endDateTime", "startDateTime"}`),
    `consented` (True: everything in requiredResourceAccess is granted), `assignments` (list of
    `{"principal": object id or upn, "appRole": value or None for default access}`).
    `named_locations` and `policies` (of conditional access): bodies as Graph takes them, with or without
    `id`; nothing is checked.
    `roles`: template id of a directory role -> object ids or user principal names of those who hold it.
    """

    tenant_id: str
    domain: str
    display_name: str
    users: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    applications: list[dict[str, Any]] = field(default_factory=list)
    named_locations: list[dict[str, Any]] = field(default_factory=list)
    policies: list[dict[str, Any]] = field(default_factory=list)
    roles: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Site:
    """One seeded site. `commcells`: name -> plain data that `CommCellService` understands.

    `variables`: the variables document (keys `cvops_application`, `cvops_entra_groups`, ...) without
    `cvops_connection`: the simulator adds that, because it holds addresses and credentials.
    `anomalies`: irregularities that were added on purpose, by name, for tests.
    """

    tenant_seed: TenantSeed
    commcells: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    anomalies: dict[str, Any] = field(default_factory=dict)

    @property
    def mess(self) -> dict[str, Any]:
        """The former name of `anomalies`."""
        return self.anomalies
