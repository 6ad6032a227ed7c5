# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: sessions of password logins, and the resolution of token headers to a user."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cvops_simulator.commvault.envelopes import ACCESS_DENIED, Refused
from cvops_simulator.commvault.model import User
from cvops_simulator.commvault.rights import Rights
from cvops_simulator.commvault.tokens import TokenStore
from cvops_simulator.core.names import case_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cvops_simulator.commvault.service import CommCellService

#: A login token dies after this many seconds without use.
IDLE_SECONDS = 1800.0
_PREFIXES = ("qsdk ", "saml ", "bearer ")

#: Checks an external token and returns its claims; raises ValueError for a bad one.
Verifier = Callable[[str], "dict[str, Any]"]


@dataclass
class Session:
    """One password login."""

    user_id: int
    device_id: str
    used: float


@dataclass
class Caller:
    """The user behind a request. `by`: login, access_token or external. `company_id`: the company it acts in."""

    user: User
    rights: Rights
    by: str
    company_id: int = 0
    token: str = ""


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


def bare(token: str) -> str:
    """A token without its prefix."""
    token = token.strip()
    for prefix in _PREFIXES:
        if token.lower().startswith(prefix):
            return token[len(prefix) :].strip()
    return token


def denied(status: int = 401) -> Refused:
    """Access denied, as all gates answer it."""
    return Refused(ACCESS_DENIED, "Access denied", status, "G")


def offered_token(headers: Mapping[str, str], authtoken_only: bool) -> tuple[str, bool]:
    """The token of a request and whether it came as `Authorization: Bearer`; `Authtoken` wins when both are there."""
    if token := headers.get("authtoken", ""):
        return bare(token), False
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith("bearer ") and not (authtoken_only and authorization.count(".") < 2):
        return bare(authorization), True
    return "", False


def identify(service: CommCellService, headers: Mapping[str, str], path: str, client: str) -> Caller:
    """The caller of a request; refuses with 401 (unknown, expired) or 403 (not allowed for this call or address)."""
    token, as_bearer = offered_token(headers, service.switches.authtoken_only)
    if not token:
        raise denied()
    now = service.context.clock.now()
    session = service.sessions.logins.get(token)
    if session is not None:
        if now - session.used > IDLE_SECONDS:
            raise denied()
        session.used = now
        return _caller(service, session.user_id, "login", token)
    access = service.sessions.store.live(token, now)
    if access is not None:
        if not access.allows(path, service.switches.client_address or client):
            raise denied(403)
        return _caller(service, access.user_id, "access_token", token)
    if as_bearer and token.count(".") == 2:
        return _external(service, token)
    raise denied()


def _caller(service: CommCellService, user_id: int, by: str, token: str) -> Caller:
    user = service.state.users.get(user_id)
    if user is None or not user.enabled or not user.approved:
        raise denied()
    return Caller(user, Rights(service.state, user), by, user.company_id, token)


def _external(service: CommCellService, token: str) -> Caller:
    switches = service.switches
    if not switches.oauth or service.release < 42 or service.verifier is None:
        raise denied()
    try:
        claims = service.verifier(token)
    except ValueError:
        raise denied() from None
    name = str(claims.get(switches.oauth_claim) or claims.get("preferred_username") or "")
    if not name:
        name = switches.oauth_app_users.get(str(claims.get("appid") or claims.get("azp") or ""), "")
    for user in service.state.users:
        if name and case_key(name) in (case_key(user.name), case_key(user.upn), case_key(user.email)):
            return _caller(service, user.id, "external", token)
    raise denied()
