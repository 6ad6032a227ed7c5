# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Entra side of a site."""

from __future__ import annotations

from typing import Any

from cvops_simulator.core.site import TenantSeed
from cvops_simulator.seeds.ids import Ids
from cvops_simulator.seeds.mapping import MappedGroup
from cvops_simulator.seeds.people import DOMAIN, Person
from cvops_simulator.seeds.profile import Profile
from cvops_simulator.seeds.variables import make_application

_GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
_GRAPH_PERMISSIONS = (
    ("df021288-bdef-4463-88db-98f22de89214", "Role"),  # User.Read.All
    ("98830695-27a2-44f7-8c18-0c3ebc9698f6", "Role"),  # GroupMember.Read.All
    ("e1fe6dd8-ba31-4d61-89e7-88639da4683d", "Scope"),  # User.Read
)


def make_seeded_application(ids: Ids) -> dict[str, Any]:
    """Return the application of the document as it is after a converging run, consented."""
    desired = make_application()
    app_id = ids.guid("application", "app-id", desired["unique_name"])
    return {
        "id": ids.guid("application", "object", desired["unique_name"]),
        "appId": app_id,
        "uniqueName": desired["unique_name"],
        "displayName": desired["display_name"],
        "description": desired["description"],
        "signInAudience": desired["sign_in_audience"],
        "web": {"redirectUris": desired["web"]["redirect_uris"], "logoutUrl": desired["web"]["logout_url"]},
        "appRoles": [
            {
                "id": ids.guid("application", "role", role["value"]),
                "value": role["value"],
                "displayName": role["display_name"],
                "description": role["description"],
                "allowedMemberTypes": role["allowed_member_types"],
                "isEnabled": True,
            }
            for role in desired["app_roles"]
        ],
        "requiredResourceAccess": [
            {
                "resourceAppId": _GRAPH_APP_ID,
                "resourceAccess": [{"id": item, "type": kind} for item, kind in _GRAPH_PERMISSIONS],
            }
        ],
        "servicePrincipal": {
            "id": ids.guid("servicePrincipal", desired["unique_name"]),
            "appRoleAssignmentRequired": True,
            "tags": desired["service_principal"]["tags"],
            "notificationEmailAddresses": desired["service_principal"]["notification_emails"],
        },
        "owners": [],
        "secrets": [],
        "consented": True,
        "assignments": [],
    }


def make_graph_group(
    object_id: str, name: str, description: str, members: list[str], **extra: object
) -> dict[str, Any]:
    """Return a security group as Graph properties."""
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


def make_mapped_graph_group(group: MappedGroup) -> dict[str, Any]:
    """Return a mapped group as the document asks for it, as Graph properties."""
    return make_graph_group(
        group.object_id,
        group.name,
        group.description,
        [person.object_id for person in group.members],
        mailNickname=group.unique_name,
        uniqueName=group.unique_name,
    )


def make_tenant_seed(
    profile: Profile, ids: Ids, people: list[Person], groups: list[MappedGroup], empty: bool
) -> TenantSeed:
    """Return the tenant: users, and what of groups and application exists already."""
    seed = TenantSeed(tenant_id=ids.guid("tenant"), domain=DOMAIN, display_name="Corp Example")
    seed.users = [dict(person.graph()) for person in people]
    if profile.groups_given or not empty:
        seed.groups = [make_mapped_graph_group(group) for group in groups]
    if not empty:
        seed.applications = [make_seeded_application(ids)]
    return seed
