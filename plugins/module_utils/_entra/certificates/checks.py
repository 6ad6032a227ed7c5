# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What Entra ID would refuse, and what nobody should do unasked: options, the certificate itself, and removals. Pure."""

from __future__ import annotations

import datetime
import re
import typing as t

from ..._core.errors import ConfigError
from ..._core.names import is_same_name
from ..._core.public_certificates import PublicCertificate
from ..._core.thumbprints import parse_thumbprint
from ..._core.values import format_time, is_guid
from .canonical import Certificate

#: Microsoft's SDK: the display name of a key credential is cut off behind as many characters, and would not be found again.
LONGEST_NAME = 90
#: NIST SP 800-131A: shorter RSA keys are not to be used.
_FEWEST_BITS = 2048
_WEAK_DIGESTS = ("md5", "sha1")


def check_certificate_options(options: t.Mapping[str, t.Any]) -> None:
    """Raise ConfigError for what the argument spec cannot refuse."""
    if options["state"] == "present":
        if options.get("key_id"):
            raise ConfigError(
                "key_id selects a certificate to remove; use it with state absent only", source="option key_id"
            )
    elif options.get("exclusive"):
        raise ConfigError(
            "exclusive says which other certificates are removed; use it with state present only",
            source="option exclusive",
        )
    if options.get("key_id") and not is_guid(options["key_id"]):
        raise ConfigError(f"key_id: {options['key_id']!r} is not a GUID", source="option key_id")
    if options.get("name") is not None and not re.fullmatch(rf"\S(.{{0,{LONGEST_NAME - 2}}}\S)?", options["name"]):
        raise ConfigError(
            f"name: 1 to {LONGEST_NAME} characters in one line, without blanks at its ends; it becomes the certificate's display name",
            source="option name",
        )


def read_asked_thumbprint(text: str | None, given: PublicCertificate | None) -> frozenset[str]:
    """Return the thumbprints that options ``thumbprint`` and ``certificate`` name together; empty where neither does.

    Raises ConfigError for a text that is no thumbprint, and for one of another certificate than the one that is given.
    """
    asked = parse_thumbprint(text) if text else None
    if text and asked is None:
        raise ConfigError(
            "thumbprint: it is not a SHA-1 or SHA-256 digest in hexadecimal (40 or 64 digits) or in base64",
            source="option thumbprint",
        )
    if asked and given is not None and asked not in given.thumbprints:
        raise ConfigError(
            f"thumbprint {asked} does not match the given certificate, whose thumbprint is {given.thumbprint}: one "
            "of the two options is for another certificate",
            source="option thumbprint",
        )
    if given is not None:
        return given.thumbprints
    return frozenset([asked]) if asked else frozenset()


def check_new_certificate(given: PublicCertificate, now: datetime.datetime) -> list[str]:
    """Return warnings about a certificate that is to be added. Raises ConfigError for one that could never be used, or must not be.

    *now*: the time by the service's clock.
    """
    source = "option certificate"
    label = f"The certificate {given.subject} (thumbprint {given.thumbprint})"
    if given.expires <= now:
        raise ConfigError(
            f"{label} has expired: it ended at {format_time(given.expires)}, and now it is {format_time(now)}",
            source=source,
        )
    if given.key_kind != "RSA":
        raise ConfigError(
            f"{label} has a key of the kind {given.key_kind}: for sign-ins, Entra ID accepts only RSA keys",
            source=source,
        )
    if given.key_bits < _FEWEST_BITS:
        raise ConfigError(
            f"{label} has an RSA key of {given.key_bits} bits, which is too weak: use a key of {_FEWEST_BITS} bits or more",
            source=source,
        )
    warnings = []
    if given.starts > now:
        warnings.append(
            f"{label} is not valid before {format_time(given.starts)}; until then nobody can sign in with it"
        )
    if given.digest in _WEAK_DIGESTS:
        warnings.append(f"{label} is signed with {given.digest}, which is weak: policies of the tenant may refuse it")
    return warnings


def may_be_own_certificate(
    certificate: Certificate,
    app_id: str | None,
    method: str,
    options: t.Mapping[str, t.Any],
    claims: t.Mapping[str, t.Any],
    own: frozenset[str] | None,
) -> bool:
    """Return False only where it is certain that the caller does not sign in with *certificate*.

    *method*: how the caller signs in; *own*: the thumbprints of the certificate that it signs in with, None where they are not known.
    With a ready token, its *claims* tell at most that a certificate of this application was used, not which one.
    """
    if method == "client_certificate":
        is_own = is_same_name(options.get("client_id") or "", app_id or "")
        return is_own and (own is None or not certificate.thumbprints or not own.isdisjoint(certificate.thumbprints))
    if method == "token":
        client, how = claims.get("appid") or claims.get("azp"), claims.get("appidacr", claims.get("azpacr"))
        return (how is None or str(how) == "2") and (client is None or is_same_name(str(client), app_id or ""))
    return False


def leaves_none_working(
    working: t.AbstractSet[str], removed: t.Collection[str], added: PublicCertificate | None, now: datetime.datetime
) -> bool:
    """Return True when one of the credentials that work now goes and none is left; *working*: the key ids of all that work.

    *added*: the certificate that comes before, which counts where it is valid already.
    """
    comes = added is not None and added.starts <= now < added.expires
    return bool(working & set(removed)) and working <= set(removed) and not comes
