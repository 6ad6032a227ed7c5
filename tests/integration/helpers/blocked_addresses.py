# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy of the simulated tenant by which an application signs in from listed addresses only, which are not those of the tests."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy, extend_policy

NAME = "CA320 job from its egress only"
EGRESS = "203.0.113.0/24"


def block_application(site: Simulator, app_id: str, name: str = NAME) -> str:
    """Put a policy in force that lets the application *app_id* in from EGRESS alone; returns its id."""
    principals = site.tenant.service_principals.values()
    (principal,) = (row for row in principals if row["appId"] == app_id)
    location = {
        "@odata.type": "#microsoft.graph.ipNamedLocation",
        "displayName": f"Egress of {name}",
        "ipRanges": [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": EGRESS}],
    }
    egress = add_location(site.tenant, location, replicated=True)["id"]
    conditions: dict[str, t.Any] = {
        "applications": {"includeApplications": ["All"]},
        "clientApplications": {"includeServicePrincipals": [principal["id"]]},
        "locations": {"includeLocations": ["All"], "excludeLocations": [egress]},
    }
    grant = {"operator": "OR", "builtInControls": ["block"]}
    values = {"displayName": name, "state": "enabled", "conditions": conditions, "grantControls": grant}
    return str(add_policy(site.tenant, values, replicated=True)["id"])


def lift(site: Simulator, policy_id: str) -> None:
    """Set a policy to report-only, and let an hour pass, in which every replica learns of it."""
    assert extend_policy(site.tenant, policy_id, {"state": "enabledForReportingButNotEnforced"})
    site.clock.advance(3600)
