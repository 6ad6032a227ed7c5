# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated tenant is made to trust: certificates of the automation's application, and issuers of tokens."""

from __future__ import annotations

import base64
import datetime
import time
import typing as t

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from cvops_simulator import Simulator

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient

from .direct import Words, connection

ISSUER = "https://ci.example"
PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8


class Pair:
    """A self-signed certificate and its key."""

    def __init__(self, name: str = "automation") -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(self.key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        self.certificate = builder.not_valid_after(now + datetime.timedelta(days=90)).sign(self.key, hashes.SHA256())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(PEM).decode()

    def key_pem(self, password: str | None = None) -> str:
        lock = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        return self.key.private_bytes(PEM, PKCS8, lock).decode()


def graph_of(site: Simulator) -> GraphClient:
    options = {
        **connection(site),
        "auth_method": "client_secret",
        "cloud": "public",
        "validate_certs": True,
        "token_cache": "none",
        "retries": 0,
    }
    return GraphClient(Context(options=options, reporter=Words()))


def register_certificate(site: Simulator, pair: Pair) -> None:
    der = base64.b64encode(pair.certificate.public_bytes(serialization.Encoding.DER)).decode()
    key = {"type": "AsymmetricX509Cert", "usage": "Verify", "key": der}
    path = f"/applications/{site.automation.app_object_id}"
    graph_of(site).write("PATCH", path, {"keyCredentials": [key]}, intent="register a certificate")


class Issuer:
    """An issuer that the simulated tenant trusts for the automation's application."""

    def __init__(self, site: Simulator, subject: str = "job-7", issuer: str = ISSUER) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        site.login.trusted_issuers[issuer] = self.key.public_key()
        body = {"name": "ci-main", "issuer": issuer, "subject": subject, "audiences": ["api://AzureADTokenExchange"]}
        path = f"/applications/{site.automation.app_object_id}/federatedIdentityCredentials"
        graph_of(site).write("POST", path, body, intent="trust an issuer")

    def token(self, **claims: t.Any) -> str:
        now = int(time.time())
        body = {
            "iss": ISSUER,
            "sub": "job-7",
            "aud": "api://AzureADTokenExchange",
            "iat": now,
            "exp": now + 600,
            **claims,
        }
        return jwt.encode(body, self.key, algorithm="RS256")
