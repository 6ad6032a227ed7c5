# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: pairs of access and refresh token, with their chains."""

from __future__ import annotations

import copy
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

ALL, SCIM, ALL_TOO, CUSTOM, ONE_TOUCH, HYPERSCALE = range(6)
#: Types with an expiry of their own and no refresh token.
FIXED = (SCIM, ONE_TOUCH)
DAY = 86400.0
REFRESH_DAYS = 14


@dataclass
class AccessToken:
    """One access token record; renewal replaces its pair and keeps the record. Times are epoch seconds."""

    id: int
    name: str
    user_id: int
    type: int
    access: str
    refresh: str
    expires: float
    renewable_until: float
    api_endpoints: list[str] = field(default_factory=list)
    allowed_ips: list[str] = field(default_factory=list)
    #: Pairs that were traded in already: using one destroys the chain.
    spent: set[tuple[str, str]] = field(default_factory=set)

    @property
    def refresh_expires(self) -> float:
        """Last moment of a renewal by age."""
        return self.expires + REFRESH_DAYS * DAY

    def allows(self, path: str, client: str) -> bool:
        """Tell whether path (below the API root, with a leading slash) and address are within the token's limits."""
        if self.api_endpoints and not any(_is_below(path, prefix) for prefix in self.api_endpoints):
            return False
        return not self.allowed_ips or any(_is_inside(client, allowed) for allowed in self.allowed_ips)


def _is_below(path: str, prefix: str) -> bool:
    """Tell whether a path begins with an endpoint, as a prefix of text.

    `/plan` allows `/plan/7` and also `/planner`.
    """
    return path.lower().startswith("/" + prefix.strip("/").lower())


def _is_inside(client: str, allowed: str) -> bool:
    try:
        address = ipaddress.ip_address(client)
        if "-" in allowed:
            first, last = (ipaddress.ip_address(part.strip()) for part in allowed.split("-", 1))
            return first.version == address.version and int(first) <= int(address) <= int(last)
        return address in ipaddress.ip_network(allowed.strip(), strict=False)
    except ValueError:
        return False


def valid_address(text: str) -> bool:
    """Tell whether a text is an address, network or range."""
    try:
        for part in text.split("-", 1):
            ipaddress.ip_network(part.strip(), strict=False)
    except ValueError:
        return False
    return True


class TokenStore:
    """All access tokens of a CommCell."""

    def __init__(self, tokens: Iterable[AccessToken] = ()) -> None:
        self._by_id: dict[int, AccessToken] = {token.id: copy.deepcopy(token) for token in tokens}
        self._next = max(self._by_id, default=0) + 1
        #: Names of users whose chain was destroyed by the reuse of an old pair (the product mails them).
        self.destroyed: list[int] = []

    def create(self, name: str, user_id: int, kind: int, expires: float, renewable_until: float) -> AccessToken:
        """Issue a token."""
        refresh = "" if kind in FIXED else _make_refresh_token()
        token = AccessToken(self._next, name, user_id, kind, _make_access_token(), refresh, expires, renewable_until)
        self._by_id[token.id] = token
        self._next += 1
        return token

    def get(self, token_id: int) -> AccessToken | None:
        """Return a token by id, if there is one."""
        return self._by_id.get(token_id)

    def list_all(self) -> list[AccessToken]:
        """Return all tokens."""
        return list(self._by_id.values())

    def of_user(self, user_id: int) -> list[AccessToken]:
        """Return all tokens of a user."""
        return [token for token in self._by_id.values() if token.user_id == user_id]

    def live(self, access: str, now: float) -> AccessToken | None:
        """Return the record of an access token that is valid now."""
        token = next((item for item in self._by_id.values() if secrets.compare_digest(item.access, access)), None)
        return token if token is not None and now < token.expires else None

    def delete(self, token: AccessToken) -> None:
        """Revoke a token."""
        self._by_id.pop(token.id, None)

    def renew(self, access: str, refresh: str, now: float, life: float, keep: bool) -> AccessToken | None:
        """Trade a pair for a new one. None: unknown or too old. An old pair destroys its chain, also None."""
        for token in list(self._by_id.values()):
            if (access, refresh) in token.spent:
                self.delete(token)
                self.destroyed.append(token.user_id)
                return None
            if (token.access, token.refresh) == (access, refresh) and refresh:
                if now > token.refresh_expires or now > token.renewable_until:
                    return None
                token.spent.add((access, refresh))
                token.access = token.access if keep else _make_access_token()
                token.refresh = _make_refresh_token()
                token.expires = min(now + life, token.renewable_until)
                return token
        return None


def _make_access_token() -> str:
    return secrets.token_hex(40)


def _make_refresh_token() -> str:
    return secrets.token_hex(24).upper()
