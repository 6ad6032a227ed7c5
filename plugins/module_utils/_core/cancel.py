# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping cleanly: signals and task timeouts become one error, and what must be tidied gets a short, fixed time."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import typing as t

from .errors import Cancelled

#: Seconds that logging out, releasing locks and reporting may take after the run was told to stop.
GRACE_S = 2.0


class Cancellation:
    """Whether this run was told to stop; shared by the main thread and its helpers."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._until: float | None = None
        self.reason = ""

    @property
    def requested(self) -> bool:
        """True from the first signal on."""
        return self._event.is_set()

    def request(self, reason: str) -> bool:
        """Ask everything to stop; False when that was asked before."""
        if self._event.is_set():
            return False
        self.reason, self._until = reason, time.monotonic() + GRACE_S
        self._event.set()
        return True

    def check(self) -> None:
        """Raise Cancelled when the run was told to stop."""
        if self._event.is_set():
            raise self.error()

    def error(self) -> Cancelled:
        """The error that ends the run."""
        return Cancelled(f"Stopped by {self.reason}")

    def wait(self, seconds: float) -> None:
        """Sleep, but not past a request to stop."""
        if self._event.wait(seconds):
            raise self.error()

    def grace(self) -> float | None:
        """Seconds left for tidying up, None while nothing was cancelled."""
        return None if self._until is None else max(0.05, self._until - time.monotonic())


@contextlib.contextmanager
def interruptible(cancellation: Cancellation, task_timeout: int | None = None) -> t.Iterator[None]:
    """Turn SIGINT, SIGTERM and the alarm of a task timeout into Cancelled while the body runs; restore the handlers after.

    Workers of ansible-core die on SIGINT without unwinding, so a handler of our own is what lets ``finally`` blocks run.
    Outside the main thread no handler can be set; there the body runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reasons = {signal.SIGINT: "SIGINT", signal.SIGTERM: "SIGTERM"}
    if task_timeout:
        reasons[signal.SIGALRM] = f"the task's timeout of {task_timeout} s"

    def stop(signum: int, _frame: t.Any) -> None:
        if cancellation.request(reasons[signal.Signals(signum)]):
            raise cancellation.error()

    previous = {number: signal.signal(number, stop) for number in reasons}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
