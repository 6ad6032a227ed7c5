# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals become one error; handlers are restored."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import (
    Cancellation,
    _Call,
    handle_signals,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled
from ansible_collections.cvops.identity.plugins.module_utils._core.parallel import map_in_parallel

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in NUMBERS]


@pytest.mark.parametrize(
    ("number", "timeout", "said"),
    [
        (signal.SIGINT, None, "Stopped by SIGINT"),
        (signal.SIGTERM, None, "Stopped by SIGTERM"),
        (signal.SIGHUP, None, "Stopped by SIGHUP"),
        (signal.SIGALRM, 7, "Stopped by the task's timeout of 7 s"),
    ],
)
def test_a_signal_ends_the_body_once(number: int, timeout: int | None, said: str) -> None:
    before, tidied = handlers(), []
    cancellation = Cancellation()
    with pytest.raises(Cancelled, match=said), handle_signals(cancellation, timeout):
        try:
            os.kill(os.getpid(), number)
            time.sleep(300)
        finally:
            os.kill(os.getpid(), number)  # an impatient user: tidying up goes on
            time.sleep(0.01)
            tidied.append(True)
    assert tidied == [True]
    assert handlers() == before
    assert cancellation.is_requested


def test_an_alarm_is_left_alone_without_a_timeout() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with handle_signals(Cancellation()):
        assert signal.getsignal(signal.SIGALRM) == before
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL


def test_handlers_come_back_after_an_error() -> None:
    before = handlers()
    with pytest.raises(LookupError), handle_signals(Cancellation(), 5):
        raise LookupError
    assert handlers() == before


def test_other_threads_run_as_they_are() -> None:
    seen: list[object] = []
    before = handlers()

    def body() -> None:
        with handle_signals(Cancellation(), 5):
            seen.extend(handlers())

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == before


def test_only_the_first_request_to_stop_counts() -> None:
    cancellation = Cancellation()
    cancellation.check()
    assert cancellation.request_stop("SIGINT")
    assert not cancellation.request_stop("SIGTERM")
    with pytest.raises(Cancelled, match="SIGINT"):
        cancellation.check()
    with pytest.raises(Cancelled, match="SIGINT"):
        cancellation.wait(10)


def test_a_wait_that_nobody_stops_takes_its_time() -> None:
    started = time.monotonic()
    Cancellation().wait(0.02)
    assert time.monotonic() - started >= 0.02


def kill_later(number: int, seconds: float) -> None:
    """To the main thread, as the kernel does it for a process."""
    threading.Timer(seconds, os.kill, [os.getpid(), number]).start()


def slow(seconds: float, value: t.Any) -> t.Callable[[], t.Any]:
    def work() -> t.Any:
        time.sleep(seconds)
        return value

    return work


def test_an_ignored_hangup_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handle_signals(Cancellation()):
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.01)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_is_handed_on_once_everything_is_tidied_up() -> None:
    order: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: order.append("outer"))
    try:
        with pytest.raises(Cancelled), handle_signals(Cancellation(), resend=True):
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(300)
            finally:
                order.append("tidied")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert order == ["tidied", "outer"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM])
def test_an_answer_within_the_grace_period_is_kept(number: int) -> None:
    cancellation, kept = Cancellation(), []
    with pytest.raises(Cancelled), handle_signals(cancellation, 7):
        kill_later(number, 0.1)
        with cancellation.shield():
            kept.append(cancellation.finish_call(slow(0.4, "token")))
            assert cancellation.is_requested
        cancellation.check()
    assert kept == ["token"]


def test_an_answer_after_the_grace_period_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.cvops.identity.plugins.module_utils._core.cancellation.GRACE_S", 0.1)
    monkeypatch.setattr(
        "ansible_collections.cvops.identity.plugins.module_utils._core.cancellation._SHORTEST_GRACE_S", 0.1
    )
    cancellation, answered = Cancellation(), threading.Event()
    undone: list[str] = []

    def work() -> str:
        answered.wait(300)
        return "token"

    with pytest.raises(Cancelled, match="no answer in time"), handle_signals(cancellation):
        kill_later(signal.SIGTERM, 0.05)
        cancellation.finish_call(work, undo_late=undone.append)
    assert undone == []
    answered.set()
    give_up_at = time.monotonic() + 120
    while not undone and time.monotonic() < give_up_at:
        time.sleep(0.02)
    assert undone == ["token"]


def test_nobody_waits_for_an_answer_that_is_not_needed() -> None:
    cancellation = Cancellation()
    started = time.monotonic()
    with pytest.raises(Cancelled), handle_signals(cancellation):
        kill_later(signal.SIGTERM, 0.05)
        cancellation.finish_call(slow(300, None), needed=False)
    assert time.monotonic() - started < 120


def test_a_handler_of_somebody_else_may_raise_too() -> None:
    """As Ansible's own for a task's timeout does while a lookup runs: the answer is undone before the process may end."""
    undone: list[str] = []

    def stop(*_: object) -> None:
        raise LookupError

    before = signal.signal(signal.SIGALRM, stop)
    try:
        with pytest.raises(LookupError):
            kill_later(signal.SIGALRM, 0.1)
            Cancellation().finish_call(slow(0.5, "token"), undo_late=undone.append)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert undone == ["token"]


def test_errors_of_a_call_are_raised_where_it_was_made() -> None:
    def work() -> None:
        raise LookupError("said")

    with pytest.raises(LookupError, match="said"):
        Cancellation().finish_call(work)


def test_what_is_begun_to_tidy_up_gets_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.cvops.identity.plugins.module_utils._core.cancellation.GRACE_S", 0.0)
    cancellation = Cancellation()
    cancellation.request_stop("SIGTERM")
    assert cancellation.finish_call(slow(0.2, "logged out")) == "logged out"


def test_a_signal_during_the_wait_for_a_signal() -> None:
    """An Event that is set by a handler waits for ever when its own lock is held by what the handler interrupted."""
    cancellation = Cancellation()
    stop_at = time.monotonic() + 1.0

    def interrupt() -> None:
        while time.monotonic() < stop_at and not cancellation.is_requested:
            os.kill(os.getpid(), signal.SIGTERM)

    sender = threading.Thread(target=interrupt, daemon=True)
    before = signal.signal(signal.SIGTERM, lambda *_: None)  # for the signal that comes after the end
    try:
        with pytest.raises(Cancelled), handle_signals(cancellation):
            sender.start()
            while True:
                cancellation.wait(0.0001)
        sender.join()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_write_that_was_not_answered_in_time_has_an_unknown_outcome() -> None:
    cancellation, ended = Cancellation(), threading.Event()
    cancellation.request_stop("SIGTERM")
    cancellation._until = 0.0
    with pytest.raises(Cancelled) as caught:
        cancellation.finish_call(lambda: ended.wait(300))
    assert caught.value.facts == {"outcome": "unknown"}
    with pytest.raises(Cancelled) as caught:
        cancellation.finish_call(lambda: ended.wait(300), needed=False)
    ended.set()
    assert caught.value.facts == {}


@contextlib.contextmanager
def signals_all_the_time() -> t.Iterator[None]:
    """Signals that a handler takes note of, and nothing more, some thousand a second."""
    ended = threading.Event()

    def interrupt() -> None:
        while not ended.wait(0.0003):
            os.kill(os.getpid(), signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    sender = threading.Thread(target=interrupt, daemon=True)
    sender.start()
    try:
        yield
    finally:
        ended.set()
        sender.join()
        signal.signal(signal.SIGUSR1, before)


def test_signals_do_not_prolong_a_wait(make_ctx: t.Any) -> None:
    """A wait that is interrupted when its time is just over must end, not go on until the answer comes."""
    late = threading.Event()
    give_up = threading.Timer(60, late.set)
    give_up.start()
    with signals_all_the_time():
        call = _Call(lambda: late.wait(300), None)
        assert [call.wait_for_answer(0.01) for dummy in range(50)] == [None] * 50
        cancellation = Cancellation()
        threading.Timer(0.1, cancellation.request_stop, ["SIGTERM"]).start()
        with pytest.raises(Cancelled, match="SIGTERM"):
            map_in_parallel(
                lambda item: late.wait(300), range(4), 2, make_ctx(cancellation=cancellation), "things read"
            )
    assert not late.is_set()
    give_up.cancel()
    late.set()
