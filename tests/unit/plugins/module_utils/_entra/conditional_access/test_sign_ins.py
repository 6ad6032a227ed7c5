# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sign-ins that are tried: what is read of people, and what is not."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems, Unreachable
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import (
    Applies,
    judge_conditions,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.names import NameResolver
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.sign_ins import (
    GRAPH_APP_ID,
    SignInFinder,
    TriedSignIn,
)

USERS = [
    {"id": guid(1), "userPrincipalName": "jo@corp.example"},
    {"id": guid(2), "userPrincipalName": "al@corp.example"},
]
USERS[0]["@odata.type"] = "#microsoft.graph.user"
MEMBER_OF = [{"id": guid(9).upper()}, {"id": guid(8)}]
ROLES = "/roleManagement/directory/roleAssignments"
BY_ROLE = {"users.include.roles": frozenset({guid(7), guid(17)})}
BY_GROUP = {"users.include.users": frozenset({"all"}), "users.exclude.groups": frozenset({guid(5)})}
BY_USER = {"users.include.users": frozenset({"all"})}


def find(
    make_ctx: t.Any, form: dict[str, t.Any], claims: t.Any = None, **options: t.Any
) -> tuple[list[TriedSignIn], FakeGraph]:
    had = options.pop("had", {})
    answers: dict[str, t.Any] = {
        "/users": USERS,
        "/groups": [{"id": guid(5), "displayName": "Glass"}],
        "/servicePrincipals": [{"id": guid(6), "appId": guid(4), "displayName": "Console"}],
        f"/groups/{guid(5)}/transitiveMembers": [
            {**USERS[0], "accountEnabled": True},
            {**USERS[0], "id": guid(31), "accountEnabled": False},
            {"id": guid(30), "displayName": "inner group", "@odata.type": "#microsoft.graph.group"},
        ],
        **{f"/users/{guid(number)}/transitiveMemberOf": MEMBER_OF for number in (1, 2, 3)},
        f"/users/{guid(1)}": {"id": guid(1), "userType": "Member", "accountEnabled": True},
        ROLES: lambda params: [
            {"principalId": guid(8).upper(), "roleDefinitionId": guid(7).upper(), "directoryScopeId": "/"},
            {"principalId": guid(2), "roleDefinitionId": guid(17), "directoryScopeId": "/"},
        ],
    }
    answers.update(options.pop("answers", {}))
    graph = FakeGraph(make_ctx(options), answers)
    graph.claims = {"oid": guid(3).upper(), "idtyp": "app"} if claims is None else claims
    resolver = NameResolver(t.cast(t.Any, graph), {})
    return SignInFinder(t.cast(t.Any, graph), resolver, graph.ctx.options, form, had).find(), graph


def test_groups_and_roles_are_read_where_the_policy_looks_at_them(make_ctx: t.Any) -> None:
    (glass, caller), graph = find(make_ctx, BY_GROUP, break_glass={"users": ["jo@corp.example"], "groups": None})
    assert glass.sign_in.groups == frozenset({guid(9), guid(8)}) and glass.sign_in.roles == frozenset()
    assert caller.sign_in.is_service_principal and caller.sign_in.application == GRAPH_APP_ID
    (glass, _caller), graph = find(make_ctx, BY_USER, break_glass={"users": ["jo@corp.example"], "groups": None})
    assert glass.sign_in.groups is None and not [path for path in graph.reads if "transitive" in path]
    guests = {**BY_USER, "users.exclude.users": frozenset({"guests_or_external_users"})}
    (glass, _caller), graph = find(make_ctx, guests, break_glass={"users": ["jo@corp.example"], "groups": None})
    assert glass.sign_in.is_guest is False


def test_memberships_that_cannot_be_read_are_not_none(make_ctx: t.Any) -> None:
    answers = {f"/users/{guid(1)}/transitiveMemberOf": Unreachable("no answer")}
    with pytest.raises(Unreachable):
        find(make_ctx, BY_GROUP, break_glass={"users": ["jo@corp.example"], "groups": None}, answers=answers)


def test_roles_are_held_directly_and_through_groups(make_ctx: t.Any) -> None:
    """They are asked for by themselves: members of a type that the caller may not see are shown without what they are."""
    (glass, _caller), graph = find(make_ctx, BY_ROLE, break_glass={"users": ["jo@corp.example"], "groups": None})
    assert glass.sign_in.roles == frozenset({guid(7)}), "through the group; the other role is somebody else's"
    assert graph.reads.count(ROLES) == 2, "once for each role of the policy"
    with pytest.raises(Unreachable):
        find(
            make_ctx,
            BY_ROLE,
            break_glass={"users": ["jo@corp.example"], "groups": None},
            answers={ROLES: Unreachable("no answer")},
        )


@pytest.mark.parametrize("more", [frozenset[str](), frozenset({guid(27), guid(37)})], ids=["one by one", "in one list"])
@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"directoryScopeId": "/"}, frozenset({guid(7)})),
        ({"directoryScopeId": f"/administrativeUnits/{guid(50)}"}, frozenset()),
        ({"directoryScopeId": f"/{guid(51)}"}, frozenset()),
        ({"directoryScopeId": None}, None),
        ({}, None),
    ],
)
def test_a_role_over_a_part_of_the_tenant_excludes_nobody(
    make_ctx: t.Any, more: frozenset[str], scope: dict[str, t.Any], expected: t.Any
) -> None:
    """What an assignment is for is not known where it does not tell."""
    held = {"principalId": guid(8), "roleDefinitionId": guid(7), **scope}
    form = {**BY_USER, "users.exclude.roles": frozenset({guid(7), guid(17)}) | more}
    glass = {"users": ["jo@corp.example"], "groups": None}
    (one, _caller), _graph = find(make_ctx, form, break_glass=glass, answers={ROLES: [held]})
    assert one.sign_in.roles == expected
    assert (judge_conditions(form, one.sign_in, {})["users"] is Applies.NO) == (scope == {"directoryScopeId": "/"})


def test_what_the_policy_was_is_judged_as_well(make_ctx: t.Any) -> None:
    """Where the group goes that it has excluded, it counts who is in that group."""
    glass = {"users": ["jo@corp.example"], "groups": None}
    (one, _caller), _graph = find(make_ctx, BY_USER, had=BY_GROUP, break_glass=glass)
    assert one.sign_in.groups == frozenset({guid(9), guid(8)})


@pytest.mark.parametrize("shown", [{"accountEnabled": False}, {"accountEnabled": None}, {}, None])
def test_an_account_that_nobody_can_sign_in_with_is_none_for_emergencies(make_ctx: t.Any, shown: t.Any) -> None:
    with pytest.raises(Problems, match="is disabled or cannot be read"):
        find(
            make_ctx,
            BY_USER,
            break_glass={"users": ["jo@corp.example"], "groups": None},
            answers={f"/users/{guid(1)}": shown},
        )


def test_the_members_of_a_break_glass_group(make_ctx: t.Any) -> None:
    (glass, _caller), graph = find(make_ctx, BY_GROUP, break_glass={"users": None, "groups": ["Glass"]})
    assert glass.is_excluded and glass.sign_in.groups == {guid(5)}
    (glass, _caller), graph = find(make_ctx, BY_USER, break_glass={"users": None, "groups": ["Glass"]})
    assert glass.sign_in.label == "jo@corp.example of Glass", "of each user who can sign in; groups in it are no users"


@pytest.mark.parametrize(
    "members", [[], [{"id": guid(30), "displayName": "inner"}], [{**USERS[0], "accountEnabled": False}]]
)
@pytest.mark.parametrize("form", [BY_GROUP, BY_USER])
def test_a_group_in_which_nobody_can_sign_in_keeps_nobody(
    make_ctx: t.Any, members: t.Any, form: dict[str, t.Any]
) -> None:
    answers = {f"/groups/{guid(5)}/transitiveMembers": members}
    with pytest.raises(Problems, match="there is no account for emergencies"):
        find(make_ctx, form, break_glass={"users": None, "groups": ["Glass"]}, answers=answers)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"must_get_in": []}, "must_get_in"),
        ({"one_must_get_in": []}, "one_must_get_in"),
        ({"must_get_in": [{"user": "all"}]}, "must_get_in[0].user"),
        ({"break_glass": {"users": ["none"], "groups": None}}, "break_glass.users[0]"),
        ({"must_get_in": [{"user": "al@corp.example", "application": "office365"}]}, "must_get_in[0].application"),
        ({"must_get_in": [{"user": "al@corp.example", "country": "UK"}]}, "must_get_in[0].country"),
    ],
)
def test_what_is_no_sign_in_is_told(make_ctx: t.Any, options: dict[str, t.Any], where: str) -> None:
    with pytest.raises(Problems) as caught:
        find(make_ctx, BY_USER, **options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [where]


def test_all_applications_are_any(make_ctx: t.Any) -> None:
    found, _graph = find(make_ctx, BY_USER, {}, must_get_in=[{"user": "al@corp.example", "application": "all"}])
    assert found[0].sign_in.application is None


@pytest.mark.parametrize(
    ("claims", "is_principal", "abilities"),
    [
        ({"oid": guid(3), "idtyp": "app"}, True, set()),
        ({"oid": guid(3), "scp": "x"}, False, set()),
        ({"oid": guid(3), "scp": "x", "amr": ["pwd", "mfa"]}, False, {"mfa"}),
        ({"oid": guid(3), "scp": "x", "amr": "mfa"}, False, set()),
    ],
)
def test_the_caller_is_a_person_or_a_program(
    make_ctx: t.Any, claims: dict[str, t.Any], is_principal: bool, abilities: set[str]
) -> None:
    (caller,), _graph = find(make_ctx, BY_GROUP, claims, caller_address=" 203.0.113.7 ")
    assert caller.sign_in.is_service_principal is is_principal and caller.sign_in.address == "203.0.113.7"
    assert caller.sign_in.abilities == abilities and (caller.sign_in.groups is None) is is_principal


def test_a_token_that_tells_nothing_names_no_caller(make_ctx: t.Any) -> None:
    assert find(make_ctx, BY_USER, {})[0] == []


def test_named_sign_ins(make_ctx: t.Any) -> None:
    entries = [
        {
            "user": "al@corp.example",
            "application": "Console",
            "address": "2001:DB8::1",
            "country": "ch",
            "can": ["mfa"],
        },
        {"service_principal": "Console", "can": []},
    ]
    found, _graph = find(make_ctx, BY_USER, {}, must_get_in=entries)
    one, two = (tried.sign_in for tried in found)
    assert (one.object_id, one.application, one.address, one.country) == (guid(2), guid(4), "2001:db8::1", "CH")
    assert one.abilities == {"mfa"} and two.object_id == guid(6) and two.is_service_principal


def test_names_that_are_not_found_are_told_together(make_ctx: t.Any) -> None:
    with pytest.raises(Problems) as caught:
        find(
            make_ctx,
            BY_USER,
            break_glass={"users": ["x@corp.example"], "groups": ["Nobody"]},
            one_must_get_in=[{"service_principal": "Nothing"}, {"user": "y@corp.example"}],
        )
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [
        "break_glass.users[0]",
        "break_glass.groups[0]",
        "one_must_get_in[0].service_principal",
        "one_must_get_in[1].user",
    ]
