# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditional access policies: form, rules, PATCH, behaviours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from access_bodies import NOBODY, POLICIES, countries, make_location, make_policy, policy, reason
from cvops_simulator import Simulator
from cvops_simulator.core.clock import Clock
from cvops_simulator.core.site import TenantSeed
from cvops_simulator.entra.seeding import make_tenant
from graph_client import GraphClient

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
MFA_STRENGTH = "00000000-0000-0000-0000-000000000002"
EMPTY_APPLICATIONS = {
    "applicationFilter": None,
    "excludeApplications": [],
    "includeApplications": ["All"],
    "includeAuthenticationContextClassReferences": [],
    "includeUserActions": [],
}
EMPTY_USERS = {
    "excludeGroups": [],
    "excludeGuestsOrExternalUsers": None,
    "excludeRoles": [],
    "excludeUsers": [],
    "includeGroups": [],
    "includeGuestsOrExternalUsers": None,
    "includeRoles": [],
    "includeUsers": ["All"],
}


def read(graph: GraphClient, made: dict[str, Any], **headers: str) -> dict[str, Any]:
    return dict(graph.ok(200, "GET", f"{POLICIES}/{made['id']}", **headers))


def change(graph: GraphClient, made: dict[str, Any], **values: Any) -> dict[str, Any]:
    graph.ok(204, "PATCH", f"{POLICIES}/{made['id']}", values)
    return read(graph, made)


def test_a_new_policy_is_complete(sim: Simulator, graph: GraphClient) -> None:
    created = make_policy(graph)
    context = created.pop("@odata.context")
    assert context == f"{sim.graph_url}/v1.0/$metadata#identity/conditionalAccess/policies/$entity"
    grant = created.pop("grantControls")
    strength = f"{context.removesuffix('/$entity')}('{created['id']}')/grantControls/authenticationStrength/$entity"
    assert grant == {
        "builtInControls": ["mfa"],
        "customAuthenticationFactors": [],
        "operator": "OR",
        "termsOfUse": [],
        "authenticationStrength@odata.context": strength,
        "authenticationStrength": None,
    }
    assert created.pop("createdDateTime").endswith("Z")
    assert created == {
        "id": created["id"],
        "deletedDateTime": None,
        "displayName": "MFA for all",
        "description": None,
        "modifiedDateTime": None,
        "templateId": None,
        "state": "enabledForReportingButNotEnforced",
        "conditions": {
            "applications": EMPTY_APPLICATIONS,
            "authenticationFlows": None,
            "clientAppTypes": ["all"],
            "clientApplications": None,
            "devices": None,
            "insiderRiskLevels": None,
            "locations": None,
            "platforms": None,
            "servicePrincipalRiskLevels": [],
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "users": EMPTY_USERS,
        },
        "sessionControls": None,
    }


def test_lists_filters_and_deletes(graph: GraphClient) -> None:
    first, second = make_policy(graph, displayName="one"), make_policy(graph, displayName="two")
    again = make_policy(graph, displayName="one")
    assert len(graph.ok(200, "GET", POLICIES)["value"]) == 3
    found = graph.ok(200, "GET", f"{POLICIES}?$filter=displayName eq 'one'&$select=id")["value"]
    assert found == [{"id": first["id"]}, {"id": again["id"]}]
    graph.error(400, "GET", f"{POLICIES}?$select=colour")
    graph.ok(204, "DELETE", f"{POLICIES}/{second['id'].upper()}")
    error = graph.error(404, "GET", f"{POLICIES}/{second['id']}")
    assert error["code"] == "ResourceNotFound"
    assert error["message"] == f"ConditionalAccessPolicy with id {second['id']} does not exist in the directory."
    graph.error(404, "PATCH", f"{POLICIES}/{second['id']}", {"state": "disabled"})
    graph.error(404, "DELETE", f"{POLICIES}/{second['id']}")


# -- what comes back otherwise than it was sent --------------------------------------------------------------------


def test_words_and_ids_are_folded(sim: Simulator, graph: GraphClient) -> None:
    users = sorted(sim.tenant.users)[:2]
    conditions: dict[str, Any] = {
        "clientAppTypes": ["Browser"],
        "applications": {"includeApplications": ["all"]},
        "users": {"includeUsers": ["ALL"], "excludeUsers": [item.upper() for item in users[::-1]]},
        "platforms": {"includePlatforms": ["ALL"], "excludePlatforms": ["ios", "MacOS"]},
    }
    made = make_policy(graph, conditions=conditions, grantControls={"operator": "or", "builtInControls": ["Mfa"]})
    shown = made["conditions"]
    assert shown["clientAppTypes"] == ["browser"]
    assert shown["applications"]["includeApplications"] == ["All"]
    assert (shown["users"]["includeUsers"], shown["users"]["excludeUsers"]) == (["All"], users)
    assert shown["platforms"] == {"includePlatforms": ["all"], "excludePlatforms": ["iOS", "macOS"]}
    assert (made["grantControls"]["operator"], made["grantControls"]["builtInControls"]) == ("OR", ["mfa"])


def test_what_says_nothing_is_null(graph: GraphClient) -> None:
    conditions: dict[str, Any] = {
        "locations": {"includeLocations": [], "excludeLocations": []},
        "platforms": {"includePlatforms": []},
        "devices": {"deviceFilter": None},
        "clientApplications": {"includeServicePrincipals": []},
        "authenticationFlows": {"transferMethods": "none"},
    }
    session = {"persistentBrowser": {"isEnabled": False}, "cloudAppSecurity": {"isEnabled": False}}
    made = make_policy(graph, conditions=conditions, sessionControls=session)
    assert {made["conditions"][name] for name in conditions} == {None}
    assert made["sessionControls"] is None
    session = {"persistentBrowser": {"isEnabled": True, "mode": "never"}}
    made = make_policy(graph, grantControls={"operator": "OR", "builtInControls": []}, sessionControls=session)
    assert made["grantControls"] is None


def test_defaults_of_the_sign_in_frequency(sim: Simulator, graph: GraphClient) -> None:
    frequency = {"isEnabled": True, "value": 4, "type": "hours"}
    made = make_policy(graph, sessionControls={"signInFrequency": frequency})
    defaults = {"authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "timeBased"}
    assert made["sessionControls"]["signInFrequency"] == {**frequency, **defaults}
    assert made["sessionControls"]["disableResilienceDefaults"] is None
    made = make_policy(graph, sessionControls={"persistentBrowser": {"isEnabled": True, "mode": "never"}})
    assert made["sessionControls"]["signInFrequency"] is None
    sim.tenant.behaviours.fills_sign_in_frequency = True
    off = {"isEnabled": False, "value": None, "type": None, **defaults}
    assert read(graph, made)["sessionControls"]["signInFrequency"] == off
    sim.tenant.behaviours.change({"fills_sign_in_frequency": False, "shows_session_controls_off": True})
    shown = read(graph, made)["sessionControls"]
    assert shown["cloudAppSecurity"] == {"cloudAppSecurityType": None, "isEnabled": False}
    assert shown["disableResilienceDefaults"] is None


@pytest.mark.parametrize("order", ["sorted", "sent", "reversed"])
def test_order_of_lists(sim: Simulator, graph: GraphClient, order: str) -> None:
    sim.tenant.behaviours.list_order = order
    sent = [graph.group(name)["id"] for name in ("a", "b", "c")]
    made = make_policy(graph, conditions={"users": {"includeGroups": sent}})
    wanted = {"sorted": sorted(sent), "sent": sent, "reversed": sent[::-1]}[order]
    assert made["conditions"]["users"]["includeGroups"] == wanted


def test_an_authentication_strength_is_expanded(graph: GraphClient) -> None:
    made = make_policy(graph, grantControls={"operator": "AND", "authenticationStrength": {"id": MFA_STRENGTH}})
    strength = made["grantControls"]["authenticationStrength"]
    assert (strength["displayName"], strength["policyType"]) == ("Multifactor authentication", "builtIn")
    assert strength["combinationConfigurations"] == []
    # What was read may be sent back without the notes.
    grant = {"operator": "AND", "authenticationStrength": {"id": strength["id"]}}
    assert change(graph, made, grantControls=grant)["grantControls"]["authenticationStrength"] == strength


def test_newer_members_of_enumerations_need_a_header(graph: GraphClient) -> None:
    made = make_policy(graph, grantControls={"operator": "OR", "builtInControls": ["riskRemediation"]})
    assert made["grantControls"]["builtInControls"] == ["unknownFutureValue"]
    shown = read(graph, made, Prefer="include-unknown-enum-members")
    assert shown["grantControls"]["builtInControls"] == ["riskRemediation"]
    body = policy(grantControls={"operator": "OR", "builtInControls": ["unknownFutureValue"]})
    assert reason(graph, "POST", POLICIES, body).startswith("1032: ")


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"displayName": "x", "state": "enabled"},
        {**policy(), "state": "on"},
        {**policy(), "state": None},
        {**policy(), "displayName": ""},
        {**policy(), "colour": "red"},
        {**policy(), "id": NOBODY},
        {**policy(), "templateId": NOBODY},
        policy(conditions={"applications": None}),
        policy(conditions={"applications": {"includeApplications": "All"}}),
        policy(conditions={"applications": {"includeApplications": None}}),
        policy(conditions={"clientAppTypes": None}),
        policy(conditions={"users": {"includeUsers": ["All"], "includeTeams": []}}),
        policy(sessionControls={"disableResilienceDefaults": {"isEnabled": True}}),
        policy(
            conditions={
                "users": {
                    "includeGuestsOrExternalUsers": {
                        "guestOrExternalUserTypes": "internalGuest",
                        "externalTenants": {"membershipKind": "all", "members": [NOBODY]},
                    }
                }
            }
        ),
    ],
)
def test_bodies_of_another_form(graph: GraphClient, body: Any) -> None:
    assert reason(graph, "POST", POLICIES, body).startswith("1007: Incoming ConditionalAccessPolicy object is null")
    assert graph.ok(200, "GET", POLICIES)["value"] == []


PASSWORD = {"operator": "AND", "builtInControls": ["mfa", "passwordChange"]}


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"conditions": {"clientAppTypes": []}}, "1064: 'clientAppTypes' condition does not support []"),
        ({"grantControls": None}, "InvalidControls"),
        ({"grantControls": {"operator": "OR", "builtInControls": []}}, "InvalidControls"),
        ({"grantControls": {"operator": "XOR", "builtInControls": ["mfa"]}}, "InvalidControls"),
        ({"grantControls": {"operator": "OR", "builtInControls": ["block", "mfa"]}}, "InvalidControls"),
        ({"grantControls": PASSWORD}, "InvalidPasswordResetControl"),
        (
            {
                "grantControls": PASSWORD,
                "conditions": {"userRiskLevels": ["high"]},
                "sessionControls": {"disableResilienceDefaults": False},
            },
            "InvalidPasswordResetControl",
        ),
        ({"sessionControls": {"signInFrequency": {"isEnabled": False}}}, "InvalidSessionControls"),
        ({"sessionControls": {"signInFrequency": {"isEnabled": True, "value": 4}}}, "InvalidSessionControls"),
        (
            {
                "sessionControls": {
                    "signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"},
                    "applicationEnforcedRestrictions": {"isEnabled": True},
                }
            },
            "InvalidSessionControls",
        ),
        ({"conditions": {"applications": {"excludeApplications": []}}}, "InvalidApplications"),
        ({"conditions": {"users": None}}, "InvalidUsers"),
        ({"conditions": {"users": {"excludeUsers": []}}}, "InvalidUsers"),
        ({"conditions": {"users": {"includeUsers": [NOBODY]}}}, f"1053: Invalid user value: {NOBODY}."),
        ({"conditions": {"users": {"includeGroups": ["backup operators"]}}}, "1054: Invalid group value: backup"),
        ({"conditions": {"users": {"includeGroups": [NOBODY]}}}, f"1054: Invalid group value: {NOBODY}."),
        (
            {"conditions": {"users": {"includeRoles": [NOBODY]}}},
            f"1103: 'users' condition contains non-built in role ids: {NOBODY}.",
        ),
        ({"conditions": {"applications": {"includeApplications": [NOBODY]}}}, f"application value: {NOBODY}."),
        (
            {"conditions": {"applications": {"includeAuthenticationContextClassReferences": ["c1"]}}},
            "context value: c1.",
        ),
        (
            {"conditions": {"locations": {"includeLocations": [NOBODY]}}},
            f"1040: NamedLocation with id {NOBODY} does not exist in the directory.",
        ),
        (
            {"conditions": {"locations": {"includeLocations": ["office"]}}},
            "1040: NamedLocation with id office does not exist in the directory.",
        ),
        (
            {"conditions": {"devices": {"deviceFilter": {"mode": "include", "rule": "device.colour -eq 1"}}}},
            "InvalidFilter",
        ),
        (
            {"grantControls": {"operator": "OR", "authenticationStrength": {"id": NOBODY}}},
            "InvalidAuthenticationStrength",
        ),
    ],
)
def test_policies_that_are_refused(sim: Simulator, graph: GraphClient, values: dict[str, Any], text: str) -> None:
    assert text in reason(graph, "POST", POLICIES, policy(**values))
    made = make_policy(graph)
    sim.tenant.behaviours.patch_replaces_objects = True
    assert text in reason(graph, "PATCH", f"{POLICIES}/{made['id']}", policy(**values))
    assert read(graph, made)["modifiedDateTime"] is None


def test_policies_that_are_taken(sim: Simulator, graph: GraphClient) -> None:
    zero = "00000000-0000-0000-0000-000000000000"
    make_policy(
        graph, conditions={"locations": {"includeLocations": ["All"], "excludeLocations": [zero, "AllTrusted"]}}
    )
    make_policy(graph, conditions={"applications": {"includeApplications": ["Office365", "MicrosoftAdminPortals"]}})
    make_policy(graph, conditions={"users": {"includeRoles": [GLOBAL_ADMINISTRATOR]}})
    make_policy(graph, conditions={"userRiskLevels": ["high"]}, grantControls=PASSWORD)
    every_time = {"signInFrequency": {"isEnabled": True, "frequencyInterval": "everyTime"}}
    made = make_policy(graph, sessionControls=every_time)
    assert made["sessionControls"]["signInFrequency"]["value"] is None
    tenants = {
        "@odata.type": "#microsoft.graph.conditionalAccessEnumeratedExternalTenants",
        "membershipKind": "enumerated",
        "members": [NOBODY],
    }
    guests = {"guestOrExternalUserTypes": "serviceProvider, InternalGuest", "externalTenants": tenants}
    made = make_policy(graph, conditions={"users": {"includeGuestsOrExternalUsers": guests}})
    shown = made["conditions"]["users"]["includeGuestsOrExternalUsers"]
    assert shown == {"guestOrExternalUserTypes": "serviceProvider,internalGuest", "externalTenants": tenants}
    graph.ok(204, "PATCH", "/identity/conditionalAccess/authenticationContextClassReferences/c1", {"displayName": "x"})
    applications = {"includeAuthenticationContextClassReferences": ["c1"]}
    make_policy(graph, conditions={"applications": applications})


def test_workload_identities(sim: Simulator, graph: GraphClient) -> None:
    own = sim.automation.object_id
    block = {"operator": "OR", "builtInControls": ["block"]}
    conditions: dict[str, Any] = {"users": None, "clientApplications": {"includeServicePrincipals": [own]}}
    made = make_policy(graph, conditions=conditions, grantControls=block)
    assert made["conditions"]["users"] is None
    assert made["conditions"]["clientApplications"] == {
        "includeServicePrincipals": [own],
        "excludeServicePrincipals": [],
        "servicePrincipalFilter": None,
    }
    make_policy(graph, conditions={**conditions, "users": {"includeUsers": ["None"]}}, grantControls=block)
    everybody = {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"], "excludeServicePrincipals": [own]}
    make_policy(graph, conditions={"users": None, "clientApplications": everybody}, grantControls=block)
    refused = [
        (policy(conditions=conditions), "InvalidControls"),
        (
            policy(conditions={"clientApplications": conditions["clientApplications"]}, grantControls=block),
            "InvalidClient",
        ),
    ]
    principal = sim.tenant.service_principal_of("00000003-0000-0000-c000-000000000000")
    assert principal
    for foreign in (principal["id"], sim.automation.app_object_id, sim.automation.client_id):
        body = {"users": None, "clientApplications": {"includeServicePrincipals": [foreign]}}
        refused.append((policy(conditions=body, grantControls=block), f"service principal value: {foreign}."))
    for body, text in refused:
        assert text in reason(graph, "POST", POLICIES, body)


def test_licences(sim: Simulator, graph: GraphClient) -> None:
    block = {"operator": "OR", "builtInControls": ["block"]}
    clients = {"users": None, "clientApplications": {"includeServicePrincipals": [sim.automation.object_id]}}
    bodies = {
        "WorkloadIdentities": policy(conditions=clients, grantControls=block),
        "P2": policy(conditions={"signInRiskLevels": ["high"]}),
        "P1": policy(),
    }
    for licence, body in bodies.items():
        made = graph.ok(201, "POST", POLICIES, body)
        sim.tenant.behaviours.licences.remove(licence)
        for method, path in (("POST", POLICIES), ("PATCH", f"{POLICIES}/{made['id']}")):
            error = graph.error(403, method, path, body)
            assert error["code"] == "AccessDenied"
            assert error["message"].startswith("Your tenant is not licensed for this feature.")
    assert len(graph.ok(200, "GET", POLICIES)["value"]) == 3


def test_the_limit_of_policies(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.policy_limit = 2
    make_policy(graph, state="disabled")
    make_policy(graph)
    assert "limit of 2" in reason(graph, "POST", POLICIES, policy())


def test_security_defaults(sim: Simulator, graph: GraphClient) -> None:
    path = "/policies/identitySecurityDefaultsEnforcementPolicy"
    assert graph.ok(200, "GET", path)["isEnabled"] is False
    identity = sim.identity("Policy.Read.All", "Policy.ReadWrite.SecurityDefaults")
    with GraphClient(sim, identity) as security:
        security.ok(204, "PATCH", path, {"isEnabled": True})
        made = make_policy(graph)
        for method, target in (("POST", POLICIES), ("PATCH", f"{POLICIES}/{made['id']}")):
            error = graph.error(400, method, target, policy(state="enabled"))
            assert error["message"].startswith("Security Defaults is enabled in the tenant. You must disable Security")
        security.ok(204, "PATCH", path, {"isEnabled": False})
        change(graph, made, state="enabled")
        security.error(400, "PATCH", path, {"isEnabled": True})


# -- PATCH -------------------------------------------------------------------------------------------------------------


def test_patch_keeps_what_it_does_not_name(sim: Simulator, graph: GraphClient) -> None:
    group, user = graph.group("ops")["id"], next(iter(sim.tenant.users))
    conditions = {
        "users": {"includeUsers": ["All"], "excludeGroups": [group], "excludeUsers": [user]},
        "platforms": {"includePlatforms": ["windows"]},
    }
    made = make_policy(graph, conditions=conditions)
    changed = change(graph, made, conditions={"users": {"excludeUsers": []}})
    assert changed["modifiedDateTime"]
    assert changed["conditions"]["users"] == {**EMPTY_USERS, "excludeGroups": [group]}
    assert changed["conditions"]["platforms"] == {"includePlatforms": ["windows"], "excludePlatforms": []}
    changed = change(graph, made, conditions={"platforms": None}, displayName="renamed")
    assert (changed["conditions"]["platforms"], changed["displayName"]) == (None, "renamed")
    assert changed["grantControls"]["builtInControls"] == ["mfa"]


def test_patch_may_replace_objects(sim: Simulator, graph: GraphClient) -> None:
    group = graph.group("ops")["id"]
    made = make_policy(graph, conditions={"users": {"includeUsers": ["All"], "excludeGroups": [group]}})
    sim.tenant.behaviours.patch_replaces_objects = True
    path = f"{POLICIES}/{made['id']}"
    assert reason(graph, "PATCH", path, {"conditions": {"users": {"includeUsers": ["All"]}}}).startswith("1007")
    changed = change(graph, made, conditions=policy()["conditions"])
    assert changed["conditions"]["users"] == EMPTY_USERS
    assert change(graph, made, state="disabled")["conditions"] == changed["conditions"]


def test_patch_may_refuse_nulls(sim: Simulator, graph: GraphClient) -> None:
    made = make_policy(graph)
    sim.tenant.behaviours.patch_refuses_nulls = True
    path = f"{POLICIES}/{made['id']}"
    assert reason(graph, "PATCH", path, {"conditions": made["conditions"]}).startswith("1007")
    graph.ok(204, "PATCH", path, {"conditions": policy()["conditions"], "sessionControls": None})


def test_a_session_control_goes_with_all_of_them_only(graph: GraphClient) -> None:
    browser = {"isEnabled": True, "mode": "never"}
    frequency = {"isEnabled": True, "value": 1, "type": "days"}
    made = make_policy(graph, sessionControls={"persistentBrowser": browser, "signInFrequency": frequency})
    assert change(graph, made, sessionControls={"signInFrequency": None})["sessionControls"]["signInFrequency"]
    assert change(graph, made, sessionControls=None)["sessionControls"] is None
    shown = change(graph, made, sessionControls={"persistentBrowser": browser})["sessionControls"]
    assert (shown["persistentBrowser"], shown["signInFrequency"]) == (browser, None)


def test_a_dead_reference_does_not_stop_other_changes(graph: GraphClient) -> None:
    group = graph.group("ops")["id"]
    made = make_policy(graph, conditions={"users": {"includeGroups": [group]}})
    graph.ok(204, "DELETE", f"/groups/{group}")
    assert change(graph, made, state="disabled")["conditions"]["users"]["includeGroups"] == [group]
    assert "1054" in reason(graph, "POST", POLICIES, policy(conditions={"users": {"includeGroups": [group]}}))


def test_the_last_writer_of_a_property_wins(graph: GraphClient) -> None:
    made = make_policy(graph)
    change(graph, made, displayName="mine", conditions={"platforms": {"includePlatforms": ["linux"]}})
    changed = change(graph, made, state="disabled", conditions={"platforms": {"includePlatforms": ["iOS"]}})
    assert (changed["displayName"], changed["state"]) == ("mine", "disabled")
    assert changed["conditions"]["platforms"]["includePlatforms"] == ["iOS"]


# -- other clients -----------------------------------------------------------------------------------------------------


@pytest.fixture
def control(sim: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sim.control_url}/services/graph", trust_env=False) as client:
        yield client


def test_properties_that_the_schema_does_not_know(graph: GraphClient, control: httpx.Client) -> None:
    made = make_policy(graph)
    extra = {"networkSignal": {"level": "x"}, "conditions": {"weather": ["rain"], "agentIdRiskLevels": "high"}}
    assert control.post(f"/policies/{made['id']}", json=extra).status_code == 204
    assert control.post(f"/policies/{NOBODY}", json=extra).status_code == 404
    changed = change(graph, made, state="disabled", conditions={"users": {"includeUsers": ["None"]}})
    assert (changed["networkSignal"], changed["conditions"]["weather"]) == ({"level": "x"}, ["rain"])
    assert "agentIdRiskLevels" not in changed["conditions"]
    beta = graph.ok(200, "GET", f"{graph.sim.graph_url}/beta{POLICIES}/{made['id']}")
    assert beta["conditions"]["agentIdRiskLevels"] == "high"
    # What the policy has may be sent; what it has not may not.
    changed = change(graph, made, conditions={"weather": ["sun"]})
    assert changed["conditions"]["weather"] == ["sun"]
    assert reason(graph, "PATCH", f"{POLICIES}/{made['id']}", {"conditions": {"tide": []}}).startswith("1007")


def test_what_is_not_served_below_beta(graph: GraphClient) -> None:
    graph.error(400, "GET", f"{graph.sim.graph_url}/beta/users")


def test_behaviours_over_the_control_listener(sim: Simulator, control: httpx.Client) -> None:
    assert control.get("/behaviours").json()["policy_limit"] == 240
    assert control.post("/behaviours", json={"location_lag": 5, "licences": ["P1"]}).json()["licences"] == ["P1"]
    assert (sim.tenant.behaviours.location_lag, sim.tenant.behaviours.licences) == (5.0, ["P1"])
    for wrong in (
        {"colour": 1},
        {"policy_limit": "many"},
        {"list_order": "shuffled"},
        {"location_lag": True},
        {"circumstances": {"*": {"accepted": 1}}},
        {"address_countries": {"office": "CH"}},
        {"mfa_trusted_ranges": ["office"]},
    ):
        assert control.post("/behaviours", json=wrong).status_code == 400
    sim.reset()
    assert control.get("/behaviours").json()["licences"] == ["P1", "P2", "WorkloadIdentities"]


def test_one_request_per_second(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.conditional_access_rate = 1
    graph.ok(200, "GET", POLICIES)
    answer = graph.call("GET", "/identity/conditionalAccess/namedLocations")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "TooManyRequests")
    assert "Retry-After" not in answer.headers
    graph.ok(200, "GET", "/groups")
    sim.clock.advance(1)
    graph.ok(200, "GET", POLICIES)


def test_missing_locations_may_be_taken(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.accepts_missing_locations = True
    make_policy(graph, conditions={"locations": {"includeLocations": [NOBODY]}})


@pytest.mark.parametrize(
    ("permissions", "statuses"),
    [
        ((), (403, 403, 403)),
        (("Policy.Read.All",), (200, 403, 403)),
        (("Policy.ReadWrite.ConditionalAccess", "Application.Read.All"), (403, 403, 403)),
        (("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"), (200, 403, 204)),
        (("Policy.Read.All", "Policy.ReadWrite.ConditionalAccess", "Application.Read.All"), (200, 201, 204)),
    ],
)
def test_permissions(
    sim: Simulator, graph: GraphClient, permissions: tuple[str, ...], statuses: tuple[int, int, int]
) -> None:
    made = make_policy(graph)
    with GraphClient(sim, sim.identity(*permissions)) as client:
        calls = (("GET", POLICIES, None), ("POST", POLICIES, policy()), ("DELETE", f"{POLICIES}/{made['id']}", None))
        answers = [client.call(*call) for call in calls]
    assert tuple(answer.status_code for answer in answers) == statuses
    assert {answer.json()["error"]["code"] for answer in answers if answer.status_code == 403} <= {"AccessDenied"}


# -- what policies stand on --------------------------------------------------------------------------------------------


def test_authentication_strengths(graph: GraphClient) -> None:
    for base in (
        "/identity/conditionalAccess/authenticationStrength/policies",
        "/policies/authenticationStrengthPolicies",
    ):
        rows = graph.ok(200, "GET", base)["value"]
        assert [row["displayName"] for row in rows] == [
            "Multifactor authentication",
            "Passwordless MFA",
            "Phishing-resistant MFA",
        ]
        assert graph.ok(200, "GET", f"{base}/{rows[2]['id']}")["allowedCombinations"][1] == "fido2"
        graph.error(404, "GET", f"{base}/{NOBODY}")


def test_authentication_contexts(graph: GraphClient) -> None:
    base = "/identity/conditionalAccess/authenticationContextClassReferences"
    assert graph.ok(200, "GET", base)["value"] == []
    graph.ok(204, "PATCH", f"{base}/c7", {"displayName": "vault", "isAvailable": True})
    graph.ok(204, "PATCH", f"{base}/c7", {"description": "d"})
    row = {"id": "c7", "displayName": "vault", "description": "d", "isAvailable": True}
    assert graph.ok(200, "GET", base)["value"] == [row]
    graph.error(400, "PATCH", f"{base}/c100", {"displayName": "x"})
    graph.ok(204, "DELETE", f"{base}/c7")
    graph.error(404, "GET", f"{base}/c7")


def test_directory_roles(sim: Simulator, graph: GraphClient) -> None:
    found = graph.ok(200, "GET", "/directoryRoleTemplates?$filter=displayName eq 'Global Administrator'")["value"]
    assert [row["id"] for row in found] == [GLOBAL_ADMINISTRATOR]
    rows = graph.ok(200, "GET", "/roleManagement/directory/roleDefinitions")["value"]
    assert GLOBAL_ADMINISTRATOR in {row["templateId"] for row in rows if row["isBuiltIn"]}
    user = next(iter(sim.tenant.users))
    sim.tenant.relate("roleMembers", GLOBAL_ADMINISTRATOR, [user])
    path = f"/roleManagement/directory/roleAssignments?$filter=principalId eq '{user}'"
    assert [row["roleDefinitionId"] for row in graph.ok(200, "GET", path)["value"]] == [GLOBAL_ADMINISTRATOR]
    assert graph.ok(200, "GET", path.replace(user, NOBODY))["value"] == []


def test_seeds() -> None:
    seed = TenantSeed(NOBODY, "corp.example", "Corp", users=[{"userPrincipalName": "ann@corp.example"}])
    seed.roles = {GLOBAL_ADMINISTRATOR: ["Ann@corp.example"]}
    seed.named_locations = [{**countries("li"), "id": NOBODY}]
    seed.policies = [policy(conditions={"locations": {"includeLocations": [NOBODY]}})]
    tenant = make_tenant(seed, Clock())
    assert tenant.role_members(GLOBAL_ADMINISTRATOR) == list(tenant.users)
    assert tenant.named_locations[NOBODY]["countriesAndRegions"] == ["LI"]
    (made,) = tenant.policies.values()
    assert made["conditions"]["clientAppTypes"] == ["all"] and made["sessionControls"] is None


def test_a_deleted_location_is_gone_for_policies(graph: GraphClient) -> None:
    location = make_location(graph, countries("CH"))
    graph.ok(204, "DELETE", f"/identity/conditionalAccess/namedLocations/{location}")
    body = policy(conditions={"locations": {"includeLocations": [location]}})
    assert reason(graph, "POST", POLICIES, body).startswith("1040")
