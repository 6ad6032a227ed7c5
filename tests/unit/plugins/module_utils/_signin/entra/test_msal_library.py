# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of MSAL: whatever it makes of an answer is a mapping or one clear error, and it writes nowhere."""

from __future__ import annotations

import logging
import sys
import typing as t

import pytest
from token_service import SCOPE, TENANT, make_sign_in_context

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AuthError,
    BadAnswer,
    ConfigError,
    MissingLibrary,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.msal_library import (
    call_msal,
    load_msal,
    parse_token,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import Token


def test_the_library_writes_nothing_to_standard_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its warnings reach no handler of others; and as there is one, Python does not write them itself."""
    top = logging.getLogger("msal")
    monkeypatch.setattr(top, "handlers", [])  # as in a new process; pytest has handlers of its own
    monkeypatch.setattr(top, "propagate", True)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    load_msal("a test")
    load_msal("a test")
    logging.getLogger("msal.authority").warning("\x1b[2J")
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.getLogger("msal.authority").warning("\x1b[2J")
    assert capfd.readouterr().err == ""
    assert len(top.handlers) == 1


def test_an_answer_is_passed_on_as_it_is() -> None:
    answer = {"access_token": "abc"}
    assert call_msal(make_sign_in_context("client_secret"), "client_secret", lambda: answer) is answer


@pytest.mark.parametrize("answer", [None, [], "text", 7, True])
def test_an_answer_that_is_no_mapping_is_an_error(answer: t.Any) -> None:
    with pytest.raises(AuthError, match=f"it is a {type(answer).__name__}") as refused:
        call_msal(make_sign_in_context("client_secret"), "client_secret", lambda: answer)
    assert refused.value.code == "bad_answer"


def fail(error: Exception) -> t.Callable[[], t.Any]:
    def call() -> t.Any:
        raise error

    return call


@pytest.mark.parametrize(
    "error", [KeyError("secret-4711"), TypeError("secret-4711"), AttributeError(), RecursionError()]
)
def test_whatever_msal_raises_over_an_answer_is_one_error_without_its_words(error: Exception) -> None:
    with pytest.raises(AuthError, match="like a token service") as refused:
        call_msal(make_sign_in_context("client_secret"), "client_secret", fail(error))
    assert type(error).__name__ in str(refused.value)
    assert "secret-4711" not in str(refused.value)
    assert refused.value.__cause__ is error


def test_a_malformed_answer_keeps_what_is_known_of_it() -> None:
    with pytest.raises(AuthError, match=f"Cannot sign in to tenant {TENANT}: an HTML page") as refused:
        call_msal(
            make_sign_in_context("client_secret"),
            "client_secret",
            fail(BadAnswer("an HTML page", service="Entra sign-in", status=200)),
        )
    assert refused.value.status == 200


@pytest.mark.parametrize("error", [Unreachable("no answer", service="Entra sign-in"), ConfigError("wrong")])
def test_errors_of_the_collection_pass_unchanged(error: Exception) -> None:
    with pytest.raises(type(error)) as passed:
        call_msal(make_sign_in_context("client_secret"), "client_secret", fail(error))
    assert passed.value is error


def test_a_token_expires_when_its_life_is_over(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    now = ctx.clock.now().timestamp()
    token = parse_token(ctx, {"access_token": "abc", "expires_in": "3600"}, SCOPE)
    assert token == Token("abc", now + 3600, SCOPE)
    assert "abc" in ctx.secrets
    for odd in (None, "soon", -1, [], 10**400):
        assert parse_token(ctx, {"access_token": "abc", "expires_in": odd}, SCOPE) == Token("abc", now, SCOPE)


@pytest.mark.parametrize("value", [None, "", "a b", "a\r\nX-Evil: 1", "a\ud800", "ä", 7, ["a"], {"a": 1}, True])
def test_what_no_header_can_carry_is_no_token(make_ctx: t.Any, value: t.Any) -> None:
    assert parse_token(make_ctx(), {"access_token": value, "expires_in": 3600}, SCOPE) is None


def test_without_the_library_its_purpose_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msal", None)
    with pytest.raises(MissingLibrary, match="Signing in .*msal"):
        load_msal("Signing in")
