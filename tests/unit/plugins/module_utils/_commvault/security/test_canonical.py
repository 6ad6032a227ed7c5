# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entities and principals come back from the wire as what they were, in every form that a service shows."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.canonical import (
    UNKNOWN_ENTITY,
    parse_entity,
    parse_principal,
    serialize_entity,
    serialize_principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

NUMBERS = st.integers(1, 2**31)


KINDS = [*ENTITY_TYPES, "type:4", "type:7", "type:13", "type:64", "type:120", "type:999"]


ENTITIES = st.builds(Entity, st.sampled_from(KINDS), NUMBERS) | st.builds(
    Entity, st.sampled_from([kind for kind in KINDS if kind != "credentials"]), st.just(ALL_OF_KIND)
)


PRINCIPALS = st.builds(Principal, st.sampled_from(["user", "user_group", "external_group"]), NUMBERS)


NAMES = st.text(min_size=1).filter(lambda text: text.strip("\\") != "" and not text.startswith("\\"))


@given(ENTITIES, NAMES)
def test_entities_and_names_come_back(entity: Entity, name: str) -> None:
    found, shown = parse_entity(serialize_entity(entity, name))
    assert found == entity
    assert shown == (name if entity.id != ALL_OF_KIND else f"all {entity.kind}")


@given(PRINCIPALS, NAMES)
def test_principals_come_back(principal: Principal, name: str) -> None:
    found, shown = parse_principal(serialize_principal(principal, name))
    assert found == principal
    assert principal.kind == "external_group" or shown == name


def test_what_cannot_be_written() -> None:
    with pytest.raises(ConfigError, match="all credentials"):
        serialize_entity(Entity("credentials", ALL_OF_KIND))
    with pytest.raises(ValueError, match="no principal kind"):
        serialize_principal(Principal("unknown", 1))


@pytest.mark.parametrize(
    ("wire", "entity"),
    [
        ({"commCellId": 2, "commCellName": "cs01", "_type_": 1}, Entity("commcell", 2)),
        ({"commCellName": "cs01", "commCellId": 2, "clientId": 5, "_type_": 3}, Entity("servers", 5)),
        ({"clientId": 5}, Entity("servers", 5)),
        ({"clientGroupId": "9"}, Entity("server_groups", 9)),
        ({"commCellId": 2, "planId": 12}, Entity("plans", 12)),
        ({"storagePoolId": 4, "_type_": 17}, Entity("storage_pools", 4)),
        ({"providerId": 30}, Entity("company", 30)),
        ({"credentialId": 8, "_type_": 154}, Entity("credentials", 8)),
        ({"entityId": 12, "entityType": 158, "_type_": 150}, Entity("plans", 12)),
        ({"entityId": 12, "entityTypeName": "PLAN_ENTITY", "_type_": "GENERIC_ENTITY"}, Entity("plans", 12)),
        ({"_type_": "CLIENT_ENTITY", "flags": {"includeAll": True}}, Entity("servers", ALL_OF_KIND)),
        ({"_type_": 3, "flags": {"includeAll": False}, "clientId": 6}, Entity("servers", 6)),
        ({"clientId": 5, "subclientId": 70, "_type_": 7}, Entity("type:7", 70)),
        ({"_type_": 3}, UNKNOWN_ENTITY),
        ({"strange": 1}, UNKNOWN_ENTITY),
    ],
)
def test_forms_of_entities(wire: dict[str, t.Any], entity: Entity) -> None:
    assert parse_entity(wire)[0] == entity
