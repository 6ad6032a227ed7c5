# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies of conditional access for tests."""

from __future__ import annotations

from typing import Any

from graph_client import GraphClient

LOCATIONS = "/identity/conditionalAccess/namedLocations"
POLICIES = "/identity/conditionalAccess/policies"
NOBODY = "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"


def ip_location(*ranges: str, **values: Any) -> dict[str, Any]:
    """Return the body of a location with addresses, each range labelled as IPv4."""
    labelled = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": item} for item in ranges]
    body = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "office", "ipRanges": labelled}
    return {**body, **values}


def countries(*codes: str, **values: Any) -> dict[str, Any]:
    """Return the body of a location with countries."""
    body = {"@odata.type": "#microsoft.graph.countryNamedLocation", "displayName": "home"}
    return {**body, "countriesAndRegions": list(codes), **values}


def policy(**values: Any) -> dict[str, Any]:
    """Return the body of a policy that asks everybody for MFA; `conditions` are laid over the usual ones."""
    conditions = {"applications": {"includeApplications": ["All"]}, "users": {"includeUsers": ["All"]}}
    return {
        "displayName": "MFA for all",
        "state": "enabledForReportingButNotEnforced",
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
        **values,
        "conditions": {**conditions, **values.get("conditions", {})},
    }


def make_policy(graph: GraphClient, **values: Any) -> dict[str, Any]:
    """Create a policy; returns the answer."""
    return dict(graph.ok(201, "POST", POLICIES, policy(**values)))


def make_location(graph: GraphClient, body: dict[str, Any]) -> str:
    """Create a named location; returns its id."""
    return str(graph.ok(201, "POST", LOCATIONS, body)["id"])


def reason(graph: GraphClient, method: str, path: str, body: Any = None) -> str:
    """Return what `innerError` tells about a request that is refused with 400."""
    error = graph.error(400, method, path, body)
    assert error["code"] == "BadRequest"
    assert error["message"] == "The server could not process the request because it is malformed or incorrect."
    return str(error["innerError"]["message"])
