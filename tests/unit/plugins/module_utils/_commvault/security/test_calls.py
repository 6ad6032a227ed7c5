# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Grants on the wire: what is written is what was meant, and what is read is sorted by how it came to be."""

from __future__ import annotations

import json
import typing as t

import pytest
from fake_commvault import FakeCommvault
from hypothesis import given
from hypothesis import strategies as st
from security_examples import ENTITIES, GRANTS, NUMBERS, PRINCIPALS

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.associations import parse_associations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.calls import SecurityAssociations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Grant,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, ConfigError, Forbidden


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


PAIRS = st.lists(st.tuples(PRINCIPALS, st.integers(1, 5)), min_size=1, max_size=4, unique=True)
SOME_ENTITIES = st.lists(ENTITIES, min_size=1, max_size=4, unique=True)


def carried_out(state: frozenset[Grant], body: dict[str, t.Any]) -> frozenset[Grant]:
    """A model of ``POST Security``: ADD is the union, DELETE the difference, of exactly what the request names."""
    operation = body["securityAssociations"]["associationsOperationType"]
    named = {row.grant for row in parse_associations(body) if row.grant}
    return state | named if operation == "ADD" else state - named


@given(GRANTS, SOME_ENTITIES, PAIRS)
def test_what_is_granted_and_revoked_again_leaves_foreign_grants_as_they_were(
    state: frozenset[Grant], entities: list[Entity], pairs: list[tuple[Principal, int]]
) -> None:
    security = SecurityAssociations(t.cast(t.Any, None))
    ours = {Grant(principal, role_id, entity) for principal, role_id in pairs for entity in entities}
    granted = carried_out(state, security.build_request("ADD", entities, pairs))
    assert granted == state | ours
    assert carried_out(granted, security.build_request("ADD", entities, pairs)) == granted, (
        "twice has the effect of once"
    )
    revoked = carried_out(granted, security.build_request("DELETE", entities, pairs))
    assert revoked == state - ours
    assert carried_out(revoked, security.build_request("DELETE", entities, pairs)) == revoked


@given(SOME_ENTITIES, PAIRS, st.sampled_from(["ADD", "DELETE"]))
def test_no_request_overwrites_or_names_owners(entities: list[Entity], pairs: t.Any, operation: str) -> None:
    text = json.dumps(SecurityAssociations(t.cast(t.Any, None)).build_request(operation, entities, pairs))
    assert "OVERWRITE" not in text and "owner" not in text.lower()


GROUP, GOLD = Principal("user_group", 21), Entity("plans", 12)
ROW = {"userOrGroup": [{"userGroupId": 21}], "properties": {"role": {"roleId": 35}}}


def security_of(
    make_ctx: t.Any, answers: dict[str, t.Any] | None = None, **fields: t.Any
) -> tuple[SecurityAssociations, FakeCommvault]:
    client = FakeCommvault(make_ctx(), answers, **fields)
    return SecurityAssociations(t.cast(t.Any, client)), client


def test_an_entity_is_asked_by_type_number_and_id(make_ctx: t.Any) -> None:
    shown = {
        "securityAssociations": [{"entityAssociated": {"planId": 12}, "securityAssociations": {"associations": [ROW]}}]
    }
    security, client = security_of(make_ctx, {"Security/158/12": shown})
    assert [row.grant for row in security.list_on_entity(GOLD)] == [Grant(GROUP, 35, GOLD)]
    assert client.intents == ["read the security associations of plans 12"]
    security.remember_name(GOLD, "gold")
    security.list_on_entity(GOLD)
    assert client.intents[-1] == "read the security associations of plans gold (id 12)"


@pytest.mark.parametrize(
    ("entity", "can"),
    [
        (GOLD, True),
        (Entity("commcell", 2), True),
        (Entity("type:64", 3), True),
        (Entity("servers", ALL_OF_KIND), False),
        (Entity("credentials", 8), False),
    ],
)
def test_all_of_a_kind_and_credentials_cannot_be_listed(make_ctx: t.Any, entity: Entity, can: bool) -> None:
    security, client = security_of(make_ctx, {f"Security/{number}": {} for number in ("158/12", "1/2", "64/3")})
    assert security.can_list_entity(entity) is can
    if can:
        assert security.list_on_entity(entity) == []
        return
    with pytest.raises(ConfigError, match="no call that lists"):
        security.list_on_entity(entity)
    assert client.sent == []


@pytest.mark.parametrize(
    ("principal", "path"),
    [
        (Principal("user", 4), "User/4/Security"),
        (GROUP, "UserGroup/21/Security"),
        (Principal("external_group", 57), "UserGroup/57/Security"),
    ],
)
def test_a_principal_is_asked_at_its_own_path(make_ctx: t.Any, principal: Principal, path: str) -> None:
    shown = {"associations": [{"entities": {"entity": [{"planId": 12}]}, "properties": {"role": {"roleId": 35}}}]}
    security, _client = security_of(make_ctx, {path: shown})
    security.remember_name(principal, "who")
    (row,) = security.list_of_principal(principal)
    assert (row.principal, row.principal_name, row.grant) == (principal, "who", Grant(principal, 35, GOLD))


def test_a_principal_that_is_not_there_is_an_error(make_ctx: t.Any) -> None:
    security, _client = security_of(make_ctx, {"User/4/Security": ApiError("error 587: no such user")})
    with pytest.raises(ApiError, match="no such user"):
        security.list_of_principal(Principal("user", 4))


@pytest.mark.parametrize(("release", "can"), [(0, True), (41, False), (42, True), (44, True)])
def test_from_11_42_on_principals_are_listed_completely(make_ctx: t.Any, release: int, can: bool) -> None:
    security, _client = security_of(make_ctx, release=release)
    assert security.can_list_principal is can
    assert security.is_known_to_list_principals is (can and release > 0), "a release that nobody tells is not known to"


@pytest.mark.parametrize(("release", "count"), [(0, 1), (42, 0)])
def test_a_release_that_is_not_shown_is_told_where_it_matters(make_ctx: t.Any, release: int, count: int) -> None:
    security, client = security_of(make_ctx, release=release)
    for dummy in range(2):
        security.warn_of_unknown_release()
    assert len(client.ctx.warnings) == count
    assert all("11.42" in warning for warning in client.ctx.warnings)


def test_nothing_to_write_is_not_sent(make_ctx: t.Any) -> None:
    security, client = security_of(make_ctx)
    security.add([], [(GROUP, 35)])
    security.remove([GOLD], [])
    assert client.sent == []


@pytest.mark.parametrize(
    ("entities", "pairs", "intent"),
    [
        ([GOLD], [(GROUP, 35)], "1 role on 1 entity"),
        ([GOLD, Entity("plans", 13)], [(GROUP, 35), (GROUP, 36)], "2 roles on 2 entities"),
    ],
)
def test_one_request_grants_or_revokes_all(make_ctx: t.Any, entities: t.Any, pairs: t.Any, intent: str) -> None:
    security, client = security_of(make_ctx)
    security.add(entities, pairs)
    security.remove(entities, pairs)
    assert client.intents == [f"grant {intent}", f"revoke {intent}"]
    assert [(one.method, one.path) for one in client.sent] == [("POST", "Security"), ("POST", "Security")]
    kinds = [one.body["securityAssociations"]["associationsOperationType"] for one in client.sent]
    assert kinds == ["ADD", "DELETE"]


def test_a_refused_write_says_which_rights_it_needs(make_ctx: t.Any) -> None:
    security, _client = security_of(make_ctx, {"POST Security": Forbidden("no")})
    with pytest.raises(Forbidden) as caught:
        security.add([GOLD], [(GROUP, 35)])
    assert "Change security settings" in caught.value.facts["needs"]


def test_rows_of_another_entity_are_inherited_and_rows_of_none_are_of_the_one_asked_about(make_ctx: t.Any) -> None:
    above = {"entityAssociated": {"commCellId": 2}, "securityAssociations": {"associations": [ROW]}}
    bare = {"securityAssociations": {"associations": [ROW]}}
    security, _client = security_of(make_ctx, {"Security/158/12": {"securityAssociations": [above, bare]}})
    assert [(row.grant_kind, row.entity) for row in security.list_on_entity(GOLD)] == [
        ("inherited", Entity("commcell", 2)),
        ("explicit", GOLD),
    ]


OWNED = {"ownerAssociations": {"owners": [{"userId": 1, "userName": "admin"}]}}


@pytest.mark.parametrize(
    ("entity", "answers", "paths"),
    [
        (Entity("plans", 12), {"Security/158/12": OWNED}, ["Security/158/12"]),
        (
            Entity("servers", 7),
            {"Client/7": {"clientProperties": [{"clientProps": {"securityAssociations": OWNED}}]}},
            ["Client/7"],
        ),
        (
            Entity("servers", 7),
            {"Client/7": {"clientProperties": [{"clientProps": {}}]}, "Security/3/7": OWNED},
            ["Client/7", "Security/3/7"],
        ),
    ],
)
def test_owners_are_read_where_they_are_shown(
    make_ctx: t.Any, entity: Entity, answers: t.Any, paths: list[str]
) -> None:
    client = FakeCommvault(make_ctx(), answers)
    found = SecurityAssociations(t.cast(t.Any, client)).list_owners(entity)
    assert [(row.principal, row.entity, row.grant_kind) for row in found] == [(Principal("user", 1), entity, "owner")]
    assert client.paths == [f"GET {path}" for path in paths]


@pytest.mark.parametrize("entity", [Entity("servers", ALL_OF_KIND), Entity("credentials", 7)])
def test_owners_without_a_call_are_refused(make_ctx: t.Any, entity: Entity) -> None:
    with pytest.raises(ConfigError, match="no call"):
        SecurityAssociations(t.cast(t.Any, FakeCommvault(make_ctx()))).list_owners(entity)
