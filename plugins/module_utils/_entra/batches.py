# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Many lists of Graph in few requests."""

from __future__ import annotations

import typing as t
from urllib.parse import quote, urlencode

from .client import GraphClient

#: So many requests go in one batch. Microsoft Learn (JSON batching): up to 20.
_PARTS_AT_ONCE = 20


def list_in_batches(
    graph: GraphClient,
    path: str,
    queries: t.Sequence[t.Mapping[str, str]],
    *,
    intent: str,
    needs: t.Sequence[str] = (),
) -> list[t.Sequence[dict[str, t.Any]]]:
    """Return what :meth:`GraphClient.list` returns for each of *queries* (parameters), twenty of them in one request.

    A part that fails, or has more than one page, is asked for on its own. Raises as that method does.
    """
    found: list[t.Sequence[dict[str, t.Any]]] = []
    for start in range(0, len(queries), _PARTS_AT_ONCE):
        chunk = queries[start : start + _PARTS_AT_ONCE]
        urls = {str(number): _build_url(path, query) for number, query in enumerate(chunk)}
        parts = graph.list_parts(urls, intent=intent, needs=needs) if len(chunk) > 1 else {}
        for name, query in zip(urls, chunk, strict=True):
            known = parts.get(name)
            found.append(graph.list(path, intent=intent, needs=needs, params=query) if known is None else known)
    return found


def _build_url(path: str, query: t.Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query, safe='$', quote_via=quote)}"
