# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token service and an endpoint of managed identities that answer anything: a token or one error, and no secret elsewhere."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, CvopsError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import managed_identity
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import (
    AccessTokenMethod,
    ClientSecretMethod,
)

SCOPE, SECRET = "https://graph.microsoft.com/.default", "Planted4711-secret"
TOKEN = {"access_token": "a-token", "expires_in": 3600, "token_type": "Bearer"}


@pytest.fixture
def make_method(make_ctx: t.Any, secured: t.Any) -> t.Callable[[], ClientSecretMethod]:
    def make() -> ClientSecretMethod:
        options = {
            "client_id": "d4c3a1be-90f5-4a1f-8d7b-0f2b6f1ce7aa",
            "tenant_id": "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16",
            "client_secret": SECRET,
            "authority_url": secured.server.url,
            "cloud": "public",
            "instance_discovery": False,
            "ca_path": secured.ca_path,
            "retries": 0,
        }
        return ClientSecretMethod(make_ctx(options, secrets={SECRET}))

    return make


def discovery(secured: t.Any, **changes: t.Any) -> dict[str, t.Any]:
    base = secured.server.url
    return {
        "issuer": f"{base}/tenant/v2.0",
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        **changes,
    }


ODD: list[t.Any] = [None, [], {}, "x", 7, True, [{"a": 1}], {"a": [1]}, 10**400, -1, 1e300, "9" * 400]


def accepted(method: ClientSecretMethod) -> bool:
    """Whether there was a token; any error is one of ours, and shows no secret."""
    try:
        token = method.acquire_token(SCOPE)
    except CvopsError as exc:
        assert SECRET not in json.dumps(exc.as_result(), default=str)
        return False
    assert isinstance(token.value, str)
    return True


@pytest.mark.parametrize(
    ("status", "member"),
    [(200, name) for name in ("access_token", "expires_in", "refresh_in", "token_type", "id_token", "client_info")]
    + [(400, name) for name in ("error", "error_codes", "error_description", "correlation_id", "suberror")],
)
def test_odd_members_of_a_token_answer(
    make_method: t.Any, secured: t.Any, answer: t.Any, status: int, member: str
) -> None:
    usual = TOKEN if status == 200 else {"error": "invalid_client", "error_description": "AADSTS7000215: wrong"}
    for odd in ODD:
        secured.server.says(answer(body=discovery(secured)), answer(status, {**usual, member: odd}))
        assert not (accepted(make_method()) and status == 400)
        assert len(secured.server.received) <= 2


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"7", b"<html>", b'{"a":' * 200_000, b"[" * 5000 + b"]" * 5000]
)
def test_useless_bodies(make_method: t.Any, secured: t.Any, answer: t.Any, body: bytes) -> None:
    for answers in ([answer(body=body)], [answer(body=discovery(secured)), answer(body=body)]):
        secured.server.says(*answers)
        assert not accepted(make_method())


def test_a_document_does_not_lead_a_secret_away(
    make_method: t.Any, secured: t.Any, server: t.Any, answer: t.Any
) -> None:
    """Not to plain HTTP, and not with user information; nor does a redirect of the token request."""
    with_user = secured.server.url.replace("https://", "https://svc:Planted4711@")
    for endpoint in (
        f"{server.url}/token",
        f"{with_user}/token",
        "ftp://h/token",
        "//h",
        "",
        None,
        7,
        ["x"],
        "https://[::1",
    ):
        secured.server.says(answer(body=discovery(secured, token_endpoint=endpoint)), answer(body=TOKEN))
        assert not accepted(make_method())
        assert server.received == []
        assert len(secured.server.received) == 1
    secured.server.says(answer(body=discovery(secured)), answer(307, headers={"Location": f"{server.url}/token"}))
    assert not accepted(make_method())
    assert server.received == []


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


def test_a_ready_token_with_an_odd_expiry(make_ctx: t.Any) -> None:
    """Such as one that a person typed, or another tool made."""
    for claims in ("eyJleHAiOlsxXX0", "eyJleHAiOiJ4In0", "eyJleHAiOjFlMzAwfQ", "W10"):
        ctx = make_ctx({"access_token": f"eyJhbGciOiJub25lIn0.{claims}.x"})
        assert AccessTokenMethod(ctx).acquire_token(SCOPE).expires_at == 0.0
