# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many lists in few requests, and no list that is taken for complete when it is not."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.batches import list_in_batches
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient


def methods(secured: t.Any) -> list[str]:
    return [one.method for one in secured.server.received]


QUERIES = [{"$filter": f"id in ('{number}')"} for number in range(22)]


def answer_parts(*statuses: int, next_link: str | None = None) -> dict[str, t.Any]:
    """Return the answer of a batch, in another order than that of its requests."""
    parts = [
        {
            "id": str(number),
            "status": status,
            "body": {"value": [{"id": f"in batch {number}"}], **({"@odata.nextLink": next_link} if next_link else {})},
        }
        for number, status in enumerate(statuses)
    ]
    return {"responses": parts[::-1]}


def test_many_lists_are_read_twenty_in_a_request(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, answer_parts(*[200] * 20)), answer(200, answer_parts(200, 200)))
    found = list_in_batches(graph, "/groups", QUERIES, intent="look")
    assert [listed[0]["id"] for listed in found] == [f"in batch {n}" for n in [*range(20), 0, 1]]
    assert [(one.method, one.path) for one in secured.server.received] == [("POST", "/v1.0/$batch")] * 2
    asked = json.loads(secured.server.received[0].body)["requests"]
    assert asked[1] == {"id": "1", "method": "GET", "url": "/groups?$filter=id%20in%20%28%271%27%29"}
    told = graph.ctx.stats.as_result()
    assert (told["reads"], told["writes"]) == (2, 0)


def test_one_list_is_no_batch(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, {"value": [{"id": "x"}]}))
    assert list_in_batches(graph, "/groups", QUERIES[:1], intent="look") == [[{"id": "x"}]]
    assert methods(secured) == ["GET"]
    assert list_in_batches(graph, "/groups", [], intent="look") == []


@pytest.mark.parametrize(
    "body",
    [
        answer_parts(200, 429),
        answer_parts(200, 503),
        answer_parts(200),
        {"responses": [*answer_parts(200)["responses"], {"id": "1", "status": 200, "body": "x"}]},
        {"responses": [*answer_parts(200)["responses"], {"id": "1", "status": 200, "body": {"value": 7}}]},
    ],
)
def test_a_part_that_failed_is_asked_for_on_its_own(
    graph: GraphClient, secured: t.Any, answer: t.Any, body: t.Any
) -> None:
    secured.server.says(answer(200, body), answer(200, {"value": [{"id": "alone"}]}))
    assert list_in_batches(graph, "/groups", QUERIES[:2], intent="look") == [[{"id": "in batch 0"}], [{"id": "alone"}]]
    assert methods(secured) == ["POST", "GET"]


def test_a_part_with_more_pages_is_read_from_its_beginning(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(
        answer(200, answer_parts(200, 200, next_link=f"{secured.server.url}/v1.0/groups?x")),
        answer(200, {"value": [{"id": "a"}]}),
        answer(200, {"value": [{"id": "b"}]}),
    )
    assert list_in_batches(graph, "/groups", QUERIES[:2], intent="look") == [[{"id": "a"}], [{"id": "b"}]]


@pytest.mark.parametrize("body", [{"responses": 7}, {"responses": ["x"]}, [1]])
def test_a_batch_that_answers_nonsense_is_refused(
    graph: GraphClient, secured: t.Any, answer: t.Any, body: t.Any
) -> None:
    secured.server.says(answer(200, body))
    with pytest.raises(BadAnswer):
        list_in_batches(graph, "/groups", QUERIES[:2], intent="look")


def test_a_batch_is_sent_again_after_a_lost_answer(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(503, {}), answer(200, answer_parts(200, 200)))
    assert len(list_in_batches(graph, "/groups", QUERIES[:2], intent="look")) == 2
