# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of Graph: addresses, pages, and days when replicas disagree and answers show little."""

from __future__ import annotations

import datetime
import itertools
import typing as t
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.addresses import quote_segment
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra import client as subject
from ansible_collections.cvops.identity.plugins.module_utils._entra import replication
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import (
    GraphClient,
    filter_by_name,
    find_by_unique_name,
    format_alternate_key,
    quote_literal,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.lookalikes import (
    describe_lookalikes,
    warn_of_lookalikes,
)

GROUP = {"id": "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f", "displayName": "Operators", "uniqueName": "OPS"}
PATH = f"/groups/{GROUP['id']}"
DENIED = {
    "error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}
}
MISSING = {"error": {"code": "Request_ResourceNotFound", "message": "Resource 'x' does not exist."}}


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
    with pytest.raises(BadAnswer, match="not below the address that was asked"):
        graph.list("/groups", intent="list groups")
    assert len(secured.server.received) == 1


def test_pages_that_go_round_are_read_once(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    pages = [
        {"value": [{"id": str(n)}], "@odata.nextLink": f"{secured.server.url}/v1.0/groups?$skiptoken={n % 2}"}
        for n in range(4)
    ]
    secured.server.says(*[answer(200, page) for page in pages])
    with pytest.raises(BadAnswer, match="its next page was read already"):
        graph.list("/groups", intent="list groups")
    assert len(secured.server.received) == 3


@pytest.mark.parametrize("value", [[], [{"id": "1"}], [{"appId": "without an id"}], [{"id": "1"}, {"id": "2"}]])
def test_pages_that_hold_nothing_new_are_no_list_that_ends(
    graph: GraphClient, secured: t.Any, answer: t.Any, value: t.Any
) -> None:
    """Each has a link of its own, so that no page is read twice."""
    pages = [
        {"value": value, "@odata.nextLink": f"{secured.server.url}/v1.0/groups?$skiptoken=a{n}"} for n in range(40)
    ]
    secured.server.says(*[answer(200, page) for page in pages])
    with pytest.raises(BadAnswer, match="12 pages in a row contain nothing new"):
        graph.list("/groups", intent="list groups")
    assert len(secured.server.received) == 12 + bool(value)


def test_empty_pages_in_the_middle_are_gone_through_and_an_object_on_two_pages_is_one(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    values: list[list[dict[str, str]]] = [
        [{"id": "1"}],
        *[[]] * 11,
        [{"id": "1"}, {"id": "2"}],
        *[[]] * 11,
        [{"id": "3"}],
    ]
    pages: list[dict[str, t.Any]] = [
        {"value": value, "@odata.nextLink": f"{secured.server.url}/v1.0/groups?$skiptoken=a{n}"}
        for n, value in enumerate(values)
    ]
    secured.server.says(*[answer(200, page) for page in pages], answer(200, {"value": [{"id": "3"}]}))
    assert [item["id"] for item in graph.list("/groups", intent="list groups")] == ["1", "2", "3"]


@pytest.mark.parametrize("status", [409, 503])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_that_met_another_one_in_the_tenant_is_sent_again(
    graph: GraphClient, secured: t.Any, answer: t.Any, method: str, status: int
) -> None:
    busy = {"error": {"code": "Directory_ConcurrencyViolation", "message": "Please wait briefly and retry."}}
    secured.server.says(answer(status, busy), answer(status, busy), answer(200, GROUP))
    assert graph.write(method, PATH, {}, intent="write") == GROUP
    assert (len(secured.server.received), graph.ctx.stats.as_result()["retries"]) == (3, 2)


@pytest.mark.parametrize("code", ["Request_MultipleObjectsWithSameKeyValue", "Conflict", ""])
def test_any_other_conflict_is_final(graph: GraphClient, secured: t.Any, answer: t.Any, code: str) -> None:
    secured.server.says(answer(409, {"error": {"code": code, "message": "Directory_ConcurrencyViolation"}}))
    with pytest.raises(ApiError, match="Cannot write"):
        graph.write("POST", PATH, {}, intent="write")
    assert len(secured.server.received) == 1


def test_an_internal_error_of_graph_passes_for_what_may_be_sent_twice(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(500), answer(200, GROUP), answer(500), answer(200, GROUP), answer(500))
    assert graph.get(PATH, intent="read") == GROUP
    assert graph.write("PATCH", PATH, {}, intent="change") == GROUP
    with pytest.raises(ApiError, match="HTTP 500"):
        graph.write("POST", PATH, {}, intent="add")
    assert len(secured.server.received) == 5


@pytest.mark.parametrize("item", [7, None, "text", ["x"]])
def test_a_list_of_something_else_than_objects_is_not_shortened(
    graph: GraphClient, secured: t.Any, answer: t.Any, item: t.Any
) -> None:
    secured.server.says(answer(200, {"value": [{"id": "1"}, item]}))
    with pytest.raises(BadAnswer, match="something that is not a list of objects"):
        graph.list("/groups", intent="list groups")


@pytest.mark.parametrize("odd", [7, True, ["x"], {"a": 1}])
@pytest.mark.parametrize("name", ["id", "appId", "displayName", "uniqueName", "userPrincipalName", "createdDateTime"])
def test_what_is_compared_and_sorted_by_is_text(
    graph: GraphClient, secured: t.Any, answer: t.Any, name: str, odd: t.Any
) -> None:
    secured.server.says(answer(200, {"value": [{**GROUP, name: None}, {**GROUP, name: odd}]}), answer(200, {name: odd}))
    with pytest.raises(BadAnswer, match=f"a value that is not a text as {name}"):
        graph.list("/groups", intent="list groups")
    with pytest.raises(BadAnswer, match=f"a value that is not a text as {name}"):
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
            number = next(numbers)
            link = f"{secured.server.url}/v1.0/groups?$skiptoken={number}"
            return answer(200, {"value": [{"id": f"x{number:0100}"}], "@odata.nextLink": link})

    secured.server.says(answer())
    secured.server.answers = Endless()
    graph.ctx.deadline_at = graph.ctx.clock.monotonic() + 20
    with pytest.raises((WaitTimeout, Unreachable), match="deadline"):
        graph.list("/groups", intent="list groups")
    assert 1 < len(secured.server.received) <= 20
    graph.ctx.deadline_at = None
    for limit in ("_LONGEST_LIST", "_MOST_ITEMS", "_MOST_PAGES"):
        with monkeypatch.context() as patched, pytest.raises(BadAnswer, match="too large"):
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


@pytest.mark.parametrize("shown", [(404, MISSING), (200, {"displayName": "x"})])
def test_an_upsert_that_never_shows(graph: GraphClient, secured: t.Any, answer: t.Any, shown: t.Any) -> None:
    secured.server.says(answer(204, b""), answer(*shown))
    with pytest.raises(ApiError, match="accepted it but does not show it") as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.may_have_acted


TAKEN = {
    "error": {
        "code": "Request_BadRequest",
        "message": "A conflicting object is present in the directory.",
        "details": [{"code": "ConflictingObjects", "message": "", "target": ""}],
    }
}


def test_an_upsert_that_a_replica_takes_for_a_creation_is_sent_again_when_the_object_shows(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    """The one that a request has made whose answer was lost."""
    lost, taken, missing, shown = answer(drop=True), answer(400, TAKEN), answer(404, MISSING), answer(200, GROUP)
    secured.server.says(lost, taken, missing, shown, taken, shown, shown)
    assert graph.upsert("groups", "uniqueName", "ops", {}, intent="create it") == GROUP
    assert methods(secured) == ["PATCH", "PATCH", "GET", "GET", "PATCH", "GET", "PATCH"]


def test_what_is_in_the_way_of_the_only_try_of_an_upsert_is_not_changed(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    """Somebody else's, who was faster: what becomes of it is planned anew."""
    secured.server.says(answer(400, TAKEN), *[answer(200, GROUP)] * 9)
    with pytest.raises(ApiError, match="conflicting object") as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.is_outdated
    assert methods(secured) == ["PATCH"]


def test_an_upsert_that_meets_another_value_that_is_taken_is_refused_after_a_while(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(drop=True), answer(400, TAKEN), *[answer(404, MISSING)] * 20)
    with pytest.raises(ApiError, match="conflicting object") as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.is_outdated
    assert methods(secured).count("PATCH") == 2 and len(methods(secured)) < 20


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


def test_an_upsert_that_cannot_be_read_back_leaves_the_outcome_unknown(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(204, b""), answer(403, DENIED))
    with pytest.raises(Forbidden) as caught:
        graph.upsert("groups", "uniqueName", "ops", {}, intent="create it")
    assert caught.value.facts["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("value", "literal", "segment"),
    [
        ("a", "'a'", "a"),
        ("o'x", "'o''x'", "o%27x"),
        ("a/b?c#d%", "'a/b?c#d%'", "a%2Fb%3Fc%23d%25"),
        ("''", "''''''", "%27%27"),
    ],
)
def test_values_stay_values_in_filters_and_paths(value: str, literal: str, segment: str) -> None:
    assert (quote_literal(value), quote_segment(value)) == (literal, segment)
    assert format_alternate_key("uniqueName", "o'x/y") == "(uniqueName='o%27%27x%2Fy')"


@given(st.text().filter(lambda text: text not in ("", ".", "..")))  # those are refused
def test_no_value_leaves_its_place(value: str) -> None:
    literal = quote_literal(value)
    assert literal[0] == literal[-1] == "'" and literal[1:-1].replace("''", "'") == value
    assert "'" not in literal[1:-1].replace("''", "")
    quoted = quote_segment(value)
    assert unquote(quoted) == value and not set(quoted) & set("/?#'(),;")
    inner = format_alternate_key("k", value)[len("(k='") : -len("')")]
    assert unquote(inner).replace("''", "'") == value and "'" not in inner


LOOKALIKES = [
    {"id": "2", "displayName": "\u0410dmins"},
    {"id": "1", "displayName": "Admins "},
    {"id": "3", "displayName": "admins"},
    {"id": "4"},
]


def test_names_are_the_same_in_any_letter_case_and_in_no_other_way() -> None:
    assert [wire["id"] for wire in filter_by_name(LOOKALIKES, "displayName", "ADMINS")] == ["3"]


def test_names_that_only_look_equal_are_described_in_order() -> None:
    told = describe_lookalikes(LOOKALIKES, "displayName", "Admins")
    assert told.startswith("; similar: ") and "'\u0410dmins' (2) looks the same but is a different name" in told
    assert describe_lookalikes(LOOKALIKES[2:], "displayName", "Admins") == ""
    assert describe_lookalikes(reversed(LOOKALIKES), "displayName", "Admins") == told


def test_names_that_only_look_equal_are_warned_of(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    warn_of_lookalikes(ctx, "group", LOOKALIKES, "Admins")
    assert ctx.warnings and all("Group" in warning and "admins' (3)" not in warning for warning in ctx.warnings)


def test_a_list_goes_on_to_its_last_page_with_the_links_that_graph_gives(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    link = f"{secured.server.url}/v1.0/groups?$skiptoken=2"
    secured.server.says(
        answer(200, {"value": [{"id": "1"}], "@odata.nextLink": link}), answer(200, {"value": [{"id": "2"}]})
    )
    listed = graph.list("/groups", intent="list groups", params={"$select": "id"})
    assert [item["id"] for item in listed] == ["1", "2"]
    assert [unquote(one.path) for one in secured.server.received] == [
        "/v1.0/groups?$select=id",
        "/v1.0/groups?$skiptoken=2",
    ]


def test_pages_that_take_long_are_counted(
    graph: t.Any, secured: t.Any, answer: t.Any, take_two_seconds: t.Callable[[t.Any], None]
) -> None:
    take_two_seconds(graph)
    links = [f"{secured.server.url}/v1.0/groups?$skiptoken={number}" for number in range(2)]
    secured.server.says(
        answer(200, {"value": [{"id": "1"}, {"id": "2"}], "@odata.nextLink": links[0]}),
        answer(200, {"value": [{"id": "2"}, {"id": "3"}], "@odata.nextLink": links[1]}),
        answer(200, {"value": [{"id": "4"}]}),
    )
    assert len(graph.list("/groups", intent="list groups")) == 4
    told = [f"{number} objects read so far (to list groups)" for number in (2, 3)]
    assert graph.ctx.reporter.news == told


def test_an_answer_of_success_without_a_body_is_none_and_an_empty_200_is_no_answer(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(204, b""))
    assert graph.write("DELETE", PATH, intent="delete it") is None
    secured.server.says(answer(201, GROUP))
    assert graph.write("POST", "/groups", {}, intent="create it") == GROUP
    secured.server.says(answer(200, b""))
    with pytest.raises(BadAnswer):
        graph.write("POST", "/groups", {}, intent="create it")
    secured.server.says(answer(200, [GROUP]))
    with pytest.raises(BadAnswer, match="not an object"):
        graph.get(PATH, intent="read it")


def test_a_service_principal_of_a_new_application_is_missing_and_not_merely_late(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    """The key names the application, which is new; the principal itself was not made yet."""
    path = f"/servicePrincipals(appId='{GROUP['id']}')"
    graph.remember(GROUP)
    secured.server.says(answer(404, MISSING))
    assert graph.get(path, intent="read it") is None and len(secured.server.received) == 1
    graph.recent_objects.add(path)
    secured.server.says(answer(404, MISSING), answer(200, GROUP))
    assert graph.get(path, intent="read it") == GROUP


def test_what_this_run_has_deleted_is_gone_at_once(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    graph.forget(GROUP["id"])
    secured.server.says(answer(404, MISSING))
    assert graph.get(PATH, intent="read it") is None
    assert len(secured.server.received) == 1


@pytest.mark.parametrize("is_listed", [False, True])
def test_what_is_below_an_object_that_was_read_is_waited_for(
    graph: GraphClient, secured: t.Any, answer: t.Any, is_listed: bool
) -> None:
    secured.server.says(answer(200, {"value": [GROUP]} if is_listed else GROUP))
    if is_listed:
        graph.list("/groups", intent="find it")
    else:
        graph.get("/groups(uniqueName='OPS')", intent="find it")
    missing = answer(404, MISSING)
    secured.server.says(missing, missing, answer(200, {"value": []}))
    assert graph.list(f"{PATH}/members", intent="list members") == []
    assert graph.ctx.stats.as_result()["retries"] == 2
    with graph.without_waiting(), pytest.raises(NotFound):
        secured.server.says(missing)
        graph.list(f"{PATH}/members", intent="list members")


def test_what_was_deleted_after_it_was_read_is_not_waited_for_without_end(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    secured.server.says(answer(200, GROUP), *[answer(404, MISSING)] * 20)
    graph.get(PATH, intent="read it")
    before = graph.ctx.clock.monotonic()
    with pytest.raises(NotFound):
        graph.list(f"{PATH}/members", intent="list members")
    assert 10 < graph.ctx.clock.monotonic() - before < 30


@pytest.mark.parametrize("status", [400, 403, 409])
@pytest.mark.parametrize("text", replication._REFUSALS)
def test_a_refusal_of_a_lagging_replica_is_borne_for_objects_of_this_run_only(
    graph: GraphClient, secured: t.Any, answer: t.Any, text: str, status: int
) -> None:
    refusal = answer(status, {"error": {"code": "Request_BadRequest", "message": f"It {text.upper()}."}})
    secured.server.says(refusal, answer(204, b""))
    with pytest.raises(ApiError):
        graph.write("PATCH", PATH, {}, intent="change it")
    graph.remember(GROUP)
    for path, body in ((PATH, {}), ("/other", {"member": GROUP["id"]})):
        secured.server.says(refusal, answer(204, b""))
        graph.write("PATCH", path, body, intent="change it")
        assert len(secured.server.received) == 2


@pytest.mark.parametrize("status", [400, 403, 409])
@pytest.mark.parametrize("text", [*replication._REFUSALS, replication._NO_RIGHTS])
def test_a_name_that_reads_like_a_refusal_is_not_waited_for(
    graph: GraphClient, secured: t.Any, answer: t.Any, text: str, status: int
) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(status, {"error": {"code": "Request_BadRequest", "message": "No."}}))
    with pytest.raises(ApiError, match="No"):
        graph.write("PATCH", PATH, {}, intent=f"change group {text}")
    assert len(secured.server.received) == 1


def test_whoever_asks_how_a_replica_is_gets_no_patience(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(404, MISSING), answer(200, GROUP))
    with graph.without_waiting():
        assert graph.get(PATH, intent="read it") is None
    assert graph.get(PATH, intent="read it") == GROUP
    graph.forget(GROUP["id"])
    secured.server.says(answer(200, GROUP), answer(200, GROUP))
    assert graph.get(PATH, intent="read it") is None
    with graph.without_waiting():
        assert graph.get(PATH, intent="read it") == GROUP, "a replica that goes on to show what is deleted is told"


def test_patience_ends(graph: GraphClient, secured: t.Any, answer: t.Any) -> None:
    graph.remember(GROUP)
    secured.server.says(answer(404, MISSING))
    assert graph.get(PATH, intent="read it") is None
    assert 60 < graph.ctx.clock.monotonic() - 1000.0 <= 120


def test_the_services_clock_counts(graph: GraphClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert graph.get_service_time() == graph.ctx.clock.now()
    ahead_s = {"Microsoft Graph": 18000.0}
    monkeypatch.setattr(graph.ctx.service_timings, "get_clock_difference_s", ahead_s.get)
    assert graph.get_service_time() - graph.ctx.clock.now() == datetime.timedelta(hours=5)


def test_what_this_run_has_deleted_is_not_there_whatever_a_replica_shows(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    gone = {"id": "3F0C6D2E-31a5-4b0b-9f5b-0d6f4a1c2b3d"}
    secured.server.says(answer(200, gone), answer(200, {"value": [gone, {"id": "other"}]}))
    graph.forget(gone["id"])
    assert graph.get("/groups(uniqueName='x')", intent="read") is None
    assert graph.list("/groups", intent="list") == [{"id": "other"}]
    assert graph.list("/directory/deletedItems/microsoft.graph.group", intent="list") == [gone, {"id": "other"}]
    graph.remember(gone)
    assert graph.list("/groups", intent="list") == [gone, {"id": "other"}]


def test_a_creation_by_the_key_of_what_was_deleted_waits_for_the_replicas(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    missing = answer(404, {"error": {"code": "Request_ResourceNotFound", "message": "does not exist"}})
    path = "/groups(uniqueName='x')"
    graph.forget("an-id", path)
    secured.server.says(missing, missing, answer(201, {"id": "anew"}))
    assert graph.upsert("groups", "uniqueName", "x", {}, intent="create") == {"id": "anew"}
    secured.server.says(missing)
    with pytest.raises(NotFound):
        graph.upsert("groups", "uniqueName", "y", {}, intent="create")
    assert len(secured.server.received) == 1


def test_a_write_that_follows_a_refused_one_is_repeated_where_a_replica_lags(
    graph: GraphClient, secured: t.Any, answer: t.Any
) -> None:
    """A refusal may mean "done already": then everything cannot be planned anew any more."""
    secured.server.says(answer(200, GROUP), answer(404, MISSING))
    graph.get("/groups(uniqueName='OPS')", intent="find it")
    with pytest.raises(NotFound):
        graph.write("POST", f"{PATH}/members/$ref", {}, intent="add a member")
    secured.server.says(answer(404, MISSING), answer(204, b""))
    graph.write("POST", f"{PATH}/owners/$ref", {}, intent="add an owner")
    assert methods(secured) == ["POST", "POST"]
