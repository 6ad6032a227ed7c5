# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""App roles found by value, display name and id, and by whom they are for."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.roles import (
    find_app_role,
    label_role,
    read_app_roles,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.writer import DEFAULT_ACCESS


def wire(number: int, value: str | None, name: str, *member_types: str, enabled: bool = True) -> dict[str, t.Any]:
    return {
        "id": guid(number).upper(),
        "value": value,
        "displayName": name,
        "allowedMemberTypes": list(member_types),
        "isEnabled": enabled,
    }


ROLES = read_app_roles(
    {
        "appRoles": [
            wire(1, "Operate", "Operators", "User", "Application"),
            wire(2, "Read", "Operate", "User"),
            wire(3, "Daemon", "Daemons", "Application"),
            wire(4, "Old", "Former", "User", enabled=False),
            wire(5, None, "msiam_access", "User"),
            wire(6, None, "Twin", "User"),
            wire(7, None, "twin", "User"),
        ]
    }
)


@pytest.mark.parametrize(
    ("asked", "kind", "number"),
    [
        ("Operate", "group", 1),  # the value counts before the display name of another role
        ("Operate", "service_principal", 1),
        ("operators", "user", 1),
        ("Read", "user", 2),
        ("msiam_access", "group", 5),
        (guid(6), "user", 6),
        (guid(7).upper(), "user", 7),
        ("Daemon", "service_principal", 3),
    ],
)
def test_a_role_is_found(asked: str, kind: t.Any, number: int) -> None:
    assert find_app_role(ROLES, asked, kind)[0] == guid(number)


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ("Opperate", "group", "no app role 'Opperate'; near: Operate"),
        ("operate ", "group", "no app role"),
        ("nothing like it", "service_principal", "there are: Daemon, Operate"),
        ("Daemon", "group", "for service principals"),
        ("Read", "service_principal", "for users and groups"),
        ("Old", "user", "disabled"),
        ("Twin", "user", f"2 app roles .*{guid(6)}, {guid(7)}"),
        (None, "user", "app_role is missing"),
        (guid(99), "user", "no app role"),
    ],
)
def test_what_cannot_be_assigned_is_named_with_what_can(asked: str | None, kind: t.Any, said: str) -> None:
    with pytest.raises(LookupError, match=said):
        find_app_role(ROLES, asked, kind)


def test_access_without_a_role_is_for_those_for_whom_there_is_none() -> None:
    only_people = [role for role in ROLES if role.member_types == {"User"}]
    assert find_app_role(only_people, None, "service_principal") == (DEFAULT_ACCESS, "")
    assert find_app_role([], None, "group") == (DEFAULT_ACCESS, "")
    with pytest.raises(LookupError, match="there is none for it"):
        find_app_role([], "Operate", "group")


def test_a_role_is_called_by_what_it_has() -> None:
    assert [label_role(ROLES, guid(number)) for number in (1, 5, 99)] == ["Operate", "msiam_access", guid(99)]
    assert label_role(ROLES, DEFAULT_ACCESS) == ""


@pytest.mark.parametrize("value", ["text", [1, "x"], [{}]])
def test_roles_in_another_form_are_a_bad_answer(value: t.Any) -> None:
    with pytest.raises(BadAnswer):
        read_app_roles({"appRoles": value})
    assert read_app_roles({"appRoles": None}) == []
