# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Entra group a name means: few requests, no guesses among namesakes, and no group that only looks like the one meant."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup, EntraGroups
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import MappingEntry

OPS_ID, OTHER_ID = "abcdef11-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555"


class FakeGraph:
    """Graph with a few groups, which compares names without regard to case, as the service does. ``failure`` is raised."""

    def __init__(self, *groups: tuple[str, str, str | None], failure: Exception | None = None) -> None:
        self.groups = [
            AnswerObject(id=object_id, displayName=name, onPremisesSamAccountName=account)
            for object_id, name, account in groups
        ]
        self.failure = failure
        self.asked: list[str] = []

    def list(self, path: str, *, params: t.Mapping[str, str], **_more: t.Any) -> t.Any:
        self.asked.append(params["$filter"])
        if self.failure:
            raise self.failure
        asked = params["$filter"].lower()
        return [group for group in self.groups if self._is_asked_for(group["displayName"], asked)]

    def _is_asked_for(self, name: str, asked: str) -> bool:
        """Graph compares more loosely than names are the same: a hyphen of its own kind is one, too."""
        quoted = name.lower().replace("'", "''").replace("‐", "-")
        return f"'{quoted}'" in asked

    def get(self, path: str, **_more: t.Any) -> t.Any:
        self.asked.append(path)
        if self.failure:
            raise self.failure
        return next((group for group in self.groups if path == f"/groups/{group['id']}"), None)


def make_entry(
    name: str | None,
    object_id: str | None = None,
    number: int = 0,
    *,
    user_group: ObjectReference | None = None,
    present: bool = True,
) -> MappingEntry:
    where = f"mappings[{number}]"
    return MappingEntry("entra_group", ObjectReference(name), object_id, user_group, (), False, present, where)


def look_up(
    graph: FakeGraph, *entries: MappingEntry, match_by: str = "azure_guid", pending: t.Sequence[str] = ()
) -> tuple[list[EntraGroup | None], list[tuple[str, str, str]]]:
    groups = EntraGroups(lambda: t.cast(t.Any, graph), match_by, pending)
    problems: list[dict[str, t.Any]] = []
    groups.look_up(entries, problems)
    told = [(problem["where"], problem["kind"], problem["message"]) for problem in problems]
    return [groups.find_group(entry) for entry in entries], told


@pytest.mark.parametrize(
    ("match_by", "expected"),
    [("azure_guid", "GG-Ops"), ("display_name", "GG-Ops"), ("object_id_name", OPS_ID), ("sam_account_name", "ops")],
)
def test_a_name_means_the_one_group_that_has_it(match_by: str, expected: str) -> None:
    graph = FakeGraph((OPS_ID.upper(), "GG-Ops", "ops"))
    found, problems = look_up(graph, make_entry("gg-OPS"), match_by=match_by)
    assert (found, problems) == ([EntraGroup(OPS_ID, "GG-Ops", expected)], [])


def test_a_group_that_was_never_synchronised_has_no_account_name() -> None:
    found, dummy = look_up(FakeGraph((OPS_ID, "GG-Ops", None)), make_entry("GG-Ops"), match_by="sam_account_name")
    assert found == [EntraGroup(OPS_ID, "GG-Ops", None)]


def test_namesakes_are_told_with_their_ids() -> None:
    graph = FakeGraph((OPS_ID, "GG-Ops", None), (OTHER_ID, "gg-ops", None))
    found, problems = look_up(graph, make_entry("GG-Ops"))
    assert found == [None]
    assert problems == [
        (
            "mappings[0].principal.entra_group",
            "ambiguous",
            f"2 Entra groups are named 'GG-Ops' ({OTHER_ID}, {OPS_ID}): give object_id",
        )
    ]


def test_a_group_that_only_looks_like_the_one_meant_is_told_and_never_taken() -> None:
    found, problems = look_up(FakeGraph((OTHER_ID, "GG‐Ops", None)), make_entry("GG-Ops"))
    assert found == [None]
    assert problems[0][1] == "not_found" and OTHER_ID in problems[0][2]


@pytest.mark.parametrize("pending", ["GG-Ops", "gg-ops"])
def test_a_group_that_an_earlier_task_would_create_is_pending(pending: str) -> None:
    found, problems = look_up(FakeGraph(), make_entry("GG-Ops"), pending=[pending])
    assert (found, problems) == ([EntraGroup(None, "GG-Ops", "GG-Ops", is_pending=True)], [])


def test_a_group_that_exists_is_not_pending() -> None:
    found, dummy = look_up(FakeGraph((OPS_ID, "GG-Ops", None)), make_entry("GG-Ops"), pending=["GG-Ops"])
    assert found == [EntraGroup(OPS_ID, "GG-Ops", "GG-Ops")]


def test_a_group_that_is_gone_is_a_problem_only_of_an_entry_that_wants_it() -> None:
    found, problems = look_up(FakeGraph(), make_entry("GG-Ops", present=False), make_entry("GG-Ops", number=1))
    assert found == [EntraGroup(None, "GG-Ops", "GG-Ops"), None]
    assert problems == [("mappings[1].principal.entra_group", "not_found", "no Entra group is named 'GG-Ops'")]


def test_names_are_asked_for_fifteen_at_a_time_and_each_once() -> None:
    names = [f"it's {number:02}" for number in range(16)]
    graph = FakeGraph(*((f"id-{name}", name, None) for name in names))
    entries = [make_entry(name, number=number) for number, name in enumerate([*names, *names])]
    found, problems = look_up(graph, *entries)
    assert problems == [] and all(found)
    assert [question.count("it''s") for question in graph.asked] == [15, 1]


@pytest.mark.parametrize(
    ("entry", "match_by", "asked"),
    [
        (make_entry("GG-Ops", OPS_ID), "azure_guid", []),
        (make_entry("GG-Ops", OPS_ID), "display_name", []),
        (make_entry(None, OPS_ID), "object_id_name", []),
        (make_entry(None, OPS_ID), "azure_guid", [f"/groups/{OPS_ID}"]),
        (make_entry("GG-Ops", OPS_ID), "sam_account_name", [f"/groups/{OPS_ID}"]),
        (make_entry(None, OPS_ID, user_group=ObjectReference("Ops")), "azure_guid", []),
        (make_entry(None, OPS_ID, user_group=ObjectReference(None, None, 5)), "sam_account_name", []),
        (make_entry(None, OPS_ID, user_group=ObjectReference(None, "corp")), "azure_guid", [f"/groups/{OPS_ID}"]),
    ],
)
def test_graph_is_asked_only_where_the_mapping_does_not_say_enough(
    entry: MappingEntry, match_by: str, asked: list[str]
) -> None:
    graph = FakeGraph((OPS_ID, "GG-Ops", "ops"))
    (found,), problems = look_up(graph, entry, match_by=match_by)
    assert (graph.asked, problems) == (asked, [])
    assert found and found.object_id == OPS_ID and found.is_given_by_id


def test_no_client_is_made_without_a_question() -> None:
    def never() -> t.Any:
        raise AssertionError("nothing has to be asked")

    groups = EntraGroups(never, "azure_guid", ())
    groups.look_up([make_entry("GG-Ops", OPS_ID)], [])
    assert groups.list_expected_names() == ["GG-Ops"]


def test_an_object_id_that_nothing_has_is_told() -> None:
    found, problems = look_up(FakeGraph(), make_entry(None, OPS_ID))
    assert found == [None]
    assert [(kind, message) for dummy, kind, message in problems] == [
        ("not_found", f"no Entra group has the object id {OPS_ID}")
    ]


@pytest.mark.parametrize("entry", [make_entry("GG-Ops"), make_entry(None, OPS_ID)])
def test_a_read_that_fails_is_not_nothing_there(entry: MappingEntry) -> None:
    with pytest.raises(Unreachable):
        look_up(FakeGraph(failure=Unreachable("no answer")), entry)


def test_a_group_without_an_id_is_the_answer_s_fault() -> None:
    graph = FakeGraph()
    graph.groups = [AnswerObject(displayName="GG-Ops")]
    with pytest.raises(BadAnswer):
        look_up(graph, make_entry("GG-Ops"))


def test_expected_names_are_those_of_groups_that_were_found() -> None:
    graph = FakeGraph((OPS_ID, "GG-Ops", None))
    groups = EntraGroups(lambda: t.cast(t.Any, graph), "sam_account_name", ())
    groups.look_up([make_entry("GG-Ops"), make_entry("GG-Missing", number=1)], [])
    assert groups.list_expected_names() == []
    assert groups.find_group(make_entry("GG-Ops", number=7)) is None
