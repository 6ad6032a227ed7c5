# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many groups in one task: the same answers as one after another, in few requests, and nothing that contradicts itself."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ConfigError,
    Forbidden,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.resource import GroupResource
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.resource_list import GroupsResource

USUAL = {
    "state": "present",
    "exclusive": False,
    "object_id": None,
    "unique_name": None,
    "display_name": None,
    "max_removals": None,
    "members": None,
    "owners": None,
    "description": None,
    "mail_nickname": None,
}


class Tenant(FakeGraph):
    """A directory of these groups and users, which looks filters up as Graph does."""

    def __init__(
        self, ctx: t.Any, groups: list[dict[str, t.Any]], members: dict[str, list[t.Any]] | None = None
    ) -> None:
        super().__init__(ctx)
        self.groups = [{"securityEnabled": True, "mailNickname": "x", **group} for group in groups]
        self.users = [{"id": guid(100 + n), "userPrincipalName": f"u{n}@corp.example"} for n in range(40)]
        self.answers = {"/groups": self._filter(self.groups), "/users": self._filter(self.users)}
        for group in self.groups:
            self.answers[f"/groups/{group['id']}"] = group
            if group.get("uniqueName"):
                self.answers[f"/groups(uniqueName='{group['uniqueName']}')"] = group
            for relation in ("members", "owners"):
                self.answers[f"/groups/{group['id']}/{relation}"] = (members or {}).get(group["id"], [])

    @staticmethod
    def _filter(rows: list[dict[str, t.Any]]) -> t.Any:
        def answer(params: dict[str, t.Any]) -> list[dict[str, t.Any]]:
            asked = params["$filter"].lower()
            member = params["$filter"].split(" ")[0]
            return [row for row in rows if f"'{str(row[member]).lower()}'" in asked]

        return answer


def plan_groups(make_ctx: t.Any, tenant: t.Any, *groups: dict[str, t.Any], **options: t.Any) -> t.Any:
    listed = [{**USUAL, **group} for group in groups]
    graph = tenant(make_ctx({"groups": listed, "max_removals": 20, **options}))
    resource = call_with_graph(GroupsResource, graph)
    return resource, resource.plan(), graph


def refuse(make_ctx: t.Any, tenant: t.Any, *groups: dict[str, t.Any], **options: t.Any) -> list[tuple[str, str, str]]:
    with pytest.raises(Problems) as told:
        plan_groups(make_ctx, tenant, *groups, **options)
    return [(one["kind"], one["where"], one["message"]) for one in told.value.facts["problems"]]


def group(number: int, **more: t.Any) -> dict[str, t.Any]:
    return {"id": guid(number), "displayName": f"GG-{number}", "uniqueName": f"gg-{number}", **more}


def keyed(number: int, **more: t.Any) -> dict[str, t.Any]:
    return {"unique_name": f"gg-{number}", "display_name": f"GG-{number}", **more}


def test_sixty_groups_with_members_are_read_in_six_batches(make_ctx: t.Any) -> None:
    groups = [group(number) for number in range(60)]
    members = {
        one["id"]: [{"id": guid(100 + n % 40), "userPrincipalName": f"U{n % 40}@corp.example"}]
        for n, one in enumerate(groups)
    }
    wanted = [keyed(number, members=[f"u{number % 40}@corp.example"]) for number in range(60)]
    dummy, planned, graph = plan_groups(make_ctx, lambda ctx: Tenant(ctx, groups, members), *wanted)
    assert not planned.changed
    assert [len(batch) for batch in graph.batches] == [20] * 6
    assert "/users" not in graph.reads, "user names come with the members"


def test_new_groups_names_users_and_ids_are_asked_for_together(make_ctx: t.Any) -> None:
    wanted = [
        keyed(n, members=[f"u{n}@corp.example", guid(300 + n)], owners=[f"u{n + 1}@corp.example"]) for n in range(20)
    ]
    dummy, planned, graph = plan_groups(make_ctx, lambda ctx: Tenant(ctx, []), *wanted)
    assert [step.action for step in planned.steps] == ["create", "add", "add"] * 20
    assert [len(batch) for batch in graph.batches] == [20, 2, 2]
    assert graph.reads.count("/directoryObjects/getByIds") == 1


def test_groups_without_unique_name_are_found_by_name_or_id(make_ctx: t.Any) -> None:
    groups = [group(number) for number in range(40)]
    wanted = [{"display_name": f"gg-{n}"} if n % 2 else {"object_id": guid(n).upper()} for n in range(40)]
    resource, planned, graph = plan_groups(make_ctx, lambda ctx: Tenant(ctx, groups), *wanted)
    assert not planned.changed
    assert [len(batch) for batch in graph.batches] == [4]
    assert [item["object_id"] for item in resource.result()] == [guid(n) for n in range(40)]


def test_a_group_of_this_run_that_is_not_shown_yet_is_waited_for(make_ctx: t.Any) -> None:
    """The list denies it; the read of the one object, which waits, does not."""

    def lag(ctx: t.Any) -> Tenant:
        tenant = Tenant(ctx, [group(1), group(2)])
        tenant.answers["/groups"] = lambda params: []
        tenant.remembered = [guid(1), guid(2)]
        return tenant

    resource, planned, graph = plan_groups(make_ctx, lag, {"object_id": guid(1)}, {"object_id": guid(2)})
    assert not planned.changed and graph.reads[-2:] == [f"/groups/{guid(1)}", f"/groups/{guid(2)}"]


def test_everything_that_is_wrong_is_told_together(make_ctx: t.Any) -> None:
    groups = [group(1), group(2), {"id": guid(3), "displayName": "GG-2"}, group(4)]
    told = refuse(
        make_ctx,
        lambda ctx: Tenant(ctx, groups),
        keyed(1, members=["nobody@corp.example", "nonsense"]),
        {"display_name": "GG-2"},
        {"object_id": "not-an-id"},
        {"object_id": guid(9)},
        {"unique_name": "gg-4", "display_name": "renamed"},
        {"unique_name": "new"},
    )
    assert [(kind, where) for kind, where, dummy in told] == [
        ("not_found", "groups[0].members[0]"),
        ("config", "groups[0].members[1]"),
        ("ambiguous", "groups[1]"),
        ("config", "groups[2].object_id"),
        ("config", "groups[3].object_id"),
        ("guard", "groups[4]"),
        ("config", "groups[5].display_name"),
    ]


@pytest.mark.parametrize(
    "twice",
    [
        (keyed(1), keyed(1, description="x")),
        (keyed(1), {"unique_name": "GG-1", "display_name": "GG-1"}),
        (keyed(1), {"object_id": guid(1).upper()}),
        ({"display_name": "gg-1"}, {"object_id": guid(1)}),
        (keyed(1), keyed(1, state="absent")),
        (keyed(7), keyed(7, state="absent")),
    ],
)
def test_a_group_is_listed_once(make_ctx: t.Any, twice: t.Any) -> None:
    told = refuse(make_ctx, lambda ctx: Tenant(ctx, [group(1)]), *twice)
    assert any("names the same group" in message for dummy, dummy, message in told)


@pytest.mark.parametrize(
    "wanted",
    [
        ({"unique_name": "a", "display_name": "New"}, {"unique_name": "b", "display_name": "NEW"}),
        (keyed(1, display_name="GG-2", accept_risk=["rename"], accept_reason="x"), keyed(2)),
        (
            keyed(1, display_name="New", accept_risk=["rename"], accept_reason="x"),
            {"unique_name": "b", "display_name": "new"},
        ),
    ],
)
def test_no_two_groups_get_one_name(make_ctx: t.Any, wanted: t.Any) -> None:
    told = refuse(make_ctx, lambda ctx: Tenant(ctx, [group(1), group(2)]), *wanted)
    assert [(kind, "has the same display name" in message) for kind, dummy, message in told] == [("ambiguous", True)]


@pytest.mark.parametrize(
    "gets", [{"unique_name": "a"}, keyed(1, accept_risk=["rename"], accept_reason="x")], ids=["new", "renamed"]
)
def test_a_name_that_shall_be_absent_is_given_to_no_group(make_ctx: t.Any, gets: t.Any) -> None:
    """Else one run gives the name, and the next one finds a group to delete."""
    gone = {"display_name": "new", "state": "absent"}
    for wanted in ([{**gets, "display_name": "New"}, gone], [gone, {**gets, "display_name": "New"}]):
        told = refuse(make_ctx, lambda ctx: Tenant(ctx, [group(1)]), *wanted)
        assert [(kind, where) for kind, where, dummy in told] == [("config", f"groups[{wanted.index(gone)}]")]
        assert "is to be deleted" in told[0][2]
    kept = {"unique_name": "other", "display_name": "New", "state": "absent"}
    assert plan_groups(make_ctx, lambda ctx: Tenant(ctx, [group(1)]), {**gets, "display_name": "New"}, kept)[1].changed


def test_removals_of_all_groups_count_together_unless_a_group_has_its_own_limit(make_ctx: t.Any) -> None:
    groups = [group(1), group(2)]
    members = {one["id"]: [{"id": guid(100 + n)} for n in range(6)] for one in groups}

    def tenant(ctx: t.Any) -> Tenant:
        return Tenant(ctx, groups, members)

    both = (keyed(1, members=[]), keyed(2, members=[]))
    told = refuse(make_ctx, tenant, *both, max_removals=10)
    assert [(kind, where) for kind, where, dummy in told] == [("guard", "groups")]
    assert "12 members and owners would be removed, more than max_removals 10" in told[0][2]
    assert plan_groups(make_ctx, tenant, *both, max_removals=12)[1].changed
    own = (keyed(1, members=[], max_removals=6), keyed(2, members=[]))
    assert plan_groups(make_ctx, tenant, *own, max_removals=6)[1].changed
    told = refuse(make_ctx, tenant, keyed(1, members=[], max_removals=5), max_removals=10)
    assert [(kind, where) for kind, where, dummy in told] == [("guard", "groups[0]")]


def test_ids_that_may_not_be_looked_up_are_asked_for_once_and_told(make_ctx: t.Any) -> None:
    def tenant(ctx: t.Any) -> Tenant:
        found = Tenant(ctx, [])
        found.answers["/directoryObjects/getByIds"] = Forbidden("Cannot verify object ids", status=403)
        return found

    resource, dummy, graph = plan_groups(make_ctx, tenant, *(keyed(n, members=[guid(300 + n)]) for n in range(3)))
    assert [item["unverified"] for item in resource.result()] == [[guid(300 + n)] for n in range(3)]
    assert graph.reads.count("/directoryObjects/getByIds") == 1


def test_what_is_read_after_the_plan_is_read_anew(make_ctx: t.Any) -> None:
    """A group is created without unique name only after a look that nobody else has made one meanwhile."""
    resource, planned, graph = plan_groups(
        make_ctx, lambda ctx: Tenant(ctx, []), {"display_name": "a"}, {"display_name": "b"}
    )
    assert graph.kept == {}
    graph.replies = [{"id": guid(1)}, {"id": guid(2)}]
    graph.answers["/groups"] = lambda params: [
        {"id": guid(n), "displayName": "ab"[n - 1]} for n in range(1, len(graph.writes) + 1)
    ]
    before = len(graph.reads)
    carry_out(resource, planned)
    assert graph.sent() == ["POST /groups"] * 2
    assert graph.reads[before:] == ["/groups"] * 10, "for each: two looks before the creation, and three that show it"
    assert [item["object_id"] for item in resource.result()] == [guid(1), guid(2)]


def write_members(make_ctx: t.Any, *wanted: dict[str, t.Any]) -> tuple[t.Any, t.Any]:
    """Return the groups, each with member 101 and then written; Graph goes on to show what was there before."""
    groups = [group(number) for number in range(3)]
    members = {one["id"]: [{"id": guid(101)}] for one in groups}
    resource, planned, graph = plan_groups(make_ctx, lambda ctx: Tenant(ctx, groups, members), *wanted)
    carry_out(resource, planned)
    graph.batches.clear()
    return resource, graph


def test_written_groups_are_read_back_together_and_each_has_its_own_findings(make_ctx: t.Any) -> None:
    wanted = [keyed(number, members=[guid(102)]) for number in range(2)]
    resource, graph = write_members(make_ctx, *wanted, keyed(2, members=[guid(101)]))
    graph.answers[f"/groups/{guid(0)}/members"] = [{"id": guid(101)}, {"id": guid(102)}]
    assert resource.verify() == [{"field": "groups[1].members"}]
    assert [item["not_confirmed"] for item in resource.result()] == [[], [{"field": "members"}], []]
    assert {len(batch) for batch in graph.batches} == {4}, "group and members of each that was written, in one request"
    assert graph.kept == {}


def test_members_that_were_removed_from_one_of_many_must_show(make_ctx: t.Any) -> None:
    resource, graph = write_members(make_ctx, keyed(0, members=[]), keyed(1, members=[guid(102)]))
    with pytest.raises(WaitTimeout) as caught:
        resource.verify()
    assert caught.value.facts["unproven"] == ["groups[0].members"]
    assert graph.kept == {}


def make_context(options: dict[str, t.Any]) -> Context:
    return Context(options=options, reporter=RecordingReporter())


_KEYS = st.sampled_from(["unique_name", "display_name", "object_id", "both"])
_PEOPLE = st.none() | st.lists(
    st.sampled_from([f"u{n}@corp.example" for n in range(6)] + [guid(100 + n) for n in range(6)])
)


@given(
    present=st.sets(st.integers(1, 6)),
    wanted=st.dictionaries(
        st.integers(1, 6), st.tuples(_KEYS, _PEOPLE, st.booleans(), st.sampled_from(["present", "absent"]))
    ),
    data=st.data(),
)
def test_many_are_planned_as_one_after_another_are(present: set[int], wanted: t.Any, data: t.Any) -> None:
    """The same steps, or a refusal where the module for one group refuses one of them."""
    groups = [group(number) for number in sorted(present)]
    members = {one["id"]: [{"id": guid(100 + n)} for n in data.draw(st.sets(st.integers(0, 5)))] for one in groups}
    items = []
    for number, (key, people, exclusive, state) in wanted.items():
        keys = {"unique_name": f"gg-{number}", "display_name": f"GG-{number}", "object_id": guid(number)}
        chosen = {name: keys[name] for name in (("unique_name", "display_name") if key == "both" else (key,))}
        items.append({**USUAL, **chosen, "members": people, "exclusive": exclusive, "state": state})
    single: list[t.Any] = []
    refused = False
    for item in items:
        graph = Tenant(make_context({**item, "max_removals": 20}), groups, members)
        try:
            planned = call_with_graph(GroupResource, graph).plan()
        except ConfigError:
            refused = True
            continue
        single += [(step.action == "delete", step.action, dict(step.data)) for step in planned.steps]
    single.sort(key=lambda step: step[0])
    graph = Tenant(make_context({"groups": items, "max_removals": 1000}), groups, members)
    try:
        planned = call_with_graph(GroupsResource, graph).plan()
    except Problems:
        assert refused
        return
    assert not refused
    assert [(step.action, dict(step.data["step"].data)) for step in planned.steps] == [step[1:] for step in single]
