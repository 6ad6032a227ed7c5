# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The groups of a copy that bring about what a snapshot counts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvops_simulator.snapshots.files import SnapshotError
from cvops_simulator.snapshots.group_counts import KINDS, count_groups, make_further_groups
from cvops_simulator.snapshots.notes import Notes
from cvops_simulator.snapshots.site import build_snapshot_site
from cvops_simulator.snapshots.tenant_documents import make_entra_document
from cvops_simulator.testing import running_simulator

sys.path.insert(0, str(Path(__file__).parent))

from documents import (  # noqa: E402 - beside this file
    ADA,
    BO,
    GROUP,
    INNER,
    make_commcell,
    make_entra,
    write_documents,
)

Row = dict[str, Any]
COUNTS = st.none() | st.fixed_dictionaries({kind: st.integers(2, 300) for kind in KINDS})


def count(security: Any = 0, microsoft365: Any = 0, distribution: Any = 0) -> Row:
    return {"security": security, "microsoft365": microsoft365, "distribution": distribution}


def make_users(ada: Any, bo: Any = None) -> list[Row]:
    """The people of `make_entra`, both enabled."""
    users: list[Row] = make_entra()["users"]
    return [{**row, "accountEnabled": True, "groupCounts": told} for row, told in zip(users, (ada, bo), strict=True)]


@given(st.lists(COUNTS, max_size=5))
def test_everybody_is_in_as_many_groups_as_are_counted(told: list[Row | None]) -> None:
    users = [{"id": f"u{number}", "groupCounts": counts} for number, counts in enumerate(told)]
    ids = [row["id"] for row in users]
    groups: list[Row] = [
        {"id": "outer", "members": ["inner"], "securityEnabled": True},
        {"id": "inner", "members": ids, "securityEnabled": False, "groupTypes": ["Unified"]},
    ]
    made = make_further_groups(groups, users, Notes("tenant"))
    found = count_groups([*groups, *made], ids)
    assert all(found[row["id"]] == row["groupCounts"] for row in users if row["groupCounts"])
    assert all(found[row["id"]] == count(1, 1) for row in users if not row["groupCounts"])
    # They are shared: no more than who lacks the most does.
    known = [row for row in told if row]
    assert len(made) == sum(max([0, *(row[kind] - count(1, 1)[kind] for row in known)]) for kind in KINDS)
    assert len({row["id"] for row in made} | {row["displayName"] for row in made}) == 2 * len(made)


def test_a_copy_counts_what_its_snapshot_does(tmp_path: Path) -> None:
    """Groups of which the snapshot tells are not made again, and the order of people does not matter."""
    users = make_users(count(151, 2), count(7, 0, 3))
    for name, rows in (("one", users), ("other", users[::-1])):
        folder = write_documents(tmp_path / name, make_entra(users=rows), make_commcell())
        with running_simulator(snapshot=folder) as copy:
            told = {row["id"]: row["groupCounts"] for row in make_entra_document(copy.tenant, ("", ""))["users"]}
            assert told == {ADA: count(151, 2), BO: count(7, 0, 3)}
            assert len(copy.tenant.groups) == 2 + 150 + 2 + 3
            assert {GROUP, INNER} < set(copy.tenant.groups)
            assert any("does not name" in note for note in copy.notes)


def test_what_cannot_be_brought_about_is_told(tmp_path: Path) -> None:
    users = make_users(count(0), count(1_000_000))
    site = build_snapshot_site(write_documents(tmp_path / "s", make_entra(users=users), make_commcell()), True)
    told = "\n".join(site.notes)
    assert "more security groups of the snapshot than it counts" in told
    assert "10000 further security groups" in told and len(site.tenant_seed.groups) == 2 + 10_000


@pytest.mark.parametrize("odd", [-1, True, "7", 1.5, 10**30, None])
def test_odd_counts_are_refused(odd: Any, tmp_path: Path) -> None:
    folder = write_documents(tmp_path / "s", make_entra(users=make_users(count(odd))), make_commcell())
    with pytest.raises(SnapshotError, match="groupCounts"):
        build_snapshot_site(folder, True)
