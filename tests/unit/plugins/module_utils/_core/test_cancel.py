# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals become one error; handlers are restored."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.cancel import (
    GRACE_S,
    Cancellation,
    interruptible,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in NUMBERS]


@pytest.mark.parametrize(
    ("number", "timeout", "said"),
    [
        (signal.SIGINT, None, "Stopped by SIGINT"),
        (signal.SIGTERM, None, "Stopped by SIGTERM"),
        (signal.SIGALRM, 7, "Stopped by the task's timeout of 7 s"),
    ],
)
def test_a_signal_ends_the_body_once(number: int, timeout: int | None, said: str) -> None:
    before, tidied = handlers(), []
    cancellation = Cancellation()
    with pytest.raises(Cancelled, match=said), interruptible(cancellation, timeout):
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), number)  # an impatient user: tidying up goes on
            time.sleep(0.01)
            tidied.append(True)
    assert tidied == [True]
    assert handlers() == before
    assert cancellation.requested


def test_an_alarm_is_left_alone_without_a_timeout() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with interruptible(Cancellation()):
        assert signal.getsignal(signal.SIGALRM) == before
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL


def test_handlers_come_back_after_an_error() -> None:
    before = handlers()
    with pytest.raises(LookupError), interruptible(Cancellation(), 5):
        raise LookupError
    assert handlers() == before


def test_other_threads_run_as_they_are() -> None:
    seen: list[object] = []
    before = handlers()

    def body() -> None:
        with interruptible(Cancellation(), 5):
            seen.extend(handlers())

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    assert seen == before


def test_asking_twice_counts_once() -> None:
    cancellation = Cancellation()
    cancellation.check()
    assert cancellation.grace() is None
    assert cancellation.request("SIGINT")
    assert not cancellation.request("SIGTERM")
    left = cancellation.grace()
    assert left is not None
    assert 0 < left <= GRACE_S
    with pytest.raises(Cancelled, match="SIGINT"):
        cancellation.check()
    with pytest.raises(Cancelled, match="SIGINT"):
        cancellation.wait(10)


def test_waiting_without_a_request() -> None:
    started = time.monotonic()
    Cancellation().wait(0.02)
    assert time.monotonic() - started >= 0.02
