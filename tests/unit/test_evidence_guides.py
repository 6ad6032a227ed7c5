# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages about frameworks: each control has a row, each row names columns and rules that there are, and nothing is said to comply."""

from __future__ import annotations

import re

import pytest
from documented import GUIDES

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.findings.rules import RULES
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import TABLES

CONTROLS = {
    "guide_evidence_soc2": {"CC6.1", "CC6.2", "CC6.3"},
    "guide_evidence_iso27001": {"A.5.15", "A.5.16", "A.5.17", "A.5.18", "A.8.2", "A.8.3", "A.8.5"},
}
PAGES = {path.stem: path.read_text() for path in GUIDES if path.stem in CONTROLS}
COLUMNS = {f"{table.name}.csv": set(table.columns) for table in TABLES}
FILES = {*COLUMNS, "report.html", "manifest.json"}


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of the table, without its head."""
    table = text.partition(".. list-table::")[2].partition("\n\n\n")[0]
    found = []
    for row in re.split(r"^   \* - ", table, flags=re.MULTILINE)[2:]:
        cells = re.split(r"^     - ", row, flags=re.MULTILINE)
        found.append([" ".join(cell.split("\n\n")[0].split()) for cell in cells])
    return found


@pytest.mark.parametrize("name", CONTROLS)
def test_every_control_is_mapped(name: str) -> None:
    assert {row[0] for row in rows(PAGES[name])} == CONTROLS[name]
    assert all(len(row) == 3 and row[1] and "``" in row[2] for row in rows(PAGES[name]))


@pytest.mark.parametrize("name", CONTROLS)
def test_every_column_that_is_named_is_in_that_file(name: str) -> None:
    seen = 0
    for control, asked, cell in rows(PAGES[name]):
        for part in cell.split("; "):
            file, *named = re.findall(r"``([\w.]+)``", part.partition("(rule")[0])
            if file == "report.html":
                continue
            columns = {column for column in named if column not in FILES}
            assert columns and columns <= COLUMNS[file], (control, asked, file, columns - COLUMNS[file])
            seen += len(columns)
    assert seen > 30


@pytest.mark.parametrize("name", CONTROLS)
def test_every_rule_that_is_named_there_is(name: str) -> None:
    named = {
        rule
        for _control, _asked, cell in rows(PAGES[name])
        for group in re.findall(r"\(rules? ([^)]*)\)", cell)
        for rule in re.findall(r"``(\w+)``", group)
    }
    assert named and named <= set(RULES)


@pytest.mark.parametrize("name", CONTROLS)
def test_nothing_is_said_to_comply(name: str) -> None:
    text = PAGES[name]
    assert "supports evidence for" in text
    assert re.findall(r"(?i)complian\w+|certif\w+|fulfil\w*|satisf\w*", text) == []
