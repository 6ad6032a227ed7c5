# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The context of a run: options and their sources, mode, time, counters, secrets, and whom to tell."""

from __future__ import annotations

import contextlib
import datetime
import enum
import random
import threading
import time
import typing as t
from dataclasses import dataclass, field

from .cancellation import Cancellation
from .errors import WaitTimeout
from .option_sources import OptionSources
from .redact import redact_text
from .service_timings import ServiceTimings
from .visible import escape_invisible, to_one_line

if t.TYPE_CHECKING:
    from .plan import Plan

_LONGEST_WARNING = 4000
#: Progress is told at most so often, and counts of work once it has lasted as long.
PROGRESS_EVERY_S = 2.0


class Clock:
    """A source of time and of random numbers, replaceable in tests."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()

    def now(self) -> datetime.datetime:
        """Return the time of day, in UTC."""
        return datetime.datetime.now(datetime.timezone.utc)

    def random(self) -> float:
        """Return a number from 0 up to 1; for jitter only."""
        return random.random()


class Stats:
    """The counters of one run; threads may count too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[str, float] = {"reads": 0, "writes": 0, "retries": 0, "sign_ins": 0, "waited_s": 0.0}

    def add(self, name: str, amount: float = 1) -> None:
        """Add *amount* to one of reads, writes, retries, sign_ins, waited_s; or to one of those that a result has only where there are any.

        ``batch_parts``: requests that went to the service within others, each of which counts as one of the reads. ``throttled_s``: of
        waited_s, what was waited since a service had answered "too many requests".
        """
        with self._lock:
            if name in ("batch_parts", "throttled_s"):
                self._values.setdefault(name, 0)
            self._values[name] += amount

    def as_result(self) -> dict[str, int | float]:
        """Return the ``stats`` of a task result."""
        with self._lock:
            return {
                name: round(value, 1) if name.endswith("_s") else int(value) for name, value in self._values.items()
            }


class CountAs(enum.Enum):
    """The counter of the result's ``stats`` under which a request is counted, however often it is tried."""

    METHOD = "method"  #: as a read for GET and HEAD, else as a write
    READ = "reads"
    WRITE = "writes"
    NOTHING = "nothing"  #: signing in and out, which have a counter of their own

    def find_counter(self, method: str) -> str | None:
        """Return the name of the counter for a request with *method*, None when it is not counted."""
        if self is CountAs.NOTHING:
            return None
        if self is CountAs.METHOD:
            return "reads" if method in ("GET", "HEAD") else "writes"
        return str(self.value)


class Reporter(t.Protocol):
    """The receiver of a run's messages; the module path and the controller path each have one."""

    def debug(self, level: int, message: str) -> None:
        """Show *message* at verbosity *level* and above (1 is ``-v``)."""

    def progress(self, message: str) -> None:
        """Show what long work is doing now; may be dropped."""

    def prompt(self, message: str) -> None:
        """Show a person what to do now; never dropped."""


@dataclass
class Context:
    """What a resource is built from; it owns what must be closed when the run ends, well or not.

    ``host``: the host of the task, for people. ``spec``: the argument spec of the options, empty where their values are taken as they are.
    ``evidence``: what the input says about approvals and owners, for the run record; ``identity``: whom tokens and services
    name as signed in, likewise. ``run_directory``: a folder that all tasks of the run share and that is removed with it, None
    where there is none; ``run_process``: the process whose end is the run's end. ``attended``: a person sees what is shown and
    can act on it. ``base_directory``: the folder of the playbook, in which relative paths begin, None for the process's own.
    ``record_directory``: where records of runs are kept, None where they are not. ``deadline_at``: on the monotonic clock, None for no deadline.
    ``plan_checks``: clients of services put a function here that returns, by noun and plan, what to warn of before it is written.
    """

    options: dict[str, t.Any]
    reporter: Reporter
    spec: t.Mapping[str, t.Mapping[str, t.Any]] = field(default_factory=dict)
    sources: OptionSources = field(default_factory=OptionSources)
    check_mode: bool = False
    diff_mode: bool = False
    verbosity: int = 0
    clock: Clock = field(default_factory=Clock)
    stats: Stats = field(default_factory=Stats)
    service_timings: ServiceTimings = field(default_factory=ServiceTimings)
    cancellation: Cancellation = field(default_factory=Cancellation)
    secrets: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)
    evidence: dict[str, t.Any] = field(default_factory=dict)
    identity: dict[str, t.Any] = field(default_factory=dict)
    run_directory: str | None = None
    host: str = ""
    run_process: int | None = None
    attended: bool = False
    base_directory: str | None = None
    record_directory: str | None = None
    deadline_at: float | None = None
    plan_checks: list[t.Callable[[str, Plan], str]] = field(default_factory=list)
    _progress_at: float = float("-inf")
    _closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def describe_source(self, option: str) -> str:
        """Return in words where the value of *option* came from."""
        return self.sources.describe_source(option, self.options.get(option) is not None)

    def warn(self, message: str) -> None:
        """Add a warning to the result, once and on one line; secrets are hidden."""
        cleaned = to_one_line(redact_text(message, self.secrets), _LONGEST_WARNING)
        if cleaned not in self.warnings:
            self.warnings.append(cleaned)

    def debug(self, level: int, message: str) -> None:
        """Show *message* at verbosity *level* and above; secrets are hidden."""
        if self.verbosity >= level:
            self.reporter.debug(level, escape_invisible(redact_text(message, self.secrets)))

    def progress(self, message: str, lasts_s: float = 0.0) -> None:
        """Show what is being waited for or worked on, at most every two seconds; secrets are hidden.

        *lasts_s*: for so many seconds nothing else will happen. A wait of two seconds or more is always told.
        """
        now = self.clock.monotonic()
        if lasts_s < PROGRESS_EVERY_S and now - self._progress_at < PROGRESS_EVERY_S:
            return
        self._progress_at = now
        self.reporter.progress(to_one_line(redact_text(message, self.secrets)))

    def prompt(self, message: str) -> None:
        """Show the person at the terminal what to do now."""
        self.reporter.prompt(escape_invisible(message))

    def remaining_s(self) -> float:
        """Return the seconds until this task's deadline."""
        return float("inf") if self.deadline_at is None else max(0.0, self.deadline_at - self.clock.monotonic())

    @contextlib.contextmanager
    def keep_back(self, seconds: float) -> t.Iterator[None]:
        """Keep *seconds* of the task's time for what follows the body: while it runs the deadline is so much earlier."""
        whole = self.deadline_at
        self.deadline_at = None if whole is None else whole - seconds
        try:
            yield
        finally:
            self.deadline_at = whole

    def check_deadline(self, what: str) -> None:
        """Raise WaitTimeout when this task's deadline has passed; *what* completes "before …"."""
        if self.remaining_s() <= 0:
            raise WaitTimeout(
                f"The task's time limit of {self.options.get('deadline')} s (option deadline) was over before "
                f"{what}. What was written stays written: run the task again, or raise deadline.",
                code="deadline",
            )

    def sleep(self, seconds: float, is_throttled: bool = False) -> None:
        """Wait *seconds*, at most until the deadline, and count them as ``waited_s``; *is_throttled*: also as ``throttled_s``.

        Raises Cancelled as soon as the run is told to stop; WaitTimeout when the deadline has passed already, so that no loop of waits outlives it.
        """
        self.check_deadline("what this task was waiting for happened")
        started = self.clock.monotonic()
        try:
            self.cancellation.wait(min(seconds, self.remaining_s()))
        finally:
            waited_s = self.clock.monotonic() - started
            self.stats.add("waited_s", waited_s)
            if is_throttled:
                self.stats.add("throttled_s", waited_s)

    def on_close(self, action: t.Callable[[], None]) -> None:
        """Register *action* to be done when the run ends; the last one registered is done first."""
        self._closing.callback(action)

    def close(self) -> None:
        """Log out, close sessions and release locks: all of it, whatever a part of it meets, and also when a signal comes meanwhile."""
        with self.cancellation.shield():
            try:
                self._closing.close()
            except Exception as exc:  # the result of the work must not be lost by tidying up
                self.warn(f"Something could not be closed at the end of the task: {type(exc).__name__}: {exc}")
