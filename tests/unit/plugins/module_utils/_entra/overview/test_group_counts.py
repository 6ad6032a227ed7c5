# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In how many groups people are: kinds, nothing kept but counts, and what is odd or refused is never few."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Forbidden, NotFound
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import parse_group_claim
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.group_counts import (
    add_group_counts,
    needs_counts,
    read_group_counts,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.reading import Reading

Wire = dict[str, t.Any]
NONE = {"security": 0, "microsoft365": 0, "distribution": 0}


def make_group(number: int, **more: t.Any) -> Wire:
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": guid(number),
        "securityEnabled": True,
        "groupTypes": [],
        **more,
    }


def count(make_ctx: t.Any, answers: t.Sequence[t.Any], **rows: t.Any) -> tuple[list[Wire], t.Any, FakeGraph]:
    """The users, the source and the client after each of them was answered so."""
    ctx = make_ctx({})
    paths = {f"/users/{guid(number)}/transitiveMemberOf": answer for number, answer in enumerate(answers)}
    graph = FakeGraph(ctx, paths)
    reading = Reading(ctx, t.cast("t.Any", graph))
    reading.note("applications", 1)
    users = [{"id": guid(number), "accountEnabled": True, **rows} for number in range(len(answers))]
    add_group_counts(reading, users, [])
    return users, {one["name"]: one for one in reading.list_sources()}["group_counts"], graph


def test_groups_count_by_their_kind_and_nothing_else_does(make_ctx: t.Any) -> None:
    listed = [
        *(make_group(number) for number in range(1, 152)),
        make_group(200, groupTypes=["Unified"]),
        make_group(201, groupTypes=["Unified"], securityEnabled=False),
        make_group(202, securityEnabled=False),
        make_group(203, groupTypes=None),
        {"@odata.type": "#microsoft.graph.directoryRole", "id": guid(204)},
        {"@odata.type": "#microsoft.graph.administrativeUnit", "id": guid(205)},
    ]
    users, source, _graph = count(make_ctx, [listed, []])
    assert [row["groupCounts"] for row in users] == [{"security": 153, "microsoft365": 1, "distribution": 1}, NONE]
    assert (source["count"], source["complete"], source["why"]) == (2, True, "")


def test_twenty_people_are_one_request_and_who_cannot_sign_in_is_none(make_ctx: t.Any) -> None:
    users, source, graph = count(make_ctx, [[]] * 45)
    assert [len(batch) for batch in graph.batches] == [20, 20, 5] and source["count"] == 45
    users, source, graph = count(make_ctx, [[]] * 5, accountEnabled=False)
    assert graph.reads == [] and {str(row["groupCounts"]) for row in users} == {"None"}
    assert (source["count"], source["complete"]) == (0, True)
    users, source, _graph = count(make_ctx, [[]], accountEnabled=None)
    assert users[0]["groupCounts"] == NONE


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Forbidden("no"), "User.Read.All with GroupMember.Read.All"),
        (NotFound("gone"), "deleted while they were read"),
        ([make_group(1), make_group(2, securityEnabled=None)], "visible"),
        ([{"id": guid(1), "securityEnabled": True, "groupTypes": []}], "visible"),
    ],
)
def test_what_could_not_be_counted_is_no_small_number(make_ctx: t.Any, answer: t.Any, why: str) -> None:
    users, source, _graph = count(make_ctx, [[make_group(1)], answer])
    assert [row["groupCounts"] for row in users] == [{**NONE, "security": 1}, None]
    assert (source["count"], source["complete"]) == (1, False) and why in source["why"]


@pytest.mark.parametrize(
    "odd", [{"securityEnabled": "yes"}, {"securityEnabled": 1}, {"groupTypes": 7}, {"groupTypes": [{}]}]
)
def test_an_odd_group_ends_the_read(make_ctx: t.Any, odd: Wire) -> None:
    with pytest.raises(BadAnswer, match="group of a user"):
        count(make_ctx, [[make_group(1, **odd)]])


@pytest.mark.parametrize(
    ("claims", "needed"),
    [
        ([], True),
        ([None], True),
        (["None"], True),
        (["ApplicationGroup"], False),
        (["ApplicationGroup", None, "DirectoryRole"], False),
        (["ApplicationGroup", "SecurityGroup"], True),
        (["All"], True),
        (["SecurityGroup, ApplicationGroup"], True),
    ],
)
def test_counts_are_asked_for_where_a_token_depends_on_them(make_ctx: t.Any, claims: list[t.Any], needed: bool) -> None:
    rows = [{"groupMembershipClaims": one} for one in claims]
    assert needs_counts(map(parse_group_claim, rows)) is needed
    for is_seen in (True, False):
        ctx = make_ctx({})
        graph = FakeGraph(ctx, {f"/users/{guid(1)}/transitiveMemberOf": []})
        reading = Reading(ctx, t.cast("t.Any", graph))
        reading.note("applications", 1, is_seen)
        users: list[Wire] = [{"id": guid(1), "accountEnabled": True}]
        add_group_counts(reading, users, rows)
        # Of applications that were not seen nobody knows what their tokens carry.
        assert bool(graph.reads) is (needed or not is_seen) and (users[0]["groupCounts"] is None) is not bool(
            graph.reads
        )


@pytest.mark.parametrize("odd", [-1, True, "7", 1.5, 10**30, None, [], {}])
def test_what_a_document_says_is_a_count_or_nothing(odd: t.Any) -> None:
    assert read_group_counts({"groupCounts": {**NONE, "security": 7, "more": odd}}) == {**NONE, "security": 7}
    for kind in NONE:
        assert read_group_counts({"groupCounts": {**NONE, kind: odd}}) is None
    assert read_group_counts({}) is read_group_counts({"groupCounts": odd}) is None
