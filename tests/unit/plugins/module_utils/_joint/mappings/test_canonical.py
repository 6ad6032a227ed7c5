# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canonical form of a mapping: what is pending is no id, has one order, and is shown by its name."""

from __future__ import annotations

import functools
import itertools
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import DESIRED_GRANTS, EXISTING, PENDING_GROUPS, PENDING_ROLES

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Names,
    Pending,
    PlannedGrant,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup

GROUP, USER, DIRECTORY_GROUP = Principal("user_group", 5), Principal("user", 5), Principal("external_group", 5)
FIRST, SECOND = Pending("user_group", "a", 1, 0), Pending("user_group", "b", 2, 0)
ROLE = Pending("role", "View", 1)
GOLD = Entity("plans", 12)


def test_what_is_pending_sorts_before_what_exists_and_the_last_found_first() -> None:
    expected: list[t.Any] = [DIRECTORY_GROUP, USER, SECOND, FIRST, Principal("user_group", 1), GROUP]
    for shuffled in itertools.permutations(expected):
        assert sorted(shuffled) == expected
    for roles in itertools.permutations([Pending("role", "b", 2), ROLE, 1, 7]):
        assert sorted(roles) == [Pending("role", "b", 2), ROLE, 1, 7]


@given(*(st.one_of(EXISTING, PENDING_GROUPS) for dummy in range(3)))
def test_the_order_of_principals_is_total(first: t.Any, second: t.Any, third: t.Any) -> None:
    assert (first < second) + (first > second) + (first == second) == 1
    assert (first < second) == (second > first)
    if first < second < third:
        assert first < third


@given(st.lists(st.one_of(st.integers(1, 5), PENDING_ROLES)), st.lists(DESIRED_GRANTS))
def test_sorting_gives_one_order(roles: list[t.Any], grants: list[t.Any]) -> None:
    assert sorted(roles) == sorted(reversed(roles))
    assert sorted(grants) == sorted(reversed(grants))


@pytest.mark.parametrize("other", ["view", None, 1.5, ("user_group", 5, 1)])
def test_what_is_pending_is_not_compared_with_anything_else(other: t.Any) -> None:
    assert other != FIRST
    for compare in (lambda: other > FIRST, lambda: other < FIRST):
        with pytest.raises(TypeError):
            compare()


@pytest.mark.parametrize(
    "existing", [GROUP, Principal("user_group", 1), Principal("user_group", -1), 1, -1, ALL_OF_KIND]
)
def test_what_is_pending_equals_no_id(existing: t.Any) -> None:
    assert existing != FIRST and existing != ROLE
    assert len({FIRST, ROLE, existing}) == 3


def test_names_are_shown_and_ids_where_there_is_none() -> None:
    names = Names({GROUP: "ops"}, {7: "View", ROLE: "view"}, {GOLD: "gold"}, {31: "Browse"})
    assert names.describe_grant(PlannedGrant(GROUP, 7, GOLD)) == "ops: View on plans gold"
    assert names.describe_grant(PlannedGrant(USER, 8, Entity("plans", 13))) == "5: 8 on plans 13"
    assert names.describe_grant(PlannedGrant(FIRST, Pending("role", "Edit", 2), GOLD)) == "a: Edit on plans gold"
    assert names.describe_role_on_entity(PlannedGrant(FIRST, ROLE, GOLD)) == "view on plans gold"
    assert (names.show_permission(31), names.show_permission(32)) == ("Browse", "32")


def test_names_that_are_known_are_kept() -> None:
    names = Names({GROUP: "ops"}, {7: "View"}, {GOLD: "gold"}, {31: "Browse"})
    names.add_missing(
        Names(
            {GROUP: "x", USER: "jvega"}, {7: "x", 8: "Edit"}, {GOLD: "x", Entity("plans", 1): "tin"}, {31: "x", 32: "y"}
        )
    )
    assert names == Names(
        {GROUP: "ops", USER: "jvega"},
        {7: "View", 8: "Edit"},
        {GOLD: "gold", Entity("plans", 1): "tin"},
        {31: "Browse", 32: "y"},
    )


def test_a_principal_says_what_it_is() -> None:
    make = functools.partial(MappedPrincipal, name="ops", where="mappings[0]")
    assert (make(GROUP).exists, make(FIRST).exists) == (True, False)
    assert (make(GROUP).object_id, make(GROUP, entra_group=EntraGroup("x", None, None)).object_id) == (None, "x")
    assert (make(GROUP).label, make(GROUP, company="corp").label) == ("ops", "ops (company corp)")


def test_a_principal_that_is_taken_up_is_shown_by_its_label() -> None:
    resolved = Resolved()
    resolved.add_principal(MappedPrincipal(GROUP, "ops", "mappings[0]", company="corp"))
    assert resolved.names.show_principal(GROUP) == "ops (company corp)"
    resolved.add_principal(MappedPrincipal(GROUP, "ops", "mappings[0]", relink=True))
    assert resolved.principals[GROUP].relink and resolved.names.show_principal(GROUP) == "ops"
