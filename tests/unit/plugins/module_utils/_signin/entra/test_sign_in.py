# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens of a run: one sign-in per scope, again when one expires or is refused, and what a token says of its owner."""

from __future__ import annotations

import threading
import typing as t

import pytest
from token_service import SCOPE, build_jwt, make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.methods import IncompleteSignIn
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.sign_in import (
    MIN_VALIDITY_S,
    BearerCredentials,
    EntraSignIn,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.token_cache import open_token_cache
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token

OTHER = "api://another/.default"


class CountingMethod:
    """A method whose tokens are numbered and valid for ``life_s``."""

    name, is_personal, is_machine_bound = "client_secret", False, False

    def __init__(self, ctx: Context, life_s: float = 3600, can_renew: bool = True) -> None:
        self._ctx, self.life_s, self.can_renew = ctx, life_s, can_renew
        self.scopes: list[str] = []
        self.error: Exception | None = None

    def compute_fingerprint(self) -> str:
        return "fingerprint"

    def acquire_token(self, scope: str) -> Token:
        self.scopes.append(scope)
        if self.error is not None:
            raise self.error
        return Token(f"token-{len(self.scopes)}", self._ctx.clock.now().timestamp() + self.life_s, scope)


def sign_in_with(ctx: Context, **options: t.Any) -> tuple[EntraSignIn, CountingMethod]:
    sign_in, method = EntraSignIn(ctx), CountingMethod(ctx, **options)
    sign_in._method = method
    return sign_in, method


@pytest.fixture
def ctx(make_ctx: t.Any) -> Context:
    made: Context = make_ctx(dict(make_sign_in_context("client_secret").options))
    return made


def test_each_scope_is_signed_in_once(ctx: Context) -> None:
    sign_in, method = sign_in_with(ctx)
    assert [sign_in.get_token(scope).value for scope in (SCOPE, OTHER, SCOPE, OTHER)] == [
        "token-1",
        "token-2",
        "token-1",
        "token-2",
    ]
    assert method.scopes == [SCOPE, OTHER]
    assert {"token-1", "token-2"} <= set(ctx.secrets)
    assert sign_in.method == "client_secret"


def test_a_token_that_nearly_expires_is_replaced(ctx: Context) -> None:
    sign_in, method = sign_in_with(ctx)
    sign_in.get_token(SCOPE)
    ctx.clock.passed = 3600 - MIN_VALIDITY_S  # type: ignore[attr-defined]
    assert sign_in.get_token(SCOPE).value == "token-1"
    ctx.clock.passed += 1  # type: ignore[attr-defined]
    assert sign_in.get_token(SCOPE).value == "token-2"
    assert sign_in.get_token(SCOPE, min_validity_s=3601).value == "token-3"


def test_a_token_that_cannot_be_renewed_is_used_as_long_as_it_lives(ctx: Context) -> None:
    sign_in, method = sign_in_with(ctx, life_s=1, can_renew=False)
    assert [sign_in.get_token(SCOPE).value for dummy in range(3)] == ["token-1"] * 3


def test_a_forgotten_token_is_signed_in_anew(ctx: Context) -> None:
    sign_in, method = sign_in_with(ctx)
    assert sign_in.forget_token(SCOPE) is True, "nothing to forget is no error"
    sign_in.get_token(SCOPE)
    sign_in.get_token(OTHER)
    assert sign_in.forget_token(SCOPE) is True
    assert (sign_in.get_token(SCOPE).value, sign_in.get_token(OTHER).value) == ("token-3", "token-2")


def test_a_token_that_was_given_has_no_other(ctx: Context) -> None:
    sign_in, _method = sign_in_with(ctx, can_renew=False)
    assert sign_in.forget_token(SCOPE) is False


def test_a_failed_sign_in_is_tried_again_by_the_next_request(ctx: Context) -> None:
    sign_in, method = sign_in_with(ctx)
    method.error = AuthError("refused", service="Entra sign-in")
    with pytest.raises(AuthError):
        sign_in.get_token(SCOPE)
    method.error = None
    assert sign_in.get_token(SCOPE).value == "token-2"


def test_threads_share_one_sign_in(ctx: Context) -> None:
    sign_in, method = sign_in_with(ctx)
    threads = [threading.Thread(target=sign_in.get_token, args=(SCOPE,)) for dummy in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert method.scopes == [SCOPE]


def test_a_refused_token_leaves_the_cache_too(make_ctx: t.Any, tmp_path: t.Any) -> None:
    """Else the next task would get it again; a newer one that another task has put there stays."""
    options = {**make_sign_in_context("client_secret").options, "token_cache": "run"}
    first_ctx, second_ctx = (make_ctx(options, run_directory=str(tmp_path)) for dummy in range(2))
    first, _method = sign_in_with(first_ctx)
    second, method = sign_in_with(second_ctx)
    assert first.get_token(SCOPE).value == second.get_token(SCOPE).value == "token-1"
    assert method.scopes == []
    second.forget_token(SCOPE)
    cache = open_token_cache(second_ctx)
    assert cache is not None
    assert cache.read_token(second._build_cache_key(SCOPE)) is None
    assert second.get_token(SCOPE).value == "token-1" and method.scopes == [SCOPE]


@pytest.mark.parametrize(
    ("options", "of_method", "scope"),
    [
        ({"tenant_id": "22222222-2222-3333-4444-555555555555"}, {}, SCOPE),
        ({"client_id": "77777777-7777-8888-9999-000000000000"}, {}, SCOPE),
        ({"authority_url": "https://login.example"}, {}, SCOPE),
        ({}, {"name": "client_certificate"}, SCOPE),
        ({}, {"compute_fingerprint": lambda: "of another credential"}, SCOPE),
        ({}, {}, OTHER),
    ],
    ids=["tenant", "client", "authority", "method", "credential", "scope"],
)
def test_a_cached_token_is_not_served_to_another_identity(
    make_ctx: t.Any, tmp_path: t.Any, options: dict[str, t.Any], of_method: dict[str, t.Any], scope: str
) -> None:
    usual = {**make_sign_in_context("client_secret").options, "token_cache": "run"}
    first, _method = sign_in_with(make_ctx(usual, run_directory=str(tmp_path)))
    first.get_token(SCOPE)
    same, method_of_same = sign_in_with(make_ctx(usual, run_directory=str(tmp_path)))
    same.get_token(SCOPE)
    assert method_of_same.scopes == []
    other, method = sign_in_with(make_ctx({**usual, **options}, run_directory=str(tmp_path)))
    for name, value in of_method.items():
        setattr(method, name, value)
    other.get_token(scope)
    assert method.scopes == [scope]


def test_an_incomplete_sign_in_is_refused_at_once(make_ctx: t.Any) -> None:
    with pytest.raises(IncompleteSignIn):
        EntraSignIn(make_ctx({"auth_method": "auto"}))


def test_bearer_credentials_follow_the_sign_in(ctx: Context) -> None:
    sign_in, _method = sign_in_with(ctx)
    credentials = BearerCredentials(sign_in, SCOPE)
    assert credentials.build_headers() == {"Authorization": "Bearer token-1"}
    assert credentials.renew() is True
    assert credentials.build_headers() == {"Authorization": "Bearer token-2"}


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"appid": "a1", "app_displayname": "bot", "oid": "o1", "tid": "t1"}, ("application", "bot", None, "a1", "t1")),
        ({"scp": "x", "preferred_username": "p@x", "name": "P"}, ("user", "P", "p@x", None, None)),
        ({"scp": "x", "unique_name": "u@x"}, ("user", None, "u@x", None, None)),
        ({"scp": "x", "upn": ["u@x"], "name": {"a": 1}, "oid": 7, "tid": None}, ("user", None, None, None, None)),
        (
            {"appid": "a\x1b[2J", "app_displayname": "b\u202eot\r\nok"},
            ("application", "b\\u202eot ok", None, "a\\x1b[2J", None),
        ),
        ({"app_displayname": "x" * 5000}, ("application", "x" * 256 + "…", None, None, None)),
    ],
)
def test_whom_a_token_names(claims: dict[str, t.Any], told: tuple[str | None, ...]) -> None:
    """Text from outside: of one line, as long as names are, with nothing in it that steers a terminal."""
    ctx = make_sign_in_context("client_secret", auth_method="token", access_token=build_jwt(**claims))
    EntraSignIn(ctx).get_token(SCOPE)
    says = ctx.identity["entra_token_says"]
    found = tuple(says.get(name) for name in ("kind", "display_name", "user_name", "app_id", "tenant_id"))
    assert found == told
