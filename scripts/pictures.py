# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write or check the pictures that are made of the code: the layers, a rotation, a plan.

Runs in an environment that has ansible-core. Usage: pictures.py --check | --write
"""

from __future__ import annotations

import importlib
import json
import pathlib
import sys

from architecture_picture import draw_architecture
from collection_facts import PACKAGE, load_collections
from collection_tree import ROOT
from drawing import LINE, Drawing
from generated_files import check_or_write
from rotation_picture import draw_rotation

FOLDER = ROOT / "docs" / "pictures"
#: Results of real runs, which the tests keep, with the case of each module; what they plan is shown as that of one run.
KEPT = ROOT / "tests" / "integration" / "kept"
PLANNED = {
    "localhost": (("entra_group", "create by unique name"),),
    "cs01": (("commvault_role_mappings", "one grant more"), ("commvault_role_mappings", "exclusive")),
}


def list_plan_lines() -> list[str]:
    """Return the lines in which playbooks tell a plan, of results that are kept."""
    shown = importlib.import_module(f"{PACKAGE}.plugin_utils.plan_lines")
    results = {
        host: [
            {"steps": json.loads((KEPT / f"{module}.json").read_text("utf-8"))[case]["first"]["steps"]}
            for module, case in cases
        ]
        for host, cases in PLANNED.items()
    }
    lines: list[str] = shown.format_plan(results)
    return lines


def draw_plan() -> str:
    """Return the picture of a plan, as it stands in a terminal."""
    lines = list_plan_lines()
    drawing = Drawing("What a run with --check tells: the plan in sentences", 980)
    drawing.add_text(20, 30, "$ ansible-playbook cvops.identity.site -e @access.yml --check", "code")
    drawing.add_box(12, 42, 956, LINE * len(lines) + 20)
    drawing.add_lines(24, 62, lines, "code")
    return drawing.format_svg()


def expected() -> dict[pathlib.Path, str]:
    """Return the text of each picture."""
    return {
        FOLDER / "architecture.svg": draw_architecture(),
        FOLDER / "plan.svg": draw_plan(),
        FOLDER / "rotation.svg": draw_rotation(),
    }


if __name__ == "__main__":
    load_collections()
    sys.exit(check_or_write(expected(), __doc__))
