# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating without an idempotency key: never two objects, and an outcome that is unknown is said to be so."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Cancelled,
    Forbidden,
    NotFound,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import RetryPolicy
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient
from ansible_collections.cvops.identity.plugins.module_utils._entra.create import create_once

GROUP = {"id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f", "displayName": "Operators", "uniqueName": "OPS"}
MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist."}}


def methods(secured: t.Any) -> list[str]:
    return [one.method for one in secured.server.received]


class Listed:
    """What a list shows, look by look; the last look for ever."""

    def __init__(self, *looks: list[dict[str, t.Any]]) -> None:
        self.looks = list(looks)

    def __call__(self) -> list[dict[str, t.Any]]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def created(graph: GraphClient, *looks: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return create_once(graph, "/groups", {}, find=Listed(*looks), intent="create it")


def test_what_a_replica_did_not_show_at_first_is_not_made_again(graph: GraphClient, secured: t.Any) -> None:
    with pytest.raises(ApiError, match="exists already;") as caught:
        created(graph, [], [GROUP])
    assert methods(secured) == []
    assert caught.value.facts["service"] == "Microsoft Graph"


def test_a_creation_that_shows_nothing_is_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, b"", {"Location": "https://graph.microsoft.com/v2/x/directoryObjects/y"}))
    assert created(graph, [], [], [], [GROUP]) == GROUP
    assert methods(secured) == ["POST"]
    for body in (b"", b"{}"):
        secured.server.says(answer(201, body))
        with pytest.raises(ApiError, match="but does not show it") as caught:
            created(graph, [])
        assert caught.value.facts["outcome"] == "unknown"


def test_a_refused_creation_is_not_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, MISSING))
    with pytest.raises(NotFound):
        created(graph, [])
    assert graph.ctx.clock.monotonic() == 1000.0


class Failing(Listed):
    """Fails at each look after the first two, which find the name free."""

    def __init__(self, failure: Exception) -> None:
        super().__init__([], [], [])
        self.failure = failure

    def __call__(self) -> list[dict[str, t.Any]]:
        if len(self.looks) > 1:
            return super().__call__()
        raise self.failure


def test_a_look_that_fails_leaves_the_outcome_unknown(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, b""))
    with pytest.raises(Forbidden) as caught:
        create_once(graph, "/groups", {}, find=Failing(Forbidden("not for you", status=403)), intent="create it")
    assert caught.value.facts["outcome"] == "unknown"


@pytest.mark.parametrize("shown", [[], [GROUP, {**GROUP, "id": "other"}]])
def test_an_outcome_that_the_looks_do_not_settle_is_unknown(
    graph: GraphClient, secured: t.Any, answer: t.Any, shown: t.Any
) -> None:
    """None, or two of which ours cannot be told."""
    secured.server.says(answer(500, b""))
    with pytest.raises(ApiError) as caught:
        created(graph, [], [], shown)
    assert caught.value.facts["outcome"] == "unknown"
    assert methods(secured) == ["POST"]
    assert not graph.recent_objects.contains_any([GROUP["id"]])


def test_a_creation_whose_answer_was_lost_is_found(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(drop=True))
    assert created(graph, [], [], [], [GROUP]) == GROUP
    assert graph.recent_objects.contains_any([GROUP["id"]])


def test_a_creation_that_never_reached_the_service_is_not_looked_for(graph: GraphClient) -> None:
    def find() -> list[dict[str, t.Any]]:
        raise Unreachable("no answer")

    with pytest.raises(Unreachable) as caught:
        create_once(graph, "/groups", {}, find=find, intent="create it")
    assert "outcome" not in caught.value.facts


def test_what_was_created_is_one_of_this_run(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, GROUP))
    assert created(graph, [], [], [GROUP]) == GROUP
    assert graph.recent_objects.contains_any([GROUP["id"]])
    assert graph.ctx.clock.monotonic() == 1000.0


@pytest.mark.parametrize("failure", [Cancelled("Stopped by SIGTERM"), Forbidden("not for you", status=403)])
def test_what_was_created_is_returned_although_the_looks_after_it_fail(
    graph: GraphClient, secured: t.Any, answer: t.Any, failure: Exception
) -> None:
    """Of a POST that was sent twice, too, after which another look is for a twin."""
    graph._transport.settings = dataclasses.replace(graph._transport.settings, policy=RetryPolicy(tries=3))
    secured.server.says(answer(201, GROUP), answer(503, {}, {"Retry-After": "1"}), answer(201, GROUP))
    assert create_once(graph, "/groups", {}, find=Failing(failure), intent="create it") == GROUP
    twice = Failing(failure)
    twice.looks = [[], [], [], [GROUP], [GROUP], [GROUP], []]  # the third one before the second POST
    assert create_once(graph, "/groups", {}, find=twice, intent="create it") == GROUP
    assert methods(secured) == ["POST"] * 3


def test_no_twin_is_looked_for_where_one_post_was_sent(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, GROUP))
    looks = Listed([], [], [GROUP], [GROUP], [GROUP], [GROUP, {**GROUP, "id": "second"}])
    assert create_once(graph, "/groups", {}, find=looks, intent="create it") == GROUP
    assert (len(looks.looks), graph.ctx.warnings) == (1, [])


def test_a_lost_answer_is_followed_up_by_four_reads_with_pauses(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(drop=True))
    moments: list[float] = []

    def find() -> list[dict[str, t.Any]]:
        moments.append(graph.ctx.clock.monotonic())
        return []

    with pytest.raises(Unreachable):
        create_once(graph, "/groups", {}, find=find, intent="create it")
    assert moments[:2] == [1000.0, 1000.0] and len(moments) == 6
    assert moments[1:] == sorted(set(moments[1:])), "each read of the four comes later than the one before"


def test_a_post_that_was_refused_and_carried_out_is_not_sent_again(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    graph._transport.settings = dataclasses.replace(graph._transport.settings, policy=RetryPolicy(tries=3))
    secured.server.says(answer(503, {}, {"Retry-After": "1"}), answer(201, {**GROUP, "id": "second"}))
    assert created(graph, [], [], [GROUP]) == GROUP
    assert methods(secured) == ["POST"]


def test_what_somebody_else_made_meanwhile_is_not_taken_for_ours(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    body = {"displayName": "Operators", "mailEnabled": False, "groupTypes": ["what the service completes"]}
    for theirs, is_ours in ((GROUP, True), ({**GROUP, "displayName": "OPERATORS"}, False)):
        secured.server.says(answer(drop=True))
        look = Listed([], [], [{"groupTypes": [], **theirs}])
        if is_ours:
            assert create_once(graph, "/groups", body, find=look, intent="create it")["id"] == GROUP["id"]
            continue
        with pytest.raises(ApiError) as caught:
            create_once(graph, "/groups", body, find=look, intent="create it")
        assert caught.value.facts["outcome"] == "unknown"


SECOND = {**GROUP, "id": "second"}
NOBODY: dict[str, t.Any] = {"value": []}


def create_twice(
    graph: GraphClient, secured: t.Any, answer: t.Any, *answers: t.Any, others: t.Sequence[dict[str, t.Any]] = (GROUP,)
) -> t.Any:
    """Create with a POST that is refused and carried out, and whose object shows after the second one."""
    graph._transport.settings = dataclasses.replace(graph._transport.settings, policy=RetryPolicy(tries=3))
    secured.server.says(answer(503, {}, {"Retry-After": "1"}), answer(201, SECOND), *answers)
    return created(graph, [], [], [], [*others, SECOND])


def test_of_twins_the_second_which_is_ours_for_certain_is_deleted(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    assert create_twice(graph, secured, answer, *[answer(200, NOBODY)] * 2, answer(204, b"")) == GROUP
    assert methods(secured) == ["POST", "POST", "GET", "GET", "DELETE"]
    assert secured.server.received[-1].path.endswith("/groups/second")
    assert graph.ctx.warnings == [] and graph.recent_objects.contains_any([GROUP["id"]])
    assert graph.recent_objects.contains_deleted("second")


@pytest.mark.parametrize("status", [403, 500])
def test_a_twin_that_cannot_be_deleted_is_told_and_not_used(
    graph: GraphClient, secured: t.Any, answer: t.Any, status: int
) -> None:
    """It may be gone all the same."""
    refusal = {"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges"}}
    told = [*[answer(200, NOBODY)] * 2, *[answer(status, refusal)] * 9]
    assert create_twice(graph, secured, answer, *told) == GROUP
    assert [
        f"continues with {GROUP['id']}, " in text and "there is also second " in text for text in graph.ctx.warnings
    ] == [True]
    assert "DELETE" in methods(secured)


@pytest.mark.parametrize(
    ("others", "owners"),
    [
        ([{**GROUP, "displayName": "OPERATORS"}], []),
        ([{**GROUP, "description": "of somebody else"}], []),
        ([GROUP], [{"id": "somebody-else"}]),
        ([GROUP, {**GROUP, "id": "another"}], []),
    ],
)
def test_what_is_not_like_the_second_is_somebody_elses_and_left_alone(
    graph: GraphClient, secured: t.Any, answer: t.Any, others: t.Any, owners: t.Any
) -> None:
    """Nothing is granted to it by the steps that follow, and nothing is deleted."""
    told = [answer(200, {"value": owners}), answer(200, NOBODY)]
    assert create_twice(graph, secured, answer, *told * 4, others=others) == SECOND
    assert "DELETE" not in methods(secured)
    assert [f"there is also {GROUP['id']}" in text for text in graph.ctx.warnings] == [True]


def test_owners_of_a_twin_that_show_late_are_waited_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    ours = answer(200, {"value": [{"id": "we"}]})
    told = [ours, answer(200, NOBODY), ours, ours, answer(204, b"")]
    assert create_twice(graph, secured, answer, *told) == GROUP
    assert methods(secured) == ["POST", "POST", *["GET"] * 4, "DELETE"] and graph.ctx.warnings == []


def test_owners_that_cannot_be_read_say_nothing_of_a_twin(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    denied = {"error": {"code": "Authorization_RequestDenied", "message": "no"}}
    assert create_twice(graph, secured, answer, answer(403, denied)) == SECOND
    assert methods(secured) == ["POST", "POST", "GET"] and len(graph.ctx.warnings) == 1
