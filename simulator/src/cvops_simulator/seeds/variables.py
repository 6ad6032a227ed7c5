# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables document of a site."""

from __future__ import annotations

from typing import Any

from cvops_simulator.seeds.mapping import MappedGroup
from cvops_simulator.seeds.people import DOMAIN
from cvops_simulator.seeds.profile import Profile
from cvops_simulator.seeds.roles import make_custom_roles


def make_application() -> dict[str, Any]:
    """Return the document's `cvops_application`."""
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


def make_variables(profile: Profile, groups: list[MappedGroup]) -> dict[str, Any]:
    """Return the variables document without `cvops_connection`."""
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
        "cvops_application": make_application(),
        "cvops_entra_groups": [] if profile.groups_given else entra_groups,
        "cvops_commvault_roles": make_custom_roles(profile),
        "cvops_role_mappings": [group.entry for group in groups],
    }
