# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a user is what the service shows: what it does not show is None, whatever else is in its answer."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.canonical import KINDS, GroupRow, Kind
from ansible_collections.cvops.identity.plugins.module_utils._commvault.users.details import (
    UNSHOWN,
    describe_group_row,
    describe_user,
    find_sign_in,
    has_local_password,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

COMMCELL = {"authenticationMethod": "Commcell", "authenticationMethodServer": {"id": 0, "name": "Commcell"}}
SAML = {"authenticationMethod": "entra", "authenticationMethodServer": {"id": 1097, "name": "entra"}}
WIRE: dict[str, t.Any] = {
    "id": 44,
    "name": "jvega",
    "fullName": "J. Vega",
    "email": "",
    "enabled": True,
    "description": "First line",
    "userPrincipalName": "jvega@corp.example",
    "lockInfo": {"isLocked": True, "startTime": 0, "endTime": 1767225600},
    "lastLoggedIn": 1767225600,
    "associatedUserGroups": [{"id": 22, "name": "zeta"}, {"id": 21, "name": "ops"}],
    **COMMCELL,
}
GROUPS = {21: "ops", 22: "zeta"}


def name_groups(row: GroupRow) -> dict[str, t.Any]:
    return describe_group_row(row, GROUPS.get, {}.get)


def test_all_that_is_shown() -> None:
    assert describe_user(WIRE, "local", name_groups) == {
        "enabled": True,
        "kind": "local",
        "full_name": "J. Vega",
        "email": "",
        "user_principal_name": "jvega@corp.example",
        "description": "First line",
        "signs_in_with": "commvault_password",
        "identity_provider": None,
        "local_password": True,
        "two_factor": None,
        "locked": True,
        "last_sign_in": "2026-01-01T00:00:00Z",
        "groups": [
            {"kind": "user_group", "id": "21", "name": "ops"},
            {"kind": "user_group", "id": "22", "name": "zeta"},
        ],
    }


@pytest.mark.parametrize("wire", [{}, {"id": 44, "name": "jvega"}, dict.fromkeys(WIRE)])
def test_what_is_not_shown_is_none(wire: dict[str, t.Any]) -> None:
    """Never false, never an empty text, and never an empty list."""
    assert describe_user(wire, None, name_groups) == dict(UNSHOWN)


def test_a_member_of_nothing_and_one_who_never_signed_in() -> None:
    found = describe_user({**WIRE, "associatedUserGroups": [], "lastLoggedIn": 0}, "local", name_groups)
    assert (found["groups"], found["last_sign_in"]) == ([], None)


def test_the_older_call_names_some_fields_otherwise() -> None:
    older = {"UPN": "u@x", "enableUser": 0, "isAccountLocked": "false", "lastLogIntime": "1767225600"}
    found = describe_user(older, "local", name_groups)
    assert (found["user_principal_name"], found["enabled"], found["locked"]) == ("u@x", False, False)
    assert found["last_sign_in"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("wire", "kind", "sign_in", "password"),
    [
        (COMMCELL, "local", "commvault_password", True),
        ({"authenticationMethod": "LOCAL"}, "local", "commvault_password", True),
        ({"authenticationMethodServer": {"id": "0"}}, "local", "commvault_password", True),
        (COMMCELL, None, None, None),  # it may be a service account
        ({}, "local", None, None),
        ({"authenticationMethod": "something new"}, "local", None, None),
        ({"authenticationMethod": "something new", "authenticationMethodServer": {"id": 0}}, "local", None, None),
        (SAML, "local", "identity_provider", None),  # it may have kept one from before
        (SAML, None, "identity_provider", None),
        ({"authenticationMethod": "SAML"}, "local", "identity_provider", None),
        (SAML, "external", "identity_provider", False),
        ({"serviceType": "ACTIVE_DIRECTORY", **COMMCELL}, "external", "directory_password", False),
        ({"name": "CORP\\a", **COMMCELL}, "external", "directory_password", False),
        ({"authenticationMethod": "AD"}, "external", "directory_password", False),
        ({"serviceType": "ACTIVE_DIRECTORY"}, "external", None, False),
        (COMMCELL, "service_account", "access_token", False),
        (SAML, "service_account", "access_token", False),
        ({}, "service_account", "access_token", False),
    ],
)
def test_who_checks_the_password(
    wire: dict[str, t.Any], kind: Kind | None, sign_in: str | None, password: t.Any
) -> None:
    found = find_sign_in(wire, kind)
    assert (found, has_local_password(kind, found)) == (sign_in, password)


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        *(
            (name, value)
            for name in ("enabled", "fullName", "email", "userPrincipalName")
            for value in ([], {}, [1], 1.5)
        ),
        ("enabled", "perhaps"),
        ("enabled", 2),
        ("email", True),
        ("description", 7),
        ("lockInfo", [1]),
        ("lockInfo", "x"),
        ("lockInfo", {"isLocked": {}}),
        ("lockInfo", {"isLocked": "maybe"}),
        ("lastLoggedIn", {"time": 1}),
        ("lastLoggedIn", True),
        ("associatedUserGroups", {}),
        ("associatedUserGroups", ["ops"]),
        ("associatedUserGroups", "ops"),
    ],
)
def test_a_value_of_another_type_is_no_answer(member: str, wrong: t.Any) -> None:
    with pytest.raises(BadAnswer):
        describe_user({**WIRE, member: wrong}, "local", name_groups)


@pytest.mark.parametrize("moment", [-1, "soon", 1e30, 10**20])
def test_a_number_that_is_no_date_shows_none(moment: t.Any) -> None:
    assert describe_user({**WIRE, "lastLoggedIn": moment}, "local", name_groups)["last_sign_in"] is None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (GroupRow(21, "OPS"), {"kind": "user_group", "id": "21", "name": "corp\\Ops"}),
        (GroupRow(13, "cv-ops"), {"kind": "external_group", "id": "13", "name": "CORP\\cv-ops"}),
        (GroupRow(21, "another"), {"kind": None, "id": "21", "name": "another"}),
        (GroupRow(99, "hidden"), {"kind": None, "id": "99", "name": "hidden"}),
        (GroupRow(None, "hidden"), {"kind": None, "id": None, "name": "hidden"}),
    ],
)
def test_a_group_that_no_list_shows_is_told_without_its_kind(row: GroupRow, found: dict[str, t.Any]) -> None:
    """The ids of directories are their own: an id alone proves nothing."""
    assert describe_group_row(row, {21: "corp\\Ops"}.get, {13: "CORP\\cv-ops"}.get) == found


SCALARS = st.none() | st.booleans() | st.integers(-2, 2**40) | st.text(max_size=4) | st.floats(allow_nan=True)
HOSTILE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "isLocked"]), inner),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*WIRE, "serviceType", "isServiceAccount"]), HOSTILE),
    st.sampled_from([*KINDS, None]),
)
def test_a_hostile_answer_is_refused_or_described_in_plain_values(wire: dict[str, t.Any], kind: Kind | None) -> None:
    try:
        found = describe_user(wire, kind, name_groups)
    except BadAnswer:
        return
    assert found.keys() == UNSHOWN.keys()
    for name in ("enabled", "locked", "local_password"):
        assert found[name] is None or isinstance(found[name], bool)
    for name in ("full_name", "email", "description", "user_principal_name", "last_sign_in"):
        assert found[name] is None or isinstance(found[name], str)
    if wire.get("enabled") is None:
        assert found["enabled"] is None
    if found["local_password"]:
        assert (kind, found["signs_in_with"]) == ("local", "commvault_password")


@given(st.permutations(WIRE["associatedUserGroups"]), st.permutations(list(WIRE)))
def test_order_never_matters(rows: list[t.Any], names: list[str]) -> None:
    wire = {name: WIRE[name] for name in names} | {"associatedUserGroups": rows}
    assert describe_user(wire, "local", name_groups) == describe_user(WIRE, "local", name_groups)
