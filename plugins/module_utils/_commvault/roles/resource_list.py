# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module commvault_roles: many roles under one log-in, planned together by the code that plans one."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._core.context import Context
from ..._core.errors import AmbiguousMatch
from ..._core.names import fold_case
from ..._core.plan import Plan
from ..._core.resource_list import Item, Options, Problem, VerifyingResourceList, find_duplicates
from ..client import CommvaultClient
from .directory import RoleDirectory
from .resource import RoleResource


class RolesResource(VerifyingResourceList[RoleResource]):
    """The roles of one task; *directory*: what they share with others, by default one of their own."""

    def __init__(self, ctx: Context, directory: RoleDirectory | None = None) -> None:
        self._directory = directory or RoleDirectory(CommvaultClient(ctx))
        super().__init__(
            ctx, "roles", lambda own: RoleResource(own, self._directory), lambda options: str(options["name"])
        )

    def read_ahead(self, items: t.Sequence[Options]) -> None:
        """Read those roles that the list shows, several at a time; what is wrong with a name is told where its role is planned."""
        found = []
        for options in items:
            try:
                entry = self._directory.read_catalogue("roles").get(options["name"], options.get("company") or None)
            except AmbiguousMatch:
                continue
            if entry is not None:
                found.append(entry.id)
        self._directory.read_ahead(found)

    def put_off_deletions(self) -> Plan:
        """Leave the roles that were to be deleted as they are, and return the steps that are left."""
        self._items = [
            dataclasses.replace(item, plan=item.resource.put_off_deletion())
            if item.plan.changed and not item.plan.after
            else item
            for item in self._items
        ]
        return self._merge_plans()

    def find_conflicts(self, items: t.Sequence[Item[RoleResource]]) -> list[Problem]:
        """Return a problem for each role that an earlier one of the list names already."""
        return find_duplicates(items, _list_keys, "role")


def _list_keys(item: Item[RoleResource]) -> list[t.Hashable]:
    """Return what says which role it is. A company has several names: an existing role is known by its id, a new one by that of its company."""
    role = item.resource
    name, company = fold_case(str(item.options["name"])), fold_case(str(item.options.get("company") or ""))
    return [
        ("name", name, company),
        ("new", name, role.company_id) if role.role_id is None else ("id", role.role_id),
    ]
