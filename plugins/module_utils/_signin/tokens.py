# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token is, and what can be read from one."""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass

from .._core.answers import AnswerRefused, parse_json

_MOST_S = 253402300800.0 / 2  # so that the time of day and a life do not add up to more than a date can hold


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
        claims = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, AnswerRefused):
        return {}
    return claims if isinstance(claims, dict) else {}


def seconds_in(value: t.Any) -> float:
    """A number of seconds, or an epoch, as a service gives it; 0 for what is none, or reaches beyond the year 9999."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return found if 0 < found < _MOST_S else 0.0
