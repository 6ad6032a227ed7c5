# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables as CSV for people."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.csv_text import (
    build_csv,
    neutralise_cell,
    restore_cell,
)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "=cmd|' /C calc'!A0"]
)
def test_no_cell_is_a_formula(cell: str) -> None:
    dummy, row = csv.reader(io.StringIO(build_csv(["a"], [[cell]]), newline=""))
    assert row == [f"'{cell}"]


def test_ordinary_cells_stay_and_null_is_empty() -> None:
    assert build_csv(["a", "b"], [["GG-Backup", None], [7, 'say "x", y']]) == (
        '"a","b"\r\n"GG-Backup",""\r\n"7","say ""x"", y"\r\n'
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_what_is_written_is_read_back(cells: list[str]) -> None:
    dummy, row = csv.reader(io.StringIO(build_csv(["x"] * len(cells), [cells]), newline=""))
    assert [cell.removeprefix("'") if cell != other else cell for cell, other in zip(row, cells, strict=True)] == cells


@given(st.text())
def test_a_cell_is_read_back(text: str) -> None:
    """Of those that begin with an apostrophe themselves, only what a spreadsheet would not have computed anyway."""
    if not text.startswith("'"):
        assert restore_cell(neutralise_cell(text)) == text
