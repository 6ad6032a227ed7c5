# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's document as variables: what they say, what they cannot, and that no order matters."""

from __future__ import annotations

import json
import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.selection import (
    APPLICATION,
    GROUP,
    PRINCIPAL,
    USER,
    select_row,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH
from ansible_collections.cvops.identity.plugins.module_utils._joint.snapshot.export_entra import export_entra

Row = dict[str, t.Any]
APP_ID, GRAPH_ID, SP_ID, ROLE, READ = guid(10), guid(11), guid(12), guid(13), guid(14)
EMPTY: Row = {
    name: []
    for name in (
        *("users", "groups", "applications", "service_principals", "directory_roles", "named_locations"),
        *("conditional_access_policies", "deleted_users", "deleted_groups", "others"),
    )
}
UNREAD = {"notVisible": []}


def make_group(number: int, **more: t.Any) -> Row:
    wire = {
        "id": guid(number),
        "displayName": f"G{number}",
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": [],
    }
    rest = {"members": more.pop("members", []), "owners": more.pop("owners", []), **UNREAD}
    return {**select_row(GROUP, {**wire, **more}, "group"), **rest}


def make_user(number: int) -> Row:
    return select_row(
        USER, {"id": guid(number), "displayName": "U", "userPrincipalName": f"u{number}@corp.example"}, "user"
    )


def make_application(**more: t.Any) -> Row:
    wire = {
        "id": guid(1),
        "appId": APP_ID,
        "displayName": "App",
        "signInAudience": "AzureADMyOrg",
        "requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": [{"id": READ, "type": "Role"}]}],
    }
    rest = {"owners": more.pop("owners", []), "federatedIdentityCredentials": more.pop("federated", []), **UNREAD}
    return {**select_row(APPLICATION, {**wire, **more}, "application"), **rest}


def make_principal(key: str, app_id: str, **more: t.Any) -> Row:
    names = ("owners", "appRoleAssignments", "appRoleAssignedTo", "oauth2PermissionGrants")
    rest = {**{name: more.pop(name, []) for name in names}, **UNREAD}
    return {
        **select_row(
            PRINCIPAL, {"id": key, "appId": app_id, "displayName": "App", "accountEnabled": True, **more}, "sp"
        ),
        **rest,
    }


def make_graph() -> Row:
    role = {"id": READ, "value": "User.Read.All", "isEnabled": True, "allowedMemberTypes": ["Application"]}
    return make_principal(GRAPH_ID, GRAPH, appRoles=[role], displayName="Microsoft Graph")


def export(**parts: t.Any) -> t.Any:
    return export_entra(t.cast("t.Any", {**EMPTY, "policy_report": {}, **parts}))


def list_whys(found: t.Any, kind: str) -> list[str]:
    return [row["why"] for row in found["other"] if row["kind"] == kind]


def test_nothing_is_no_document() -> None:
    assert export() == {"variables": [], "other": []}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"groupTypes": ["Unified"]}, "not a plain security group"),
        ({"securityEnabled": False}, "not a plain security group"),
        ({"mailEnabled": True}, "not a plain security group"),
        ({"groupTypes": ["DynamicMembership"]}, "from a rule"),
        ({"onPremisesSyncEnabled": True}, "on-premises"),
        ({"isAssignableToRole": True}, "directory roles"),
        ({"displayName": None}, "could not be read"),
    ],
)
def test_groups_that_the_document_cannot_keep(more: Row, why: str) -> None:
    found = export(groups=[make_group(1, **more)])
    assert found["variables"] == [] and why in list_whys(found, "group")[0]


def test_a_group_names_people_and_keeps_ids_of_all_others() -> None:
    found = export(
        groups=[
            make_group(1, uniqueName="g1", mailNickname="g1", members=[guid(500), guid(2)], owners=[guid(500)]),
            make_group(2),
        ],
        users=[make_user(500)],
    )
    assert found["variables"][0]["cvops_entra_groups"] == [
        {
            "display_name": "G1",
            "unique_name": "g1",
            "mail_nickname": "g1",
            "members": [guid(2), "u500@corp.example"],
            "owners": ["u500@corp.example"],
        },
        {"display_name": "G2", "object_id": guid(2)},
    ]


def test_an_application_with_consent_and_holders() -> None:
    role = {"id": ROLE, "value": "Operate", "displayName": "Operate", "isEnabled": True, "allowedMemberTypes": ["User"]}
    holders = [
        {"id": str(number), "principalId": guid(key), "principalType": kind, "appRoleId": ROLE}
        for number, (key, kind) in enumerate(((2, "Group"), (500, "User"), (900, "ServicePrincipal")))
    ]
    own = make_principal(
        SP_ID,
        APP_ID,
        appRoles=[role],
        tags=["own", "inherited"],
        replyUrls=["https://a", "https://b"],
        appRoleAssignments=[{"id": "x", "resourceId": GRAPH_ID, "appRoleId": READ}],
        appRoleAssignedTo=holders,
    )
    application = make_application(appRoles=[role], tags=["inherited"], web={"redirectUris": ["https://a"]})
    found = export(
        applications=[application],
        service_principals=[own, make_graph()],
        groups=[make_group(2)],
        users=[make_user(500)],
    )
    got = found["variables"][0]["cvops_application"]
    assert got == {
        "app_id": APP_ID,
        "display_name": "App",
        "sign_in_audience": "AzureADMyOrg",
        "tags": ["inherited"],
        "web": {"redirect_uris": ["https://a"]},
        "app_roles": [{"value": "Operate", "display_name": "Operate", "allowed_member_types": ["User"]}],
        "api_permissions": [{"api": "Microsoft Graph", "application": ["User.Read.All"]}],
        "service_principal": {"reply_urls": ["https://b"], "tags": ["own"]},
        "grant_admin_consent": True,
        "app_role_assignments": {
            "assignments": [
                {"group": "G2", "app_role": "Operate"},
                {"user": "u500@corp.example", "app_role": "Operate"},
            ]
        },
    }
    assert len(list_whys(found, "app role assignment")) == 1  # the role is not for programs


def test_consent_in_part_and_grants_beside_it_are_told() -> None:
    held = [{"id": "x", "resourceId": GRAPH_ID, "appRoleId": READ}]
    own = make_principal(SP_ID, APP_ID, appRoleAssignments=held)
    more = [{"id": READ, "type": "Role"}, {"id": guid(77), "type": "Role"}]
    asked = [{"resourceAppId": GRAPH, "resourceAccess": more}]
    part = export(applications=[make_application(requiredResourceAccess=asked)], service_principals=[own, make_graph()])
    assert "grant_admin_consent" not in part["variables"][0]["cvops_application"]
    assert list_whys(part, "consent") and list_whys(part, "api permission")
    beside = export(applications=[make_application(requiredResourceAccess=[])], service_principals=[own, make_graph()])
    (row,) = [one for one in beside["other"] if one["kind"] == "granted permission"]
    assert row["name"] == "App: Microsoft Graph User.Read.All"


def test_two_groups_of_one_name_are_known_by_id() -> None:
    role = {"id": ROLE, "value": "Operate", "isEnabled": True, "allowedMemberTypes": ["User"]}
    holder = [{"id": "1", "principalId": guid(2), "principalType": "Group", "appRoleId": ROLE}]
    own = make_principal(SP_ID, APP_ID, appRoles=[role], appRoleAssignedTo=holder)
    groups = [make_group(2, displayName="Same"), make_group(3, displayName="Same")]
    found = export(applications=[make_application()], service_principals=[own], groups=groups)
    (entry,) = found["variables"][0]["cvops_application"]["app_role_assignments"]["assignments"]
    assert entry["group"] == guid(2)


def test_what_no_variable_says() -> None:
    federated = [
        {"id": "f", "name": "ci-main", "issuer": "https://i", "subject": "s", "audiences": ["a"], "description": None}
    ]
    secret = [{"keyId": guid(8), "displayName": "backup"}]
    found = export(
        applications=[make_application(federated=federated, passwordCredentials=secret, uniqueName="app")],
        directory_roles=[
            {"roleTemplateId": guid(6), "displayName": "Reader", "members": [guid(1)], "scopedMembers": []}
        ],
        conditional_access_policies=[{"id": guid(7), "displayName": "CA"}],
    )
    assert {row["kind"] for row in found["other"]} >= {
        "federated credential",
        "secret",
        "directory role",
        "conditional access policy",
    }
    (row,) = [one for one in found["other"] if one["kind"] == "federated credential"]
    assert row["options"] == {
        "application": {"unique_name": "app"},
        "name": "ci-main",
        "issuer": "https://i",
        "subject": "s",
        "audiences": ["a"],
    }


def test_each_further_application_has_a_document() -> None:
    second = make_application(id=guid(2), appId=guid(20), displayName="Another")
    found = export(applications=[make_application(), second], groups=[make_group(5)])
    assert [set(one) for one in found["variables"]] == [
        {"cvops_application", "cvops_entra_groups"},
        {"cvops_application"},
    ]
    assert found["variables"][0]["cvops_application"]["display_name"] == "Another"


@given(st.permutations([1, 2, 3]), st.permutations([500, 501]), st.permutations([500, 501, 2]))
def test_the_order_of_a_document_never_matters(groups: list[int], users: list[int], members: list[int]) -> None:
    def make(order: t.Sequence[int], people: t.Sequence[int], inner: t.Sequence[int]) -> str:
        rows = [make_group(number, members=[guid(one) for one in inner]) for number in order]
        return json.dumps(export(groups=rows, users=[make_user(number) for number in people]))

    assert make(groups, users, members) == make([1, 2, 3], [500, 501], [500, 501, 2])
