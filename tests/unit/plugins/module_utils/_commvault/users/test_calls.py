# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request per call, in the words of the API that takes it, and nothing in it that was not asked for."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault, Sent

from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.calls import NameTaken, Users
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.plan import Heir
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    Unreachable,
)

HOME = {"id": 0, "name": "Commcell"}
LISTED = {"users": [{"id": 4, "name": "anna", "company": HOME}]}
GROUPS = {"userGroups": [{"id": 21, "name": "ops", "company": HOME}]}
BY_NAME = "User/byName(userName='robot')"
PENDING = "Cannot do it: Commvault error 7: The request has been submitted for approval."
TAKEN = "Cannot create user x: Commvault error 8: User [x] already exists."


def users(make_ctx: t.Any, answers: t.Any = None, **options: t.Any) -> tuple[Users, FakeCommvault]:
    client = FakeCommvault(make_ctx(options), {"v4/user": LISTED, "V4/UserGroup": GROUPS, **(answers or {})})
    return Users(t.cast(t.Any, client), Directory(t.cast(t.Any, client))), client


def refusal(text: str, **more: t.Any) -> ApiError:
    return ApiError(text, code=text.rpartition("error ")[2].partition(":")[0], status=400, **more)


def test_a_local_user_is_created_in_one_request(make_ctx: t.Any) -> None:
    made, client = users(make_ctx, {"POST v4/user": {"users": [{"id": "44", "name": "x"}]}})
    fields = {"full_name": "X", "email": "x@y", "user_principal_name": "u@y"}
    assert made.create("x", "local", fields, [21], "pÄss ", 30) == 44
    row = {
        "name": "x",
        "inviteUser": False,
        "fullName": "X",
        "email": "x@y",
        "userPrincipalName": "u@y",
        "useSystemGeneratePassword": False,
        "password": "cMOEc3Mg",
        "userGroups": [{"id": 21}],
        "company": {"id": 30},
    }
    assert client.sent == [Sent("POST", "v4/user", {"users": [row]}, None, {"operatorCompanyId": "30"})]


def test_without_a_password_commvault_makes_one_and_a_directory_has_its_own(make_ctx: t.Any) -> None:
    made, client = users(make_ctx, {"POST v4/user": {"users": [{"id": 44}]}})
    made.create("x", "local", {"email": "x@y"}, [], None, None)
    made.create("CORP\\x", "external", {}, [], None, None)
    assert [one.body["users"][0] for one in client.writes] == [
        {"name": "x", "inviteUser": False, "email": "x@y", "useSystemGeneratePassword": True},
        {"name": "CORP\\x", "inviteUser": False},
    ]


def test_a_service_account_goes_through_the_older_call(make_ctx: t.Any) -> None:
    answer = {"response": [{"errorCode": 0, "errorString": "", "entity": {"userId": 45, "userName": "robot"}}]}
    made, client = users(make_ctx, {"POST User": answer})
    assert made.create("robot", "service_account", {"full_name": "R", "description": "d"}, [21, 99], None, 0) == 45
    row = {
        "userEntity": {"userName": "robot"},
        "isServiceAccount": True,
        "fullName": "R",
        "description": "d",
        "associatedUserGroups": [{"userGroupId": 21, "userGroupName": "ops"}, {"userGroupId": 99}],
    }
    assert client.writes == [Sent("POST", "User", {"users": [row]}, None, {})]


def test_a_creation_that_waits_for_an_approval_has_no_id(make_ctx: t.Any) -> None:
    made, _client = users(make_ctx, {"POST User": refusal(PENDING)})
    assert made.create("robot", "service_account", {}, [], None, None) is None
    made, _client = users(make_ctx, {"POST User": {"response": [{"errorCode": 0}]}})
    assert made.create("robot", "service_account", {}, [], None, None) is None


def test_a_name_that_is_taken_by_what_no_list_shows(make_ctx: t.Any) -> None:
    made, client = users(make_ctx, {"POST User": refusal(TAKEN)})
    with pytest.raises(NameTaken):
        made.create("robot", "service_account", {}, [], None, None)
    made, client = users(make_ctx, {"POST v4/user": Forbidden("no", code="1", status=403)})
    with pytest.raises(Forbidden):
        made.create("x", "local", {}, [], None, None)
    assert len(client.writes) == 1


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (None, None),
        ({"users": []}, None),
        (Forbidden("no", status=403), None),
        (ApiError("no", code="9", status=400), None),
        ({"users": [{"userEntity": {"userId": 45, "userName": "Robot"}}]}, 45),
        ({"users": [{"userEntity": {"userId": 45, "userName": "corp\\robot"}}]}, 45),
        ({"users": [{"userEntity": {"userId": 45, "userName": "other"}}]}, None),
        ({"users": [{"userEntity": {"userId": 45, "userName": "robot", "entityInfo": {"companyId": 30}}}]}, None),
        ({"users": [{"userEntity": {"userId": 45, "userName": "robot", "entityInfo": {"companyId": 0}}}]}, 45),
    ],
)
def test_an_account_that_no_list_shows_is_looked_for_by_name(make_ctx: t.Any, answer: t.Any, found: int | None) -> None:
    made, _client = users(make_ctx, {BY_NAME: answer})
    unlisted = made.find_unlisted("robot", None)
    assert (unlisted and unlisted[0]) == found
    assert users(make_ctx)[0].find_unlisted("o'hara", None) is None


def test_a_look_that_fails_is_no_absence(make_ctx: t.Any) -> None:
    for failure in (Unreachable("down"), ApiError("broken", status=500)):
        with pytest.raises(ApiError):
            users(make_ctx, {BY_NAME: failure})[0].find_unlisted("robot", None)
        with pytest.raises(ApiError):
            users(make_ctx, {"User/45": failure})[0].read_is_service_account(45)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"users": [{"isServiceAccount": True}]}, True),
        ({"users": [{"isServiceAccount": 0}]}, False),
        ({"users": [{}]}, None),
        ({"users": []}, None),
        (None, None),
        (Forbidden("no", status=403), None),
    ],
)
def test_the_older_call_may_tell_what_the_newer_one_does_not(make_ctx: t.Any, answer: t.Any, told: bool | None) -> None:
    made, client = users(make_ctx, {"User/45": answer})
    assert made.read_is_service_account(45) is told
    assert client.sent[-1].params == {"Level": "50"}


def test_changes_send_what_changes(make_ctx: t.Any) -> None:
    made, client = users(make_ctx, commvault_pin="123456")
    assert made.update(44, {"full_name": "Y"}, intent="x") is False
    made.update(44, {"email": "a@b"}, intent="x")
    made.set_password(44, "x", "new", "old")
    made.join(44, [21], intent="x")
    made.leave(44, [22, 23], intent="x")
    assert [(one.body, one.headers) for one in client.sent] == [
        ({"fullName": "Y"}, None),
        ({"email": "a@b"}, {"otp": "123456"}),
        ({"newPassword": "bmV3", "validationPassword": "b2xk"}, {"otp": "123456"}),
        ({"userGroups": [{"id": 21}], "userGroupOperation": "ADD"}, None),
        ({"userGroups": [{"id": 22}, {"id": 23}], "userGroupOperation": "DELETE"}, None),
    ]
    assert {(one.method, one.path) for one in client.sent} == {("PUT", "v4/user/44")}


def test_a_refused_proof_is_explained_and_not_tried_again(make_ctx: t.Any) -> None:
    refused = refusal("Cannot write: Commvault error 3: The validation Password is not correct.")
    made, client = users(make_ctx, {"PUT v4/user/44": refused})
    with pytest.raises(ConfigError, match="validation_password"):
        made.set_password(44, "x", "new", "old")
    assert len(client.writes) == 1
    for other in (refusal("Cannot write: Commvault error 3: Locked."), Unreachable("gone", may_have_acted=True)):
        with pytest.raises(ApiError):
            users(make_ctx, {"PUT v4/user/44": other})[0].set_password(44, "x", "new", "old")


@pytest.mark.parametrize(
    ("answer", "waits"),
    [({"errorCode": 0}, False), ({"errorMessage": "Submitted for approval."}, True), (refusal(PENDING), True)],
)
def test_a_write_tells_whether_it_waits(make_ctx: t.Any, answer: t.Any, waits: bool) -> None:
    made, _client = users(make_ctx, {"PUT v4/user/44": answer, "DELETE v4/user/44": answer})
    assert made.update(44, {"full_name": "Y"}, intent="x") is waits
    assert made.delete(44, "x", Heir(1)) is waits


def test_both_spellings_of_the_new_owner_are_sent(make_ctx: t.Any) -> None:
    made, client = users(make_ctx)
    made.delete(44, "x", Heir(5, 0, "user a"))
    made.delete(44, "x", Heir(0, 21, "user group b"))
    made.delete(44, "x", Heir())
    assert [one.params for one in client.sent] == [
        {"newUserId": "5", "newUserGroupId": "0", "transferToUser": "5", "transfertoUserGroup": "0"},
        {"newUserId": "0", "newUserGroupId": "21", "transferToUser": "0", "transfertoUserGroup": "21"},
        {"newUserId": "0", "newUserGroupId": "0", "skipOwnerShipTransfer": "true"},
    ]


@pytest.mark.parametrize(
    ("release", "wire", "older", "kind", "calls"),
    [
        (44, {"name": "a", "isServiceAccount": True}, None, "service_account", 0),
        (44, {"name": "CORP\\a"}, None, "external", 0),
        (44, {"name": "a"}, {"users": [{"isServiceAccount": False}]}, "local", 1),
        (0, {"name": "a"}, {"users": [{"isServiceAccount": 1}]}, "service_account", 1),
        (42, {"name": "a"}, {"users": [{}]}, None, 1),
        (42, {"name": "a"}, None, None, 1),
        (41, {"name": "a"}, None, "local", 0),
    ],
)
def test_the_older_call_is_asked_for_the_kind_only_where_the_newer_does_not_tell(
    make_ctx: t.Any, release: int, wire: t.Any, older: t.Any, kind: t.Any, calls: int
) -> None:
    made, client = users(make_ctx, {"User/4": older} if older else {})
    client.release = release
    assert made.find_kind(4, wire) == kind
    assert client.paths == ["GET User/4"] * calls
