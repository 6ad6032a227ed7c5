# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Deleted items: applications and service principals, which can be restored for 30 days."""

from __future__ import annotations

import typing as t

from .._core.addresses import quote_segment
from .._core.errors import ApiError, mark_outcome_unknown
from .._core.polling import Backoff
from .._core.retry import Repeat
from .client import GraphClient

#: Collections, and the types under which their deleted items are listed.
TYPES = {"applications": "microsoft.graph.application", "servicePrincipals": "microsoft.graph.servicePrincipal"}
_READ = ("Application.ReadWrite.OwnedBy", "Application.Read.All")
_WRITE = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
_READS = 5


def list_deleted_items(graph: GraphClient, collection: str, select: str) -> list[dict[str, t.Any]]:
    """Return all deleted items of *collection* with the fields *select*.

    Unfiltered: which fields can be filtered on is not documented.
    """
    return graph.list(
        f"/directory/deletedItems/{TYPES[collection]}",
        intent=f"list deleted {collection}",
        needs=_READ,
        params={"$select": select, "$top": "999"},
    )


def restore_deleted_item(graph: GraphClient, collection: str, object_id: str, *, intent: str) -> None:
    """Restore one item of *collection*, with the ids that it had.

    After a lost answer the object is looked for where it should be now. Raises ApiError.
    """
    path = f"/directory/deletedItems/{quote_segment(object_id)}/restore"
    was_repeated = False

    def is_undone() -> bool:
        nonlocal was_repeated
        was_repeated = True
        return True  # a second restore finds nothing to restore, and then it is looked for

    graph.recent_objects.clear(object_id)
    try:
        restored = graph.write(
            "POST", path, {}, intent=intent, needs=_WRITE, repeat=Repeat.IF_REFUSED, is_undone=is_undone
        )
    except ApiError as exc:
        if not exc.may_have_acted and not was_repeated:
            raise
        with mark_outcome_unknown():
            is_back = _is_restored(graph, collection, object_id, intent)
        if not is_back:
            raise
        restored = None
    graph.remember(restored or {"id": object_id})


def _is_restored(graph: GraphClient, collection: str, object_id: str, intent: str) -> bool:
    backoff = Backoff(graph.ctx)
    for dummy in range(_READS):
        backoff.pause(about=f"the answer was lost: checking what happened to the request (to {intent})")
        path = f"/{collection}/{quote_segment(object_id)}"
        if graph.get(path, intent=intent, needs=_READ, params={"$select": "id"}) is not None:
            return True
    return False
