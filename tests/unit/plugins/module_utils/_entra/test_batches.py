# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many lists in few requests, and no list that is taken for complete when it is not."""

from __future__ import annotations

import json
import typing as t
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Forbidden, Throttled
from ansible_collections.cvops.identity.plugins.module_utils._entra.batches import (
    LONGEST_ADDRESS,
    MOST_VALUES,
    ReadRequest,
    build_value_queries,
    list_in_batches,
    read_in_batches,
)
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
    assert (told["reads"], told["writes"], told["batch_parts"]) == (2, 0, 22)


@pytest.mark.parametrize("is_list", [False, True])
def test_what_is_below_an_object_that_a_batch_has_shown_is_waited_for(
    graph: GraphClient, secured: t.Any, answer: t.Any, is_list: bool
) -> None:
    group = {"id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"}
    part = {"status": 200, "body": {"value": [group]} if is_list else group}
    missing = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist."}}
    whole = {"responses": [{"id": "0", **part}, {"id": "1", **part}]}
    secured.server.says(answer(200, whole), answer(404, missing), answer(200, {"value": []}))
    path = "/groups" if is_list else "/groups(uniqueName='OPS')"
    read_in_batches(graph, [ReadRequest(path, {}, is_list)] * 2, intent="look")
    assert graph.list(f"/groups/{group['id']}/members", intent="list members") == []


def test_batches_that_take_long_are_counted(
    graph: t.Any, secured: t.Any, answer: t.Any, take_two_seconds: t.Callable[[t.Any], None]
) -> None:
    take_two_seconds(graph)
    secured.server.says(answer(200, answer_parts(*[200] * 20)))
    list_in_batches(graph, "/groups", [QUERIES[0]] * 60, intent="look")
    assert graph.ctx.reporter.news == [f"{number} of 60 requests answered (to look)" for number in (20, 40)]


def test_one_list_is_no_batch(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, {"value": [{"id": "x"}]}))
    assert list_in_batches(graph, "/groups", QUERIES[:1], intent="look") == [[{"id": "x"}]]
    assert methods(secured) == ["GET"]
    assert list_in_batches(graph, "/groups", [], intent="look") == []


@pytest.mark.parametrize(
    "body",
    [
        answer_parts(200, 403),
        answer_parts(200, 404),
        answer_parts(200),
        {"responses": [*answer_parts(200)["responses"], {"id": "1", "status": 200, "body": "x"}]},
        {"responses": [*answer_parts(200, 200)["responses"], {"id": "1", "status": 200, "body": {"value": []}}]},
        {"responses": [*answer_parts(200, 200, 200)["responses"], *answer_parts(403, 200)["responses"][:1]]},
        {"responses": [*answer_parts(200)["responses"], {"id": "1", "status": 200, "body": {"value": 7}}]},
    ],
)
def test_a_part_that_failed_is_asked_for_on_its_own(
    graph: GraphClient, secured: t.Any, answer: t.Any, body: t.Any
) -> None:
    secured.server.says(answer(200, body), answer(200, {"value": [{"id": "alone"}]}))
    assert list_in_batches(graph, "/groups", QUERIES[:2], intent="look") == [[{"id": "in batch 0"}], [{"id": "alone"}]]
    assert methods(secured) == ["POST", "GET"]


def test_a_part_with_more_pages_goes_on_with_the_second_one(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(
        answer(200, answer_parts(200, 200, next_link=f"{secured.server.url}/v1.0/groups?x")),
        answer(200, {"value": [{"id": "a"}]}),
        answer(200, {"value": [{"id": "b"}]}),
    )
    assert list_in_batches(graph, "/groups", QUERIES[:2], intent="look") == [
        [{"id": "in batch 0"}, {"id": "b"}],
        [{"id": "in batch 1"}, {"id": "a"}],
    ]
    assert methods(secured) == ["POST", "GET", "GET"]


def test_a_part_that_goes_on_elsewhere_is_not_followed(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, answer_parts(200, 200, next_link="https://elsewhere.example/v1.0/groups?x")))
    with pytest.raises(BadAnswer, match="its next page is not below the address that was asked"):
        list_in_batches(graph, "/groups", QUERIES[:2], intent="look")
    assert methods(secured) == ["POST"]


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


def throttle(*names: str, status: int = 429, wait: str | None = "7") -> dict[str, t.Any]:
    """Return a batch's answer in which these parts are throttled and part 0 is answered."""
    body = {"error": {"code": "TooManyRequests", "message": "slow down"}}
    return {
        "responses": [
            *(
                {"id": name, "status": status, "headers": {"Retry-After": wait} if wait else {}, "body": body}
                for name in names
            ),
            *answer_parts(200)["responses"],
        ]
    }


def test_parts_that_are_throttled_go_again_alone_after_the_longest_pause(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    first = throttle("1", "2")
    first["responses"][0]["headers"]["Retry-After"] = "30"
    parts = [{"id": name, "status": 200, "body": {"value": [{"id": f"again {name}"}]}} for name in ("2", "1")]
    secured.server.says(answer(200, first), answer(200, {"responses": parts}))
    found = list_in_batches(graph, "/groups", QUERIES[:3], intent="look")
    assert [listed[0]["id"] for listed in found] == ["in batch 0", "again 1", "again 2"]
    asked = [[part["id"] for part in json.loads(one.body)["requests"]] for one in secured.server.received]
    assert asked == [["0", "1", "2"], ["1", "2"]]
    words = "Microsoft Graph does not answer 2 of 3 requests of a batch yet, trying again in 30."
    assert [line.startswith(words) for line in t.cast("t.Any", graph.ctx.reporter).news] == [True]
    told = graph.ctx.stats.as_result()
    assert (
        told["waited_s"] >= 30
        and told["throttled_s"] == told["waited_s"]
        and (told["reads"], told["retries"], told["batch_parts"]) == (2, 1, 5)
    )


def test_one_part_that_is_left_goes_on_its_own(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, throttle("1", status=503)), answer(200, {"value": [{"id": "alone"}]}))
    assert list_in_batches(graph, "/groups", QUERIES[:2], intent="look")[1] == [{"id": "alone"}]
    assert methods(secured) == ["POST", "GET"]
    told = graph.ctx.stats.as_result()
    assert told["waited_s"] >= 7 and "throttled_s" not in told, "the service failed, and spoke of no quota"


def test_a_part_that_asks_for_more_time_than_there_is_ends_the_reads(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(200, throttle("1", "2", wait="3600")))
    with pytest.raises(Throttled) as told:
        list_in_batches(graph, "/groups", QUERIES[:3], intent="look")
    assert told.value.facts["retry_after_s"] == 3600
    assert len(secured.server.received) == 1


def test_parts_that_are_throttled_for_ever_end_the_reads(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, throttle("1", "2", wait=None)))
    with pytest.raises(Throttled):
        list_in_batches(graph, "/groups", QUERIES[:3], intent="look")
    assert len(secured.server.received) == graph.retry_policy.tries


MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "no such group"}}
OBJECTS = [ReadRequest(f"/groups(uniqueName='{name}')", {"$select": "id"}, is_list=False) for name in ("a", "b")]


def answer_objects(*parts: tuple[int, t.Any]) -> dict[str, t.Any]:
    return {"responses": [{"id": str(n), "status": status, "body": body} for n, (status, body) in enumerate(parts)]}


def test_an_object_that_is_not_there_is_none(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, answer_objects((200, {"id": "x"}), (404, MISSING))))
    assert read_in_batches(graph, OBJECTS, intent="look") == [{"id": "x"}, None]
    asked = json.loads(secured.server.received[0].body)["requests"]
    assert asked[0]["url"] == "/groups(uniqueName='a')?$select=id"


def test_an_object_of_this_run_is_waited_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.recent_objects.add(OBJECTS[1].path)
    secured.server.says(
        answer(200, answer_objects((200, {"id": "x"}), (404, MISSING))), answer(404, MISSING), answer(200, {"id": "y"})
    )
    assert read_in_batches(graph, OBJECTS, intent="look") == [{"id": "x"}, {"id": "y"}]


def test_an_object_of_this_run_is_not_waited_for_where_replicas_are_seen_as_they_are(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    graph.recent_objects.add(OBJECTS[1].path)
    secured.server.says(answer(200, answer_objects((200, {"id": "x"}), (404, MISSING))))
    with graph.without_waiting():
        assert read_in_batches(graph, OBJECTS, intent="look") == [{"id": "x"}, None]
    assert methods(secured) == ["POST"]


@pytest.mark.parametrize("body", [None, "<html>", {}])
def test_a_404_that_is_not_graphs_is_no_absence(graph: GraphClient, secured: t.Any, answer: t.Any, body: t.Any) -> None:
    secured.server.says(answer(200, answer_objects((200, {"id": "x"}), (404, body))), answer(404, body or b""))
    with pytest.raises(BadAnswer, match="server in between"):
        read_in_batches(graph, OBJECTS, intent="look")


def test_a_refusal_tells_the_permissions(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    refusal = {"error": {"code": "Authorization_RequestDenied", "message": "no"}}
    secured.server.says(answer(200, answer_objects((200, {"id": "x"}), (403, refusal))), answer(403, refusal))
    with pytest.raises(Forbidden, match="needs Group.Read.All"):
        read_in_batches(graph, OBJECTS, intent="look", needs=["Group.Read.All"])


def test_an_object_whose_name_is_no_text_is_refused(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(200, answer_objects((200, {"id": "x"}), (200, {"id": 7}))))
    with pytest.raises(BadAnswer):
        read_in_batches(graph, OBJECTS, intent="look")


class Measuring:
    """The part of a client that measures addresses."""

    def measure_address(self, path: str) -> int:
        return len("https://graph.microsoft.com/v1.0") + len(path)


@given(st.lists(st.text(min_size=1, max_size=300), max_size=40))
def test_every_value_is_in_one_query_within_both_limits(values: list[str]) -> None:
    queries = build_value_queries(t.cast("t.Any", Measuring()), "/groups", "displayName", values, {"$select": "id"})
    quoted = [f"'{value.replace(chr(39), chr(39) * 2)}'" for value in values]
    conditions = [query["$filter"].removeprefix("displayName in (").removesuffix(")") for query in queries]
    assert ", ".join(conditions) == ", ".join(quoted)
    for condition in conditions:
        alone = condition in quoted
        address = f"/groups?{urlencode({'$filter': f'displayName in ({condition})', '$select': 'id'}, safe='$', quote_via=quote)}"
        assert alone or Measuring().measure_address(address) <= LONGEST_ADDRESS
    assert all(query["$select"] == "id" for query in queries)
    assert len(queries) >= len(values) / MOST_VALUES


def test_short_values_go_fifteen_in_a_query() -> None:
    values = [f"v{number}" for number in range(31)]
    queries = build_value_queries(t.cast("t.Any", Measuring()), "/groups", "id", values, {})
    assert [query["$filter"].count("'") // 2 for query in queries] == [15, 15, 1]


def test_long_values_go_fewer_in_a_query() -> None:
    values = [letter * 140 for letter in "abcdefghijklmno"]
    queries = build_value_queries(t.cast("t.Any", Measuring()), "/groups", "displayName", values, {"$select": "id"})
    assert [query["$filter"].count("'") // 2 for query in queries] == [12, 3]
    alone = build_value_queries(t.cast("t.Any", Measuring()), "/groups", "displayName", ["\u65e5" * 250, "a"], {})
    assert len(alone) == 2


def test_what_this_run_has_deleted_is_in_no_part(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.forget("x")
    secured.server.says(answer(200, answer_objects((200, {"id": "x"}), (200, {"id": "y"}))))
    assert read_in_batches(graph, OBJECTS, intent="look") == [None, {"id": "y"}]
    secured.server.says(answer(200, answer_parts(200, 200)))
    graph.forget("in batch 1")
    assert list_in_batches(graph, "/groups", QUERIES[:2], intent="look") == [[{"id": "in batch 0"}], []]
