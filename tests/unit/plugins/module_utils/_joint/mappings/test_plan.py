# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of the planner: what is written is what was planned, and nobody else is touched."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Grant, Principal
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.batches import LARGEST_BATCH, batches
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    Schedule,
    Unit,
    differences,
    largest,
    schedule,
    units,
)

PRINCIPALS = st.builds(Principal, st.sampled_from(["user_group", "user"]), st.integers(1, 5))
ENTITIES = st.builds(Entity, st.sampled_from(["plans", "servers", "commcell"]), st.integers(1, 5))
GRANTS = st.builds(Grant, PRINCIPALS, st.integers(1, 4), ENTITIES)
SETS = st.frozensets(GRANTS, max_size=25)


def service_after(chosen: Schedule, before: frozenset[Grant]) -> frozenset[Grant]:
    """What the service holds once the requests were sent in order; each applies its whole product."""
    held = set(before)
    for unit in chosen.units:
        for request in unit.requests:
            if request.batch is not None:
                (held.update if request.operation == "add" else held.difference_update)(request.batch.grants)
    return frozenset(held)


def planned(
    present: frozenset[Grant], current: frozenset[Grant], exclusive: bool
) -> tuple[list[Unit], frozenset[Principal]]:
    mapped = frozenset(grant.principal for grant in present)
    return units(differences(present, frozenset(), current, exclusive, mapped), [], []), mapped


@given(SETS)
def test_batches_write_exactly_the_grants_that_were_asked_for(grants: frozenset[Grant]) -> None:
    written = [grant for batch in batches(grants) for grant in batch.grants]
    assert sorted(written) == sorted(grants)


@given(SETS)
def test_batches_are_no_more_than_changed_entities_or_pairs(grants: frozenset[Grant]) -> None:
    entities = {grant.entity for grant in grants}
    pairs = {(grant.principal, grant.role_id) for grant in grants}
    assert len(batches(grants)) <= min(len(entities), len(pairs))


def test_a_batch_larger_than_the_bound_is_split_without_loss() -> None:
    grants = [Grant(Principal("user", who), 1, Entity("plans", plan)) for who in range(60) for plan in range(40)]
    made = batches(grants)
    assert sorted(grant for batch in made for grant in batch.grants) == sorted(grants)
    assert all(len(batch.grants) <= LARGEST_BATCH for batch in made)


@given(SETS, SETS, st.booleans())
def test_applying_and_planning_again_gives_nothing(
    present: frozenset[Grant], current: frozenset[Grant], exclusive: bool
) -> None:
    ordered, dummy = planned(present, current, exclusive)
    after = service_after(schedule(ordered, None), current)
    again, dummy = planned(present, after, exclusive)
    assert again == []


@given(SETS, SETS, st.booleans())
def test_foreign_grants_are_the_same_before_and_after(
    present: frozenset[Grant], current: frozenset[Grant], exclusive: bool
) -> None:
    ordered, mapped = planned(present, current, exclusive)
    after = service_after(schedule(ordered, None), current)
    assert {grant for grant in current if grant.principal not in mapped} == {
        grant for grant in after if grant.principal not in mapped
    }


@given(SETS, SETS)
def test_additive_never_removes(present: frozenset[Grant], current: frozenset[Grant]) -> None:
    ordered, dummy = planned(present, current, exclusive=False)
    assert service_after(schedule(ordered, None), current) == present | current


@given(SETS, SETS)
def test_exclusive_leaves_mapped_principals_with_the_mapping_only(
    present: frozenset[Grant], current: frozenset[Grant]
) -> None:
    ordered, mapped = planned(present, current, exclusive=True)
    after = service_after(schedule(ordered, None), current)
    assert {grant for grant in after if grant.principal in mapped} == present


@given(SETS, SETS, st.randoms(use_true_random=False))
def test_order_of_the_input_is_irrelevant(
    present: frozenset[Grant], current: frozenset[Grant], chance: random.Random
) -> None:
    one, other = list(present), list(present)
    chance.shuffle(other)
    mapped = frozenset(grant.principal for grant in present)
    first = units(differences(one, [], list(current), True, mapped), [], [])
    second = units(differences(other, [], sorted(current, reverse=True), True, sorted(mapped)), [], [])
    assert first == second


@given(SETS, SETS, st.integers(0, 12))
def test_a_budget_is_kept_and_runs_converge(present: frozenset[Grant], current: frozenset[Grant], spare: int) -> None:
    ordered, dummy = planned(present, current, exclusive=True)
    budget = largest(ordered) + spare
    held = current
    for dummy in range(200):
        ordered, dummy = planned(present, held, exclusive=True)
        if not ordered:
            break
        chosen = schedule(ordered, budget)
        assert sum(len(unit.requests) for unit in chosen.units) <= budget
        assert chosen.units, "every run gets on"
        held = service_after(chosen, held)
    assert planned(present, held, exclusive=True)[0] == []


@given(SETS, SETS)
def test_nobody_stands_without_a_role_that_is_being_exchanged(
    present: frozenset[Grant], current: frozenset[Grant]
) -> None:
    """At each moment a principal that had and keeps access to an entity holds some role there."""
    ordered, dummy = planned(present, current, exclusive=True)
    keep = {(grant.principal, grant.entity) for grant in present} & {
        (grant.principal, grant.entity) for grant in current
    }
    held = set(current)
    for unit in ordered:
        for request in unit.requests:
            if request.batch is None:
                continue
            (held.update if request.operation == "add" else held.difference_update)(request.batch.grants)
            places = {(grant.principal, grant.entity) for grant in held}
            assert keep <= places


@given(SETS, SETS)
def test_revocations_come_first(present: frozenset[Grant], current: frozenset[Grant]) -> None:
    ordered, dummy = planned(present, current, exclusive=True)
    phases = [unit.phase for unit in ordered]
    assert phases == sorted(phases, key=["revoke", "replace", "group", "add"].index)


def test_groups_are_made_before_their_grants_and_linked_in_the_same_unit() -> None:
    new = Principal("user_group", -1)
    grants = frozenset([Grant(new, 1, Entity("plans", 1))])
    ordered = units(differences(grants, [], [], False, [new]), [new], [new])
    assert [[request.operation for request in unit.requests] for unit in ordered] == [
        ["create_group", "link_group"],
        ["add"],
    ]
