# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What whole runs of the playbooks may cost, in requests that reach the services; batches count once."""

from __future__ import annotations

import collections
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from helpers.playing import Player

pytestmark = pytest.mark.any_core

SITE = "cvops.identity.site"
#: Requests of a run that changes nothing, on set M: to Graph, to each CommCell, and in all, sign-ins included.
MOST_GRAPH, MOST_COMMCELL, MOST = 16, 42, 150
#: Beside them one read per CommCell, which proves that the details of user groups show all grants.
COMPARING = 1


def count_requests(site: Simulator) -> collections.Counter[str]:
    """Count the requests by service, without the parts of batches."""
    entries = [entry for entry in site.journal.entries() if entry.user_agent != "$batch"]
    return collections.Counter(entry.service for entry in entries)


def test_a_run_of_set_m_that_changes_nothing(make_site: Callable[..., Simulator], bare: Player) -> None:
    """60 Entra groups with members, three CommCells: each thing is read once."""
    site = make_site(set="M")
    assert len(site.commcells) == 3
    document = site.variables()
    bare(SITE, extra_vars=document).ok()
    site.journal.clear()
    run = bare(SITE, extra_vars=document).ok()
    assert run.stats["changed"] == 0
    counts = count_requests(site)
    assert counts["graph"] <= MOST_GRAPH, counts
    assert all(counts[name] <= MOST_COMMCELL + COMPARING for name in site.commcells), counts
    assert sum(counts.values()) <= MOST, counts
    paths = [(entry.service, entry.path.rpartition("/")[2]) for entry in site.journal.entries()]
    assert all(paths.count((name, "Login")) == paths.count((name, "Logout")) == 1 for name in site.commcells)
