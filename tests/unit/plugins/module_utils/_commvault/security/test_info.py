# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot holds what was asked for, reads each list once, and shows nothing that was not read."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.info import (
    DETAILED,
    LISTED,
    SecuritySnapshot,
    build_association_row,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Forbidden, Throttled
from ansible_collections.cvops.identity.plugins.modules import commvault_security_info

COMMCELL = {"id": 0, "name": "Commcell"}
ANSWERS = {
    "v4/user": {
        "users": [
            {"id": 4, "name": "anna", "enabled": True, "company": COMMCELL},
            {"id": 5, "name": "ben", "company": COMMCELL},
        ]
    },
    "V4/UserGroup": {
        "userGroups": [{"id": 21, "name": "ops", "company": COMMCELL}, {"id": 22, "name": "gone", "company": COMMCELL}]
    },
    "GET V4/UserGroup/21": {"name": "other spelling", "azureGUID": "A", "users": [{"id": 4, "name": "anna"}]},
    "V4/Role": {"roles": [{"id": 35, "name": "R", "status": "DISABLED", "company": {"id": 30, "name": "corp"}}]},
    "V4/Role/35": {"permissions": [{"permission": {"id": 31, "name": "View"}}]},
    "V4/Permissions": {
        "permissions": [
            {"category": {"id": 1}, "permissions": [{"id": 31, "name": "View"}, {"id": 13, "name": "Browse"}]}
        ]
    },
    "V4/company": {"companies": [{"id": 30, "name": "corp"}]},
    "User/4/Security": {
        "associations": [
            {"entities": {"planId": 12, "planName": "gold"}, "properties": {"role": {"roleId": 35, "roleName": "R"}}}
        ]
    },
    "User/5/Security": {
        "associations": [
            {
                "entities": {"_type_": 3, "flags": {"includeAll": True}},
                "properties": {"permissions": [{"permissionId": 31}, {"permissionId": 7}]},
            }
        ]
    },
    "UserGroup/21/Security": {},
    "UserGroup/22/Security": {},
}


def snapshot(
    make_ctx: t.Any, *subset: str, answers: t.Any = None, principals: t.Any = None, **fields: t.Any
) -> tuple[dict[str, t.Any], FakeCommvault]:
    ctx = make_ctx({"parallel_reads": 2, "principals": principals})
    client = FakeCommvault(ctx, {**ANSWERS, **(answers or {})}, **fields)
    return SecuritySnapshot(ctx, t.cast(t.Any, client)).read_parts(subset), client


def test_nothing_asked_for_is_the_commcell_alone(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx)
    assert found == {"commcell": {"id": "2", "name": "cs01", "release": 42, "company": None}}
    assert client.sent == []
    assert snapshot(make_ctx, release=0)[0]["commcell"]["release"] is None


def test_lists_are_shown_with_what_they_tell(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx, "users", "roles", "user_groups", "external_groups")
    assert found["users"] == [
        {"id": "4", "name": "anna", "company": None, "enabled": True},
        {"id": "5", "name": "ben", "company": None},
    ]
    assert found["roles"] == [{"id": "35", "name": "R", "company": "corp", "enabled": False}]
    assert found["external_groups"] == []
    assert sorted(client.paths) == ["GET V4/Role", "GET V4/UserGroup", "GET v4/user"], "each list once"


@pytest.mark.parametrize(
    ("raw", "enabled"),
    [
        ({"enabled": 0}, False),
        ({"enableUser": True}, True),
        ({"status": "active"}, True),
        ({"status": "LOCKED"}, False),
    ],
)
def test_every_form_of_enabled_is_told(make_ctx: t.Any, raw: dict[str, t.Any], enabled: bool) -> None:
    listed = {"users": [{"id": 4, "name": "anna", "company": COMMCELL, **raw}]}
    found, _client = snapshot(make_ctx, "users", answers={"v4/user": listed})
    assert found["users"][0]["enabled"] is enabled


def test_roles_are_shown_with_their_permissions(make_ctx: t.Any) -> None:
    found, _client = snapshot(make_ctx, "role_permissions")
    shown = {"description": "", "visible_to_all": False, "permissions": ["View"]}
    assert found["roles"] == [{"id": "35", "name": "R", "company": "corp", "enabled": False, **shown}]


def test_a_group_that_is_gone_is_left_out_and_not_shown_as_empty(make_ctx: t.Any) -> None:
    found, _client = snapshot(make_ctx, "user_group_details")
    assert [(row["name"], row["members"], row["entra_group_id"]) for row in found["user_groups"]] == [
        ("ops", ["anna"], "a")
    ]


def test_associations_are_shown_by_principal_with_names(make_ctx: t.Any) -> None:
    found, _client = snapshot(make_ctx, "associations")
    first, second = found["associations"]
    assert first == {
        "principal": {"kind": "user", "id": "4", "name": "anna"},
        "role": {"id": "35", "name": "R"},
        "permissions": [],
        "entity": {"kind": "plans", "id": "12", "name": "gold"},
        "grant_kind": "explicit",
    }
    assert (second["role"], second["permissions"], second["grant_kind"]) == (None, ["7", "View"], "permissions")
    assert second["entity"] == {"kind": "servers", "id": "all", "name": "all servers"}


def test_only_principals_of_the_patterns_are_asked(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx, "associations", principals=["ANN*", "nobody"])
    assert [row["principal"]["id"] for row in found["associations"]] == ["4"]
    assert [path for path in client.paths if path.endswith("Security")] == ["GET User/4/Security"]
    assert snapshot(make_ctx, "associations", principals=[])[0]["associations"] == []


def test_a_release_that_lists_incompletely_is_refused(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="take associations out of subset"):
        snapshot(make_ctx, "associations", release=41)
    found, client = snapshot(make_ctx, "associations", release=0)
    assert len(found["associations"]) == 2 and len(client.ctx.warnings) == 1


@pytest.mark.parametrize(
    ("part", "path", "error"),
    [
        ("users", "v4/user", Forbidden("no")),
        ("role_permissions", "V4/Role/35", Throttled("later")),
        ("user_group_details", "GET V4/UserGroup/21", Forbidden("no")),
        ("associations", "User/5/Security", Throttled("later")),
    ],
)
def test_a_read_that_fails_is_an_error(make_ctx: t.Any, part: str, path: str, error: Exception) -> None:
    with pytest.raises(type(error)):
        snapshot(make_ctx, part, answers={path: error})


def test_the_parts_are_those_of_the_module() -> None:
    assert set(commvault_security_info.SPEC.options["subset"]["choices"]) == {*LISTED, *DETAILED}


def test_the_answer_names_a_principal_before_the_list_does() -> None:
    who = Principal("user", 4)
    row = Association(who, "as answered", None, None, Entity("plans", ALL_OF_KIND), "", "owner")
    assert build_association_row(row, {who: "as listed"}, {})["principal"]["name"] == "as answered"
    bare = Association(who, "", None, None, Entity("plans", 1), "", "owner")
    assert build_association_row(bare, {who: "as listed"}, {})["principal"]["name"] == "as listed"
    assert build_association_row(bare, {}, {})["principal"]["name"] == ""
