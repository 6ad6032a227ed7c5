# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of permissions and categories become ids, categories their permissions, and both go back as they were meant."""

from __future__ import annotations

import pytest
from commvault_examples import CATEGORY_IDS, PERMISSION_IDS, make_permission_catalogue
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.permissions import (
    PermissionSet,
    check_has_permissions,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError


def test_names_become_ids() -> None:
    permissions = make_permission_catalogue()
    chosen, problems = permissions.select_permissions(["view", "153"], ["ALERT"])
    assert problems == []
    assert chosen is not None
    assert chosen.permission_ids == {31, 151, 153, 900}
    assert permissions.format_names(chosen.permission_ids) == ["Create (151)", "Create (900)", "Delete", "View"]
    assert permissions.serialize_permission_set(chosen) == [{"category": {"id": 117}}, {"permission": {"id": 31}}]
    assert permissions.select_permissions(None, None) == (None, [])


def test_all_unknown_names_are_told_together() -> None:
    chosen, problems = make_permission_catalogue().select_permissions(["Viev", "View", "Create"], ["Alerts"])
    assert chosen is not None
    assert [(problem["where"], problem["kind"]) for problem in problems] == [
        ("permissions[0]", "not_found"),
        ("permissions[2]", "ambiguous"),
        ("categories[0]", "not_found"),
    ]
    assert "Near: View" in problems[0]["message"]
    assert "Near: Alert" in problems[2]["message"]


@given(
    st.frozensets(st.sampled_from([int(number) for number in PERMISSION_IDS] + [7777])),
    st.frozensets(st.sampled_from([int(number) for number in CATEGORY_IDS])),
)
def test_a_set_of_permissions_comes_back_from_the_wire(singles: frozenset[int], wholes: frozenset[int]) -> None:
    permissions = make_permission_catalogue()
    chosen = PermissionSet(singles | permissions.expand_categories(wholes), wholes)
    assert permissions.parse_permission_set(permissions.serialize_permission_set(chosen)) == chosen


def test_a_category_of_which_something_is_missing_is_written_as_single_permissions() -> None:
    wire = make_permission_catalogue().serialize_permission_set(PermissionSet(frozenset({151}), frozenset({117})))
    assert wire == [{"permission": {"id": 151}}]


def test_the_word_for_the_kind_of_a_row_decides() -> None:
    """Rows of categories carry permissions beside in some answers."""
    row = {"permission": {"id": 31}, "category": {"id": 210}, "type": "CATEGORY_ENTITY"}
    assert make_permission_catalogue().parse_permission_set([row]) == PermissionSet(frozenset({900}), frozenset({210}))
    assert make_permission_catalogue().parse_permission_set([{}, {"permission": {"id": 0}}]) == PermissionSet(
        frozenset(), frozenset()
    )


@pytest.mark.parametrize("row", [{"permission": 31}, {"permission": [31]}, {"permission": "View"}, {"category": 117}])
def test_a_permission_that_is_no_object_is_no_answer(row: dict[str, object]) -> None:
    with pytest.raises(BadAnswer, match="not a list of objects as (permission|category)"):
        make_permission_catalogue().parse_permission_set([row])


@pytest.mark.parametrize(("category_ids", "known"), [([], True), ([101, 210], True), ([101, 4711], False)])
def test_categories_that_the_catalogue_holds(category_ids: list[int], known: bool) -> None:
    assert make_permission_catalogue().has_categories(category_ids) is known


def test_a_role_needs_a_permission() -> None:
    check_has_permissions(PermissionSet(frozenset({31}), frozenset()))
    with pytest.raises(ConfigError, match="at least one permission"):
        check_has_permissions(PermissionSet(frozenset(), frozenset({101})))
