# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: one running simulator for the whole session, as new for each test, and clients for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cvops_simulator import Identity, Simulator
from cvops_simulator.testing import running_simulator
from graph_client import GraphClient


@pytest.fixture(scope="session")
def _running() -> Iterator[Simulator]:
    with running_simulator(set="S", seed=1) as simulator:
        yield simulator


@pytest.fixture
def sim(_running: Simulator) -> Simulator:
    """A running simulator in its seeded state."""
    _running.reset()
    return _running


@pytest.fixture
def graph(sim: Simulator) -> Iterator[GraphClient]:
    """Graph as the automation."""
    with GraphClient(sim, sim.automation) as client:
        yield client


@pytest.fixture
def owner(sim: Simulator) -> Iterator[GraphClient]:
    """Graph as an application that may only change what it owns."""
    identity: Identity = sim.identity("Application.ReadWrite.OwnedBy")
    with GraphClient(sim, identity) as client:
        yield client
