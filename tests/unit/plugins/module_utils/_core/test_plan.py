# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans, and the fields that differ."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import (
    Change,
    Plan,
    Step,
    find_changed_fields,
    identify_change,
    list_planned_changes,
)

FIELDS = st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 2) | st.just(""))


def test_changed_is_what_there_is_to_do() -> None:
    assert not Plan({}, {}).changed
    assert Plan({}, {}, (Step("create", "x"),)).changed
    assert Step("create", "x").data == {}


def test_unmanaged_fields_do_not_differ() -> None:
    desired = {"a": None, "b": "", "c": 1, "d": 2}
    assert find_changed_fields(desired, {"a": 5, "b": "text", "c": 1}) == {"b": "", "d": 2}


@given(FIELDS, FIELDS)
def test_applying_the_difference_converges(desired: dict[str, t.Any], current: dict[str, t.Any]) -> None:
    after = {**current, **find_changed_fields(desired, current)}
    assert find_changed_fields(desired, after) == {}
    assert {name: after[name] for name, value in desired.items() if value is not None} == {
        name: value for name, value in desired.items() if value is not None
    }


@given(FIELDS, FIELDS)
def test_what_is_not_managed_is_never_among_the_changes(desired: dict[str, t.Any], current: dict[str, t.Any]) -> None:
    changed = find_changed_fields(desired, current)
    assert set(changed) <= {name for name, value in desired.items() if value is not None}
    assert all(current.get(name) != value for name, value in changed.items())


def test_an_empty_value_is_managed_and_an_absent_one_differs_from_it() -> None:
    assert find_changed_fields({"members": [], "enabled": False}, {}) == {"members": [], "enabled": False}
    assert find_changed_fields({"members": [], "enabled": False}, {"members": [], "enabled": False}) == {}


def test_a_step_and_a_plan_cannot_be_changed_later() -> None:
    step = Step("create", "x")
    plan = Plan({}, {}, (step,))
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.subject = "y"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.steps = ()  # type: ignore[misc]
    assert Step("create", "a").data is not Step("create", "b").data, "the data of one step is not another one's"


FACTS = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()))
GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"
IDS = st.dictionaries(
    st.sampled_from(("principal", "role", "group")),
    st.none() | st.integers(1, 2) | st.sampled_from(("7", GUID, GUID.upper(), GUID[:-1] + "0")),
)
CHANGES = st.builds(
    Change, st.sampled_from("+-~"), st.sampled_from(("grant", "member")), st.text("abAB"), st.text("abAB"), FACTS, IDS
)


def fold_known_ids(change: Change) -> dict[str, t.Any]:
    return {name: str(value).lower() for name, value in change.ids.items() if value is not None}


@given(CHANGES, CHANGES)
def test_two_changes_have_one_id_when_they_differ_in_nothing_but_the_case_of_names(one: Change, two: Change) -> None:
    """And in the name of a principal whose GUID is known; a number is that of another object in another CommCell."""

    def shown(change: Change) -> tuple[t.Any, ...]:
        ids = fold_known_ids(change)
        principal = "" if "-" in ids.get("principal", "") else change.principal.lower()
        return (change.sign, change.kind, principal, change.sentence.lower(), change.facts, ids)

    same = identify_change("group", "add", one) == identify_change("group", "add", two)
    assert same == (shown(one) == shown(two))


@given(CHANGES, IDS)
def test_an_approval_counts_exactly_for_the_objects_that_existed_and_those_made_since(now: Change, ids: t.Any) -> None:
    """Whichever of the objects were pending when it was shown: under its name, what was made since then may be another one."""
    shown = dataclasses.replace(now, ids=ids)
    approved = [change["id"] for change in list_planned_changes("group", Plan({}, {}, (make_step(shown),)))]
    (listed,) = list_planned_changes("group", Plan({}, {}, (make_step(now),)), approved)
    known = fold_known_ids(now)
    assert (listed["id"] in approved) == (fold_known_ids(shown).items() <= known.items())
    (alone,) = list_planned_changes("group", Plan({}, {}, (make_step(now),)))
    assert alone["id"] == identify_change("group", "add", now)


def make_step(change: Change) -> Step:
    return Step("add", "x", changes=(change,))


def test_the_id_of_a_change_tells_noun_and_action_too() -> None:
    change = Change("+", "member", "Operators", "add member j.vega@corp.example")
    ids = {identify_change(noun, action, change) for noun in ("group", "user_group") for action in ("add", "remove")}
    assert len(ids) == 4
    assert all(len(item) == 16 and int(item, 16) >= 0 for item in ids)


def test_the_changes_of_a_plan_are_listed_in_the_order_of_the_writes() -> None:
    changes = (Change("+", "grant", "B", "grant View"), Change("+", "grant", "A", "grant View"))
    listed = list_planned_changes("role_mappings", Plan({}, {}, (Step("add", "x", changes=changes),)))
    assert [(item["action"], item["sign"], item["kind"], item["principal"], item["sentence"]) for item in listed] == [
        ("add", "+", "grant", "B", "grant View"),
        ("add", "+", "grant", "A", "grant View"),
    ]


def test_the_letter_case_of_names_makes_no_other_id_and_that_of_a_value_does() -> None:
    def identify(principal: str, sentence: str, value: str) -> str:
        return identify_change("role", "update", Change("~", "setting", principal, sentence, {"value": value}))

    shown = identify("Operator", "grant View", "x")
    assert identify("operator", "grant view", "x") == shown
    assert identify("Operator", "grant View", "X") != shown
