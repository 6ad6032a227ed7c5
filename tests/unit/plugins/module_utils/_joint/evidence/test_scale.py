# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work grows with the rows that come out and not with their square."""

from __future__ import annotations

import typing as t

import pytest
from evidence_examples import build, make_large_site

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence import entra_side, facts, grants

_COUNTED = ((facts, "list_grants"), (facts, "read_mapping"), (grants, "make_row_id"), (entra_side.EntraSide, "_walk"))


@pytest.mark.parametrize("times", [1, 4])
def test_each_group_is_walked_once_and_each_row_is_made_once(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    counts: dict[str, int] = {}

    def count(owner: t.Any, name: str) -> None:
        work = getattr(owner, name)

        def counted(*args: t.Any, **more: t.Any) -> t.Any:
            counts[name] = counts.get(name, 0) + 1
            return work(*args, **more)

        monkeypatch.setattr(owner, name, counted)

    for owner, name in _COUNTED:
        count(owner, name)
    groups, given = 30 * times, 100 * times
    cell, entra = make_large_site(groups, given, 200 * times, 6)
    tables = build(cell, entra=entra)
    rows = len(tables.rows["access"])
    assert counts == {"list_grants": 1, "read_mapping": 1, "make_row_id": rows, "_walk": groups}
    assert given * 6 <= rows <= given * 14


def test_lists_of_a_grant_are_shared_by_its_rows() -> None:
    """Tens of thousands of rows fit into memory because what is the same in them is there once."""
    cell, entra = make_large_site(5, 5, 50, 10)
    by_grant: dict[t.Any, set[int]] = {}
    for row in build(cell, entra=entra).rows["access"]:
        by_grant.setdefault(row["principal_id"], set()).add(id(row["privileged_by"]))
    assert {len(found) for found in by_grant.values()} == {1}
