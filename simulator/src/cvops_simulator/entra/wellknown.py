# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's own service principals, which exist in every tenant."""

from __future__ import annotations

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


def _make_resources() -> list[dict[str, Any]]:
    return [
        {
            "appId": GRAPH_APP_ID,
            "displayName": "Microsoft Graph",
            "servicePrincipalNames": [GRAPH_APP_ID, "https://graph.microsoft.com", "https://graph.microsoft.com/"],
            "appRoles": [_make_role(item["id"], item["value"], item["name"]) for item in list_graph_app_roles()],
            "oauth2PermissionScopes": [
                _make_scope(item["id"], item["value"], item["name"]) for item in list_graph_scopes()
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


def add_resources(tenant: Tenant) -> None:
    """Add Microsoft's resource principals to a tenant."""
    for resource in _make_resources():
        values = {
            **resource,
            "id": tenant.name_id("servicePrincipal", resource["displayName"]),
            "appDisplayName": resource["displayName"],
            "appOwnerOrganizationId": _MICROSOFT_TENANT,
            "signInAudience": "AzureADMultipleOrgs",
        }
        tenant.add("servicePrincipal", values, replicated=True)
