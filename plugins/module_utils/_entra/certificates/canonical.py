# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Certificates of a registration in canonical form, from the keyCredentials that Graph gives. Pure."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import BadAnswer
from ..._core.thumbprints import compute_thumbprints, decode_certificate, read_thumbprint
from ..._core.values import AnswerObject, format_time, get_objects, get_time, is_guid
from ..._core.visible import to_one_line


@dataclass(frozen=True)
class Certificate:
    """A certificate of a registration.

    ``thumbprints``: its SHA-1 and SHA-256 in upper-case hexadecimal, as far as they are known. ``is_for_sign_in``: its holder may
    sign in with it; others sign tokens or encrypt them, and are none of our business.
    """

    key_id: str
    name: str | None
    thumbprints: frozenset[str] = field(default_factory=frozenset)
    starts: datetime.datetime | None = None
    expires: datetime.datetime | None = None
    is_for_sign_in: bool = True

    @property
    def thumbprint(self) -> str | None:
        """The SHA-1 thumbprint, as Entra ID's pages show it; another one where that is not known, None where none is."""
        return min(self.thumbprints, key=len, default=None)

    def is_unexpired(self, now: datetime.datetime) -> bool:
        """Return True until the end of the certificate's use; one that begins later counts."""
        return self.expires is None or self.expires > now

    def describe(self) -> str:
        """Return words for people: its name, and what tells it from others of that name."""
        known = f"thumbprint {self.thumbprint}, " if self.thumbprint else ""
        return f"{self.name or 'without a name'} ({known}key id {self.key_id})"

    def as_row(self) -> dict[str, t.Any]:
        """Return the certificate as results have it."""
        return {
            "key_id": self.key_id,
            "thumbprint": self.thumbprint,
            "name": self.name,
            "starts": format_time(self.starts) if self.starts else None,
            "expires": format_time(self.expires) if self.expires else None,
        }


def get_key_credentials(application: t.Any) -> list[AnswerObject]:
    """Return the whole collection as Graph gave it.

    Raises BadAnswer where it is missing, null or no list, and for an entry without a usable key id: who sends the collection back
    without an entry removes it, so "not told" must never look like "none".
    """
    if not isinstance(application, t.Mapping) or application.get("keyCredentials") is None:
        raise BadAnswer("An answer has no keyCredentials, although they were requested.", member="keyCredentials")
    entries = get_objects(application, "keyCredentials")
    for entry in entries:
        if not is_guid(entry.get("keyId")):
            raise BadAnswer("An answer has a key credential without a key id.", member="keyId")
    return entries


def list_key_ids(entries: t.Iterable[t.Mapping[str, t.Any]]) -> frozenset[str]:
    """Return the key ids of a collection, in small letters."""
    return frozenset(str(entry["keyId"]).lower() for entry in entries)


def canonical_certificate(wire: t.Mapping[str, t.Any]) -> Certificate:
    """Return a keyCredential in canonical form. Raises BadAnswer for a date that is none.

    Its thumbprints are computed from the certificate itself, which Graph gives where ``keyCredentials`` is selected; only where that is
    missing the identifier counts, which anybody may have set.
    """
    key_id, name = str(wire["keyId"]).lower(), wire.get("displayName")
    of = f" of key {to_one_line(key_id, 60)}"
    der = decode_certificate(wire.get("key"))
    read = read_thumbprint(wire.get("customKeyIdentifier"))
    return Certificate(
        key_id=key_id,
        name=str(name) if name is not None else None,
        thumbprints=compute_thumbprints(der) if der is not None else frozenset([read] if read else []),
        starts=get_time(wire, "startDateTime", of),
        expires=get_time(wire, "endDateTime", of),
        is_for_sign_in=(wire.get("type"), wire.get("usage")) == ("AsymmetricX509Cert", "Verify"),
    )


def list_certificates(entries: t.Iterable[t.Mapping[str, t.Any]]) -> list[Certificate]:
    """Return the certificates of a collection that are for signing in, the one that ends first first."""
    found = [canonical_certificate(entry) for entry in entries]
    return sort_certificates(item for item in found if item.is_for_sign_in)


def sort_certificates(certificates: t.Iterable[Certificate]) -> list[Certificate]:
    """Return *certificates* in the order of their ends, those without one last; key ids, which come late, decide last."""
    latest = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)
    return sorted(certificates, key=lambda item: (item.expires or latest, item.thumbprint or "", item.key_id))
