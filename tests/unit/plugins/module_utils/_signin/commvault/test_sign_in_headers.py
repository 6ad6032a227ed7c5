# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A session that is handed out is either delivered or ended, at whatever moment a signal comes."""

from __future__ import annotations

import signal
import sys
import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.lookup import commvault_token
from ansible_collections.cvops.identity.plugins.module_utils._core import cancellation
from ansible_collections.cvops.identity.plugins.module_utils._signin.commvault import sign_in

#: Files of which each call and return is a moment to be stopped at.
FILES = ("sign_in.py", "commvault_token.py", "cancellation.py", "context.py")


class Sessions:
    """Counts the open sessions of a CommServe that is not there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open = 0
        monkeypatch.setattr(sign_in.PasswordCredentials, "_log_in", lambda _login: self.begin())
        monkeypatch.setattr(sign_in.PasswordCredentials, "_end_session", lambda _login, _token: self.end())
        monkeypatch.setattr(sign_in, "Transport", lambda *_given: None)
        monkeypatch.setattr(sign_in, "_find_api_address", lambda *_given: "https://cs.example/api")

    def begin(self) -> str:
        self.open += 1
        return "token-of-the-session"

    def end(self) -> None:
        self.open -= 1


class Interrupter:
    """Sends a signal to this process at the n-th moment; ``came`` tells whether it did."""

    def __init__(self, number: int) -> None:
        self.left, self.came = number, False

    def __call__(self, frame: types.FrameType, event: str, _argument: t.Any) -> None:
        name = frame.f_code.co_filename.rsplit("/", maxsplit=1)[-1]
        if self.came or event not in ("call", "return") or name not in FILES:
            return
        self.left -= 1
        if self.left == 0:
            self.came = True
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)


OPTIONS = {
    "commvault_url": "https://cs.example/api",
    "commvault_username": "ada",
    "commvault_password": "pw",
}


def looked_up(interrupter: Interrupter | None) -> t.Any:
    """What the lookup returns, or the error."""
    sys.setprofile(interrupter)
    try:
        return commvault_token.LookupModule(loader=None, templar=None).run([], {}, **OPTIONS)
    except Exception as exc:
        return exc
    finally:
        sys.setprofile(None)


def test_no_moment_leaves_a_session_that_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(monkeypatch)
    previous = signal.signal(signal.SIGINT, lambda _number, _frame: None)  # before and after the lookup it is not ours
    try:
        _stop_at_every_moment(monkeypatch, sessions)
    finally:
        signal.signal(signal.SIGINT, previous)


def _stop_at_every_moment(monkeypatch: pytest.MonkeyPatch, sessions: Sessions) -> None:
    monkeypatch.setattr(cancellation.os, "kill", lambda _process, _number: None)  # the signal is handed on to Ansible
    outcomes = set()
    for number in range(1, 400):
        sessions.open = 0
        interrupter = Interrupter(number)
        found = looked_up(interrupter)
        if not interrupter.came:
            break
        delivered = found == ["token-of-the-session"]
        outcomes.add((delivered, sessions.open))
        assert delivered or sessions.open == 0, (number, found)
    else:
        pytest.fail("there is no end to the moments")
    assert number > 20
    assert (True, 1) in outcomes  # came too late: the answer stands
    assert (False, 0) in outcomes  # came early: the session was ended, or never began


def test_nobody_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions(monkeypatch)
    assert looked_up(None) == ["token-of-the-session"]
    assert sessions.open == 1
