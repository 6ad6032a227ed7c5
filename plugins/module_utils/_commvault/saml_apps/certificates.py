# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The certificate with which the identity provider signs: which one is meant, whether it can be used, and the mark by which it is known. Pure.

Commvault never shows the certificate that an app holds. The last line of the app's description is therefore
``[cvops certificate: <SHA-256 fingerprint> until <its end>]``, written by the same request as the certificate.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._core.errors import ConfigError
from ..._core.public_certificates import PublicCertificate
from ..._core.thumbprints import parse_thumbprint
from ..._core.values import format_time, parse_time
from .metadata import ProviderMetadata

#: When the certificate is written to an app that exists: where the mark is of another one, in every run, or never.
CERTIFICATE_POLICIES = ("fingerprint", "always", "on_create")
_MARK = re.compile(r"([0-9A-F]{64}) until ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z)")
_FEWEST_BITS = 2048


class CertificateMark(t.NamedTuple):
    """What the mark says of the certificate that the app holds: SHA-256 fingerprint in upper-case hexadecimal, and its end (RFC 3339)."""

    fingerprint: str
    expires: str


def make_mark(certificate: PublicCertificate) -> CertificateMark:
    """Return the mark of a certificate."""
    return CertificateMark(max(certificate.thumbprints, key=len), format_time(certificate.expires))


def parse_mark(text: str | None) -> CertificateMark | None:
    """Return the mark that the text between the brackets is, None for anything else, also where its end is no date."""
    found = _MARK.fullmatch(text or "")
    if found is None:
        return None
    try:
        parse_time(found[2])
    except ValueError:
        return None
    return CertificateMark(found[1], found[2])


def format_mark(mark: CertificateMark) -> str:
    """Return the text between the brackets."""
    return f"{mark.fingerprint} until {mark.expires}"


def parse_fingerprint_option(text: str | None) -> str | None:
    """Return option ``certificate_fingerprint`` in upper-case hexadecimal, None where it is left out. Raises ConfigError."""
    if text is None:
        return None
    found = parse_thumbprint(text)
    if found is None:
        raise ConfigError(
            "certificate_fingerprint: it is not a SHA-256 fingerprint or SHA-1 thumbprint (hexadecimal, with or without colons, or base64)",
            source="option certificate_fingerprint",
        )
    return found


def choose_certificate(
    given: PublicCertificate | None, metadata: ProviderMetadata | None, wanted: str | None
) -> PublicCertificate | None:
    """Return the certificate that the app has to hold; None where neither *given* nor *metadata* has one.

    *given*: option ``certificate``, which goes before the metadata; *wanted*: option ``certificate_fingerprint``, parsed. Raises ConfigError.
    """
    if given is not None:
        if wanted is not None and wanted not in given.thumbprints:
            raise ConfigError(
                "certificate_fingerprint does not match the given certificate, whose fingerprint is "
                f"{describe_certificate(given)}: one of the two options is for another certificate",
                source="option certificate_fingerprint",
            )
        return given
    if metadata is None:
        return None
    listed = [item for item in metadata.certificates if wanted is None or wanted in item.thumbprints]
    if len(listed) == 1:
        return listed[0]
    told = "; ".join(describe_certificate(item) for item in metadata.certificates)
    if not listed:
        raise ConfigError(
            f"certificate_fingerprint: the metadata has no signing certificate with this fingerprint; it has {told}",
            source="option certificate_fingerprint",
        )
    raise ConfigError(
        f"The metadata has {len(listed)} signing certificates, but a Commvault app can hold only one: give the "
        f"active one as certificate, or its fingerprint as certificate_fingerprint. The metadata has {told}. With "
        "metadata.application, Entra ID returns only the certificate of the application.",
        source="option metadata",
    )


def check_certificate(certificate: PublicCertificate, now: datetime.datetime) -> None:
    """Raise ConfigError for a certificate with which nobody could sign in now. *now*: the time by this machine's clock."""
    label, source = f"The signing certificate {describe_certificate(certificate)}", "option certificate"
    if certificate.expires <= now:
        raise ConfigError(f"{label} has expired; now it is {format_time(now)}", source=source)
    if certificate.starts > now:
        raise ConfigError(
            f"{label} is not valid before {format_time(certificate.starts)}, so nobody could sign in until then; now "
            f"it is {format_time(now)}",
            source=source,
        )
    if certificate.key_kind == "RSA" and certificate.key_bits < _FEWEST_BITS:
        raise ConfigError(
            f"{label} has an RSA key of {certificate.key_bits} bits, which is too weak: create a new one in Entra ID",
            source=source,
        )


def describe_certificate(certificate: PublicCertificate) -> str:
    """Return words for people: subject, thumbprint as Entra ID's pages show it, and end."""
    return f"{certificate.subject} (thumbprint {certificate.thumbprint}, until {format_time(certificate.expires)})"


def is_certificate_due(policy: str, wanted: CertificateMark, shown: CertificateMark | None) -> bool:
    """Return whether the certificate is written over the one of an app that exists; without a mark, what it holds is unknown."""
    if policy == "on_create":
        return False
    return policy == "always" or shown is None or shown.fingerprint != wanted.fingerprint
