# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in logs and directory audits, of what the test itself has done."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from access_bodies import LOCATIONS, POLICIES, countries, make_location, policy
from certificates import make_certificate
from cvops_simulator import Simulator
from cvops_simulator.entra.conditional_access.policies import add_policy
from cvops_simulator.entra.schema import get_graph_type, parse_date_time
from graph_client import GraphClient, secret_form, token_answer

SIGN_INS, AUDITS = "/auditLogs/signIns", "/auditLogs/directoryAudits"
BLOCK = {"operator": "OR", "builtInControls": ["block"]}
OF_PRINCIPALS = "signInEventTypes/any(t: t eq 'servicePrincipal')"


def read(graph: GraphClient, path: str, text: str = "", **options: Any) -> list[dict[str, Any]]:
    """The entries that a filter leaves."""
    query = {**({"$filter": text} if text else {}), **{f"${name}": value for name, value in options.items()}}
    return list(graph.ok(200, "GET", f"{path}?{urllib.parse.urlencode(query)}")["value"])


@pytest.fixture
def beta(sim: Simulator) -> str:
    """The beta log of sign-ins."""
    return f"{sim.graph_url}/beta{SIGN_INS}"


def person(sim: Simulator, graph: GraphClient, *, wanted: int = 200) -> tuple[str, str]:
    """Sign in with a device code as the first user; returns ids of the application and of the user."""
    application = graph.application(isFallbackPublicClient=True)
    principal = graph.principal(application)
    resource = sim.tenant.service_principal_of("00000003-0000-0000-c000-000000000000")
    assert resource is not None
    grant = {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": resource["id"]}
    graph.ok(201, "POST", "/oauth2PermissionGrants", {**grant, "scope": "User.Read"})
    user = next(iter(sim.tenant.users))
    device_code, flow = sim.login.flows.start_device(application["appId"], "User.Read")
    assert sim.login.approve_device(flow.user_code, user)
    form = {"grant_type": "device_code", "client_id": application["appId"], "device_code": device_code}
    assert token_answer(sim, **form).status_code == wanted
    return str(application["appId"]), user


# -- sign-ins ----------------------------------------------------------------------------------------------------------


def test_a_person(sim: Simulator, graph: GraphClient) -> None:
    app_id, user = person(sim, graph)
    (entry,) = read(graph, SIGN_INS)
    assert set(entry) == set(get_graph_type("signIn").properties)
    row = sim.tenant.users[user]
    assert (entry["userId"], entry["userPrincipalName"], entry["appId"]) == (user, row["userPrincipalName"], app_id)
    assert (entry["isInteractive"], entry["resourceDisplayName"]) == (True, "Microsoft Graph")
    assert entry["status"] == {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None}
    assert (entry["conditionalAccessStatus"], entry["appliedConditionalAccessPolicies"]) == ("notApplied", [])
    assert entry["clientAppUsed"] == "Mobile Apps and Desktop clients"
    assert graph.ok(200, "GET", f"{SIGN_INS}/{entry['id']}")["correlationId"] == entry["correlationId"]
    graph.error(404, "GET", f"{SIGN_INS}/{user}")


def test_policies_in_the_log(sim: Simulator, graph: GraphClient) -> None:
    office = {"sessionControls": {"persistentBrowser": {"isEnabled": True, "mode": "never"}}}
    off = add_policy(sim.tenant, policy(displayName="off", state="disabled"))
    report = add_policy(sim.tenant, policy(displayName="report", grantControls=BLOCK))
    asks = add_policy(sim.tenant, policy(displayName="asks"))
    met = add_policy(sim.tenant, policy(displayName="met", state="enabled", grantControls=None, **office))
    other = add_policy(sim.tenant, policy(displayName="other", conditions={"users": {"includeUsers": ["None"]}}))
    person(sim, graph)
    blocks = add_policy(sim.tenant, policy(displayName="blocks", state="enabled", grantControls=BLOCK))
    person(sim, graph, wanted=400)
    refused, good = read(graph, SIGN_INS)
    results = {item["id"]: item["result"] for item in good["appliedConditionalAccessPolicies"]}
    assert results == {
        off["id"]: "notEnabled",
        report["id"]: "reportOnlyFailure",
        asks["id"]: "reportOnlyInterrupted",
        met["id"]: "success",
        other["id"]: "reportOnlyNotApplied",
    }
    assert good["conditionalAccessStatus"] == "success"
    assert refused["conditionalAccessStatus"] == "failure"
    assert refused["status"]["errorCode"] == 53003
    assert refused["status"]["failureReason"].startswith("Access has been blocked by Conditional Access policies.")
    assert refused["appliedConditionalAccessPolicies"][-1] == {
        "id": blocks["id"],
        "displayName": "blocks",
        "enforcedGrantControls": ["block"],
        "enforcedSessionControls": [],
        "result": "failure",
    }
    assert read(graph, SIGN_INS, "conditionalAccessStatus eq 'failure' and status/errorCode eq 53003") == [refused]
    with GraphClient(sim, sim.identity("AuditLog.Read.All")) as auditor:
        assert [row["appliedConditionalAccessPolicies"] for row in read(auditor, SIGN_INS)] == [[], []]


def test_workload_identities_are_in_the_beta_log(sim: Simulator, graph: GraphClient, beta: str) -> None:
    identity = sim.identity(name="runner")
    clients = {"users": None, "clientApplications": {"includeServicePrincipals": [identity.object_id]}}
    assert token_answer(sim, **secret_form(sim, identity)).status_code == 200
    assert token_answer(sim, **secret_form(sim, identity, client_secret="wrong")).status_code == 401
    sim.tenant.behaviours.client_address = "198.51.100.20"
    made = add_policy(sim.tenant, policy(state="enabled", conditions=clients, grantControls=BLOCK))
    assert token_answer(sim, **secret_form(sim, identity)).status_code == 400
    assert read(graph, SIGN_INS) == []
    assert read(graph, beta) == []
    blocked, wrong, good = read(graph, beta, f"{OF_PRINCIPALS} and appId eq '{identity.client_id}'")
    assert [row["status"]["errorCode"] for row in (blocked, wrong, good)] == [53003, 7000215, 0]
    (secret,) = sim.tenant.applications[identity.app_object_id]["passwordCredentials"]
    assert good["servicePrincipalCredentialKeyId"] == secret["keyId"]
    assert (good["clientCredentialType"], good["servicePrincipalId"]) == ("clientSecret", identity.object_id)
    assert (good["userId"], good["isInteractive"], good["signInEventTypes"]) == ("", False, ["servicePrincipal"])
    assert (blocked["ipAddress"], blocked["location"]["countryOrRegion"]) == ("198.51.100.20", "DE")
    (applied,) = blocked["appliedConditionalAccessPolicies"]
    assert (applied["id"], applied["result"]) == (made["id"], "failure")


def test_event_types_below_v1(sim: Simulator, graph: GraphClient) -> None:
    error = graph.error(400, "GET", f"{SIGN_INS}?$filter={OF_PRINCIPALS}")
    assert error["code"] == "Request_UnsupportedQuery"
    sim.tenant.behaviours.v1_takes_event_types = True
    (entry,) = read(graph, SIGN_INS, OF_PRINCIPALS)
    assert entry["servicePrincipalId"] == sim.automation.object_id
    assert "signInEventTypes" not in entry


def test_managed_identities(sim: Simulator, graph: GraphClient, beta: str) -> None:
    machine = sim.imds.assign("vm", "User.Read.All")
    import_url = f"{sim.imds_url}/metadata/identity/oauth2/token"
    query = urllib.parse.urlencode({"api-version": "2018-02-01", "resource": "https://graph.microsoft.com"})
    assert graph._http.get(f"{import_url}?{query}", headers={"Metadata": "true"}).status_code == 200
    (entry,) = read(graph, beta, "signInEventTypes/any(t: t eq 'managedIdentity')")
    assert (entry["servicePrincipalId"], entry["clientCredentialType"]) == (machine.object_id, "managedIdentity")


def test_correlation(sim: Simulator, graph: GraphClient, beta: str) -> None:
    identity = sim.identity(name="runner")
    body = token_answer(sim, **secret_form(sim, identity, client_secret="wrong")).json()
    (entry,) = read(graph, beta, f"{OF_PRINCIPALS} and correlationId eq '{body['correlation_id']}'")
    assert entry["id"] == body["trace_id"]


def test_filters_order_and_pages_of_sign_ins(sim: Simulator, graph: GraphClient, beta: str) -> None:
    identity = sim.identity(name="runner")
    for _ in range(5):
        token_answer(sim, **secret_form(sim, identity))
        sim.clock.advance(60)
    mine = f"{OF_PRINCIPALS} and appId eq '{identity.client_id}'"
    dates = [row["createdDateTime"] for row in read(graph, beta, mine)]
    assert dates == sorted(dates, reverse=True) and len(dates) == 5
    assert [row["createdDateTime"] for row in read(graph, beta, mine, orderby="createdDateTime")] == dates[::-1]
    assert len(read(graph, beta, f"{mine} and createdDateTime ge {dates[2]}")) == 3
    assert len(read(graph, beta, f"{mine} and startsWith(appDisplayName,'RUN')")) == 5
    found, url = [], f"{beta}?{urllib.parse.urlencode({'$filter': mine, '$top': 2})}"
    while url:
        page = graph.ok(200, "GET", url)
        found.append([row["createdDateTime"] for row in page["value"]])
        url = page.get("@odata.nextLink", "")
    assert found == [dates[:2], dates[2:4], dates[4:]]
    for wrong in ("appId ne 'x'", "contains(appDisplayName,'x')", "tokenIssuerType eq 'x'", "userId gt 'a'"):
        assert graph.error(400, "GET", f"{SIGN_INS}?$filter={wrong}")["code"] == "Request_UnsupportedQuery"
    graph.ok(200, "GET", f"{SIGN_INS}?$top=1000")
    graph.error(400, "GET", f"{SIGN_INS}?$top=1001")


def test_lag_retention_and_licence(sim: Simulator, graph: GraphClient) -> None:
    sim.tenant.behaviours.log_lag = 120
    person(sim, graph)
    graph.group("ops")
    assert (read(graph, SIGN_INS), read(graph, AUDITS)) == ([], [])
    sim.clock.advance(120)
    assert (len(read(graph, SIGN_INS)), len(read(graph, AUDITS, "category eq 'GroupManagement'"))) == (1, 1)
    sim.clock.advance(8 * 86400)
    graph.sign_in()
    assert len(read(graph, SIGN_INS)) == 1
    sim.tenant.behaviours.licences.clear()
    error = graph.error(403, "GET", SIGN_INS)
    assert error["code"] == "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    assert read(graph, AUDITS) == []
    sim.tenant.behaviours.licences.append("P1")
    sim.clock.advance(23 * 86400)
    graph.sign_in()
    assert (read(graph, SIGN_INS), read(graph, AUDITS)) == ([], [])


def test_permissions_and_pace(sim: Simulator, graph: GraphClient) -> None:
    for permissions, status in (((), 403), (("Directory.Read.All",), 403), (("AuditLog.Read.All",), 200)):
        with GraphClient(sim, sim.identity(*permissions)) as client:
            assert {client.call("GET", path).status_code for path in (SIGN_INS, AUDITS)} == {status}
    sim.tenant.behaviours.logs_need_directory_read = True
    with GraphClient(sim, sim.identity("AuditLog.Read.All")) as client:
        client.error(403, "GET", SIGN_INS)
        client.error(403, "GET", AUDITS)
    graph.ok(200, "GET", SIGN_INS)
    sim.tenant.behaviours.log_rate = 1
    graph.ok(200, "GET", SIGN_INS)
    answer = graph.call("GET", AUDITS)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    sim.clock.advance(10)
    graph.ok(200, "GET", AUDITS)


# -- directory audits --------------------------------------------------------------------------------------------------


def activities(graph: GraphClient, text: str = "") -> list[str]:
    """Names of the activities, oldest first."""
    return [row["activityDisplayName"] for row in read(graph, AUDITS, text)][::-1]


def test_an_application(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application(displayName="runner")
    path, mine = f"/applications/{application['id']}", f"targetResources/any(t: t/id eq '{application['id']}')"
    graph.ok(204, "PATCH", path, {"displayName": "runner 2"})
    secret = graph.ok(200, "POST", f"{path}/addPassword", {"passwordCredential": {"displayName": "ci"}})
    graph.ok(204, "POST", f"{path}/removePassword", {"keyId": secret["keyId"]})
    graph.ok(204, "DELETE", path)
    graph.ok(200, "POST", f"/directory/deletedItems/{application['id']}/restore", {})
    graph.ok(204, "DELETE", path)
    graph.ok(204, "DELETE", f"/directory/deletedItems/{application['id']}")
    secrets = "Update application – Certificates and secrets management"
    assert activities(graph, mine) == [
        "Add application",
        "Update application",
        secrets,
        secrets,
        "Delete application",
        "Restore application",
        "Delete application",
        "Hard Delete application",
    ]
    removed, added = read(graph, AUDITS, f"activityDisplayName eq '{secrets}'")
    (change,) = added["targetResources"][0]["modifiedProperties"]
    key = f"[KeyIdentifier={secret['keyId']},KeyType=Password,KeyUsage=Verify,DisplayName=ci]"
    assert (change["displayName"], json.loads(change["oldValue"]), json.loads(change["newValue"])) == (
        "KeyDescription",
        [],
        [key],
    )
    assert json.loads(removed["targetResources"][0]["modifiedProperties"][0]["newValue"]) == []
    assert secret["secretText"] not in json.dumps(sim.tenant.directory_audits)
    (renamed,) = read(graph, AUDITS, "activityDisplayName eq 'Update application'")
    assert renamed["targetResources"][0]["modifiedProperties"] == [
        {"displayName": "displayName", "oldValue": '["runner"]', "newValue": '["runner 2"]'},
        {"displayName": "Included Updated Properties", "oldValue": None, "newValue": '"displayName"'},
    ]
    assert renamed["initiatedBy"] == {
        "app": {
            "appId": sim.automation.client_id,
            "displayName": "svc-cvops-automation",
            "servicePrincipalId": sim.automation.object_id,
            "servicePrincipalName": None,
        },
        "user": None,
    }
    assert (renamed["result"], renamed["loggedByService"]) == ("success", "Core Directory")
    assert graph.ok(200, "GET", f"{AUDITS}/{renamed['id']}")["correlationId"] == renamed["correlationId"]


def test_certificates(graph: GraphClient) -> None:
    application = graph.application()
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": make_certificate("x").der_base64}
    graph.ok(204, "PATCH", f"/applications/{application['id']}", {"keyCredentials": [key]})
    (entry, _) = read(graph, AUDITS)
    assert entry["activityDisplayName"] == "Update application – Certificates and secrets management"
    (change,) = entry["targetResources"][0]["modifiedProperties"]
    assert "KeyType=AsymmetricX509Cert" in change["newValue"] and "KeyIdentifier=" in change["newValue"]


def test_groups_and_upserts(sim: Simulator, graph: GraphClient) -> None:
    body = {"displayName": "ops", "mailEnabled": False, "mailNickname": "ops", "securityEnabled": True}
    path = "/groups(uniqueName='ops')"
    group = graph.ok(201, "PATCH", path, body, Prefer="create-if-missing")
    graph.ok(204, "PATCH", path, {"description": "d"}, Prefer="create-if-missing")
    user = next(iter(sim.tenant.users))
    reference = {"@odata.id": f"{sim.graph_url}/v1.0/directoryObjects/{user}"}
    graph.ok(204, "POST", f"/groups/{group['id']}/members/$ref", reference)
    graph.error(400, "POST", f"/groups/{group['id']}/members/$ref", reference)
    graph.ok(204, "DELETE", f"/groups/{group['id']}/members/{user}/$ref")
    assert activities(graph) == ["Add group", "Update group", "Add member to group", "Remove member from group"]
    (added,) = read(graph, AUDITS, "startswith(activityDisplayName,'add member')")
    assert [(item["type"], item["id"]) for item in added["targetResources"]] == [("Group", group["id"]), ("User", user)]
    assert added["operationType"] == "Assign"


def test_conditional_access(sim: Simulator, graph: GraphClient) -> None:
    location = f"{LOCATIONS}/{make_location(graph, countries('CH'))}"
    made = graph.ok(201, "POST", POLICIES, policy())
    graph.ok(204, "PATCH", f"{POLICIES}/{made['id']}", {"state": "disabled"})
    graph.ok(204, "DELETE", f"{POLICIES}/{made['id']}")
    graph.ok(204, "PATCH", location, countries("DE"))
    graph.ok(204, "DELETE", location)
    assert activities(graph, "loggedByService eq 'Conditional Access'") == [
        "Add named location",
        "Add conditional access policy",
        "Update conditional access policy",
        "Delete conditional access policy",
        "Update named location",
        "Delete named location",
    ]
    (entry,) = read(graph, AUDITS, "activityDisplayName eq 'Update conditional access policy'")
    (change,) = entry["targetResources"][0]["modifiedProperties"]
    states = [json.loads(change[name])["state"] for name in ("oldValue", "newValue")]
    assert states == ["enabledForReportingButNotEnforced", "disabled"]
    (entry,) = read(graph, AUDITS, "activityDisplayName eq 'Delete conditional access policy'")
    assert entry["targetResources"][0]["modifiedProperties"][0]["newValue"] is None


def test_reads_and_refusals_leave_no_entry(sim: Simulator, graph: GraphClient) -> None:
    graph.ok(200, "GET", "/groups")
    graph.ok(200, "POST", "/directoryObjects/getByIds", {"ids": [next(iter(sim.tenant.users))]})
    graph.error(400, "POST", "/groups", {"displayName": "x"})
    graph.error(404, "DELETE", "/groups/3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d")
    assert sim.tenant.directory_audits == []
    graph.group("ops")
    sim.reset()
    assert (sim.tenant.directory_audits, sim.tenant.sign_ins) == ([], [])


# -- what logs do on bad days ------------------------------------------------------------------------------------------


def test_periods_that_time_out(sim: Simulator, graph: GraphClient) -> None:
    for number in range(3):
        graph.group(f"g{number}")
        sim.clock.advance(600)
    last = read(graph, AUDITS)[0]["activityDateTime"]
    assert len(read(graph, AUDITS)) == 3
    sim.tenant.behaviours.log_longest_hours = 0.4
    assert graph.error(504, "GET", AUDITS)["code"] == "UnknownError"
    assert len(read(graph, AUDITS, f"activityDateTime ge {last} and category eq 'GroupManagement'")) == 1
    sim.tenant.behaviours.log_longest_hours = 0
    sim.tenant.behaviours.log_most_entries = 2
    assert graph.error(500, "GET", f"{AUDITS}?$top=1")["message"] == ""
    assert len(read(graph, AUDITS, f"activityDateTime ge {last}")) == 1


def test_pages_that_are_given_twice(sim: Simulator, graph: GraphClient) -> None:
    for number in range(3):
        graph.group(f"g{number}")
    sim.tenant.behaviours.log_repeats_pages = True
    found, url = [], f"{AUDITS}?$top=1&$orderby=activityDateTime asc"
    while url:
        page = graph.ok(200, "GET", url)
        found.append(page["value"][0]["id"])
        url = page.get("@odata.nextLink", "")
    assert len(found) == 5 and len(set(found)) == 3 and found[0] == found[1] and found[2] == found[3]


def test_times_with_an_offset(sim: Simulator, graph: GraphClient) -> None:
    graph.group("ops")
    plain = read(graph, AUDITS)[0]["activityDateTime"]
    sim.tenant.behaviours.log_offset = "-05:30"
    (entry,) = read(graph, AUDITS, f"activityDateTime ge {plain}")
    assert entry["activityDateTime"].endswith("-05:30") and parse_date_time(entry["activityDateTime"]) == int(
        parse_date_time(plain)
    )
