# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's own service principals, which exist in every tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.schema import list_graph_app_roles, list_graph_scopes

if TYPE_CHECKING:
    from cvops_simulator.entra.tenant import Tenant

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
EXCHANGE_APP_ID = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT_APP_ID = "00000003-0000-0ff1-ce00-000000000000"
AZURE_MANAGEMENT_APP_ID = "797f4846-ba00-4fd7-ba43-dac1f8f63013"
KEY_VAULT_APP_ID = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"
TOKEN_EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
TOKEN_EXCHANGE_APP_ID = "fb60f99c-7a34-4190-8149-302f77469936"
_MICROSOFT_TENANT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
#: Permissions of Microsoft Graph that backups ask for, beside those of the schema: name, application id, delegated id.
#: The ids are the published ones (Microsoft Graph permissions reference).
_BACKUP_PERMISSIONS: tuple[tuple[str, str | None, str | None], ...] = (
    ("AdministrativeUnit.Read.All", "134fd756-38ce-4afd-ba33-e9623dbe66c2", "3361d15d-be43-4de6-b441-3c746d05163d"),
    (
        "AdministrativeUnit.ReadWrite.All",
        "5eb59dd3-1da2-4329-8733-9dabdc435916",
        "7b8a2d34-6b3f-4542-a343-54651608ad81",
    ),
    ("Channel.Create", "f3a65bd4-b703-46df-8f7e-0174fea562aa", None),
    ("Channel.ReadBasic.All", "59a6b24b-4225-4393-8165-ebaec5f55d7a", None),
    ("ChannelMember.Read.All", "3b55498e-47ec-484f-8136-9013221c06a9", None),
    ("ChannelMember.ReadWrite.All", "35930dcf-aceb-4bd1-b99a-8ffed403c974", None),
    ("ChannelMessage.Read.All", "7b2449af-6ccd-4f4d-9f78-e550c193f0d1", "767156cb-16ae-4d10-8f8b-41b657c8c8c8"),
    ("ChannelMessage.Send", None, "ebf0f66e-9fb1-49e4-a278-222f76911cf4"),
    ("ChannelSettings.Read.All", "c97b873f-f59f-49aa-8a0e-52b32d762124", "233e0cf1-dd62-48bc-b65b-b38fe87fcf8e"),
    ("ChannelSettings.ReadWrite.All", "243cded2-bd16-4fd6-a953-ff8177894c3d", "d649fb7c-72b4-4eec-b2b4-b15acf79e378"),
    ("Chat.Read.All", "6b7d71aa-70aa-4810-a8d9-5d9fb2830017", None),
    ("Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", "2f9ee017-59c1-4f1d-9472-bd5529a7b311"),
    ("Domain.ReadWrite.All", "7e05723c-0bb0-42da-be95-ae9f08a6e53c", "0b5d694c-a244-4bde-86e6-eb5cd07730fe"),
    ("MailboxItem.ImportExport.All", "76577085-e73d-4f1d-b26a-85fb33892327", None),
    ("MailboxSettings.Read", "40f97065-369a-49f4-947c-6a255697ae91", "87f447af-9fa4-4c32-9dfa-4a57a73d18ce"),
    ("Notes.Read.All", "3aeca27b-ee3a-4c2b-8ded-80376e2134a4", "dfabfca6-ee36-4db2-8208-7a28381419b3"),
    ("Notes.ReadWrite.All", "0c458cef-11f3-48c2-a568-c66751c238c0", "64ac0503-b4fa-45d9-b544-71a463f05da0"),
    ("Tasks.ReadWrite.All", "44e666d1-d276-445b-a5fc-8815eeb81d55", None),
    ("Team.ReadBasic.All", "2280dda6-0bfd-44ee-a2f4-cb867cfc4c1e", None),
    ("TeamMember.Read.All", "660b7406-55f1-41ca-a0ed-0b035e182f3e", None),
    ("TeamMember.ReadWrite.All", "0121dc95-1b9f-4aed-8bac-58c5ac466691", None),
    ("TeamsAppInstallation.ReadForTeam.All", "1f615aea-6bf9-4b05-84bd-46388e138537", None),
    ("TeamsAppInstallation.ReadWriteForTeam.All", "5dad17ba-f6cc-4954-a5a2-a0dcc95154f0", None),
    ("TeamworkTag.ReadWrite.All", "a3371ca5-911d-46d6-901c-42c8c7a937d8", None),
)
_USER_SCOPES = frozenset({"User.Read", "User.ReadWrite", "openid", "profile", "email", "offline_access"})


def _make_role(role_id: str, value: str, text: str) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["Application"],
        "description": text,
        "displayName": text,
        "id": role_id,
        "isEnabled": True,
        "origin": "Application",
        "value": value,
    }


def _make_scope(scope_id: str, value: str, text: str) -> dict[str, Any]:
    return {
        "adminConsentDescription": text,
        "adminConsentDisplayName": text,
        "id": scope_id,
        "isEnabled": True,
        "origin": "Application",
        "type": "User" if value in _USER_SCOPES else "Admin",
        "userConsentDescription": text,
        "userConsentDisplayName": text,
        "value": value,
    }


def list_resources() -> list[dict[str, Any]]:
    """Return Microsoft's APIs as service principals, with the permissions that they offer."""
    return [
        {
            "appId": GRAPH_APP_ID,
            "displayName": "Microsoft Graph",
            "servicePrincipalNames": [GRAPH_APP_ID, "https://graph.microsoft.com", "https://graph.microsoft.com/"],
            "appRoles": [
                *(_make_role(item["id"], item["value"], item["name"]) for item in list_graph_app_roles()),
                *(_make_role(role_id, name, name) for name, role_id, dummy in _BACKUP_PERMISSIONS if role_id),
            ],
            "oauth2PermissionScopes": [
                *(_make_scope(item["id"], item["value"], item["name"]) for item in list_graph_scopes()),
                *(_make_scope(scope_id, name, name) for name, dummy, scope_id in _BACKUP_PERMISSIONS if scope_id),
            ],
        },
        {
            "appId": EXCHANGE_APP_ID,
            "displayName": "Office 365 Exchange Online",
            "servicePrincipalNames": [EXCHANGE_APP_ID, "https://outlook.office365.com", "https://outlook.office.com"],
            "appRoles": [
                _make_role("dc890d15-9560-4a4c-9b7f-a736ec74ec40", "full_access_as_app", "Use Exchange Web Services"),
                _make_role(
                    "dc50a0fb-09a3-484d-be87-e023b12c6440", "Exchange.ManageAsApp", "Manage Exchange As Application"
                ),
            ],
            "oauth2PermissionScopes": [
                _make_scope(
                    "3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5", "EWS.AccessAsUser.All", "Access mailboxes as the user"
                ),
            ],
        },
        {
            "appId": SHAREPOINT_APP_ID,
            "displayName": "Office 365 SharePoint Online",
            "servicePrincipalNames": [SHAREPOINT_APP_ID],
            "appRoles": [
                _make_role(
                    "678536fe-1083-478a-9c59-b99265e6b0d3", "Sites.FullControl.All", "Full control of all sites"
                ),
            ],
            "oauth2PermissionScopes": [],
        },
        {
            "appId": AZURE_MANAGEMENT_APP_ID,
            "displayName": "Windows Azure Service Management API",
            "servicePrincipalNames": [
                AZURE_MANAGEMENT_APP_ID,
                "https://management.azure.com",
                "https://management.azure.com/",
                "https://management.core.windows.net/",
            ],
            "appRoles": [],
            "oauth2PermissionScopes": [
                _make_scope(
                    "41094075-9dad-400e-a0bd-54e686782033", "user_impersonation", "Access Azure Service Management"
                ),
            ],
        },
        {
            "appId": KEY_VAULT_APP_ID,
            "displayName": "Azure Key Vault",
            "servicePrincipalNames": [KEY_VAULT_APP_ID, "https://vault.azure.net"],
            "appRoles": [],
            "oauth2PermissionScopes": [
                _make_scope(
                    "f53da476-18e3-4152-8e01-aec403e6edc0", "user_impersonation", "Have full access to Azure Key Vault"
                ),
            ],
        },
        {
            "appId": TOKEN_EXCHANGE_APP_ID,
            "displayName": "AAD Token Exchange",
            "servicePrincipalNames": [TOKEN_EXCHANGE_APP_ID, TOKEN_EXCHANGE_AUDIENCE],
            "appRoles": [],
            "oauth2PermissionScopes": [],
        },
    ]


def add_resources(tenant: Tenant, known: Mapping[str, dict[str, Any]] | None = None) -> None:
    """Add Microsoft's resource principals to a tenant.

    `known`: by application id, what is known of them in this tenant; permissions are added to those that they offer.
    """
    for resource in list_resources():
        own = {key: value for key, value in (known or {}).get(resource["appId"], {}).items() if key != "owners"}
        for offered in ("appRoles", "oauth2PermissionScopes"):
            ids = {item["id"] for item in resource[offered]}
            own[offered] = [*resource[offered], *(item for item in own.get(offered) or () if item["id"] not in ids)]
        values = {
            **resource,
            "id": tenant.name_id("servicePrincipal", resource["displayName"]),
            "appDisplayName": resource["displayName"],
            "appOwnerOrganizationId": _MICROSOFT_TENANT,
            "signInAudience": "AzureADMultipleOrgs",
            **own,
        }
        tenant.add("servicePrincipal", values, replicated=True)
