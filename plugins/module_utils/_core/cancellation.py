# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Cancellation of a run: signals and task timeouts become one error, and tidying up gets a short, fixed time."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
import typing as t

from .errors import Cancelled

#: Seconds that answers on their way, logging out, releasing locks and reporting may take after the run was told to stop.
GRACE_S = 2.0
#: What a step of tidying up is given at least, when the grace period is nearly over.
_SHORTEST_GRACE_S = 1.0
_POLL_S = 0.05

Answer = t.TypeVar("Answer")


class Cancellation:
    """The request to stop this run, shared by the main thread and its helpers.

    The flag is no ``threading.Event``: a signal handler that sets one waits for ever when the signal came while the main
    thread was inside the same event.
    """

    def __init__(self) -> None:
        self._requested = False
        self._until: float | None = None
        self._shields = 0
        self.reason = ""
        self.signal: int | None = None

    @property
    def is_requested(self) -> bool:
        """True from the first request to stop on."""
        return self._requested

    @property
    def is_shielded(self) -> bool:
        """True while the main thread is in a section that a signal must not interrupt."""
        return self._shields > 0

    def request_stop(self, reason: str) -> bool:
        """Ask everything to stop. Returns False when that was asked before."""
        if self._requested:
            return False
        self.reason, self._until = reason, time.monotonic() + GRACE_S
        self._requested = True
        return True

    def check(self) -> None:
        """Raise Cancelled when the run was told to stop."""
        if self._requested:
            raise self.build_error()

    def build_error(self) -> Cancelled:
        """Return the error that ends the run."""
        return Cancelled(f"Stopped by {self.reason}")

    def wait(self, seconds: float) -> None:
        """Sleep for *seconds*. Raises Cancelled as soon as the run is told to stop."""
        until = time.monotonic() + seconds
        while True:
            self.check()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _POLL_S))

    @contextlib.contextmanager
    def shield(self) -> t.Iterator[None]:
        """Keep signals from raising anything in the body, a section of the main thread; they are noted.

        Nothing is raised at its end either; the next ``check`` does that, so that what a service answered is also kept. Waits and
        calls inside still end: see ``wait`` and ``finish_call``. Other threads are never interrupted; there this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1

    def finish_call(
        self,
        work: t.Callable[[], Answer],
        *,
        needed: bool = True,
        undo_late: t.Callable[[Answer], None] | None = None,
    ) -> Answer:
        """Return what *work* returns, also when the run is told to stop meanwhile and the answer comes in the grace period.

        *work* blocks, for instance in a socket, so it runs in a thread of its own and this one waits for it. With *needed*
        False nobody waits any longer once the run was told to stop. *undo_late* is called with an answer that comes after this
        gave up, to undo it. Raises what *work* raises, and Cancelled when it gave up; the outcome of *work* is then unknown.
        """
        if threading.current_thread() is not threading.main_thread():
            return work()
        with self.shield():
            call = _Call(work, undo_late)
            least = time.monotonic() + _SHORTEST_GRACE_S  # a call of tidying up may begin when the grace period is over
            try:
                while True:
                    found = call.wait_for_answer(_POLL_S)
                    if found is not None:
                        break
                    if self._requested and not (needed and time.monotonic() < max(self._until or 0.0, least)):
                        found = call.abandon()
                        break
            except BaseException:  # a handler of somebody else's: the answer is undone before this process may end
                found = call.abandon()
                if undo_late is not None:
                    call.undo_answer(found) if found is not None else call.ended.wait(GRACE_S)
                raise
        if found is None:
            if not needed:
                raise self.build_error()
            raise Cancelled(f"Stopped by {self.reason}; the last request got no answer in time", outcome="unknown")
        value, error = found
        if error is not None:
            raise error
        return t.cast("Answer", value)


class _Call(t.Generic[Answer]):
    """A call in a daemon thread, which never holds up the end of the process. Its answer goes to one of the two threads only."""

    def __init__(self, work: t.Callable[[], Answer], undo_late: t.Callable[[Answer], None] | None) -> None:
        self._work, self._undo_late = work, undo_late
        self._answers: queue.SimpleQueue[tuple[Answer | None, BaseException | None]] = queue.SimpleQueue()
        self._answered = threading.Lock()
        self._answered.acquire()
        self._abandoned = False
        self.ended = threading.Event()
        threading.Thread(target=self._run_work, name="cvops-call", daemon=True).start()

    def wait_for_answer(self, seconds: float) -> tuple[Answer | None, BaseException | None] | None:
        """Return value and error of the call; None when it has not ended after *seconds*.

        A lock keeps its time when a signal comes during the wait; ``SimpleQueue.get`` waits for ever if its time is over by then.
        """
        return self._answers.get_nowait() if self._answered.acquire(timeout=seconds) else None

    def abandon(self) -> tuple[Answer | None, BaseException | None] | None:
        """Declare that nobody waits any more, and return the answer if it came at the last moment."""
        self._abandoned = True
        try:
            return self._answers.get_nowait()
        except queue.Empty:
            return None

    def undo_answer(self, found: tuple[Answer | None, BaseException | None]) -> None:
        """Do what the caller of finish_call wants done with an answer that came too late."""
        if self._undo_late is not None and found[1] is None:
            with contextlib.suppress(Exception):  # nobody is left to be told
                self._undo_late(t.cast("Answer", found[0]))

    def _run_work(self) -> None:
        """Do the work, and hand its answer to whoever waits, or have it undone."""
        try:
            found: tuple[Answer | None, BaseException | None]
            try:
                found = (self._work(), None)
            except BaseException as exc:  # handed to the caller, who raises it
                found = (None, exc)
            self._answers.put(found)
            self._answered.release()
            if self._abandoned and self.abandon() is not None:
                self.undo_answer(found)
        finally:
            self.ended.set()


def ignore_signals() -> None:
    """Let no signal end this process any more, for the moment in which it says what it did."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def handle_signals(
    cancellation: Cancellation, task_timeout: int | None = None, resend: bool = False
) -> t.Iterator[None]:
    """Turn SIGINT, SIGTERM, SIGHUP and the alarm of a task timeout into Cancelled while the body runs; restore the handlers after.

    Workers of ansible-core die on SIGINT without unwinding, so a handler of our own is what lets ``finally`` blocks run.
    A SIGHUP that is ignored stays so (nohup). With *resend* the signal is sent again once the handlers are restored: where
    the caller is Ansible's own process, it is Ansible that was told to stop. Outside the main thread no handler can be set;
    there the body runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reasons = {signal.SIGINT: "SIGINT", signal.SIGTERM: "SIGTERM"}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        reasons[signal.SIGHUP] = "SIGHUP"
    if task_timeout:
        reasons[signal.SIGALRM] = f"the task's timeout of {task_timeout} s"

    def stop(signum: int, _frame: t.Any) -> None:
        """Note the request to stop, and raise Cancelled outside of shielded sections."""
        if not cancellation.request_stop(reasons[signal.Signals(signum)]):
            return
        cancellation.signal = signum
        if not cancellation.is_shielded:
            raise cancellation.build_error()

    previous = {number: signal.signal(number, stop) for number in reasons}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if resend and cancellation.signal is not None:
            os.kill(os.getpid(), cancellation.signal)
