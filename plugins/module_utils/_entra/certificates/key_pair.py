# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A new key with a self-signed certificate, for an application whose certificate is rotated."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from ..._core.errors import ConfigError
from ..._core.libraries import build_missing_error, check_releases
from ..._core.public_certificates import PublicCertificate, build_public_certificate

#: The size of a new key, where none is asked for.
DEFAULT_KEY_SIZE = 3072
#: The certificate begins a little earlier than now, for those whose clocks are behind.
HEAD_START = datetime.timedelta(minutes=5)
LONGEST_NAME = 64  # RFC 5280: ub-common-name


@dataclass(frozen=True)
class KeyPair:
    """A private key, PEM (PKCS #8) without a password, in memory only; and its certificate, PEM and as Entra ID gets it."""

    private_key: str = field(repr=False)
    certificate_pem: str
    certificate: PublicCertificate

    @property
    def bundle(self) -> str:
        """The key and its certificate in one PEM text, the form that option ``client_certificate`` takes."""
        return self.private_key + self.certificate_pem

    def __repr__(self) -> str:
        return f"KeyPair(thumbprint={self.certificate.thumbprint})"


def is_common_name(text: str) -> bool:
    """Return True for what a certificate can have as its common name."""
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


def make_key_pair(
    common_name: str, now: datetime.datetime, expires: datetime.datetime, key_size: int = DEFAULT_KEY_SIZE
) -> KeyPair:
    """Return a new RSA key of *key_size* bits with a certificate that it has signed itself, valid until *expires*.

    *now*, like *expires*, is by the service's clock.

    The caller hides ``private_key``. Raises ConfigError for an end that is not after *now* and for a name that no certificate has,
    MissingLibrary without the library cryptography.
    """
    if expires <= now:
        raise ConfigError("The end of a new certificate must be in the future.")
    if not is_common_name(common_name):
        raise ConfigError(f"The common name of a certificate has 1 to {LONGEST_NAME} characters in one line.")
    try:
        from cryptography import x509
    except ImportError as exc:
        raise build_missing_error("cryptography", "A new certificate", exc) from exc
    check_releases("cryptography")
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=key_size)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    start = (now - HEAD_START).astimezone(datetime.timezone.utc).replace(microsecond=0)
    end = expires.astimezone(datetime.timezone.utc).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return KeyPair(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
        certificate_pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
        certificate=build_public_certificate(certificate, certificate.public_bytes(Encoding.DER)),
    )
