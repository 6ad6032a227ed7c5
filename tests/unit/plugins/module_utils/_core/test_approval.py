# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approval: which plans are refused, and what is said of them."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.approval import (
    check_approval,
    check_planned_again,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import PlanChanged
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import (
    Change,
    Plan,
    PlannedChange,
    Step,
    add_ids,
    list_planned_changes,
)

SENTENCES = st.sets(st.text(min_size=1), max_size=8)


def planned(sentences: t.Collection[str]) -> list[PlannedChange]:
    changes = (Change("+", "grant", "Operators", sentence, {"exact": sentence}) for sentence in sentences)
    steps = tuple(Step("add", change.sentence, changes=(change,)) for change in changes)
    return list_planned_changes("role_mappings", Plan({}, {}, steps))


@given(SENTENCES, SENTENCES)
def test_a_plan_is_refused_exactly_when_it_holds_what_was_not_shown(now: set[str], shown: set[str]) -> None:
    approved = [change["id"] for change in planned(shown)]
    if now <= shown:
        assert check_approval(planned(now), approved) == sorted(change["id"] for change in planned(shown - now))
        return
    with pytest.raises(PlanChanged) as raised:
        check_approval(planned(now), approved)
    assert {change["sentence"] for change in raised.value.facts["not_approved"]} == now - shown


def test_a_refusal_names_the_steps_and_that_nothing_was_written() -> None:
    steps = planned(["grant View on plans gold", *(f"grant View on plans {number}" for number in range(6))])
    with pytest.raises(PlanChanged) as raised:
        check_approval(steps, [steps[1]["id"]])
    told = str(raised.value)
    assert told.startswith("6 steps of the plan were not approved: Operators: grant View on plans gold; ")
    assert "and 1 more. This task has written nothing." in told
    assert raised.value.as_result()["error"]["kind"] == "plan_changed"


def test_an_empty_approval_allows_nothing_and_a_plan_without_steps_needs_none() -> None:
    assert check_approval([], []) == []
    with pytest.raises(PlanChanged, match="1 step of the plan was not approved"):
        check_approval(planned(["grant View on plans gold"]), [])


def test_ids_are_taken_as_people_paste_them() -> None:
    steps = planned(["grant View on plans gold"])
    assert check_approval(steps, [f" {steps[0]['id'].upper()}\n"]) == []


GUID = "a1b1c2f0-0000-4000-8000-1a2b3c4d5e6f"


def plan_consent(name: str, app_id: str | None) -> Plan:
    steps = [Step("assign", "permissions", changes=(Change("+", "permission", name, "grant Group.Read.All"),))]
    return Plan({}, {}, add_ids(steps, principal=app_id))


def is_approved(shown: Plan, now: Plan) -> bool:
    approved = [change["id"] for change in list_planned_changes("consent", shown)]
    try:
        return check_approval(list_planned_changes("consent", now, approved), approved) == []
    except PlanChanged:
        return False


def test_what_exists_may_be_renamed_between_a_plan_and_its_run() -> None:
    assert is_approved(plan_consent("Legacy", GUID.upper()), plan_consent("commvault-prod", GUID))
    assert not is_approved(plan_consent("Legacy", GUID), plan_consent("Legacy", GUID[:-1] + "0"))


def test_what_did_not_exist_when_it_was_planned_is_known_by_its_name() -> None:
    assert is_approved(plan_consent("commvault-prod", None), plan_consent("Commvault-Prod", GUID))
    assert not is_approved(plan_consent("commvault-prod", None), plan_consent("other", GUID))
    assert not is_approved(plan_consent(GUID, None), plan_consent("other", GUID)), "an id is no name"


@pytest.mark.parametrize("number", [35, "35"])
def test_a_number_stands_for_no_name_since_another_commcell_has_it_too(number: int | str) -> None:
    def plan(name: str) -> Plan:
        steps = [Step("delete", "x", changes=(Change("-", "role", name, "delete the role"),))]
        return Plan({}, {}, add_ids(steps, principal=number))

    assert is_approved(plan("Helpdesk"), plan("helpdesk"))
    assert not is_approved(plan("Helpdesk"), plan("Backup Admins"))


def test_an_approval_from_before_an_object_existed_counts_for_it_and_one_for_another_object_does_not() -> None:
    """What takes the place of an approved object, with its name, gets nothing."""

    def plan(**ids: int | None) -> list[PlannedChange]:
        return list_planned_changes("role_mappings", make(**ids))

    def make(**ids: int | None) -> Plan:
        return Plan({}, {}, add_ids([Step("add", "x", changes=(Change("+", "grant", "GG-A", "grant View"),))], **ids))

    def approve(now: Plan, shown: list[PlannedChange]) -> list[str]:
        approved = [change["id"] for change in shown]
        return check_approval(list_planned_changes("role_mappings", now, approved), approved)

    new, role_is_new, known = plan(principal=None, role=None), plan(principal=5, role=None), plan(principal=5, role=7)
    for shown in (new, role_is_new, known):
        assert approve(make(principal=5, role=7), shown) == []
    for shown in (role_is_new, known):
        with pytest.raises(PlanChanged):
            approve(make(principal=6, role=7), shown)
    with pytest.raises(PlanChanged):
        approve(make(principal=5, role=8), known)
    with pytest.raises(PlanChanged):
        approve(make(principal=5, role=None), known)


def make_step(action: str, sentences: t.Iterable[str]) -> Step:
    return Step(action, "app people", {}, tuple(Change("+", "association", "people", item, {}) for item in sentences))


@given(SENTENCES, SENTENCES)
def test_a_step_changes_no_more_than_was_planned(before: set[str], now: set[str]) -> None:
    """Less is fine, since somebody else has done it already; other steps are not looked at."""
    step = make_step("update", before)
    again = Plan({}, {}, (make_step("redirect", {"send everybody"}), make_step("update", now)))
    if now <= before:
        check_planned_again(step, again)
        return
    with pytest.raises(PlanChanged, match="changed by somebody else since the plan was made"):
        check_planned_again(step, again)


def test_what_a_step_would_change_now_is_told() -> None:
    now = [f"remove user group {number}" for number in range(7)]
    with pytest.raises(PlanChanged) as raised:
        check_planned_again(make_step("update", now[:1]), Plan({}, {}, (make_step("update", now),)))
    assert "people: remove user group 1; " in str(raised.value) and "and 1 more. It was not written." in str(
        raised.value
    )
    assert "remove user group 0" not in str(raised.value)
