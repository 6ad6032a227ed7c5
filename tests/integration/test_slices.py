# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A controller's job slice gets a part of the inventory's hosts: it converges these CommCells, and leaves Entra ID to a job of its own."""

from __future__ import annotations

import json
import pathlib
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes, writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
NOTE = "Note: Entra ID is left out: the inventory's group cvops_commcells has {} of the 3 CommCells of the connection"


@pytest.fixture
def site(make_site: Callable[..., Simulator]) -> Simulator:
    return make_site(set="M", empty=True)


def document(site: Simulator, **group: t.Any) -> dict[str, t.Any]:
    """One Entra group with one role on every CommCell."""
    return {
        "cvops_connection": site.variables()["cvops_connection"],
        "cvops_entra_groups": [{"display_name": "GG-A", "unique_name": "gg-a", **group}],
        "cvops_commvault_roles": [{"name": "Night shift", "permissions": ["View"]}],
        "cvops_role_mappings": [
            {"principal": {"entra_group": "GG-A"}, "grants": [{"role": "Night shift", "entities": "commcell"}]}
        ],
    }


def slice_of(folder: pathlib.Path, *hosts: str) -> tuple[str, str]:
    """The inventory as a slice gets it: the group with these hosts of it."""
    inventory = folder / "slice.json"
    inventory.write_text(json.dumps({"all": {"children": {"cvops_commcells": {"hosts": dict.fromkeys(hosts)}}}}))
    return "-i", str(inventory)


@pytest.mark.whole
def test_slices_converge_their_commcells_and_write_nothing_to_entra_id(
    site: Simulator, bare: Player, tmp_path: pathlib.Path
) -> None:
    site.journal.clear()
    early = bare(SITE, *slice_of(tmp_path, "emea-cs01"), extra_vars=document(site))
    assert early.rc == 2 and "GG-A" in early.text, "the group is not there before the job of Entra ID"
    assert early.one("Plan")["msg"][-1].startswith(NOTE.format(1))
    assert_no_writes(site)

    bare(SITE, *slice_of(tmp_path, "emea-cs01"), "--tags", "entra", extra_vars=document(site)).ok()
    assert {entry.service for entry in writes(site)} == {"graph"}
    site.journal.clear()
    changed = document(site, description="of the night")
    half = bare(SITE, *slice_of(tmp_path, "emea-cs01", "apac-cs01"), extra_vars=changed).ok()
    assert {entry.service for entry in writes(site)} == {"emea-cs01", "apac-cs01"}
    assert [line for line in half.one("Plan")["msg"] if line.startswith("Note: ")][0].startswith(NOTE.format(2))
    assert not any(line.startswith("Entra ID") for line in half.one("Plan")["msg"])
    bare(SITE, *slice_of(tmp_path, "amer-cs01"), extra_vars=changed).ok()

    site.journal.clear()
    whole = bare(SITE, *slice_of(tmp_path, "amer-cs01", "apac-cs01", "emea-cs01"), extra_vars=changed).ok()
    assert {entry.service for entry in writes(site)} == {"graph"}, "with all of them, Entra ID is a part"
    assert not any(line.startswith("Note: ") for line in whole.one("Plan")["msg"])


def test_a_slice_without_hosts_touches_no_commcell(site: Simulator, bare: Player, tmp_path: pathlib.Path) -> None:
    site.journal.clear()
    plan = tmp_path / "plan.md"
    more = {"cvops_plan_file": str(plan)}
    run = bare(SITE, *slice_of(tmp_path), extra_vars={**document(site), **more}).ok()
    assert [entry.service for entry in site.journal.entries() if entry.service not in ("graph", "login")] == []
    assert_no_writes(site)
    assert run.one("Plan")["msg"][0] == "Plan: nothing to do"
    assert run.one("Plan")["msg"][1].startswith(NOTE.format(0))
    assert "Note: Entra ID is left out" in plan.read_text()
