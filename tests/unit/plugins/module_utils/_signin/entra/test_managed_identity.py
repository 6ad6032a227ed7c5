# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoint of managed identities, wherever the platform says it is and whatever it answers."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError, ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import managed_identity

SCOPE, SECRET = "https://graph.microsoft.com/.default", "Planted4711-secret"
TOKEN = {"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"}

ODD: list[t.Any] = [None, [], {}, "x", 7, True, [{"a": 1}], {"a": [1]}, 10**400, -1, 1e300, "9" * 400]


@pytest.mark.parametrize("name", ["IDENTITY_ENDPOINT", "MSI_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"])
def test_endpoints_of_managed_identities(
    make_ctx: t.Any, server: t.Any, secured: t.Any, answer: t.Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in (
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
        "MSI_ENDPOINT",
        "MSI_SECRET",
    ):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("IDENTITY_HEADER" if name == "IDENTITY_ENDPOINT" else "MSI_SECRET", SECRET)
    monkeypatch.setenv(name, server.url.replace("http://", "http://svc:Planted4711@"))
    with pytest.raises(ConfigError, match=f"{name}: .*user information") as refused:
        managed_identity.acquire_token(make_ctx({"retries": 0}), None, SCOPE)
    assert "Planted4711" not in json.dumps(refused.value.as_result())
    assert server.received == []
    monkeypatch.setenv(name, server.url)
    bodies: list[t.Any] = [
        b"",
        b"[]",
        b"null",
        *[{**TOKEN, "expires_on": "4000000000", "access_token": odd} for odd in ODD],
    ]
    bodies += [{**TOKEN, "expires_on": odd, "expires_in": odd} for odd in ODD]
    for body in bodies:
        server.says(answer(body=body))
        try:
            token = managed_identity.acquire_token(make_ctx({"retries": 0}), None, SCOPE)
        except CvopsError as exc:
            assert SECRET not in str(exc)
        else:
            assert isinstance(token.value, str)
    server.says(answer(307, headers={"Location": f"{secured.server.url}/token"}))
    with pytest.raises(CvopsError, match="not followed"):
        managed_identity.acquire_token(make_ctx({"retries": 0}), None, SCOPE)
    assert secured.server.received == []


@pytest.fixture
def endpoint(server: t.Any, monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """The endpoint of a virtual machine."""
    for variable in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET", "IMDS_ENDPOINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.url)
    return server


def test_the_identity_and_the_resource_are_asked_for(endpoint: t.Any, answer: t.Any, make_ctx: t.Any) -> None:
    ctx = make_ctx()
    for client_id, asked in ((None, False), ("client-1", True)):
        endpoint.says(answer(body={**TOKEN, "expires_in": "3600"}))
        token = managed_identity.acquire_token(ctx, client_id, SCOPE)
        assert (token.value, token.scope) == ("a-token", SCOPE)
        assert token.expires_at == ctx.clock.now().timestamp() + 3600
        (sent,) = endpoint.received
        assert "resource=https%3A%2F%2Fgraph.microsoft.com&" in sent.path + "&"
        assert ("client_id=client-1" in sent.path) is asked
    assert "a-token" in ctx.secrets


def test_a_machine_without_an_endpoint(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch, endpoint: t.Any) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    with pytest.raises(AuthError, match=r"\(system-assigned\): the machine offers no managed identity endpoint"):
        managed_identity.acquire_token(make_ctx(), None, SCOPE)


def test_a_refusal_has_the_words_of_the_endpoint_and_names_the_identity(
    endpoint: t.Any, answer: t.Any, make_ctx: t.Any
) -> None:
    endpoint.says(answer(400, {"error": "invalid_request", "error_description": "Identity not found"}))
    ctx = make_ctx({"managed_identity_client_id": "client-1"})
    with pytest.raises(AuthError) as refused:
        managed_identity.acquire_token(ctx, "client-1", SCOPE)
    assert "(user-assigned, client id client-1 from " in str(refused.value)
    assert "Identity not found. Check that the machine" in str(refused.value)
    assert refused.value.code == "invalid_request"


@pytest.mark.parametrize("body", [b"[]", b"null", b"<html>", b""])
def test_a_malformed_answer_is_one_error(endpoint: t.Any, answer: t.Any, make_ctx: t.Any, body: bytes) -> None:
    endpoint.says(answer(body=body))
    with pytest.raises(AuthError, match="Cannot sign in as the managed identity"):
        managed_identity.acquire_token(make_ctx(), None, SCOPE)


@pytest.mark.parametrize(
    ("scope", "resource"),
    [
        ("https://graph.microsoft.com/.default", "https://graph.microsoft.com"),
        ("api://AzureADTokenExchange/.default", "api://AzureADTokenExchange"),
        ("https://graph.microsoft.com//.default", "https://graph.microsoft.com/"),
        ("User.Read", "User.Read"),
    ],
)
def test_the_resource_of_a_scope(scope: str, resource: str) -> None:
    assert managed_identity.convert_scope_to_resource(scope) == resource


def test_the_secret_of_the_endpoint_is_masked(
    endpoint: t.Any, answer: t.Any, make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", SECRET)
    endpoint.says(answer(body={**TOKEN, "expires_in": "3600"}))
    ctx = make_ctx()
    managed_identity.acquire_token(ctx, None, SCOPE)
    assert SECRET in ctx.secrets
