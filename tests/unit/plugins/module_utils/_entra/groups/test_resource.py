# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_group: what is read, what is sent, what comes of it."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    GuardRefused,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.resource import BIND_LIMIT, GroupResource

GROUP = {"id": guid(1), "displayName": "GG", "mailNickname": "GG", "securityEnabled": True}
PATH = f"/groups/{guid(1)}"
EXIST = "One or more added object references already exist for the following modified properties: 'members'."


def make_group(
    make_ctx: t.Any, answers: dict[str, t.Any], *replies: t.Any, **options: t.Any
) -> tuple[t.Any, FakeGraph]:
    usual = {"state": "present", "exclusive": False, "max_removals": 20, "display_name": "GG"}
    graph = FakeGraph(make_ctx({**usual, **options}), answers, *replies)
    return call_with_graph(GroupResource, graph), graph


def test_a_group_is_created_by_its_unique_name_and_then_filled(make_ctx: t.Any) -> None:
    options = {"unique_name": "gg", "members": [guid(7)], "owners": [guid(8)]}
    group, graph = make_group(make_ctx, {"/groups": []}, {"id": guid(1)}, **options)
    planned = group.plan()
    assert group.result()["object_id"] is None
    carry_out(group, planned)
    assert graph.sent() == ["PATCH /groups(uniqueName='gg')", f"PATCH {PATH}", f"POST {PATH}/owners/$ref"]
    assert graph.writes[0].body == {
        "displayName": "GG",
        "mailNickname": "GG",
        "mailEnabled": False,
        "securityEnabled": True,
        "groupTypes": [],
    }
    added = [{"object_id": guid(7), "name": None, "type": None}]
    members = {"members_added": added, "members_removed": []}
    assert group.result() == {**planned.after, **members, "object_id": guid(1), "unverified": []}


def test_a_group_without_a_unique_name_is_created_once(make_ctx: t.Any) -> None:
    group, graph = make_group(make_ctx, {"/groups": []}, {"id": guid(1)})
    carry_out(group, group.plan())
    assert graph.sent() == ["POST /groups"]
    assert graph.needs == [("Group.Create", "Group.ReadWrite.All")]
    assert graph.remembered == [guid(1)]


def test_only_what_differs_is_sent_and_an_empty_description_is_null(make_ctx: t.Any) -> None:
    group, graph = make_group(make_ctx, {"/groups": [{**GROUP, "description": "old"}]}, description="")
    carry_out(group, group.plan())
    assert graph.writes == [("PATCH", PATH, {"description": None})]


def test_relations_are_read_only_where_they_are_managed(make_ctx: t.Any) -> None:
    answers = {"/groups": [GROUP], f"{PATH}/members": [{"id": guid(7)}], f"{PATH}/owners": [{"id": guid(8)}]}
    group, graph = make_group(make_ctx, answers)
    assert not group.plan().changed and graph.reads == ["/groups"]
    group, graph = make_group(make_ctx, answers, members=[guid(9)], exclusive=True)
    carry_out(group, group.plan())
    assert graph.reads == ["/groups", f"{PATH}/members", "/directoryObjects/getByIds"]
    assert graph.sent() == [f"PATCH {PATH}", f"DELETE {PATH}/members/{guid(7)}/$ref"]
    assert group.result()["members"] == [guid(9)]


@pytest.mark.parametrize("options", [{"members": []}, {"members": [guid(99)], "exclusive": True}])
def test_more_members_and_owners_than_expected_are_not_removed(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    """A list from a broken variable must not empty a group; members and owners count together."""
    members = [{"id": guid(number)} for number in range(10, 29)]
    answers = {"/groups": [GROUP], f"{PATH}/members": members, f"{PATH}/owners": [{"id": guid(8)}, {"id": guid(9)}]}
    group, graph = make_group(make_ctx, answers, **options)
    assert group.plan().changed
    group, graph = make_group(make_ctx, answers, owners=[], **options)
    with pytest.raises(GuardRefused, match="21 members and owners would be removed, more than max_removals 20"):
        group.plan()
    assert graph.writes == []
    assert make_group(make_ctx, answers, owners=[], max_removals=21, **options)[0].plan().changed
    with pytest.raises(GuardRefused, match="max_removals 0"):
        make_group(make_ctx, answers, max_removals=0, **options)[0].plan()


def test_a_member_or_owner_that_is_nothing_stops_before_the_group_is_created(make_ctx: t.Any) -> None:
    answers = {"/groups": [], "/directoryObjects/getByIds": [{"id": guid(7)}]}
    group, graph = make_group(make_ctx, answers, members=[guid(7), guid(8)], owners=[guid(9)])
    with pytest.raises(Problems) as caught:
        group.plan()
    assert [item["where"] for item in caught.value.facts["problems"]] == ["members[1]", "owners[0]"]
    assert graph.writes == []


def test_renaming_needs_an_accepted_risk(make_ctx: t.Any) -> None:
    options = {"object_id": guid(1), "display_name": "New"}
    with pytest.raises(GuardRefused, match="GG would be renamed to New") as caught:
        make_group(make_ctx, {PATH: GROUP}, **options)[0].plan()
    assert caught.value.facts["risk"] == "rename"
    group, graph = make_group(make_ctx, {PATH: GROUP}, **options, accept_risk=["rename"], accept_reason="merger")
    carry_out(group, group.plan())
    assert graph.writes == [("PATCH", PATH, {"displayName": "New"})]


@pytest.mark.parametrize("options", [{"description": "new"}, {"state": "absent"}])
def test_a_group_from_on_premises_is_refused_while_planning(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    synced = {**GROUP, "onPremisesSyncEnabled": True}
    with pytest.raises(ConfigError, match="on premises"):
        make_group(make_ctx, {"/groups": [synced]}, **options)[0].plan()
    assert not make_group(make_ctx, {"/groups": [synced]})[0].plan().changed


def test_a_new_group_needs_a_name(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="creating it needs display_name"):
        make_group(make_ctx, {}, unique_name="gg", display_name=None)[0].plan()


def test_a_name_in_doubt_is_warned_of_where_it_would_be_kept(make_ctx: t.Any) -> None:
    for state, number in (("present", 1), ("absent", 0)):
        group, graph = make_group(make_ctx, {"/groups": []}, display_name="GG\u200b", state=state)
        group.plan()
        assert len(graph.ctx.warnings) == number


def test_a_deleted_group_is_forgotten_by_all_its_keys(make_ctx: t.Any) -> None:
    group, graph = make_group(make_ctx, {"/groups": [{**GROUP, "uniqueName": "gg"}]}, state="absent")
    carry_out(group, group.plan())
    assert graph.sent() == [f"DELETE {PATH}"]
    assert graph.forgotten == [guid(1), "/groups(uniqueName='gg')"]
    assert group.result() == {}
    nothing, _graph = make_group(make_ctx, {"/groups": []}, state="absent")
    assert nothing.plan().steps == () and nothing.result() == {}


def test_members_are_bound_twenty_at_a_time_and_singly_when_one_is_there_already(make_ctx: t.Any) -> None:
    group, graph = make_group(make_ctx, {})
    group.object_id = guid(1)
    ids = [f"member{number}" for number in range(BIND_LIMIT + 1)]
    group.actions["add"](Step("add", "members", {"relation": "members", "ids": ids}))
    assert [len(one.body["members@odata.bind"]) for one in graph.writes] == [20, 1]
    graph.writes.clear()
    graph.replies = [refusal(EXIST), refusal(EXIST)]
    group.actions["add"](Step("add", "members", {"relation": "members", "ids": ids[:2]}))
    assert [one.method for one in graph.writes] == ["PATCH", "POST", "POST"]
    assert [one.body["@odata.id"].rpartition("/")[2] for one in graph.writes[1:]] == ids[:2]


@pytest.mark.parametrize(("action", "relation"), [("add", "members"), ("add", "owners"), ("remove", "members")])
def test_other_refusals_are_not_swallowed(make_ctx: t.Any, action: str, relation: str) -> None:
    group, _graph = make_group(make_ctx, {}, refusal("Insufficient privileges to complete the operation.", 403))
    group.object_id = guid(1)
    with pytest.raises(ApiError):
        group.actions[action](Step(action, relation, {"relation": relation, "ids": ["a"]}))


MEMBERS, OWNERS = f"{PATH}/members", f"{PATH}/owners"
NEW = {**GROUP, "description": "new"}
HELD = {"/groups": [GROUP], MEMBERS: [{"id": guid(7)}], OWNERS: [{"id": guid(8)}]}
GONE = {"state": "absent"}


def make_written(make_ctx: t.Any, had: dict[str, t.Any], shown: dict[str, t.Any], **options: t.Any) -> t.Any:
    """Return a group that was written with these options; *shown*: what Graph answers from then on."""
    group, graph = make_group(make_ctx, had, {"id": guid(1)}, **options)
    carry_out(group, group.plan())
    graph.answers = {PATH: GROUP, **had, **shown}
    graph.reads.clear()
    return group


@pytest.mark.parametrize(
    ("had", "shown", "options", "found"),
    [
        (HELD, {PATH: NEW}, {"description": "new"}, []),
        (HELD, {}, {"description": "new"}, ["description"]),
        ({"/groups": []}, {"/groups": [GROUP]}, {"unique_name": None}, []),
        ({"/groups": []}, {PATH: {**GROUP, "uniqueName": "gg"}, "/groups": [GROUP]}, {"unique_name": "gg"}, []),
        ({"/groups": []}, {}, {"unique_name": "gg"}, ["list"]),
        ({"/groups": []}, {PATH: None, "/groups": [GROUP]}, {"unique_name": "gg"}, ["list"]),
        (HELD, {MEMBERS: [{"id": guid(7)}, {"id": guid(9).upper()}]}, {"members": [guid(9)]}, []),
        (HELD, {}, {"members": [guid(9)]}, ["members"]),
        (HELD, {}, {"owners": [guid(9)]}, ["owners"]),
        (HELD, {MEMBERS: []}, {"members": []}, []),
        (HELD, {PATH: None, "/groups": []}, GONE, []),
    ],
)
def test_what_was_written_is_read_back(
    make_ctx: t.Any, had: t.Any, shown: t.Any, options: dict[str, t.Any], found: list[str]
) -> None:
    group = make_written(make_ctx, had, shown, **options)
    assert group.verify() == [{"field": field} for field in found]


@pytest.mark.parametrize(
    ("shown", "options", "unproven"),
    [
        ({}, {"members": []}, "members"),
        ({MEMBERS: [{"id": guid(7)}, {"id": guid(9)}]}, {"members": [guid(9)], "exclusive": True}, "members"),
        ({}, {"owners": []}, "owners"),
        ({"/groups": []}, GONE, "state"),
        ({PATH: None}, GONE, "state"),
    ],
)
def test_what_was_taken_away_must_show(make_ctx: t.Any, shown: t.Any, options: t.Any, unproven: str) -> None:
    group = make_written(make_ctx, HELD, shown, **options)
    with pytest.raises(WaitTimeout, match="group GG") as caught:
        group.verify()
    assert caught.value.facts["unproven"] == [unproven]


def test_what_a_replica_shows_late_is_waited_for(make_ctx: t.Any) -> None:
    looks = [GROUP, NEW]
    late = {PATH: lambda params: looks.pop(0) if len(looks) > 1 else looks[0]}
    group = make_written(make_ctx, HELD, late, description="new")
    assert group.verify() == []


def test_nothing_is_read_back_where_nothing_was_written(make_ctx: t.Any) -> None:
    group, graph = make_group(make_ctx, HELD)
    group.plan()
    graph.reads.clear()
    assert group.verify() == [] and graph.reads == []
