# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The threat model names the tests that hold it: they exist, and so does every file that it refers to."""

from __future__ import annotations

import ast
import re

import pytest
from collection_tree import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`((?:tests|docs|meta|scripts)/[\w/.-]+\.\w+)`", PAGE)))


def test_the_page_refers_to_tests_and_files() -> None:
    assert len(TESTS) > 8
    assert FILES


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_a_test_that_it_names_exists(path: str, name: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_it_names_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_row_of_a_table_of_attacks_says_how_it_is_tested() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    attacks, inside = [], False
    for line in rows:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in ("Attack", "Identity"):
            inside = cells[0] == "Attack"
            continue
        if inside:
            attacks.append(cells)
    assert len(attacks) > 10
    assert [cells[0] for cells in attacks if not re.search(r"`(tests|docs)/", cells[-1])] == []
