# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Owners of all entities are told, and so is every entity of which they are not shown."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.owners import EntityOwners, OwnersFound
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.calls import SecurityAssociations
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
    Throttled,
)


def owned(*numbers: int) -> dict[str, t.Any]:
    return {"ownerAssociations": {"owners": [{"userId": number, "userName": f"user {number}"} for number in numbers]}}


def client(*numbers: int) -> dict[str, t.Any]:
    return {"clientProperties": [{"clientProps": {"securityAssociations": owned(*numbers)}}]}


def credential(owner: t.Any) -> dict[str, t.Any]:
    return {"id": 61, "name": "azure-prod", "security": {"owner": owner}}


ANSWERS: dict[str, t.Any] = {
    "V4/company": {"companies": [{"id": 30, "name": "corp"}]},
    "Client": {
        "clientProperties": [
            {"client": {"clientEntity": {"clientId": number, "clientName": f"server {number}"}}} for number in (7, 8)
        ]
    },
    "ClientGroup": {"groups": []},
    "V2/Plan": {"plans": [{"plan": {"planId": 12, "planName": "gold"}}]},
    "StoragePool": {"storagePoolList": []},
    "Workflow": {"container": []},
    "V4/Credential": {"credentialManager": [{"id": 61, "name": "azure-prod"}]},
    "Security/1/2": {},
    "Security/61/30": owned(3),
    "Client/7": client(2, 1),
    "Client/8": client(),
    "Security/158/12": {},
    "V5/Credential/61": credential({"user": {"id": 4, "name": "anna"}}),
}


def read(make_ctx: t.Any, *kinds: str, answers: t.Any = None, **fields: t.Any) -> tuple[OwnersFound, FakeCommvault]:
    ctx = make_ctx({"parallel_reads": 2})
    fake = FakeCommvault(ctx, {**ANSWERS, **(answers or {})}, **fields)
    directory = Directory(t.cast(t.Any, fake))
    owners = EntityOwners(ctx, t.cast(t.Any, fake), directory, SecurityAssociations(t.cast(t.Any, fake)))
    return owners.read(kinds or ENTITY_TYPES), fake


def test_owners_of_all_kinds(make_ctx: t.Any) -> None:
    found, fake = read(make_ctx)
    assert [(row.entity, row.entity_name, row.principal, row.principal_name) for row in found.rows] == [
        (Entity("company", 30), "corp", Principal("user", 3), "user 3"),
        (Entity("credentials", 61), "azure-prod", Principal("user", 4), "anna"),
        (Entity("servers", 7), "server 7", Principal("user", 1), "user 1"),
        (Entity("servers", 7), "server 7", Principal("user", 2), "user 2"),
    ]
    assert {row.grant_kind for row in found.rows} == {"owner"} and found.unread == []
    assert len(fake.paths) == 7 + 6, "one list for each kind but the CommCell, and one call for each entity"


def test_only_the_kinds_asked_for_are_read(make_ctx: t.Any) -> None:
    _found, fake = read(make_ctx, "plans", "plans")
    assert fake.paths == ["GET V2/Plan", "GET Security/158/12"]


@pytest.mark.parametrize("refusal", [Forbidden("no"), NotFound("gone")])
@pytest.mark.parametrize(
    ("path", "entity", "name"),
    [
        ("Client/7", Entity("servers", 7), "server 7"),
        ("Security/158/12", Entity("plans", 12), "gold"),
        ("V5/Credential/61", Entity("credentials", 61), "azure-prod"),
        ("Client", Entity("servers", ALL_OF_KIND), "all servers"),
        ("V4/company", Entity("company", ALL_OF_KIND), "all company"),
    ],
)
def test_what_this_account_may_not_see_is_named(
    make_ctx: t.Any, path: str, entity: Entity, name: str, refusal: ApiError
) -> None:
    found, _fake = read(make_ctx, answers={path: refusal})
    assert found.unread == [(entity, name)]
    assert all(row.entity != entity for row in found.rows) and found.rows


@pytest.mark.parametrize("security", [None, {}, {"owner": None}, {"owner": {}}, {"owner": {"user": {"id": 0}}}])
def test_a_credential_without_an_owner_is_one_whose_owner_is_not_shown(make_ctx: t.Any, security: t.Any) -> None:
    shown = {"id": 61, "name": "azure-prod", "security": security}
    found, _fake = read(make_ctx, "credentials", answers={"V5/Credential/61": shown})
    assert found == OwnersFound([], [(Entity("credentials", 61), "azure-prod")])


def test_older_calls_show_no_owner_of_a_credential(make_ctx: t.Any) -> None:
    older = {"credentialRecordInfo": [{"credentialRecord": {"credentialId": 61, "credentialName": "azure-prod"}}]}
    answers = {"V4/Credential": None, "CommCell/Credentials": older}
    found, fake = read(make_ctx, "credentials", answers=answers, release=30)
    assert found == OwnersFound([], [(Entity("credentials", 61), "azure-prod")])
    assert not any("V5" in path for path in fake.paths)


@pytest.mark.parametrize("path", ["Client", "Client/8", "Security/1/2", "V5/Credential/61"])
@pytest.mark.parametrize("error", [Throttled("later"), BadAnswer("html"), ApiError("no", code="7", status=200)])
def test_a_read_that_fails_is_an_error(make_ctx: t.Any, path: str, error: ApiError) -> None:
    with pytest.raises(type(error)):
        read(make_ctx, answers={path: error})


def test_names_of_two_entities_may_be_equal(make_ctx: t.Any) -> None:
    plans = {"plans": [{"plan": {"planId": number, "planName": "gold"}} for number in (12, 13)]}
    answers = {"V2/Plan": plans, "Security/158/12": owned(1), "Security/158/13": owned(2)}
    found, _fake = read(make_ctx, "plans", answers=answers)
    assert [(row.entity.id, row.principal.id) for row in found.rows] == [(12, 1), (13, 2)]
