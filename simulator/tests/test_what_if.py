# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What-if: the service's forecast of a sign-in, with its known weaknesses."""

from __future__ import annotations

from typing import Any

import pytest

from access_bodies import NOBODY, countries, make_location, make_policy
from cvops_simulator import Simulator
from graph_client import GraphClient

EVALUATE = "/identity/conditionalAccess/evaluate"
GRAPH = "00000003-0000-0000-c000-000000000000"
BLOCK = {"operator": "OR", "builtInControls": ["block"]}


def question(user: str, applications: list[str] | None = None, **conditions: Any) -> dict[str, Any]:
    """The body about a user who signs in to applications (default: Graph)."""
    return {
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": user},
        "signInContext": {
            "@odata.type": "#microsoft.graph.applicationContext",
            "includeApplications": applications or [GRAPH],
        },
        "signInConditions": conditions,
        "appliedPoliciesOnly": False,
    }


def ask(graph: GraphClient, body: dict[str, Any]) -> dict[str, str]:
    """What is told of each policy: name -> reason."""
    rows = graph.ok(200, "POST", EVALUATE, body)["value"]
    assert all(row["policyApplies"] == (row["analysisReasons"] == "notSet") for row in rows)
    return {row["displayName"]: row["analysisReasons"] for row in rows}


@pytest.fixture
def user(sim: Simulator) -> str:
    return next(iter(sim.tenant.users))


def test_reasons(sim: Simulator, graph: GraphClient, user: str) -> None:
    group = graph.group("ops")["id"]
    make_policy(graph, displayName="applies")
    make_policy(graph, displayName="off", state="disabled")
    make_policy(graph, displayName="others", conditions={"users": {"includeGroups": [group]}})
    make_policy(graph, displayName="spared", conditions={"users": {"includeUsers": ["All"], "excludeUsers": [user]}})
    make_policy(graph, displayName="app", conditions={"applications": {"includeApplications": ["Office365"]}})
    make_policy(graph, displayName="platform", conditions={"platforms": {"includePlatforms": ["iOS"]}})
    make_policy(graph, displayName="client", conditions={"clientAppTypes": ["browser"]})
    make_policy(graph, displayName="risk", conditions={"signInRiskLevels": ["high"]})
    make_policy(graph, displayName="user risk", conditions={"userRiskLevels": ["high"]})
    make_policy(graph, displayName="flow", conditions={"authenticationFlows": {"transferMethods": "deviceCodeFlow"}})
    answers = ask(graph, question(user))
    open_ = dict.fromkeys(("platform", "client", "risk", "user risk", "flow"), "notEnoughInformation")
    told = {"applies": "notSet", "off": "policyNotEnabled", "others": "users", "spared": "users", "app": "application"}
    assert answers == {**told, **open_}
    conditions = {
        "devicePlatform": "windows",
        "clientAppType": "browser",
        "signInRiskLevel": "none",
        "userRiskLevel": "high",
        "authenticationFlow": {"transferMethod": "none"},
    }
    assert ask(graph, question(user, **conditions)) == {
        **told,
        "platform": "devicePlatform",
        "client": "notSet",
        "risk": "signInRisk",
        "user risk": "notSet",
        "flow": "authenticationFlow",
    }


def test_the_answer_holds_whole_policies(sim: Simulator, graph: GraphClient, user: str) -> None:
    made = make_policy(graph)
    make_policy(graph, state="disabled")
    answer = graph.ok(200, "POST", EVALUATE, {**question(user), "appliedPoliciesOnly": True})
    assert answer["@odata.context"].endswith("$metadata#Collection(microsoft.graph.whatIfAnalysisResult)")
    del made["@odata.context"]
    assert answer["value"] == [{**made, "policyApplies": True, "analysisReasons": "notSet"}]
    assert len(graph.ok(200, "POST", f"{sim.graph_url}/beta{EVALUATE}", question(user))["value"]) == 2
    assert not [entry for entry in sim.journal.writes() if entry.path.endswith("evaluate")]


def test_places(graph: GraphClient, user: str) -> None:
    home = make_location(graph, countries("CH"))
    locations = {"includeLocations": ["All"], "excludeLocations": [home]}
    make_policy(graph, displayName="abroad", conditions={"locations": locations}, grantControls=BLOCK)
    for conditions, reason in (
        ({}, "notEnoughInformation"),
        ({"ipAddress": "203.0.113.20"}, "notEnoughInformation"),
        ({"country": "CH"}, "location"),
        ({"ipAddress": "203.0.113.20", "country": "DE"}, "notSet"),
    ):
        assert ask(graph, question(user, **conditions)) == {"abroad": reason}


def test_excluded_groups_may_be_overlooked(sim: Simulator, graph: GraphClient, user: str) -> None:
    group = graph.group("break-glass")["id"]
    sim.tenant.relate("members", group, [user])
    spared = {"includeUsers": ["All"], "excludeGroups": [group]}
    make_policy(graph, displayName="block", conditions={"users": spared}, grantControls=BLOCK)
    assert ask(graph, question(user)) == {"block": "users"}
    sim.tenant.behaviours.what_if_ignores_group_exclusions = True
    assert ask(graph, question(user)) == {"block": "notSet"}


def test_workload_identities(sim: Simulator, graph: GraphClient) -> None:
    clients = {"includeServicePrincipals": [sim.automation.object_id]}
    make_policy(
        graph, displayName="clients", conditions={"users": None, "clientApplications": clients}, grantControls=BLOCK
    )
    make_policy(graph, displayName="people")
    body = question(NOBODY)
    for who, reason in (
        (sim.automation.object_id, "notSet"),
        (sim.identity(name="other").object_id, "workloadIdentities"),
    ):
        identity = {"@odata.type": "#microsoft.graph.servicePrincipalSignIn", "servicePrincipalId": who}
        answers = ask(graph, {**body, "signInIdentity": identity})
        assert answers == {"clients": reason, "people": "workloadIdentities"}


def test_other_contexts(graph: GraphClient, user: str) -> None:
    base = "/identity/conditionalAccess/authenticationContextClassReferences"
    graph.ok(204, "PATCH", f"{base}/c1", {"displayName": "vault"})
    contexts = {"includeAuthenticationContextClassReferences": ["c1"]}
    actions = {"includeUserActions": ["urn:user:registersecurityinfo"]}
    make_policy(graph, displayName="context", conditions={"applications": contexts})
    make_policy(graph, displayName="action", conditions={"applications": actions})
    body = question(user)
    context = {"@odata.type": "#microsoft.graph.authContext", "authenticationContextValue": "c1"}
    answers = ask(graph, {**body, "signInContext": context})
    assert answers == {"context": "notSet", "action": "authenticationContext"}
    action = {"@odata.type": "#microsoft.graph.userActionContext", "userAction": "registerSecurityInformation"}
    answers = ask(graph, {**body, "signInContext": action})
    assert answers == {"context": "userActions", "action": "notSet"}


def test_people_of_other_tenants(graph: GraphClient) -> None:
    guests = {"guestOrExternalUserTypes": "serviceProvider"}
    make_policy(graph, displayName="partners", conditions={"users": {"includeGuestsOrExternalUsers": guests}})
    identity = {"@odata.type": "#microsoft.graph.userSignIn", "externalTenantId": NOBODY}
    for kind, reason in (("serviceProvider", "notSet"), ("b2bDirectConnectUser", "users")):
        body = {**question(NOBODY), "signInIdentity": {**identity, "externalUserType": kind}}
        assert ask(graph, body) == {"partners": reason}


@pytest.mark.parametrize(
    "change",
    [
        {"signInIdentity": None},
        {"signInIdentity": {"userId": NOBODY}},
        {"signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": NOBODY}},
        {"signInIdentity": {"@odata.type": "#microsoft.graph.servicePrincipalSignIn", "servicePrincipalId": NOBODY}},
        {"signInContext": {"includeApplications": [GRAPH]}},
        {"signInConditions": {"devicePlatform": "amiga"}},
        {"conditionalAccessWhatIfSubject": {}},
    ],
)
def test_questions_that_are_refused(graph: GraphClient, user: str, change: dict[str, Any]) -> None:
    assert graph.error(400, "POST", EVALUATE, {**question(user), **change})["code"] == "BadRequest"


@pytest.mark.parametrize(
    ("permission", "status"),
    [("Policy.Read.ConditionalAccess", 200), ("Policy.Read.All", 200), ("Application.Read.All", 403)],
)
def test_permissions(sim: Simulator, user: str, permission: str, status: int) -> None:
    with GraphClient(sim, sim.identity(permission)) as client:
        assert client.call("POST", EVALUATE, question(user)).status_code == status
