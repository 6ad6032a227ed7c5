# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which policies in force can refuse an application: those for it that demand what it cannot do, and no others."""

from __future__ import annotations

import copy
import typing as t

from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.blocking import (
    list_blocking_policies,
)

APP = guid(9)
PRINCIPAL = f"/servicePrincipals(appId='{APP}')"
POLICIES = "/identity/conditionalAccess/policies"
BLOCK: dict[str, t.Any] = {
    "state": "enabled",
    "conditions": {
        "applications": {"includeApplications": ["All"]},
        "clientApplications": {"includeServicePrincipals": [guid(2).upper()]},
        "locations": {"includeLocations": ["All"], "excludeLocations": [guid(5)]},
    },
    "grantControls": {"operator": "OR", "builtInControls": ["block"]},
}


def policy(name: str, number: int, **conditions: t.Any) -> dict[str, t.Any]:
    wire = copy.deepcopy(BLOCK)
    wire["conditions"].update(conditions)
    return {**wire, "id": guid(number), "displayName": name}


def test_those_that_can_refuse_it(make_ctx: t.Any) -> None:
    others = {"clientApplications": {"includeServicePrincipals": [guid(3)]}}
    everywhere = {
        "clientApplications": {
            "includeServicePrincipals": ["ServicePrincipalsInMyTenant"],
            "excludeServicePrincipals": [guid(2)],
        }
    }
    people = {"clientApplications": None, "users": {"includeUsers": ["All"]}}
    listed = [
        policy("Zurich only", 11),
        policy(
            "all of the tenant", 12, clientApplications={"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}
        ),
        {**policy("watching", 13), "state": "enabledForReportingButNotEnforced"},
        {**policy("off", 14), "state": "disabled"},
        policy("others", 15, **others),
        policy("all but it", 16, **everywhere),
        policy("people", 17, **people),
        {**policy("demands nothing", 18), "grantControls": None},
    ]
    graph = FakeGraph(make_ctx({}), {PRINCIPAL: {"id": guid(2)}, POLICIES: listed})
    assert list_blocking_policies(t.cast(t.Any, graph), APP) == ["Zurich only", "all of the tenant"]


def test_an_application_without_a_service_principal_has_none(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx({}), {PRINCIPAL: None, POLICIES: [policy("Zurich only", 11)]})
    assert list_blocking_policies(t.cast(t.Any, graph), APP) == []
