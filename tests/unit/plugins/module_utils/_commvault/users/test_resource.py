# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One user from options to requests: accounts that wait for an approval, and what the service does not tell."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault, make_resource
from fake_graph import carry_out

from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.resource import UserResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    ConfigError,
    NotFound,
    WaitTimeout,
)

HOME = {"id": 0, "name": "Commcell"}
ANNA = {"id": 4, "name": "anna", "email": "a@x", "enabled": True, "isServiceAccount": False, "company": HOME}
OPTIONS: dict[str, t.Any] = {
    "name": "anna",
    "kind": "local",
    "state": "present",
    "exclusive": False,
    "max_removals": 20,
    "password_policy": "on_create",
    "skip_ownership_transfer": False,
    "accept_risk": [],
    "commvault_auth_method": "password",
    "commvault_password": "own",
}
ROBOT = {"name": "robot", "kind": "service_account"}
CREATED = {"response": [{"errorCode": 0, "entity": {"userId": 45}}]}
BY_NAME = "User/byName(userName='robot')"
TAKEN = "Cannot create user robot: Commvault error 8: User [robot] already exists."


def site(
    make_ctx: t.Any, user: dict[str, t.Any] | None = ANNA, answers: t.Any = None, fields: t.Any = None, **options: t.Any
) -> tuple[UserResource, FakeCommvault]:
    known = {
        "v4/user": {"users": [{key: user[key] for key in ("id", "name", "company")}] if user else []},
        **({f"GET v4/user/{user['id']}": user} if user else {}),
        "V4/UserGroup": {"userGroups": [{"id": 21, "name": "ops", "company": HOME}]},
        "V4/UserGroup/21": {"id": "21", "name": "ops"},
        "V4/company": {"companies": []},
        **(answers or {}),
    }
    client = FakeCommvault(make_ctx({**OPTIONS, **options}), known, **(fields or {}))
    return make_resource(UserResource, client), client


def test_a_user_that_is_as_asked_for_is_left(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, name="ANNA", email="A@X", enabled=True)
    assert not resource.plan().changed
    assert client.paths == ["GET v4/user", "GET v4/user/4"], "two reads, and no group is looked at"
    assert resource.result() == {
        "id": "4",
        "name": "anna",
        "company": None,
        "kind": "local",
        "description": "",
        "email": "a@x",
        "enabled": True,
        "full_name": "",
        "user_principal_name": "",
        "identity_provider": None,
        "password_written": False,
        "pending_approval": False,
    }
    assert resource.verify() == []


def test_what_only_an_update_takes_follows_the_creation(make_ctx: t.Any) -> None:
    answers = {"POST v4/user": {"users": [{"id": 44}]}}
    resource, client = site(make_ctx, None, answers, email="a@x", description="d", user_groups=["ops"], password="p")
    carry_out(resource, resource.plan())
    assert [(one.method, one.path) for one in client.writes] == [("POST", "v4/user"), ("PUT", "v4/user/44")]
    assert client.writes[0].body["users"][0]["userGroups"] == [{"id": 21}]
    assert client.writes[1].body == {"description": "d"}


@pytest.mark.parametrize("shown", [True, None])
def test_an_account_that_waits_is_left_alone(make_ctx: t.Any, shown: bool | None) -> None:
    row = {"userEntity": {"userId": 45, "userName": "robot"}, "fullName": "old"}
    answers = {BY_NAME: {"users": [row if shown is None else {**row, "isServiceAccount": shown}]}}
    resource, client = site(make_ctx, None, answers, **ROBOT, full_name="new")
    assert not resource.plan().changed
    result = resource.result()
    assert (result["id"], result["pending_approval"], result["full_name"]) == ("45", True, "old")
    assert client.writes == [] and len(client.ctx.warnings) >= 1


def test_a_name_that_is_taken_by_an_account_nobody_shows_changes_nothing(make_ctx: t.Any) -> None:
    answers = {"POST User": ApiError(TAKEN, code="8", status=200)}
    resource, client = site(make_ctx, None, answers, **ROBOT, enabled=False)
    planned = resource.plan()
    assert len(planned.steps) == 2
    carry_out(resource, planned)
    assert not resource.get_applied_plan().changed and resource.verify() == []
    result = resource.result()
    assert (result["name"], result["id"], result["pending_approval"]) == ("robot", None, True)
    assert {one.path for one in client.writes} == {"User"}
    local = {"POST v4/user": ApiError(TAKEN, code="8", status=400)}
    resource, client = site(make_ctx, None, local, name="robot", email="a@x")
    with pytest.raises(ConfigError, match="This account cannot see the user of this name"):
        carry_out(resource, resource.plan())


@pytest.mark.parametrize("answer", [NotFound("gone", status=404), {"errorCode": 0}])
def test_what_a_new_account_does_not_take_yet_is_left_for_the_next_run(make_ctx: t.Any, answer: t.Any) -> None:
    resource, client = site(make_ctx, None, {"POST User": CREATED, "PUT v4/user/45": answer}, **ROBOT, enabled=False)
    carry_out(resource, resource.plan())
    done = [step.action for step in resource.get_applied_plan().steps]
    assert done == (["create"] if isinstance(answer, NotFound) else ["create", "update"])
    assert [one.method for one in client.writes] == ["POST", "PUT"]
    found = {finding["field"] for finding in resource.verify()}
    assert "state" in found and resource.result()["pending_approval"] is True


def test_an_account_that_is_listed_is_usable(make_ctx: t.Any) -> None:
    robot = {"id": 45, "name": "robot", "enabled": True, "isServiceAccount": True, "company": HOME}
    answers: dict[str, t.Any] = {"POST User": CREATED, "GET v4/user/45": robot}
    resource, client = site(make_ctx, None, answers, **ROBOT)
    planned = resource.plan()
    assert resource.result()["pending_approval"] is None, "that is not known before"
    client.answers["v4/user"] = {"users": [robot]}
    carry_out(resource, planned)
    assert resource.verify() == [] and resource.result()["pending_approval"] is False
    client.answers["GET v4/user/45"] = {**robot, "isServiceAccount": False}
    assert resource.verify() == [{"field": "kind"}]


def test_a_kind_that_is_not_told_is_asked_for_and_then_told_as_unknown(make_ctx: t.Any) -> None:
    untold = {key: value for key, value in ANNA.items() if key != "isServiceAccount"}
    resource, client = site(make_ctx, untold)
    resource.plan()
    assert "GET User/4" in client.paths and resource.result()["kind"] is None
    assert any("does not show whether" in text for text in client.ctx.warnings)
    resource, client = site(make_ctx, untold, fields={"release": 40})
    resource.plan()
    assert "GET User/4" not in client.paths and resource.result()["kind"] == "local"


def test_an_unknown_release_is_warned_about(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, None, fields={"release": 0}, **ROBOT)
    assert resource.plan().changed
    assert any("is not allowed to read the release" in text for text in client.ctx.warnings)


@pytest.mark.parametrize(
    "owner", [{"user": "nobody"}, {"user_group": "nobody"}, {"user": {"nom": "x"}}, {"user": "anna"}, {"user": ""}]
)
def test_an_heir_that_cannot_inherit(make_ctx: t.Any, owner: t.Any) -> None:
    resource, client = site(make_ctx, kind=None, state="absent", new_owner=owner)
    with pytest.raises(ConfigError, match="new_owner"):
        resource.plan()
    assert client.writes == []


def test_a_deletion_that_does_not_show_is_no_success(make_ctx: t.Any) -> None:
    options = {"kind": None, "state": "absent", "skip_ownership_transfer": True, "accept_risk": ["last_admin"]}
    resource, client = site(make_ctx, **options)
    client.answers["Security/1/2"] = {"securityAssociations": []}
    carry_out(resource, resource.plan())
    with pytest.raises(WaitTimeout, match="state"):
        resource.verify()


def test_namesakes_are_not_guessed_at(make_ctx: t.Any) -> None:
    twins = {"users": [{"id": 4, "name": "anna", "company": HOME}, {"id": 5, "name": "anna", "company": HOME}]}
    answers = {"v4/user": twins, "V4/User/4": ANNA, "V4/User/5": ANNA}
    with pytest.raises(AmbiguousMatch):
        site(make_ctx, answers=answers)[0].plan()
