# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Access tokens of Entra ID for this run: one sign-in per identity and scope, shared through the token cache."""

from __future__ import annotations

import contextlib
import threading
import typing as t

from ..._core.context import Context
from ..clouds import get_authority_url
from ..tokens import Token, decode_claims, describe_identity, get_tenant_id
from .methods import choose_method
from .token_cache import build_cache_key, open_token_cache, remove_cached_tokens

#: A token is served only while it is valid for at least this many seconds.
MIN_VALIDITY_S = 300.0


class EntraSignIn:
    """Source of Entra tokens: signs in when a token is first needed, and again when one expires or is refused."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._method = choose_method(ctx)
        method = self._method
        self._cache = open_token_cache(ctx, method.is_personal, method.is_machine_bound) if method.can_renew else None
        self._tokens: dict[str, Token] = {}
        self._lock = threading.RLock()

    @property
    def method(self) -> str:
        """The auth_method in use."""
        return str(self._method.name)

    def get_token(self, scope: str, min_validity_s: float = MIN_VALIDITY_S) -> Token:
        """Return a token for *scope* that is valid for *min_validity_s* seconds; one given as option only has to be unexpired.

        Raises AuthError, ConfigError, Unreachable, Throttled, MissingLibrary.
        """
        with self._lock:
            known = self._tokens.get(scope)
            if known is None or not self._is_valid_for(known, min_validity_s):
                known = self._tokens[scope] = self._get_shared_token(scope, min_validity_s)
                self._ctx.secrets.add(known.value)
                self._ctx.identity["entra_token_says"] = _describe_token(known, self.method)
            return known

    def forget_token(self, scope: str) -> bool:
        """Forget the token for *scope*, because it was refused. Return False when there can be no other."""
        with self._lock:
            refused = self._tokens.pop(scope, None)
            if refused is not None and self._cache is not None:
                self._cache.remove_token(self._build_cache_key(scope), refused)
            return bool(self._method.can_renew)

    def expire_tokens(self, app_id: str) -> None:
        """Remove cached tokens of the application *app_id*, whose rights have changed; the one in use here serves this task to its end."""
        remove_cached_tokens(self._ctx, app_id)

    def _is_valid_for(self, token: Token, min_validity_s: float) -> bool:
        if not self._method.can_renew:
            return True
        return token.expires_at - self._ctx.clock.now().timestamp() >= min_validity_s

    def _get_shared_token(self, scope: str, min_validity_s: float) -> Token:
        """Return a token from the cache, else sign in; of several processes that need the same token one does, the others wait."""
        cache, key = self._cache, self._build_cache_key(scope)
        if cache is None:
            return self._acquire_token(scope)
        found = cache.read_token(key)
        if found is not None and self._is_valid_for(found, min_validity_s):
            return found
        with contextlib.ExitStack() as stack:
            stack.enter_context(cache.lock(key))
            found = cache.read_token(key)
            if found is not None and self._is_valid_for(found, min_validity_s):
                return found
            fresh = self._acquire_token(scope)
            cache.write_token(key, fresh)
            return fresh

    def _acquire_token(self, scope: str) -> Token:
        token: Token = self._method.acquire_token(scope)
        return token

    def _build_cache_key(self, scope: str) -> str:
        options = self._ctx.options
        return build_cache_key(
            get_authority_url(options),
            str(options.get("tenant_id")),
            str(options.get("client_id")),
            self.method,
            self._method.compute_fingerprint(),
            scope,
        )


def _describe_token(token: Token, method: str) -> dict[str, t.Any]:
    claims = decode_claims(token.value)
    told = {**describe_identity(claims, method), "tenant_id": get_tenant_id(claims)}
    return {name: value for name, value in told.items() if value is not None}


class BearerCredentials:
    """Credentials of a Transport: an Entra token as ``Authorization: Bearer``."""

    def __init__(self, sign_in: EntraSignIn, scope: str) -> None:
        self._sign_in, self._scope = sign_in, scope

    def build_headers(self) -> dict[str, str]:
        """Return the header with a valid token. Raises as :meth:`EntraSignIn.get_token` does."""
        return {"Authorization": f"Bearer {self._sign_in.get_token(self._scope).value}"}

    def renew(self) -> bool:
        """Forget a token that was refused; return True when the next request can get another."""
        return self._sign_in.forget_token(self._scope)
