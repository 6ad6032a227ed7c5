# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: the resolution of token headers to a user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cvops_simulator.commvault.audit_trail import clean_text
from cvops_simulator.commvault.cell import Cell
from cvops_simulator.commvault.envelopes import ACCESS_DENIED, ApiError
from cvops_simulator.commvault.model import User
from cvops_simulator.commvault.rights import Rights
from cvops_simulator.commvault.sessions import strip_prefix
from cvops_simulator.core.names import fold_case

#: A login token expires after this many seconds without use.
IDLE_SECONDS = 1800.0


@dataclass
class Caller:
    """The user behind a request. `by`: login, access_token or external. `company_id`: the company it acts in."""

    user: User
    rights: Rights
    by: str
    company_id: int = 0
    token: str = ""


def denied(status: int = 401) -> ApiError:
    """Return the error of a request whose caller is unknown (401) or may not call this (403)."""
    return ApiError(ACCESS_DENIED, "Access denied", status, "G")


def read_token(headers: Mapping[str, str], authtoken_only: bool) -> tuple[str, str]:
    """Return the token of a request and the header in which it came as `Bearer`, empty without that word.

    `Authtoken` wins when both are there.
    """
    if token := headers.get("authtoken", ""):
        return strip_prefix(token), "authtoken" if token.lower().startswith("bearer ") else ""
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith("bearer ") and not (authtoken_only and authorization.count(".") < 2):
        return strip_prefix(authorization), "authorization"
    return "", ""


def identify(cell: Cell, headers: Mapping[str, str], path: str, client: str) -> Caller:
    """Return the caller of a request.

    Refuses with 401 (unknown, expired) or 403 (not allowed for this call or address).
    """
    token, bearer_header = read_token(headers, cell.behaviours.authtoken_only)
    if not token:
        raise denied()
    now = cell.clock.now()
    session = cell.sessions.logins.get(token)
    if session is not None:
        if now - session.used > IDLE_SECONDS:
            raise denied()
        session.used = now
        return _make_caller(cell, session.user_id, "login", token)
    access = cell.sessions.store.live(token, now)
    if access is not None:
        if not access.allows(path, cell.behaviours.client_address or client):
            raise denied(403)
        return _make_caller(cell, access.user_id, "access_token", token)
    if bearer_header in _list_oauth_headers(cell) and token.count(".") == 2:
        return _identify_external(cell, token)
    raise denied()


def _make_caller(cell: Cell, user_id: int, by: str, token: str) -> Caller:
    user = cell.state.users.get(user_id)
    if user is None or not user.enabled or not user.approved:
        raise denied()
    return Caller(user, Rights(cell.state, user), by, user.company_id, token)


def _list_oauth_headers(cell: Cell) -> tuple[str, ...]:
    taken = cell.behaviours.oauth_header
    return ("authorization", "authtoken") if taken == "both" else (taken,)


def _identify_external(cell: Cell, token: str) -> Caller:
    behaviours = cell.behaviours
    if not behaviours.oauth or not cell.has("external_tokens") or cell.verifier is None:
        raise denied()
    try:
        claims = cell.verifier(token)
    except ValueError:
        raise denied() from None
    name = str(claims.get(behaviours.oauth_claim) or claims.get("preferred_username") or "")
    if not name:
        name = behaviours.oauth_app_users.get(str(claims.get("appid") or claims.get("azp") or ""), "")
    for user in cell.state.users:
        if name and fold_case(name) in (fold_case(user.name), fold_case(user.upn), fold_case(user.email)):
            caller = _make_caller(cell, user.id, "external", token)
            if token not in cell.trail.known_tokens:
                cell.trail.known_tokens.add(token)
                details = f"User [{clean_text(user.name)}]\nMethod: [External token]"
                cell.audit_session(user, "Login", details)
            return caller
    raise denied()
