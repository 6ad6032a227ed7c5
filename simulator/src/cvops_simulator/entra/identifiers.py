# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers that the service makes itself, always the same for the same object."""

from __future__ import annotations

import base64
import uuid


def make_security_identifier(object_id: str) -> str:
    """Return the `S-1-12-1-...` form of an object id."""
    raw = bytes.fromhex(object_id.replace("-", ""))
    swapped = raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]
    return "S-1-12-1-" + "-".join(str(int.from_bytes(swapped[i : i + 4], "little")) for i in range(0, 16, 4))


def make_opaque_id(*parts: str) -> str:
    """Return a base64url id as the service makes them, always the same for the same parts."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)).bytes
    tail = uuid.uuid5(uuid.NAMESPACE_OID, "/".join(parts)).bytes
    return base64.urlsafe_b64encode(name + tail).decode().rstrip("=")


def is_guid(text: str) -> bool:
    """Tell whether a text is a GUID in its usual form, in upper or lower case."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
