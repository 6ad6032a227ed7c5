# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Only what was granted explicitly, with a role, is a grant that may be taken away."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
    Association,
    Entity,
    Grant,
    Principal,
)

WHO, WHERE = Principal("user_group", 21), Entity("plans", 12)


def association(kind: str, role_id: int | None = 35) -> Association:
    return Association(WHO, "g", role_id, "r", WHERE, "gold", kind)


def test_an_explicit_association_with_a_role_is_a_grant() -> None:
    assert association("explicit").grant == Grant(WHO, 35, WHERE)


@pytest.mark.parametrize("kind", ["creator", "owner", "inherited", "permissions", "unknown", "", "Explicit"])
def test_nothing_else_is_a_grant(kind: str) -> None:
    assert association(kind).grant is None
    assert association("explicit", None).grant is None


def test_all_of_a_kind_is_no_id_of_an_entity() -> None:
    assert ALL_OF_KIND < 0


def test_kinds_have_different_numbers_and_only_credentials_none() -> None:
    numbers = [number for number in ENTITY_TYPES.values() if number]
    assert len(set(numbers)) == len(numbers)
    assert [kind for kind, number in ENTITY_TYPES.items() if not number] == ["credentials"]


def test_grants_of_different_kinds_of_principals_are_different() -> None:
    """A directory group and a local group may have the same id."""
    assert Grant(Principal("external_group", 21), 35, WHERE) != Grant(WHO, 35, WHERE)
