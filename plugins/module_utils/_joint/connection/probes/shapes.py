# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The shape of an answer: its keys, types and counts, and nothing of what a service or a person has written. Pure."""

from __future__ import annotations

import itertools
import json
import re
import typing as t

Shape: t.TypeAlias = "str | dict[str, t.Any]"
_DEEPEST = 8
_MOST_KEYS, _MOST_ITEMS, _MOST_SHAPES = 60, 200, 4
_MASK = re.compile(r"[*\u2022]+")


class WordNumbers:
    """Numbers for keys and codes that are not expected, in the order in which they come: equal ones in two runs on an unchanged service.

    Unlike those of a snapshot they are made of nothing in the text, so that nobody can find it out, whatever they know of the site.
    """

    def __init__(self) -> None:
        self._made: dict[str, str] = {}

    def make(self, text: str) -> str:
        """Return the number of a text, the same one each time."""
        return self._made.setdefault(text, f"key-{len(self._made) + 1}")


class ShapeWriter:
    """Writes shapes. *words*: the keys and codes that may be written as they are; all others become those of *numbers*."""

    def __init__(self, words: t.Iterable[str], numbers: WordNumbers) -> None:
        self._words, self._numbers = frozenset(words), numbers

    def write_word(self, word: t.Any) -> str:
        """Return a key or code as it may be written."""
        text = str(word)
        return text if text in self._words else self._numbers.make(text)

    def describe(self, value: t.Any, depth: int = 0) -> Shape:
        """Return the shape of a value: the name of its type, ``{"keys": {...}}`` or ``{"count": int, "items": [...]}``."""
        if isinstance(value, dict):
            if depth >= _DEEPEST:
                return "object"
            known = itertools.islice(sorted(value.items(), key=self._order), _MOST_KEYS)
            keys = {self.write_word(name): self.describe(inner, depth + 1) for name, inner in known}
            return {"keys": dict(sorted(keys.items()))} | (
                {"more": len(value) - _MOST_KEYS} if len(value) > _MOST_KEYS else {}
            )
        if isinstance(value, list):
            if depth >= _DEEPEST:
                return "list"
            shapes = [self.describe(item, depth + 1) for item in value[:_MOST_ITEMS]]
            kinds = {json.dumps(shape, sort_keys=True): shape for shape in shapes}
            return {"count": len(value), "items": [kinds[text] for text in sorted(kinds)[:_MOST_SHAPES]]}
        return name_type(value)

    def _order(self, item: tuple[t.Any, t.Any]) -> tuple[bool, str]:
        """Return what puts the keys that may be written first."""
        return str(item[0]) not in self._words, str(item[0])


def name_type(value: t.Any) -> str:
    """Return the name of the type of a value that holds no others."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "empty text" if not value else "mask" if is_mask(value) else "text"
    return "something else"


def is_mask(value: t.Any) -> bool:
    """Return whether a text stands in place of a secret."""
    return isinstance(value, str) and _MASK.fullmatch(value) is not None
