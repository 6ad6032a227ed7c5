# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CommCell apart from HTTP: what lists show after a write, and what a reset brings back."""

from __future__ import annotations

import pytest

from cvops_simulator.commvault.cell import Cell
from cvops_simulator.commvault.model import CommCellSeed
from cvops_simulator.core.clock import Clock
from cvops_simulator.seeds.site import build_site


@pytest.fixture
def seed() -> CommCellSeed:
    """The CommCell of set S."""
    found: CommCellSeed = build_site("S", 1, False).commcells["cs01"]
    return found


def test_lists_lag_behind_a_write(seed: CommCellSeed) -> None:
    clock = Clock()
    cell = Cell(seed, clock)
    cell.behaviours.list_lag = 30.0
    cell.keep_lists()
    cell.state.users.rename(cell.user("breakglass"), "late")
    assert cell.lists().users.named("breakglass") and not cell.lists().users.named("late")
    assert cell.lists(v4=True) is cell.state, "V4 lists do not lag unless list_lag_v4 says so"
    clock.advance(31.0)
    assert cell.lists() is cell.state
    cell.keep_lists()
    assert cell.lists() is not cell.state
    assert cell.lists(hard=True) is cell.state


def test_a_reset_brings_the_seed_back(seed: CommCellSeed) -> None:
    cell = Cell(seed, Clock(), release=42)
    assert cell.token_life == 1800.0
    cell.release = 44
    assert cell.token_life == 7200.0
    cell.behaviours.token_life = 60.0
    cell.sessions.login(1, "", 0.0)
    assert cell.access_token() and cell.token_life == 60.0
    cell.state.users.remove(cell.user("breakglass"))
    cell.reset(seed)
    assert (cell.release, cell.token_life, cell.sessions.issued) == (42, 1800.0, [])
    assert cell.user("breakglass").name == "breakglass"
    assert cell.sessions.store.of_user(cell.user(cell.automation[0]).id) == []
