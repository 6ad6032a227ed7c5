# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The code that guides, READMEs, plugin documentation and example files show."""

from __future__ import annotations

import functools
import pathlib
import re
import textwrap
import typing as t

import yaml
from collection_facts import text_constants
from collection_tree import ROOT

GUIDES = sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
READMES = [ROOT / "README.md", *sorted((ROOT / "roles").glob("*/README.md"))]
EXAMPLES = sorted(
    path for path in (ROOT / "docs" / "examples").rglob("*") if path.is_file() and "__pycache__" not in path.parts
)
FILTERS = sorted((ROOT / "plugins" / "filter").glob("*.yml"))
_RST_BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1 +.*\n|\s*\n)+)", re.MULTILINE)
_FENCED = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


class CodeBlock(t.NamedTuple):
    """A code block: where it stands, its language, its text."""

    where: str
    language: str
    text: str


def blocks_of(path: pathlib.Path) -> list[CodeBlock]:
    """All code blocks of an RST or Markdown file."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in (_RST_BLOCK if path.suffix == ".rst" else _FENCED).finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        found.append(
            CodeBlock(f"{path.relative_to(ROOT)}:{line}", match[2], textwrap.dedent(match[3]).strip("\n") + "\n")
        )
    return found


@functools.lru_cache
def all_blocks() -> list[CodeBlock]:
    """Code blocks of guides and READMEs, the EXAMPLES of modules, lookups and filters, and the example files that are YAML."""
    found = [block for path in [*GUIDES, *READMES] for block in blocks_of(path)]
    for folder in ("modules", "lookup"):
        for path in sorted((ROOT / "plugins" / folder).glob("[!_]*.py")):
            found.append(CodeBlock(str(path.relative_to(ROOT)), "yaml", text_constants(path)["EXAMPLES"]))
    for path in FILTERS:
        found.append(CodeBlock(str(path.relative_to(ROOT)), "yaml", yaml.safe_load(path.read_text())["EXAMPLES"]))
    for path in EXAMPLES:
        if path.suffix == ".yml":
            found.append(CodeBlock(str(path.relative_to(ROOT)), "yaml", path.read_text(encoding="utf-8")))
    return found
