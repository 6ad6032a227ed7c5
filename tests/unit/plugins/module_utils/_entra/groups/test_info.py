# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups as facts: which are read, in which order, with which members."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.info import (
    build_group_filter,
    describe_group,
    find_groups,
)

ONE = {"id": guid(1), "displayName": "GG-One", "securityEnabled": True}
TWO = {"id": guid(2), "displayName": "gg-two"}
ALIKE = {"id": guid(3), "displayName": "GG\u2011One"}


def find(make_ctx: t.Any, answers: dict[str, t.Any], **options: t.Any) -> tuple[list[dict[str, t.Any]], FakeGraph]:
    graph = FakeGraph(make_ctx(options), answers)
    return call_with_graph(find_groups, graph), graph


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"display_name": "O'Brien"}, "displayName eq 'O''Brien'"),
        ({"prefix": "GG-'"}, "startswith(displayName,'GG-''')"),
        ({"filter": "securityEnabled eq true"}, "securityEnabled eq true"),
        ({"display_name": "x", "prefix": "y", "filter": "z"}, "displayName eq 'x'"),
    ],
)
def test_the_filter_says_what_the_options_mean(options: dict[str, str], expected: str | None) -> None:
    assert build_group_filter(options) == expected


def test_a_group_says_whether_access_can_be_given_to_it() -> None:
    assert describe_group(ONE)["security_enabled"] is True
    assert describe_group(TWO)["security_enabled"] is False
    assert describe_group(ONE)["object_id"] == guid(1)


def test_groups_are_sorted_by_name_and_id_whatever_the_letter_case(make_ctx: t.Any) -> None:
    twin, nameless = {"id": guid(5), "displayName": "gg-one"}, {"id": guid(9), "displayName": None}
    found, graph = find(make_ctx, {"/groups": [TWO, twin, ONE, nameless]})
    assert [group["object_id"] for group in found] == [guid(9), guid(1), guid(5), guid(2)]
    assert "$filter" not in graph.parameters[0]


def test_a_name_or_a_prefix_takes_no_group_that_only_looks_alike(make_ctx: t.Any) -> None:
    for options in ({"display_name": "gg-one"}, {"prefix": "gg-o"}):
        found, graph = find(make_ctx, {"/groups": [ONE, ALIKE]}, **options)
        assert [group["object_id"] for group in found] == [guid(1)]
        assert graph.parameters[0]["$filter"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"object_id": guid(1)}, f"/groups/{guid(1)}"),
        ({"unique_name": "it's"}, "/groups(uniqueName='it%27%27s')"),
        ({"object_id": guid(1), "unique_name": "x"}, f"/groups/{guid(1)}"),
    ],
)
def test_a_key_is_one_read_and_no_group_is_no_error(make_ctx: t.Any, options: dict[str, str], path: str) -> None:
    found, graph = find(make_ctx, {path: ONE}, **options)
    assert [group["object_id"] for group in found] == [guid(1)] and graph.reads == [path]
    assert find(make_ctx, {}, **options)[0] == []


def test_an_object_id_that_is_none_is_refused_before_any_read(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="object_id: 'x/../y' is not a GUID"):
        find(make_ctx, {}, object_id="x/../y")


def test_several_object_ids_are_read_together_and_those_of_no_group_left_out(make_ctx: t.Any) -> None:
    wanted = [guid(2).upper(), guid(1), guid(9), guid(1)]
    found, graph = find(make_ctx, {"/groups": [ONE, TWO]}, object_ids=wanted)
    assert [group["object_id"] for group in found] == [guid(1), guid(2)]
    assert graph.parameters[0]["$filter"] == f"id in ('{guid(1)}', '{guid(2)}', '{guid(9)}')"
    assert find(make_ctx, {}, object_ids=[])[1].reads == [], "no ids are not all groups"
    with pytest.raises(ConfigError, match=r"object_ids\[1\]: '' is not a GUID"):
        find(make_ctx, {}, object_ids=[guid(1), ""])


def test_members_are_told_with_what_graph_says_of_them(make_ctx: t.Any) -> None:
    listed = [
        {"id": guid(9), "@odata.type": "#microsoft.graph.user", "userPrincipalName": None},
        {"id": guid(8), "@odata.type": "#microsoft.graph.group", "displayName": "GG-Inner"},
    ]
    found, graph = find(
        make_ctx,
        {"/groups": [ONE, TWO], f"/groups/{guid(1)}/members": listed, f"/groups/{guid(2)}/members": []},
        members=True,
    )
    assert found[0]["member_details"] == [
        {"object_id": guid(8), "name": "GG-Inner", "type": "group"},
        {"object_id": guid(9), "name": None, "type": "user"},
    ]
    assert found[1]["member_details"] == []
    assert len(graph.batches) == 1, "members of many groups are asked for together"


def test_each_group_gets_its_own_members(make_ctx: t.Any) -> None:
    answers = {
        "/groups": [ONE, TWO],
        f"/groups/{guid(1)}/members": [{"id": guid(9).upper()}, {"id": guid(8)}],
        f"/groups/{guid(2)}/members": [],
    }
    found, _graph = find(make_ctx, answers, members=True)
    assert [group["members"] for group in found] == [[guid(8), guid(9)], []]
    assert "members" not in find(make_ctx, answers)[0][0]
