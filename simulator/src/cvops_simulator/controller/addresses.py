# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of objects: by id and by name."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from cvops_simulator.controller.facts import CONTRACT, ENDPOINTS
from cvops_simulator.controller.state import Row, State

API = "/api/v2/"


def make_url(row: Row, more: str = "") -> str:
    """Return the address of an object, or of a list below it."""
    return f"{API}{row.endpoint}/{row.id}/" + (f"{more}/" if more else "")


def _list_paths(endpoint: str) -> list[list[str]]:
    """Return the parts of an endpoint's named address, each a list of paths to fields."""
    shape = CONTRACT["named_urls"].get(endpoint, "")
    return [re.findall(r"<([a-z_.]+)>", part) for part in shape.split("++")] if shape else []


def find_named(state: State, endpoint: str, address: str) -> Row | None:
    """Return the object with a named address."""
    paths, parts = _list_paths(endpoint), address.split("++")
    if not paths or len(parts) > len(paths):
        return None
    parts += [""] * (len(paths) - len(parts))
    wanted = [word for part, names in zip(parts, paths, strict=True) for word in _split(part, len(names))]
    for row in state.list_all(endpoint):
        if [_follow(state, row, path) for names in paths for path in names] == wanted:
            return row
    return None


def make_name(state: State, row: Row) -> str:
    """Return the named address of an object, or empty text if it has none."""
    paths = _list_paths(row.endpoint)
    parts = ["+".join(quote(_follow(state, row, path), safe="") for path in names) for names in paths]
    return f"{API}{row.endpoint}/{'++'.join(parts)}/" if parts else ""


def _split(part: str, count: int) -> list[str]:
    words = part.split("+") if count > 1 else [part]
    return words + [""] * (count - len(words))


def _follow(state: State, row: Row, path: str) -> str:
    name, _dot, rest = path.partition(".")
    value: Any = row[name]
    if not rest:
        return str(value if value is not None else "")
    target = state.find(ENDPOINTS[row.endpoint].fields[name].to, value)
    return _follow(state, target, rest) if target is not None else ""
