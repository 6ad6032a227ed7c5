# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All routes of Graph, collected from the files of the resources."""

from __future__ import annotations

from cvops_simulator.entra.graph import (
    access_settings,
    applications,
    assignments,
    conditional_policies,
    delegated_grants,
    deleted_items,
    directory_objects,
    federated,
    groups,
    logs,
    named_locations,
    passwords,
    policies,
    references,
    service_principals,
    token_signing,
    users,
    what_if,
)
from cvops_simulator.entra.graph.routing import Route

ROUTES: tuple[Route, ...] = (
    *access_settings.ROUTES,
    *applications.ROUTES,
    *assignments.ROUTES,
    *conditional_policies.ROUTES,
    *delegated_grants.ROUTES,
    *deleted_items.ROUTES,
    *directory_objects.ROUTES,
    *federated.ROUTES,
    *groups.ROUTES,
    *logs.ROUTES,
    *named_locations.ROUTES,
    *passwords.ROUTES,
    *policies.ROUTES,
    *references.ROUTES,
    *service_principals.ROUTES,
    *token_signing.ROUTES,
    *users.ROUTES,
    *what_if.ROUTES,
)
