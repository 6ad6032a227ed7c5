# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A person who signs in: what is shown is checked and ours, the browser goes to the sign-in only, and waiting ends."""

from __future__ import annotations

import json
import typing as t

import pytest
from reporters import RecordingReporter
from token_service import (
    DEEP,
    DISCOVERY,
    FLOW,
    SCOPE,
    TokenService,
    make_sign_in_context,
)

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra import interactive

pytestmark = pytest.mark.usefixtures("no_waiting")

HOSTILE_FLOWS: dict[str, dict[str, t.Any]] = {
    "no code": {"user_code": None},
    "a code with a forged line": {"user_code": "ABCD1234\nPLAY RECAP"},
    "a code with an escape": {"user_code": "\x1b[2JABCD"},
    "a code that is a sentence": {"user_code": "ABCD then call 555-0100"},
    "a code that is a list": {"user_code": ["ABCD1234"]},
    "an address without TLS": {"verification_uri": "http://microsoft.com/devicelogin"},
    "an address that is a script": {"verification_uri": "javascript:alert(1)"},
    "an address with credentials": {"verification_uri": "https://microsoft.com@evil.example/devicelogin"},
    "an address that looks like another": {"verification_uri": "https://micr\u043esoft.com/devicelogin"},
    "an address with a line": {"verification_uri": "https://evil.example/\nok"},
    "an address that is none": {"verification_uri": "https://[::1"},
    "an address that is a number": {"verification_uri": 7},
    "no address": {"verification_uri": None},
    "a wait of years": {"interval": 10**9},
    "a negative wait": {"interval": -1},
    "a wait that is text": {"interval": "soon"},
    "a wait that is a list": {"interval": []},
    "a life that is text": {"expires_in": "abc"},
    "a life of nothing": {"expires_in": 0},
    "a negative life": {"expires_in": -5},
    "a device code that is an object": {"device_code": {}},
    "no device code": {"device_code": None},
}


@pytest.mark.parametrize("change", HOSTILE_FLOWS.values(), ids=HOSTILE_FLOWS.keys())
def test_a_flow_that_cannot_be_shown_is_not_shown(service: TokenService, change: dict[str, t.Any]) -> None:
    service.bodies["devicecode"] = json.dumps({**FLOW, **change})
    ctx = make_sign_in_context("device_code")
    with pytest.raises(AuthError):
        interactive.sign_in_with_device_code(ctx, SCOPE)
    assert t.cast("RecordingReporter", ctx.reporter).news == []


@pytest.mark.parametrize("body", ["[]", "7", "null", "", "<html>", DEEP])
def test_a_flow_that_is_none(service: TokenService, body: str) -> None:
    service.bodies["devicecode"] = body
    with pytest.raises(AuthError):
        interactive.sign_in_with_device_code(make_sign_in_context("device_code"), SCOPE)


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("https://microsoft.com/devicelogin", False),
        ("https://login.microsoftonline.us/device", False),
        ("https://login.microsoftonline.com/device", False),
        ("https://microsoft.com.evil.example/devicelogin", True),
        ("https://notmicrosoft.com/devicelogin", True),
    ],
)
def test_the_prompt_is_ours_and_shows_where_it_leads(service: TokenService, address: str, warned: bool) -> None:
    service.bodies["devicecode"] = json.dumps({**FLOW, "verification_uri": address})
    service.bodies["token"] = json.dumps({"access_token": "abc", "expires_in": 60})
    ctx = make_sign_in_context("device_code")
    interactive.sign_in_with_device_code(ctx, SCOPE)
    (line,) = t.cast("RecordingReporter", ctx.reporter).news
    assert f"open {address} in" in line and "ABCD1234" in line and "RECAP" not in line
    assert ("Attention" in line) is warned


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self, ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        self.slept: list[float] = []
        self.now = 1000.0
        monkeypatch.setattr(ctx.clock, "monotonic", lambda: self.now)
        monkeypatch.setattr(Context, "sleep", lambda _self, seconds: self.sleep(seconds))

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.mark.parametrize(("deadline_s", "valid_s"), [(30, 900), (900, 40)])
def test_a_code_that_nobody_types_ends_with_the_deadline_or_its_own_life(
    service: TokenService, monkeypatch: pytest.MonkeyPatch, deadline_s: float, valid_s: float
) -> None:
    """Not with what the library would wait, which asks only its own clock."""
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("somebody sleeps on his own account"))
    service.bodies["devicecode"] = json.dumps({**FLOW, "expires_in": valid_s})
    service.bodies["token"], service.status = json.dumps({"error": "authorization_pending"}), 400
    ctx = make_sign_in_context("device_code")
    moving = Time(ctx, monkeypatch)
    ctx.deadline_at = moving.now + deadline_s
    with pytest.raises(AuthError, match="in time") as found:
        interactive.sign_in_with_device_code(ctx, SCOPE)
    assert found.value.code == "timeout"
    assert sum(moving.slept) == pytest.approx(min(deadline_s, valid_s))
    assert max(moving.slept) <= 5


def test_slow_down_is_obeyed_within_reason(service: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    service.bodies["token"], service.status = json.dumps({"error": "slow_down"}), 400
    ctx = make_sign_in_context("device_code")
    moving = Time(ctx, monkeypatch)
    ctx.deadline_at = moving.now + 800
    with pytest.raises(AuthError, match="in time"):
        interactive.sign_in_with_device_code(ctx, SCOPE)
    assert moving.slept[:3] == [5, 10, 15]
    assert max(moving.slept) == 60


def test_nobody_in_the_browser(service: TokenService, monkeypatch: pytest.MonkeyPatch) -> None:
    from msal.oauth2cli.authcode import AuthCodeReceiver

    def nobody(_self: t.Any, timeout: int | None = None, **_more: t.Any) -> None:
        assert timeout is not None and timeout <= 60

    monkeypatch.setattr(AuthCodeReceiver, "get_auth_response", nobody)
    with pytest.raises(AuthError, match="Nobody signed in within"):
        interactive.sign_in_with_browser(make_sign_in_context("interactive"), SCOPE)


class Browser:
    """The receiver's own parts that open a browser and wait for its answer, so that nothing of ours is left out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, works: bool) -> None:
        from msal.oauth2cli import authcode

        self.opened: list[str] = []
        monkeypatch.setattr(authcode, "_browse", lambda address, **_more: self.opened.append(address) or works)
        monkeypatch.setattr(authcode._AuthCodeHttpServer, "handle_request", self._answer)

    @staticmethod
    def _answer(server: t.Any) -> None:
        server.auth_response = {"error": "access_denied", "state": server.auth_state}


@pytest.fixture
def real_receiver(monkeypatch: pytest.MonkeyPatch) -> TokenService:
    return TokenService(monkeypatch)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/authorize",
        "https://login.microsoftonline.com.evil.example/a",
        "https://login.microsoftonline.com@evil.example/a",
        "https://u:p@login.microsoftonline.com/a",
        "https://login.microsoftonline.com:8443/a",
        "https://login.microsoftonline.com\\@evil.example/a",
        "http://login.microsoftonline.com/a",
        "//evil.example/a",
        "//login.microsoftonline.com/a",
        "login.microsoftonline.com/a",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--help",
        "",
        "https://login.microsoftonline.com/a\r\nPLAY RECAP",
        "https://login.microsoftonline.com/\x1b]8;;x",
        "https://login.microsoftonline.com/\u202ea",
        "https://login.microsoftonline.com/a?redirect_uri=https://evil.example",
        7,
        [],
        None,
    ],
)
def test_the_browser_goes_nowhere_but_to_the_sign_in(
    real_receiver: TokenService, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], address: t.Any
) -> None:
    browser = Browser(monkeypatch, works=False)
    real_receiver.bodies["discovery"] = json.dumps({**DISCOVERY, "authorization_endpoint": address})
    ctx = make_sign_in_context("interactive")
    with pytest.raises(AuthError) as caught:
        interactive.sign_in_with_browser(ctx, SCOPE)
    assert browser.opened == []
    assert t.cast("RecordingReporter", ctx.reporter).news == []
    assert str(caught.value).isprintable()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("root", ["https://login.microsoftonline.com", "https://LOGIN.microsoftonline.com"])
@pytest.mark.parametrize("works", [True, False])
def test_without_a_browser_the_address_is_shown_once_on_one_line(
    real_receiver: TokenService,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    works: bool,
    root: str,
) -> None:
    browser = Browser(monkeypatch, works)
    real_receiver.bodies["discovery"] = json.dumps({**DISCOVERY, "authorization_endpoint": f"{root}/t/authorize"})
    ctx = make_sign_in_context("interactive")
    assert interactive.sign_in_with_browser(ctx, SCOPE)["error"] == "access_denied"
    assert len(browser.opened) == 1
    lines = t.cast("RecordingReporter", ctx.reporter).news
    assert len(lines) == (0 if works else 1)
    assert all(browser.opened[0] in line and line.isprintable() for line in lines)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [OSError("no browser"), RuntimeError("x"), PermissionError(13, "port")])
def test_a_browser_that_fails(service: TokenService, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    from msal.oauth2cli.authcode import AuthCodeReceiver

    def broken(_self: t.Any, **_more: t.Any) -> None:
        raise error

    monkeypatch.setattr(AuthCodeReceiver, "get_auth_response", broken)
    with pytest.raises(AuthError):
        interactive.sign_in_with_browser(make_sign_in_context("interactive"), SCOPE)
