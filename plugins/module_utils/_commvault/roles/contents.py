# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Reads of the permissions of roles, with categories expanded: a role may hold whole categories without naming their permissions."""

from __future__ import annotations

import threading
import typing as t

from ..._core.addresses import quote_segment
from ..catalogue import Catalogue
from ..client import CommvaultClient
from ..directory import Directory
from ..permissions import PermissionCatalogue


class RolePermissions:
    """The permissions of roles, each role read once. Threads may share one."""

    def __init__(self, client: CommvaultClient, directory: Directory) -> None:
        self._client, self._directory = client, directory
        self._lock = threading.Lock()
        self._permissions: PermissionCatalogue | None = None
        self._known: dict[int, frozenset[int] | None] = {}

    def read_permission_ids(self, role_id: int) -> frozenset[int] | None:
        """Return the permission ids of a role; None where the service does not show them all."""
        if role_id not in self._known:
            role = self._client.get(f"V4/Role/{quote_segment(role_id)}", intent=f"read role {role_id}", missing_ok=True)
            self._known[role_id] = None if role is None else self._expand_permission_ids(role.get("permissions"))
        return self._known[role_id]

    def _expand_permission_ids(self, wire: t.Any) -> frozenset[int] | None:
        """Return the permission ids in ``permissions`` of a role; None where none are shown, since there are no roles without.

        The permission catalogue is read only for a role that holds categories.
        """
        held = PermissionCatalogue(Catalogue("permission", ()), ()).parse_permission_set(wire)
        if not held.category_ids and not held.permission_ids:
            return None
        if not held.category_ids:
            return held.permission_ids
        permissions = self._read_permission_catalogue()
        return (
            permissions.parse_permission_set(wire).permission_ids
            if permissions.has_categories(held.category_ids)
            else None
        )

    def _read_permission_catalogue(self) -> PermissionCatalogue:
        with self._lock:
            if self._permissions is None:
                nodes = self._directory.read_permission_categories()
                self._permissions = PermissionCatalogue(self._directory.read_catalogue("permissions"), nodes)
            return self._permissions
