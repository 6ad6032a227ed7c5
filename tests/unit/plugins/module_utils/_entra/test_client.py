# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Graph on days when replicas disagree and answers show little: objects of this run are waited for, none is made twice."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra import client as subject
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient, find_by_unique_name
from ansible_collections.cvops.identity.plugins.module_utils._entra.create import create_once
from ansible_collections.cvops.identity.plugins.module_utils._entra.deleted_items import restore_deleted_item
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

GROUP = {"id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f", "displayName": "Operators", "uniqueName": "OPS"}
PATH = f"/groups/{GROUP['id']}"
DENIED = {
    "error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}
}
MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist."}}


@pytest.fixture
def graph(secured: t.Any, make_ctx: t.Any) -> GraphClient:
    defaults = {name: option.get("default") for name, option in ArgumentSpec(entra_spec().options).options.items()}
    signed_in = {"auth_method": "token", "access_token": "opaque", "token_cache": "none"}
    return GraphClient(make_ctx({**defaults, **signed_in, "graph_url": secured.server.url, "ca_path": secured.ca_path}))


def methods(secured: t.Any) -> list[str]:
    return [one.method for one in secured.server.received]


@pytest.mark.parametrize(
    "link",
    [
        "https://collector.example/v1.0/groups",
        "//collector.example/v1.0/groups",
        "/v1.0/groups?$skiptoken=x",
        "https://[/v1.0/groups",
        "{root}.example/v1.0/groups",
        "{root}@collector.example/v1.0/groups",
        "{root}/v1.0/../beta/groups",
        "{root}/v1.0/%2e%2E/beta/groups",
        "{root}/beta/groups",
        7,
        ["x"],
        {"a": 1},
    ],
)
def test_a_next_page_elsewhere_is_not_read(graph: GraphClient, secured: t.Any, answer: t.Any, link: t.Any) -> None:
    told = link.replace("{root}", secured.server.url) if isinstance(link, str) else link
    secured.server.says(answer(200, {"value": [], "@odata.nextLink": told}))
    with pytest.raises(BadAnswer, match="not where it was reached; not followed"):
        graph.list("/groups", intent="list groups")
    assert len(secured.server.received) == 1


def test_pages_that_go_round_are_read_once(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    pages = [
        {"value": [{"id": str(n)}], "@odata.nextLink": f"{secured.server.url}/v1.0/groups?$skiptoken={n % 2}"}
        for n in range(4)
    ]
    secured.server.says(*[answer(200, page) for page in pages])
    with pytest.raises(BadAnswer, match="a page that was read already"):
        graph.list("/groups", intent="list groups")
    assert len(secured.server.received) == 3


@pytest.mark.parametrize("item", [7, None, "text", ["x"]])
def test_a_list_of_something_else_than_objects_is_not_shortened(
    graph: GraphClient, secured: t.Any, answer: t.Any, item: t.Any
) -> None:
    secured.server.says(answer(200, {"value": [{"id": "1"}, item]}))
    with pytest.raises(BadAnswer, match="something else than a list of objects"):
        graph.list("/groups", intent="list groups")


@pytest.mark.parametrize("odd", [7, True, ["x"], {"a": 1}])
@pytest.mark.parametrize("name", ["id", "appId", "displayName", "uniqueName", "userPrincipalName", "createdDateTime"])
def test_what_is_compared_and_sorted_by_is_text(
    graph: GraphClient, secured: t.Any, answer: t.Any, name: str, odd: t.Any
) -> None:
    secured.server.says(answer(200, {"value": [{**GROUP, name: None}, {**GROUP, name: odd}]}), answer(200, {name: odd}))
    with pytest.raises(BadAnswer, match=f"something else than a text as {name}"):
        graph.list("/groups", intent="list groups")
    with pytest.raises(BadAnswer, match=f"something else than a text as {name}"):
        graph.get(PATH, intent="read a group")


def test_pages_without_end_end_at_the_deadline_or_at_the_size(
    graph: GraphClient, secured: t.Any, answer: t.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = itertools.count()

    class Endless(list[t.Any]):
        """Always one more answer."""

        def __len__(self) -> int:
            return 2

        def pop(self, *_index: t.Any) -> t.Any:
            graph.ctx.clock.passed += 1  # type: ignore[attr-defined]
            link = f"{secured.server.url}/v1.0/groups?$skiptoken={next(numbers)}"
            return answer(200, {"value": [{"id": "x" * 100}], "@odata.nextLink": link})

    secured.server.says(answer())
    secured.server.answers = Endless()
    graph.ctx.deadline_at = graph.ctx.clock.monotonic() + 20
    with pytest.raises((WaitTimeout, Unreachable), match="deadline"):
        graph.list("/groups", intent="list groups")
    assert 1 < len(secured.server.received) <= 20
    graph.ctx.deadline_at = None
    for limit in ("_LONGEST_LIST", "_MOST_ITEMS"):
        with monkeypatch.context() as patched, pytest.raises(BadAnswer, match="no end"):
            patched.setattr(subject, limit, 10)
            graph.list("/groups", intent="list groups")


def test_an_upsert_that_shows_the_object(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, GROUP))
    assert graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")["id"] == GROUP["id"]
    assert methods(secured) == ["PATCH"]


@pytest.mark.parametrize("status", [204, 201])
def test_an_upsert_that_shows_nothing_is_read_until_all_replicas_know(
    graph: GraphClient, secured: t.Any, answer: t.Any, status: int
) -> None:
    """A repeated upsert meets its own object, and some replicas do not know it yet; nor do they in the steps that follow."""
    lagging = answer(404, MISSING)
    secured.server.says(answer(status, b""), lagging, lagging, answer(200, GROUP), lagging, answer(204, b""))
    assert graph.upsert("groups", "uniqueName", "ops", {}, intent="create it") == GROUP
    graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert methods(secured) == ["PATCH", "GET", "GET", "GET", "PATCH", "PATCH"]


def test_an_upsert_that_never_shows(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(204, b""), answer(404, MISSING))
    with pytest.raises(ApiError, match="accepted it and does not show it") as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.may_have_acted


def test_ownership_that_is_not_known_everywhere_yet(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(403, DENIED), answer(403, DENIED), answer(204, b""))
    graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert len(secured.server.received) == 3


def test_missing_rights_are_told_soon(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(403, DENIED))
    with pytest.raises(Forbidden):
        graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert len(secured.server.received) == 1
    graph.remember(GROUP)
    with pytest.raises(Forbidden):
        graph.write("PATCH", PATH, {"description": "x"}, intent="change it")
    assert graph.ctx.clock.monotonic() <= 1000.0 + 20.0


def test_reading_without_rights_is_never_waited_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(403, DENIED))
    with pytest.raises(Forbidden):
        graph.get(PATH, intent="read it")
    assert len(secured.server.received) == 1


def test_a_replica_that_denies_the_key_may_still_list_the_object() -> None:
    other = {**GROUP, "uniqueName": None}
    assert find_by_unique_name([other, GROUP], "ops") is GROUP
    assert find_by_unique_name([other], "ops") is None
    assert find_by_unique_name([other, {**GROUP, "uniqueName": ""}], None) is None


class Listed:
    """What a list shows, look by look; the last look for ever."""

    def __init__(self, *looks: list[dict[str, t.Any]]) -> None:
        self.looks = list(looks)

    def __call__(self) -> list[dict[str, t.Any]]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def created(graph: GraphClient, *looks: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    return create_once(graph, "/groups", {}, find=Listed(*looks), intent="create it")


def test_what_a_replica_did_not_show_at_first_is_not_made_again(graph: GraphClient, secured: t.Any) -> None:
    with pytest.raises(ApiError, match="exists after all") as caught:
        created(graph, [], [GROUP])
    assert methods(secured) == []
    assert caught.value.facts["service"] == "Microsoft Graph"


def test_a_creation_that_shows_nothing_is_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(201, b"", {"Location": "https://graph.microsoft.com/v2/x/directoryObjects/y"}))
    assert created(graph, [], [], [], [GROUP]) == GROUP
    assert methods(secured) == ["POST"]
    with pytest.raises(ApiError, match="without showing it") as caught:
        created(graph, [])
    assert caught.value.facts["outcome"] == "unknown"


def test_a_refused_creation_is_not_looked_for(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, MISSING))
    with pytest.raises(NotFound):
        created(graph, [])
    assert graph.ctx.clock.monotonic() == 1000.0


PAGES: list[t.Any] = [
    "<html><head><title>Not Found</title></head></html>",
    b"",
    {},
    {"error": "none"},
    {"error": {}},
    [1],
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("status", [403, 404])
def test_an_answer_that_is_not_graphs_tells_of_no_object_and_of_no_right(
    graph: GraphClient, secured: t.Any, answer: t.Any, status: int, page: t.Any
) -> None:
    """Else a gateway's page would be taken for an object that can be created, or for a removal that has happened."""
    secured.server.says(answer(status, page))
    for ask in (
        lambda: graph.get(PATH, intent="read it"),
        lambda: graph.list("/groups", intent="list groups"),
        lambda: graph.write("DELETE", PATH, intent="delete it", missing_ok=True),
        lambda: graph.write("PATCH", PATH, {}, intent="change it"),
    ):
        with pytest.raises(BadAnswer, match=f"HTTP {status}") as caught:
            ask()
        assert caught.value.status == status
    assert not caught.value.may_have_acted


def test_an_error_of_graph_without_a_code_is_graphs(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, {"error": {"code": "", "message": "Resource not found."}}))
    assert graph.get(PATH, intent="read it") is None
    assert graph.write("DELETE", PATH, intent="delete it", missing_ok=True) is None


def test_what_graph_says_is_missing_is_missing(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    secured.server.says(answer(404, MISSING))
    assert graph.get(PATH, intent="read it") is None
    assert graph.write("DELETE", PATH, intent="delete it", missing_ok=True) is None
    with pytest.raises(NotFound):
        graph.list(f"{PATH}/members", intent="list members")


@pytest.mark.parametrize("values", [["x"], [{"id": "1"}, None], [[]]])
def test_members_that_are_none_are_not_left_out(
    graph: GraphClient, secured: t.Any, answer: t.Any, values: list[t.Any]
) -> None:
    secured.server.says(answer(200, {"value": values}))
    with pytest.raises(BadAnswer, match="list"):
        graph.list(f"{PATH}/members", intent="list members")


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


def test_a_restore_whose_look_fails_leaves_the_outcome_unknown(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(500, b""), answer(403, DENIED))
    with pytest.raises(Forbidden) as caught:
        restore_deleted_item(graph, "applications", GROUP["id"], intent="restore it")
    assert caught.value.facts["outcome"] == "unknown"


def test_an_upsert_that_cannot_be_read_back_leaves_the_outcome_unknown(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(204, b""), answer(403, DENIED))
    with pytest.raises(Forbidden) as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.facts["outcome"] == "unknown"
