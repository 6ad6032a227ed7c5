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
    `scoped_roles`: who holds a role in a part of the tenant: `role` (template id), `principalId`, `directoryScopeId`.
    `role_names`: template id -> name of roles that the simulator does not know.
    `service_principals`: those that stand in no item of `applications`, with the extra key `owners`; one with the
    application id of an API of Microsoft's takes its place.
    `app_role_assignments`, `oauth2_permission_grants`: rows as Graph has them, names of the ends left out.
    `deleted`: objects in the deleted items, with the extra key `kind` (`user`, `group`).
    An application may have `federatedIdentityCredentials`, and credentials whose values nobody knows.
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
    scoped_roles: list[dict[str, str]] = field(default_factory=list)
    role_names: dict[str, str] = field(default_factory=dict)
    service_principals: list[dict[str, Any]] = field(default_factory=list)
    app_role_assignments: list[dict[str, Any]] = field(default_factory=list)
    oauth2_permission_grants: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Site:
    """One seeded site. `commcells`: name -> plain data that `CommCellService` understands.

    `variables`: the variables document (keys `cvops_application`, `cvops_entra_groups`, ...) without
    `cvops_connection`: the simulator adds that, because it holds addresses and credentials.
    `anomalies`: irregularities that were added on purpose, by name, for tests.
    `automation_app`: application id of the automation, where the site has it; `automation_secret`: what it signs in
    with; `automation_rights`: permissions of Microsoft Graph that it holds beside those that the seed tells.
    `notes`: what a copy does not hold of its snapshot, for people.
    """

    tenant_seed: TenantSeed
    commcells: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    anomalies: dict[str, Any] = field(default_factory=dict)
    automation_app: str = ""
    automation_secret: str = field(default="", repr=False)
    automation_rights: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def mess(self) -> dict[str, Any]:
        """The former name of `anomalies`."""
        return self.anomalies
