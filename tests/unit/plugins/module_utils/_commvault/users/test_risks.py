# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The risks of a change of a user: what cannot be checked is not passed."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.directory import Directory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.risks import UserRisks
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    Forbidden,
    GuardRefused,
    NotFound,
)

HOME = {"id": 0, "name": "Commcell"}
PASSWORD = {"commvault_auth_method": "password", "commvault_username": "corp\\Anna"}
TOKEN = {**PASSWORD, "commvault_auth_method": "access_token"}
LISTED = {
    "users": [
        {"id": 4, "name": "anna", "company": HOME},
        {"id": 9, "name": "anna", "company": {"id": 30, "name": "corp"}},
        {"id": 5, "name": "ben", "company": HOME},
    ]
}
ROLE = {"properties": {"role": {"roleId": 1, "roleName": "Master", "_type_": 120}}}
ON = {"entities": {"entity": [{"commCellId": 2, "_type_": 1}]}}


def grants(*holders: dict[str, t.Any]) -> dict[str, t.Any]:
    rows = [{**ON, "securityAssociations": {"associations": [{"userOrGroup": [one], **ROLE} for one in holders]}}]
    return {"securityAssociations": rows}


MASTER = {"userGroupId": 1, "userGroupName": "master", "_type_": 15}
GROUP = {"id": "1", "name": "master", "enabled": True, "users": [{"id": 4}, {"id": 5}]}


def risks(make_ctx: t.Any, answers: t.Any = None, caller: t.Any = (44, "svc"), **options: t.Any) -> UserRisks:
    known = {
        "v4/user": LISTED,
        "V4/UserGroup/1": GROUP,
        "Security/1/2": grants(MASTER),
        "v4/user/4": {"name": "anna", "enabled": True},
        "v4/user/5": {"name": "ben", "enabled": False},
        **(answers or {}),
    }
    client = FakeCommvault(make_ctx({**PASSWORD, **options}), known, caller=caller)
    return UserRisks(client.ctx, t.cast(t.Any, client), Directory(t.cast(t.Any, client)), 4, "anna")


def find_refusal(check: t.Callable[[], None]) -> str | None:
    try:
        check()
    except GuardRefused as refused:
        return str(refused.facts["risk"])
    return None


@pytest.mark.parametrize(
    ("caller", "options", "expected"),
    [
        ((4, "whoever"), PASSWORD, "own_rights"),
        ((5, "anna"), PASSWORD, None),
        ((0, "ANNA"), TOKEN, "own_rights"),
        ((0, "ben"), TOKEN, None),
        ((0, ""), PASSWORD, "own_rights"),
        ((0, ""), {**PASSWORD, "commvault_username": "ben"}, None),
        ((0, ""), TOKEN, "own_rights"),
    ],
)
def test_the_signed_in_user(make_ctx: t.Any, caller: t.Any, options: t.Any, expected: str | None) -> None:
    made = risks(make_ctx, caller=caller, **options)
    assert find_refusal(lambda: made.check_own_rights("be deleted")) == expected
    accepted = risks(make_ctx, caller=caller, **options, accept_risk=["own_rights"], accept_reason="x")
    assert find_refusal(lambda: accepted.check_own_rights("be deleted")) is None


@pytest.mark.parametrize(
    ("answers", "lost", "expected"),
    [
        ({}, None, "last_admin"),
        ({}, [1], "last_admin"),
        ({}, [21], None),
        ({"v4/user/5": {"name": "ben", "enabled": True}}, None, None),
        ({"v4/user/4": {"name": "anna", "enabled": False}}, None, None),
        ({"Security/1/2": grants(MASTER, {"userId": 4, "userName": "anna", "_type_": 13})}, [1], None),
        ({"Security/1/2": grants(MASTER, {"userId": 4, "userName": "anna", "_type_": 13})}, None, "last_admin"),
        ({"V4/UserGroup/1": {**GROUP, "azureGUID": "x"}}, None, None),
        ({"Security/1/2": Forbidden("no", status=403)}, None, "last_admin"),
    ],
)
def test_the_last_administrator(make_ctx: t.Any, answers: t.Any, lost: t.Any, expected: str | None) -> None:
    made = risks(make_ctx, answers)
    assert find_refusal(lambda: made.check_last_admin("be deleted", lost)) == expected
    accepted = risks(make_ctx, answers, accept_risk=["last_admin"], accept_reason="x")
    assert find_refusal(lambda: accepted.check_last_admin("be deleted", lost)) is None


def test_a_read_that_fails_is_an_error(make_ctx: t.Any) -> None:
    for path in ("Security/1/2", "v4/user/5", "V4/UserGroup/1"):
        with pytest.raises(ApiError, match="broken"):
            risks(make_ctx, {path: ApiError("broken", status=500)}).check_last_admin("be deleted", None)


def test_not_found_may_pass_and_is_passed_on_unless_the_risk_is_accepted(make_ctx: t.Any) -> None:
    answers = {"Security/1/2": NotFound("not now", status=404)}
    with pytest.raises(NotFound):
        risks(make_ctx, answers).check_last_admin("be deleted", None)
    risks(make_ctx, answers, accept_risk=["last_admin"], accept_reason="x").check_last_admin("be deleted", None)


@pytest.mark.parametrize(
    ("names", "expected"), [([], None), (["ANNA"], "break_glass"), (["ben"], None), (["ben", "anna"], "break_glass")]
)
def test_break_glass_accounts(make_ctx: t.Any, names: list[str], expected: str | None) -> None:
    made = risks(make_ctx)
    assert find_refusal(lambda: made.check_break_glass("be deleted", names)) == expected
