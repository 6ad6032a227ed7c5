# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security answers are read completely, and only what was granted explicitly may be taken away."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.associations import parse_associations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

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
