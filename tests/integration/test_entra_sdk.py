# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Microsoft's SDK and the Entra modules leave alone what the other one has written, and read the same in it."""

from __future__ import annotations

import base64
import json
import pathlib
import types
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cvops_simulator import Simulator
from helpers.certificates import FIRST, FIRST_THUMBPRINT
from helpers.checks import assert_no_writes
from helpers.direct import run_body

from ansible_collections.cvops.identity.plugins.modules import (
    entra_admin_consent,
    entra_app_role_assignment,
    entra_application,
    entra_application_certificate,
    entra_federated_credential,
    entra_group,
    entra_service_principal,
    entra_snapshot,
)

pytest.importorskip("msgraph", reason="the official SDK is installed with the simulator's tests")
graph_sdk = pytest.importorskip("helpers.graph_sdk")

ROLE_ID, SCOPE_ID = "3f0c6d2e-31a5-4b0b-9f5b-0d6f4a1c2b3d", "7d9f1c1a-0c55-4e0a-8f6f-5b1f0a2d3c4e"
GRAPH = "00000003-0000-0000-c000-000000000000"
KEY = {"unique_name": "sso-by-hand"}
#: What an application has, as Graph says it, and the same as options of entra_application.
APPLICATION_WIRE: dict[str, t.Any] = {
    "displayName": "SSO by hand",
    "description": "Signs people in",
    "notes": "INC0012345",
    "signInAudience": "AzureADMyOrg",
    "identifierUris": ["api://sso-by-hand.corp.example"],
    "tags": ["backup", "sso"],
    "groupMembershipClaims": "ApplicationGroup",
    "web": {
        "redirectUris": ["https://a.corp.example/callback", "https://b.corp.example/callback"],
        "logoutUrl": "https://a.corp.example/out",
        "homePageUrl": "https://a.corp.example",
        "implicitGrantSettings": {"enableIdTokenIssuance": True, "enableAccessTokenIssuance": False},
    },
    "spa": {"redirectUris": ["https://spa.corp.example"]},
    "publicClient": {"redirectUris": ["http://localhost"]},
    "appRoles": [
        {
            "id": ROLE_ID,
            "value": "Backup.Operate",
            "displayName": "Operate backups",
            "description": "Start and stop",
            "allowedMemberTypes": ["Application", "User"],
            "isEnabled": True,
        }
    ],
    "api": {
        "requestedAccessTokenVersion": 2,
        "oauth2PermissionScopes": [
            {
                "id": SCOPE_ID,
                "value": "Backup.Read",
                "type": "Admin",
                "adminConsentDisplayName": "Read backups",
                "adminConsentDescription": "Read all backups",
                "isEnabled": True,
            }
        ],
    },
    "optionalClaims": {
        "saml2Token": [{"name": "groups", "essential": False, "additionalProperties": ["sam_account_name"]}]
    },
}
APPLICATION: dict[str, t.Any] = {
    "display_name": "SSO by hand",
    "description": "Signs people in",
    "notes": "INC0012345",
    "sign_in_audience": "AzureADMyOrg",
    "identifier_uris": ["api://sso-by-hand.corp.example"],
    "tags": ["backup", "sso"],
    "group_claims": ["ApplicationGroup"],
    "web": {
        "redirect_uris": ["https://a.corp.example/callback", "https://b.corp.example/callback"],
        "logout_url": "https://a.corp.example/out",
        "home_page_url": "https://a.corp.example",
        "implicit_grant": {"id_tokens": True, "access_tokens": False},
    },
    "spa": {"redirect_uris": ["https://spa.corp.example"]},
    "public_client": {"redirect_uris": ["http://localhost"]},
    "app_roles": [
        {
            "id": ROLE_ID,
            "value": "Backup.Operate",
            "display_name": "Operate backups",
            "description": "Start and stop",
            "allowed_member_types": ["User", "Application"],
        }
    ],
    "api_scopes": [
        {
            "id": SCOPE_ID,
            "value": "Backup.Read",
            "type": "Admin",
            "admin_consent_display_name": "Read backups",
            "admin_consent_description": "Read all backups",
        }
    ],
    "access_token_version": 2,
    "optional_claims": {"saml2_token": [{"name": "groups", "additional_properties": ["sam_account_name"]}]},
    "api_permissions": [
        {"api": "Microsoft Graph", "application": ["GroupMember.Read.All", "User.Read.All"], "delegated": ["User.Read"]}
    ],
    "exclusive": True,
}
CREDENTIAL_WIRE = {
    "name": "ci-main",
    "issuer": "https://ci.corp.example",
    "subject": "project:access:main",
    "audiences": ["api://AzureADTokenExchange"],
    "description": "Converges access",
}
PRINCIPAL_WIRE: dict[str, t.Any] = {
    "accountEnabled": True,
    "appRoleAssignmentRequired": True,
    "preferredSingleSignOnMode": "saml",
    "loginUrl": "https://a.corp.example/in",
    "notificationEmailAddresses": ["backup@corp.example"],
    "tags": ["backup", "sso", "WindowsAzureActiveDirectoryIntegratedApp"],
    "notes": "Portal of the backup team",
    "samlSingleSignOnSettings": {"relayState": "https://a.corp.example/start"},
}
PRINCIPAL = {
    "enabled": True,
    "assignment_required": True,
    "sign_on_mode": "saml",
    "login_url": "https://a.corp.example/in",
    "relay_state": "https://a.corp.example/start",
    "notification_emails": ["backup@corp.example"],
    "tags": ["backup", "sso", "WindowsAzureActiveDirectoryIntegratedApp"],
    "notes": "Portal of the backup team",
    "exclusive": True,
}
DER = x509.load_pem_x509_certificate(FIRST.encode()).public_bytes(Encoding.DER)
GROUP_WIRE: dict[str, t.Any] = {
    "displayName": "GG By hand",
    "description": "Operators",
    "uniqueName": "gg-by-hand",
    "mailNickname": "gg-by-hand",
    "mailEnabled": False,
    "securityEnabled": True,
}
GROUP = {
    "display_name": "GG By hand",
    "description": "Operators",
    "unique_name": "gg-by-hand",
    "mail_nickname": "gg-by-hand",
    "exclusive": True,
}


class Names(t.NamedTuple):
    """People of the site."""

    member_ids: list[str]
    members: list[str]
    owner_id: str
    owner: str


def choose_people(site: Simulator) -> Names:
    users = sorted(site.tenant.users.values(), key=lambda user: str(user["id"]))[:3]
    ids, names = [user["id"] for user in users], [user["userPrincipalName"] for user in users]
    return Names(ids[:2], names[:2], ids[2], names[2])


def list_tasks(people: Names) -> list[tuple[types.ModuleType, dict[str, t.Any]]]:
    """Modules with the options that mean what the SDK writes."""
    trust = dict(CREDENTIAL_WIRE)
    assignments = [
        {"group": "GG By hand", "app_role": "Backup.Operate"},
        {"user": people.owner, "app_role": "Backup.Operate"},
    ]
    return [
        (entra_group, {**GROUP, "members": people.members, "owners": [people.owner]}),
        (entra_application, {**KEY, **APPLICATION}),
        (
            entra_application_certificate,
            {"application": KEY, "name": "CN=first", "certificate": FIRST, "exclusive": True},
        ),
        (entra_federated_credential, {"application": KEY, **trust}),
        (entra_service_principal, {"application": KEY, **PRINCIPAL}),
        (entra_app_role_assignment, {"application": KEY, "assignments": assignments, "exclusive": True}),
        (entra_admin_consent, {"application": KEY, "exclusive": True}),
    ]


def run_all(site: Simulator, people: Names, *, check: bool = False) -> list[bool]:
    """Whether each module has changed anything."""
    changed = []
    for module, options in list_tasks(people):
        result = run_body(module, site, options, check=check)
        assert not result.get("failed"), (module.__name__, result["msg"])
        changed.append(result["changed"])
    return changed


def find_permission(site: Simulator, kind: str, name: str) -> str:
    principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(GRAPH))
    return str(next(row["id"] for row in principal[kind] if row["value"] == name))


def list_requested(site: Simulator) -> dict[str, t.Any]:
    """What the application requests, as Graph says it."""
    access = [
        {"id": find_permission(site, "appRoles", "GroupMember.Read.All"), "type": "Role"},
        {"id": find_permission(site, "appRoles", "User.Read.All"), "type": "Role"},
        {"id": find_permission(site, "oauth2PermissionScopes", "User.Read"), "type": "Scope"},
    ]
    return {"requiredResourceAccess": [{"resourceAppId": GRAPH, "resourceAccess": access}]}


def write_with_sdk(site: Simulator, people: Names) -> None:
    """Make by the SDK what :func:`list_tasks` asks for."""
    build, root = graph_sdk.build_model, f"{site.graph_url}/v1.0/directoryObjects"
    graph_id = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(GRAPH))["id"]

    async def steps(client: t.Any) -> None:
        binds = {
            "members@odata.bind": [f"{root}/{one}" for one in people.member_ids],
            "owners@odata.bind": [f"{root}/{people.owner_id}"],
        }
        group = await client.groups.post(build(graph_sdk.Group, {**GROUP_WIRE, **binds}))
        wire = {**APPLICATION_WIRE, **list_requested(site), "uniqueName": KEY["unique_name"]}
        key = {"displayName": "CN=first", "type": "AsymmetricX509Cert", "usage": "Verify"}
        wire["keyCredentials"] = [{**key, "key": base64.b64encode(DER).decode()}]
        application = await client.applications.post(build(graph_sdk.Application, wire))
        item = client.applications.by_application_id(application.id)
        await item.federated_identity_credentials.post(build(graph_sdk.FederatedIdentityCredential, CREDENTIAL_WIRE))
        principal = await client.service_principals.post(
            build(graph_sdk.ServicePrincipal, {"appId": application.app_id, **PRINCIPAL_WIRE})
        )
        own = client.service_principals.by_service_principal_id(principal.id)
        for holder in (group.id, people.owner_id):
            row = {"principalId": holder, "resourceId": principal.id, "appRoleId": ROLE_ID}
            await own.app_role_assigned_to.post(build(graph_sdk.AppRoleAssignment, row))
        for name in ("GroupMember.Read.All", "User.Read.All"):
            role_id = find_permission(site, "appRoles", name)
            row = {"principalId": principal.id, "resourceId": graph_id, "appRoleId": role_id}
            await own.app_role_assignments.post(build(graph_sdk.AppRoleAssignment, row))
        grant = {"clientId": principal.id, "consentType": "AllPrincipals", "resourceId": graph_id, "scope": "User.Read"}
        await client.oauth2_permission_grants.post(build(graph_sdk.OAuth2PermissionGrant, grant))

    graph_sdk.run_sdk(site, steps)


def read_with_sdk(site: Simulator) -> dict[str, t.Any]:
    """What the SDK reads of it, each object as Graph says it."""
    read = graph_sdk.read_model

    async def list_all(collection: t.Any) -> list[dict[str, t.Any]]:
        return [read(item) for item in (await collection.get()).value]

    async def steps(client: t.Any) -> dict[str, t.Any]:
        application = await client.applications_with_unique_name(KEY["unique_name"]).get()
        item = client.applications.by_application_id(application.id)
        principal = await client.service_principals_with_app_id(application.app_id).get()
        own = client.service_principals.by_service_principal_id(principal.id)
        group = await client.groups_with_unique_name(GROUP["unique_name"]).get()
        in_group = client.groups.by_group_id(group.id)
        return {
            "application": read(application),
            "credentials": await list_all(item.federated_identity_credentials),
            "principal": read(principal),
            "assigned": await list_all(own.app_role_assigned_to),
            "held": await list_all(own.app_role_assignments),
            "granted": await list_all(own.oauth2_permission_grants),
            "group": read(group),
            "members": await list_all(in_group.members),
            "owners": await list_all(in_group.owners),
        }

    return t.cast("dict[str, t.Any]", graph_sdk.run_sdk(site, steps))


@pytest.mark.whole
def test_the_modules_leave_what_the_sdk_wrote(site: Simulator) -> None:
    people = choose_people(site)
    write_with_sdk(site, people)
    for check in (True, False):
        site.journal.clear()
        assert run_all(site, people, check=check) == [False] * 7
        assert_no_writes(site)


def is_held(wanted: t.Any, found: t.Any) -> bool:
    """Whether *found* says all that *wanted* says; the order of lists, and what else objects say, do not matter."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(is_held(value, found.get(name)) for name, value in wanted.items())
    if isinstance(wanted, list):
        return len(wanted) == len(found or []) and all(any(is_held(one, other) for other in found) for one in wanted)
    return bool(wanted == found)


def test_the_sdk_reads_what_the_modules_wrote(site: Simulator) -> None:
    people = choose_people(site)
    assert run_all(site, people) == [True] * 7
    found = read_with_sdk(site)
    application = found["application"]
    for name, value in {**APPLICATION_WIRE, **list_requested(site)}.items():
        assert is_held(value, application[name]), (name, value, application[name])
    (key,) = application["keyCredentials"]
    assert base64.b64decode(key["customKeyIdentifier"]).hex().upper() == FIRST_THUMBPRINT
    assert (key["displayName"], key["usage"], key["type"]) == ("CN=first", "Verify", "AsymmetricX509Cert")
    assert is_held([CREDENTIAL_WIRE], found["credentials"]), found["credentials"]
    for name, value in PRINCIPAL_WIRE.items():
        assert is_held(value, found["principal"][name]), (name, value, found["principal"][name])
    holders = {(row["principalId"], row["appRoleId"]) for row in found["assigned"]}
    assert holders == {(found["group"]["id"], ROLE_ID), (people.owner_id, ROLE_ID)}
    roles = {find_permission(site, "appRoles", name) for name in ("GroupMember.Read.All", "User.Read.All")}
    assert {row["appRoleId"] for row in found["held"]} == roles
    assert [(row["scope"], row["consentType"]) for row in found["granted"]] == [("User.Read", "AllPrincipals")]
    assert is_held(GROUP_WIRE, found["group"]), found["group"]
    assert sorted(row["id"] for row in found["members"]) == sorted(people.member_ids)
    assert [row["id"] for row in found["owners"]] == [people.owner_id]


def test_what_one_makes_the_other_reads_as_its_own(site: Simulator) -> None:
    """Both ways lead to the same objects, as the SDK reads them, but for what each object has by itself."""
    people = choose_people(site)
    write_with_sdk(site, people)
    by_sdk = read_with_sdk(site)
    site.reset()
    run_all(site, people)
    by_modules = read_with_sdk(site)
    for kind in ("application", "principal", "group"):
        assert list_differences(by_sdk[kind], by_modules[kind]) == set(), kind


@pytest.mark.whole
def test_the_sdk_and_the_snapshot_count_the_same_groups(site: Simulator, tmp_path: pathlib.Path) -> None:
    """Microsoft's models tell groups from all else that somebody is in; as many as the document counts, in the kinds that it names."""
    tenant = site.tenant
    person = site.site.anomalies["user_in_151_groups"]["object_id"]
    kinds: list[dict[str, t.Any]] = [
        {"securityEnabled": False, "mailEnabled": True, "groupTypes": ["Unified"]},
        {"securityEnabled": False, "mailEnabled": True},
    ]
    outer: dict[str, t.Any] = {"securityEnabled": True}
    made = [
        tenant.add("group", {"displayName": f"Elsewhere {number}", **kind}, replicated=True)["id"]
        for number, kind in enumerate([*kinds, outer])
    ]
    for group, inner in zip(made, (person, person, made[1]), strict=True):
        tenant.relate("members", group, [inner], True)

    async def steps(client: t.Any) -> t.Any:
        builder = client.users.by_user_id(person).transitive_member_of
        page = await builder.get()
        found = list(page.value)
        while page.odata_next_link:
            page = await builder.with_url(page.odata_next_link).get()
            found += page.value
        return found

    listed = graph_sdk.run_sdk(site, steps)
    groups = [one for one in listed if isinstance(one, graph_sdk.Group)]
    unified = [one for one in groups if not one.security_enabled and "Unified" in (one.group_types or [])]
    security = [one for one in groups if one.security_enabled]
    name = next(row["displayName"] for row in tenant.groups.values() if person in tenant.members(row["id"]))
    result = run_body(entra_snapshot, site, {"dest": str(tmp_path), "groups": [name]})
    assert not result.get("failed"), result["msg"]
    users = json.loads((tmp_path / "entra.json").read_text())["users"]
    (counted,) = [row["groupCounts"] for row in users if row["id"] == person]
    others = len(groups) - len(security) - len(unified)
    assert counted == {"security": len(security), "microsoft365": len(unified), "distribution": others}
    assert counted == {"security": 152, "microsoft365": 1, "distribution": 1}


def list_differences(one: dict[str, t.Any], other: dict[str, t.Any]) -> set[str]:
    """The members in which two objects differ, without ids of their own and times."""
    own = {
        "id",
        "appId",
        "createdDateTime",
        "keyCredentials",
        "renewedDateTime",
        "servicePrincipalNames",
        "createdByAppId",
    }
    return {
        name
        for name in set(one) | set(other)
        if name not in own and not (is_held(one.get(name), other.get(name)) and is_held(other.get(name), one.get(name)))
    }
