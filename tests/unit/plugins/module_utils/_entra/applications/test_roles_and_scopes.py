# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""App roles and API scopes: whose entry is which, ids that never change, and what is disabled before it changes."""

from __future__ import annotations

import random

import pytest
from application_model import VALUES, Wire, role, scope
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.roles_and_scopes import (
    ROLE,
    SCOPE,
    assign_entitlement_ids,
    enable_new_entitlements,
    find_disabled_first,
    find_removed_entitlements,
    merge_entitlements,
    sort_entitlements,
)

roles = st.lists(
    st.builds(role, st.integers(0, 3), st.sampled_from(VALUES), st.booleans(), st.sampled_from(["a", "b"])),
    unique_by=(lambda item: item["id"], lambda item: item["value"]),
).map(lambda listed: [ROLE.canonicalize(item) for item in listed])
desired_roles = st.lists(
    st.fixed_dictionaries(
        {
            "value": st.sampled_from(VALUES),
            "description": st.sampled_from([None, "x"]),
            "enabled": st.sampled_from([None, False]),
        }
    ),
    unique_by=lambda item: item["value"],
)


def test_ids_are_stable() -> None:
    """By value first, then as given, then that of the same value of the other kind, then derived: never drawn."""
    current = [ROLE.canonicalize(role(1, "A"))]
    wanted = [{"value": "A", "id": guid(7)}, {"value": "B", "id": guid(8)}, {"value": "C"}, {"value": "D"}]
    other = [{"value": "D", "id": guid(9)}]
    found = {entry["value"]: entry["id"] for entry in merge_entitlements(ROLE, current, wanted, other, "name", False)}
    assert (found["A"], found["B"], found["D"]) == (guid(1), guid(8), guid(9))
    assert found["C"] == merge_entitlements(ROLE, [], [{"value": "C"}], [], "name", False)[0]["id"]
    assert found["C"] != merge_entitlements(ROLE, [], [{"value": "C"}], [], "other", False)[0]["id"]
    assert merge_entitlements(ROLE, [], [{"value": "C"}], [], None, False)[0]["id"] is None


def test_a_derived_id_that_is_taken_gives_another() -> None:
    """Somebody renamed the role that we made: a new one with the old value needs an id of its own."""
    (made,) = merge_entitlements(ROLE, [], [{"value": "A"}], [], "name", False)
    renamed = {**made, "value": "Z"}
    found = {
        entry["value"]: entry["id"]
        for entry in merge_entitlements(ROLE, [renamed], [{"value": "A"}], [], "name", False)
    }
    assert found["Z"] == made["id"]
    assert found["A"] not in (None, made["id"])
    assert assign_entitlement_ids([{"value": "A", "id": None}], [renamed], "name")[0]["id"] == found["A"]


@pytest.mark.parametrize(
    ("current", "final", "disabled"),
    [
        ([role(1, "A")], [role(1, "A")], set()),
        ([role(1, "A")], [role(1, "A", enabled=False)], set()),
        ([role(1, "A", enabled=False)], [role(1, "A")], set()),
        ([role(1, "A", enabled=False)], [], set()),
        ([role(1, "A")], [role(1, "A"), role(2, "B")], set()),
        ([role(1, "A"), role(2, "B")], [role(1, "A")], {guid(2)}),
        ([role(1, "A")], [role(1, "A", text="other")], {guid(1)}),
    ],
)
def test_only_what_is_enabled_and_changes_or_goes_is_disabled_before(
    current: list[Wire], final: list[Wire], disabled: set[str]
) -> None:
    found = find_disabled_first(
        [ROLE.canonicalize(item) for item in current], [ROLE.canonicalize(item) for item in final]
    )
    assert found == disabled


@given(roles, desired_roles, st.booleans())
def test_merging_again_changes_nothing(current: list[Wire], desired: list[Wire], exclusive: bool) -> None:
    merged = merge_entitlements(ROLE, current, desired, [], "name", exclusive)
    assert merge_entitlements(ROLE, merged, desired, [], "name", exclusive) == merged
    assert all(entry["id"] for entry in merged) and len({entry["id"] for entry in merged}) == len(merged)


@given(roles, desired_roles, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_entries_does_not_matter(
    current: list[Wire], desired: list[Wire], exclusive: bool, chance: random.Random
) -> None:
    shuffled = (chance.sample(current, len(current)), chance.sample(desired, len(desired)))
    expected = merge_entitlements(ROLE, current, desired, [], "name", exclusive)
    assert merge_entitlements(ROLE, *shuffled, [], "name", exclusive) == expected


@given(roles, desired_roles)
def test_foreign_entries_stay_unless_exclusive_or_emptied(current: list[Wire], desired: list[Wire]) -> None:
    asked = {entry["value"] for entry in desired}
    foreign = [entry for entry in sort_entitlements(current) if entry["value"] not in asked]
    merged = merge_entitlements(ROLE, current, desired, [], "name", False)
    assert [entry for entry in merged if entry["value"] not in asked] == (foreign if desired else [])
    exactly = merge_entitlements(ROLE, current, desired, [], "name", True)
    assert {entry["value"] for entry in exactly} == asked


@given(roles, st.booleans())
def test_what_is_not_set_is_not_managed(current: list[Wire], exclusive: bool) -> None:
    assert merge_entitlements(ROLE, current, None, [], "name", exclusive) == sort_entitlements(current)
    known = [{"value": entry["value"], "description": None, "enabled": None} for entry in current]
    assert merge_entitlements(ROLE, current, known, [], "name", exclusive) == sort_entitlements(current)


@given(roles, roles)
def test_the_way_to_the_final_collection_keeps_graphs_rules(current: list[Wire], final: list[Wire]) -> None:
    disabled = find_disabled_first(current, final)
    start = [{**entry, "enabled": entry["enabled"] and entry["id"] not in disabled} for entry in current]
    target = {entry["id"]: entry for entry in enable_new_entitlements(current, final)}
    known = {entry["id"] for entry in current}
    for entry in start:
        if entry["enabled"]:
            assert {**target[entry["id"]], "enabled": True} == entry
    assert all(entry["enabled"] for entry in target.values() if entry["id"] not in known)
    assert find_removed_entitlements(current, final) == [entry for entry in current if entry["id"] not in target]


def test_a_new_role_is_complete_as_graph_demands() -> None:
    made = ROLE.complete({"value": "Operate", "display_name": None, "allowed_member_types": None, "id": guid(1)})
    assert made == {
        "id": None,
        "value": "Operate",
        "display_name": "Operate",
        "description": "Operate",
        "allowed_member_types": ["User"],
        "enabled": True,
    }
    scope_made = SCOPE.complete({"value": "run", "admin_consent_display_name": "Run jobs"})
    assert (scope_made["type"], scope_made["admin_consent_description"]) == ("Admin", "Run jobs")
    assert scope_made["user_consent_display_name"] is None


def test_an_enabled_entry_goes_back_in_its_own_order_and_without_its_origin() -> None:
    wire = {**role(1, "A"), "allowedMemberTypes": ["User", "Application"], "origin": "Application"}
    entry = ROLE.canonicalize(wire)
    assert entry["allowed_member_types"] == ["Application", "User"]
    assert ROLE.build_wire(entry, wire) == {name: value for name, value in wire.items() if name != "origin"}
    assert ROLE.build_wire({**entry, "allowed_member_types": ["Application"]}, wire)["allowedMemberTypes"] == [
        "Application"
    ]


@given(st.sampled_from(VALUES), st.booleans())
def test_an_entry_survives_the_way_to_graph_and_back(value: str, enabled: bool) -> None:
    for kind, wire in ((ROLE, role(1, value, enabled)), (SCOPE, scope(1, value, enabled))):
        entry = kind.canonicalize({**wire, "id": wire["id"].upper()})
        assert kind.canonicalize(kind.build_wire(entry)) == entry
        assert entry["id"] == guid(1)


def test_ids_wait_for_the_application_id() -> None:
    waiting = [{"value": "A", "id": None}]
    assert assign_entitlement_ids(waiting, [], None) == waiting
    first, second = assign_entitlement_ids([*waiting, {"value": "B", "id": None}], [], "name")
    assert None not in (first["id"], second["id"]) and first["id"] != second["id"]


def test_a_disabled_value_without_a_name_is_found_by_its_id() -> None:
    current = [ROLE.canonicalize({**role(1, "A"), "value": None})]
    (found,) = merge_entitlements(ROLE, current, [{"value": "A", "id": guid(1).upper()}], [], "name", False)
    assert (found["id"], found["value"]) == (guid(1), "A")
