# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables document and the Entra side of a site."""

from __future__ import annotations

from typing import Any

from cvops_simulator.core.site import TenantSeed
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.mapping import MappedGroup
from cvops_simulator.seeds.people import DOMAIN, Person
from cvops_simulator.seeds.profile import Profile
from cvops_simulator.seeds.roles import custom_roles

_GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_GRAPH_PERMISSIONS = (
    ("df021288-bdef-4463-88db-98f22de89214", "Role"),  # User.Read.All
    ("98830695-27a2-44f7-8c18-0c3ebc9698f6", "Role"),  # GroupMember.Read.All
    ("e1fe6dd8-ba31-4d61-89e7-88639da4683d", "Scope"),  # User.Read
)


def application() -> dict[str, Any]:
    """The document's `cvops_application`."""
    return {
        "unique_name": "commvault-management",
        "display_name": "Commvault management API",
        "sign_in_audience": "AzureADMyOrg",
        "description": "Lets the backup platform read who belongs to which access group",
        "web": {
            "redirect_uris": [f"https://commvault.{DOMAIN}/webconsole/openIdConnectCallback.do"],
            "logout_url": f"https://commvault.{DOMAIN}/webconsole/logout",
        },
        "app_roles": [
            {
                "value": "Backup.Operate",
                "display_name": "Operate backups",
                "description": "Start, stop and repeat backup jobs",
                "allowed_member_types": ["User", "Application"],
            },
            {
                "value": "Backup.Read",
                "display_name": "Read backup state",
                "description": "Read jobs, plans and reports",
                "allowed_member_types": ["User", "Application"],
            },
        ],
        "api_permissions": [
            {
                "api": "Microsoft Graph",
                "application": ["User.Read.All", "GroupMember.Read.All"],
                "delegated": ["User.Read"],
            }
        ],
        "service_principal": {
            "assignment_required": True,
            "tags": ["commvault", "backup"],
            "notification_emails": [f"backup-platform@{DOMAIN}"],
        },
        "grant_admin_consent": True,
    }


def variables(profile: Profile, groups: list[MappedGroup]) -> dict[str, Any]:
    """The variables document without its connection."""
    entra_groups = [
        {
            "display_name": group.name,
            "unique_name": group.unique_name,
            "mail_nickname": group.unique_name,
            "description": group.description,
            "members": [person.upn for person in group.members],
        }
        for group in groups
    ]
    return {
        "cvops_application": application(),
        "cvops_entra_groups": [] if profile.groups_given else entra_groups,
        "cvops_commvault_roles": custom_roles(profile),
        "cvops_role_mappings": [group.entry for group in groups],
    }


def seeded_application(ids: Ids) -> dict[str, Any]:
    """The application of the document as it is after a converging run, consented."""
    wanted = application()
    app_id = ids.guid("application", "app-id", wanted["unique_name"])
    return {
        "id": ids.guid("application", "object", wanted["unique_name"]),
        "appId": app_id,
        "uniqueName": wanted["unique_name"],
        "displayName": wanted["display_name"],
        "description": wanted["description"],
        "signInAudience": wanted["sign_in_audience"],
        "web": {"redirectUris": wanted["web"]["redirect_uris"], "logoutUrl": wanted["web"]["logout_url"]},
        "appRoles": [
            {
                "id": ids.guid("application", "role", role["value"]),
                "value": role["value"],
                "displayName": role["display_name"],
                "description": role["description"],
                "allowedMemberTypes": role["allowed_member_types"],
                "isEnabled": True,
            }
            for role in wanted["app_roles"]
        ],
        "requiredResourceAccess": [
            {
                "resourceAppId": _GRAPH_APP_ID,
                "resourceAccess": [{"id": item, "type": kind} for item, kind in _GRAPH_PERMISSIONS],
            }
        ],
        "servicePrincipal": {
            "id": ids.guid("servicePrincipal", wanted["unique_name"]),
            "appRoleAssignmentRequired": True,
            "tags": wanted["service_principal"]["tags"],
            "notificationEmailAddresses": wanted["service_principal"]["notification_emails"],
        },
        "owners": [],
        "secrets": [],
        "consented": True,
        "assignments": [],
    }


def graph_group(object_id: str, name: str, description: str, members: list[str], **extra: object) -> dict[str, Any]:
    """A security group as Graph properties."""
    return {
        "id": object_id,
        "displayName": name,
        "description": description,
        "mailEnabled": False,
        "mailNickname": extra.pop("mailNickname", object_id.split("-")[0]),
        "securityEnabled": True,
        "groupTypes": [],
        "members": members,
        "owners": [],
        **extra,
    }


def mapped_graph_group(group: MappedGroup) -> dict[str, Any]:
    """A mapped group as the document asks for it."""
    return graph_group(
        group.object_id,
        group.name,
        group.description,
        [person.object_id for person in group.members],
        mailNickname=group.unique_name,
        uniqueName=group.unique_name,
    )


def tenant(profile: Profile, ids: Ids, people: list[Person], groups: list[MappedGroup], empty: bool) -> TenantSeed:
    """The tenant: users, and what of groups and application exists already."""
    seed = TenantSeed(tenant_id=ids.guid("tenant"), domain=DOMAIN, display_name="Corp Example")
    seed.users = [dict(person.graph()) for person in people]
    if profile.groups_given or not empty:
        seed.groups = [mapped_graph_group(group) for group in groups]
    if not empty:
        seed.applications = [seeded_application(ids)]
    return seed
