# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first hour on a brownfield: export, edit one line, see one grant in the plan, apply, nothing more to do."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes, writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core

CELL = "cs01"


def document(site: Simulator, mappings: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return {"cvops_connection": site.variables()["cvops_connection"], "cvops_role_mappings": mappings}


def test_export_edit_one_line_apply(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    extra = {
        "cvops_connection": site.variables()["cvops_connection"],
        "role_mappings_export_dest": str(tmp_path / "out"),
    }
    play("cvops.identity.export_role_mappings", extra_vars=extra).ok()
    assert_no_writes(site)
    mappings = yaml.safe_load((tmp_path / "out" / f"{CELL}.yml").read_text())["cvops_role_mappings"]
    assert mappings and all(entry["commcells"] == [CELL] for entry in mappings)
    converge = "cvops.identity.converge_role_mappings"
    untouched = play(converge, extra_vars=document(site, mappings), check=True).ok()
    assert untouched.stats["changed"] == 0
    entry = next(item for item in mappings if "entra_group" in item["principal"])
    entry["grants"].append({"role": "View", "entities": {"server_groups": "all"}})
    predicted = play(converge, extra_vars=document(site, mappings), check=True, diff=True).ok()
    assert_no_writes(site)
    added = predicted.last("role_mappings", CELL)["role_mappings"]["added"]
    assert len(added) == 1
    applied = play(converge, extra_vars=document(site, mappings)).ok()
    assert applied.last("role_mappings", CELL)["role_mappings"]["added"] == added
    assert len(writes(site)) == 1
    site.journal.clear()
    again = play(converge, extra_vars=document(site, mappings)).ok()
    assert again.stats["changed"] == 0
    assert_no_writes(site)
