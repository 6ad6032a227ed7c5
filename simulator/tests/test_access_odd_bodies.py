# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odd bodies of conditional access: whatever is wrong in them, the answer is the service's refusal and no failure."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from access_bodies import LOCATIONS, NOBODY, POLICIES, countries, ip_location, make_policy
from cvops_simulator import Simulator
from graph_client import GraphClient

EVALUATE = "/identity/conditionalAccess/evaluate"
ODD: tuple[Any, ...] = (None, "x", True, [], [None], {}, {"@odata.type": "#x"})
FILTER = {"mode": "include", "rule": 'device.model -eq "x"'}
ATTRIBUTES = {"mode": "exclude", "rule": 'CustomSecurityAttribute.Backup_Zone -eq "vault"'}
GUESTS = {
    "guestOrExternalUserTypes": "internalGuest",
    "externalTenants": {
        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        "membershipKind": "enumerated",
        "members": [NOBODY],
    },
}
FULL = {
    "displayName": "full",
    "description": "d",
    "state": "enabled",
    "conditions": {
        "applications": {"includeApplications": ["All"], "excludeApplications": [], "applicationFilter": ATTRIBUTES},
        "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
        "clientAppTypes": ["browser"],
        "devices": {"deviceFilter": FILTER},
        "insiderRiskLevels": "minor",
        "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
        "platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]},
        "signInRiskLevels": ["high"],
        "users": {"includeUsers": ["All"], "includeGuestsOrExternalUsers": GUESTS, "excludeGroups": []},
    },
    "grantControls": {
        "operator": "OR",
        "builtInControls": ["compliantDevice"],
        "termsOfUse": [NOBODY],
        "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000002"},
    },
    "sessionControls": {
        "signInFrequency": {"isEnabled": True, "value": 1, "type": "days"},
        "persistentBrowser": {"isEnabled": True, "mode": "never"},
        "disableResilienceDefaults": True,
        "cloudAppSecurity": {"isEnabled": True, "cloudAppSecurityType": "monitorOnly"},
    },
}
QUESTION = {
    "signInContext": {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": [NOBODY]},
    "signInConditions": {
        "ipAddress": "203.0.113.1",
        "country": "CH",
        "devicePlatform": "iOS",
        "deviceInfo": {"model": "x", "physicalIds": ["y"]},
        "authenticationFlow": {"transferMethod": "none"},
    },
    "appliedPoliciesOnly": True,
}


def list_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a body."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from list_paths(item, (*path, key))


def mutate(body: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    """Each body with one place that is odd, or missing."""
    for path in list_paths(body):
        for odd in (*ODD, KeyError):
            changed = copy.deepcopy(body)
            target: Any = changed
            for key in path[:-1]:
                target = target[key]
            if odd is not KeyError:
                target[path[-1]] = copy.deepcopy(odd)
            elif isinstance(target, dict):
                del target[path[-1]]
            yield path, odd, changed


def test_odd_policies(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.policy_limit = 1_000_000
    graph.ok(201, "POST", POLICIES, FULL)
    made = make_policy(graph)
    for path, odd, body in mutate(FULL):
        for method, target, status in (("POST", POLICIES, 201), ("PATCH", f"{POLICIES}/{made['id']}", 204)):
            answer = graph.call(method, target, body)
            assert answer.status_code in (status, 400), (path, odd, answer.text)
            if answer.status_code == 400:
                assert answer.json()["error"]["innerError"]["message"], (path, odd)
    # What was taken can be read, filtered and judged.
    graph.ok(200, "GET", f"{POLICIES}?$filter=startsWith(displayName,'f')")
    user = {"@odata.type": "#microsoft.graph.userSignIn", "userId": next(iter(sim.tenant.users))}
    graph.ok(200, "POST", EVALUATE, {**QUESTION, "signInIdentity": user})


@pytest.mark.parametrize(
    "body",
    [
        ip_location("203.0.113.0/24", "2001:db8::/32", isTrusted=True),
        countries("CH", countryLookupMethod="clientIpAddress"),
    ],
)
def test_odd_locations(sim: Simulator, graph: GraphClient, body: dict[str, Any]) -> None:
    sim.tenant.behaviours.location_limit = 1_000_000
    made = graph.ok(201, "POST", LOCATIONS, body)
    for path, odd, changed in mutate(body):
        for method, target, status in (("POST", LOCATIONS, 201), ("PATCH", f"{LOCATIONS}/{made['id']}", 204)):
            answer = graph.call(method, target, changed)
            assert answer.status_code in (status, 400), (path, odd, answer.text)
    graph.ok(200, "GET", LOCATIONS)


def test_odd_questions(sim: Simulator, graph: GraphClient) -> None:
    graph.ok(201, "POST", POLICIES, FULL)
    for identity in (
        {"@odata.type": "#microsoft.graph.userSignIn", "userId": next(iter(sim.tenant.users))},
        {"@odata.type": "#microsoft.graph.servicePrincipalSignIn", "servicePrincipalId": sim.automation.object_id},
    ):
        for path, odd, body in mutate({**QUESTION, "signInIdentity": identity}):
            answer = graph.call("POST", EVALUATE, body)
            assert answer.status_code in (200, 400), (path, odd, answer.text)
