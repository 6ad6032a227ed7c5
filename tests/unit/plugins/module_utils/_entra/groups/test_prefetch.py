# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read ahead is what planning each group reads, and nothing that is missing is taken for absent."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, NotFound
from ansible_collections.cvops.identity.plugins.module_utils._core.names import find_appearances
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups import prefetch as prefetch_module
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.lookup import find_group
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.prefetch import prefetch_groups
from ansible_collections.cvops.identity.plugins.module_utils._entra.principals import PrincipalLookup


def wire(number: int, name: str, **more: t.Any) -> dict[str, t.Any]:
    return {"id": guid(number), "displayName": name, "securityEnabled": True, **more}


def prefetch(make_ctx: t.Any, answers: dict[str, t.Any], *items: dict[str, t.Any]) -> FakeGraph:
    graph = FakeGraph(make_ctx(), answers)
    usual = {"state": "present", "object_id": None, "unique_name": None, "display_name": None}
    listed = [{**usual, **item} for item in items]
    prefetch_groups(t.cast("t.Any", graph), PrincipalLookup(t.cast("t.Any", graph)), listed)
    graph.reads.clear()
    return graph


def find(graph: FakeGraph, **options: t.Any) -> t.Any:
    return find_group(t.cast("t.Any", graph), {"state": "present", **options})


def test_nothing_is_asked_for_no_groups(make_ctx: t.Any) -> None:
    graph = prefetch(make_ctx, {})
    assert graph.batches == [] and graph.kept == {}


def test_each_way_to_name_a_group_is_answered_from_what_was_read(make_ctx: t.Any) -> None:
    listed = [wire(1, "GG-1"), wire(3, "GG-3")]
    answers = {"/groups": listed, "/groups(uniqueName='gg-2')": wire(2, "GG-2", uniqueName="gg-2")}
    keys = [{"object_id": guid(1)}, {"unique_name": "gg-2"}, {"display_name": "gg-3"}, {"object_id": guid(9)}]
    graph = prefetch(make_ctx, answers, *keys)
    found = [find(graph, **{**key, "state": "absent"}) for key in keys]
    assert [group and group["id"] for group in found] == [guid(1), guid(2), guid(3), None]
    assert graph.reads == []


def test_names_that_only_look_equal_are_told_as_for_one_group(make_ctx: t.Any) -> None:
    answers = {"/groups": [wire(1, "\uff27G-1"), wire(2, "Cafe\u0301")]}
    graph = prefetch(make_ctx, answers, {"display_name": "GG-1"}, {"display_name": "Caf\u00e9"})
    asked = graph.parameters[0]["$filter"]
    assert "Caf\u00e9" in asked and "Cafe\u0301" in asked, "Graph gives only what is asked for: both forms are"
    assert find(graph, display_name="GG-1") is None and find(graph, display_name="Caf\u00e9") is None
    assert sum(guid(1) in line for line in graph.ctx.warnings) == 1
    assert sum(guid(2) in line for line in graph.ctx.warnings) == 1


def test_the_groups_of_one_name_are_not_those_of_another(make_ctx: t.Any) -> None:
    graph = prefetch(
        make_ctx, {"/groups": [wire(1, "A"), wire(2, "B"), wire(3, "b")]}, {"display_name": "a"}, {"display_name": "b"}
    )
    assert find(graph, display_name="a")["id"] == guid(1)
    with pytest.raises(AmbiguousMatch):
        find(graph, display_name="b")


def test_no_group_is_compared_with_every_name(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand groups that would be a million comparisons."""
    looked: list[str] = []

    def look(name: str) -> frozenset[str]:
        looked.append(name)
        return find_appearances(name)

    monkeypatch.setattr(prefetch_module, "find_appearances", look)
    names = [f"GG-{number}" for number in range(30)]
    graph = prefetch(
        make_ctx,
        {"/groups": [wire(number, name.lower()) for number, name in enumerate(names)]},
        *({"display_name": name} for name in names),
    )
    assert [find(graph, display_name=name)["id"] for name in names] == [guid(number) for number in range(30)]
    shown = 30 * len(graph.batches[0])  # the fake gives all groups for each of the lists
    assert len(looked) <= len(names) + shown


def test_a_unique_name_that_nobody_has_is_looked_up_by_the_display_name(make_ctx: t.Any) -> None:
    graph = prefetch(make_ctx, {"/groups": [wire(1, "GG-1")]}, {"unique_name": "new", "display_name": "GG-1"})
    with pytest.raises(AmbiguousMatch, match="No group has the unique name new"):
        find(graph, unique_name="new", display_name="GG-1")
    assert graph.reads == []


def test_members_of_groups_that_go_are_not_read(make_ctx: t.Any) -> None:
    graph = prefetch(make_ctx, {"/groups": [wire(1, "A")]}, {"display_name": "A", "state": "absent", "members": []})
    assert not any("members" in path for path, dummy in graph.kept)


def test_a_group_that_cannot_be_used_does_not_end_the_reads(make_ctx: t.Any) -> None:
    team = wire(1, "Team", securityEnabled=False)
    graph = prefetch(
        make_ctx,
        {"/groups": [team, wire(2, "B")], f"/groups/{guid(2)}/members": []},
        {"display_name": "Team", "members": []},
        {"display_name": "B", "members": []},
    )
    assert [path for path, dummy in graph.kept if "members" in path] == [f"/groups/{guid(2)}/members"]


def test_members_that_a_replica_does_not_know_yet_are_left_to_planning(make_ctx: t.Any) -> None:
    members = f"/groups/{guid(1)}/members"
    answers = {"/groups": [wire(1, "A")], members: NotFound("no such resource", status=404)}
    graph = prefetch(make_ctx, answers, {"display_name": "A", "members": []})
    assert find(graph, display_name="A")["id"] == guid(1)
    assert not any("members" in path for path, dummy in graph.kept)


def test_a_group_that_two_lists_show_is_one_group(make_ctx: t.Any) -> None:
    """Graph compares names more loosely than we do, and the forms of a name may be in two lists."""
    names = ["Caf\u00e9", *(f"Cafe-{number:02d}" for number in range(30))]
    graph = prefetch(make_ctx, {"/groups": [wire(1, "Caf\u00e9")]}, *({"display_name": name} for name in names))
    assert len(graph.batches[0]) > 1
    assert find(graph, display_name="Caf\u00e9")["id"] == guid(1)
