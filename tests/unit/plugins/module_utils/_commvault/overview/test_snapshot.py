# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot holds what was asked for, reads each list once, and shows nothing that was not read."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.overview.snapshot import (
    DETAILED,
    LISTED,
    SecuritySnapshot,
    build_association_row,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    ENTITY_TYPES,
    Association,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ConfigError,
    Forbidden,
    Problems,
    Throttled,
)
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
    make_ctx: t.Any,
    *subset: str,
    answers: t.Any = None,
    principals: t.Any = None,
    kinds: t.Any = tuple(ENTITY_TYPES),
    **fields: t.Any,
) -> tuple[dict[str, t.Any], FakeCommvault]:
    ctx = make_ctx({"parallel_reads": 2, "principals": principals, "entity_kinds": kinds})
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
        ({"enabled": "false"}, False),
        ({"enabled": "true", "enableUser": False}, True),
        ({"status": "active"}, True),
        ({"status": "LOCKED"}, False),
    ],
)
def test_every_form_of_enabled_is_told(make_ctx: t.Any, raw: dict[str, t.Any], enabled: bool) -> None:
    listed = {"users": [{"id": 4, "name": "anna", "company": COMMCELL, **raw}]}
    found, _client = snapshot(make_ctx, "users", answers={"v4/user": listed})
    assert found["users"][0]["enabled"] is enabled


@pytest.mark.parametrize("raw", [{"enabled": None}, {"status": None}, {}])
def test_enabled_is_left_out_where_it_is_not_shown(make_ctx: t.Any, raw: dict[str, t.Any]) -> None:
    listed = {"users": [{"id": 4, "name": "anna", "company": COMMCELL, **raw}]}
    found, _client = snapshot(make_ctx, "users", answers={"v4/user": listed})
    assert "enabled" not in found["users"][0]


def test_roles_are_shown_with_their_permissions(make_ctx: t.Any) -> None:
    found, _client = snapshot(make_ctx, "role_permissions")
    shown = {"description": "", "visible_to_all": False, "permissions": ["View"], "categories": []}
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
    with pytest.raises(ConfigError, match="11.42.*11.41.*Remove associations from subset"):
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
        ("user_details", "v4/user/5", Throttled("later")),
        ("user_details", "v4/user/5", Forbidden("no")),
        ("user_details", "V4/UserGroup", Forbidden("no")),
        ("user_details", "Commcell/Properties/TwoFactorAuth", Throttled("later")),
        ("owners", "Security/1/2", Throttled("later")),
        ("access_tokens", "V4/AccessToken/", Throttled("later")),
        ("access_tokens", "v4/user", Forbidden("no")),
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


USER = {
    "isServiceAccount": False,
    "enabled": True,
    "authenticationMethod": "Commcell",
    "associatedUserGroups": [{"id": 21, "name": "ops"}, {"id": 99, "name": "hidden"}],
}
RIGHTS = "Security/COMMCELL_ENTITY/2/Permissions"
DETAILS: dict[str, t.Any] = {
    "v4/user/4": {**USER, "name": "anna"},
    "v4/user/5": {"name": "ben"},
    "User/5": {"users": [{"isServiceAccount": True}]},
    "Commcell/Properties/TwoFactorAuth": {"twoFactorAuthenticationInfo": {"mode": 1}},
    "V4/AccessToken/": lambda sent: {"tokens": [{"accessTokenId": int(sent.params["userId"]), "tokenName": "n"}]},
    "Client": {"clientProperties": []},
    "Security/158/12": {
        "ownerAssociations": {"owners": [{"userId": 4}, {"userGroupId": 21, "userGroupName": "ops"}, {}]}
    },
    "V2/Plan": {"plans": [{"plan": {"planId": 12, "planName": "gold"}}]},
    RIGHTS: {"permissionsList": [{"permissionId": number} for number in (1, 31, 101)]},
}


def test_users_are_shown_with_what_only_their_own_answers_tell(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx, "users", "user_details", answers=DETAILS)
    anna, ben = found["users"]
    assert (anna["id"], anna["enabled"], anna["kind"], anna["two_factor"]) == ("4", True, "local", True)
    assert anna["groups"] == [
        {"kind": None, "id": "99", "name": "hidden"},
        {"kind": "user_group", "id": "21", "name": "ops"},
    ]
    assert (ben["kind"], ben["enabled"], ben["local_password"], ben["groups"]) == ("service_account", None, False, None)
    assert found["two_factor"] == {"mode": "everyone", "user_groups": []}
    assert sorted(client.paths) == [
        "GET Commcell/Properties/TwoFactorAuth",
        "GET User/5",
        "GET V4/UserGroup",
        "GET v4/user",
        "GET v4/user/4",
        "GET v4/user/5",
    ]


def test_details_of_some_users_only(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx, "user_details", answers=DETAILS, principals=["AN*"])
    assert [row["name"] for row in found["users"]] == ["anna"]
    assert not any(path.endswith("user/5") for path in client.paths)


def test_a_user_that_is_gone_is_told_with_nothing_but_what_the_list_shows(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx, "user_details", answers={**DETAILS, "v4/user/4": None})
    gone = found["users"][0]
    assert (gone["name"], gone["enabled"], gone["kind"], gone["groups"]) == ("anna", True, None, None)
    assert gone.keys() == found["users"][1].keys()
    assert [warning for warning in client.ctx.warnings if "anna (id 4)" in warning]


def test_many_users_that_are_gone_are_one_warning(make_ctx: t.Any) -> None:
    listed = {"users": [{"id": number, "name": f"u{number:03}", "company": COMMCELL} for number in range(100, 108)]}
    _found, client = snapshot(make_ctx, "user_details", answers={**DETAILS, "v4/user": listed})
    assert len(client.ctx.warnings) == 1 and "and 3 more" in client.ctx.warnings[0]


def test_owners_are_shown_like_associations(make_ctx: t.Any) -> None:
    found, _client = snapshot(make_ctx, "owners", answers=DETAILS, kinds=["plans"])
    gold = {"kind": "plans", "id": "12", "name": "gold"}
    assert [(row["principal"], row["entity"], row["grant_kind"]) for row in found["owners"]] == [
        ({"kind": "unknown", "id": "0", "name": ""}, gold, "unknown"),
        ({"kind": "user", "id": "4", "name": "anna"}, gold, "owner"),
        ({"kind": "user_group", "id": "21", "name": "ops"}, gold, "owner"),
    ]
    assert {(row["role"], tuple(row["permissions"])) for row in found["owners"]} == {(None, ())}
    assert (found["owners_complete"], found["owners_unread"]) == (False, [])


def test_owners_of_some_names_and_those_whom_nobody_can_name(make_ctx: t.Any) -> None:
    found, _client = snapshot(make_ctx, "owners", answers=DETAILS, kinds=["plans"], principals=["OPS"])
    assert [row["principal"]["kind"] for row in found["owners"]] == ["unknown", "user_group"]


EVERY_KIND: dict[str, t.Any] = {
    **DETAILS,
    "Security/1/2": {},
    "Security/61/30": {},
    "ClientGroup": {},
    "StoragePool": {},
    "Workflow": {},
    "V4/Credential": {},
}


@pytest.mark.parametrize(
    ("answers", "is_complete"),
    [
        ({}, True),
        ({RIGHTS: {"permissionsList": [{"permissionId": 101}]}}, False),
        ({RIGHTS: Forbidden("no")}, False),
        ({RIGHTS: {}}, False),
        ({"Security/61/30": Forbidden("no")}, False),
        ({"Workflow": None}, False),
    ],
)
def test_owners_are_complete_only_where_that_is_certain(make_ctx: t.Any, answers: t.Any, is_complete: bool) -> None:
    found, _client = snapshot(make_ctx, "owners", answers={**EVERY_KIND, **answers})
    assert found["owners_complete"] is is_complete
    assert {"kind": "workflows", "id": "all", "name": "all workflows"} in found[
        "owners_unread"
    ] or "Workflow" not in answers


@pytest.mark.parametrize(
    ("answers", "is_complete"),
    [
        ({}, True),
        ({RIGHTS: {"permissionsList": [{"permissionId": 101}]}}, True),
        ({RIGHTS: {"permissionsList": [{"permissionId": 31}]}}, False),
        ({RIGHTS: {"permissionsList": [{"permissionId": 1}]}}, False),
        ({RIGHTS: None}, False),
        ({"V4/AccessToken/": Forbidden("no")}, False),
    ],
)
def test_tokens_are_complete_only_where_that_is_certain(make_ctx: t.Any, answers: t.Any, is_complete: bool) -> None:
    found, _client = snapshot(make_ctx, "access_tokens", answers={**DETAILS, **answers})
    assert found["access_tokens_complete"] is is_complete
    unread = [{"kind": "user", "id": "4", "name": "anna"}, {"kind": "user", "id": "5", "name": "ben"}]
    assert found["access_tokens_unread"] == (unread if "V4/AccessToken/" in answers else [])


def test_tokens_of_some_users_only(make_ctx: t.Any) -> None:
    found, client = snapshot(make_ctx, "access_tokens", answers=DETAILS, principals=["ben"])
    assert [row["owner"]["name"] for row in found["access_tokens"]] == ["ben"]
    assert [one.params for one in client.sent if "AccessToken" in one.path] == [{"userId": "5"}]


def test_a_release_without_a_call_is_refused_before_anything_is_read(make_ctx: t.Any) -> None:
    client = FakeCommvault(make_ctx({"parallel_reads": 2}), DETAILS, release=37)
    reader = SecuritySnapshot(client.ctx, t.cast(t.Any, client))
    with pytest.raises(ConfigError, match=r"11\.38.*11\.37.*Remove access_tokens from subset"):
        reader.read_parts(["users", "access_tokens"])
    with pytest.raises(Problems) as caught:
        reader.read_parts(["users", "associations", "access_tokens"])
    assert [problem["where"] for problem in caught.value.facts["problems"]] == ["subset", "subset"]
    assert client.sent == []
