# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who runs the task on the CommCell, who else administers it, and which roles give any right."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.references import parse_id
from ..._commvault.security.administrators import Administrators
from ..._commvault.security.grants import Principal
from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch
from ..._core.values import get_objects
from .canonical import PlannedGrant, RoleReference
from .declared_roles import DeclaredRoles

#: The built-in group and the built-in role that administer everything.
MASTER_GROUP = 1
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
        ctx.warn("The signed-in user could not be determined, so it is not known whether it would lose its own rights")
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


def count_administrators_left(administrators: Administrators, removed: t.Collection[PlannedGrant]) -> int:
    """Return how many administer the CommCell and can sign in without Entra ID once the grants *removed* are gone."""
    lost = [grant.principal for grant in removed if grant.entity == administrators.commcell]
    return len(administrators.find_all([holder for holder in lost if isinstance(holder, Principal)]))
