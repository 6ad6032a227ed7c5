# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Presets of API permissions per purpose: data, each permission with its source.

A permission is *documented* where the source names it for this purpose. It is *inferred* where it is the reading counterpart of a
documented permission, or stands in a source that is not the vendor's own. What has no source is left out, and ``left_out`` says so.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
SHAREPOINT = "00000003-0000-0ff1-ce00-000000000000"
#: Microsoft's APIs that presets name, by application id, which is the same in every tenant.
APIS = {
    GRAPH: "Microsoft Graph",
    EXCHANGE: "Office 365 Exchange Online",
    SHAREPOINT: "Office 365 SharePoint Online",
}


class Source(t.NamedTuple):
    """Where permissions of a preset are named: the title of a page, and its address."""

    title: str
    url: str


class Permissions(t.NamedTuple):
    """Permissions of one API and kind (``application`` or ``delegated``) that one source names."""

    api: str
    kind: str
    names: tuple[str, ...]
    source: str
    documented: bool


@dataclass(frozen=True)
class Preset:
    """A set of permissions for one purpose.

    ``left_out``: what the preset deliberately has not, one sentence each; ``needs``: what the registration needs beside permissions, and
    ``needs_source``, which says so.
    """

    purpose: str
    permissions: tuple[Permissions, ...]
    left_out: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_source: str | None = None

    def select_names(self, api: str, kind: str) -> frozenset[str]:
        """Return the names of one API and kind."""
        return frozenset(
            name for part in self.permissions if (part.api, part.kind) == (api, kind) for name in part.names
        )


_COMMVAULT = "https://documentation.commvault.com"
SOURCES: dict[str, Source] = {
    "oidc_scopes": Source(
        "Microsoft Learn: Scopes and permissions in the Microsoft identity platform",
        "https://learn.microsoft.com/en-us/entra/identity-platform/scopes-oidc",
    ),
    "graph": Source(
        "Microsoft Learn: Microsoft Graph permissions reference",
        "https://learn.microsoft.com/en-us/graph/permissions-reference",
    ),
    "entra_express": Source(
        "Commvault Cloud: Complete the guided setup for Azure Active Directory using the express configuration (as SoftwareOne shows it)",
        "https://docs.softwareone.cloud/backup-and-recovery-services/complete-the-guided-for-azure-active-directory-set",
    ),
    "exchange_saas": Source(
        "Commvault Cloud: Application permissions for the Azure app for Exchange Online",
        f"{_COMMVAULT}/saas/application_permissions_for_azure_app_for_exchange_online.html",
    ),
    "onedrive_saas": Source(
        "Commvault Cloud: Request and grant permissions for Azure APIs for OneDrive for Business",
        f"{_COMMVAULT}/saas/request_and_grant_permissions_for_azure_apis_for_onedrive_for_business.html",
    ),
    "sharepoint_2023e": Source(
        "Commvault 2023E: Request and grant permissions to Azure APIs for the Azure app for SharePoint Online",
        f"{_COMMVAULT}/2023e/essential/request_and_grant_permissions_to_azure_apis_for_azure_app_for_sharepoint_online.html",
    ),
    "register_11_40": Source(
        "A public setup script that follows Commvault 11.40: Register the Azure app (per workload) with Azure AD",
        f"{_COMMVAULT}/11.40/software/register_azure_app_for_sharepoint_online_with_azure_ad.html",
    ),
    "teams_11_44": Source(
        "Commvault 11.44: Application permissions for the Azure app for Teams, permissions required for backups",
        f"{_COMMVAULT}/11.44/software/application_permissions_for_azure_app_for_teams.html",
    ),
    "teams_2024": Source(
        "Commvault 2024: Request and grant permissions to Azure APIs for the Azure app for Teams",
        f"{_COMMVAULT}/2024/essential/request_and_grant_permissions_to_azure_apis_for_azure_app_for_teams.html",
    ),
    "teams_saas": Source(
        "Commvault Cloud: Application permissions for the Azure app for Teams",
        f"{_COMMVAULT}/saas/application_permissions_for_azure_app_for_teams.html",
    ),
    "mcp": Source(
        "Commvault MCP server: authentication with OAuth", "https://github.com/Commvault/commvault-mcp-server#readme"
    ),
}


def _documented(api: str, kind: str, source: str, *names: str) -> Permissions:
    return Permissions(api, kind, names, source, documented=True)


def _inferred(api: str, kind: str, source: str, *names: str) -> Permissions:
    return Permissions(api, kind, names, source, documented=False)


_READ_ONLY = "A restore needs more: use the preset for backup and restore while restores run, with exclusive, and this one again afterwards."
_ENTRA_MORE = "What the source may list after RoleManagement.ReadWrite.Directory: compare with Commvault's page before you rely on a restore."

PRESETS: dict[str, Preset] = {
    "sign_on": Preset(
        "People sign in to the Command Center or the Web Console through Entra ID (OpenID Connect; SAML needs no permission).",
        (_documented(GRAPH, "delegated", "oidc_scopes", "openid", "profile", "email"),),
        left_out=("Application permissions: sign-ins need none.",),
        needs=("A redirect URI or reply URL of the CommCell.",),
    ),
    "management_api": Preset(
        "The registration of Commvault's management and reporting API, whose access is given by its own app roles and scopes.",
        (_documented(GRAPH, "delegated", "oidc_scopes", "openid", "profile"),),
        left_out=("Application permissions: an API that only receives tokens needs none.",),
        needs=("app_roles for applications and people, or api_scopes for access on behalf of people.",),
    ),
    "mcp_server": Preset(
        "Commvault's MCP server, which signs people in and calls the Commvault API on their behalf.",
        (
            _documented(GRAPH, "delegated", "oidc_scopes", "openid", "profile", "email"),
            _documented(GRAPH, "delegated", "oidc_scopes", "offline_access"),
        ),
        left_out=(
            "The delegated scope of the Commvault API: that is your own application, so name it and its scope in an additional entry.",
            "Application permissions: the server acts on behalf of people only.",
        ),
        needs=(
            "web.redirect_uris with the base address of the server and /auth/callback.",
            "access_token_version 2, on the application that offers the scope.",
            "A delegated scope of the Commvault API.",
        ),
        needs_source="mcp",
    ),
    "entra_backup": Preset(
        "Backup of Entra ID, read only.",
        (
            _documented(GRAPH, "application", "entra_express", "AuditLog.Read.All", "Policy.Read.All"),
            _inferred(
                GRAPH,
                "application",
                "graph",
                "AdministrativeUnit.Read.All",
                "Application.Read.All",
                "DelegatedPermissionGrant.Read.All",
                "Device.Read.All",
                "Directory.Read.All",
                "Domain.Read.All",
                "Group.Read.All",
                "RoleManagement.Read.Directory",
            ),
        ),
        left_out=(
            _READ_ONLY,
            "Commvault recommends such a set for your own applications; its list was not available, so these are "
            "the read-only counterparts of the full set.",
        ),
    ),
    "entra_backup_restore": Preset(
        "Backup and restore of Entra ID, as Commvault's express set-up asks.",
        (
            _documented(
                GRAPH,
                "application",
                "entra_express",
                "AdministrativeUnit.ReadWrite.All",
                "Application.ReadWrite.All",
                "AppRoleAssignment.ReadWrite.All",
                "AuditLog.Read.All",
                "DelegatedPermissionGrant.ReadWrite.All",
                "Device.ReadWrite.All",
                "Directory.ReadWrite.All",
                "Domain.ReadWrite.All",
                "Group.ReadWrite.All",
                "Policy.Read.All",
                "Policy.ReadWrite.ConditionalAccess",
                "RoleManagement.ReadWrite.Directory",
            ),
            _documented(GRAPH, "delegated", "entra_express", "Directory.AccessAsUser.All"),
        ),
        left_out=(_ENTRA_MORE,),
    ),
    "exchange_backup_restore": Preset(
        "Backup and restore of Exchange Online mailboxes; Commvault documents no set for backup alone.",
        (
            _documented(
                GRAPH,
                "application",
                "exchange_saas",
                "Application.Read.All",
                "Directory.Read.All",
                "Group.Read.All",
                "MailboxItem.ImportExport.All",
                "MailboxSettings.Read",
                "Policy.Read.All",
                "User.Read.All",
            ),
            _inferred(EXCHANGE, "application", "register_11_40", "full_access_as_app"),
        ),
        left_out=(
            "Application.ReadWrite.All and Group.ReadWrite.All: the source replaces them with the read-only ones "
            "for your own applications.",
            "MailboxItem.Read.All and MailboxFolder.Read.All, which the source marks as not required.",
            "The delegated permission Directory.AccessAsUser.All, which serves Commvault's own sign-in in its set-up.",
        ),
    ),
    "onedrive_backup": Preset(
        "Backup of OneDrive for Business, read only.",
        (
            _documented(
                GRAPH,
                "application",
                "onedrive_saas",
                "Directory.Read.All",
                "Policy.Read.All",
                "Reports.Read.All",
                "User.Read.All",
            ),
            _inferred(GRAPH, "application", "graph", "Application.Read.All", "Files.Read.All", "Notes.Read.All"),
        ),
        left_out=(
            _READ_ONLY,
            "Commvault documents one set for both; test backups with this one before you rely on it.",
        ),
    ),
    "onedrive_backup_restore": Preset(
        "Backup and restore of OneDrive for Business.",
        (
            _documented(
                GRAPH,
                "application",
                "onedrive_saas",
                "Application.ReadWrite.All",
                "Directory.Read.All",
                "Files.ReadWrite.All",
                "Notes.ReadWrite.All",
                "Policy.Read.All",
                "Reports.Read.All",
                "User.Read.All",
            ),
        ),
    ),
    "sharepoint_backup": Preset(
        "Backup of SharePoint Online. Not read only: SharePoint's own API asks for full control of all sites.",
        (
            _documented(GRAPH, "application", "sharepoint_2023e", "Group.Read.All", "Sites.Read.All", "User.Read.All"),
            _inferred(SHAREPOINT, "application", "register_11_40", "Sites.FullControl.All"),
        ),
        left_out=(_READ_ONLY,),
    ),
    "sharepoint_backup_restore": Preset(
        "Backup and restore of SharePoint Online, group sites in place included.",
        (
            _documented(
                GRAPH,
                "application",
                "sharepoint_2023e",
                "Group.Read.All",
                "Group.ReadWrite.All",
                "Sites.Read.All",
                "User.Read.All",
            ),
            _inferred(
                GRAPH,
                "application",
                "register_11_40",
                "Application.ReadWrite.All",
                "Directory.Read.All",
                "Reports.Read.All",
                "Sites.FullControl.All",
            ),
            _inferred(SHAREPOINT, "application", "register_11_40", "Sites.FullControl.All"),
        ),
    ),
    "teams_backup": Preset(
        "Backup of Microsoft Teams, read only.",
        (
            _documented(
                GRAPH,
                "application",
                "teams_11_44",
                "Channel.ReadBasic.All",
                "ChannelMember.Read.All",
                "ChannelMessage.Read.All",
                "ChannelSettings.Read.All",
                "Chat.Read.All",
                "Directory.Read.All",
                "Files.Read.All",
                "Group.Read.All",
                "Policy.Read.All",
                "Team.ReadBasic.All",
                "TeamMember.Read.All",
                "TeamsAppInstallation.ReadForTeam.All",
            ),
        ),
        left_out=(
            _READ_ONLY,
            "What the source lists after TeamsAppInstallation.ReadForTeam.All: compare with Commvault's page before you rely on it.",
        ),
    ),
    "teams_backup_restore": Preset(
        "Backup and restore of Microsoft Teams.",
        (
            _documented(
                GRAPH,
                "application",
                "teams_2024",
                "Application.ReadWrite.All",
                "Channel.Create",
                "Channel.ReadBasic.All",
                "ChannelMember.ReadWrite.All",
                "ChannelMessage.Read.All",
                "ChannelSettings.ReadWrite.All",
                "Chat.Read.All",
                "Files.ReadWrite.All",
                "Group.ReadWrite.All",
                "Sites.FullControl.All",
                "Tasks.ReadWrite.All",
                "Team.ReadBasic.All",
                "TeamMember.ReadWrite.All",
                "TeamsAppInstallation.ReadWriteForTeam.All",
                "TeamworkTag.ReadWrite.All",
                "User.Read.All",
            ),
            _documented(GRAPH, "application", "teams_11_44", "Directory.Read.All", "Policy.Read.All"),
            _documented(GRAPH, "application", "teams_saas", "Notes.ReadWrite.All"),
            _documented(
                GRAPH,
                "delegated",
                "teams_2024",
                "ChannelMessage.Read.All",
                "ChannelMessage.Send",
                "Directory.AccessAsUser.All",
                "Directory.Read.All",
                "Group.ReadWrite.All",
                "offline_access",
                "openid",
            ),
            _documented(EXCHANGE, "application", "teams_2024", "full_access_as_app"),
        ),
    ),
}
