# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for tests, made once: by whom they are to be refused, and by whom taken."""

from __future__ import annotations

import datetime
import functools
import typing as t

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fake_graph import NOW, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.public_certificates import (
    PublicCertificate,
    build_public_certificate,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time

PEM, DER = Encoding.PEM, Encoding.DER
Made = tuple[t.Any, x509.Certificate]


@functools.cache
def make_key(kind: str) -> t.Any:
    """Return a private key: of so many bits, or on a curve."""
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind))


@functools.cache
def make_certificate(name: str, kind: str = "2048", starts: int = -1, ends: int = 90) -> x509.Certificate:
    """Return a self-signed certificate, valid from so many days before or after NOW until so many days after it."""
    key, subject = make_key(kind), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + datetime.timedelta(days=starts))
        .not_valid_after(NOW + datetime.timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )


def make_public(name: str = "job", **more: t.Any) -> PublicCertificate:
    """Return such a certificate as the collection has it."""
    certificate = make_certificate(name, **more)
    return build_public_certificate(certificate, certificate.public_bytes(DER))


def make_pem(name: str = "job", **more: t.Any) -> str:
    return make_certificate(name, **more).public_bytes(PEM).decode()


def make_key_pem(kind: str = "2048") -> str:
    return str(make_key(kind).private_bytes(PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def make_entry(
    number: int, name: str | None = "job", given: PublicCertificate | None = None, **more: t.Any
) -> dict[str, t.Any]:
    """Return a keyCredential as Graph gives it, of *given* or of a certificate of that name."""
    found = given or make_public(name or "nameless")
    return {
        "customKeyIdentifier": found.thumbprint,
        "displayName": name,
        "keyId": guid(number),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": found.encode(),
        "startDateTime": format_time(found.starts),
        "endDateTime": format_time(found.expires),
        **more,
    }
