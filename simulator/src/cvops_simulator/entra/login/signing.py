# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's signing key, and lenient reading of the JWTs that clients send."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID


def encode_base64url(data: bytes) -> str:
    """Return data as base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_base64url(text: str) -> bytes:
    """Return the data of base64url text with or without padding."""
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


class SigningKey:
    """One RSA key with a certificate; signs the service's tokens (RS256) and publishes itself as a JWK."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._der = self._certificate().public_bytes(serialization.Encoding.DER)
        self.key_id = encode_base64url(hashlib.sha1(self._der).digest())
        #: Every token ever signed: for tests that look for leaks.
        self.issued: list[str] = []

    def _certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.accesscontrol.windows.net")])
        start = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self._key.public_key())
        dated = builder.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=3650))
        return dated.serial_number(x509.random_serial_number()).sign(self._key, hashes.SHA256())

    def sign(self, claims: dict[str, Any]) -> str:
        """Return claims as a signed compact JWT."""
        headers = {"kid": self.key_id, "x5t": self.key_id}
        token = jwt.encode(claims, self._key, algorithm="RS256", headers=headers)
        self.issued.append(token)
        return token

    def read(self, token: str) -> dict[str, Any]:
        """Return the claims of a token of this key; signature only. Raises `jwt.InvalidTokenError`."""
        options: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        return jwt.decode(token, self._key.public_key(), algorithms=["RS256"], options=options)

    def jwk(self, issuer: str) -> dict[str, Any]:
        """Return the public key as an item of the JWKS document."""
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.key_id,
            "x5t": self.key_id,
            "n": encode_base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")),
            "e": "AQAB",
            "x5c": [base64.b64encode(self._der).decode()],
            "cloud_instance_name": "microsoftonline.com",
            "issuer": issuer,
        }

    @property
    def certificate(self) -> str:
        """The certificate, base64 of DER."""
        return base64.b64encode(self._der).decode()

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        """The public key."""
        return self._key.public_key()


@dataclass(frozen=True)
class Assertion:
    """A JWT that a client sent, taken apart; the signature is not checked yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> Assertion:
        """Take a JWT apart, padded or not. Raises ValueError when it is none."""
        head, payload, signature = text.split(".")
        header, claims = json.loads(decode_base64url(head)), json.loads(decode_base64url(payload))
        if not isinstance(header, dict) or not isinstance(claims, dict):
            raise ValueError("not a JWT")
        return cls(header, claims, f"{head}.{payload}".encode(), decode_base64url(signature))

    def signed_by(self, key: Any) -> bool:
        """Tell whether the RSA public key made the signature (RS256 or PS256)."""
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        digest = hashes.SHA256()
        pad: padding.AsymmetricPadding
        if self.header.get("alg") == "PS256":
            pad = padding.PSS(padding.MGF1(digest), padding.PSS.AUTO)
        elif self.header.get("alg") == "RS256":
            pad = padding.PKCS1v15()
        else:
            return False
        try:
            key.verify(self.signature, self.signed, pad, digest)
        except InvalidSignature:
            return False
        return True

    def in_time(self, now: float, leeway: float = 300.0) -> bool:
        """Tell whether exp and nbf (if any) allow it now."""
        times = [self.claims.get("nbf", now), self.claims.get("exp", 0)]
        if not all(isinstance(item, (int, float)) for item in times):
            return False
        return bool(float(times[0]) - leeway <= now <= float(times[1]) + leeway)
