# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the caller may change a registration: what its token says, and where owners have to be asked."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, NotFound, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.rights import (
    judge_token,
    read_right_to_change,
)

OWNERS = f"/applications/{guid(1)}/owners"
CALLER = guid(7)
APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
NO_ROLE = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
OWNED, ALL, READ = "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Application.Read.All"


def read(make_ctx: t.Any, claims: dict[str, t.Any], owners: t.Any = ()) -> tuple[bool | None, str, list[str]]:
    graph = FakeGraph(make_ctx({}), {OWNERS: owners})
    graph.claims = claims
    found = read_right_to_change(t.cast("t.Any", graph), guid(1))
    return found.is_shown, found.reason, graph.reads


@pytest.mark.parametrize(
    "claims",
    [
        {"roles": [READ, ALL]},
        {"roles": ["Directory.ReadWrite.All"]},
        {"roles": [], "wids": [NO_ROLE, APPLICATION_ADMINISTRATOR.upper()]},
        {"scp": f"openid {ALL}", "wids": [APPLICATION_ADMINISTRATOR]},
        {"scp": "Directory.AccessAsUser.All", "wids": [APPLICATION_ADMINISTRATOR]},
    ],
)
def test_a_token_that_shows_the_right_is_enough(make_ctx: t.Any, claims: dict[str, t.Any]) -> None:
    assert read(make_ctx, {"oid": CALLER, **claims}) == (True, "", [])


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"roles": [READ]}, "the token has Application.Read.All."),
        ({"roles": [], "wids": [NO_ROLE, GROUPS_ADMINISTRATOR]}, "the token has none."),
        ({"oid": CALLER}, "the token has none."),
        ({"roles": [f"Many.{number}" for number in range(9)]}, "Many.5 …."),
        ({"scp": "User.Read", "wids": [APPLICATION_ADMINISTRATOR]}, "the token has User.Read."),
        ({"scp": "User.Read\nnext", "wids": []}, "the token has User.Read, next."),
    ],
)
def test_a_token_without_the_permission_shows_that_it_is_missing(
    make_ctx: t.Any, claims: dict[str, t.Any], told: str
) -> None:
    is_shown, reason, reads = read(make_ctx, {"oid": CALLER, **claims})
    assert (is_shown, reads) == (False, [])
    assert reason.endswith(told)


@pytest.mark.parametrize("claims", [{}, {"roles": [READ], "wids": [guid(99)]}, {"roles": [OWNED], "wids": [guid(99)]}])
def test_what_does_not_tell_is_not_known(make_ctx: t.Any, claims: dict[str, t.Any]) -> None:
    """An opaque token, and a directory role of the tenant's own."""
    is_shown, reason, reads = read(make_ctx, claims)
    assert (is_shown, reads) == (None, [])
    assert reason


@pytest.mark.parametrize("claims", [{"roles": [OWNED]}, {"scp": ALL, "wids": [NO_ROLE]}])
def test_an_owner_may_change_what_it_owns(make_ctx: t.Any, claims: dict[str, t.Any]) -> None:
    owners = [{"id": guid(8)}, {"id": CALLER.upper()}]
    assert read(make_ctx, {"oid": CALLER, **claims}, owners) == (True, "", [OWNERS])


def test_an_owner_that_a_replica_does_not_list_yet_is_looked_for_once_more(make_ctx: t.Any) -> None:
    looks: list[t.Any] = [[], [{"id": CALLER}]]
    found = read(make_ctx, {"oid": CALLER, "roles": [OWNED]}, lambda _params: looks.pop(0))
    assert found == (True, "", [OWNERS, OWNERS])


def test_an_application_that_is_no_owner_may_not(make_ctx: t.Any) -> None:
    is_shown, reason, reads = read(make_ctx, {"oid": CALLER, "roles": [OWNED]}, [{"id": guid(8)}])
    assert (is_shown, reads) == (False, [OWNERS, OWNERS])
    assert "must be an owner" in reason


def test_a_person_that_is_no_owner_may_have_a_role_that_does_not_show(make_ctx: t.Any) -> None:
    assert read(make_ctx, {"oid": CALLER, "scp": ALL}, [{"id": guid(8)}])[0] is None


@pytest.mark.parametrize("error", [Forbidden("no"), NotFound("not here yet")])
def test_owners_that_cannot_be_read_tell_nothing(make_ctx: t.Any, error: Exception) -> None:
    assert read(make_ctx, {"oid": CALLER, "roles": [OWNED]}, error)[0] is None


def test_a_caller_without_an_object_id_is_not_known_as_an_owner(make_ctx: t.Any) -> None:
    """Nor as one of the owners that an answer gives no id."""
    assert read(make_ctx, {"roles": [OWNED]}, [{}, {"id": ""}])[::2] == (None, [])


def test_an_answer_that_fails_is_no_answer(make_ctx: t.Any) -> None:
    with pytest.raises(Unreachable):
        read(make_ctx, {"oid": CALLER, "roles": [OWNED]}, Unreachable("no route"))


@pytest.mark.parametrize("wids", ["text", {"a": 1}, [1, None], 7])
def test_claims_of_another_shape_are_no_roles(wids: t.Any) -> None:
    assert judge_token({"roles": [ALL], "wids": wids}, is_person=False) == ("shown", "")


@pytest.mark.parametrize("roles", [ALL, 7, {ALL: 1}, None])
def test_claims_of_another_shape_are_no_permissions(roles: t.Any) -> None:
    assert judge_token({"oid": CALLER, "roles": roles}, is_person=False)[0] == "missing"
