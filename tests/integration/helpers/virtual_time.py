# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that take no time: the run and the simulated services share one clock, and a wait pushes it forward."""

from __future__ import annotations

import pathlib
import types

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.clock import Clock as SiteClock
from msal.oauth2cli import assertion

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock

from .shared_clock import VARIABLE, SharedClock

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
