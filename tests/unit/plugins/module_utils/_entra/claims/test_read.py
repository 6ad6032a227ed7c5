# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What claims depend on, as it is read: few requests, exact names, and nothing that may not be read taken for a no."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import AmbiguousMatch, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import GroupClaim
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import (
    ClaimReader,
    GroupMember,
    SsoApplication,
    SsoPrincipal,
)

APPLICATION = {
    "id": guid(1),
    "appId": guid(2),
    "displayName": "Console",
    "groupMembershipClaims": "SecurityGroup",
    "identifierUris": ["https://b", "https://a"],
}
PRINCIPAL_PATH = f"/servicePrincipals(appId='{guid(2)}')"
PRINCIPAL = {
    "id": guid(3),
    "accountEnabled": True,
    "appRoleAssignmentRequired": True,
    "preferredSingleSignOnMode": "saml",
    "servicePrincipalNames": ["z", "y"],
    "appRoles": [{"id": guid(11), "value": "Operate"}, {"id": guid(12), "value": None}],
    "keyCredentials": [],
}
ASSIGNED = f"/servicePrincipals/{guid(3)}/appRoleAssignedTo"


def make_reader(make_ctx: t.Any, answers: dict[str, t.Any]) -> tuple[ClaimReader, FakeGraph]:
    graph = FakeGraph(make_ctx({"parallel_reads": 1}), answers)
    return ClaimReader(graph.ctx, t.cast("t.Any", graph)), graph


def user(number: int, **more: t.Any) -> dict[str, t.Any]:
    return {"@odata.type": "#microsoft.graph.user", "id": guid(number).upper(), **more}


def group(number: int, **more: t.Any) -> dict[str, t.Any]:
    return {"@odata.type": "#microsoft.graph.group", "id": guid(number).upper(), **more}


def assigned(kind: str, number: int, role: str) -> dict[str, t.Any]:
    return {"principalType": kind, "principalId": guid(number).upper(), "appRoleId": role.upper()}


def test_an_application_is_read_with_its_principal_and_who_is_assigned(make_ctx: t.Any) -> None:
    rows = [
        assigned("Group", 21, guid(11)),
        assigned("Group", 21, guid(12)),
        assigned("Group", 22, guid(0)),
        assigned("User", 23, guid(11)),
    ]
    answers = {f"/applications/{guid(1)}": APPLICATION, PRINCIPAL_PATH: PRINCIPAL, ASSIGNED: rows}
    reader, _graph = make_reader(make_ctx, answers)
    found = reader.read_application({"object_id": guid(1)}, None)
    assert found == SsoApplication(
        guid(2),
        "Console",
        GroupClaim(frozenset({"SecurityGroup"})),
        ("https://a", "https://b"),
        SsoPrincipal(
            guid(3),
            True,
            True,
            "saml",
            ("y", "z"),
            assigned={guid(21): ("Operate",), guid(22): ()},
            assigned_users=frozenset({guid(23)}),
        ),
    )


def test_an_application_without_a_principal_has_none(make_ctx: t.Any) -> None:
    reader, graph = make_reader(make_ctx, {f"/applications/{guid(1)}": APPLICATION})
    found = reader.read_application({"object_id": guid(1)}, "https://a")
    assert found is not None and found.principal is None
    assert graph.reads == [f"/applications/{guid(1)}", PRINCIPAL_PATH]


def test_what_graph_does_not_say_about_a_principal_is_the_default(make_ctx: t.Any) -> None:
    answers = {f"/applications/{guid(1)}": APPLICATION, PRINCIPAL_PATH: {"id": guid(3)}, ASSIGNED: []}
    reader, _graph = make_reader(make_ctx, answers)
    found = reader.read_application({"object_id": guid(1)}, None)
    assert found is not None and found.principal == SsoPrincipal(guid(3), assigned={})


def test_an_application_is_found_by_its_identifier(make_ctx: t.Any) -> None:
    reader, graph = make_reader(make_ctx, {"/applications": [APPLICATION]})
    found = reader.read_application(None, "https://o'x")
    assert found is not None and found.app_id == guid(2)
    assert graph.parameters[0]["$filter"] == "identifierUris/any(uri:uri eq 'https://o''x')"
    assert make_reader(make_ctx, {"/applications": []})[0].read_application({}, "https://x") is None
    reader, graph = make_reader(make_ctx, {})
    assert reader.read_application(None, None) is None and graph.reads == []
    reader, _graph = make_reader(make_ctx, {"/applications": [APPLICATION, {**APPLICATION, "appId": guid(0)}]})
    with pytest.raises(AmbiguousMatch) as caught:
        reader.read_application(None, "https://x")
    assert caught.value.facts["candidates"] == [guid(0), guid(2)]


def test_a_missing_application_is_none(make_ctx: t.Any) -> None:
    assert make_reader(make_ctx, {})[0].read_application({"unique_name": "ops"}, "https://a") is None


def test_groups_are_read_fifteen_at_a_time_and_by_id_in_lower_case(make_ctx: t.Any) -> None:
    def answer(params: dict[str, str]) -> list[dict[str, t.Any]]:
        return [
            {"id": guid(n).upper(), "displayName": "x"}
            for n in range(17)
            if f"'{guid(n)}'" in params["$filter"].lower()
        ]

    reader, graph = make_reader(make_ctx, {"/groups": answer})
    ids = [guid(number) for number in range(17)] + [guid(3).upper()]
    assert reader.read_groups(ids, None).keys() == {guid(number) for number in range(17)}
    assert [one["$filter"].count("-4000-") for one in graph.parameters] == [15, 2]
    assert make_reader(make_ctx, {})[0].read_groups([], None) == {}


def test_a_group_says_what_claims_depend_on(make_ctx: t.Any) -> None:
    row = {
        "id": guid(21).upper(),
        "displayName": "Ops",
        "securityEnabled": False,
        "onPremisesSyncEnabled": True,
        "onPremisesSamAccountName": "ops",
        "onPremisesNetBiosName": "CORP",
        "onPremisesDomainName": "",
    }
    principal = SsoPrincipal(guid(3), assigned={guid(21): ("Operate",)})
    application = SsoApplication(guid(2), "Console", GroupClaim(), principal=principal)
    reader, _graph = make_reader(make_ctx, {"/groups": [row]})
    found = reader.read_groups([guid(21)], application)[guid(21)]
    assert (found.synced, found.sam_account_name, found.netbios_domain, found.dns_domain) == (True, "ops", "CORP", None)
    assert (found.security_enabled, found.assigned, found.app_roles) == (False, True, ("Operate",))
    bare = make_reader(make_ctx, {"/groups": [{"id": guid(21), "displayName": "Ops"}]})[0].read_groups([guid(21)], None)
    assert (bare[guid(21)].security_enabled, bare[guid(21)].synced, bare[guid(21)].assigned) == (True, False, False)


def test_groups_of_one_name_are_found_together(make_ctx: t.Any) -> None:
    rows = [
        {"id": guid(1), "displayName": "Ops"},
        {"id": guid(2), "displayName": "OPS"},
        {"id": guid(3), "displayName": "x"},
    ]
    reader, graph = make_reader(make_ctx, {"/groups": rows})
    found = reader.find_groups_named(["ops", "Ops"])
    assert sorted(len(groups) for groups in found.values()) == [1, 2]
    assert graph.parameters[0]["$filter"].count("'") == 2


def test_members_of_nested_groups_are_told_apart(make_ctx: t.Any) -> None:
    path = f"/groups/{guid(1)}"
    direct = [user(31, userPrincipalName="ann@x", accountEnabled=False), group(9, displayName="Inner"), group(8)]
    every = [user(31, userPrincipalName="ann@x", accountEnabled=False), user(32), group(9)]
    reader, graph = make_reader(make_ctx, {f"{path}/members": direct, f"{path}/transitiveMembers": every})
    found = reader.list_members([guid(1)])[guid(1)]
    assert found.direct == {GroupMember(guid(31), "ann@x", False)}
    assert found.inherited == {GroupMember(guid(32))}
    assert found.nested == (guid(8).upper(), "Inner")
    reader, graph = make_reader(
        make_ctx, {f"{path}/members": [user(31), {"@odata.type": "#microsoft.graph.device", "id": "d"}]}
    )
    assert reader.list_members([guid(1)])[guid(1)].direct == {GroupMember(guid(31))}
    assert graph.reads == [f"{path}/members"]


def test_what_may_not_be_read_of_a_member_is_not_known(make_ctx: t.Any) -> None:
    rows = [
        user(31, userPrincipalName="", accountEnabled=None),
        user(32, accountEnabled="yes"),
        user(33, accountEnabled=True),
    ]
    reader, _graph = make_reader(make_ctx, {f"/groups/{guid(1)}/members": rows})
    found = {member.object_id: member for member in reader.list_members([guid(1)])[guid(1)].direct}
    assert [found[guid(number)].enabled for number in (31, 32, 33)] == [None, None, True]
    assert found[guid(31)].name is None
    with pytest.raises(Forbidden):
        make_reader(make_ctx, {f"/groups/{guid(1)}/members": Forbidden("no", status=403)})[0].list_members([guid(1)])


def test_only_users_of_exactly_the_names_are_taken(make_ctx: t.Any) -> None:
    rows = [user(31, userPrincipalName="Ann@x.example"), user(32, userPrincipalName="\uff41nn@x.example")]
    reader, _graph = make_reader(make_ctx, {"/users": rows})
    assert [member.object_id for member in reader.find_users(["ann@x.example"])] == [guid(31)]


def test_the_groups_of_a_user_are_groups_and_roles(make_ctx: t.Any) -> None:
    rows = [
        group(1),
        group(2, securityEnabled=False, groupTypes=["Unified"]),
        {"@odata.type": "#microsoft.graph.directoryRole", "id": "r"},
        {"@odata.type": "#microsoft.graph.administrativeUnit", "id": "u"},
    ]
    reader, _graph = make_reader(make_ctx, {f"/users/{guid(31)}/transitiveMemberOf": rows})
    found = reader.list_groups_of_users([guid(31)])[guid(31)]
    assert [(row.object_id, row.security_enabled, row.unified, row.is_role) for row in found] == [
        (guid(1), True, False, False),
        (guid(2), False, True, False),
        ("r", True, False, True),
    ]
