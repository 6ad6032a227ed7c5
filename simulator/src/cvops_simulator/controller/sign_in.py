# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: Basic, Bearer, or a session's cookie."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from cvops_simulator.controller.state import Row, State

SESSION_COOKIE, CSRF_COOKIE = "awx_sessionid", "csrftoken"


@dataclass(frozen=True)
class Caller:
    """A user, and whether what it signed in with may change things."""

    user: Row
    may_write: bool = True


def find_caller(state: State, headers: Mapping[str, str]) -> Caller | None:
    """Return who sends a request, None for nobody or for wrong credentials."""
    kind, _space, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return _find_by_token(state, value.strip())
    if kind.lower() == "basic":
        return _find_by_password(state, value)
    user = state.find("users", state.sessions.get(read_cookies(headers).get(SESSION_COOKIE, "")))
    return Caller(user) if user is not None else None


def check_password(state: State, username: str, password: str) -> Row | None:
    """Return the user with this name and password, if there is one."""
    for user in state.list_where("users", username=username):
        if user["password"] and secrets.compare_digest(str(user["password"]).encode(), password.encode()):
            return user
    return None


def open_session(state: State, user: Row) -> str:
    """Return the cookie's value of a new session."""
    value = secrets.token_hex(16)
    state.sessions[value] = user.id
    return value


def read_cookies(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the cookies of a request."""
    try:
        return {name: item.value for name, item in SimpleCookie(headers.get("cookie", "")).items()}
    except CookieError:
        return {}


def _find_by_token(state: State, text: str) -> Caller | None:
    for token in state.list_all("tokens"):
        if text and secrets.compare_digest(str(token["token"]), text):
            user = state.find("users", token["user"])
            return Caller(user, "write" in token["scope"].split()) if user is not None else None
    return None


def _find_by_password(state: State, value: str) -> Caller | None:
    try:
        username, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    user = check_password(state, username, password)
    return Caller(user) if user is not None else None
