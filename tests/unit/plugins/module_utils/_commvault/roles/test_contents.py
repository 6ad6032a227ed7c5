# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The permissions of a role are known only where the service shows all of them."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import PERMISSION_TREE
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.contents import RolePermissions
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Forbidden, Unreachable


def contents(make_ctx: t.Any, role: t.Any, **more: t.Any) -> tuple[RolePermissions, FakeCommvault]:
    client = FakeCommvault(make_ctx(), {"V4/Role/35": role, "V4/Permissions": PERMISSION_TREE, **more})
    given: t.Any = client
    return RolePermissions(given, Directory(given)), client


def permission(number: t.Any) -> dict[str, t.Any]:
    return {"permission": {"id": number, "name": "x"}, "type": "PERMISSION_ENTITY"}


def category(number: t.Any) -> dict[str, t.Any]:
    return {"category": {"id": number, "name": "c"}, "type": "CATEGORY_ENTITY"}


def test_a_role_is_read_once(make_ctx: t.Any) -> None:
    role, client = contents(make_ctx, {"permissions": [permission(31), permission("13")]})
    assert role.read_permission_ids(35) == role.read_permission_ids(35) == {31, 13}
    assert client.paths == ["GET V4/Role/35"], "the catalogue is not needed for single permissions"


def test_categories_are_expanded_with_one_read_of_the_catalogue(make_ctx: t.Any) -> None:
    role, client = contents(make_ctx, {"permissions": [category(117), permission(31)]})
    client.answers["V4/Role/36"] = {"permissions": [category(210)]}
    assert role.read_permission_ids(35) == {31, 151, 153, 900}
    assert role.read_permission_ids(36) == {900}
    assert client.paths.count("GET V4/Permissions") == 1


@pytest.mark.parametrize(
    ("row", "held"),
    [
        ({**permission(31), "category": {"id": 117}}, {31}),
        (category("210"), {900}),
        ({**category("210"), "permission": {"id": 0, "name": ""}}, {900}),
    ],
    ids=["permission with its category", "id as text", "category with an empty permission"],
)
def test_the_type_of_a_row_says_what_it_gives(make_ctx: t.Any, row: dict[str, t.Any], held: set[int]) -> None:
    assert contents(make_ctx, {"permissions": [row]})[0].read_permission_ids(35) == held


def test_a_category_without_permissions_adds_none(make_ctx: t.Any) -> None:
    empty = {"V4/Permissions": {"permissions": [{"category": {"id": 117}}]}}
    role, _client = contents(make_ctx, {"permissions": [category(117), permission(31)]}, **empty)
    assert role.read_permission_ids(35) == {31}


@pytest.mark.parametrize("shown", [{}, {"permissions": None}, {"permissions": []}, {"permissions": [{}]}])
def test_a_role_that_shows_no_permissions_is_not_known(make_ctx: t.Any, shown: dict[str, t.Any]) -> None:
    """There are no roles without permissions: an empty one would pass every check of rights."""
    role, client = contents(make_ctx, shown)
    assert role.read_permission_ids(35) is None
    assert role.read_permission_ids(35) is None
    assert client.paths == ["GET V4/Role/35"]


def test_a_category_that_the_catalogue_does_not_hold_leaves_the_role_unknown(make_ctx: t.Any) -> None:
    role, _client = contents(make_ctx, {"permissions": [category(4711), permission(31)]})
    assert role.read_permission_ids(35) is None


def test_a_role_that_is_gone_is_not_known(make_ctx: t.Any) -> None:
    assert contents(make_ctx, None)[0].read_permission_ids(35) is None


@pytest.mark.parametrize("error", [Forbidden("no"), Unreachable("no answer")])
def test_a_read_that_fails_is_an_error_and_is_tried_again(make_ctx: t.Any, error: Exception) -> None:
    role, client = contents(make_ctx, error)
    with pytest.raises(type(error)):
        role.read_permission_ids(35)
    client.answers["V4/Role/35"] = {"permissions": [permission(31)]}
    assert role.read_permission_ids(35) == {31}


@pytest.mark.parametrize("shown", ["all", 7, ["View"], {"permission": {"id": 31}}])
def test_permissions_that_are_no_list_of_objects_are_an_error(make_ctx: t.Any, shown: t.Any) -> None:
    with pytest.raises(BadAnswer, match="permissions"):
        contents(make_ctx, {"permissions": shown})[0].read_permission_ids(35)
