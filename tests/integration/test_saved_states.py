# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A saved state is put back as it was, whatever the test before made of it."""

from __future__ import annotations

import pathlib

import pytest
from cvops_simulator import Simulator
from helpers.end_state import read_end_state
from helpers.saved_states import SavedStates

pytestmark = pytest.mark.any_core


def test_a_state_is_reached_once_and_put_back(site: Simulator, tmp_path: pathlib.Path) -> None:
    states, runs, (cell,) = SavedStates(tmp_path / "states"), [], site.commcells.values()
    (folder := tmp_path / "work").mkdir()

    def run() -> None:
        runs.append(site.tenant.add("group", {"displayName": "GG-New"}))
        next(iter(cell.state.roles)).description = "changed"
        (folder / "record.json").write_text("{}")

    states.reach(site, "new", run, folder)
    reached, made = read_end_state(site), site.tenant.new_id()
    next(iter(cell.state.roles)).description = "by a test"
    cell.state.grants.remove(next(iter(cell.state.grants)))
    site.tenant.store.remove("groups", runs[0]["id"])
    assert read_end_state(site) != reached

    site.reset()
    (folder / "record.json").unlink()
    states.reach(site, "new", run, folder)
    assert (len(runs), read_end_state(site)) == (1, reached)
    assert site.tenant.new_id() == made, "what is created next has the same id again"
    assert (folder / "record.json").read_text() == "{}"
    next(iter(cell.state.roles)).description = "by another test"
    states.reach(site, "new", run, folder)
    assert read_end_state(site) == reached
