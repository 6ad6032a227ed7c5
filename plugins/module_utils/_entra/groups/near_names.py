# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Names of Entra groups that are like one that no group has, for messages. Reads only, and only after a normal read has found none."""

from __future__ import annotations

import contextlib
import typing as t

from ..._core.errors import ApiError
from ..._core.names import find_nearest_names, is_lookalike
from ..client import GraphClient, quote_literal

_NEAR = 3
_SHORTEST_START = 3
#: Groups that are compared: those of one page.
_MOST_COMPARED = 999


def describe_near_groups(graph: GraphClient | None, name: str, known: t.Iterable[str] = ()) -> str:
    """Return the names that are most like *name*, as text to add to a message; empty where there are none. Those that look equal are told apart.

    They are looked for among *known* and, with *graph*, among the groups that begin alike, in one request. One that is refused or fails tells
    nothing, since the caller has an error of its own to tell.
    """
    names = [*known, *(_list_alike(graph, name) if graph is not None else ())]
    near = find_nearest_names(name, [item for item in names if not is_lookalike(name, item)], _NEAR)
    return f". Near: {', '.join(map(repr, near))}" if near else ""


def _list_alike(graph: GraphClient, name: str) -> list[str]:
    """Return the display names of the first groups that begin with the first half of *name*."""
    start = name[: max(_SHORTEST_START, len(name) // 2)]
    params = {
        "$filter": f"startswith(displayName,{quote_literal(start)})",
        "$select": "id,displayName",
        "$top": str(_MOST_COMPARED),
    }
    with contextlib.suppress(ApiError), graph.without_waiting():
        page = graph.read_object(graph.read_page("/groups", intent="find groups with a similar name", params=params))
        found = page.get("value")
        if isinstance(found, list):
            shown = [item.get("displayName") for item in found if isinstance(item, dict)]
            return [item for item in shown if isinstance(item, str) and item]
    return []
