# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Creating without an idempotency key: one POST, and a look before anything is sent again."""

from __future__ import annotations

import typing as t

from .._core.errors import ApiError, mark_outcome_unknown
from .._core.polling import Backoff
from .._core.retry import Repeat
from .client import GraphClient

_LOOKS = 4
_LOOKS_BEFORE = 2


def create_once(
    graph: GraphClient,
    path: str,
    body: t.Mapping[str, t.Any],
    *,
    find: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]],
    intent: str,
    needs: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The created object. If the answer is lost, or shows nothing, *find* tells whether the object came to be.

    Before the POST nothing that *find* looks for existed, so what it shows afterwards is ours. When it shows nothing for a
    while, the outcome stays unknown and the error says so: the next run finds the object or creates it.
    """
    _check_name_is_free(find, intent)
    try:
        created = graph.write("POST", path, dict(body), intent=intent, needs=needs, repeat=Repeat.IF_REFUSED)
        if created is None:
            raise ApiError(
                f"Cannot {intent}: the service created it without showing it",
                service="Microsoft Graph",
                may_have_acted=True,
            )
    except ApiError as exc:
        if not exc.may_have_acted:
            raise
        backoff = Backoff(graph.ctx)
        for dummy in range(_LOOKS):
            with mark_outcome_unknown():
                backoff.pause()
                found = find()
            if len(found) == 1:
                graph.remember(found[0])
                return dict(found[0])
        exc.facts["outcome"] = "unknown"
        raise
    graph.remember(created)
    return created


def _check_name_is_free(find: t.Callable[[], t.Sequence[t.Mapping[str, t.Any]]], intent: str) -> None:
    """A replica may deny what was created seconds ago, and a second object of the same name cannot be told from the first."""
    if any(find() for dummy in range(_LOOKS_BEFORE)):
        raise ApiError(
            f"Cannot {intent}: it exists after all, the directory only did not show it at first. Run the task again.",
            service="Microsoft Graph",
        )
