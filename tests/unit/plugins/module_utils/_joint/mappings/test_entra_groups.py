# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Entra group a name means: few requests, no guesses among namesakes, and no group that only looks like the one meant."""

from __future__ import annotations

import typing as t

import pytest
from mapping_fakes import UnansweredBatches

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AuthError,
    BadAnswer,
    ConfigError,
    Forbidden,
    MissingLibrary,
    Throttled,
    Unreachable,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup, EntraGroups
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.parse import MappingEntry

OPS_ID, OTHER_ID = "abcdef11-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555"

REMEDY = "Correct the name, or create the group first (cvops_entra_groups)"


class FakeGraph(UnansweredBatches):
    """Graph with a few groups, which compares names without regard to case, as the service does. ``failure`` is raised."""

    def __init__(self, *groups: tuple[str, str, str | None], failure: Exception | None = None) -> None:
        self.groups = [
            AnswerObject(id=object_id, displayName=name, onPremisesSamAccountName=account)
            for object_id, name, account in groups
        ]
        self.failure = failure
        self.asked: list[str] = []
        self.pages: list[str] = []
        self.page_failure: Exception | None = None
        self.recent: set[str] = set()

    @property
    def recent_objects(self) -> FakeGraph:
        return self

    def contains_any(self, keys: t.Iterable[str]) -> bool:
        return not self.recent.isdisjoint(keys)

    def list(self, path: str, *, params: t.Mapping[str, str], **_more: t.Any) -> t.Any:
        self.asked.append(params["$filter"])
        if self.failure:
            raise self.failure
        asked = params["$filter"].lower()
        if asked.startswith("id in"):
            return [group for group in self.groups if f"'{group['id'].lower()}'" in asked]
        return [group for group in self.groups if self._is_asked_for(group["displayName"], asked)]

    def read_page(self, _path: str, *, params: t.Mapping[str, str], **_more: t.Any) -> t.Any:
        self.pages.append(params["$filter"])
        if self.page_failure:
            raise self.page_failure
        start = params["$filter"].split("'")[1].lower()
        return {"value": [group for group in self.groups if group["displayName"].lower().startswith(start)]}

    def _is_asked_for(self, name: str, asked: str) -> bool:
        """Graph compares more loosely than names are the same: a hyphen of its own kind is one, too."""
        quoted = name.lower().replace("'", "''").replace("‐", "-")
        return f"'{quoted}'" in asked


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
    graph: FakeGraph,
    *entries: MappingEntry,
    match_by: str = "azure_guid",
    pending: t.Sequence[str] = (),
    known: t.Mapping[str, str] | None = None,
) -> tuple[list[EntraGroup | None], list[tuple[str, str, str]]]:
    groups = EntraGroups(lambda: t.cast(t.Any, graph), match_by, pending, known)
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


def test_a_group_that_entries_name_in_two_spellings_is_one_group() -> None:
    """With many names the two spellings are asked for in two lists, and Graph shows the group in both."""
    graph = FakeGraph((OPS_ID, "GG-Ops", None))
    others = [make_entry(f"GG-new-{number:02d}", number=number + 2) for number in range(30)]
    pending = [f"GG-new-{number:02d}" for number in range(30)]
    entries = [make_entry("GG-Ops"), make_entry("gg-ops", number=1), *others]
    found, problems = look_up(graph, *entries, pending=pending)
    assert sum("gg-ops" in asked.lower() for asked in graph.asked) == 2
    assert (problems, found[:2]) == ([], [EntraGroup(OPS_ID, "GG-Ops", "GG-Ops")] * 2)


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
    (problem,) = problems
    assert problem[:2] == ("mappings[1].principal.entra_group", "not_found")
    assert problem[2] == f"no Entra group is named 'GG-Ops'. {REMEDY}"


def test_a_name_with_a_slip_is_told_with_the_groups_that_begin_alike() -> None:
    graph = FakeGraph((OPS_ID, "GG-Commvault-platform-Admin", None), (OTHER_ID, "GG-Commerce", None))
    found, problems = look_up(graph, make_entry("GG-Commvault-platfrom-Admin"))
    assert found == [None]
    near = "Near: 'GG-Commvault-platform-Admin'"
    assert problems[0][2] == f"no Entra group is named 'GG-Commvault-platfrom-Admin'. {near}. {REMEDY}"
    assert graph.pages == ["startswith(displayName,'GG-Commvault-')"]


def test_near_names_are_asked_for_only_where_a_name_is_missing_and_only_for_a_few() -> None:
    graph = FakeGraph((OPS_ID, "GG-Ops", None))
    look_up(
        graph,
        make_entry("GG-Ops"),
        make_entry("GG-New", number=1),
        make_entry("Old", number=2, present=False),
        pending=["GG-New"],
    )
    assert graph.pages == []
    dummy, problems = look_up(graph, *(make_entry(f"GG-Opt-{number}", number=number) for number in range(9)))
    assert (len(problems), len(graph.pages)) == (9, 5)


def test_near_names_that_cannot_be_read_are_left_out() -> None:
    graph = FakeGraph()
    graph.page_failure = Forbidden("no")
    dummy, problems = look_up(graph, make_entry("GG-Ops"))
    assert problems[0][2] == f"no Entra group is named 'GG-Ops'. {REMEDY}" and len(graph.pages) == 1


def test_names_are_asked_for_fifteen_at_a_time_and_each_once() -> None:
    names = [f"it's {number:02}" for number in range(16)]
    graph = FakeGraph(*((f"id-{name}", name, None) for name in names))
    entries = [make_entry(name, number=number) for number, name in enumerate([*names, *names])]
    found, problems = look_up(graph, *entries)
    assert problems == [] and all(found)
    assert [question.count("it''s") for question in graph.asked] == [15, 1]


BY_ID = f"id in ('{OPS_ID}')"


@pytest.mark.parametrize(
    ("entry", "match_by"),
    [
        (make_entry("GG-Ops", OPS_ID), "azure_guid"),
        (make_entry("gg-OPS", OPS_ID), "display_name"),
        (make_entry(None, OPS_ID), "object_id_name"),
        (make_entry(None, OPS_ID), "azure_guid"),
        (make_entry("GG-Ops", OPS_ID), "sam_account_name"),
        (make_entry(None, OPS_ID, user_group=ObjectReference("Ops")), "azure_guid"),
        (make_entry(None, OPS_ID, user_group=ObjectReference(None, None, 5)), "sam_account_name"),
        (make_entry(None, OPS_ID, user_group=ObjectReference(None, "corp")), "azure_guid"),
    ],
)
def test_an_object_id_is_verified_whatever_else_the_entry_says(entry: MappingEntry, match_by: str) -> None:
    graph = FakeGraph((OPS_ID.upper(), "GG-Ops", "ops"))
    (found,), problems = look_up(graph, entry, match_by=match_by)
    assert (graph.asked, problems) == ([BY_ID], [])
    assert found and (found.object_id, found.display_name) == (OPS_ID, "GG-Ops") and found.is_given_by_id


def test_object_ids_are_asked_for_fifteen_at_a_time_and_each_once() -> None:
    ids = [f"00000000-0000-4000-8000-{number:012}" for number in range(16)]
    graph = FakeGraph(*((object_id, f"GG {object_id}", None) for object_id in ids))
    entries = [make_entry(None, object_id, number=number) for number, object_id in enumerate([*ids, *ids])]
    found, problems = look_up(graph, *entries)
    assert problems == [] and all(found)
    assert [question.count("-8000-") for question in graph.asked] == [15, 1]


@pytest.mark.parametrize("name", ["GG-Ops", None])
@pytest.mark.parametrize("match_by", ["azure_guid", "object_id_name", "sam_account_name"])
def test_an_object_id_that_nothing_has_is_a_problem(name: str | None, match_by: str) -> None:
    found, problems = look_up(FakeGraph((OTHER_ID, "GG-Ops", None)), make_entry(name, OPS_ID), match_by=match_by)
    assert (found, problems) == (
        [None],
        [("mappings[0].principal.entra_group", "not_found", f"no Entra group has the object id {OPS_ID}")],
    )


def test_an_entry_that_takes_grants_away_may_name_a_group_that_is_gone() -> None:
    (found,), problems = look_up(FakeGraph(), make_entry("GG-Ops", OPS_ID, present=False))
    assert problems == [] and found and found.object_id == OPS_ID


def test_a_group_that_this_run_has_created_is_there_although_it_is_not_listed_yet() -> None:
    graph = FakeGraph()
    graph.recent = {OPS_ID}
    (found,), problems = look_up(graph, make_entry("GG-Ops", OPS_ID))
    assert problems == [] and found and found.object_id == OPS_ID


@pytest.mark.parametrize("present", [True, False])
@pytest.mark.parametrize("match_by", ["azure_guid", "object_id_name", "sam_account_name"])
def test_an_object_id_of_a_group_with_another_name_is_a_problem(present: bool, match_by: str) -> None:
    graph = FakeGraph((OPS_ID, "GG-Payroll", "pay"))
    found, problems = look_up(graph, make_entry("GG-Ops", OPS_ID, present=present), match_by=match_by)
    assert found == [None]
    assert problems == [
        (
            "mappings[0].principal.entra_group",
            "config",
            f"the Entra group with the object id {OPS_ID} is named 'GG-Payroll', not 'GG-Ops': correct the object id or the name",
        )
    ]


def test_a_name_that_only_looks_like_that_of_the_object_is_told_with_the_difference() -> None:
    dummy, problems = look_up(FakeGraph((OPS_ID, "GG‐Ops", None)), make_entry("GG-Ops", OPS_ID))
    assert "looks the same but is a different name" in problems[0][2]


def test_what_an_earlier_task_found_is_not_asked_for_again() -> None:
    graph = FakeGraph()
    (found,), problems = look_up(graph, make_entry("gg-ops", OPS_ID), known={"GG-Ops": OPS_ID.upper()})
    assert (graph.asked, problems) == ([], []) and found and found.object_id == OPS_ID


def test_an_object_id_that_an_earlier_task_found_under_another_name_is_asked_for() -> None:
    graph = FakeGraph((OPS_ID, "GG-Other", None))
    dummy, problems = look_up(graph, make_entry("GG-Ops", OPS_ID), known={"GG-Other": OPS_ID})
    assert graph.asked == [BY_ID] and "is named 'GG-Other'" in problems[0][2]


def test_no_client_is_made_without_a_question() -> None:
    def never() -> t.Any:
        raise AssertionError("nothing has to be asked")

    groups = EntraGroups(never, "azure_guid", (), {"GG-Ops": OPS_ID})
    groups.look_up([make_entry("GG-Ops", OPS_ID), make_entry("GG-Ops", "no-guid", 1)], [])
    assert groups.list_expected_names() == ["GG-Ops", "GG-Ops"]


@pytest.mark.parametrize(
    "failure",
    [Unreachable("no answer"), AuthError("refused"), Forbidden("no rights"), Throttled("later"), BadAnswer("HTML")],
)
def test_an_object_id_that_cannot_be_verified_is_said_to_be_so(failure: Exception) -> None:
    groups = EntraGroups(lambda: t.cast(t.Any, FakeGraph(failure=failure)), "azure_guid", ())
    problems: list[dict[str, t.Any]] = []
    entry = make_entry("GG-Ops", OPS_ID)
    groups.look_up([entry], problems)
    found = groups.find_group(entry)
    assert problems == [] and found and found.object_id == OPS_ID
    assert groups.unverified == {OPS_ID: "GG-Ops"} and groups.failure is failure


@pytest.mark.parametrize("failure", [ConfigError("no way to sign in"), MissingLibrary("no msal")])
def test_without_a_sign_in_to_graph_object_ids_are_not_verified(failure: Exception) -> None:
    def connect() -> t.Any:
        raise failure

    groups = EntraGroups(connect, "azure_guid", ())
    groups.look_up([make_entry(None, OPS_ID, user_group=ObjectReference("Ops"))], [])
    assert groups.unverified == {OPS_ID: None} and groups.failure is failure


def test_object_ids_of_break_glass_groups_are_verified_with_the_others() -> None:
    graph = FakeGraph((OPS_ID, "GG-Ops", None))
    guarded = {"break_glass.entra_groups[0]": OPS_ID.upper(), "break_glass.entra_groups[1]": OTHER_ID}
    groups = EntraGroups(lambda: t.cast(t.Any, graph), "azure_guid", (), None, guarded)
    problems: list[dict[str, t.Any]] = []
    groups.look_up([make_entry("GG-Ops", OPS_ID)], problems)
    assert len(graph.asked) == 1
    assert [(problem["where"], problem["kind"]) for problem in problems] == [
        ("break_glass.entra_groups[1]", "not_found")
    ]
    graph.failure = Unreachable("no answer")
    groups.look_up([make_entry("GG-Ops", OPS_ID)], [])
    assert groups.unverified == {OTHER_ID: None, OPS_ID: "GG-Ops"}


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
