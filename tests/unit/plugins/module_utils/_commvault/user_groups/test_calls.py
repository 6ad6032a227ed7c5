# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request per call, with nothing in it that was not asked for, and a group that was changed is read anew."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault, Sent

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.calls import UserGroups
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden

LISTED = {
    "userGroups": [
        {"id": 21, "name": "ops", "company": {"id": 0}},
        {"id": 22, "name": "ops", "company": {"id": 30, "name": "corp"}},
        {"id": 23, "name": "twice", "company": {"id": 0}},
        {"id": 24, "name": "TWICE", "company": {"id": 0}},
    ]
}


def groups(make_ctx: t.Any, **answers: t.Any) -> tuple[UserGroups, FakeCommvault]:
    known = {"V4/UserGroup": LISTED, "V4/company": {"companies": [{"id": 30, "name": "corp"}]}}
    client = FakeCommvault(make_ctx(), {**known, **answers})
    return UserGroups(t.cast(t.Any, client)), client


@pytest.mark.parametrize(
    ("description", "body"),
    [
        (None, {"name": "new", "enforceFSQuota": False}),
        ("", {"name": "new", "enforceFSQuota": False}),
        ("d", {"name": "new", "enforceFSQuota": False, "description": "d"}),
    ],
)
def test_a_group_is_created_with_what_a_create_takes(
    make_ctx: t.Any, description: str | None, body: dict[str, t.Any]
) -> None:
    made, client = groups(make_ctx, **{"POST V4/UserGroup": {"id": "25"}})
    assert made.create("new", description) == 25
    assert client.sent == [Sent("POST", "V4/UserGroup", body, None, {})]
    assert made.create("new", description, 30) == 25
    assert client.sent[-1].headers == {"operatorCompanyId": "30"}


def test_a_link_sends_nothing_but_the_link(make_ctx: t.Any) -> None:
    made, client = groups(make_ctx)
    made.link(21, "guid")
    made.link(21, "")
    assert [(one.method, one.path, one.body) for one in client.sent] == [
        ("PUT", "V4/UserGroup/21", {"azureGUID": "guid"}),
        ("PUT", "V4/UserGroup/21", {"azureGUID": ""}),
    ]


def test_members_are_added_and_removed_and_never_replaced(make_ctx: t.Any) -> None:
    made, client = groups(make_ctx)
    made.add_members(21, [4, 5])
    made.remove_members(21, [6])
    assert [one.body for one in client.sent] == [
        {"users": [{"id": 4}, {"id": 5}], "userOperationType": "ADD"},
        {"users": [{"id": 6}], "userOperationType": "DELETE"},
    ]
    assert client.intents == ["add members to user group 21", "remove members from user group 21"]


def test_a_deleted_groups_objects_go_to_the_heir(make_ctx: t.Any) -> None:
    made, client = groups(make_ctx)
    made.delete(21, 4, 0)
    assert client.sent == [Sent("DELETE", "V4/UserGroup/21", None, {"newUserId": 4, "newUserGroupId": 0}, None)]


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.update(21, {"enabled": False}, intent="update it"),
        lambda made: made.link(21, "b"),
        lambda made: made.add_members(21, [4]),
        lambda made: made.delete(21, 4, 0),
    ],
)
def test_a_group_that_was_changed_is_read_anew(make_ctx: t.Any, change: t.Callable[[UserGroups], None]) -> None:
    made, _client = groups(make_ctx, **{"GET V4/UserGroup/21": [{"azureGUID": "a"}, {"azureGUID": "b"}]})
    assert made.directory.read_user_group(21) == made.directory.read_user_group(21) == {"azureGUID": "a"}
    change(made)
    assert made.directory.read_user_group(21) == {"azureGUID": "b"}


@pytest.mark.parametrize("error", [Forbidden("no"), ApiError("HTTP 500", status=500)])
def test_a_refused_change_is_an_error_and_the_group_stays_known(make_ctx: t.Any, error: Exception) -> None:
    made, client = groups(make_ctx, **{"GET V4/UserGroup/21": {"azureGUID": "a"}, "PUT V4/UserGroup/21": error})
    made.directory.read_user_group(21)
    with pytest.raises(type(error)):
        made.link(21, "b")
    made.directory.read_user_group(21)
    assert client.paths.count("GET V4/UserGroup/21") == 1
