# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Permissions of tier 0: whoever has one of them can take over the tenant, or grant itself anything. Pure.

The list is tier 0 of the public tiering of Microsoft Graph's application permissions by known attack paths
(https://github.com/emiliensocchi/azure-tiering). Of its entries that are marked as untested, only Domain.ReadWrite.All is taken, since
federation lets the owner of a domain sign in its users; legacy ones are left out, and so is Application.ReadWrite.OwnedBy, which
reaches no further than the applications that its holder owns. DelegatedPermissionGrant.ReadWrite.All is added: that list puts it
lower, but with it an application grants itself delegated permissions for all users (Microsoft Learn, oAuth2PermissionGrant).
"""

from __future__ import annotations

import typing as t

from .presets import GRAPH

SOURCE = "https://github.com/emiliensocchi/azure-tiering"
_ANY_ROLE = "give itself or anybody the role Global Administrator"
_ANY_APPLICATION = "add a secret to any application, and act with all that application may do"
_ANY_GROUP = "add anybody to any group without directory roles, and so give all access that depends on groups"
_ROLE_GROUPS = "add anybody to the groups that hold directory roles"
_ROLE_RULES = "remove approval and second factor from the activation of directory roles"
_ANY_PASSWORD = "set the credentials of administrators, and sign in as them"
#: What the holder of an application permission of Microsoft Graph can do, by its name.
TIER_0: dict[str, str] = {
    "AdministrativeUnit.ReadWrite.All": "remove protected administrators from their restricted administrative units",
    "AppRoleAssignment.ReadWrite.All": "grant itself or anybody every application permission",
    "Application.ReadUpdate.All": _ANY_APPLICATION,
    "Application.ReadWrite.All": _ANY_APPLICATION,
    "DelegatedPermissionGrant.ReadWrite.All": "grant itself every delegated permission on behalf of all users",
    "Directory.ReadWrite.All": _ANY_GROUP,
    "Domain.ReadWrite.All": "federate a domain, and sign in as any of its users",
    "EntitlementManagement.ReadWrite.All": "give anybody access packages, including directory roles",
    "Group.ReadWrite.All": _ANY_GROUP,
    "GroupMember.ReadWrite.All": _ANY_GROUP,
    "Policy.ReadWrite.AuthenticationMethod": "allow weaker ways to sign in for administrators",
    "Policy.ReadWrite.PermissionGrant": "give itself every application permission without consent",
    "PrivilegedAccess.ReadWrite.AzureADGroup": _ROLE_GROUPS,
    "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup": _ROLE_GROUPS,
    "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup": _ROLE_GROUPS,
    "RoleAssignmentSchedule.ReadWrite.Directory": _ANY_ROLE,
    "RoleEligibilitySchedule.ReadWrite.Directory": _ANY_ROLE,
    "RoleManagement.ReadWrite.Directory": _ANY_ROLE,
    "RoleManagementPolicy.ReadWrite.AzureADGroup": _ROLE_RULES,
    "RoleManagementPolicy.ReadWrite.Directory": _ROLE_RULES,
    "User.ReadWrite.All": "change the properties of users, and so add anybody to groups with membership rules",
    "UserAuthenticationMethod.ReadWrite.All": _ANY_PASSWORD,
}
#: Delegated permissions alone, which act with the rights of the person who signs in (Microsoft Learn, overview of permissions).
_AS_USER = {"Directory.AccessAsUser.All": "do everything in the directory that this person may do"}


def explain_tier_0(api: str, kind: str, name: str) -> str | None:
    """Return in words why a permission is of tier 0, None where it is not.

    *api*: the application id. A delegated permission reaches as far as the rights of the person who signs in.
    """
    if api.lower() != GRAPH:
        return None
    can = TIER_0.get(name)
    if kind == "application":
        return f"tier 0: whoever has it can {can}" if can else None
    can = _AS_USER.get(name) or can
    return f"tier 0 when an administrator signs in: it can then {can}" if can else None


def build_tier_0_warning(principal: str, verb: str, names: t.Sequence[str]) -> str:
    """Return the warning about a *principal* that *verb* ("requests", "is granted") these permissions, which are of tier 0."""
    return (
        f"Tier 0: {principal} {verb} {', '.join(names)}. Whoever gets its credentials can take over the tenant: "
        "protect them like those of a Global Administrator, and remove such permissions while they are not needed."
    )
