# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups through nesting, people by id and by name, and what is neither."""

from __future__ import annotations

import re
import typing as t

import pytest
from fake_graph import FakeGraph, guid
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden, NotFound
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.directory import (
    People,
    find_groups_named,
    read_deleted_groups,
    read_deleted_users,
    read_groups,
    read_users,
    strip_deletion,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.reading import Reading

PERSON = guid(500)
Wire = dict[str, t.Any]


def make_user(number: int, **more: t.Any) -> Wire:
    name = f"u{number}@corp.example"
    return {
        "id": guid(number),
        "displayName": f"User {number}",
        "userPrincipalName": name,
        "mail": None,
        "accountEnabled": True,
        **more,
    }


def select(rows: t.Iterable[Wire]) -> t.Callable[[Wire], list[Wire]]:
    """An answer that finds by the values of an "in" filter."""
    listed = list(rows)

    def answer(parameters: Wire) -> list[Wire]:
        match = re.fullmatch(r"(\w+) in \((.*)\)", parameters["$filter"])
        assert match
        values = {text.lower() for text in re.findall(r"'([^']*)'", match[2])}
        assert len(values) <= 15
        return [row for row in listed if str(row.get(match[1])).lower() in values]

    return answer


def make_tenant(members: t.Mapping[int, t.Sequence[int]], **more: t.Any) -> Wire:
    """Answers for groups by number with the numbers of their members; from 500 on these are users."""
    groups = [
        {"id": guid(number), "displayName": f"G{number}", "securityEnabled": True, "groupTypes": []}
        for number in members
    ]
    answers: Wire = {"/groups": select(groups), "/users": select(make_user(number) for number in range(500, 510))}
    for number, inner in members.items():
        answers[f"/groups/{guid(number)}/members"] = [
            {
                "id": guid(one),
                "@odata.type": f"#microsoft.graph.{'user' if one >= 500 else 'group'}",
                "displayName": str(one),
            }
            for one in inner
        ]
        answers[f"/groups/{guid(number)}/owners"] = []
    return {**answers, **more}


def make_reading(make_ctx: t.Any, answers: Wire) -> tuple[Reading, FakeGraph]:
    ctx = make_ctx({})
    graph = FakeGraph(ctx, answers)
    return Reading(ctx, t.cast("t.Any", graph)), graph


NESTING = st.dictionaries(
    st.integers(1, 12), st.lists(st.integers(1, 14) | st.integers(500, 505), max_size=6, unique=True), min_size=1
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(members=NESTING, start=st.sets(st.integers(1, 12), min_size=1), data=st.data())
def test_nesting_is_followed_to_its_end_in_any_order(
    make_ctx: t.Any, members: dict[int, list[int]], start: set[int], data: t.Any
) -> None:
    """Loops end; every group that is reachable and there is read once, each with its direct members; the order of lists never matters."""
    reading, graph = make_reading(make_ctx, make_tenant(members))
    people = People()
    rows = read_groups(reading, [guid(number) for number in start], people)
    expected: set[int] = set()
    waiting = {number for number in start if number in members}
    while waiting:
        expected |= waiting
        waiting = {one for number in waiting for one in members[number] if one in members} - expected
    assert [row["id"] for row in rows] == sorted(guid(number) for number in expected)
    for row in rows:
        number = int(row["id"][-12:])
        assert row["members"] == sorted(guid(one) for one in members[number]) and row["notVisible"] == []
    paths = [path for path in graph.reads if path.endswith("/members")]
    assert len(paths) == len(set(paths))
    mixed = {number: data.draw(st.permutations(inner)) for number, inner in members.items()}
    again, _graph = make_reading(make_ctx, make_tenant(mixed))
    assert read_groups(again, sorted((guid(number) for number in start), reverse=True), People()) == rows


def test_one_group_that_is_refused_is_told_and_the_others_are_read(make_ctx: t.Any) -> None:
    answers = make_tenant({1: [500], 2: [501]}, **{f"/groups/{guid(2)}/members": Forbidden("no")})
    reading, _graph = make_reading(make_ctx, answers)
    # a part of a batch that fails is asked for by itself, and raises there
    rows = read_groups(reading, [guid(1), guid(2)], People())
    assert [(row["members"], row["notVisible"]) for row in rows] == [([guid(500)], []), ([], ["members"])]
    told = {one["name"]: one for one in reading.list_sources()}
    assert told["group_members"]["complete"] is False and "1 of 2" in told["group_members"]["why"]
    assert told["group_owners"]["complete"] is True and told["groups"]["count"] == 2


def test_where_the_first_twenty_are_refused_no_more_are_asked_for(make_ctx: t.Any) -> None:
    members: dict[int, list[int]] = {number: [] for number in range(1, 101)}
    refused = {f"/groups/{guid(number)}/members": Forbidden("no") for number in members}
    reading, graph = make_reading(make_ctx, make_tenant(members, **refused))
    rows = read_groups(reading, [guid(number) for number in members], People())
    assert len(rows) == 100 and all(row["notVisible"] == ["members"] for row in rows)
    assert len([path for path in graph.reads if path.endswith("/members")]) <= 65


def test_a_group_that_goes_meanwhile_is_told(make_ctx: t.Any) -> None:
    answers = make_tenant({1: [], 2: []}, **{f"/groups/{guid(2)}/members": NotFound("gone")})
    reading, _graph = make_reading(make_ctx, answers)
    read_groups(reading, [guid(1), guid(2)], People())
    told = {one["name"]: one for one in reading.list_sources()}
    assert "deleted while they were read" in told["group_members"]["why"]


def test_any_other_failure_ends_it(make_ctx: t.Any) -> None:
    answers = make_tenant({1: []}, **{f"/groups/{guid(1)}/owners": ApiError("broken", status=500)})
    reading, _graph = make_reading(make_ctx, answers)
    with pytest.raises(ApiError, match="broken"):
        read_groups(reading, [guid(1)], People())


def test_users_are_found_by_id_then_by_name_then_by_address(make_ctx: t.Any) -> None:
    """Whoever is known already is not asked for again; a name without an @ is none of Entra ID's."""
    users = [make_user(500), make_user(501), make_user(502, mail="shared@corp.example")]
    reading, graph = make_reading(make_ctx, {"/users": select(users)})
    people = People()
    people.note(guid(500), "user")
    names = ["U500@corp.example", "u501@CORP.example", "shared@corp.example", "admin", "nobody@corp.example"]
    assert [row["id"] for row in read_users(reading, people, names)] == [guid(500), guid(501), guid(502)]
    filters = [one["$filter"] for one in graph.parameters]
    assert len(filters) == 3 and "u501" in filters[1] and "U500" not in "".join(filters[1:])
    assert "shared@corp.example" in filters[2] and "u501" not in filters[2]


def test_a_loose_comparison_of_graph_finds_nobody_else(make_ctx: t.Any) -> None:
    reading, _graph = make_reading(make_ctx, {"/users": lambda _parameters: [make_user(7)]})
    assert read_users(reading, People(), ["other@corp.example"]) == []


@pytest.mark.parametrize("hidden", [{"accountEnabled": None}, None])
def test_what_is_not_shown_of_users_is_told(make_ctx: t.Any, hidden: Wire | None) -> None:
    answer = Forbidden("no") if hidden is None else select([make_user(500, **hidden)])
    reading, _graph = make_reading(make_ctx, {"/users": answer})
    people = People()
    people.note(guid(500), "user", "User 500")
    rows = read_users(reading, people, [])
    (source,) = reading.list_sources()
    assert source["complete"] is not True and "User.Read.All" in source["why"]
    if hidden is None:
        assert rows == [] and people.list_others([]) == [
            {"id": guid(500), "kind": "unknown", "displayName": "User 500"}
        ]
    else:
        assert rows[0]["accountEnabled"] is None


def test_others_are_of_their_kind() -> None:
    people = People()
    wires = [
        {"id": guid(1), "@odata.type": "#microsoft.graph.device", "displayName": "PC"},
        {"id": guid(2), "@odata.type": "#microsoft.graph.orgContact", "displayName": "C"},
        {"id": guid(3), "@odata.type": "#microsoft.graph.new"},
        {"id": "no id"},
    ]
    assert people.learn(wires) == [guid(1), guid(2), guid(3)]
    assert [(row["kind"], row["displayName"]) for row in people.list_others([])] == [
        ("device", "PC"),
        ("contact", "C"),
        ("unknown", None),
    ]


def test_deleted_users_and_groups_that_matter(make_ctx: t.Any) -> None:
    """A deleted user's name begins with its id; it counts without."""
    gone = make_user(
        500, userPrincipalName=f"{guid(500).replace('-', '')}u500@corp.example", deletedDateTime="2026-11-01T00:00:00Z"
    )
    root = "/directory/deletedItems/microsoft.graph."
    answers = {
        f"{root}user": [gone, make_user(501), make_user(502)],
        f"{root}group": [{"id": guid(1)}, {"id": guid(2)}],
    }
    reading, _graph = make_reading(make_ctx, answers)
    assert [row["id"] for row in read_deleted_users(reading, ["U500@corp.example"], {guid(502)})] == [
        guid(500),
        guid(502),
    ]
    assert [row["id"] for row in read_deleted_groups(reading, {guid(2)})] == [guid(2)]
    assert strip_deletion("u@corp.example") == "u@corp.example" and strip_deletion(None) is None


def test_groups_that_people_name(make_ctx: t.Any) -> None:
    groups = [{"id": guid(number), "displayName": name} for number, name in ((1, "GG-A"), (2, "gg-a"), (3, "GG-B"))]
    answers = {"/groups": select(groups), "/groups(uniqueName='gg-u')": {"id": guid(4), "displayName": "U"}}
    reading, _graph = make_reading(make_ctx, answers)
    found = find_groups_named(reading, ["GG-A", "gg-u", guid(9).upper(), "none"])
    assert found == {guid(1), guid(2), guid(4), guid(9)}
    assert len(reading.ctx.warnings) == 1 and "'none'" in reading.ctx.warnings[0]


def test_requests_of_a_large_site(make_ctx: t.Any) -> None:
    """900 groups of some 13 members out of 6,000 users, and 6,000 names of which 500 are nobody's, in so many requests."""
    members = {number: [10_000 + (number * 7 + one * 450) % 6000 for one in range(14)] for number in range(1, 901)}
    groups = [{"id": guid(number), "displayName": f"G{number}", "securityEnabled": True} for number in members]
    users = {f"u{number}@corp.example": make_user(number) for number in range(10_000, 16_000)}
    by_id = {row["id"]: row for row in users.values()}

    def find_users(parameters: Wire) -> list[Wire]:
        values = re.findall(r"'([^']*)'", parameters["$filter"])
        return [row for value in values for row in [by_id.get(value) or users.get(value)] if row]

    answers: Wire = {"/groups": select(groups), "/users": find_users}
    for number, inner in members.items():
        answers[f"/groups/{guid(number)}/members"] = [
            {"id": guid(one), "@odata.type": "#microsoft.graph.user"} for one in inner
        ]
        answers[f"/groups/{guid(number)}/owners"] = []
    reading, graph = make_reading(make_ctx, answers)
    people = People()
    assert len(read_groups(reading, [guid(number) for number in members], people)) == 900
    assert len(graph.batches) == 3 + 45 + 45  # sixty filters, and two lists of each group, twenty in a request
    names = [*list(users)[500:], *(f"gone{number}@corp.example" for number in range(500))]
    assert len(read_users(reading, people, names)) == 6000
    # at most 400 filters by id, and 34 each by name and address for those whom nobody has
    assert len(graph.batches) <= 93 + 20 + 21 + 2


def get_source(reading: Reading, name: str) -> t.Any:
    return next(source for source in reading.list_sources() if source["name"] == name)


def test_a_chain_without_end_is_given_up_and_told(make_ctx: t.Any) -> None:
    """So many requests for each level: a hundred thousand levels would take hours."""
    chain: dict[int, list[int]] = {number: [number + 1] for number in range(1000, 1400)}
    reading, graph = make_reading(make_ctx, make_tenant({}))
    known = make_tenant(chain)
    groups = known["/groups"]

    def answer_groups(parameters: Wire) -> list[Wire]:
        return t.cast("list[Wire]", groups(parameters))

    reading, graph = make_reading(make_ctx, {**known, "/groups": answer_groups})
    for number in chain:
        for row in known[f"/groups/{guid(number)}/members"]:
            row["@odata.type"] = "#microsoft.graph.group"
    rows = read_groups(reading, [guid(1000)], People())
    assert len(rows) == 50 and len(graph.reads) == 3 * 50
    for name in ("groups", "group_members"):
        source = get_source(reading, name)
        assert source["complete"] is False and "nested deeper than 50 levels" in source["why"]


def test_a_wide_nesting_takes_a_request_for_each_group_and_no_more(make_ctx: t.Any) -> None:
    """A group of thousands that all contain each other and it: each is read once."""
    everybody = list(range(1000, 3000))
    reading, graph = make_reading(make_ctx, make_tenant({}))
    known = make_tenant({number: [1000, number, number + 1] for number in everybody} | {999: everybody})
    for path, listed in known.items():
        if path.endswith("/members"):
            for row in listed:
                row["@odata.type"] = "#microsoft.graph.group"
    reading, graph = make_reading(make_ctx, known)
    rows = read_groups(reading, [guid(999)], People())
    assert len(rows) == len(everybody) + 1
    assert len([path for path in graph.reads if path.endswith("/members")]) == len(rows)
    assert len([path for path in graph.reads if path == "/groups"]) <= len(rows) // 15 + 3
    assert get_source(reading, "groups")["complete"] is True


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": ""}, {"displayName": "x"}], ids=str)
def test_objects_without_an_id_are_told(make_ctx: t.Any, odd: Wire) -> None:
    known = make_tenant({1: [500, 501]})
    groups, users = known["/groups"], known["/users"]
    known["/groups"] = lambda parameters: [*groups(parameters), dict(odd)]
    known["/users"] = lambda parameters: [*users(parameters), dict(odd)]
    known[f"/groups/{guid(1)}/members"].append(dict(odd))
    known[f"/groups/{guid(1)}/owners"].append(dict(odd))
    reading, _graph = make_reading(make_ctx, known)
    people = People()
    found = find_groups_named(reading, ["G1"])
    rows = read_groups(reading, {*found, guid(1)}, people)
    assert [row["id"] for row in rows] == [guid(1)]
    assert [row["id"] for row in read_users(reading, people, ["x@corp.example"])] == [guid(500), guid(501)]
    for name in ("groups", "group_members", "group_owners", "users"):
        source = get_source(reading, name)
        assert source["complete"] is False and "without an id" in source["why"], source
