# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slices of a job, run as a controller runs them, all at once: together they come to what one run comes to."""

from __future__ import annotations

import pathlib
import typing as t
from collections import Counter

import pytest
from cvops_simulator import Simulator
from cvops_simulator.testing import running_simulator
from runner_jobs import deal_hosts, start_job


def state_of(site: Simulator) -> dict[str, t.Any]:
    """Names of the tenant's groups, and of each CommCell those of its user groups and roles, and its grants, each with its number."""
    cells = {}
    for name, cell in site.commcells.items():
        groups, roles = ({row.id: row.name for row in rows} for rows in (cell.state.groups, cell.state.roles))
        grants = (
            (
                grant.principal_kind,
                groups.get(grant.principal_id),
                roles.get(grant.role_id),
                grant.entity_type,
                grant.entity_id,
            )
            for grant in cell.state.grants
        )
        cells[name] = (Counter(groups.values()), Counter(roles.values()), Counter(grants))
    return {"entra": Counter(str(group["displayName"]) for group in site.tenant.groups.values()), "commcells": cells}


def writes_of(site: Simulator) -> set[str]:
    """The services that were written to since the journal was cleared."""
    return {
        entry.service
        for entry in site.journal.entries()
        if not entry.read and entry.service not in ("login", "control")
    }


@pytest.mark.whole
def test_slices_at_once_come_to_what_one_run_comes_to(tmp_path: pathlib.Path) -> None:
    with (
        running_simulator(set="M", empty=True, directory=tmp_path / "one") as one,
        running_simulator(set="M", empty=True, directory=tmp_path / "cut") as cut,
    ):
        start_job(tmp_path / "whole", one.variables(), None).ok()
        # The job of Entra ID, twice at once: a person, and a schedule. Whoever is later finds it done, or says that it has changed.
        variables, cells = cut.variables(), list(cut.commcells)
        pair = [start_job(tmp_path / f"entra{number}", variables, cells, "--tags", "entra") for number in range(2)]
        assert 0 in [job.wait().process.returncode for job in pair], pair[0].text + pair[1].text
        assert writes_of(cut) == {"graph"}
        cut.journal.clear()

        # One for each CommCell, and one that got no host of the limit.
        dealt = [*deal_hosts(cells, 3), []]
        slices = [start_job(tmp_path / f"slice{number}", variables, hosts) for number, hosts in enumerate(dealt)]
        for job in slices:
            job.ok()
        assert writes_of(cut) == set(cells), "a slice leaves Entra ID alone"
        assert state_of(cut) == state_of(one)
        assert max(state_of(cut)["entra"].values()) == 1
        cut.journal.clear()
        start_job(tmp_path / "again", variables, cells).ok()
        assert writes_of(cut) == set()


def test_hosts_are_dealt_like_cards() -> None:
    assert deal_hosts(["d", "a", "c", "b", "e"], 2) == [["a", "c", "e"], ["b", "d"]]
