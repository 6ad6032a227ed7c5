# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and answers as handlers see them, whether they came alone or inside a batch."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.entra.graph.errors import GraphError, bad_request

_KEY_END = ")"
_LONGEST_ADDRESS = 2048


@dataclass(frozen=True)
class GraphRequest:
    """`path` below the version root, decoded; header names in lower case; `body` parsed JSON or None.

    `version`: v1.0 or beta.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    version: str = "v1.0"


@dataclass(frozen=True)
class GraphResponse:
    """`body` None: no content."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


NO_CONTENT = GraphResponse(204)


def split_path(path: str) -> list[str]:
    """Return segments of a path; the key in `applications(appId='x')` becomes a segment of its own, `(appId='x')`.

    Slashes inside quotes do not separate.
    """
    segments: list[str] = []
    current, quoted = "", False
    for character in path:
        if character == "'":
            quoted = not quoted
        if character == "/" and not quoted:
            segments += _cut_key(current)
            current = ""
        else:
            current += character
    return segments + _cut_key(current)


def _cut_key(segment: str) -> list[str]:
    if not segment:
        return []
    head, opening, tail = segment.partition("(")
    if opening and tail.endswith(_KEY_END) and head:
        return [head, opening + tail]
    return [segment]


def parse_key(segment: str) -> tuple[str, str]:
    """Return name and value of a segment's key.

    `("appId", "x")` for `(appId='x')`, `("id", "x")` for `x` and `('x')`.
    """
    if not segment.startswith("("):
        return "id", segment
    inside = segment[1:-1]
    name, equals, value = inside.partition("=")
    if not equals or inside.startswith("'"):
        name, value = "id", inside
    if len(value) < 2 or value[0] != "'" or value[-1] != "'":
        raise bad_request(f"Syntax error: the key '{inside}' is not a quoted string.")
    return name.strip(), value[1:-1].replace("''", "'")


def parse_query(text: str) -> dict[str, str]:
    """Return the query string as a dict; the last of equal names wins."""
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))


def check_address(address: str, query: dict[str, str]) -> None:
    """Refuse a list by many values whose address, also that of a batch's part, is longer than the service takes."""
    if " in (" in query.get("$filter", "") and len(address) > _LONGEST_ADDRESS:
        raise GraphError(414, "UriTooLong", f"The request URI is longer than {_LONGEST_ADDRESS} characters.")
