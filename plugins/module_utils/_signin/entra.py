# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of Entra ID for this run: one sign-in per identity and resource."""

from __future__ import annotations

import threading

from .._core.context import Context
from .methods import Token, choose

#: A token is served only while at least this many seconds of its life are left.
MIN_VALIDITY_S = 300.0


class EntraSignIn:
    """Signs in when a token is first needed, and again when one runs out or is refused."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._method = choose(ctx)
        self._tokens: dict[str, Token] = {}
        self._lock = threading.RLock()

    @property
    def method(self) -> str:
        """The name of the method in use."""
        return str(self._method.name)

    def token(self, scope: str, min_validity_s: float = MIN_VALIDITY_S) -> Token:
        """A token for *scope* with *min_validity_s* seconds left; a ready token is passed on as long as it lives."""
        with self._lock:
            known = self._tokens.get(scope)
            if known is None or (
                self._method.can_renew and known.expires_at - self._ctx.clock.now().timestamp() < min_validity_s
            ):
                known = self._tokens[scope] = self._method.acquire(scope)
                self._ctx.secrets.add(known.value)
            return known

    def drop(self, scope: str) -> bool:
        """Forget the token for *scope*: it was refused, or rights were granted since. False when no other can be had."""
        with self._lock:
            self._tokens.pop(scope, None)
            return bool(self._method.can_renew)


class BearerCredentials:
    """An Entra token as ``Authorization: Bearer``."""

    def __init__(self, sign_in: EntraSignIn, scope: str) -> None:
        self._sign_in, self._scope = sign_in, scope

    def headers(self) -> dict[str, str]:
        """The header with a valid token."""
        return {"Authorization": f"Bearer {self._sign_in.token(self._scope).value}"}

    def renew(self) -> bool:
        """The token was refused: the next request signs in anew."""
        return self._sign_in.drop(self._scope)
