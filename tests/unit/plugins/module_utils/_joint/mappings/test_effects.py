# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan makes of the access of each principal; that of a whole run of the module is in test_resource.py."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Pending,
    PlannedGrant,
    PrincipalReference,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.drift import Drift
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.effects import describe_effects
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import Schedule
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.read import Current

OPS, NIGHT, NEW = Principal("user_group", 1), Principal("user_group", 2), Pending("user_group", "GG-New", 1, 0)
GOLD = Entity("plans", 1)


def resolve(*references: PrincipalReference) -> Resolved:
    resolved = Resolved()
    for reference in references:
        name = reference.name if isinstance(reference, Pending) else f"group {reference.id}"
        group = EntraGroup(None, name, name) if isinstance(reference, Pending) else None
        resolved.add_principal(MappedPrincipal(reference, name, "mappings[0]", entra_group=group))
    resolved.names.roles[4] = "View"
    resolved.names.entities[GOLD] = "gold"
    return resolved


def other(who: Principal, role_id: int | None = None, *permissions: int, kind: str = "permissions") -> Association:
    return Association(who, "", role_id, "View" if role_id else None, GOLD, "gold", kind, permissions)


def list_kept_ids(*rows: Association) -> dict[str, list[str]]:
    found = describe_effects(resolve(OPS, NIGHT), Current(), Drift(other=rows), Schedule())
    return {row["principal"]: [right["id"] for right in row["kept"]] for row in found}


def test_a_right_is_the_same_however_and_by_whomever_it_is_held() -> None:
    current = Current(grants={PlannedGrant(OPS, 4, GOLD)})
    drift = Drift(other=(other(NIGHT, 4, kind="inherited"),))
    ops, night = describe_effects(resolve(OPS, NIGHT), current, drift, Schedule())
    assert ops["kept"] == [{"id": "4, plans 1", "text": "View on plan gold"}]
    assert night["kept"] == [{"id": "4, plans 1", "text": "View on plan gold (inherited)"}]


def test_single_permissions_are_the_same_where_they_are_told_and_equal() -> None:
    same = list_kept_ids(other(OPS, None, 31, 42), other(NIGHT, None, 31, 42))
    assert same["group 1"] == same["group 2"]
    others = list_kept_ids(other(OPS, None, 31), other(OPS, None, 42), other(NIGHT, None, 31, 42))
    assert len({*others["group 1"], *others["group 2"]}) == 3
    untold = list_kept_ids(other(OPS), other(NIGHT))
    assert untold["group 1"] != untold["group 2"]


def test_what_cannot_be_listed_is_told_of_what_exists_already_alone() -> None:
    held: dict[t.Any, t.Any] = {PlannedGrant(NEW, 4, GOLD): "creator", PlannedGrant(OPS, 4, GOLD): "creator"}
    rows = describe_effects(resolve(OPS, NIGHT, NEW), Current(kinds=held), Drift(surplus=None), Schedule())
    assert {row["principal"]: row["complete"] for row in rows} == {"group 1": False, "GG-New": True}
    assert rows[0]["entra_group"] == {"object_id": None, "name": "GG-New"}
