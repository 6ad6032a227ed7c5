# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes of JSON documents as tables, and what in a document differs from its shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cvops_simulator.entra.schema import parse_date_time

#: A type of scalars, a list with the shape of its items, a table of shapes by key, or a tuple of shapes any of which
#: will do. A key that ends with a question mark may be missing. Keys that a table does not name are not looked at.
Shape = Any

#: An id: text or number, of digits.
ID = "id"
#: A number of something, from zero on.
COUNT = "count"
#: A date and time with an offset.
TIME = "time"
#: Any JSON value.
ANY = "any"

_LARGEST_COUNT = 1_000_000
_WORDS = {
    str: "a text",
    bool: "true or false",
    int: "a number",
    dict: "an object",
    list: "a list",
    None: "null",
    ID: "a number",
    COUNT: "a number from 0 to 1000000",
    TIME: "a date and time (RFC 3339)",
}


def list_faults(value: Any, shape: Shape, where: str = "") -> Iterator[str]:
    """Yield what differs, one text each, with its place. `where`: the place of the value itself."""
    if isinstance(shape, tuple):
        if not any(next(list_faults(value, one, where), None) is None for one in shape):
            # The longest of the alternatives says what is wrong inside; a plain one only that it is none of them.
            inner = next((one for one in shape if isinstance(one, (dict, list)) and _is_kind(value, one)), None)
            if inner is not None:
                yield from list_faults(value, inner, where)
            else:
                yield f"{where or 'the document'} is not {' or '.join(_describe(one) for one in shape)}"
        return
    if not _is_kind(value, shape):
        yield f"{where or 'the document'} is not {_describe(shape)}"
    elif isinstance(shape, list):
        for number, item in enumerate(value):
            yield from list_faults(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, Mapping):
        for key, inner in shape.items():
            name = key.rstrip("?")
            place = f"{where}.{name}" if where else name
            if name in value:
                yield from list_faults(value[name], inner, place)
            elif not key.endswith("?"):
                yield f"{place} is missing"


def _is_kind(value: Any, shape: Shape) -> bool:
    if shape == ANY:
        return True
    if shape == ID:
        return not isinstance(value, bool) and isinstance(value, (int, str)) and _is_number(str(value))
    if shape == COUNT:
        return type(value) is int and 0 <= value <= _LARGEST_COUNT
    if shape == TIME:
        return isinstance(value, str) and _is_time(value)
    if shape is None:
        return value is None
    if isinstance(shape, (list, Mapping)):
        return isinstance(value, list if isinstance(shape, list) else dict)
    return type(value) is shape


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _is_time(text: str) -> bool:
    try:
        parse_date_time(text)
    except ValueError:
        return False
    return True


def _describe(shape: Shape) -> str:
    if isinstance(shape, Mapping):
        return _WORDS[dict]
    return _WORDS[list] if isinstance(shape, list) else _WORDS[shape]
