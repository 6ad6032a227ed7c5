# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mappings that stand several times in a generated structure are written once, and named where they stand."""

from __future__ import annotations

import collections
import json
import typing as t

Tree = t.Any
_SHORTEST = 120


def share_parts(
    tree: Tree,
    refer: t.Callable[[int], Tree],
    whole: t.Container[str] = (),
    beside: t.Container[str] = (),
    shortest: int = _SHORTEST,
) -> tuple[Tree, list[Tree]]:
    """Return *tree* with what *refer* returns for the number of a part in place of each mapping that stands in it twice, and the parts.

    A part names only parts before it. *whole*: keys whose values stay where they are, and only the mappings in them are parts. *beside*: keys
    that stay beside what *refer* returns, a mapping then. *shortest*: so many characters a part has at least.
    """
    counted = collections.Counter(_list_keys(tree, beside))
    numbers: dict[str, int] = {}
    parts: list[Tree] = []

    def replace(value: Tree, stays: bool = False) -> Tree:
        """Return *value* with its shared mappings replaced; itself, too, unless it *stays*."""
        if isinstance(value, list):
            return [replace(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {} if stays else {name: item for name, item in value.items() if name in beside}
        key = _get_key(value, () if stays else beside)
        if stays or key not in numbers:
            replaced = {name: replace(item, not stays and name in whole) for name, item in value.items()}
            if stays or counted[key] < 2 or len(key) < shortest:
                return replaced
            parts.append({name: item for name, item in replaced.items() if name not in kept})
            numbers[key] = len(parts)
        return {**kept, **refer(numbers[key])} if kept else refer(numbers[key])

    return replace(tree), parts


class Name:
    """A name in generated Python."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


def format_python(value: Tree, indent: int = 0, width: int = 118) -> str:
    """Return *value* as Python: on one line where it fits, else each item on lines of its own."""
    plain = repr(value)
    if indent + len(plain) <= width or not isinstance(value, (dict, list)):
        return plain
    inner = " " * (indent + 4)
    if isinstance(value, dict):
        lines = [
            f"{inner}{key!r}: {format_python(item, indent + 4, width - len(repr(key)) - 3)},"
            for key, item in value.items()
        ]
        return "\n".join(["{", *lines, " " * indent + "}"])
    lines = [f"{inner}{format_python(item, indent + 4, width - 1)}," for item in value]
    return "\n".join(["[", *lines, " " * indent + "]"])


def _get_key(value: Tree, beside: t.Container[str]) -> str:
    return json.dumps({name: item for name, item in value.items() if name not in beside}, sort_keys=False)


def _list_keys(value: Tree, beside: t.Container[str]) -> t.Iterator[str]:
    if isinstance(value, dict):
        yield _get_key(value, beside)
        for item in value.values():
            yield from _list_keys(item, beside)
    elif isinstance(value, list):
        for item in value:
            yield from _list_keys(item, beside)
