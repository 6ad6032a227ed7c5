# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Object ids that people typed: found, of nothing, or not verified, and never one of these for another."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    AuthError,
    BadAnswer,
    Cancelled,
    ConfigError,
    CvopsError,
    Forbidden,
    MissingLibrary,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.verification import (
    GroupIdCheck,
    check_group_ids,
)


def check(graph: FakeGraph, *ids: str) -> GroupIdCheck:
    return check_group_ids(lambda: t.cast("t.Any", graph), ids, "id,displayName")


def test_without_ids_there_is_no_client() -> None:
    def never() -> t.Any:
        raise AssertionError("nothing is to be asked")

    assert check_group_ids(never, [], "id") == GroupIdCheck()


def test_each_id_is_found_or_missing_whatever_its_letter_case(make_ctx: t.Any) -> None:
    group = {"id": guid(1).upper(), "displayName": "GG"}
    checked = check(FakeGraph(make_ctx(), {"/groups": [group]}), guid(1), guid(2).upper())
    assert checked == GroupIdCheck({guid(1): group}, frozenset({guid(2)}))


def test_sixteen_ids_take_two_requests_and_each_is_asked_for_once(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/groups": []})
    ids = [guid(number) for number in range(16)]
    assert check(graph, *ids, *(one.upper() for one in ids)).missing == frozenset(ids)
    assert [one["$filter"].count("abcdef") for one in graph.parameters] == [15, 1]
    assert {one["$select"] for one in graph.parameters} == {"id,displayName"}


def test_what_this_run_created_is_not_missing(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {"/groups": []})
    graph.remembered = [guid(1)]
    assert check(graph, guid(1), guid(2)).missing == {guid(2)}


@pytest.mark.parametrize(
    "failure",
    [
        Unreachable("x"),
        AuthError("x"),
        Forbidden("x"),
        Throttled("x"),
        BadAnswer("x"),
        ApiError("x", status=500),
        ConfigError("x"),
        MissingLibrary("x"),
    ],
)
def test_where_graph_cannot_be_asked_nothing_is_found_and_nothing_missing(make_ctx: t.Any, failure: CvopsError) -> None:
    assert check(FakeGraph(make_ctx(), {"/groups": failure}), guid(1)) == GroupIdCheck(failure=failure)


def test_a_run_that_is_told_to_stop_stops(make_ctx: t.Any) -> None:
    with pytest.raises(Cancelled):
        check(FakeGraph(make_ctx(), {"/groups": Cancelled("stop")}), guid(1))
