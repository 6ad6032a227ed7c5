# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Service principals as facts: what they offer by name, certificates with days left, who holds what, and nothing private."""

from __future__ import annotations

import base64
import datetime
import typing as t

import pytest
from fake_graph import NOW, FakeGraph, call_with_graph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._entra.service_principals.info import (
    describe_service_principal,
    find_service_principals,
)

THUMBPRINT = "0102030405060708090A0B0C0D0E0F1011121314"
IDENTIFIER = base64.b64encode(bytes.fromhex(THUMBPRINT)).decode()
#: Base64 of the beginning of a private key: a sequence whose first element is a number.
PRIVATE = base64.b64encode(bytes.fromhex("30030201003001")).decode()
_KEY = {"customKeyIdentifier": IDENTIFIER, "displayName": "CN=sso", "type": "AsymmetricX509Cert"}
_DATES = {"startDateTime": "2026-03-01T00:00:00Z", "endDateTime": "2026-03-12T10:00:00Z"}
WIRE: dict[str, t.Any] = {
    "id": guid(1),
    "appId": guid(2),
    "displayName": "Commvault SSO",
    "servicePrincipalType": "Application",
    "appOwnerOrganizationId": guid(3),
    "servicePrincipalNames": [guid(2), "api://sso"],
    "preferredSingleSignOnMode": "saml",
    "appRoleAssignmentRequired": True,
    "replyUrls": ["https://b.example", "https://a.example"],
    "preferredTokenSigningKeyThumbprint": THUMBPRINT.lower(),
    "appRoles": [
        {"id": guid(11), "value": None, "displayName": "User", "allowedMemberTypes": ["User"], "isEnabled": True},
        {
            "id": guid(12).upper(),
            "value": "Write.All",
            "displayName": "W",
            "allowedMemberTypes": ["Application"],
            "isEnabled": True,
        },
        {
            "id": guid(13),
            "value": "Read.All",
            "displayName": "R",
            "allowedMemberTypes": ["User", "Application"],
            "isEnabled": True,
        },
    ],
    "oauth2PermissionScopes": [{"id": guid(14), "value": "Read", "type": "User", "isEnabled": False}],
    "keyCredentials": [
        {**_KEY, **_DATES, "keyId": guid(21), "usage": "Sign", "key": PRIVATE},
        {**_KEY, **_DATES, "keyId": guid(22), "usage": "Verify", "key": None},
    ],
    "passwordCredentials": [{**_DATES, "customKeyIdentifier": IDENTIFIER, "keyId": guid(21), "secretText": "hunter2"}],
}
OPTIONS = {"assignments": False, "owners": False}
PATH = f"/servicePrincipals/{guid(1)}"


def look(make_ctx: t.Any, answers: dict[str, t.Any], **options: t.Any) -> tuple[list[dict[str, t.Any]], FakeGraph]:
    graph = FakeGraph(make_ctx({**OPTIONS, **options}), answers)
    return call_with_graph(find_service_principals, graph), graph


def test_what_is_told_of_one() -> None:
    found = describe_service_principal(WIRE, NOW)
    assert (found["object_id"], found["app_id"], found["type"]) == (guid(1), guid(2), "Application")
    assert (found["owner_tenant_id"], found["identifiers"]) == (guid(3), sorted([guid(2), "api://sso"]))
    assert (found["sign_on_mode"], found["assignment_required"], found["enabled"]) == ("saml", True, True)
    assert found["reply_urls"] == ["https://a.example", "https://b.example"]
    roles = [(role["value"], role["display_name"], role["enabled"]) for role in found["app_roles"]]
    assert roles == [("Read.All", "R", True), ("Write.All", "W", True), (None, "User", True)]
    assert found["app_roles"][1]["id"] == guid(12) and found["app_roles"][0]["allowed_member_types"] == [
        "Application",
        "User",
    ]
    assert [(scope["value"], scope["enabled"]) for scope in found["api_scopes"]] == [("Read", False)]
    (certificate,) = found["signing_certificates"]
    assert (certificate["thumbprint"], certificate["days_left"], certificate["active"]) == (THUMBPRINT, 10, True)
    assert (certificate["name"], certificate["key_id"], certificate["certificate"]) == ("CN=sso", guid(22), None)


def test_nothing_private_is_told_and_what_was_answered_is_masked(make_ctx: t.Any) -> None:
    found, graph = look(make_ctx, {PATH: WIRE}, object_id=guid(1))
    assert PRIVATE not in str(found) and "hunter2" not in str(found)
    assert {PRIVATE, "hunter2"} <= set(graph.ctx.secrets)


def test_one_key_is_one_read_and_a_name_is_compared_exactly(make_ctx: t.Any) -> None:
    by_app_id = f"/servicePrincipals(appId='{guid(2)}')"
    found, graph = look(make_ctx, {by_app_id: WIRE}, app_id=guid(2))
    assert [item["display_name"] for item in found] == ["Commvault SSO"] and graph.reads == [by_app_id]
    listed = [
        {**WIRE, "id": guid(9), "displayName": "zz"},
        WIRE,
        {**WIRE, "id": guid(8), "displayName": "COMMVAULT SSO"},
    ]
    found, graph = look(make_ctx, {"/servicePrincipals": listed}, display_name="commvault sso")
    assert [item["object_id"] for item in found] == [guid(1), guid(8)]
    assert graph.parameters[0]["$filter"] == "displayName eq 'commvault sso'"
    found, graph = look(make_ctx, {"/servicePrincipals": listed})
    assert len(found) == 3 and "$filter" not in graph.parameters[0]


def test_an_id_that_is_none_and_one_of_something_else(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="not a GUID"):
        look(make_ctx, {}, app_id="commvault")
    other = {"id": guid(5), "displayName": "GG Ops", "@odata.type": "#microsoft.graph.group"}
    found, graph = look(make_ctx, {"/directoryObjects/getByIds": [other]}, object_id=guid(5))
    assert found == [] and "it is the object id of the group GG Ops" in graph.ctx.warnings[0]
    found, graph = look(make_ctx, {"/directoryObjects/getByIds": []}, object_id=guid(5))
    assert found == [] and graph.ctx.warnings == []


def test_who_holds_and_who_owns_are_read_for_all_in_one_request_each(make_ctx: t.Any) -> None:
    second = {**WIRE, "id": guid(6), "displayName": "Other"}
    held = [
        {
            "id": "a",
            "appRoleId": guid(13),
            "principalId": guid(7),
            "principalType": "Group",
            "principalDisplayName": "GG",
        },
        {"id": "b", "appRoleId": guid(0), "principalId": guid(8), "principalType": "Device"},
    ]
    other = f"/servicePrincipals/{guid(6)}"
    answers = {
        "/servicePrincipals": [WIRE, second],
        f"{PATH}/appRoleAssignedTo": held,
        f"{other}/appRoleAssignedTo": [],
        f"{PATH}/owners": [{"id": guid(4), "userPrincipalName": "j.vega@corp.example"}],
        f"{other}/owners": [],
    }
    found, graph = look(make_ctx, answers, assignments=True, owners=True)
    row = {
        "app_role": "Read.All",
        "app_role_id": guid(13),
        "principal_type": "group",
        "name": "GG",
        "object_id": guid(7),
    }
    assert [item["assignments"] for item in found] == [[row], []]
    assert [item["owners"] for item in found] == [[guid(4)], []]
    assert found[0]["owner_details"] == [{"object_id": guid(4), "name": "j.vega@corp.example", "type": "user"}]
    assert [len(batch) for batch in graph.batches] == [2, 2]
    found, graph = look(make_ctx, answers)
    assert "assignments" not in found[0] and "owners" not in found[0] and graph.reads == ["/servicePrincipals"]


@pytest.mark.parametrize("missing", ["keyCredentials", "passwordCredentials"])
def test_an_answer_without_the_credentials_is_not_taken_for_one_without_certificates(missing: str) -> None:
    with pytest.raises(BadAnswer):
        describe_service_principal({**WIRE, missing: None}, datetime.datetime.now(datetime.timezone.utc))
