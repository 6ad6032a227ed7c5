# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owners: planned by difference, added before any is removed."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.owners import (
    change_owners,
    check_owner_removals,
    find_unshown_owners,
    list_owners,
    plan_owners,
)

PATH = f"/applications/{guid(1)}"
ids = st.lists(st.sampled_from([guid(number) for number in range(5)]), max_size=6)


def apply(current: t.Iterable[str], steps: t.Iterable[t.Any]) -> list[str]:
    """Return the owners after the steps; the creator is one of them where the object is new."""
    owners = set(current)
    for step in steps:
        assert not owners & set(step.data["add"]) and set(step.data["remove"]) <= owners
        owners = (owners | set(step.data["add"])) - set(step.data["remove"])
        if step.data["only_these"]:
            owners = set(step.data["add"])
    return sorted(owners)


@given(ids, ids, st.booleans(), st.randoms(use_true_random=False))
def test_a_plan_that_is_applied_leaves_nothing_to_do_in_any_order(
    desired: list[str], current: list[str], exclusive: bool, chance: t.Any
) -> None:
    steps, after = plan_owners(desired, current, exclusive=exclusive, is_new=False, principal="it")
    assert apply(current, steps) == after
    assert plan_owners(desired, after, exclusive=exclusive, is_new=False, principal="it") == ([], after)
    shuffled = chance.sample([*desired, *desired], 2 * len(desired))
    assert plan_owners(shuffled, current, exclusive=exclusive, is_new=False, principal="it") == (steps, after)


@given(ids, ids)
def test_foreign_owners_stay_unless_exclusive_or_emptied(desired: list[str], current: list[str]) -> None:
    after = plan_owners(desired, current, exclusive=False, is_new=False, principal="it")[1]
    assert set(after) == ({*desired, *current} if desired else set())
    assert plan_owners(desired, current, exclusive=True, is_new=False, principal="it")[1] == sorted(set(desired))


@given(ids, st.booleans())
def test_the_creator_stays_an_owner_unless_owners_are_exclusive(desired: list[str], exclusive: bool) -> None:
    steps, after = plan_owners(desired, [], exclusive=exclusive, is_new=True, principal="it")
    assert after == sorted(set(desired))
    assert apply(["creator"] if steps else [], steps) == sorted(
        {*desired, *(["creator"] if steps and not exclusive else [])}
    )
    assert bool(steps) is (bool(desired) or exclusive)


def test_a_step_says_how_many_come_and_go() -> None:
    ((step,), _after) = plan_owners([guid(1), guid(2)], [guid(3)], exclusive=True, is_new=False, principal="it")
    assert (step.action, step.subject) == ("owners", "owners: 2 added, 1 removed")


def test_an_object_is_never_without_an_owner_in_between(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx())
    change_owners(t.cast("t.Any", graph), PATH, "application Ops", {"add": [guid(2)], "remove": [guid(3)]})
    assert graph.sent() == [f"POST {PATH}/owners/$ref", f"DELETE {PATH}/owners/{guid(3)}/$ref"]
    assert graph.intents == [f"add owner {guid(2)} to application Ops", f"remove owner {guid(3)} from application Ops"]
    assert graph.reads == []


def test_all_others_go_where_only_these_shall_stay(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {f"{PATH}/owners": [{"id": guid(9)}, {"id": guid(2)}, {"id": guid(8)}]})
    change_owners(t.cast("t.Any", graph), PATH, "it", {"add": [guid(2)], "remove": [], "only_these": True})
    assert graph.sent()[1:] == [f"DELETE {PATH}/owners/{guid(8)}/$ref", f"DELETE {PATH}/owners/{guid(9)}/$ref"]


def test_owners_are_listed_as_sorted_ids_in_lower_case(make_ctx: t.Any) -> None:
    graph = FakeGraph(make_ctx(), {f"{PATH}/owners": [{"id": "B"}, {"id": "a"}]})
    assert list_owners(t.cast("t.Any", graph), PATH, "it") == ["a", "b"]


@pytest.mark.parametrize("is_new", [True, False])
def test_more_owners_than_the_limit_are_not_removed(is_new: bool) -> None:
    steps, after = plan_owners([], [guid(1), guid(2)], exclusive=False, is_new=is_new, principal="it")
    planned = Plan({}, {"owners": after}, (Step("update", "x", {"body": {}}), *steps))
    check_owner_removals(planned, 2)
    with pytest.raises(GuardRefused, match="2 owners would be removed, more than max_removals 1"):
        check_owner_removals(planned, 1)


@pytest.mark.parametrize(
    ("step", "shown", "found"),
    [
        ({"add": [guid(1)], "remove": []}, [1, 2], []),
        ({"add": [guid(1)], "remove": []}, [2], ["owners"]),
        ({"add": [], "remove": [guid(2)]}, [1], []),
        ({"add": [], "remove": [guid(2)]}, [1, 2], ["owners"]),
        ({"add": [guid(1)], "remove": [], "only_these": True}, [1], []),
        ({"add": [guid(1)], "remove": [], "only_these": True}, [1, 9], ["owners"]),
    ],
)
def test_owners_show_when_those_who_came_are_listed_and_those_who_went_are_not(
    make_ctx: t.Any, step: dict[str, t.Any], shown: list[int], found: list[str]
) -> None:
    graph = FakeGraph(make_ctx(), {f"{PATH}/owners": [{"id": guid(number).upper()} for number in shown]})
    steps = [Step("update", "x"), Step("owners", "x", {"only_these": False, **step})]
    assert find_unshown_owners(t.cast("t.Any", graph), PATH, "it", steps) == found
    assert find_unshown_owners(t.cast("t.Any", graph), PATH, "it", steps[:1]) == []
    assert len(graph.reads) == 1, "owners that did not change are not listed"
