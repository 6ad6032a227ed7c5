# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits that take no time: the run and the simulated services share one clock, and a wait pushes it forward."""

from __future__ import annotations

import pathlib

import pytest
from cvops_simulator import Simulator

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock

from .shared_clock import VARIABLE, SharedClock


def share_clock(monkeypatch: pytest.MonkeyPatch, site: Simulator) -> None:
    """Let every run in this process take its time from the clock of *site*, which moves on by as much as a run waits."""

    def wait(self: Cancellation, seconds: float) -> None:
        self.check()
        site.clock.advance(seconds)

    monkeypatch.setattr(Cancellation, "wait", wait)
    monkeypatch.setattr(Clock, "monotonic", lambda self: site.clock.now())
    monkeypatch.setattr(Clock, "now", lambda self: site.clock.datetime())


def share_clock_with_forks(monkeypatch: pytest.MonkeyPatch, site: Simulator, folder: pathlib.Path) -> dict[str, str]:
    """Return the environment in which forked runs share a clock with *site*, of which a file below *folder* tells.

    Of what runs in Ansible's workers, that is; a module in a process of its own waits.
    """
    path = folder / "clock"
    clock = SharedClock(path)
    monkeypatch.setattr(site.clock, "now", clock.now)
    monkeypatch.setattr(site.clock, "advance", clock.advance)
    return {VARIABLE: str(path)}
