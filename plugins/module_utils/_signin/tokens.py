# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Bearer tokens, and the claims of a JWT for messages and expiry."""

from __future__ import annotations

import base64
import typing as t
from dataclasses import dataclass

from .._core.answers import AnswerRefused, parse_json
from .._core.values import LATEST_TIME
from .._core.visible import escape_invisible

_LONGEST_NAME = 256


@dataclass(frozen=True)
class Token:
    """A bearer token. ``expires_at``: epoch seconds; 0 when it cannot be known."""

    value: str
    expires_at: float
    scope: str


def decode_claims(token: str) -> dict[str, t.Any]:
    """Return the claims of a JWT, not verified: for messages and expiry only. Empty for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = parse_json(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, AnswerRefused):
        return {}
    return claims if isinstance(claims, dict) else {}


def get_expiry(claims: t.Mapping[str, t.Any]) -> float:
    """Return when a token with these claims expires, in epoch seconds; 0 when the claim is missing or impossible."""
    return parse_seconds(claims.get("exp"), at_most=LATEST_TIME) or 0.0


def parse_seconds(value: t.Any, at_most: float) -> float | None:
    """Return the seconds in an answer, given as number or text; None for anything else, negative, or beyond *at_most*."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found <= at_most else None


def get_identity_kind(claims: t.Mapping[str, t.Any], method: str) -> str:
    """Return ``application``, ``managed_identity``, ``user``, or ``unknown`` for a token without readable claims.

    *method*: the auth_method that the token came from.
    """
    if not claims:
        return "unknown"
    if claims.get("idtyp") == "user" or claims.get("scp") is not None:
        return "user"
    is_managed = method == "managed_identity" or bool(claims.get("xms_mirid"))
    return "managed_identity" if is_managed else "application"


def describe_identity(claims: t.Mapping[str, t.Any], method: str) -> dict[str, t.Any]:
    """Return the identity that a token names: not verified, with text made safe to show; members are None where not told.

    ``kind``: as :func:`get_identity_kind` returns; ``object_id``: of the service principal or user; ``user_name``: of people only.
    """
    kind = get_identity_kind(claims, method)
    person = kind == "user"
    return {
        "kind": kind,
        "object_id": _get_text_claim(claims, "oid"),
        "app_id": _get_text_claim(claims, "appid", "azp"),
        "display_name": _get_text_claim(claims, "name") if person else _get_text_claim(claims, "app_displayname"),
        "user_name": _get_text_claim(claims, "upn", "preferred_username", "unique_name") if person else None,
    }


def get_tenant_id(claims: t.Mapping[str, t.Any]) -> str | None:
    """Return the tenant that a token names, None when it names none; not verified."""
    return _get_text_claim(claims, "tid")


def describe_person(claims: t.Mapping[str, t.Any]) -> str:
    """Return how a prompt names the signed-in person: user name and display name, as far as the token tells them."""
    found = describe_identity(claims, "")
    user_name, display_name = found["user_name"], found["display_name"]
    if user_name and display_name:
        return f"{user_name} ({display_name})"
    return str(user_name or display_name or found["object_id"] or "somebody whom the token does not name")


def _get_text_claim(claims: t.Mapping[str, t.Any], *names: str) -> str | None:
    """Return the first of these claims that is text, on one line and of limited length; None when none is."""
    for name in names:
        value = claims.get(name)
        if isinstance(value, str) and value.strip():
            line = escape_invisible(" ".join(value.split()))
            return line if len(line) <= _LONGEST_NAME else f"{line[:_LONGEST_NAME]}…"
    return None
