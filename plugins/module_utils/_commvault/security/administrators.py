# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Who administers the CommCell and can sign in without an identity provider. Reads only."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.values import get_objects
from ..client import CommvaultClient
from ..directory import Directory
from ..references import parse_id
from .calls import SecurityAssociations
from .canonical import is_flag_set
from .grants import Entity, Principal

#: The built-in role with every permission.
MASTER_ROLE = 1


class Administrators:
    """Finds who administers the CommCell without needing an identity provider to sign in; only those of whom that is certain."""

    def __init__(self, client: CommvaultClient, security: SecurityAssociations, directory: Directory) -> None:
        self._client, self._security, self._directory = client, security, directory

    @property
    def commcell(self) -> Entity:
        """The CommCell as an entity."""
        return self._security.commcell

    def find_all(self, without: t.Collection[Principal] = ()) -> dict[int, frozenset[Principal]]:
        """Return, by the ids of the enabled local users that hold the Master role on the CommCell, what gives it to them.

        That is the user itself, or groups that no Entra group feeds. *without*: holders of the role that do not count. Raises ApiError
        for a read that fails.
        """
        rows = self._security.list_on_entity(self.commcell)
        holders = {row.principal for row in rows if row.role_id == MASTER_ROLE} - set(without)
        found: dict[int, set[Principal]] = {}
        for holder in sorted(holders):
            users = {holder.id} if holder.kind == "user" else set()
            if holder.kind == "user_group":
                users = self._list_members(holder.id)
            for number in users:
                found.setdefault(number, set()).add(holder)
        return {number: frozenset(sources) for number, sources in found.items() if self._can_sign_in(number)}

    def _list_members(self, group_id: int) -> set[int]:
        details = self._directory.read_user_group(group_id) or {}
        if details.get("azureGUID") or not details.get("enabled"):
            return set()
        return {number for user in get_objects(details, "users") if (number := parse_id(user.get("id")))}

    def _can_sign_in(self, user_id: int) -> bool:
        user = (
            self._client.get(f"v4/user/{quote_segment(user_id)}", intent=f"read user {user_id}", unknown_ok=True) or {}
        )
        local = "\\" not in str(user.get("name") or "\\") and not is_flag_set(user.get("isServiceAccount"))
        server = user.get("authenticationMethodServer")
        by_identity_provider = bool(isinstance(server, dict) and parse_id(server.get("id")))
        return local and not by_identity_provider and bool(user.get("enabled"))
