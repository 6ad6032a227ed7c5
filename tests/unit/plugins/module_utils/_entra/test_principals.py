# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object ids for what people write."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, Problems, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._entra.principals import (
    PrincipalLookup,
    resolve_object_ids,
    verify_object_ids,
)


def resolve(make_ctx: t.Any, users: t.Any, names: list[str] | None) -> tuple[list[str] | None, FakeGraph]:
    graph = FakeGraph(make_ctx(), {"/users": users})
    return resolve_object_ids(t.cast("t.Any", graph), names, "members"), graph


def user(number: int, name: str) -> dict[str, str]:
    return {"id": guid(number).upper(), "userPrincipalName": name}


def test_nothing_is_asked_for_ids_and_for_what_is_not_managed(make_ctx: t.Any) -> None:
    for names, expected in ((None, None), ([], []), ([guid(1).upper(), guid(2)], [guid(1), guid(2)])):
        found, graph = resolve(make_ctx, None, names)
        assert found == expected and graph.reads == []


def test_what_is_neither_an_id_nor_a_name_is_told_without_asking(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/users": []})
    with pytest.raises(Problems):
        resolve_object_ids(t.cast("t.Any", graph), ["Ann", guid(1)], "members")
    assert graph.reads == []


def test_names_and_ids_keep_their_order_without_duplicates(make_ctx: t.Any) -> None:
    found, graph = resolve(make_ctx, [user(1, "ann@x.example")], [guid(2), "Ann@X.example", guid(1), "ann@x.example"])
    assert found == [guid(2), guid(1)]
    assert graph.parameters[0]["$filter"] in (
        "userPrincipalName in ('ann@x.example')",
        "userPrincipalName in ('Ann@X.example')",
    )


def test_many_names_go_in_few_requests(make_ctx: t.Any) -> None:
    names = [f"user{number:02}@x.example" for number in range(31)]

    def answer(params: dict[str, str]) -> list[dict[str, str]]:
        return [user(number, name) for number, name in enumerate(names) if f"'{name}'" in params["$filter"]]

    found, graph = resolve(make_ctx, answer, names)
    assert found == [guid(number) for number in range(31)]
    assert [one["$filter"].count("@") for one in graph.parameters] == [15, 15, 1]


def test_quotes_in_a_name_stay_in_the_name(make_ctx: t.Any) -> None:
    _found, graph = resolve(make_ctx, [user(1, "o'brien@x.example")], ["o'brien@x.example"])
    assert graph.parameters[0]["$filter"] == "userPrincipalName in ('o''brien@x.example')"


def test_everything_that_is_none_is_told_at_once(make_ctx: t.Any) -> None:
    with pytest.raises(Problems, match="3 entries of members cannot be used") as caught:
        resolve(make_ctx, [user(1, "ann@x.example")], ["ann@x.example", "Ann", "bob@x.example", "", guid(1)])
    problems = {problem["where"]: problem for problem in caught.value.facts["problems"]}
    assert {where: problem["kind"] for where, problem in problems.items()} == {
        "members[1]": "config",
        "members[2]": "not_found",
        "members[3]": "config",
    }


def test_a_name_that_only_looks_equal_is_told_and_never_taken(make_ctx: t.Any) -> None:
    with pytest.raises(Problems) as caught:
        resolve(make_ctx, [user(1, "\uff41nn@x.example")], ["ann@x.example"])
    assert f"similar: '\uff41nn@x.example' ({guid(1).upper()})" in caught.value.facts["problems"][0]["message"]


def test_a_name_in_doubt_is_warned_of(make_ctx: t.Any) -> None:
    _found, graph = resolve(make_ctx, [user(1, "an\u0456@x.example")], ["an\u0456@x.example"])
    assert len(graph.ctx.warnings) == 1


def test_a_read_that_fails_is_no_user_that_is_missing(make_ctx: t.Any) -> None:
    with pytest.raises(Unreachable):
        resolve(make_ctx, Unreachable("no answer"), ["ann@x.example"])


BY_IDS = "/directoryObjects/getByIds"


def verify(
    graph: FakeGraph, members: list[str] | None, owners: list[str] | None = None, known: t.Any = None
) -> list[str]:
    return verify_object_ids(t.cast("t.Any", graph), {"members": members, "owners": owners}, known or {})


def test_only_ids_that_entra_id_has_not_shown_are_verified_in_one_request(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {})
    graph.remembered = [guid(4)]
    known = {"members": [guid(1)], "owners": [guid(5)]}
    found = verify(graph, ["ann@x.example", guid(1).upper(), guid(2).upper(), guid(4)], [guid(3), guid(2)], known)
    assert found == [] and graph.parameters == [{"ids": [guid(2), guid(3)]}]
    for members in (None, [], ["ann@x.example"], [guid(1)]):
        graph.reads.clear()
        assert verify(graph, members, None, known) == [] and graph.reads == []


def test_ids_of_nothing_are_told_together_with_their_places(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {BY_IDS: [{"id": guid(2)}]})
    with pytest.raises(Problems, match="2 object ids cannot be used") as caught:
        verify(graph, [guid(2), guid(1)], [guid(3)])
    assert [(item["where"], item["kind"]) for item in caught.value.facts["problems"]] == [
        ("members[1]", "not_found"),
        ("owners[0]", "not_found"),
    ]


def test_ids_that_may_not_be_looked_up_are_not_taken_for_verified(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert verify(FakeGraph(ctx, {BY_IDS: Forbidden("no rights")}), [guid(2).upper()]) == [guid(2)]
    assert len(ctx.warnings) == 1 and guid(2) in ctx.warnings[0] and "no rights" in ctx.warnings[0]


def test_a_look_that_fails_verifies_nothing(make_ctx: t.Any) -> None:
    with pytest.raises(Unreachable):
        verify(FakeGraph(make_ctx(), {BY_IDS: Unreachable("no answer")}), [guid(2)])


def test_more_than_a_thousand_ids_take_another_request(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {})
    verify(graph, [guid(number) for number in range(1001)])
    assert [len(one["ids"]) for one in graph.parameters] == [1000, 1]


def test_users_are_asked_for_once_and_not_where_another_list_has_shown_them(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/users": [{"id": guid(2).upper(), "userPrincipalName": "Bob@x.example"}]})
    lookup = PrincipalLookup(t.cast("t.Any", graph))
    lookup.learn_users([{"id": guid(1).upper(), "userPrincipalName": "Ann@x.example"}, {"id": guid(3)}])
    assert lookup.find_users(["ANN@x.example"])[0] == {"ann@x.example": guid(1)}
    assert graph.reads == []
    for dummy in range(2):
        assert lookup.find_users(["bob@x.example", "nobody@x.example"])[0]["bob@x.example"] == guid(2)
    assert graph.parameters == [
        {"$filter": "userPrincipalName in ('bob@x.example', 'nobody@x.example')", "$select": "id,userPrincipalName"}
    ]


def test_object_ids_are_asked_for_once_and_a_refusal_is_told_each_time(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/directoryObjects/getByIds": [{"id": guid(1).upper()}]})
    lookup = PrincipalLookup(t.cast("t.Any", graph))
    assert lookup.find_existing_ids([guid(1), guid(2)]) == {guid(1)}
    assert lookup.find_existing_ids([guid(2)]) == set()
    assert len(graph.reads) == 1
    graph.answers["/directoryObjects/getByIds"] = Forbidden("Cannot verify object ids", status=403)
    lookup.remember_existing_ids([guid(3)])
    for dummy in range(2):
        with pytest.raises(Forbidden):
            lookup.find_existing_ids([guid(3)])
    assert len(graph.reads) == 2
