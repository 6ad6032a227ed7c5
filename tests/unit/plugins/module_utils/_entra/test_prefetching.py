# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that answers from what was kept, and asks for everything else."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.module_utils._entra.prefetching import PrefetchingGraph


@pytest.fixture
def prefetching(graph: GraphClient) -> PrefetchingGraph:
    return PrefetchingGraph(graph.ctx)


def test_only_the_very_read_that_was_kept_is_answered(
    prefetching: PrefetchingGraph, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(200, {"id": "asked", "value": []}))
    prefetching.keep_answer("/groups/1", {"$select": "id"}, {"id": "kept"})
    prefetching.keep_answer("/groups/2", {}, None)
    prefetching.keep_answer("/groups", {"$filter": "x"}, [{"id": "listed"}])
    assert prefetching.get("/groups/1", intent="read", params={"$select": "id"}) == {"id": "kept"}
    assert prefetching.get("/groups/2", intent="read") is None
    assert prefetching.list("/groups", intent="list", params={"$filter": "x"}) == [{"id": "listed"}]
    assert secured.server.received == []
    assert prefetching.get("/groups/1", intent="read", params={"$select": "id,x"})["id"] == "asked"  # type: ignore[index]
    assert prefetching.list("/groups", intent="list", params={"$filter": "y"}) == []


def test_nothing_is_answered_from_memory_once_it_is_forgotten(
    prefetching: PrefetchingGraph, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(200, {"id": "asked"}))
    prefetching.keep_answer("/groups/1", None, {"id": "kept"})
    prefetching.forget_answers()
    assert prefetching.get("/groups/1", intent="read") == {"id": "asked"}
