# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Token signing certificates of a service principal in canonical form, from the credentials that Graph gives. Pure.

Microsoft Learn (servicePrincipal: addTokenSigningCertificate): one certificate is a key credential to sign, one to verify, and the
password of the key. All have one customKeyIdentifier; the password has the key id of the credential to sign.
"""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import BadAnswer
from ..._core.public_certificates import holds_number_first
from ..._core.thumbprints import decode_certificate, parse_thumbprint
from ..._core.values import AnswerObject, format_time, get_objects, is_guid
from ..certificates.canonical import (
    Certificate,
    canonical_certificate,
    get_key_credentials,
    sort_certificates,
)

Entry = t.Mapping[str, t.Any]
#: What preferredTokenSigningKeyThumbprint takes.
_SHA1_DIGITS = 40
_SIGN, _VERIFY = "Sign", "Verify"
#: Before the key id of a password among entries: the credential to sign has the same key id.
_PASSWORD = "password "


class PasswordEntry(AnswerObject):
    """A passwordCredential among the entries of a service principal."""


@dataclass(frozen=True)
class SigningCertificate:
    """A certificate with which Entra ID signs tokens, or can.

    ``certificate``: its dates, its name, and what it is known by; its key id is that of the credential to verify, where there is one.
    ``entry_ids``: all its entries, see :func:`identify_entry`. ``der``: the certificate itself, None where it was not given.
    ``can_sign``: Entra ID has its private key.
    """

    certificate: Certificate
    entry_ids: frozenset[str] = frozenset()
    der: bytes | None = field(default=None, repr=False)
    can_sign: bool = True

    @property
    def thumbprints(self) -> frozenset[str]:
        """Its SHA-1 and SHA-256 thumbprints in upper-case hexadecimal, as far as they are known."""
        return self.certificate.thumbprints

    @property
    def thumbprint(self) -> str | None:
        """The thumbprint that activates it, see :attr:`Certificate.thumbprint`."""
        return self.certificate.thumbprint

    def is_named_by(self, thumbprint: str | None) -> bool:
        """Return True where *thumbprint*, in upper-case hexadecimal, is that of this certificate."""
        return thumbprint is not None and thumbprint in self.thumbprints

    def explain_unusable(self, now: datetime.datetime) -> str | None:
        """Return why Entra ID cannot sign with it at *now*, None where it can."""
        starts, expires = self.certificate.starts, self.certificate.expires
        if not self.can_sign:
            return "Entra ID has no private key for it"
        if expires is not None and expires <= now:
            return f"it has ended, at {format_time(expires)}"
        if starts is not None and starts > now:
            return f"it is not valid before {format_time(starts)}"
        if len(self.thumbprint or "") != _SHA1_DIGITS:
            return "its SHA-1 thumbprint, which is needed to activate it, is not known"
        return None

    def describe(self) -> str:
        """Return words for people: its name and its thumbprint."""
        return f"{self.certificate.name or 'without a name'} (thumbprint {self.thumbprint or 'not known'})"


def get_signing_entries(principal: t.Any) -> list[Entry]:
    """Return the key credentials of a service principal as Graph gave them, and its passwords, as :class:`PasswordEntry`.

    Raises BadAnswer where one of the collections is missing, null or no list, and for an entry without a usable key id: who sends a
    collection back without an entry removes it.
    """
    entries: list[Entry] = list(get_key_credentials(principal))
    if principal.get("passwordCredentials") is None:
        raise BadAnswer(
            "An answer has no passwordCredentials, although they were requested.", member="passwordCredentials"
        )
    passwords = [PasswordEntry(item) for item in get_objects(principal, "passwordCredentials")]
    if not all(is_guid(item.get("keyId")) for item in passwords):
        raise BadAnswer("An answer has a password credential without a key id.", member="keyId")
    return [*entries, *passwords]


def identify_entry(entry: Entry) -> str:
    """Return what tells an entry of a service principal from all others: its key id in small letters, and which collection it is of."""
    key_id = str(entry["keyId"]).lower()
    return f"{_PASSWORD}{key_id}" if isinstance(entry, PasswordEntry) else key_id


def find_private_parts(entries: t.Iterable[Entry]) -> list[str]:
    """Return what an answer must not hold and may: keys of credentials to sign, keys that are no certificates, and texts of passwords."""
    found = [
        entry.get("secretText")
        if isinstance(entry, PasswordEntry)
        else entry.get("key")
        if entry.get("usage") == _SIGN or _is_private(entry.get("key"))
        else None
        for entry in entries
    ]
    return [part for part in found if isinstance(part, str) and part]


def remove_private_parts(entry: Entry) -> Entry:
    """Return the entry without what :func:`find_private_parts` finds in it."""
    if not find_private_parts([entry]):
        return entry
    return type(entry)({**entry, "secretText" if isinstance(entry, PasswordEntry) else "key": None})  # type: ignore[call-arg]


def _is_private(key: t.Any) -> bool:
    der = decode_certificate(key)
    return der is not None and holds_number_first(der)


def group_by_identifier(entries: t.Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return entries by their customKeyIdentifier, those without one each by its own key id, in the order in which they were given."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(str(entry.get("customKeyIdentifier") or entry.get("keyId")), []).append(entry)
    return found


def list_signing_certificates(entries: t.Sequence[Entry], preferred: str | None) -> list[SigningCertificate]:
    """Return the certificates that sign tokens, the one that ends first first; *preferred*: see :func:`read_preferred`.

    Those are the ones with a credential to sign, and the one that is said to be active. A certificate to verify alone is one that the
    application signs in with, and none of our business. Raises BadAnswer for a date that is none.
    """
    found: list[SigningCertificate] = []
    for group in group_by_identifier(entries).values():
        keys = [entry for entry in group if not isinstance(entry, PasswordEntry)]
        signs = [entry for entry in keys if entry.get("usage") == _SIGN]
        verifies = [entry for entry in keys if entry.get("usage") == _VERIFY]
        if not keys or not (signs or verifies):
            continue
        item = build_signing_certificate(_filter_parts(group, signs), [*verifies, *signs])
        if signs or item.is_named_by(preferred):
            found.append(item)
    return sort_signing_certificates(found)


def sort_signing_certificates(certificates: t.Iterable[SigningCertificate]) -> list[SigningCertificate]:
    """Return *certificates* in the order of :func:`sort_certificates`."""
    found = {id(item.certificate): item for item in certificates}
    return [found[id(certificate)] for certificate in sort_certificates(item.certificate for item in found.values())]


def build_signing_certificate(group: t.Iterable[Entry], keys: t.Sequence[Entry]) -> SigningCertificate:
    """Return the certificate with the entries of *group*, which is shown by the first of *keys*. Raises BadAnswer for a date that is none."""
    shown = keys[0]
    if shown.get("usage") == _SIGN:  # what that has as its key is nothing that we may look at
        shown = {**shown, "key": None}
    der = decode_certificate(shown.get("key"))
    entry_ids = frozenset(map(identify_entry, group))
    return SigningCertificate(
        canonical_certificate(shown), entry_ids, der, any(key.get("usage") == _SIGN for key in keys)
    )


def find_other_certificate(entries: t.Iterable[Entry], thumbprint: str) -> Certificate | None:
    """Return the certificate with this thumbprint with which the application signs in, None where there is none."""
    keys = [{**entry, "key": None} if entry.get("usage") == _SIGN else entry for entry in entries]
    others = (
        canonical_certificate(entry) for entry in keys if not isinstance(entry, PasswordEntry) and "type" in entry
    )
    return next((item for item in others if item.is_for_sign_in and thumbprint in item.thumbprints), None)


def read_preferred(principal: t.Mapping[str, t.Any]) -> str | None:
    """Return the thumbprint of the active certificate, in upper-case hexadecimal where it is one; None where none is active."""
    given = str(principal.get("preferredTokenSigningKeyThumbprint") or "")
    return parse_thumbprint(given) or given.upper() or None


def find_active(certificates: t.Iterable[SigningCertificate], preferred: str | None) -> SigningCertificate | None:
    """Return the certificate that is active, None where none is."""
    return next((item for item in certificates if item.is_named_by(preferred)), None)


def _filter_parts(group: t.Sequence[Entry], signs: t.Sequence[Entry]) -> list[Entry]:
    """Return the entries of one certificate: passwords only those of its keys, where several share an identifier."""
    key_ids = {str(entry["keyId"]).lower() for entry in signs}
    return [entry for entry in group if not isinstance(entry, PasswordEntry) or str(entry["keyId"]).lower() in key_ids]
