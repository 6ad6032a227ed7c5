# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security answers are read completely, and only what was granted explicitly may be taken away."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from security_examples import ENTITIES, GRANTS, entity_answers

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.associations import (
    parse_associations,
    parse_client_owners,
    parse_owners,
)
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


FOREIGN = [
    {"properties": {**ROLE, "isCreatorAssociation": True}},
    {"properties": {**ROLE, "inheritedFrom": {"commCellId": 2}}},
    {"properties": {"categoryPermission": {"categoriesPermissionList": [{"permissionId": 31}]}}},
    {"properties": {**ROLE, "isDefault": 1}},
    {"properties": {"role": {"roleName": "only a name"}}},
    {},
]


def grants_in(body: dict[str, t.Any], **asked: t.Any) -> list[Grant]:
    return [row.grant for row in parse_associations(body, **asked) if row.grant is not None]


@given(GRANTS.flatmap(lambda grants: st.tuples(st.just(grants), entity_answers(grants))))
def test_an_answer_in_any_form_and_order_holds_exactly_its_grants(case: tuple[frozenset[Grant], t.Any]) -> None:
    grants, body = case
    found = grants_in(body)
    assert set(found) == grants
    assert len(found) == len(grants), "no grant is found twice"


@given(GRANTS.flatmap(entity_answers), st.lists(st.sampled_from(FOREIGN), max_size=4), st.data())
def test_foreign_rows_are_seen_and_are_no_grants(
    body: dict[str, t.Any], foreign: list[t.Any], data: st.DataObject
) -> None:
    before = sorted(map(str, grants_in(body)))
    rows = [{"userOrGroup": WHO, **row} for row in foreign]
    block = {"entityAssociated": {"planId": 12}, "securityAssociations": {"associations": rows}}
    larger = {"securityAssociations": data.draw(st.permutations([*body["securityAssociations"], block]))}
    assert sorted(map(str, grants_in(larger))) == before
    assert len(parse_associations(larger)) == len(parse_associations(body)) + len(foreign)


@given(GRANTS.flatmap(entity_answers), ENTITIES)
def test_rows_of_other_entities_are_inherited_where_one_was_asked_about(body: dict[str, t.Any], entity: Entity) -> None:
    everything = parse_associations(body)
    asked = parse_associations(body, entity=entity)
    assert [row.grant for row in asked if row.grant] == [row.grant for row in everything if row.entity == entity]
    assert [row.entity for row in asked] == [row.entity for row in everything]


MEMBERS = [
    "securityAssociations",
    "associations",
    "entityAssociated",
    "entity",
    "userOrGroup",
    "properties",
    "role",
    "roleId",
    "ownerAssociations",
    "owners",
    "userId",
    "planId",
    "_type_",
    "flags",
]
SCALARS = st.none() | st.booleans() | st.integers(-2, 200) | st.text(max_size=4)
HOSTILE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=12,
)


@given(HOSTILE)
def test_a_hostile_answer_is_refused_or_yields_what_stands_in_it(body: t.Any) -> None:
    """No other error than BadAnswer, and no grant without a role, a principal and an entity of its own."""
    if not isinstance(body, dict):
        return
    try:
        found = grants_in(body)
    except BadAnswer:
        return
    for grant in found:
        assert grant.role_id > 0 and grant.principal.id > 0
        assert grant.entity.id > 0 or "flags" in str(body), "an id is not taken for all of a kind"


def test_single_permissions_are_kept_with_their_ids() -> None:
    rows = [
        {"permissionId": "31", "permissionName": "View"},
        {"permissionId": 13},
        {"permissionId": 31},
        {"categoryId": 117},
        {"permissionId": 0},
    ]
    for properties in (
        {"categoryPermission": {"categoriesPermissionList": rows}},
        {"permissions": rows},
        {"permissionList": rows},
    ):
        (row,) = parse_associations(
            {"associations": [{"entities": {"planId": 12}, "userOrGroup": WHO, "properties": properties}]}
        )
        assert (row.grant_kind, row.permission_ids, row.role_id) == ("permissions", (13, 31), None)


def test_owners_of_all_forms_are_owners() -> None:
    owners = [
        {"userId": 1},
        {"userOrGroup": {"userGroupId": 2}},
        {"user": {"userId": 3}},
        {"userGroup": {"userGroupId": 4}},
    ]
    block = {"entityAssociated": {"planId": 12}, "securityAssociations": {"ownerAssociations": {"owners": owners}}}
    found = parse_associations({"securityAssociations": [block]})
    assert [(row.principal.kind, row.principal.id, row.grant_kind) for row in found] == [
        ("user", 1, "owner"),
        ("user_group", 2, "owner"),
        ("user", 3, "owner"),
        ("user_group", 4, "owner"),
    ]


@pytest.mark.parametrize("value", ["0", "false", "no", "", 0, None, False, {}, []])
def test_a_mark_that_is_not_set_says_nothing(value: t.Any) -> None:
    row = {"userOrGroup": WHO, "properties": {**ROLE, "isCreatorAssociation": value, "isInherited": value}}
    (found,) = parse_associations({"associations": [{**row, "entities": {"planId": 12}}]})
    assert found.grant_kind == "explicit"


@pytest.mark.parametrize("number", [-1, "-1", 0])
def test_an_id_that_is_none_makes_no_grant(number: t.Any) -> None:
    """Least of all -1, which stands for all entities of a kind among grants."""
    row = {"userOrGroup": WHO, "properties": ROLE}
    assert grants_in({"associations": [{**row, "entities": {"planId": number}}]}) == []
    assert grants_in({"associations": [{**row, "entities": {"planId": 12}, "userOrGroup": [{"userId": number}]}]}) == []
    rolled = {"role": {"roleId": number, "roleName": "r"}}
    assert grants_in({"associations": [{**row, "entities": {"planId": 12}, "properties": rolled}]}) == []


PLAN = Entity("plans", 12)


def client_answer(owners: t.Any = None, listed: t.Any = None) -> dict[str, t.Any]:
    """The properties of a server, with owners in one of the places, or in both."""
    properties: dict[str, t.Any] = {}
    if owners is not None:
        properties["securityAssociations"] = {"ownerAssociations": {"owners": owners}}
    if listed is not None:
        properties["clientSecurity"] = {"clientOwners": listed}
    return {"clientProperties": [{"clientProps": properties}]}


def owner_answer(owners: t.Any, *rows: t.Any, place: t.Any = None) -> dict[str, t.Any]:
    inner = {"ownerAssociations": {"owners": owners}, "associations": list(rows)}
    return {"securityAssociations": [{"entityAssociated": place or {"planId": 12}, "securityAssociations": inner}]}


def test_owners_are_told_apart_from_everybody_else() -> None:
    rows = [
        {"userOrGroup": WHO, "properties": ROLE},
        {"userOrGroup": [{"userId": 5}], "properties": {**ROLE, "isOwnerAssociation": True}},
        {"userOrGroup": WHO, "properties": {**ROLE, "isCreatorAssociation": True}},
        {"userOrGroup": WHO},
    ]
    found = parse_owners(owner_answer([{"userId": 1, "userName": "admin"}], *rows), PLAN)
    assert [(row.principal, row.entity, row.role_id, row.grant_kind) for row in found] == [
        (Principal("user", 5), PLAN, 35, "owner"),
        (Principal("user", 1), PLAN, None, "owner"),
    ]


@pytest.mark.parametrize("owner", [{}, {"userName": "no id"}, {"userId": -1}, {"userOrGroup": [{"userName": "x"}]}])
def test_an_owner_who_is_not_named_is_told_as_unknown(owner: dict[str, t.Any]) -> None:
    (found,) = parse_owners(owner_answer([owner]), PLAN)
    assert (found.principal, found.grant_kind) == (Principal("unknown", 0), "unknown")


def test_an_owner_of_nobody_knows_what_is_not_dropped() -> None:
    """As in an answer about a principal, which names entities only."""
    body = {"ownerAssociations": {"owners": [{"userId": 1}]}}
    (found,) = parse_associations(body, principal=(Principal("user", 1), "admin"))
    assert (found.grant_kind, found.entity) == ("unknown", Entity("type:0", 0))


@pytest.mark.parametrize("body", [{}, {"securityAssociations": []}, owner_answer(None), owner_answer([])])
def test_no_owners(body: dict[str, t.Any]) -> None:
    assert parse_owners(body, PLAN) == []


@pytest.mark.parametrize("wrong", ["x", 7, True, ["x"], [{}, None]])
def test_owners_that_cannot_be_read_are_not_none(wrong: t.Any) -> None:
    for body in (owner_answer(wrong), {"ownerAssociations": wrong}, {"securityAssociations": wrong}):
        with pytest.raises(BadAnswer):
            parse_owners(body, PLAN)
    for body in (client_answer(owners=wrong), client_answer(listed=wrong), {"clientProperties": wrong}):
        with pytest.raises(BadAnswer):
            parse_client_owners(body, Entity("servers", 7))


def test_owners_of_a_server_stand_in_two_places_and_are_told_once() -> None:
    one, other = {"userId": 1, "userName": "admin"}, {"userGroupId": 21, "userGroupName": "ops"}
    server = Entity("servers", 7)
    for owners, listed in ((None, [one, other]), ([one, other], None), ([one, other], [one, other]), ([one], [other])):
        found = parse_client_owners(client_answer(owners, listed), server)
        assert found is not None and sorted((row.principal, row.principal_name) for row in found) == [
            (Principal("user", 1), "admin"),
            (Principal("user_group", 21), "ops"),
        ]
        assert {(row.entity, row.grant_kind) for row in found} == {(server, "owner")}


def test_properties_that_say_nothing_of_owners_are_no_empty_list() -> None:
    server = Entity("servers", 7)
    assert parse_client_owners(client_answer(), server) is None
    assert parse_client_owners({}, server) is None
    assert parse_client_owners({"clientProperties": [{"clientProps": {"securityAssociations": {}}}]}, server) is None
    assert parse_client_owners(client_answer(listed=[]), server) == []


@given(HOSTILE)
def test_hostile_owners_are_refused_or_told(body: t.Any) -> None:
    """No other error than BadAnswer, and as many rows as there are owners."""
    for given_body in (body if isinstance(body, dict) else {}, owner_answer(body), client_answer(body, body)):
        for parse in (parse_owners, parse_client_owners):
            try:
                found = parse(given_body, PLAN)
            except BadAnswer:
                continue
            assert {row.grant_kind for row in found or ()} <= {"owner", "unknown"}


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True).flatmap(st.permutations), st.data())
def test_every_owner_is_found_whatever_stands_beside(numbers: list[int], data: st.DataObject) -> None:
    foreign = [{"userOrGroup": WHO, **row} for row in data.draw(st.lists(st.sampled_from(FOREIGN), max_size=3))]
    found = parse_owners(owner_answer([{"userId": number} for number in numbers], *foreign), PLAN)
    assert sorted(row.principal.id for row in found) == sorted(numbers)
