# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put the options of a plugin before those that many plugins have in common, in the pages that antsibull-docs has written.

antsibull-docs sorts all options by name, so that the few of a module stand between the forty of the connection.
Usage: option_tables.py FOLDER, the folder of the pages.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import typing as t

import yaml
from collection_tree import ROOT

KINDS = ("module", "lookup")
HEADING = "Parameters that many have in common"
WORDS = (
    "How to sign in and to reach the services, and what a run may write. They are the same wherever they are: see\n"
    ":ref:`ansible_collections.cvops.identity.docsite.guide_sign_in` and :ref:`ansible_collections.cvops.identity.docsite.guide_how_tasks_run`."
)
_FIRST = "  * - Parameter"
_ROW = re.compile(r"^  \* - ")
_NAME = re.compile(r'<div class="ansibleOptionAnchor" id="parameter-([^"/]+)')


def list_own_options(source: str) -> set[str]:
    """Return the names of the options that the DOCUMENTATION of a plugin has itself, without those of its fragments."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and [name.id for name in node.targets if isinstance(name, ast.Name)] == [
            "DOCUMENTATION"
        ]:
            return set((yaml.safe_load(ast.literal_eval(node.value)) or {}).get("options") or {})
    return set()


def split_options(page: str, own: t.Collection[str]) -> str:
    """Return a page whose table of options is two: those in *own*, and the others. The page as it is where either is empty.

    Raises ValueError where a row names no option: the pages have another form than this function knows.
    """
    lines = page.split("\n")
    if _FIRST not in lines:
        return page
    first = lines.index(_FIRST)
    begin = max(number for number in range(first) if lines[number].startswith(".. list-table::"))
    end = next((n for n in range(first, len(lines)) if lines[n] and not lines[n].startswith(" ")), len(lines))
    starts = [number for number in range(first + 1, end) if _ROW.match(lines[number])]
    if not starts:
        return page
    rows: dict[bool, list[str]] = {True: [], False: []}
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        row = lines[start:stop]
        found = _NAME.search("\n".join(row))
        if not found:
            raise ValueError(f"the row of the table that begins in line {start + 1} names no option")
        rows[found[1] in own] += row
    if not all(rows.values()):
        return page
    head = lines[begin : starts[0]]
    common = [HEADING, "~" * len(HEADING), "", *WORDS.split("\n"), "", *head, *rows[False]]
    return "\n".join([*lines[: starts[0]], *rows[True], "", *common, *lines[end:]])


def main(folder: pathlib.Path) -> int:
    """Rewrite the pages of a folder; return the exit code, 1 where none was changed."""
    changed = 0
    for kind in KINDS:
        for plugin in sorted((ROOT / "plugins" / ("modules" if kind == "module" else kind)).glob("[!_]*.py")):
            path = folder / f"{plugin.stem}_{kind}.rst"
            before = path.read_text("utf-8")
            after = split_options(before, list_own_options(plugin.read_text("utf-8")))
            if after != before:
                path.write_text(after, "utf-8")
                changed += 1
    print(f"{changed} pages have the options of their own first")
    return 0 if changed else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
