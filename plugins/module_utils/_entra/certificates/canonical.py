# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Certificates of a registration in canonical form, from the keyCredentials that Graph gives. Pure."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import re
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import BadAnswer
from ..._core.values import AnswerObject, format_time, get_objects, get_time, is_guid
from ..._core.visible import to_one_line

#: Lengths of digests that name certificates, in bytes: SHA-1, which Entra ID shows, and SHA-256.
_DIGEST_BYTES = (20, 32)
_PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
#: What stands between the digits of a thumbprint where people copy it, the invisible mark of Windows' certificate window among it.
_AROUND_DIGITS = re.compile("[:\\s\u200e\u200f\ufeff\u200b]")


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
        raise BadAnswer("An answer holds no keyCredentials although they were asked for.", member="keyCredentials")
    entries = get_objects(application, "keyCredentials")
    for entry in entries:
        if not is_guid(entry.get("keyId")):
            raise BadAnswer("An answer holds a key credential without a key id.", member="keyId")
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


def compute_thumbprints(der: bytes) -> frozenset[str]:
    """Return the SHA-1 and SHA-256 thumbprints of a certificate, in upper-case hexadecimal."""
    digests = (hashlib.sha1(der, usedforsecurity=False), hashlib.sha256(der))
    return frozenset(digest.hexdigest().upper() for digest in digests)


def decode_certificate(key: t.Any) -> bytes | None:
    """Return the DER form of what a keyCredential has as ``key``: base64 of DER or of PEM text. None for anything else."""
    raw = _decode_base64(key)
    if raw is None or not raw.startswith(b"-----BEGIN"):
        return raw or None
    return decode_pem(raw)


def decode_pem(text: bytes) -> bytes | None:
    """Return the DER form of the first certificate in PEM text, None where there is none."""
    match = _PEM_BLOCK.search(text)
    return _decode_base64(b"".join(match[1].split()).decode("ascii")) if match else None


def read_thumbprint(identifier: t.Any) -> str | None:
    """Return the thumbprint in a ``customKeyIdentifier``, in upper-case hexadecimal; None for what is none.

    Entra ID gives base64 of the digest's bytes; hexadecimal text, and base64 of such text, were seen too.
    """
    if not isinstance(identifier, str):
        return None
    found = _read_hexadecimal(identifier)
    if found is None and (raw := _decode_base64(identifier)) is not None:
        found = raw.hex().upper() if len(raw) in _DIGEST_BYTES else _read_hexadecimal(raw.decode("ascii", "replace"))
    return found


def parse_thumbprint(text: str) -> str | None:
    """Return the thumbprint that people give, in upper-case hexadecimal: SHA-1 or SHA-256, in hexadecimal or base64. None for anything else."""
    packed = _AROUND_DIGITS.sub("", text)
    unpadded = packed.replace("-", "+").replace("_", "/").rstrip("=")
    return read_thumbprint(packed) or read_thumbprint(unpadded + "=" * (-len(unpadded) % 4))


def _read_hexadecimal(text: str) -> str | None:
    packed = text.strip()
    is_digest = len(packed) in [2 * length for length in _DIGEST_BYTES]
    return packed.upper() if is_digest and re.fullmatch("[0-9A-Fa-f]+", packed) else None


def _decode_base64(text: t.Any) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (ValueError, binascii.Error):
        return None
