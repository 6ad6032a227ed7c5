# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which permissions administer a CommCell or decide who may do what on it, and which roles hold one. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._commvault.security.administrators import MASTER_ROLE
from ..._core.names import fold_case
from .commcell_side import CommCellSide, Row

#: By the product's id of a permission (Commvault documentation: REST API, security permission ids and names), what its holder can do.
BY_ID: dict[str, str] = {
    "1": "administer the CommCell",
    "101": "create and change users",
    "102": "create and change user groups, and who is in them",
    "103": "create and change directories that users come from",
    "107": "grant roles to anybody",
}
#: Likewise by name, of those whose ids are not published.
BY_NAME: dict[str, str] = {
    "Administrative Management": "administer the CommCell",
    "add / delete / modify a user": "create and change users",
    "add, delete and modify a user": "create and change users",
    "add / delete / modify a user group": "create and change user groups, and who is in them",
    "add, delete and modify a user group": "create and change user groups, and who is in them",
    "add / delete / modify a domain": "create and change directories that users come from",
    "add, delete and modify a domain": "create and change directories that users come from",
    "Change security settings": "grant roles to anybody",
    "Create Role": "make roles with any permission",
    "Edit Role": "add permissions to roles that people hold",
}
#: A role names a permission with its id where several have its name.
_LABEL = re.compile(r".* \((\d+)\)", re.DOTALL)
_FOLDED = frozenset(fold_case(name) for name in BY_NAME)
#: What makes the built-in role privileged that holds every permission.
MASTER = "Master"


class Privilege(t.NamedTuple):
    """``is_privileged``: None where it is not known what the role holds. ``because``: names of the permissions that make it so."""

    is_privileged: bool | None
    because: list[str]


class Privileges:
    """Judges the roles and single permissions of one CommCell."""

    def __init__(self, side: CommCellSide) -> None:
        self._side = side
        self._judged: dict[str, Privilege] = {}

    def is_administrative(self, permission: str) -> bool:
        """Return whether a permission, by its name as roles have it, administers. The id decides where names are in another language."""
        folded = fold_case(permission)
        labelled = _LABEL.fullmatch(permission)
        number = labelled.group(1) if labelled else self._side.permission_ids.get(folded)
        return folded in _FOLDED or number in BY_ID

    def judge_role(self, role_id: str) -> Privilege:
        """Return whether a role is privileged."""
        if role_id not in self._judged:
            self._judged[role_id] = self._judge(self._side.roles.get(role_id), role_id)
        return self._judged[role_id]

    def judge_permissions(self, permissions: t.Iterable[str]) -> Privilege:
        """Return whether single permissions are privileged."""
        found = sorted(name for name in permissions if self.is_administrative(name))
        return Privilege(bool(found), found)

    def _judge(self, role: Row | None, role_id: str) -> Privilege:
        if role_id == str(MASTER_ROLE):
            return Privilege(True, [MASTER])
        if role is None or role.get("permissions") is None:
            return Privilege(None, [])
        return self.judge_permissions(str(name) for name in role["permissions"])
