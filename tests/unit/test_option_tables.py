# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a module stand before those that modules have in common, each once."""

from __future__ import annotations

import re

import pytest
from collection_tree import ROOT
from option_tables import HEADING, list_own_options, split_options

NAMES = ("access_token", "display_name", "grants", "grants/role", "proxy")


def make_page(*names: str, anchor: str = "ansibleOptionAnchor") -> str:
    rows = [
        f"""  * - .. raw:: html

        <div class="{anchor}" id="parameter-{name}"></div>

    - What {name} is.
"""
        for name in names
    ]
    head = "Parameters\n----------\n\n.. list-table::\n  :header-rows: 1\n\n  * - Parameter\n    - Comments\n"
    return f"{head}\n" + "\n".join(rows) + "\n.. Attributes\n\nAttributes\n----------\n"


def list_anchors(page: str) -> list[str]:
    return re.findall(r'id="parameter-([^"]+)"', page)


def test_own_options_come_first_with_their_suboptions() -> None:
    page = split_options(make_page(*NAMES), {"display_name", "grants"})
    own, common = page.split(HEADING)
    assert list_anchors(own) == ["display_name", "grants", "grants/role"]
    assert list_anchors(common) == ["access_token", "proxy"]
    assert page.count(".. list-table::") == page.count("  * - Parameter") == 2
    assert page.endswith(".. Attributes\n\nAttributes\n----------\n")
    assert sorted(line for line in page.split("\n") if "What" in line) == [f"    - What {name} is." for name in NAMES]


@pytest.mark.parametrize("own", [set(), {"access_token", "display_name", "grants", "proxy"}])
def test_a_table_of_one_kind_stays(own: set[str]) -> None:
    assert split_options(make_page(*NAMES), own) == make_page(*NAMES)


def test_a_page_without_options_stays() -> None:
    assert split_options("Synopsis\n", {"x"}) == "Synopsis\n"


def test_a_page_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"line 10 names no option"):
        split_options(make_page(*NAMES, anchor="another"), {"grants"})


def test_options_of_fragments_are_not_a_module_s_own() -> None:
    own = list_own_options((ROOT / "plugins/modules/entra_group.py").read_text("utf-8"))
    assert {"display_name", "members"} <= own
    assert not own & {"client_secret", "proxy", "deadline"}
