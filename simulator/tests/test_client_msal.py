# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MSAL for Python against the token service and the managed identity endpoints."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from certificates import make_certificate
from cvops_simulator import Fault, Simulator
from graph_client import GraphClient

SCOPE = "https://graph.microsoft.com/.default"


def client(sim: Simulator, client_id: str, credential: Any, **options: Any) -> msal.ConfidentialClientApplication:
    return msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=f"{sim.login_url}/{sim.tenant_id}",
        instance_discovery=False,
        verify=sim.ca_path,
        **options,
    )


def roles_of(answer: dict[str, Any]) -> list[str]:
    assert "access_token" in answer, answer
    return list(jwt.decode(answer["access_token"], options={"verify_signature": False}).get("roles", []))


def test_secret_and_cache(sim: Simulator) -> None:
    identity = sim.identity("User.Read.All")
    app = client(sim, identity.client_id, identity.client_secret)
    assert roles_of(app.acquire_token_for_client([SCOPE])) == ["User.Read.All"]
    before = len(sim.journal.entries("login"))
    assert app.acquire_token_for_client([SCOPE])["token_source"] == "cache"
    assert len(sim.journal.entries("login")) == before


def test_authority_by_domain(sim: Simulator) -> None:
    app = msal.ConfidentialClientApplication(
        sim.automation.client_id,
        client_credential=sim.automation.client_secret,
        authority=f"{sim.login_url}/{sim.tenant_domain}",
        instance_discovery=False,
        verify=sim.ca_path,
    )
    assert roles_of(app.acquire_token_for_client([SCOPE]))


def test_oidc_authority(sim: Simulator) -> None:
    app = msal.ConfidentialClientApplication(
        sim.automation.client_id,
        client_credential=sim.automation.client_secret,
        oidc_authority=f"{sim.login_url}/{sim.tenant_id}/v2.0",
        verify=sim.ca_path,
    )
    assert roles_of(app.acquire_token_for_client([SCOPE]))


def test_wrong_secret(sim: Simulator) -> None:
    answer = client(sim, sim.automation.client_id, "not the secret").acquire_token_for_client([SCOPE])
    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])
    assert answer["correlation_id"]


def test_an_unknown_tenant_fails_in_the_constructor(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        msal.ConfidentialClientApplication(
            sim.automation.client_id,
            client_credential="x",
            authority=f"{sim.login_url}/00000000-0000-0000-0000-000000000001",
            instance_discovery=False,
            verify=sim.ca_path,
        )


def test_a_server_error_is_raised(sim: Simulator) -> None:
    app = client(sim, sim.automation.client_id, sim.automation.client_secret)
    sim.faults.add(Fault("login", method="POST", action="status", status=503))
    with pytest.raises(msal.exceptions.MsalServiceError):
        app.acquire_token_for_client([SCOPE])


@pytest.mark.parametrize("form", ["pem", "thumbprint", "pfx"])
def test_certificate(sim: Simulator, graph: GraphClient, tmp_path: Path, form: str) -> None:
    certificate = make_certificate("automation")
    application = graph.application()
    graph.principal(application)
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate.der_base64}
    graph.ok(204, "PATCH", f"/applications/{application['id']}", {"keyCredentials": [key]})
    pfx = tmp_path / "app.pfx"
    pfx.write_bytes(certificate.pfx(b"phrase"))
    credential: dict[str, Any] = {
        "pem": {"private_key": certificate.key_pem, "public_certificate": certificate.pem},
        "thumbprint": {"private_key": certificate.key_pem, "thumbprint": certificate.thumbprint},
        "pfx": {"private_key_pfx_path": str(pfx), "passphrase": "phrase"},
    }[form]
    assert roles_of(client(sim, application["appId"], credential).acquire_token_for_client([SCOPE])) == []


def test_a_certificate_that_is_not_registered(sim: Simulator) -> None:
    certificate = make_certificate("stranger")
    credential = {"private_key": certificate.key_pem, "public_certificate": certificate.pem}
    answer = client(sim, sim.automation.client_id, credential).acquire_token_for_client([SCOPE])
    assert answer["error_codes"] == [700027]


@pytest.fixture
def federated(sim: Simulator, graph: GraphClient) -> tuple[str, Callable[..., str]]:
    """An application that trusts an external issuer, and a maker of that issuer's tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    sim.login.trusted_issuers["https://ci.example"] = key.public_key()
    application = graph.application()
    graph.principal(application)
    credential = {
        "name": "ci-main",
        "issuer": "https://ci.example",
        "subject": "repo:infra:main",
        "audiences": ["api://AzureADTokenExchange"],
    }
    graph.ok(201, "POST", f"/applications/{application['id']}/federatedIdentityCredentials", credential)

    def make(**claims: Any) -> str:
        now = int(time.time())
        body = {"iss": "https://ci.example", "sub": "repo:infra:main", "aud": "api://AzureADTokenExchange"}
        return jwt.encode({**body, "iat": now, "exp": now + 600, **claims}, key, algorithm="RS256")

    return application["appId"], make


def test_federated_assertion_from_a_callable(sim: Simulator, federated: tuple[str, Callable[..., str]]) -> None:
    app_id, make = federated
    app = client(sim, app_id, {"client_assertion": lambda: make()})
    assert roles_of(app.acquire_token_for_client([SCOPE])) == []


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://other.example"}, 700211),
        ({"sub": "repo:infra:Main"}, 700213),
        ({"aud": "api://else"}, 700212),
        ({"exp": 1_700_000_000}, 700024),
    ],
)
def test_federated_refusals(
    sim: Simulator, federated: tuple[str, Callable[..., str]], claims: dict[str, Any], code: int
) -> None:
    app_id, make = federated
    app = client(sim, app_id, {"client_assertion": lambda: make(**claims)})
    assert app.acquire_token_for_client([SCOPE])["error_codes"] == [code]


def test_managed_identity_of_a_machine(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = sim.imds.assign("vm-automation", "Group.Read.All")
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", sim.imds_url)
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "IMDS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with requests.Session() as session:
        session.trust_env = False
        system = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session)
        assert roles_of(system.acquire_token_for_client(resource="https://graph.microsoft.com")) == ["Group.Read.All"]
        chosen = msal.UserAssignedManagedIdentity(client_id=identity.client_id)
        user = msal.ManagedIdentityClient(chosen, http_client=session)
        assert roles_of(user.acquire_token_for_client(resource="https://graph.microsoft.com")) == ["Group.Read.All"]


def test_managed_identity_of_app_service(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    sim.imds.assign("function", "User.Read.All")
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{sim.imds_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", sim.imds.identity_header)
    with requests.Session() as session:
        session.trust_env = False
        app = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=session)
        assert roles_of(app.acquire_token_for_client(resource="https://graph.microsoft.com")) == ["User.Read.All"]


def test_managed_identity_as_federated_assertion(sim: Simulator, graph: GraphClient) -> None:
    machine = sim.imds.assign("vm-automation")
    application = graph.application()
    graph.principal(application)
    credential = {
        "name": "machine",
        "issuer": f"https://login.microsoftonline.com/{sim.tenant_id}/v2.0",
        "subject": machine.object_id,
        "audiences": ["api://AzureADTokenExchange"],
    }
    graph.ok(201, "POST", f"/applications/{application['id']}/federatedIdentityCredentials", credential)

    def assertion() -> str:
        query = {"api-version": "2018-02-01", "resource": "api://AzureADTokenExchange"}
        url = f"{sim.imds_url}/metadata/identity/oauth2/token"
        return str(requests.get(url, params=query, headers={"Metadata": "true"}, timeout=10).json()["access_token"])

    answer = client(sim, application["appId"], {"client_assertion": assertion}).acquire_token_for_client([SCOPE])
    assert roles_of(answer) == []


def public_client(sim: Simulator, graph: GraphClient) -> str:
    """An application for people, with consent to User.Read."""
    application = graph.application(isFallbackPublicClient=True, publicClient={"redirectUris": ["http://localhost"]})
    principal = graph.principal(application)
    resource = sim.tenant.service_principal_of("00000003-0000-0000-c000-000000000000")
    assert resource is not None
    grant = {"clientId": principal["id"], "consentType": "AllPrincipals", "resourceId": resource["id"]}
    graph.ok(201, "POST", "/oauth2PermissionGrants", {**grant, "scope": "User.Read Group.Read.All"})
    return str(application["appId"])


def native(sim: Simulator, app_id: str) -> msal.PublicClientApplication:
    authority = f"{sim.login_url}/{sim.tenant_id}"
    return msal.PublicClientApplication(app_id, authority=authority, instance_discovery=False, verify=sim.ca_path)


def test_device_code_and_refresh(sim: Simulator, graph: GraphClient) -> None:
    app_id = public_client(sim, graph)
    user = next(row for row in sim.tenant.users.values() if row["accountEnabled"])
    waiting = native(sim, app_id)
    flow = waiting.initiate_device_flow(["User.Read"])
    flow["expires_at"] = 0
    assert waiting.acquire_token_by_device_flow(flow)["error"] == "authorization_pending"
    assert sim.login.approve_device(flow["user_code"], user["userPrincipalName"])
    app = native(sim, app_id)
    answer = app.acquire_token_by_device_flow(flow)
    assert answer["id_token_claims"]["preferred_username"] == user["userPrincipalName"]
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert (claims["scp"], claims["oid"]) == ("User.Read", user["id"])
    (account,) = app.get_accounts()
    refreshed = app.acquire_token_silent(["User.Read"], account, force_refresh=True)
    assert refreshed and refreshed["token_source"] == "identity_provider"


def test_authorization_code_with_pkce(sim: Simulator, graph: GraphClient) -> None:
    app = native(sim, public_client(sim, graph))
    flow = app.initiate_auth_code_flow(["User.Read"], redirect_uri="http://localhost:51234")
    response = requests.get(flow["auth_uri"], verify=sim.ca_path, allow_redirects=False, timeout=10)
    query = requests.utils.urlparse(response.headers["Location"]).query
    answer = dict(pair.split("=", 1) for pair in query.split("&"))
    result = app.acquire_token_by_auth_code_flow(flow, answer)
    assert "access_token" in result, result
    assert datetime.datetime.now().timestamp() < result["id_token_claims"]["exp"]
