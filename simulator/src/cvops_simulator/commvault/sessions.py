# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of password logins, and all tokens of one CommCell."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cvops_simulator.commvault.tokens import TokenStore

_PREFIXES = ("qsdk ", "saml ", "bearer ")


@dataclass
class Session:
    """One password login."""

    user_id: int
    device_id: str
    used: float


@dataclass
class Sessions:
    """All tokens of one CommCell."""

    logins: dict[str, Session] = field(default_factory=dict)
    store: TokenStore = field(default_factory=TokenStore)
    #: Every login token ever handed out, without its prefix: for tests that look for leaks.
    issued: list[str] = field(default_factory=list)

    def login(self, user_id: int, device_id: str, now: float, prefix: str = "QSDK ") -> str:
        """Open a session; returns the token as clients send it."""
        token = secrets.token_hex(48)
        self.issued.append(token)
        self.logins[token] = Session(user_id, device_id, now)
        return prefix + token


@dataclass
class SamlSignOns:
    """What SAML sign-ons leave behind: requests that are out, assertions that were used, groups that a sign-on gave."""

    requests: set[str] = field(default_factory=set)
    assertions: set[str] = field(default_factory=set)
    #: By user id, the groups that the last sign-on put the user in.
    given_groups: dict[int, set[int]] = field(default_factory=dict)


def strip_prefix(token: str) -> str:
    """Return a token without its prefix."""
    token = token.strip()
    for prefix in _PREFIXES:
        if token.lower().startswith(prefix):
            return token[len(prefix) :].strip()
    return token
