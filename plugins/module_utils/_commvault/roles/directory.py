# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The lists of a CommServe that roles need, and roles that were read ahead, several at a time."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.parallel import map_in_parallel
from ..catalogue import Catalogue
from ..client import CommvaultClient
from ..directory import Directory
from ..permissions import PermissionCatalogue

#: Roles that are read at the same time.
_PARALLEL_READS = 8


class RoleDirectory(Directory):
    """The lists of a CommServe, with the permission catalogue made once, and roles that were read ahead."""

    def __init__(self, client: CommvaultClient) -> None:
        super().__init__(client)
        self.client = client
        self._ahead: dict[int, dict[str, t.Any] | None] = {}
        self._permissions: PermissionCatalogue | None = None
        self._is_current = False

    def note_write(self) -> None:
        """Note that a role was written: what is listed was read before."""
        self._is_current = False

    def read_written_roles(self, *, again: bool) -> Catalogue:
        """Return the list of roles as it was read after the last write; *again*: as it is now."""
        if again or not self._is_current:
            self.reread_catalogue("roles")
            self._is_current = True
        return self.read_catalogue("roles")

    def read_permission_catalogue(self) -> PermissionCatalogue:
        """Return the permissions and their categories, read at the first call."""
        if self._permissions is None:
            nodes = self.read_permission_categories()
            self._permissions = PermissionCatalogue(self.read_catalogue("permissions"), nodes)
        return self._permissions

    def read_ahead(self, role_ids: t.Iterable[int]) -> None:
        """Read these roles, several at a time; each serves the next :meth:`read_role` of it."""
        wanted = sorted(set(role_ids))
        found = map_in_parallel(self._fetch_role, wanted, _PARALLEL_READS, self.client.ctx, "roles read")
        self._ahead.update(zip(wanted, found, strict=True))

    def read_role(self, role_id: int) -> dict[str, t.Any] | None:
        """Return a role as the service writes it; None when it is not there. One that was read ahead is not read again, once."""
        return self._ahead.pop(role_id) if role_id in self._ahead else self._fetch_role(role_id)

    def _fetch_role(self, role_id: int) -> dict[str, t.Any] | None:
        return self.client.get(f"V4/Role/{quote_segment(role_id)}", intent=f"read role {role_id}", missing_ok=True)
