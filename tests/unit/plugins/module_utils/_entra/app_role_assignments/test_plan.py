# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning assignments of app roles as a set."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.plan import (
    Assignment,
    plan_assignments,
    read_assignments,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.writer import DEFAULT_ACCESS

KINDS: tuple[t.Any, ...] = ("group", "user", "service_principal")
ITEMS = st.builds(
    lambda kind, number, role: Assignment(kind, f"{kind} {number}", guid(number), f"Role {role}", guid(100 + role)),
    st.sampled_from(KINDS),
    st.integers(1, 3),
    st.integers(1, 3),
)
SETS = st.lists(ITEMS, max_size=8, unique_by=lambda item: item.key)


def shown(items: t.Sequence[Assignment]) -> list[Assignment]:
    """The same as Graph lists them, with ids of their own."""
    return [replace(item, assignment_id=f"id {item.key}") for item in items]


def plan(current: t.Sequence[Assignment], listed: t.Sequence[Assignment], **more: t.Any) -> Plan:
    usual = {"application": "commvault", "app_id": guid(50), "present": True, "exclusive": False}
    return plan_assignments(current, listed, **{**usual, **more})


def carried_out(current: t.Sequence[Assignment], listed: t.Sequence[Assignment], planned: Plan) -> list[Assignment]:
    """What the service has after the steps."""
    gone = {step.data["assignment_id"] for step in planned.steps if step.action == "unassign"}
    new = {(step.data["principal_id"], step.data["role_id"]) for step in planned.steps if step.action == "assign"}
    kept = [item for item in current if item.assignment_id not in gone]
    return [*kept, *shown([item for item in listed if (item.principal_id, item.role_id) in new])]


@given(SETS, SETS, st.booleans(), st.booleans())
def test_a_plan_converges_and_spares_the_others(
    had: list[Assignment], listed: list[Assignment], present: bool, exclusive: bool
) -> None:
    current, options = shown(had), {"present": present, "exclusive": exclusive}
    first = plan(current, listed, **options)
    after = carried_out(current, listed, first)
    again = plan(after, listed, **options)
    assert not again.changed and again.before == first.after
    keys, listed_keys = {item.key for item in after}, {item.key for item in listed}
    if present:
        assert keys == listed_keys if exclusive else keys == listed_keys | {item.key for item in current}
    else:
        assert keys == {item.key for item in current} - listed_keys
    assert [step.action for step in first.steps] == sorted(step.action for step in first.steps), "additions first"


@given(SETS, SETS, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(had: list[Assignment], listed: list[Assignment], random: t.Any) -> None:
    current = shown(had)
    shuffled = plan(random.sample(current, len(current)), random.sample(listed, len(listed)), exclusive=True)
    assert shuffled == plan(current, listed, exclusive=True)


def test_each_step_says_who_gets_or_loses_what() -> None:
    stays = Assignment("user", "Jo Vega", guid(1), "Read", guid(101), "a1")
    goes = Assignment("group", "GG Former", guid(2), "", DEFAULT_ACCESS, "a2")
    comes = Assignment("group", "GG New", guid(3), "Operate", guid(102))
    planned = plan(
        [stays, goes], [replace(stays, name="j.vega@corp.example", assignment_id=None), comes], exclusive=True
    )
    told = [(change["sign"], change["principal"], change["sentence"]) for change in list_planned_changes("x", planned)]
    assert told == [
        ("+", "GG New", "assign app role Operate of commvault"),
        ("-", "GG Former", "take away access without a role of commvault"),
    ]
    assert planned.steps[1].data["assignment_id"] == "a2"
    assert [item["name"] for item in planned.before] == ["GG Former", "j.vega@corp.example"]
    assert planned.before[0]["app_role"] is None


def test_a_group_that_does_not_exist_yet_keeps_the_id_of_its_step() -> None:
    pending = Assignment("group", "GG New", None, "Operate", None)
    made = replace(pending, principal_id=guid(3), role_id=guid(102))
    (before,) = list_planned_changes("x", plan([], [pending], app_id=None))
    (after,) = list_planned_changes("x", plan([], [made]), approved=[before["id"]])
    assert before["id"] == after["id"]
    (other,) = list_planned_changes("x", plan([], [replace(made, name="GG Other")]), approved=[before["id"]])
    assert other["id"] != before["id"]


@pytest.mark.parametrize("kind", ["Device", None, 7])
def test_what_another_kind_holds_is_left_alone(kind: t.Any) -> None:
    row = {"id": "a1", "principalType": kind, "principalId": guid(1), "appRoleId": guid(101)}
    assert read_assignments([row], []) == []
    (known,) = read_assignments([{**row, "principalType": "Group", "principalDisplayName": None}], [])
    assert (known.name, known.role) == (guid(1), guid(101))


@pytest.mark.parametrize("missing", ["id", "principalId", "appRoleId"])
def test_a_row_that_does_not_say_whose_role_it_is_is_a_bad_answer(missing: str) -> None:
    """Taken for somebody else's, an exclusive list would take it away."""
    row = {"id": "a1", "principalType": "Group", "principalId": guid(1), "appRoleId": guid(101)}
    del row[missing]
    with pytest.raises(BadAnswer):
        read_assignments([AnswerObject(row)], [])
