# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token service of Entra ID in place of the transport, contexts of every way to sign in to it, and what it may answer."""

from __future__ import annotations

import base64
import datetime
import json
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport
from ansible_collections.cvops.identity.plugins.module_utils._core.reply import Reply

SCOPE = "https://graph.microsoft.com/.default"
TENANT = "11111111-2222-3333-4444-555555555555"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"
DISCOVERY = {
    "issuer": f"{AUTHORITY}/v2.0",
    "token_endpoint": f"{AUTHORITY}/oauth2/v2.0/token",
    "authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/authorize",
    "device_authorization_endpoint": f"{AUTHORITY}/oauth2/v2.0/devicecode",
}
FLOW = {
    "device_code": "device-code-1",
    "user_code": "ABCD1234",
    "verification_uri": "https://microsoft.com/devicelogin",
    "expires_in": 900,
    "interval": 5,
    "message": "PLAY RECAP: ok=1",
}
DEEP = "[" * 100_000
#: Bodies of the token endpoint, as the bytes that come.
BODIES: dict[str, str] = {
    "a list": "[]",
    "a number": "7",
    "text": '"token"',
    "null": "null",
    "empty": "",
    "no JSON": "<html>",
    "an empty object": "{}",
    "nested deep": DEEP,
    "a token that is a list": json.dumps({"access_token": ["a"], "expires_in": 3600}),
    "a token that is an object": json.dumps({"access_token": {"a": 1}, "expires_in": 3600}),
    "a token that is a number": json.dumps({"access_token": 7, "expires_in": 3600}),
    "a token of two lines": json.dumps({"access_token": "a\r\nX-Evil: 1", "expires_in": 3600}),
    "a token with half a character": '{"access_token": "a\\ud800", "expires_in": 3600}',
    "a life that is text": json.dumps({"access_token": "abc", "expires_in": "abc"}),
    "a life that is a list": json.dumps({"access_token": "abc", "expires_in": []}),
    "a life that is an object": json.dumps({"access_token": "abc", "expires_in": {"a": 1}}),
    "a life without end": '{"access_token": "abc", "expires_in": Infinity}',
    "a life that is no number": '{"access_token": "abc", "expires_in": NaN}',
    "a life of many digits": '{"access_token": "abc", "expires_in": ' + "9" * 400 + "}",
    "a negative life": json.dumps({"access_token": "abc", "expires_in": -5}),
    "codes that are a number": json.dumps({"error": "x", "error_codes": 7}),
    "codes that are text": json.dumps({"error": "x", "error_codes": "7000215"}),
    "codes that are objects": json.dumps({"error": "x", "error_codes": [{}, [], None, "\u00b2", "9" * 5000]}),
    "an error that is a list": json.dumps({"error": ["x"], "error_description": {"a": 1}, "correlation_id": []}),
    "an id token that is none": json.dumps({"access_token": "abc", "expires_in": 3600, "id_token": 7}),
    "an id token of garbage": json.dumps({"access_token": "abc", "expires_in": 3600, "id_token": "a.b.c"}),
    "client info that is none": json.dumps({"access_token": "abc", "expires_in": 3600, "client_info": "%%%"}),
    "a scope that is a number": json.dumps({"access_token": "abc", "expires_in": 3600, "scope": 7}),
    "a refresh token that is an object": json.dumps({"access_token": "abc", "expires_in": 3600, "refresh_token": {}}),
}


class TokenService:
    """Stands in for the transport: ``bodies`` by the end of the path; the rest is discovery."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **bodies: str) -> None:
        self.bodies = {"token": "{}", "devicecode": json.dumps(FLOW), "discovery": json.dumps(DISCOVERY), **bodies}
        self.status, self.discovery_status, self.asked = 200, 200, t.cast("list[str]", [])
        monkeypatch.setattr(Transport, "request", lambda _self, method, url, **_more: self.answer(method, url))

    def refuse_discovery(self, status: int, body: dict[str, t.Any]) -> None:
        """Let every request but those for tokens end with *status* and *body*."""
        self.discovery_status, self.bodies["discovery"] = status, json.dumps(body)

    def answer(self, method: str, url: str) -> Reply:
        path = url.split("?")[0]
        self.asked.append(path)
        name = path.rsplit("/", maxsplit=1)[-1]
        body = self.bodies[name if name in ("token", "devicecode") else "discovery"]
        status = {"token": self.status, "devicecode": 200}.get(name, self.discovery_status)
        return Reply(method, url, status, {}, body.encode(), "id", "Entra sign-in")


def build_pem(key: t.Any, others: t.Sequence[t.Any] = ()) -> str:
    """Return *key* and a certificate of its own as PEM; certificates of *others* come first."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificates = [build_certificate(other) for other in (*others, key)]
    return str(private.decode()) + "".join(
        found.public_bytes(serialization.Encoding.PEM).decode() for found in certificates
    )


def build_certificate(key: t.Any) -> x509.Certificate:
    """Return a self-signed certificate of *key*, valid for a day."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )


def build_jwt(**claims: t.Any) -> str:
    """Return an unsigned JWT with *claims*."""

    def encode(value: t.Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{encode({'alg': 'none'})}.{encode(claims)}.x"


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CERTIFICATE = build_pem(KEY)
GIVEN: dict[str, dict[str, t.Any]] = {
    "client_secret": {"client_secret": "s3cr3t-value"},
    "client_certificate": {"client_certificate": CERTIFICATE},
    "federated": {"federated_token": "a.b.c"},
    "managed_identity": {},
    "device_code": {},
    "interactive": {},
}


def make_sign_in_context(method: str, **options: t.Any) -> Context:
    given = {
        "auth_method": method,
        "tenant_id": TENANT,
        "client_id": "66666666-7777-8888-9999-000000000000",
        "cloud": "public",
        "instance_discovery": False,
        "token_cache": "none",
        "retries": 0,
        **GIVEN[method],
        **options,
    }
    ctx = Context(options=given, reporter=RecordingReporter(), attended=True)
    ctx.deadline_at = ctx.clock.monotonic() + 60
    return ctx
