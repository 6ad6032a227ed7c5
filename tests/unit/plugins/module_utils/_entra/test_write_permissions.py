# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Permissions that a plan needs and an application's token does not hold."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AuthError
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.write_permissions import describe_lacking

APPLICATION = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
GROUPS_ADMINISTRATOR = "fdd7a751-b60b-444a-984c-02652fe8fa1c"


def plan(*actions: str) -> Plan:
    change = Change("+", "group X", "group", "is made")
    return Plan({}, {}, tuple(Step(action, f"group {number}", (change,)) for number, action in enumerate(actions)))


def lacking(noun: str, actions: t.Sequence[str], **claims: t.Any) -> str:
    return describe_lacking(noun, plan(*actions), lambda: claims)


@pytest.mark.parametrize("noun", ["group", "groups"])
@pytest.mark.parametrize(
    "claims", [{"roles": ["GroupMember.Read.All"]}, {"idtyp": "app"}, {"roles": [], "wids": [APPLICATION]}]
)
def test_what_will_be_refused_is_told(noun: str, claims: dict[str, t.Any]) -> None:
    told = lacking(noun, ["create"], tid="t", **claims)
    assert "holds neither Group.Create nor Group.ReadWrite.All nor a directory role" in told
    assert "GroupMember" not in told


@pytest.mark.parametrize(
    ("noun", "actions", "held"),
    [
        ("group", ["create"], "Group.Create"),
        ("groups", ["create", "add"], "Group.ReadWrite.All"),
        ("groups", ["add", "remove"], "GroupMember.ReadWrite.All"),
        ("group", ["update"], "Directory.ReadWrite.All"),
        ("application", ["create"], "Application.ReadWrite.OwnedBy"),
        ("secret", ["add"], "Application.ReadWrite.All"),
        ("policy", ["create"], "Policy.ReadWrite.ConditionalAccess"),
        ("app_role_assignments", ["assign"], "AppRoleAssignment.ReadWrite.All"),
        ("role_mappings", ["link"], "none"),
        ("group", [], "none"),
    ],
)
def test_nothing_is_told_where_it_is_held_or_nothing_is_written(noun: str, actions: list[str], held: str) -> None:
    assert lacking(noun, actions, roles=[held]) == ""


@pytest.mark.parametrize(
    ("noun", "actions", "held"),
    [
        ("group", ["create", "add"], "GroupMember.ReadWrite.All"),
        ("policy", ["create"], "Directory.ReadWrite.All"),
        ("app_role_assignments", ["assign"], "Directory.ReadWrite.All"),
        ("application", ["update"], "Application.Read.All"),
    ],
)
def test_a_permission_for_something_else_is_none(noun: str, actions: list[str], held: str) -> None:
    assert "Microsoft Graph will refuse" in lacking(noun, actions, roles=[held])


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"scp": "User.Read"},
        {"idtyp": "user"},
        {"roles": "Group.Read.All"},
        {"roles": [], "wids": [APPLICATION, GROUPS_ADMINISTRATOR]},
        {"roles": [], "wids": "all"},
    ],
)
def test_nothing_is_told_of_people_directory_roles_and_unreadable_tokens(claims: dict[str, t.Any]) -> None:
    assert lacking("group", ["create"], **claims) == ""


def test_a_plan_without_a_sign_in_is_not_spoilt() -> None:
    def refuse() -> t.NoReturn:
        raise AuthError("no")

    assert describe_lacking("group", plan("create"), refuse) == ""
