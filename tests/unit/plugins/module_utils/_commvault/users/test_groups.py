# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups of a user by name: namesakes keep apart, and what an identity provider looks after is left to it."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.canonical import parse_user
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.groups import UserGroupNames
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Problems

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"
HOME, CORP = {"id": 0, "name": "Commcell"}, {"id": 30, "name": "corp"}
LISTED = {
    "userGroups": [
        {"id": 21, "name": "ops", "company": HOME},
        {"id": 22, "name": "ops", "company": CORP},
        {"id": 23, "name": "fed", "company": HOME},
    ]
}
ANSWERS = {
    "V4/UserGroup": LISTED,
    "V4/company": {"companies": [CORP]},
    "V4/UserGroup/21": {"id": "21", "name": "ops"},
    "V4/UserGroup/22": {"id": "22", "name": "ops", "azureGUID": ""},
    "V4/UserGroup/23": {"id": "23", "name": "fed", "azureGUID": GUID.upper()},
}


def names(make_ctx: t.Any, **answers: t.Any) -> UserGroupNames:
    client = FakeCommvault(make_ctx(), {**ANSWERS, **answers})
    return UserGroupNames(client.ctx, Directory(t.cast(t.Any, client)))


def test_namesakes_of_several_companies(make_ctx: t.Any) -> None:
    given = ["OPS", {"name": "ops", "company": "corp"}, {"id": 21}]
    found = names(make_ctx).resolve("a", given, {})
    assert found == {"ops": 21, "ops (id 22)": 22}
    member = parse_user({"name": "a", "associatedUserGroups": [{"id": 22, "name": "ops"}, {"id": 21, "name": "ops"}]})
    current = names(make_ctx).list_ids(member)
    assert current == {"ops": 22, "ops (id 21)": 21}
    assert names(make_ctx).resolve("a", given, current) == current, "in the spelling that the two sides share"


def test_all_that_is_wrong_is_told_together(make_ctx: t.Any) -> None:
    with pytest.raises(Problems) as refused:
        names(make_ctx).resolve("a", ["nobody", {"nom": "x"}, "fed", "ops"], {})
    told = refused.value.facts["problems"]
    assert [(one["where"], one["kind"]) for one in told] == [
        ("user_groups[0]", "not_found"),
        ("user_groups[1]", "config"),
        ("user_groups[2]", "config"),
    ]
    assert GUID in told[2]["message"]


def test_a_linked_group_that_the_user_is_in_is_fine_and_never_left(make_ctx: t.Any) -> None:
    assert names(make_ctx).resolve("a", ["fed"], {"fed": 23}) == {"fed": 23}
    assert names(make_ctx).find_kept({"fed": 23, "ops": 21}) == ["fed"]


def test_a_link_that_cannot_be_read_is_an_error(make_ctx: t.Any) -> None:
    broken = {"V4/UserGroup/21": ApiError("broken", status=500)}
    with pytest.raises(ApiError, match="broken"):
        names(make_ctx, **broken).resolve("a", ["ops"], {})
    with pytest.raises(ApiError, match="broken"):
        names(make_ctx, **broken).find_kept({"ops": 21})
