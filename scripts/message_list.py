#!/usr/bin/env python
# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print every text that a user can meet: those of the plugins' code, and the messages of roles and playbooks.

``python scripts/message_list.py [PART OF A PATH …]`` prints them by file, each with its line, to be read in one go; ``{…}`` stands for what
varies. Of the code these are all texts of three words and more that are not documentation.
"""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import typing as t

import yaml
from collection_tree import ROOT

#: What stands in a text for a part that varies.
GAP = "{…}"
#: Members of a task that hold a text for the user.
_TASK_TEXTS = ("msg", "fail_msg", "success_msg")
#: Names that documentation is assigned to.
_DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
_FEWEST_WORDS = 3


class Message(t.NamedTuple):
    """A text with its file, relative to the collection, and its line."""

    path: str
    line: int
    text: str


def list_messages(root: pathlib.Path = ROOT) -> list[Message]:
    """Return all messages, in the order of files and lines."""
    found = []
    for path in sorted((root / "plugins").rglob("*.py")):
        if path.parent.name != "doc_fragments":
            found += [Message(_name(root, path), *one) for one in _find_in_code(path.read_text(encoding="utf-8"))]
    for folder in ("roles", "playbooks"):
        for path in sorted((root / folder).rglob("*.yml")):
            node = yaml.compose(path.read_text(encoding="utf-8"))
            found += [Message(_name(root, path), *one) for one in _find_in_tasks(node)]
    return found


def _name(root: pathlib.Path, path: pathlib.Path) -> str:
    return path.relative_to(root).as_posix()


def _find_in_code(code: str) -> list[tuple[int, str]]:
    """Return line and text of each message of a Python file."""
    tree = ast.parse(code)
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) or (isinstance(node, ast.Assign) and _get_targets(node) & _DOCUMENTATION):
            left_out.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            left_out.update(id(part) for part in node.values if isinstance(part, ast.Constant))
    found = []
    for node in ast.walk(tree):
        if id(node) not in left_out and (text := _read_text(node)) and count_words(text) >= _FEWEST_WORDS:
            found.append((getattr(node, "lineno", 0), text))
    return sorted(found)


def _get_targets(node: ast.Assign) -> set[str]:
    return {target.id for target in node.targets if isinstance(target, ast.Name)}


def _read_text(node: ast.AST) -> str:
    """Return the text that a node is, with a gap for each part that varies; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)
    return ""


def count_words(text: str) -> int:
    """Return how many words of letters stand between blanks, gaps not counted."""
    return len(re.findall(r"(?:^|(?<=[\s(\"'`]))[A-Za-z][a-z']*(?=[\s.,;:)\"'`]|$)", text))


def _find_in_tasks(node: yaml.Node | None) -> t.Iterator[tuple[int, str]]:
    """Yield line and text of each message of a task file, a playbook or what else is below *node*."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in _TASK_TEXTS and isinstance(value, yaml.ScalarNode):
                yield value.start_mark.line + 1, re.sub(r"\{\{.*?\}\}", GAP, value.value, flags=re.DOTALL)
            yield from _find_in_tasks(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _find_in_tasks(item)


def main(parts: t.Sequence[str]) -> None:
    """Print the messages of all files, or of those whose path has one of the parts."""
    shown = ""
    for message in list_messages():
        if parts and not any(part in message.path for part in parts):
            continue
        if message.path != shown:
            shown = message.path
            print(f"\n{shown}")
        print(f"  {message.line}: {' '.join(message.text.splitlines())}")


if __name__ == "__main__":
    main(sys.argv[1:])
