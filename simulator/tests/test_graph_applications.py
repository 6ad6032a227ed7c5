# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications and service principals: bodies, rules, keys, deletion."""

from __future__ import annotations

from typing import Any

import pytest

from certificates import make_certificate
from cvops_simulator import Simulator
from cvops_simulator.entra.schema import get_graph_type
from graph_client import GraphClient

ROLE = {
    "id": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d",
    "allowedMemberTypes": ["User", "Application"],
    "displayName": "Operate",
    "description": "Operate backups",
    "isEnabled": True,
    "value": "Backup.Operate",
}
TITLE = "adminConsentDisplayName"
OTHER = "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3e"
#: The role as a scope: one permission to Entra ID.
SCOPE = {
    "id": ROLE["id"],
    "type": "Admin",
    TITLE: ROLE["displayName"],
    "adminConsentDescription": ROLE["description"],
    "isEnabled": True,
    "value": ROLE["value"],
}
PERSONAL = "AzureADandPersonalMicrosoftAccount"
CALLBACK = "https://a.example/cb"
PERSONAL_BODY = {"displayName": "x", "signInAudience": PERSONAL, "api": {"requestedAccessTokenVersion": 2}}


def test_an_answer_has_every_key_of_its_type(graph: GraphClient) -> None:
    created = graph.application()
    hidden = {"authenticationBehaviors", "logo", "managerApplications", "oauth2RequirePostResponse"}
    assert set(created) - {"@odata.context"} == set(get_graph_type("application").properties) - hidden
    assert created["@odata.context"].endswith("/v1.0/$metadata#applications/$entity")
    assert created["signInAudience"] == "AzureADMyOrg"
    assert created["web"]["implicitGrantSettings"] == {
        "enableAccessTokenIssuance": False,
        "enableIdTokenIssuance": False,
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"displayname": "x"}, "Invalid property 'displayname'"),
        ({"displayName": 7}, "displayName"),
        ({"displayName": ""}, "displayName"),
        ({"displayName": "x" * 257}, "displayName"),
        ({}, "displayName"),
        ({"displayName": "x", "appId": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"}, "read-only"),
        ({"displayName": "x", "web": {"redirectUri": []}}, "Invalid property 'redirectUri'"),
        ({"displayName": "x", "tags": None}, "cannot be null"),
        ({"displayName": "x", "tags": ["a b"]}, "tags"),
        ({"displayName": "x", "signInAudience": "Everyone"}, "signInAudience"),
        ({"displayName": "x", "identifierUris": ["https://orion.example/"]}, "identifierUris"),
        ({"displayName": "x", "appRoles": [{**ROLE, "isEnabled": False}]}, "isEnabled"),
        ({"displayName": "x", "appRoles": [{**ROLE, "id": "nonsense"}]}, "Edm.Guid"),
        ({"displayName": "x", "appRoles": [{**ROLE, "value": "with space"}]}, "value"),
        ({"displayName": "x", "appRoles": [ROLE, {**ROLE, "value": "Other"}]}, "appRoles"),
        ({"displayName": "x", "identifierUris": [""]}, "identifierUris"),
        ({"displayName": "x", "identifierUris": ["orders"]}, "identifierUris"),
        ({"displayName": "x", "web": {"redirectUris": [""]}}, "redirectUris"),
        ({"displayName": "x", "web": {"redirectUris": ["http://a.example"]}}, "redirectUris"),
        ({"displayName": "x", "web": {"redirectUris": ["https://a.example/#x"]}}, "redirectUris"),
        ({"displayName": "x", "spa": {"redirectUris": ["myapp://auth"]}}, "redirectUris"),
        (
            {"displayName": "x", "spa": {"redirectUris": [CALLBACK]}, "web": {"redirectUris": [CALLBACK]}},
            "redirectUris",
        ),
        ({"displayName": "x", "identifierUris": ["api://a/b", "api://a/B"]}, "identifierUris"),
        ({"displayName": "x", "identifierUris": ["api://a/*"]}, "identifierUris"),
        ({"displayName": "x", "web": {"logoutUrl": "http://a.example/out"}}, "logoutUrl"),
        ({"displayName": "x", "web": {"homePageUrl": "a.example"}}, "homePageUrl"),
        ({"displayName": "x", "publicClient": {"redirectUris": ["http://a.example"]}}, "redirectUris"),
        ({"displayName": "x", "signInAudience": PERSONAL}, "requestedAccessTokenVersion"),
        ({**PERSONAL_BODY, "api": {"requestedAccessTokenVersion": 1}}, "requestedAccessTokenVersion"),
        ({**PERSONAL_BODY, "appRoles": [ROLE]}, "appRoles"),
        ({**PERSONAL_BODY, "identifierUris": ["api://" + "x" * 115]}, "identifierUris"),
        ({**PERSONAL_BODY, "web": {"redirectUris": ["https://a.example/?x=1"]}}, "redirectUris"),
        ({**PERSONAL_BODY, "web": {"redirectUris": [f"https://a.example/{n}" for n in range(101)]}}, "redirectUris"),
        (
            {"displayName": "x", "appRoles": [ROLE], "api": {"oauth2PermissionScopes": [{**SCOPE, "id": OTHER}]}},
            "appRoles",
        ),
        (
            {"displayName": "x", "appRoles": [ROLE], "api": {"oauth2PermissionScopes": [{**SCOPE, "value": "B"}]}},
            "appRoles",
        ),
        (
            {"displayName": "x", "appRoles": [ROLE], "api": {"oauth2PermissionScopes": [{**SCOPE, TITLE: "B"}]}},
            "appRoles",
        ),
        ({"displayName": "x", "members@odata.bind": []}, "Invalid property 'members'"),
        ({"displayName": "x", "isDisabled": "yes"}, "isDisabled"),
    ],
)
def test_strict_bodies(graph: GraphClient, body: dict[str, Any], text: str) -> None:
    error = graph.error(400, "POST", "/applications", body)
    assert error["code"] == "Request_BadRequest"
    assert text in error["message"]
    assert set(error["innerError"]) == {"date", "request-id", "client-request-id"}


def test_ids_are_echoed(graph: GraphClient) -> None:
    answer = graph.call("GET", "/applications/nonsense", client_request_id="trace-me")
    assert answer.headers["client-request-id"] == "trace-me"
    inner = answer.json()["error"]["innerError"]
    assert (inner["client-request-id"], inner["request-id"]) == ("trace-me", answer.headers["request-id"])


def test_patch_merges_objects_and_replaces_collections(graph: GraphClient) -> None:
    created = graph.application(web={"homePageUrl": "https://a.example", "redirectUris": ["https://a.example/cb"]})
    path = f"/applications(appId='{created['appId']}')"
    graph.ok(204, "PATCH", path, {"web": {"redirectUris": ["https://b.example/cb"]}, "tags": ["one"]})
    web = graph.ok(200, "GET", path)["web"]
    assert (web["homePageUrl"], web["redirectUris"]) == ("https://a.example", ["https://b.example/cb"])
    graph.ok(204, "PATCH", path, {"tags": []})
    assert graph.ok(200, "GET", path)["tags"] == []


def test_app_roles_go_in_two_steps(graph: GraphClient) -> None:
    path = f"/applications/{graph.application(appRoles=[ROLE])['id']}"
    for body in ([], [{**ROLE, "value": "Backup.Other"}], [{**ROLE, "value": "Other", "isEnabled": False}]):
        error = graph.error(400, "PATCH", path, {"appRoles": body})
        assert error["code"] == "CannotDeleteOrUpdateEnabledEntitlement"
    graph.ok(204, "PATCH", path, {"appRoles": [{**ROLE, "isEnabled": False}]})
    graph.ok(204, "PATCH", path, {"appRoles": []})


def test_a_role_and_a_scope_of_one_value_are_one_permission(graph: GraphClient) -> None:
    created = graph.application(appRoles=[ROLE], api={"oauth2PermissionScopes": [SCOPE]})
    path = f"/applications/{created['id']}"
    off = {"appRoles": [{**ROLE, "isEnabled": False}]}
    graph.error(400, "PATCH", path, off)
    scopes = {"oauth2PermissionScopes": [{**SCOPE, "isEnabled": False}]}
    graph.ok(204, "PATCH", path, {**off, "api": scopes})
    graph.ok(204, "PATCH", path, {"appRoles": [], "api": {"oauth2PermissionScopes": []}})


def test_what_personal_accounts_need(graph: GraphClient) -> None:
    uris = {"redirectUris": ["https://a.example/cb", "http://localhost:8080"]}
    more = {"signInAudience": PERSONAL, "api": {"requestedAccessTokenVersion": 2}, "web": uris}
    created = graph.application(**more, publicClient={"redirectUris": ["myapp://auth"]})
    graph.error(400, "PATCH", f"/applications/{created['id']}", {"api": {"requestedAccessTokenVersion": None}})
    plain = graph.application(appRoles=[ROLE])
    graph.error(400, "PATCH", f"/applications/{plain['id']}", {key: more[key] for key in ("signInAudience", "api")})


def test_upsert_by_unique_name(graph: GraphClient) -> None:
    path = "/applications(uniqueName='build-runner')"
    assert graph.error(404, "PATCH", path, {"displayName": "x"})["code"] == "Request_ResourceNotFound"
    created = graph.ok(201, "PATCH", path, {"displayName": "x"}, Prefer="create-if-missing")
    assert created["uniqueName"] == "build-runner"
    graph.ok(204, "PATCH", path, {"displayName": "y"}, Prefer="create-if-missing")
    assert graph.ok(200, "GET", path)["displayName"] == "y"
    graph.error(400, "PATCH", path, {"uniqueName": "other"})
    graph.error(400, "POST", "/applications", {"displayName": "z", "uniqueName": "build-runner"})


def test_identifier_uris_are_unique_in_the_tenant(graph: GraphClient) -> None:
    first = graph.application(identifierUris=["api://orders"])
    error = graph.error(400, "POST", "/applications", {"displayName": "x", "identifierUris": ["API://orders"]})
    assert error["details"][0]["code"] == "ObjectConflict"
    graph.ok(204, "DELETE", f"/applications/{first['id']}")
    graph.error(400, "POST", "/applications", {"displayName": "x", "identifierUris": ["api://orders"]})


def test_the_service_principal_follows_the_application(graph: GraphClient) -> None:
    application = graph.application(tags=["shared"], appRoles=[ROLE])
    principal = graph.principal(application)
    assert (principal["appRoles"][0]["value"], principal["tags"]) == ("Backup.Operate", ["shared"])
    path = f"/servicePrincipals/{principal['id']}"
    graph.ok(204, "PATCH", path, {"tags": ["own"], "notes": "n"})
    change = {"displayName": "renamed", "identifierUris": [f"api://{application['appId']}"], "tags": []}
    graph.ok(204, "PATCH", f"/applications/{application['id']}", change)
    after = graph.ok(200, "GET", path)
    assert (after["displayName"], after["appDisplayName"], after["notes"]) == ("renamed", "renamed", "n")
    assert after["tags"] == ["own"]
    assert after["servicePrincipalNames"] == [f"api://{application['appId']}", application["appId"]]


def test_a_second_service_principal_and_one_without_application(graph: GraphClient) -> None:
    application = graph.application()
    graph.principal(application)
    error = graph.error(409, "POST", "/servicePrincipals", {"appId": application["appId"]})
    assert error["code"] == "Request_MultipleObjectsWithSameKeyValue"
    graph.ok(204, "PATCH", f"/servicePrincipals(appId='{application['appId']}')", {"notes": "n"})
    error = graph.error(400, "POST", "/servicePrincipals", {"appId": "00000000-0000-0000-0000-00000000dead"})
    assert "does not reference a valid application object" in error["message"]
    graph.error(400, "PATCH", f"/servicePrincipals(appId='{application['appId']}')", {"displayName": "n"})


@pytest.mark.parametrize(
    ("fits", "refused"),
    [
        ({"tags": ["x" * 256]}, {"tags": ["a b"]}),
        ({"notes": "x" * 1024}, {"notes": "x" * 1025}),
        ({"description": "x" * 1024}, {"description": "x" * 1025}),
        ({"replyUrls": ["https://" + "x" * 248, "app:done"]}, {"replyUrls": ["https://" + "x" * 249]}),
        ({"replyUrls": []}, {"replyUrls": ["no address"]}),
    ],
)
def test_a_service_principal_takes_what_fits(graph: GraphClient, fits: dict[str, Any], refused: dict[str, Any]) -> None:
    path = f"/servicePrincipals/{graph.principal(graph.application())['id']}"
    graph.ok(204, "PATCH", path, fits)
    (name,) = refused
    assert graph.error(400, "PATCH", path, refused)["details"][0]["target"] == name


def test_passwords_change_by_actions_only(graph: GraphClient) -> None:
    application = graph.application(passwordCredentials=[{"displayName": "first"}])
    assert len(application["passwordCredentials"][0]["secretText"]) >= 34
    path = f"/applications/{application['id']}"
    (stored,) = graph.ok(200, "GET", path)["passwordCredentials"]
    assert stored["secretText"] is None
    assert stored["hint"] == application["passwordCredentials"][0]["secretText"][:3]
    changed = {**stored, "endDateTime": "2099-01-01T00:00:00Z"}
    error = graph.error(400, "PATCH", path, {"passwordCredentials": [changed]})
    assert error["details"][0]["code"] == "KeyNotUpdatable"
    graph.error(400, "PATCH", path, {"passwordCredentials": [stored, {"displayName": "new"}]})
    graph.ok(204, "PATCH", path, {"passwordCredentials": [stored]})
    error = graph.error(400, "POST", f"{path}/removePassword", {"keyId": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d"})
    assert "No password credential found" in error["message"]
    graph.ok(204, "POST", f"{path}/removePassword", {"keyId": stored["keyId"]})
    graph.error(400, "POST", "/applications", {"displayName": "x", "passwordCredentials": [{"keyId": stored["keyId"]}]})


@pytest.mark.parametrize(
    ("restriction", "code"),
    [
        ({"restrictionType": "passwordAddition"}, "CredentialTypeNotAllowedAsPerAppPolicy"),
        ({"restrictionType": "passwordLifetime", "maxLifetime": "P90D"}, "CredentialInvalidLifetimeAsPerAppPolicy"),
    ],
)
def test_app_management_policy(graph: GraphClient, restriction: dict[str, Any], code: str) -> None:
    rule = {**restriction, "state": "enabled", "restrictForAppsCreatedAfterDateTime": "2019-01-01T00:00:00Z"}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule], "keyCredentials": []}}
    graph.ok(204, "PATCH", "/policies/defaultAppManagementPolicy", policy)
    path = f"/applications/{graph.application()['id']}/addPassword"
    assert graph.error(400, "POST", path, {})["code"] == code
    assert graph.ok(200, "GET", "/policies/defaultAppManagementPolicy")["isEnabled"] is True


def test_a_custom_policy_overrides_the_default(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application()
    path = f"/applications/{application['id']}"
    assert graph.ok(200, "GET", f"{path}/appManagementPolicies")["value"] == []
    rule = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D", "state": "enabled"}
    policy = sim.tenant.assign_app_management_policy(application["id"], {"passwordCredentials": [rule]})
    assert [item["id"] for item in graph.ok(200, "GET", f"{path}/appManagementPolicies")["value"]] == [policy["id"]]
    assert policy["id"] in graph.error(400, "POST", f"{path}/addPassword", {})["message"]
    soon = sim.clock.iso(sim.clock.now() + 80 * 86400)
    graph.ok(200, "POST", f"{path}/addPassword", {"passwordCredential": {"endDateTime": soon}})


def test_certificates_are_replaced_whole_and_their_key_is_hidden(graph: GraphClient) -> None:
    first, second = make_certificate("one"), make_certificate("two")
    path = f"/applications/{graph.application()['id']}"
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify"}
    graph.ok(204, "PATCH", path, {"keyCredentials": [{**entry, "key": first.der_base64}]})
    (stored,) = graph.ok(200, "GET", path)["keyCredentials"]
    assert stored["key"] is None
    graph.ok(204, "PATCH", path, {"keyCredentials": [stored, {**entry, "key": second.der_base64}]})
    both = graph.ok(200, "GET", f"{path}?$select=keyCredentials")["keyCredentials"]
    assert [item["key"] for item in both] == [first.der_base64, second.der_base64]
    assert both[0]["keyId"] == stored["keyId"]
    late = {**entry, "key": first.der_base64, "endDateTime": "2099-01-01T00:00:00Z"}
    assert graph.error(400, "PATCH", path, {"keyCredentials": [late]})["code"] == "KeyCredentialsInvalidEndDate"
    graph.error(400, "PATCH", path, {"keyCredentials": [{**entry, "key": "bm9uc2Vuc2U="}]})


def test_a_certificate_that_is_sent_back_stays_as_it_is(graph: GraphClient) -> None:
    """Anything but its key may be sent back unchanged only; whoever leaves it out removes it."""
    certificate = make_certificate("one")
    path = f"/applications/{graph.application()['id']}"
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify", "displayName": "one", "key": certificate.der_base64}
    chosen = "ABCDEF00-0000-4000-8000-000000000001"
    graph.ok(204, "PATCH", path, {"keyCredentials": [{**entry, "keyId": chosen}]})
    (stored,) = graph.ok(200, "GET", path)["keyCredentials"]
    assert stored["keyId"] == chosen.lower()
    for change in (
        {"displayName": "other"},
        {"usage": "Sign"},
        {"customKeyIdentifier": None},
        {"endDateTime": "2026-01-01T00:00:00Z"},
        {"key": make_certificate("two").der_base64},
    ):
        refused = graph.error(400, "PATCH", path, {"keyCredentials": [{**stored, **change}]})
        assert refused["message"].startswith("Update to existing credential with KeyId"), change
    same = {"keyId": chosen, "key": certificate.der_base64, "endDateTime": stored["endDateTime"].replace("Z", "+00:00")}
    graph.ok(204, "PATCH", path, {"keyCredentials": [{**stored, **same}]})
    graph.error(400, "PATCH", path, {"keyCredentials": [stored, stored]})
    graph.error(400, "PATCH", path, {"keyCredentials": [stored, {**entry, "keyId": "seven"}]})
    unknown = {**stored, "keyId": chosen.replace("1", "2")}
    graph.error(400, "PATCH", path, {"keyCredentials": [stored, unknown]})
    graph.error(400, "PATCH", path, {"keyCredentials": None})
    assert graph.ok(200, "GET", path)["keyCredentials"] == [stored]
    graph.ok(204, "PATCH", path, {"keyCredentials": []})
    assert graph.ok(200, "GET", path)["keyCredentials"] == []


def test_a_policy_may_ask_for_trusted_issuers_of_certificates(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application()
    rule = {"restrictionType": "trustedCertificateAuthority", "state": "enabled"}
    sim.tenant.assign_app_management_policy(application["id"], {"keyCredentials": [rule]})
    entry = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": make_certificate("one").der_base64}
    refused = graph.error(400, "PATCH", f"/applications/{application['id']}", {"keyCredentials": [entry]})
    assert refused["code"].endswith("AsPerAppPolicy")


def test_federated_credentials(graph: GraphClient) -> None:
    path = f"/applications/{graph.application()['id']}/federatedIdentityCredentials"
    body = {"issuer": "https://ci.example", "subject": "main", "audiences": ["api://AzureADTokenExchange"]}
    created = graph.ok(201, "POST", path, {**body, "name": "ci-main"})
    assert set(created) - {"@odata.context"} == {"id", "name", "issuer", "subject", "description", "audiences"}
    assert graph.error(409, "POST", path, {**body, "name": "ci-main", "subject": "x"})["code"] == (
        "Request_MultipleObjectsWithSameKeyValue"
    )
    twin = graph.error(400, "POST", path, {**body, "name": "same-subject"})
    assert twin["code"] == "InvalidFederatedIdentityCredentialValue" and "must be unique" in twin["message"]
    for audiences in (["a", "b"], [], [""], ["x" * 601]):
        graph.error(400, "POST", path, {**body, "name": "two", "subject": "two", "audiences": audiences})
    graph.ok(204, "PATCH", f"{path}/ci-main", {"subject": "other"})
    graph.error(400, "PATCH", f"{path}/{created['id']}", {"name": "renamed"})
    upsert = f"{path}(name='second')"
    graph.error(404, "PATCH", upsert, body)
    graph.ok(201, "PATCH", upsert, body, Prefer="create-if-missing")
    for number in range(18):
        graph.ok(201, "POST", path, {**body, "name": f"more-{number}", "subject": f"more-{number}"})
    assert "limit of 20" in graph.error(400, "POST", path, {**body, "name": "too-many", "subject": "s"})["message"]
    graph.ok(204, "DELETE", f"{path}/ci-main")
    assert len(graph.ok(200, "GET", path)["value"]) == 19


def test_deletion_and_restore(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application(appRoles=[ROLE])
    principal = graph.principal(application)
    assignment = {"principalId": sim.automation.object_id, "resourceId": principal["id"], "appRoleId": ROLE["id"]}
    graph.ok(201, "POST", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo", assignment)
    graph.ok(204, "DELETE", f"/applications/{application['id']}")
    graph.error(404, "GET", f"/applications/{application['id']}")
    graph.error(404, "GET", f"/servicePrincipals/{principal['id']}")
    graph.error(400, "GET", "/directory/deletedItems")
    items = graph.ok(200, "GET", "/directory/deletedItems/microsoft.graph.application")["value"]
    assert [item["id"] for item in items] == [application["id"]]
    assert items[0]["deletedDateTime"]
    graph.error(400, "POST", f"/directory/deletedItems/{principal['id']}/restore")
    restored = graph.ok(200, "POST", f"/directory/deletedItems/{application['id']}/restore")
    assert (restored["appId"], restored["deletedDateTime"]) == (application["appId"], None)
    graph.error(404, "GET", f"/servicePrincipals/{principal['id']}")
    graph.ok(200, "POST", f"/directory/deletedItems/{principal['id']}/restore")
    held = graph.ok(200, "GET", f"/servicePrincipals/{principal['id']}/appRoleAssignedTo")["value"]
    assert [item["principalId"] for item in held] == [sim.automation.object_id]
    graph.ok(204, "DELETE", f"/applications/{application['id']}")
    graph.ok(204, "DELETE", f"/directory/deletedItems/{application['id']}")
    graph.error(404, "GET", f"/directory/deletedItems/{application['id']}")


def test_owners(sim: Simulator, graph: GraphClient) -> None:
    user = next(iter(sim.tenant.users))
    path = f"/applications/{graph.application()['id']}/owners"
    reference = {"@odata.id": f"{sim.graph_url}/v1.0/directoryObjects/{user}"}
    graph.ok(204, "POST", f"{path}/$ref", reference)
    assert "already exist" in graph.error(400, "POST", f"{path}/$ref", reference)["message"]
    assert [item["id"] for item in graph.ok(200, "GET", path)["value"]] == [user]
    graph.ok(204, "DELETE", f"{path}/{user}/$ref")
    graph.error(404, "DELETE", f"{path}/{user}/$ref")


def test_wrong_methods_and_segments(graph: GraphClient) -> None:
    application = graph.application()
    error = graph.error(405, "PUT", f"/applications/{application['id']}", {})
    assert "HTTP method is not allowed" in error["message"]
    assert graph.error(400, "GET", "/aplications")["code"] == "BadRequest"
    assert "Invalid object identifier" in graph.error(400, "GET", "/applications/nonsense")["message"]
    assert graph.error(404, "GET", "/applications(appId='00000000-0000-0000-0000-00000000dead')")
