# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token service without a client library: grants, refusals, claims."""

from __future__ import annotations

import base64
import ssl

import httpx
import jwt
import pytest

from cvops_simulator import Fault, Simulator
from graph_client import GraphClient, secret_form, token_answer


def claims_of(token: str) -> dict[str, object]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def get(sim: Simulator, path: str) -> httpx.Response:
    context = ssl.create_default_context(cafile=sim.ca_path)
    with httpx.Client(verify=context, trust_env=False) as client:
        return client.get(f"{sim.login_url}{path}")


def test_a_secret_gives_a_graph_token_with_its_roles(sim: Simulator) -> None:
    identity = sim.identity("Group.Read.All", "User.Read.All")
    answer = token_answer(sim, **secret_form(sim, identity))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3599)
    claims = claims_of(body["access_token"])
    assert claims["roles"] == ["Group.Read.All", "User.Read.All"]
    assert (claims["ver"], claims["appid"], claims["oid"]) == ("1.0", identity.client_id, identity.object_id)
    assert claims["iss"] == f"https://sts.windows.net/{sim.tenant_id}/"
    assert claims["aud"] == sim.graph_url


def test_the_token_is_signed_with_a_published_key(sim: Simulator) -> None:
    token = token_answer(sim, **secret_form(sim, sim.automation)).json()["access_token"]
    configuration = get(sim, f"/{sim.tenant_domain}/v2.0/.well-known/openid-configuration").json()
    assert configuration["token_endpoint"] == f"{sim.login_url}/{sim.tenant_id}/oauth2/v2.0/token"
    keys = jwt.PyJWKSet.from_dict(get(sim, configuration["jwks_uri"].removeprefix(sim.login_url)).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, algorithms=["RS256"], audience=sim.graph_url)["tid"] == sim.tenant_id


def test_basic_authentication_works(sim: Simulator) -> None:
    pair = f"{sim.automation.client_id}:{sim.automation.client_secret}"
    header = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
    context = ssl.create_default_context(cafile=sim.ca_path)
    with httpx.Client(verify=context, trust_env=False) as client:
        url = f"{sim.login_url}/{sim.tenant_id}/oauth2/v2.0/token"
        assert client.post(url, data=form, headers=header).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "00000000-0000-0000-0000-00000000dead"}, 400, "unauthorized_client", 700016),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"scope": ""}, 400, "invalid_request", 900144),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://nowhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"client_assertion": "nonsense"}, 401, "invalid_client", 50027),
    ],
)
def test_refusals(sim: Simulator, changes: dict[str, str], status: int, error: str, code: int) -> None:
    answer = token_answer(sim, **secret_form(sim, sim.automation, **changes))
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body["trace_id"] in body["error_description"]
    assert sim.automation.client_secret not in answer.text


def test_an_unknown_tenant(sim: Simulator) -> None:
    answer = get(sim, "/contoso.example/v2.0/.well-known/openid-configuration")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_instance_discovery_knows_its_own_host(sim: Simulator) -> None:
    base = "/common/discovery/instance?api-version=1.1&authorization_endpoint="
    assert get(sim, f"{base}{sim.login_url}/common/oauth2/authorize").status_code == 200
    refused = get(sim, f"{base}https://unknown.example/common/oauth2/authorize")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_instance")


def test_an_expired_secret_and_one_that_is_not_valid_yet(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application()
    graph.principal(application)
    path = f"/applications/{application['id']}/addPassword"
    soon, later = sim.clock.iso(sim.clock.now() + 60), sim.clock.iso(sim.clock.now() + 3600)
    short = graph.ok(200, "POST", path, {"passwordCredential": {"endDateTime": soon}})["secretText"]
    future = graph.ok(200, "POST", path, {"passwordCredential": {"startDateTime": later}})["secretText"]
    form = {"grant_type": "client_credentials", "client_id": application["appId"]}
    form["scope"] = "https://graph.microsoft.com/.default"
    assert token_answer(sim, **form, client_secret=short).status_code == 200
    assert token_answer(sim, **form, client_secret=future).json()["error_codes"] == [7000215]
    sim.clock.advance(120)
    assert token_answer(sim, **form, client_secret=short).json()["error_codes"] == [7000222]
    sim.clock.advance(3600)
    assert token_answer(sim, **form, client_secret=future).status_code == 200


def test_a_secret_of_the_service_principal_works_too(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application()
    principal = graph.principal(application)
    secret = graph.ok(200, "POST", f"/servicePrincipals/{principal['id']}/addPassword", {})["secretText"]
    form = {"grant_type": "client_credentials", "client_id": application["appId"], "client_secret": secret}
    assert token_answer(sim, **form, scope="https://graph.microsoft.com/.default").status_code == 200


def test_a_client_without_service_principal_and_a_disabled_one(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application()
    secret = graph.ok(200, "POST", f"/applications/{application['id']}/addPassword", {})["secretText"]
    form = {"grant_type": "client_credentials", "client_id": application["appId"], "client_secret": secret}
    form["scope"] = "https://graph.microsoft.com/.default"
    assert token_answer(sim, **form).json()["error_codes"] == [7000229]
    principal = graph.principal(application)
    assert token_answer(sim, **form).status_code == 200
    graph.ok(204, "PATCH", f"/servicePrincipals/{principal['id']}", {"accountEnabled": False})
    assert token_answer(sim, **form).json()["error_codes"] == [7000112]


def test_a_deactivated_application_gets_no_token_until_it_is_active_again(sim: Simulator, graph: GraphClient) -> None:
    application = graph.application()
    principal = graph.principal(application)
    secret = graph.ok(200, "POST", f"/applications/{application['id']}/addPassword", {})["secretText"]
    form = {"grant_type": "client_credentials", "client_id": application["appId"], "client_secret": secret}
    form["scope"] = "https://graph.microsoft.com/.default"
    for disabled, codes in ((True, [7000112]), (False, [])):
        graph.ok(204, "PATCH", f"/applications/{application['id']}", {"isDisabled": disabled})
        shown = graph.ok(200, "GET", f"/servicePrincipals/{principal['id']}?$select=isDisabled")
        assert shown["isDisabled"] is disabled
        assert token_answer(sim, **form).json().get("error_codes", []) == codes


def test_version_2_tokens_and_required_assignment(sim: Simulator, graph: GraphClient) -> None:
    role = {
        "id": "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d",
        "allowedMemberTypes": ["Application"],
        "displayName": "Operate",
        "description": "Operate",
        "isEnabled": True,
        "value": "Backup.Operate",
    }
    api = graph.application(appRoles=[role], api={"requestedAccessTokenVersion": 2}, identifierUris=["api://orders"])
    resource = graph.principal(api)
    graph.ok(204, "PATCH", f"/servicePrincipals/{resource['id']}", {"appRoleAssignmentRequired": True})
    form = secret_form(sim, sim.automation, scope="api://orders/.default")
    assert token_answer(sim, **form).json()["error_codes"] == [501051]
    assignment = {"principalId": sim.automation.object_id, "resourceId": resource["id"], "appRoleId": role["id"]}
    graph.ok(201, "POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", assignment)
    claims = claims_of(token_answer(sim, **form).json()["access_token"])
    assert (claims["ver"], claims["aud"], claims["roles"]) == ("2.0", api["appId"], ["Backup.Operate"])
    assert claims["azp"] == sim.automation.client_id


def test_cae_clients_get_long_tokens(sim: Simulator) -> None:
    claims = '{"access_token":{"xms_cc":{"values":["cp1"]}}}'
    assert token_answer(sim, **secret_form(sim, sim.automation, claims=claims)).json()["expires_in"] == 86399


def test_an_injected_400_is_the_loop_detection(sim: Simulator) -> None:
    sim.faults.add(Fault("login", method="POST", action="status", status=400))
    assert token_answer(sim, **secret_form(sim, sim.automation)).json()["error_codes"] == [50196]
    assert token_answer(sim, **secret_form(sim, sim.automation)).status_code == 200


def test_metadata_service(sim: Simulator) -> None:
    identity = sim.imds.assign("vm-automation", "Group.Read.All")
    url = f"{sim.imds_url}/metadata/identity/oauth2/token"
    query = {"api-version": "2018-02-01", "resource": "https://graph.microsoft.com"}
    with httpx.Client(trust_env=False) as client:
        assert client.get(url, params=query).json()["error"] == "bad_request_102"
        body = client.get(url, params=query, headers={"Metadata": "true"}).json()
        assert body["client_id"] == identity.client_id
        assert body["expires_in"] in ("86399", "86398")
        assert claims_of(body["access_token"])["roles"] == ["Group.Read.All"]
        other = client.get(url, params={**query, "client_id": "nobody"}, headers={"Metadata": "true"})
        assert (other.status_code, other.json()["error_description"]) == (400, "Identity not found")
