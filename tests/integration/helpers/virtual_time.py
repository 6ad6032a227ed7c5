# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that take no time: the run and the simulated services share one clock, and a wait pushes it forward."""

from __future__ import annotations

import pathlib
import random
import time
import types
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.clock import Clock as SiteClock
from msal.oauth2cli import assertion

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock
from ansible_collections.cvops.identity.plugins.module_utils._core.http import Transport

from . import shared_clock
from .shared_clock import VARIABLE, SharedClock

#: So much later is it at each request, where time stands still else; no request is given up for the real time that it takes.
REQUEST_S, PATIENCE_S = 0.01, 500.0
#: The marker of tests in which time passes as it does, and what it means.
REAL_TIME = {"real_time": "waits take their time: signals, time-outs, several processes that wait for each other"}


def share_clock(monkeypatch: pytest.MonkeyPatch, site: Simulator) -> None:
    """Let every run in this process take its time from the clock of *site*, which moves on by as much as a run waits."""

    def wait(self: Cancellation, seconds: float) -> None:
        self.check()
        site.clock.advance(seconds)

    monkeypatch.setattr(Cancellation, "wait", wait)
    monkeypatch.setattr(Clock, "monotonic", lambda self: site.clock.now())
    monkeypatch.setattr(Clock, "now", lambda self: site.clock.datetime())
    monkeypatch.setattr(
        assertion, "time", types.SimpleNamespace(time=site.clock.now)
    )  # of what is signed with a certificate


def share_clock_with_forks(monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path) -> None:
    """Let all runs that are forked from now on, and all sites of this process, share a clock, of which a file in *folder* tells.

    Of what runs in Ansible's workers, that is; a module in a process of its own waits.
    """
    clock = SharedClock(folder / "clock")
    monkeypatch.setenv(VARIABLE, str(folder / "clock"))
    monkeypatch.setattr(SiteClock, "now", lambda self: clock.now())
    monkeypatch.setattr(SiteClock, "advance", lambda self, seconds: clock.advance(seconds))
    monkeypatch.setattr(SiteClock, "reset", lambda self: clock.reset())


def stop_time(monkeypatch: pytest.MonkeyPatch) -> t.Callable[[], None]:
    """Let nothing but waits and requests move the shared clock on, so that no run depends on how fast this machine is.

    Waits are spread the same each time from a call of the function on that is returned.
    """
    began, spread = time.time(), random.Random()
    monkeypatch.setattr(shared_clock, "time", types.SimpleNamespace(time=lambda: began))
    monkeypatch.setattr(Clock, "random", lambda self: spread.random())
    monkeypatch.setattr(Transport, "_compute_timeouts", lambda self: (PATIENCE_S, PATIENCE_S))
    return lambda: spread.seed(1)
