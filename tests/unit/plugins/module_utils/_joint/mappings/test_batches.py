# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Batches are exact products: they write the grants that were asked for, each once, and nothing else."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import DESIRED_SETS

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.batches import (
    LARGEST_BATCH,
    Batch,
    make_batches,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import Pending, PlannedGrant

Grants = frozenset[PlannedGrant]
GROUP, USER = Principal("user_group", 5), Principal("user", 5)
GOLD, SILVER = Entity("plans", 1), Entity("plans", 2)


@given(DESIRED_SETS)
def test_products_cover_exactly_the_grants_that_were_asked_for(grants: Grants) -> None:
    written = [grant for batch in make_batches(grants) for grant in batch.grants]
    assert len(written) == len(grants) and set(written) == grants


@given(DESIRED_SETS)
def test_there_are_no_more_batches_than_entities_or_pairs(grants: Grants) -> None:
    entities = {grant.entity for grant in grants}
    pairs = {(grant.principal, grant.role) for grant in grants}
    assert len(make_batches(grants)) <= min(len(entities), len(pairs))


@given(DESIRED_SETS, st.randoms(use_true_random=False))
def test_the_order_of_the_grants_is_irrelevant(grants: Grants, chance: random.Random) -> None:
    shuffled = sorted(grants)
    chance.shuffle(shuffled)
    assert make_batches(shuffled) == make_batches(grants)


def test_a_full_product_is_one_batch() -> None:
    grants = [PlannedGrant(who, role, where) for who in (GROUP, USER) for role in (7, 8) for where in (GOLD, SILVER)]
    pairs = ((USER, 7), (USER, 8), (GROUP, 7), (GROUP, 8))
    assert make_batches(grants + grants) == [Batch((GOLD, SILVER), pairs)]


def test_the_way_with_fewer_batches_is_taken() -> None:
    """By entity these would be three batches, by pair they are two, and the other way round."""
    bronze = Entity("plans", 3)
    by_pair = [PlannedGrant(GROUP, 7, where) for where in (GOLD, SILVER)]
    by_pair += [PlannedGrant(GROUP, 8, where) for where in (SILVER, bronze)]
    assert make_batches(by_pair) == [Batch((GOLD, SILVER), ((GROUP, 7),)), Batch((SILVER, bronze), ((GROUP, 8),))]
    by_entity = [PlannedGrant(GROUP, role, GOLD) for role in (7, 8)]
    by_entity += [PlannedGrant(GROUP, role, SILVER) for role in (8, 9)]
    assert make_batches(by_entity) == [
        Batch((GOLD,), ((GROUP, 7), (GROUP, 8))),
        Batch((SILVER,), ((GROUP, 8), (GROUP, 9))),
    ]


def test_what_is_pending_comes_before_what_exists() -> None:
    new = Pending("user_group", "new", 1, 0)
    assert make_batches([PlannedGrant(GROUP, 7, GOLD), PlannedGrant(new, 7, GOLD)]) == [
        Batch((GOLD,), ((new, 7), (GROUP, 7)))
    ]


def test_a_batch_larger_than_the_bound_is_split_without_loss() -> None:
    for people, plans in ((60, 40), (2, LARGEST_BATCH), (LARGEST_BATCH, 2)):
        grants = [
            PlannedGrant(Principal("user", who), 1, Entity("plans", plan))
            for who in range(people)
            for plan in range(plans)
        ]
        made = make_batches(grants)
        assert sorted(grant for batch in made for grant in batch.grants) == sorted(grants)
        assert all(len(batch.grants) <= LARGEST_BATCH for batch in made)


def test_no_grants_are_no_batches() -> None:
    assert make_batches([]) == []
