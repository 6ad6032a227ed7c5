# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants on the wire: what is written is what was meant, and what is read is sorted by how it came to be."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.associations import parse_associations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.calls import SecurityAssociations
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
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError

NUMBERS = st.integers(1, 2**31)
KINDS = [*ENTITY_TYPES, "type:4", "type:7", "type:13", "type:64", "type:120", "type:999"]
ENTITIES = st.builds(Entity, st.sampled_from(KINDS), NUMBERS) | st.builds(
    Entity, st.sampled_from([kind for kind in KINDS if kind != "credentials"]), st.just(ALL_OF_KIND)
)
PRINCIPALS = st.builds(Principal, st.sampled_from(["user", "user_group", "external_group"]), NUMBERS)
NAMES = st.text(min_size=1).filter(lambda text: text.strip("\\") != "" and not text.startswith("\\"))


@given(
    st.lists(ENTITIES, min_size=1, max_size=6, unique=True),
    st.lists(st.tuples(PRINCIPALS, NUMBERS), min_size=1, max_size=6, unique=True),
)
def test_a_request_is_exactly_the_product(entities: list[Entity], pairs: list[tuple[Principal, int]]) -> None:
    body = SecurityAssociations(t.cast(t.Any, None)).build_request("ADD", entities, pairs)
    written = [row.grant for row in parse_associations(body)]
    assert sorted(str(grant) for grant in written) == sorted(
        str(Grant(principal, role_id, entity)) for entity in entities for principal, role_id in pairs
    )


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


def test_requests_never_overwrite_and_name_what_is_known() -> None:
    security = SecurityAssociations(t.cast(t.Any, None))
    security.remember_name(Principal("external_group", 57), "CORP\\cv-ops")
    security.remember_name(Entity("plans", 12), "gold")
    security.remember_name(35, "Restore")
    security.remember_name(36, "")
    body = security.build_request(
        "DELETE", [Entity("plans", 12)], [(Principal("external_group", 57), 35), (Principal("user", 4), 36)]
    )
    assert body == {
        "entityAssociated": {"entity": [{"planId": 12, "_type_": 158, "planName": "gold"}]},
        "securityAssociations": {
            "associationsOperationType": "DELETE",
            "associations": [
                {
                    "userOrGroup": [
                        {"groupId": 57, "_type_": 62, "providerDomainName": "CORP", "externalGroupName": "cv-ops"}
                    ],
                    "properties": {"role": {"roleId": 35, "roleName": "Restore", "_type_": 120}},
                },
                {"userOrGroup": [{"userId": 4, "_type_": 13}], "properties": {"role": {"roleId": 36, "_type_": 120}}},
            ],
        },
    }


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


ROLE = {"role": {"roleId": 35, "roleName": "r"}}
WHO = [{"userGroupId": 21, "userGroupName": "g", "_type_": 15}]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"userOrGroup": WHO, "properties": ROLE}, "explicit"),
        ({"userOrGroup": WHO, "properties": {**ROLE, "isCreatorAssociation": False}}, "explicit"),
        ({"userOrGroup": WHO, "properties": {**ROLE, "isCreatorAssociation": True}}, "creator"),
        ({"userOrGroup": WHO, "isCreatorAssociation": 1, "properties": ROLE}, "creator"),
        ({"userOrGroup": WHO, "properties": {**ROLE, "isInherited": "true"}}, "inherited"),
        ({"userOrGroup": WHO, "properties": {**ROLE, "inheritedFrom": {"commCellId": 2}}}, "inherited"),
        ({"userOrGroup": WHO, "properties": {**ROLE, "isOwnerAssociation": True}}, "owner"),
        ({"userOrGroup": WHO, "properties": {**ROLE, "derivedFrom": {"planId": 3}}}, "unknown"),
        ({"userOrGroup": WHO, "properties": {"permissions": [{"permissionId": 218}]}}, "permissions"),
        (
            {
                "userOrGroup": WHO,
                "properties": {"categoryPermission": {"categoriesPermissionList": [{"categoryId": 117}]}},
            },
            "permissions",
        ),
        ({"userOrGroup": WHO, "properties": {"role": {"roleName": "only a name"}}}, "unknown"),
        ({"userOrGroup": WHO}, "unknown"),
        ({"userOrGroup": [{"userName": "no id"}], "properties": ROLE}, "unknown"),
        ({"properties": ROLE}, "unknown"),
    ],
)
def test_how_a_grant_came_to_be(row: dict[str, t.Any], kind: str) -> None:
    body = {
        "securityAssociations": [{"entityAssociated": {"planId": 12}, "securityAssociations": {"associations": [row]}}]
    }
    (found,) = parse_associations(body, entity=Entity("plans", 12))
    assert found.grant_kind == kind
    assert (found.grant is not None) is (kind == "explicit")


def test_all_blocks_rows_and_members_are_walked() -> None:
    body = {
        "securityAssociations": [
            {"entityAssociated": {"commCellId": 2, "_type_": 1}, "securityAssociations": {}},
            {
                "entityAssociated": {"entity": [{"planId": 12}, {"planId": 13}]},
                "securityAssociations": {
                    "associations": [
                        {
                            "userOrGroup": [
                                {
                                    "groupId": 57,
                                    "externalGroupName": "cv-ops",
                                    "providerDomainName": "CORP",
                                    "_type_": 62,
                                },
                                {"userId": 44, "userName": "jvega", "_type_": 13},
                            ],
                            "properties": ROLE,
                        }
                    ],
                    "ownerAssociations": {"owners": [{"userId": 1, "userName": "admin"}]},
                },
            },
        ]
    }
    found = parse_associations(body)
    assert [(row.principal_name, row.entity.id, row.grant_kind) for row in found] == [
        ("CORP\\cv-ops", 12, "explicit"),
        ("CORP\\cv-ops", 13, "explicit"),
        ("jvega", 12, "explicit"),
        ("jvega", 13, "explicit"),
        ("admin", 12, "owner"),
        ("admin", 13, "owner"),
    ]


def test_a_row_that_stands_elsewhere_is_inherited() -> None:
    body = {
        "securityAssociations": [
            {
                "entityAssociated": {"commCellId": 2},
                "securityAssociations": {"associations": [{"userOrGroup": WHO, "properties": ROLE}]},
            }
        ]
    }
    (found,) = parse_associations(body, entity=Entity("plans", 12))
    assert (found.grant_kind, found.entity) == ("inherited", Entity("commcell", 2))


def test_answers_about_a_principal() -> None:
    who = Principal("user_group", 21)
    body = {
        "associations": [
            {
                "entities": {"entity": [{"commCellId": 2, "_type_": 1}, {"_type_": 3, "flags": {"includeAll": True}}]},
                "properties": ROLE,
            },
            {"properties": ROLE},
        ]
    }
    found = parse_associations(body, principal=(who, "g"))
    assert [row.grant for row in found] == [
        Grant(who, 35, Entity("commcell", 2)),
        Grant(who, 35, Entity("servers", ALL_OF_KIND)),
        None,
    ]
    assert parse_associations({}, principal=(who, "g")) == []


@pytest.mark.parametrize("wrong", ["x", 7, True, ["x"], [{}, None]])
@pytest.mark.parametrize(
    "shape",
    [
        lambda wrong: {"securityAssociations": [{"securityAssociations": {"associations": wrong}}]},
        lambda wrong: {"securityAssociations": [{"securityAssociations": wrong}]},
        lambda wrong: {"securityAssociations": wrong},
        lambda wrong: {"associations": wrong},
        lambda wrong: {"associations": [{"userOrGroup": wrong, "properties": ROLE}]},
        lambda wrong: {"associations": [{"entities": {"entity": wrong}, "properties": ROLE}]},
    ],
)
def test_an_answer_that_cannot_be_read_shows_no_empty_list(shape: t.Callable[[t.Any], t.Any], wrong: t.Any) -> None:
    """Grants that are not read would be given once more, or left in place although they are surplus."""
    with pytest.raises(BadAnswer):
        parse_associations(shape(wrong), principal=(Principal("user_group", 21), "ops"))
