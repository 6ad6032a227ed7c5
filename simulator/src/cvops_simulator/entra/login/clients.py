# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is the client: identification and proof of possession at the token endpoint."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from cryptography import x509

from cvops_simulator.entra.login.errors import TokenError
from cvops_simulator.entra.login.signing import Assertion, encode_base64url
from cvops_simulator.entra.wellknown import TOKEN_EXCHANGE_APP_ID, TOKEN_EXCHANGE_AUDIENCE

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

Proof = Literal["none", "secret", "assertion"]


@dataclass(frozen=True)
class Client:
    """A client that may get tokens: its service principal, its application (None: managed identity), its proof.

    `credential` is the kind of proof as sign-in logs name it, `key_id` which of the client's own it was.
    """

    principal: Row
    application: Row | None
    proof: Proof
    credential: str = "none"
    key_id: str = ""

    @property
    def app_id(self) -> str:
        """The client id."""
        return str(self.principal["appId"])


class ClientCheck:
    """Identifies and authenticates the client of one token request as one replica knows it."""

    def __init__(self, tenant: Tenant, view: View, endpoints: frozenset[str], issuers: Mapping[str, Any]) -> None:
        self._tenant = tenant
        self._view = view
        self._endpoints = endpoints
        self._issuers = issuers

    def find(self, client_id: str) -> tuple[Row, Row]:
        """Return the application and service principal of a client id, both usable."""
        application = self._tenant.application_of(client_id, self._view)
        if application is None:
            raise self._make_error(700016, client_id)
        principal = self._tenant.service_principal_of(client_id, self._view)
        if principal is None:
            raise self._make_error(7000229, client_id)
        if not principal["accountEnabled"] or application["isDisabled"]:
            raise self._make_error(7000112, client_id)
        return application, principal

    def confidential(self, form: Mapping[str, str]) -> Client:
        """Return a client that proves itself with a secret or an assertion."""
        client_id = require_field(form, "client_id")
        application, principal = self.find(client_id)
        owners = {application["id"], principal["id"]}
        if form.get("client_assertion"):
            credential, key_id = self._check_assertion(form["client_assertion"], application, principal)
            return Client(principal, application, "assertion", credential, key_id)
        if not form.get("client_secret"):
            raise self._make_error(7000218, client_id)
        key_id = self._check_secret(form["client_secret"], client_id, owners)
        return Client(principal, application, "secret", "clientSecret", key_id)

    def any(self, form: Mapping[str, str]) -> Client:
        """Return a public client (when the application allows it) or a confidential one."""
        client_id = require_field(form, "client_id")
        if form.get("client_secret") or form.get("client_assertion"):
            return self.confidential(form)
        application, principal = self.find(client_id)
        native = application["publicClient"]["redirectUris"] or application["spa"]["redirectUris"]
        if not application["isFallbackPublicClient"] and not native:
            raise self._make_error(7000218, client_id)
        return Client(principal, application, "none")

    def _make_error(self, code: int, client_id: str, value: str = "") -> TokenError:
        return TokenError(code, client_id=client_id, tenant=self._tenant.id, value=value)

    def _check_secret(self, text: str, client_id: str, owners: set[str]) -> str:
        """Return the key id of the secret that a client has shown."""
        now = self._tenant.clock.now()
        rows = {key: row for key, row in self._view.rows("secrets").items() if row["owner"] in owners}
        same = {key: row for key, row in rows.items() if hmac.compare_digest(row["text"].encode(), text.encode())}
        if not same or all(row["start"] > now for row in same.values()):
            raise self._make_error(7000215, client_id)
        good = [key for key, row in same.items() if row["end"] > now]
        if not good:
            raise self._make_error(7000222, client_id)
        return good[0]

    def _check_assertion(self, text: str, application: Row, principal: Row) -> tuple[str, str]:
        """Return kind and key id of the credential that an assertion proves."""
        try:
            assertion = Assertion.parse(text)
        except (ValueError, binascii.Error) as error:
            raise self._make_error(50027, application["appId"]) from error
        if assertion.claims.get("iss") == application["appId"]:
            return "certificate", self._check_certificate(assertion, application, principal)
        self._check_federated(assertion, application)
        return "federatedIdentityCredential", ""

    def _check_certificate(self, assertion: Assertion, application: Row, principal: Row) -> str:
        now, client_id = self._tenant.clock.now(), application["appId"]
        owners = {application["id"], principal["id"]}
        rows = {key: row for key, row in self._view.rows("certificates").items() if row["owner"] in owners}
        usable = {
            key_id: x509.load_der_x509_certificate(base64.b64decode(row["der"])).public_key()
            for key_id, row in rows.items()
            if row["start"] <= now < row["end"] and _names_certificate(assertion, row["der"])
        }
        signers = [key_id for key_id, key in usable.items() if assertion.signed_by(key)]
        if not signers:
            raise self._make_error(700027, client_id)
        if not assertion.in_time(now):
            raise self._make_error(700024, client_id)
        if assertion.claims.get("sub") != client_id:
            raise self._make_error(700027, client_id)
        if not _list_audiences(assertion) & self._endpoints:
            raise self._make_error(700023, client_id)
        return signers[0]

    def _check_federated(self, assertion: Assertion, application: Row) -> None:
        client_id, issuer = application["appId"], str(assertion.claims.get("iss", ""))
        row = self._view.get("federatedIdentityCredentials", application["id"])
        names = {issuer, _make_public_name(issuer, self._tenant.id)}
        found = [item for item in (row["items"] if row else []) if item["issuer"] in names]
        if not found:
            raise self._make_error(700211, client_id, issuer)
        subject = str(assertion.claims.get("sub", ""))
        found = [item for item in found if item["subject"] == subject]
        if not found:
            raise self._make_error(700213, client_id, subject)
        presented = _list_audiences(assertion)
        if TOKEN_EXCHANGE_APP_ID in presented:
            presented.add(TOKEN_EXCHANGE_AUDIENCE)
        if not any(presented & set(item["audiences"]) for item in found):
            raise self._make_error(700212, client_id, ", ".join(sorted(presented)))
        key = self._issuers.get(issuer)
        if key is None or not assertion.signed_by(key):
            raise self._make_error(50013, client_id)
        if not assertion.in_time(self._tenant.clock.now()):
            raise self._make_error(700024, client_id)


def require_field(form: Mapping[str, str], name: str) -> str:
    """Return a form field that must be there and not empty."""
    value = form.get(name, "")
    if not value:
        raise TokenError(900144, value=name)
    return value


def merge_basic_credentials(form: dict[str, str], authorization: str | None) -> dict[str, str]:
    """Add client id and secret of an HTTP Basic header to the form."""
    kind, _, encoded = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return form
    try:
        user, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return form
    basic = {"client_id": urllib.parse.unquote_plus(user), "client_secret": urllib.parse.unquote_plus(secret)}
    return {**basic, **form}


def _list_audiences(assertion: Assertion) -> set[str]:
    audience = assertion.claims.get("aud", [])
    return {str(item) for item in (audience if isinstance(audience, list) else [audience])}


def _names_certificate(assertion: Assertion, der: str) -> bool:
    """Tell whether the assertion's header names this certificate."""
    raw = base64.b64decode(der)
    wanted = {
        "x5t": encode_base64url(hashlib.sha1(raw).digest()),
        "x5t#S256": encode_base64url(hashlib.sha256(raw).digest()),
        "kid": hashlib.sha1(raw).hexdigest().upper(),
    }
    given = {key: str(assertion.header[key]).rstrip("=") for key in wanted if key in assertion.header}
    return any(wanted[key].lower() == value.lower() for key, value in given.items())


def _make_public_name(issuer: str, tenant_id: str) -> str:
    """Return the name that the simulator's own issuer has outside of the simulator."""
    own = issuer.endswith(f"/{tenant_id}/v2.0")
    return f"https://login.microsoftonline.com/{tenant_id}/v2.0" if own else issuer
