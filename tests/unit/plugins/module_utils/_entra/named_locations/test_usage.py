# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which policies a change of a named location makes reach further: judged place by place against a table of who is reached."""

from __future__ import annotations

import itertools
import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.usage import (
    find_coverage_change,
    leave_out_released,
    list_policies_with,
    list_widened_policies,
)

OWN, OTHER = guid(1), guid(2)
PLACES = ("a", "b")
FORMS = [
    {"kind": "ip", "ip_ranges": list(ranges), "trusted": trusted}
    for ranges in ((), ("a",), ("b",), ("a", "b"))
    for trusted in (False, True)
]
LISTS = [[], ["All"], [OWN], [OTHER], ["AllTrusted"], [OWN.upper(), OTHER], ["AllTrusted", OWN]]


def make_policy(included: t.Any, excluded: t.Any, state: str = "enabled", name: str = "CA1") -> dict[str, t.Any]:
    locations = {"includeLocations": included, "excludeLocations": excluded}
    return {"id": guid(9), "displayName": name, "state": state, "conditions": {"locations": locations}}


def make_plan(before: dict[str, t.Any], after: dict[str, t.Any]) -> Plan:
    return Plan(before, after, (Step("update", "x"),) if before != after else ())


def is_reached(place: str, form: dict[str, t.Any], included: list[str], excluded: list[str]) -> bool:
    """Whether a sign-in from *place* meets the condition, as Microsoft Learn describes it: included, and not excluded."""

    def is_in(listed: list[str]) -> bool:
        named = {item.lower() for item in listed}
        within = place in form.get("ip_ranges", ())
        return (
            "all" in named
            or (within and OWN.lower() in named)
            or (within and form["trusted"] and "alltrusted" in named)
        )

    return is_in(included) and not is_in(excluded)


@pytest.mark.parametrize("before", FORMS, ids=str)
def test_no_policy_reaches_further_unnoticed(before: dict[str, t.Any]) -> None:
    """Every change of the location, every policy: where a place is reached that was not, the policy is named."""
    named = 0
    for after, included, excluded in itertools.product([*FORMS, {}], LISTS, LISTS):
        change = find_coverage_change(make_plan(before, after))
        found = list_widened_policies([make_policy(included, excluded)], OWN, change)
        form = after or {"ip_ranges": [], "trusted": False}
        further = [
            place
            for place in PLACES
            if is_reached(place, form, included, excluded) and not is_reached(place, before, included, excluded)
        ]
        assert found or not further, (before, after, included, excluded)
        named += bool(found)
        if change.changes_nothing:
            assert not found
    assert named


@pytest.mark.parametrize(
    ("before", "after", "included", "excluded", "expected"),
    [
        (["a"], ["a", "b"], ["All"], [OWN], False),  # an office comes to those that are let in
        (["a", "b"], ["a"], ["All"], [OWN], True),  # one leaves
        (["a"], ["a", "b"], [OWN], [], True),  # a place comes to those that are blocked
        (["a", "b"], ["a"], [OWN], [], False),
        (["a"], ["b"], ["All"], [OTHER], False),  # another location
    ],
)
def test_a_policy_is_named_only_where_it_reaches_further(
    before: list[str], after: list[str], included: list[str], excluded: list[str], expected: bool
) -> None:
    plan = make_plan({"ip_ranges": before, "trusted": False}, {"ip_ranges": after, "trusted": False})
    found = list_widened_policies([make_policy(included, excluded)], OWN, find_coverage_change(plan))
    assert found == (["CA1"] if expected else [])


@pytest.mark.parametrize("state", ["disabled", "enabledForReportingButNotEnforced"])
def test_policies_that_are_not_in_force_do_not_count(state: str) -> None:
    plan = make_plan({"ip_ranges": ["a"], "trusted": False}, {})
    change = find_coverage_change(plan)
    assert list_widened_policies([make_policy(["All"], [OWN], state)], OWN, change) == []
    assert list_widened_policies([make_policy(["All"], [OWN], "enabled")], OWN, change) == ["CA1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"countries": ["CH"]}, {"countries": ["CH", "LI"]}),
        (
            {"countries": ["CH"], "include_unknown_countries": False},
            {"countries": ["CH"], "include_unknown_countries": True},
        ),
        (
            {"countries": ["CH"], "country_lookup": "client_ip_address"},
            {"countries": ["CH"], "country_lookup": "authenticator_app_gps"},
        ),
    ],
)
def test_countries_count_as_places(before: dict[str, t.Any], after: dict[str, t.Any]) -> None:
    change = find_coverage_change(make_plan(before, after))
    assert change.gains and list_widened_policies([make_policy([OWN], [])], OWN, change) == ["CA1"]
    back = find_coverage_change(make_plan(after, before))
    assert back.loses and list_widened_policies([make_policy(["All"], [OWN])], OWN, back) == ["CA1"]


def test_a_new_location_that_is_trusted_reaches_those_for_all_trusted_ones() -> None:
    change = find_coverage_change(Plan({}, {"ip_ranges": ["a"], "trusted": True}, (Step("create", "x"),)))
    policies = [make_policy(["AllTrusted"], [], name="CA2"), make_policy(["All"], ["AllTrusted"], name="CA3")]
    assert list_widened_policies(policies, "", change) == ["CA2"]


def test_a_new_name_changes_no_place() -> None:
    form = {"ip_ranges": ["a"], "trusted": True}
    assert find_coverage_change(make_plan({"display_name": "x", **form}, {"display_name": "y", **form})).changes_nothing


def test_policies_that_name_a_location_are_listed_whatever_their_state() -> None:
    policies = [
        make_policy(["All"], [OWN.upper()], "disabled", "CA3"),
        make_policy([OWN], [], "enabled", "CA2"),
        make_policy(["All"], ["AllTrusted"], "enabled", "CA4"),
        {"displayName": "CA5", "state": "enabled", "conditions": {"locations": None}},
        {"displayName": "CA6", "state": "enabled", "conditions": {}},
    ]
    assert list_policies_with(policies, OWN) == ["CA2 (enabled)", "CA3 (disabled)"]
    # Those that are about to name it no more, and only where they do now.
    assert leave_out_released(policies, OWN, ["ca2", "CA4"]) == [policies[0], *policies[2:]]
    assert leave_out_released(policies, OWN, []) == policies


@pytest.mark.parametrize(
    "policy",
    [
        {"state": "enabled", "conditions": []},
        {"state": "enabled", "conditions": {"locations": "All"}},
        {"state": "enabled", "conditions": {"locations": {"includeLocations": "All"}}},
        {"state": "enabled", "conditions": {"locations": {"excludeLocations": [{}]}}},
    ],
)
def test_what_is_no_policy_is_no_policy_without_locations(policy: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        list_policies_with([policy], OWN)
