# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The public part of a certificate: read from an option as text or from a file, told what it is. Nothing of a private key is kept or shown."""

from __future__ import annotations

import base64
import datetime
import re
import typing as t
from dataclasses import dataclass

from .certificate_options import read_certificate_option
from .context import Context
from .errors import ConfigError
from .libraries import build_missing_error, check_releases
from .thumbprints import compute_thumbprints
from .visible import to_one_line

_PRIVATE = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_PEM_HEADER = b"-----BEGIN CERTIFICATE-----"
_LONGEST_SUBJECT = 90


@dataclass(frozen=True)
class PublicCertificate:
    """A certificate without its key.

    ``der``: what Entra ID gets; ``thumbprints``: SHA-1 and SHA-256 in upper-case hexadecimal; ``key_kind``: "RSA", or the name of
    another kind of key; ``key_bits``: the size of the key; ``digest``: the hash of the signature, such as "sha256".
    """

    der: bytes
    subject: str
    starts: datetime.datetime
    expires: datetime.datetime
    key_kind: str
    key_bits: int
    digest: str | None
    thumbprints: frozenset[str]

    @property
    def thumbprint(self) -> str:
        """The SHA-1 thumbprint, as Entra ID's pages show it."""
        return min(self.thumbprints, key=len)

    def encode(self) -> str:
        """Return the certificate as Graph takes it: base64 of DER."""
        return base64.b64encode(self.der).decode("ascii")


def load_public_certificate(ctx: Context, name: str = "certificate") -> PublicCertificate:
    """Return what the option *name* gives: PEM text, base64 of DER, or the path of a file with either or with DER.

    Raises ConfigError, which shows nothing of the content, above all where it holds a private key; and MissingLibrary.
    """
    source = ctx.describe_source(name)
    data, place = read_certificate_option(ctx, name, "a certificate (PEM, or base64 of DER)")
    return parse_public_certificate(data, f"{name} ({place})", source)


def parse_public_certificate(data: bytes, what: str = "certificate", source: str | None = None) -> PublicCertificate:
    """Return the one certificate in *data*, PEM text or DER. *what* and *source* are for messages. Raises ConfigError, MissingLibrary."""
    if _PRIVATE.search(data):
        raise ConfigError(
            f"{what} contains a private key, which must stay with its owner: give the certificate alone. Nothing was "
            "sent. If others could read this value, the key is no longer private: create a new one.",
            source=source,
            holds="private key",
        )
    if not data.startswith(b"-----") and _PEM_HEADER not in data and holds_number_first(data):
        raise ConfigError(
            f"{what} is not a certificate, but a private key or a PKCS #12 file, which contains one: give the "
            "certificate alone, as PEM or DER. Nothing was sent.",
            source=source,
            holds="private key",
        )
    try:
        import cryptography  # noqa: F401
    except ImportError as exc:
        raise build_missing_error("cryptography", "A certificate", exc) from exc
    check_releases("cryptography")
    try:
        return _parse(data, what, source)
    except ConfigError:
        raise
    except Exception as exc:  # the library raises many types for what is no certificate
        raise ConfigError(
            f"{what} cannot be read as a certificate: it must be one X.509 certificate: PEM or base64 of DER as "
            "text, or a file with PEM, base64 or DER",
            source=source,
        ) from exc


def _parse(data: bytes, what: str, source: str | None) -> PublicCertificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    if b"-----BEGIN" in data:
        found = x509.load_pem_x509_certificates(data) if _PEM_HEADER in data else []
        if len(found) != 1:
            raise ConfigError(
                f"{what} contains {len(found) or 'no'} certificates: give one, without those of its issuers",
                source=source,
            )
        (certificate,) = found
    else:
        certificate = x509.load_der_x509_certificate(data)
    return build_public_certificate(certificate, certificate.public_bytes(Encoding.DER))


def build_public_certificate(certificate: t.Any, der: bytes) -> PublicCertificate:
    """Return what is told of a certificate of the library cryptography; *der*: the same in DER."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = certificate.public_key()
    digest = certificate.signature_hash_algorithm
    return PublicCertificate(
        der=der,
        subject=to_one_line(certificate.subject.rfc4514_string(), _LONGEST_SUBJECT),
        starts=certificate.not_valid_before_utc,
        expires=certificate.not_valid_after_utc,
        key_kind="RSA" if isinstance(key, RSAPublicKey) else type(key).__name__.lstrip("_").removesuffix("PublicKey"),
        key_bits=int(getattr(key, "key_size", 0)),
        digest=str(digest.name) if digest is not None else None,
        thumbprints=compute_thumbprints(der),
    )


def holds_number_first(der: bytes) -> bool:
    """Return True for a DER sequence that begins with a number: the version of a private key or of a PKCS #12 file, and of no certificate."""
    if len(der) < 4 or der[0] != 0x30:
        return False
    start = 2 + (der[1] & 0x7F if der[1] & 0x80 else 0)
    return len(der) > start and der[start] == 0x02
