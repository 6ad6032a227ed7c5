# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entries of the collection of key credentials, as they are sent. Pure."""

from __future__ import annotations

import typing as t
import uuid

from ..._core.public_certificates import PublicCertificate
from ..._core.values import format_time

Entry = t.Mapping[str, t.Any]


def draw_key_id() -> str:
    """Return a new random key id: chosen here, so that a run whose answer was lost knows its own entry."""
    return str(uuid.uuid4())


def keep_entry(entry: Entry) -> Entry:
    """Return an entry as it is sent back: as it was read, with ``key`` null.

    The service keeps its key, and refuses to change anything else.
    """
    return {**entry, "key": None}


def build_entry(key_id: str, certificate: PublicCertificate, name: str | None) -> Entry:
    """Return a new entry. Its dates are the certificate's own, in UTC: a later end is refused (KeyCredentialsInvalidEndDate)."""
    named = {"displayName": name} if name else {}
    return {
        "keyId": key_id,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": certificate.encode(),
        "startDateTime": format_time(certificate.starts),
        "endDateTime": format_time(certificate.expires),
        **named,
    }
