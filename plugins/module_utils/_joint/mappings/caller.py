# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who runs the task on the CommCell, who else administers it, and which roles give any right."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL
from ..._commvault.client import CommvaultClient, quote_segment
from ..._commvault.directory import Directory
from ..._commvault.references import parse_id
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.grants import Principal
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch
from ..._core.values import get_objects
from .canonical import PlannedGrant, RoleReference
from .declared_roles import DeclaredRoles

#: The built-in group and the built-in role that administer everything.
MASTER_GROUP = 1
MASTER_ROLE = 1
#: Permissions with which a holder can give itself or others any right (administrative, user, domain and security management).
PRIVILEGED_PERMISSIONS = frozenset((1, 101, 102, 103, 107))


def find_own_principals(ctx: Context, client: CommvaultClient, directory: Directory) -> set[Principal]:
    """Return the signed-in user and the groups it is a direct member of; what the service does not tell is left out, with a warning."""
    name = ctx.options.get("commvault_username") if ctx.options["commvault_auth_method"] == "password" else None
    if not name:
        answer = client.get("v2/WhoAmI", intent="find out who is signed in", unknown_ok=True) or {}
        inner = answer.get("user")
        who = inner if isinstance(inner, dict) else answer
        name = who.get("userName") or who.get("name")
    try:
        # A name to log in with means a user of the CommCell, wherever the task acts then.
        user = directory.read_catalogue("users").get(str(name), COMMCELL_LEVEL) if name else None
    except AmbiguousMatch:
        user = None
    number = user.id if user else client.caller[0]
    if not number:
        ctx.warn(
            "The signed-in user could not be determined, so it is not known whether it would lose rights of its own"
        )
        return set()
    details = client.get(f"v4/user/{quote_segment(number)}", intent="read the signed-in user", unknown_ok=True)
    if details is None:
        ctx.warn(
            "The groups of the signed-in user are not shown, so it is not known whether it would lose rights that it has by a group"
        )
    groups = [parse_id(group.get("id")) for group in get_objects(details, "associatedUserGroups")]
    return {Principal("user", number), *(Principal("user_group", group) for group in groups if group)}


def is_privileged_role(roles: DeclaredRoles, role: RoleReference) -> bool:
    """Return whether a role contains a permission with which its holder can give any right, or may contain one for all that is told.

    One that an earlier task creates is not judged before it is there.
    """
    if not roles.has_contents(role):
        return False
    held = roles.read_permission_ids(role)
    return held is None or bool(held & PRIVILEGED_PERMISSIONS)


class Administrators:
    """Counts who administers the CommCell without needing Entra ID to sign in; only those of whom that is certain."""

    def __init__(self, client: CommvaultClient, security: SecurityAssociations, directory: Directory) -> None:
        self._client, self._security, self._directory = client, security, directory

    def count_left_after(self, removed: t.Collection[PlannedGrant]) -> int:
        """Return the number of enabled local users that hold the Master role on the CommCell once *removed* is gone.

        They hold it themselves, or by a group that no Entra group feeds.
        """
        commcell = self._security.commcell
        rows = self._security.list_on_entity(commcell)
        holders = {row.principal for row in rows if row.role_id == MASTER_ROLE} - {
            grant.principal for grant in removed if grant.entity == commcell
        }
        users: set[int] = set()
        for holder in sorted(holders):
            if holder.kind == "user":
                users.add(holder.id)
            elif holder.kind == "user_group":
                users |= self._list_members(holder.id)
        return sum(1 for number in users if self._can_sign_in(number))

    def _list_members(self, group_id: int) -> set[int]:
        details = self._directory.read_user_group(group_id) or {}
        if details.get("azureGUID") or not details.get("enabled"):
            return set()
        return {number for user in get_objects(details, "users") if (number := parse_id(user.get("id")))}

    def _can_sign_in(self, user_id: int) -> bool:
        user = (
            self._client.get(f"v4/user/{quote_segment(user_id)}", intent=f"read user {user_id}", unknown_ok=True) or {}
        )
        local = "\\" not in str(user.get("name") or "\\")
        server = user.get("authenticationMethodServer")
        by_identity_provider = bool(isinstance(server, dict) and parse_id(server.get("id")))
        return local and not by_identity_provider and bool(user.get("enabled"))
