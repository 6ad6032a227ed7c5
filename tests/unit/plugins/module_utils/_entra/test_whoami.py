# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who signs in to Entra ID: what the token says, what is asked beside it, and what may not be asked."""

from __future__ import annotations

import types
import typing as t

import pytest
from failed_reads import FAILED_READS
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.argument_specs import ArgumentSpec
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Forbidden,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.whoami import (
    DIRECTORY_ROLES,
    describe_entra_connection,
    is_entra_configured,
    list_token_permissions,
    read_entra_identity,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import entra_spec

DEFAULTS = {name: option.get("default") for name, option in ArgumentSpec(entra_spec().options).options.items()}
READER, ADMINISTRATOR = sorted(DIRECTORY_ROLES, key=DIRECTORY_ROLES.__getitem__)[:2]
NO_GUEST = "b79fbf4d-3ef9-4689-8143-76b194e85509"
PERSON = {"oid": guid(1), "tid": guid(2), "scp": "User.Read Group.Read.All", "idtyp": "user", "upn": "ann@x.example"}
MACHINE = {"oid": guid(3), "tid": guid(2), "roles": ["B", "A"], "idtyp": "app", "appid": guid(4)}
ROLES = f"/users/{guid(1)}/transitiveMemberOf/microsoft.graph.directoryRole"
USERS_OWN = f"/users/{guid(1)}/ownedObjects/microsoft.graph.application"
MACHINES_OWN = f"/servicePrincipals/{guid(3)}/ownedObjects/microsoft.graph.application"
TENANT = {
    "id": guid(9),
    "displayName": "Corp",
    "verifiedDomains": [{"name": "x.example"}, {"name": "a.example"}, {"isDefault": True}],
}
ANSWERS: dict[str, t.Any] = {
    "/organization": [TENANT],
    ROLES: [],
    USERS_OWN: [],
    MACHINES_OWN: [{"id": "1"}, {"id": "2"}],
}
WITHHELD = [
    Forbidden("no", status=403),
    NotFound("no", status=404),
    ApiError("no", status=400, code="Request_BadRequest"),
]


def read(
    make_ctx: t.Any, claims: dict[str, t.Any], answers: t.Any = None, expires_at: t.Any = None
) -> tuple[dict[str, t.Any], FakeGraph]:
    graph = FakeGraph(make_ctx(DEFAULTS), {**ANSWERS, **(answers or {})})
    graph.claims = claims
    graph.sign_in = types.SimpleNamespace(
        method="token", get_token=lambda scope: types.SimpleNamespace(expires_at=expires_at)
    )
    return read_entra_identity(graph.ctx, t.cast("t.Any", graph)), graph


@pytest.mark.parametrize(
    ("options", "configured"),
    [
        ({}, False),
        ({"auth_method": "auto", "cloud": "public", "ca_path": "/ca"}, False),
        ({"auth_method": None, "tenant_id": ""}, False),
        ({"auth_method": "managed_identity"}, True),
        ({"auth_method": "auto", "client_id": "x"}, True),
        ({"access_token": "x"}, True),
    ],
)
def test_any_input_of_a_sign_in_asks_for_one(options: dict[str, t.Any], configured: bool) -> None:
    assert is_entra_configured(options) is configured


def test_what_holds_before_any_sign_in_is_told(make_ctx: t.Any) -> None:
    found = describe_entra_connection(make_ctx({**DEFAULTS, "cloud": "usgov", "tenant_id": "x"}))
    assert found["cloud"] == "usgov" and found["graph_url"] == "https://graph.microsoft.us"
    assert found["authority_url"] == "https://login.microsoftonline.us"
    assert found.keys() == {"cloud", "authority_url", "graph_url", "ca", "proxy", "sources"}
    assert "tenant_id" in found["sources"]


@pytest.mark.parametrize(
    ("claims", "permissions"),
    [
        ({}, None),
        ({"oid": "x"}, []),
        ({"roles": ["b", "a"]}, ["a", "b"]),
        ({"scp": "b a"}, ["a", "b"]),
        ({"scp": "", "roles": ["x"]}, []),
        ({"scp": "a", "roles": ["x"]}, ["a"]),
    ],
)
def test_permissions_are_those_of_the_token(claims: dict[str, t.Any], permissions: list[str] | None) -> None:
    assert list_token_permissions(claims) == permissions


def test_an_application_is_told_by_its_token_and_what_it_owns(make_ctx: t.Any) -> None:
    found, graph = read(make_ctx, MACHINE)
    assert (found["permissions"], found["directory_roles"], found["owned_applications"]) == (["A", "B"], None, 2)
    assert found["identity"]["app_id"] == guid(4)
    assert found["tenant"] == {"id": guid(2), "display_name": "Corp", "domains": ["a.example", "x.example"]}
    assert graph.reads == ["/organization", MACHINES_OWN]


@pytest.mark.parametrize(
    ("wids", "listed", "roles", "asked"),
    [
        ([READER.upper(), NO_GUEST], [], [DIRECTORY_ROLES[READER]], False),
        ([NO_GUEST], [], [], False),
        (None, [{"displayName": "Reader"}, {"displayName": "Auditor"}, {}], ["Auditor", "Reader"], True),
        ([READER, guid(77)], [{"displayName": "Custom"}], ["Custom"], True),
        ([READER, guid(77)], WITHHELD[0], sorted([DIRECTORY_ROLES[READER], guid(77)]), True),
        (None, WITHHELD[0], None, True),
    ],
)
def test_directory_roles_come_from_the_token_and_are_asked_for_where_it_falls_short(
    make_ctx: t.Any, wids: t.Any, listed: t.Any, roles: list[str] | None, asked: bool
) -> None:
    claims = PERSON if wids is None else {**PERSON, "wids": wids}
    found, graph = read(make_ctx, claims, {ROLES: listed})
    assert found["directory_roles"] == roles
    assert (ROLES in graph.reads) is asked
    assert USERS_OWN in graph.reads


@pytest.mark.parametrize("withheld", WITHHELD)
def test_what_an_identity_may_not_ask_is_not_known(make_ctx: t.Any, withheld: ApiError) -> None:
    answers = dict.fromkeys(("/organization", ROLES, USERS_OWN), withheld)
    found, _graph = read(make_ctx, PERSON, answers)
    assert found["tenant"] == {"id": guid(2), "display_name": None, "domains": None}
    assert (found["directory_roles"], found["owned_applications"]) == (None, None)


@pytest.mark.parametrize("failure", [*FAILED_READS, ApiError("a page", status=400)])
@pytest.mark.parametrize("path", ["/organization", ROLES, USERS_OWN])
def test_what_cannot_be_asked_is_an_error(make_ctx: t.Any, path: str, failure: ApiError) -> None:
    with pytest.raises(type(failure)):
        read(make_ctx, PERSON, {path: failure})


def test_a_token_that_cannot_be_read_tells_nothing(make_ctx: t.Any) -> None:
    found, graph = read(make_ctx, {})
    assert (found["permissions"], found["owned_applications"], found["token_life_s"]) == (None, None, None)
    assert found["tenant"]["id"] == guid(9) and graph.reads == ["/organization"]


@pytest.mark.parametrize(
    ("ends_in_s", "expires_in_s", "left"), [(90, None, 90), (None, 60, 60), (90, 60, 90), (-5, None, 0)]
)
def test_the_life_that_a_token_has_left(
    make_ctx: t.Any, ends_in_s: float | None, expires_in_s: float | None, left: int
) -> None:
    now = make_ctx().clock.now().timestamp()
    claims = MACHINE if expires_in_s is None else {**MACHINE, "exp": now + expires_in_s}
    found, _graph = read(make_ctx, claims, expires_at=None if ends_in_s is None else now + ends_in_s)
    assert found["token_life_s"] == left
