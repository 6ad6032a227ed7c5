# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access beyond the mapping: exactly what is held and not wanted, told by name, and never told to be nothing where it is not known."""

from __future__ import annotations

import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import DESIRED_SETS, EXISTING, EXISTING_SETS, apply_schedule

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import Names, PlannedGrant
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.drift import (
    UNKNOWN,
    Drift,
    build_drift_error,
    describe_drift,
    find_surplus,
    show_other,
    show_surplus,
    show_unmanaged,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    find_differences,
    fit_budget,
    order_requests,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.read import UnmanagedGroup

OPS, LOST = Principal("user_group", 5), Principal("user_group", 6)
GOLD = Entity("plans", 1)
SURPLUS = [PlannedGrant(OPS, role, GOLD) for role in range(1, 8)]
GROUP = UnmanagedGroup(LOST, "GG-Lost", frozenset(PlannedGrant(LOST, role, GOLD) for role in (1, 2)))
NAMES = Names({OPS: "ops", LOST: "GG-Lost"}, {1: "Master", 2: "View"}, {GOLD: "gold"})
MAPPED_SETS = st.frozensets(EXISTING, max_size=4)


def test_what_goes_with_a_deleted_role_does_not_stay() -> None:
    drift = Drift(frozenset(SURPLUS[:2]), (GROUP,))
    assert (drift.note_deleted_roles(()), len(describe_drift(drift, (), NAMES))) == (drift, 2)
    one = drift.note_deleted_roles({1})
    assert [row["removed"] for row in show_unmanaged(one, (), NAMES) if isinstance(row, dict)] == [False]
    assert describe_drift(one, (), NAMES) == [
        "1 grant beyond the mapping remains: ops: View on plans gold",
        "1 managed group without an entry holds grants: GG-Lost (1 grant)",
    ]
    both = drift.note_deleted_roles({1, 2, 3})
    assert (build_drift_error(both, (), NAMES), show_surplus(both, (), NAMES)[1]) == (None, {})
    assert set(show_surplus(both, (), NAMES)[0]) == {"surplus", "unmanaged"}
    assert [row["removed"] for row in show_unmanaged(both, (), NAMES) if isinstance(row, dict)] == [True]
    assert Drift(None, None).note_deleted_roles({1}).leaving == frozenset()


@given(DESIRED_SETS, EXISTING_SETS, MAPPED_SETS)
def test_surplus_is_what_mapped_principals_hold_less_what_is_wanted(present: t.Any, held: t.Any, mapped: t.Any) -> None:
    surplus = find_surplus(present, held, mapped)
    assert surplus == {grant for grant in held if grant.principal in mapped and grant not in present}
    assert find_surplus(sorted(present, reverse=True), sorted(held, reverse=True), sorted(mapped)) == surplus


@given(DESIRED_SETS, EXISTING_SETS, MAPPED_SETS, MAPPED_SETS, st.randoms(use_true_random=False))
def test_managed_removes_exactly_surplus_and_the_grants_of_groups_without_an_entry(
    present: t.Any, held: t.Any, also_mapped: t.Any, managed: t.Any, chance: random.Random
) -> None:
    """Whatever the order; nothing else is touched, and a second plan is empty."""
    mapped = {grant.principal for grant in present} | also_mapped
    lost = {grant for grant in held if grant.principal in managed - mapped}
    shuffled = sorted(held)
    chance.shuffle(shuffled)
    changes = find_differences(present, [], shuffled, True, mapped, (), lost)
    assert changes.remove == find_surplus(present, held, mapped) | lost
    after = apply_schedule(fit_budget(order_requests(changes, [], {}), None), held)
    foreign = {grant for grant in held if grant.principal not in mapped | managed}
    assert after == present | foreign
    again = find_differences(
        present, [], after, True, mapped, (), {g for g in after if g.principal in managed - mapped}
    )
    assert (again.add, again.remove) == (set(), set())


@given(DESIRED_SETS, EXISTING_SETS)
def test_what_is_held_in_another_way_is_not_written(present: t.Any, held: t.Any) -> None:
    satisfied = frozenset(sorted(present)[::2])
    changes = find_differences(present, [], held, True, {grant.principal for grant in present}, satisfied)
    assert changes.add == present - held - satisfied


def test_what_stays_is_told_by_name_and_number() -> None:
    drift = Drift(frozenset(SURPLUS), (GROUP,))
    first, second = describe_drift(drift, [], NAMES)
    assert first.startswith("7 grants beyond the mapping remain: ops: Master on plans gold; ops: View on plans gold; ")
    assert first.endswith(" and 2 more")
    assert second == "1 managed group without an entry holds grants: GG-Lost (2 grants)"
    assert describe_drift(drift, SURPLUS[1:], NAMES)[0] == (
        "1 grant beyond the mapping remains: ops: Master on plans gold"
    )
    assert describe_drift(drift, [*SURPLUS, *GROUP.grants], NAMES) == []
    assert "(1 grant)" in describe_drift(drift, [min(GROUP.grants)], NAMES)[1]


def test_a_failure_names_all_and_is_of_a_kind_of_its_own() -> None:
    error = build_drift_error(Drift(frozenset(SURPLUS)), [], NAMES)
    assert error is not None and error.kind == "drift"
    assert all(f"ops: {NAMES.show_role(grant.role)} on plans gold" in str(error) for grant in SURPLUS)
    assert build_drift_error(Drift(frozenset(SURPLUS)), SURPLUS, NAMES) is None
    assert build_drift_error(Drift(), [], NAMES) is None


@pytest.mark.parametrize("drift", [Drift(None, ()), Drift(frozenset(), None)], ids=["surplus", "unmanaged"])
def test_what_is_not_known_is_never_told_to_be_nothing(drift: Drift) -> None:
    assert "unknown" in describe_drift(drift, [], NAMES)[0]
    assert build_drift_error(drift, [], NAMES) is not None
    key = "surplus" if drift.surplus is None else "unmanaged"
    assert show_surplus(drift, [], NAMES) == ({key: UNKNOWN}, {key: UNKNOWN})
    assert show_unmanaged(drift, [], NAMES) == (UNKNOWN if drift.unmanaged is None else [])


def test_a_diff_shows_what_goes_and_what_stays() -> None:
    drift = Drift(frozenset(SURPLUS[:2]), (GROUP,))
    before, after = show_surplus(drift, [SURPLUS[0], *GROUP.grants], NAMES)
    assert before == {"surplus": ["ops: Master on plans gold", "ops: View on plans gold"], "unmanaged": ["GG-Lost"]}
    assert after == {"surplus": ["ops: View on plans gold"]}
    assert show_surplus(Drift(), [], NAMES) == ({}, {})


def test_an_unmanaged_group_is_told_with_what_it_holds_and_whether_it_loses_all() -> None:
    drift = Drift(frozenset(), (GROUP,))
    row = {"user_group": "GG-Lost", "grants": 2, "held": ["Master on plans gold", "View on plans gold"]}
    assert show_unmanaged(drift, [min(GROUP.grants)], NAMES) == [{**row, "removed": False}]
    assert show_unmanaged(drift, GROUP.grants, NAMES) == [{**row, "removed": True}]
    assert drift.list_stripped_groups(GROUP.grants) == [GROUP]
    assert drift.list_stripped_groups([min(GROUP.grants)]) == []


def test_rows_that_no_mapping_manages_are_told_with_their_kind() -> None:
    rows = [
        Association(OPS, "", None, None, GOLD, "", "permissions", (31,)),
        Association(Principal("user", 9), "jvega", 2, "View", GOLD, "gold", "creator"),
    ]
    told = show_other(Drift(other=tuple(rows)), NAMES)
    assert [(row["principal"], row["role"], row["entity"], row["grant_kind"]) for row in told] == [
        ("jvega", "View", "gold", "creator"),
        ("ops", None, "1", "permissions"),
    ]
