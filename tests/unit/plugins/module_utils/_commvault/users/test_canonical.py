# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users as the service shows them, in the shapes of several releases."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.canonical import (
    User,
    build_update,
    find_identity_provider,
    find_kind,
    is_same_value,
    parse_group_ids,
    parse_user,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

NEWER = {
    "id": 44,
    "name": "jvega",
    "fullName": "J. Vega",
    "email": "jvega@corp.example",
    "enabled": False,
    "description": "First line",
    "userPrincipalName": "jvega@corp.example",
    "isServiceAccount": False,
    "serviceType": "COMMSERVE",
}
OLDER = {
    "userEntity": {"userId": 44, "userName": "jvega"},
    "fullName": "J. Vega",
    "email": "jvega@corp.example",
    "enableUser": False,
    "description": "First line",
    "UPN": "jvega@corp.example",
    "isServiceAccount": False,
}


def test_both_generations_of_the_api_give_the_same_user() -> None:
    expected = User("jvega", "local", "First line", "jvega@corp.example", False, "J. Vega", "jvega@corp.example")
    assert parse_user(NEWER) == parse_user(OLDER) == expected
    assert parse_user({"name": "x"}) == User("x", None), "enabled unless the service says otherwise"


@pytest.mark.parametrize(
    ("wire", "known", "kind"),
    [
        ({"name": "a", "isServiceAccount": True}, None, "service_account"),
        ({"name": "a", "isServiceAccount": 1}, False, "service_account"),
        ({"name": "a", "isServiceAccount": False}, True, "local"),
        ({"name": "a"}, True, "service_account"),
        ({"name": "a"}, False, "local"),
        ({"name": "a"}, None, None),
        ({"name": "CORP\\a"}, None, "external"),
        ({"name": "CORP\\a", "serviceType": "UNKNOWN"}, False, "external"),
        ({"name": "CORP\\a", "company": {"id": 0, "name": "Commcell"}}, False, "external"),
        ({"name": "corp\\a", "company": {"id": 30, "name": "corp"}}, False, "local"),
        ({"name": "corp\\a", "serviceType": "ORGANIZATIONS"}, False, "local"),
        ({"name": "a", "serviceType": "ACTIVE_DIRECTORY"}, False, "external"),
        ({"name": "a", "serviceType": 2}, False, "external"),
        ({"name": "a", "serviceType": 1}, False, "local"),
        ({"name": "a", "serviceType": 0}, False, "local"),
    ],
)
def test_the_kind_of_a_user(wire: dict[str, t.Any], known: bool | None, kind: str | None) -> None:
    assert find_kind(wire, known) == kind


def test_the_server_that_a_user_signs_in_with() -> None:
    for wire in (
        {},
        {"authenticationMethodServer": {"id": 0, "name": "Commcell"}},
        {"authenticationMethodServer": None},
    ):
        assert find_identity_provider(wire) is None
    assert find_identity_provider({"authenticationMethodServer": {"id": 7, "name": "corp.example"}}) == "corp.example"
    assert find_identity_provider({"authenticationMethodServer": {"id": 7}, "authenticationMethod": "sso"}) == "sso"
    assert find_identity_provider({"authenticationMethodServer": {"id": 7}}) == "7"


def test_only_user_groups_that_are_listed_count() -> None:
    r"""A group of a directory has an id of its own, which may be that of a user group with another name."""
    rows = [
        {"id": 21, "name": "ops"},
        {"id": "22", "name": "ops"},
        {"id": 23, "name": "Ops"},
        {"userGroupId": 24, "userGroupName": "older"},
        {"id": 25, "name": "Domain Admins", "provider": {"id": 9, "name": "CORP"}},
        {"id": 99, "name": "hidden"},
        {"name": "no id"},
    ]
    listed = {21: "ops", 22: "corp\\ops", 23: "ops", 24: "older", 25: "local 25"}
    found = parse_group_ids(parse_user({"name": "a", "associatedUserGroups": rows}), listed.get)
    assert found == {"ops": 21, "corp\\ops": 22, "ops (id 23)": 23, "older": 24}
    with pytest.raises(BadAnswer):
        parse_user({"name": "a", "associatedUserGroups": ["ops"]})


def test_an_update_never_holds_the_name() -> None:
    changes = {"full_name": "x", "user_principal_name": "u", "enabled": False, "description": "", "email": "e"}
    assert build_update(changes) == {
        "fullName": "x",
        "userPrincipalName": "u",
        "enabled": False,
        "description": "",
        "email": "e",
    }


def test_letter_case_means_nothing_in_addresses() -> None:
    assert is_same_value("email", "A@corp.example", "a@CORP.example")
    assert is_same_value("user_principal_name", "A@x", "a@x")
    assert not is_same_value("full_name", "A", "a")
    assert not is_same_value("email", "a@x", "")
