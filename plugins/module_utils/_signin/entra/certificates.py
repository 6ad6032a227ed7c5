# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The client certificate and its key: read from PEM text, a PEM file or a PKCS #12 file, and converted for MSAL."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.certificate_options import read_certificate_option
from ..._core.context import Context
from ..._core.errors import ConfigError
from ..._core.libraries import build_missing_error, check_releases

_PEM_HEADER = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class ClientCertificate:
    """A certificate with its key.

    ``private_key``: PEM, unencrypted, in memory only; ``chain``: PEM, the key's own certificate first; ``sha256``: its digest in hex;
    ``expires``: its end in RFC 3339.
    """

    private_key: str
    chain: str
    sha256: str
    expires: str

    def build_msal_credential(self) -> dict[str, str]:
        """Return the client credential for MSAL, which computes the SHA-256 thumbprint and signs with PS256 when none is given."""
        return {"private_key": self.private_key, "public_certificate": self.chain}


def load_client_certificate(ctx: Context) -> ClientCertificate:
    """Return what option client_certificate gives. Raises ConfigError, which shows nothing of the content, and MissingLibrary."""
    source = ctx.describe_source("client_certificate")
    data, place = read_certificate_option(
        ctx, "client_certificate", "a certificate with its key (PEM, or PKCS #12 as base64)"
    )
    password = ctx.options.get("client_certificate_password")
    secret = password.encode() if password else None
    try:
        import cryptography  # noqa: F401
    except ImportError as exc:
        raise build_missing_error("cryptography", "A client certificate", exc) from exc
    check_releases("cryptography")
    try:
        return _parse_certificate(data, secret, place, source)
    except ConfigError:
        raise
    except TypeError as exc:
        raise ConfigError(
            f"client_certificate ({place}): its key is encrypted; give client_certificate_password", source=source
        ) from exc
    except Exception as exc:  # the library raises many types for what is no certificate or no key
        hint = (
            "the password may be wrong"
            if secret
            else "it must hold an unencrypted or encrypted private key and its certificate, as PEM or PKCS #12"
        )
        raise ConfigError(f"client_certificate ({place}) cannot be read: {hint}", source=source) from exc


def _parse_certificate(data: bytes, secret: bytes | None, place: str, source: str) -> ClientCertificate:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
    from cryptography.x509 import load_pem_x509_certificates

    if b"-----BEGIN" in data:
        key: t.Any = load_pem_private_key(data, secret if b"ENCRYPTED" in data else None)
        certificates = load_pem_x509_certificates(data) if _PEM_HEADER in data else []
    else:
        key, own, others = load_key_and_certificates(data, secret)
        certificates = [item for item in (own, *others) if item is not None]
    if key is None or not certificates:
        raise ConfigError(
            f"client_certificate ({place}) holds no {'certificate' if key is not None else 'private key'}",
            source=source,
        )
    if not isinstance(key, RSAPrivateKey):
        raise ConfigError(
            f"client_certificate ({place}): its key is not an RSA key, and Entra ID accepts only RSA keys",
            source=source,
        )
    return _match_key(key, certificates, place, source)


def _match_key(key: t.Any, certificates: t.Sequence[t.Any], place: str, source: str) -> ClientCertificate:
    from cryptography.hazmat.primitives import hashes, serialization

    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = key.public_key().public_bytes(*form)
    own = next((item for item in certificates if item.public_key().public_bytes(*form) == public), None)
    if own is None:
        raise ConfigError(
            f"client_certificate ({place}): the private key does not belong to the certificate", source=source
        )
    ordered = [own, *[item for item in certificates if item is not own]]
    plain_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return ClientCertificate(
        private_key=plain_key.decode(),
        chain="".join(item.public_bytes(serialization.Encoding.PEM).decode() for item in ordered),
        sha256=own.fingerprint(hashes.SHA256()).hex(),
        expires=own.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
