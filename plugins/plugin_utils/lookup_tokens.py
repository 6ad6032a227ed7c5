# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Terms and results of the token lookups: scopes, details of a token, the token in a header."""

from __future__ import annotations

import datetime
import typing as t
from urllib.parse import urlsplit

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import has_user_information
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.values import format_time, is_guid
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token, decode_claims


def parse_scope(term: t.Any) -> str:
    """Return the scope that a term means: a scope as it is, a resource with ``/.default`` appended. Raises ConfigError."""
    if not isinstance(term, str) or not term.strip() or len(term.split()) != 1:
        raise ConfigError("each term must be one scope or one resource, as text without blanks", source="terms")
    cleaned = term.strip()
    if has_user_information(cleaned):
        raise ConfigError("a term has user information (something before an @), which no scope has", source="terms")
    try:
        parts = urlsplit(cleaned)
    except ValueError as exc:
        raise ConfigError(f"{cleaned!r} is an address that cannot be parsed", source="terms") from exc
    bare = is_guid(cleaned) or (bool(parts.netloc) and parts.path in ("", "/"))
    if bare:
        return f"{cleaned.rstrip('/')}/.default"
    if not parts.netloc and not cleaned.endswith("/.default"):
        raise ConfigError(
            f"{cleaned!r} is neither a scope nor a resource: give an address such as https://graph.microsoft.com, or an application id",
            source="terms",
        )
    return cleaned


def describe_token(token: Token) -> dict[str, t.Any]:
    """Return the token with its scope, expiry (RFC 3339), tenant and client; claims are not verified, and null where they cannot be read."""
    claims = decode_claims(token.value)
    ends = datetime.datetime.fromtimestamp(token.expires_at, datetime.timezone.utc) if token.expires_at else None
    return {
        "token": token.value,
        "scope": token.scope,
        "expires": format_time(ends) if ends else None,
        "tenant_id": claims.get("tid"),
        "client_id": claims.get("appid") or claims.get("azp"),
    }


def extract_token(headers: t.Mapping[str, str]) -> str:
    """Return the Commvault token among the *headers* of a signed-in request, without its scheme."""
    value = headers.get("Authtoken") or headers["Authorization"]
    return value.removeprefix("Bearer ")
