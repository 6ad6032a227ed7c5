# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the CommCell tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from commvault_client import Api

from cvops_simulator import Simulator
from cvops_simulator.commvault import CommCellService


@pytest.fixture
def sim(_running: Simulator) -> Simulator:
    """A running simulator whose CommCells are in their seeded state; the tenant is not touched here."""
    _running.context.reset()
    for name, service in _running.commcells.items():
        service.reset(_running.site.commcells[name])
    return _running


@pytest.fixture
def cell(sim: Simulator) -> CommCellService:
    """The CommCell of set S, as seeded."""
    return sim.commcells["cs01"]


@pytest.fixture
def api(sim: Simulator, cell: CommCellService) -> Iterator[Api]:
    """Its API as the automation account, a master administrator."""
    with Api(cell, sim.ca_path) as client:
        client.login(*cell.automation)
        yield client
