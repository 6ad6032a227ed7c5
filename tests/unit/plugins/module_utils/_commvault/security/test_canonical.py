# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entities and principals come back from the wire as what they were, in every form that a service shows."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from security_examples import ENTITIES, ID_FIELDS, NAMES, PRINCIPALS, entity_wires, principal_wires

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.canonical import (
    UNKNOWN_ENTITY,
    UNKNOWN_PRINCIPAL,
    get_type_number,
    parse_entity,
    parse_principal,
    serialize_entity,
    serialize_principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError


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
        ({"_type_": 3, "flags": {"includeAll": "false"}, "clientId": 6}, Entity("servers", 6)),
        ({"_type_": 3, "flags": {"includeAll": "0"}, "clientId": 6}, Entity("servers", 6)),
        ({"_type_": 3, "flags": {"includeAll": "true"}}, Entity("servers", ALL_OF_KIND)),
        ({"_type_": 3, "flags": {"includeAll": "no idea"}}, UNKNOWN_ENTITY),
        ({"_type_": 3, "clientId": -1}, UNKNOWN_ENTITY),
        ({"clientId": 5, "subclientId": 70, "_type_": 7}, Entity("type:7", 70)),
        ({"_type_": 3}, UNKNOWN_ENTITY),
        ({"strange": 1}, UNKNOWN_ENTITY),
    ],
)
def test_forms_of_entities(wire: dict[str, t.Any], entity: Entity) -> None:
    assert parse_entity(wire)[0] == entity


@given(ENTITIES.flatmap(lambda entity: st.tuples(st.just(entity), entity_wires(entity))))
def test_an_entity_is_the_same_in_every_form(case: tuple[Entity, dict[str, t.Any]]) -> None:
    """Numbers and words for types, ids as text, the generic form, and ids of the CommCell beside."""
    entity, wire = case
    assert parse_entity(wire)[0] == entity


@given(PRINCIPALS.flatmap(lambda principal: st.tuples(st.just(principal), principal_wires(principal))))
def test_a_principal_is_the_same_in_every_form(case: tuple[Principal, dict[str, t.Any]]) -> None:
    principal, wire = case
    assert parse_principal(wire)[0] == principal


FIELDS = [*(field for fields in ID_FIELDS.values() for field in fields), "_type_", "entityId", "entityType", "flags"]
VALUES = st.none() | st.booleans() | st.integers(-3, 200) | st.text(max_size=5) | st.just({"includeAll": True})


@given(st.dictionaries(st.sampled_from([*FIELDS, "userGroupId", "groupId"]), VALUES))
def test_what_cannot_be_understood_is_unknown_and_never_all_of_a_kind(wire: dict[str, t.Any]) -> None:
    """An id that is not one, such as -1, must not become the id that stands for all entities of a kind."""
    entity, _name = parse_entity(wire)
    flags = wire.get("flags")
    assert entity == UNKNOWN_ENTITY or entity.id > 0 or (entity.id == ALL_OF_KIND and isinstance(flags, dict))
    principal, _name = parse_principal(wire)
    assert principal == UNKNOWN_PRINCIPAL or principal.id > 0


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ({"userId": 4, "userName": "anna"}, "anna"),
        ({"userGroupId": 21, "userGroupName": "ops"}, "ops"),
        ({"groupId": 57, "externalGroupName": "ops", "providerDomainName": "CORP"}, "CORP\\ops"),
        ({"groupId": 57, "externalGroupName": "CORP\\ops", "providerDomainName": "CORP"}, "CORP\\ops"),
        ({"userGroupId": 57, "_type_": 62, "userGroupName": "CORP\\ops"}, "CORP\\ops"),
        ({"groupId": 57}, ""),
        ({"userId": 4}, ""),
    ],
)
def test_names_of_principals(wire: dict[str, t.Any], name: str) -> None:
    assert parse_principal(wire)[1] == name


@pytest.mark.parametrize(
    ("wire", "name"),
    [
        ({"clientId": 5, "clientName": "srv", "displayName": "Server"}, "srv"),
        ({"clientId": 5, "displayName": "Server"}, "Server"),
        ({"entityId": 12, "entityType": 158, "_type_": 150, "entityName": "gold"}, "gold"),
        ({"_type_": 64, "alertId": 3, "entityName": "alert"}, "alert"),
        ({"_type_": 3, "flags": {"includeAll": True}}, "all servers"),
        ({"strange": 1, "displayName": "what"}, "what"),
        ({"planId": 12}, ""),
    ],
)
def test_names_of_entities(wire: dict[str, t.Any], name: str) -> None:
    assert parse_entity(wire)[1] == name


@pytest.mark.parametrize(("kind", "number"), [("plans", 158), ("credentials", 0), ("type:64", 64)])
def test_type_numbers(kind: str, number: int) -> None:
    assert get_type_number(kind) == number


def test_a_directory_group_is_named_by_domain_and_group_where_both_are_known() -> None:
    group = Principal("external_group", 57)
    assert serialize_principal(group, "CORP\\ops") == {
        "groupId": 57,
        "_type_": 62,
        "providerDomainName": "CORP",
        "externalGroupName": "ops",
    }
    for name in ("ops", "\\ops", "CORP\\", None):
        assert serialize_principal(group, name) == {"groupId": 57, "_type_": 62}


def test_workflows_and_foreign_kinds_have_their_own_forms() -> None:
    assert serialize_entity(Entity("workflows", 7), "w") == {
        "workflowId": 7,
        "_type_": 83,
        "entityType": 83,
        "workflowName": "w",
    }
    assert serialize_entity(Entity("type:64", 3), "a") == {
        "entityId": 3,
        "entityType": 64,
        "_type_": 150,
        "entityName": "a",
    }
    assert serialize_entity(Entity("credentials", 8)) == {"credentialId": 8}, "its type number is not published"
    assert serialize_entity(Entity("plans", ALL_OF_KIND), "ignored") == {"_type_": 158, "flags": {"includeAll": True}}
