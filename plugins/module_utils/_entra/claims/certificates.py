# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Certificates with which Entra ID signs SAML tokens, from a service principal as Graph gives it. Pure."""

from __future__ import annotations

import base64
import binascii
import datetime
import typing as t
from dataclasses import dataclass, replace

from ..._core.values import get_objects, get_time
from ..._core.visible import to_one_line
from ..signing_certificates.canonical import group_by_identifier

#: The end of a certificate that has none.
_NEVER = datetime.datetime.max.replace(microsecond=0, tzinfo=datetime.timezone.utc)


@dataclass(frozen=True)
class SigningCertificate:
    """A signing certificate. ``active``: it signs now. ``thumbprint``: in hexadecimal, None where it is not known.

    ``is_named``: ``active`` is what the service principal says, or there is one alone; else it is a guess.
    """

    key_id: str
    name: str
    ends: datetime.datetime
    active: bool
    thumbprint: str | None = None
    is_named: bool = True


def list_signing_certificates(principal: t.Mapping[str, t.Any]) -> tuple[SigningCertificate, ...]:
    """Return each signing certificate once, in order of its end.

    A certificate is listed twice, to sign and to verify, under one identifier. The active one is named by its thumbprint;
    where that fits none, the only one or the one that ends last is taken. Raises BadAnswer for an end that is no date.
    """
    preferred = str(principal.get("preferredTokenSigningKeyThumbprint") or "").upper()
    found: list[SigningCertificate] = []
    for identifier, group in group_by_identifier(get_objects(principal, "keyCredentials")).items():
        ends, *_others = [_read_end(item) for item in group]
        thumbprint = _decode_thumbprint(group[0].get("customKeyIdentifier"))
        active = bool(preferred) and preferred in (thumbprint, identifier.upper())
        name = str(group[0].get("displayName") or "")
        found.append(SigningCertificate(str(group[0].get("keyId")), name, ends, active, thumbprint))
    ordered = sorted(found, key=lambda item: (item.ends, item.key_id))
    if ordered and not any(item.active for item in ordered):
        ordered = [replace(item, is_named=len(ordered) == 1) for item in ordered]
        ordered[-1] = replace(ordered[-1], active=True)
    return tuple(ordered)


def _read_end(item: t.Mapping[str, t.Any]) -> datetime.datetime:
    return get_time(item, "endDateTime", f" of key {to_one_line(str(item.get('keyId')), 60)}") or _NEVER


def _decode_thumbprint(identifier: t.Any) -> str | None:
    """Return the thumbprint in hexadecimal from a key identifier, its bytes in base64; None for anything else."""
    try:
        raw = base64.b64decode(str(identifier or ""), validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw.hex().upper() or None
