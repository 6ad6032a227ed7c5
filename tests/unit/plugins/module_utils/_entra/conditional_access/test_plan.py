# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning a conditional access policy: it converges, keeps what it does not manage, and sends only what changes."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st
from policy_examples import ASKED, IDS, PolicyStore

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import (
    Policy,
    read_form,
    read_policy,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import PENDING
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import BY_OPTION, Refers
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.plan import (
    PolicyPlan,
    list_lost_members,
    plan_policy,
    plan_policy_removal,
)

STATES = st.sampled_from([None, "report_only", "enabled", "disabled"])


def make_plan(
    asked: t.Mapping[str, t.Any], current: Policy | None, exclusive: bool = False, state: str | None = None
) -> PolicyPlan:
    return plan_policy("CA1", state, asked, current, exclusive, {})


def make_policy(asked: t.Mapping[str, t.Any], state: str | None = None) -> dict[str, t.Any]:
    """A policy of Graph with these fields."""
    return PolicyStore().carry_out(make_plan(asked, None, state=state).plan.steps)


@given(ASKED, ASKED, st.booleans(), STATES, st.booleans())
def test_a_plan_converges_and_leaves_alone_what_is_not_managed(
    had: dict[str, t.Any], asked: dict[str, t.Any], exclusive: bool, state: str | None, replaces: bool
) -> None:
    store = PolicyStore(make_policy(had), replaces)
    first = make_plan(asked, read_policy(store.wire), exclusive, state)
    after = read_policy(store.carry_out(first.plan.steps))
    assert after.form == first.form and after.state == first.state
    again = make_plan(asked, after, exclusive, state)
    assert not again.plan.changed
    for option in BY_OPTION:
        if option not in asked and option not in ("grant.operator", "session.sign_in_frequency.authentication"):
            assert after.form.get(option) == first.had_form.get(option), option


@given(ASKED)
def test_a_new_policy_is_as_asked_and_in_report_only(asked: dict[str, t.Any]) -> None:
    first = make_plan(asked, None)
    (step,) = first.plan.steps
    assert step.action == "create" and step.data["body"]["state"] == "enabledForReportingButNotEnforced"
    assert not make_plan(asked, read_policy(make_policy(asked)), exclusive=True).plan.changed


@given(ASKED, ASKED)
def test_a_policy_that_is_only_added_to_loses_no_entry(had: dict[str, t.Any], asked: dict[str, t.Any]) -> None:
    before = read_policy(make_policy(had)).form
    after = make_plan(asked, read_policy(make_policy(had))).form
    for option, value in before.items():
        if BY_OPTION[option].is_set and asked.get(option) != frozenset() and option != "client_app_types":
            assert value <= after[option], option


UNKNOWN = {
    "conditions": {
        "agentIdRiskLevels": "high",
        "users": {"includeUsers": ["All"], "someNewMember": ["x"]},
        "someNewCondition": {"a": 1},
        "locations": None,
    },
    "grantControls": {"operator": "OR", "builtInControls": ["block", "someNewControl"], "newGrant": {"b": 2}},
    "sessionControls": {"persistentBrowser": {"mode": "always", "isEnabled": True}, "newSession": {"isEnabled": True}},
}


def test_what_this_version_does_not_know_stays() -> None:
    store = PolicyStore({"id": guid(1), "displayName": "CA1", "state": "enabled", **UNKNOWN}, replaces_objects=True)
    current = read_policy(store.wire)
    asked = {
        "users.exclude.groups": frozenset({IDS[0]}),
        "grant.terms_of_use": frozenset({IDS[1]}),
        "session.sign_in_frequency.interval": "every_time",
    }
    plan = make_plan(asked, current)
    (step,) = plan.plan.steps
    assert set(step.data["body"]["conditions"]) == {"users"}, "only the part that changes"
    assert list_lost_members(plan) == []
    after = store.carry_out(plan.plan.steps)
    assert after["conditions"]["users"]["someNewMember"] == ["x"]
    assert after["conditions"]["agentIdRiskLevels"] == "high" and after["conditions"]["someNewCondition"] == {"a": 1}
    assert after["grantControls"]["newGrant"] == {"b": 2}
    assert "someNewControl" in after["grantControls"]["builtInControls"]
    assert after["sessionControls"]["newSession"] == {"isEnabled": True}


def test_where_a_part_is_replaced_what_may_be_lost_is_named() -> None:
    current = read_policy({"id": guid(1), "displayName": "CA1", "state": "enabled", **UNKNOWN})
    plan = make_plan({"session.persistent_browser": None}, current)
    assert [step.action for step in plan.plan.steps] == ["update", "restore_session"]
    assert list_lost_members(plan) == ["sessionControls.newSession"]
    assert plan.plan.steps[1].data["body"] == {"sessionControls": {"newSession": {"isEnabled": True}}}


@pytest.mark.parametrize(
    ("asked", "actions", "bodies"),
    [
        (
            {"session.persistent_browser": None},
            ["update", "restore_session"],
            [{"sessionControls": None}, {"sessionControls": {"disableResilienceDefaults": True}}],
        ),
        (
            {"session.persistent_browser": None, "session.disable_resilience_defaults": False},
            ["update"],
            [{"sessionControls": None}],
        ),
        (
            {"session.persistent_browser": "never"},
            ["update"],
            [
                {
                    "sessionControls": {
                        "persistentBrowser": {"mode": "never", "isEnabled": True},
                        "disableResilienceDefaults": True,
                    }
                }
            ],
        ),
    ],
)
def test_a_session_control_goes_only_with_all_of_them(
    asked: dict[str, t.Any], actions: list[str], bodies: list[dict[str, t.Any]]
) -> None:
    had = {"session.persistent_browser": "always", "session.disable_resilience_defaults": True}
    wire = make_policy({**had, "grant.controls": frozenset({"mfa"})})
    plan = make_plan(asked, read_policy(wire))
    assert [step.action for step in plan.plan.steps] == actions
    assert [step.data["body"] for step in plan.plan.steps] == bodies
    assert all(step.changes for step in plan.plan.steps)


def test_a_policy_that_demands_nothing_else_has_its_session_controls_switched_off_one_by_one() -> None:
    """Entra ID refuses a policy without any control, also for the moment between two requests."""
    had = {"session.persistent_browser": "always", "session.disable_resilience_defaults": True}
    plan = make_plan({"session.disable_resilience_defaults": False}, read_policy(make_policy(had)))
    (step,) = plan.plan.steps
    kept = {"persistentBrowser": {"mode": "always", "isEnabled": True}}
    assert step.data["body"] == {"sessionControls": {**kept, "disableResilienceDefaults": False}}
    plan = make_plan({"session.persistent_browser": None}, read_policy(make_policy(had)))
    (step,) = plan.plan.steps
    off = {"persistentBrowser": {"isEnabled": False}}
    assert step.data["body"] == {"sessionControls": {"disableResilienceDefaults": True, **off}}


def test_people_read_names_and_not_ids() -> None:
    wire = make_policy({"users.exclude.groups": frozenset({IDS[0]}), "users.include.users": frozenset({"all"})})
    names = {(Refers.GROUP, IDS[0]): "GG-Break-Glass", (Refers.GROUP, IDS[1]): "GG-Other"}
    asked = {"users.exclude.groups": frozenset({IDS[1]})}
    plan = plan_policy(None, "enabled", asked, read_policy(wire), True, names)
    told = sorted((change.sign, change.sentence) for step in plan.plan.steps for change in step.changes)
    assert told == [
        ("+", "add excluded group GG-Other"),
        ("-", "remove excluded group GG-Break-Glass"),
        ("~", "put in force: report-only -> in force"),
    ]


def test_a_policy_is_deleted_in_one_step() -> None:
    plan = plan_policy_removal(read_policy(make_policy({"users.include.users": frozenset({"all"})}, "enabled")), {})
    assert [step.action for step in plan.plan.steps] == ["delete"] and plan.plan.after == {}
    assert not plan_policy_removal(None, {}).plan.changed


def test_read_form_of_nothing_is_a_policy_for_all_clients() -> None:
    assert read_form({"id": guid(1)}) == {"client_app_types": frozenset({"all"})}


GROUPS = "users.exclude.groups"


def ids_of(plan: PolicyPlan, approved: t.Collection[str] = ()) -> list[str]:
    return [row["id"] for row in list_planned_changes("policy", plan.plan, approved)]


def test_one_group_in_place_of_another_one_of_its_name_is_told() -> None:
    current = read_policy(make_policy({GROUPS: frozenset({IDS[0]})}))
    names = {(Refers.GROUP, IDS[0]): "GG-Twin", (Refers.GROUP, IDS[1]): "gg-twin"}
    plan = plan_policy(None, "enabled", {GROUPS: frozenset({IDS[1]})}, current, True, names).plan
    told = sorted(change.sentence for step in plan.steps for change in step.changes)
    assert told == [
        f"add excluded group gg-twin ({IDS[1]})",
        "put in force: report-only -> in force",
        f"remove excluded group GG-Twin ({IDS[0]})",
    ]
    assert plan.before[GROUPS] != plan.after[GROUPS]


def test_an_application_called_like_a_special_word_is_told_apart() -> None:
    current = read_policy(make_policy({"applications.include": frozenset({"all"})}))
    names = {(Refers.APPLICATION, IDS[0]): "All"}
    asked = {"applications.include": frozenset({IDS[0]})}
    plan = plan_policy(None, None, asked, current, True, names).plan
    assert plan.after["applications.include"] == [f"All ({IDS[0]})"]


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("is_new", [True, False])
def test_an_approved_plan_is_for_the_objects_that_it_was_made_for(is_new: bool, count: int) -> None:
    """Another object of the name is another change; one that was still to be created is the same."""
    current = None if is_new else read_policy(make_policy({"users.include.users": frozenset({"all"})}))
    others = frozenset(guid(500 + number) for number in range(count - 1))

    def make(text: str) -> PolicyPlan:
        names = {(Refers.GROUP, text): "GG-Break-Glass"}
        asked = {GROUPS: frozenset({text, *others}), "users.include.users": frozenset({"all"})}
        return plan_policy("CA1", None, asked, current, False, names)

    good, other, pending = (ids_of(make(text)) for text in (IDS[0], IDS[1], f"{PENDING}gg-break-glass"))
    assert set(good) != set(other)
    assert set(ids_of(make(IDS[1]), good)) == set(other)
    assert set(ids_of(make(IDS[0]), pending)) == set(pending)
