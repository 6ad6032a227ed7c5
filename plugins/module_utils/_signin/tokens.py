# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token is, and what can be read from one."""

from __future__ import annotations

import base64
import json
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """A bearer token. ``expires_at``: epoch seconds; 0 when it cannot be known."""

    value: str
    expires_at: float
    scope: str


def claims_of(token: str) -> dict[str, t.Any]:
    """The claims of a JWT, unverified: for messages and expiry only. Empty for opaque tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}
