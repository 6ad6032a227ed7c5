# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The roles that a task declares beside its mapping (option ``roles``), and what a role contains once the task is done."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._commvault.references import ObjectReference
from ..._commvault.roles.contents import RolePermissions
from ..._commvault.roles.directory import RoleDirectory
from ..._commvault.roles.options import build_role_spec
from ..._commvault.roles.resource import RoleResource
from ..._commvault.roles.resource_list import RolesResource
from ..._core.context import Context
from ..._core.errors import InternalFault, Problems
from ..._core.plan import Plan, Step
from ..._core.resource import Action
from ..._core.resource_list import Item
from .canonical import Pending, PlannedGrant, RoleReference
from .parse import Problem, make_problem


class DeclaredRoles:
    """The roles of one task; none where option ``roles`` is left out."""

    def __init__(self, ctx: Context, directory: RoleDirectory) -> None:
        # An option that a role leaves out must not become that of the mapping which has the same name.
        others = {name: value for name, value in ctx.options.items() if name not in build_role_spec().options}
        given = ctx.options.get("roles")
        self.directory, self.is_given = directory, given is not None
        self._declared: t.Sequence[t.Mapping[str, t.Any]] = given or ()
        self._list = RolesResource(
            dataclasses.replace(ctx, options={**others, "roles": list(self._declared)}), directory
        )
        self._existing = RolePermissions(directory.client, directory)
        self._new: dict[Pending, RoleResource] = {}
        self._planned = Plan({}, {})
        self._is_shown = False

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The functions that do a step of :meth:`plan`, by its action."""
        return self._list.actions

    def plan(self) -> tuple[Plan, list[Problem]]:
        """Return the steps of the roles, and what is wrong with any of them: there are no steps then. Raises ApiError."""
        try:
            self._planned = self._list.plan()
        except Problems as exc:
            return Plan({}, {}), list(exc.facts["problems"])
        return self._planned, []

    def put_off_deletions(self) -> Plan:
        """Leave the roles that were to be deleted as they are, and return the steps that are left."""
        self._planned = self._list.put_off_deletions()
        return self._planned

    def list_references(self) -> tuple[ObjectReference, ...]:
        """Return the roles that are to be there, also those that cannot be planned: a mapping that names one is right."""
        wanted = [role for role in self._declared if role["state"] == "present"]
        return tuple(ObjectReference(role["name"], role.get("company") or None) for role in wanted)

    def note_pending(self, find_pending: t.Callable[[ObjectReference], Pending | None]) -> None:
        """Note which role each pending one of the mapping is; *find_pending* returns the pending one of a reference, if any."""
        for item in self._list_items("present"):
            reference = ObjectReference(item.options["name"], item.options.get("company") or None)
            pending = find_pending(reference) if item.resource.role_id is None else None
            if pending is not None:
                self._new[pending] = item.resource

    def find_contradictions(self, present: t.Mapping[PlannedGrant, str]) -> list[Problem]:
        """Return a problem for each line of the mapping that grants a role which is to be deleted. *present*: grants with their lines."""
        gone = self._find_deleted()
        lines = {
            where: gone[grant.role]
            for grant, where in present.items()
            if not isinstance(grant.role, Pending) and grant.role in gone
        }
        return [
            make_problem(f"{where}.role", f"role {item.label} is granted here, and {item.where} deletes it")
            for where, item in lines.items()
        ]

    def list_deleted_ids(self) -> frozenset[int]:
        """Return the ids of the roles that the options want absent and that are there."""
        return frozenset(self._find_deleted())

    def has_contents(self, role: RoleReference) -> bool:
        """Return whether there is anything to ask what *role* contains: one that an earlier task creates is not there yet."""
        return not isinstance(role, Pending) or role in self._new

    def read_permission_ids(self, role: RoleReference) -> frozenset[int] | None:
        """Return the permission ids of a role once the task is done; None where they are not known. Threads may call this."""
        if isinstance(role, Pending):
            return self._new[role].permission_ids if role in self._new else None
        for item in self._list_items("present"):
            if item.resource.role_id == role and item.resource.permission_ids is not None:
                return item.resource.permission_ids
        return self._existing.read_permission_ids(role)

    def get_role_id(self, role: RoleReference) -> int:
        """Return the id of a role. Raises InternalFault for one that does not exist, and that was not created."""
        number = self.find_role_id(role)
        if not number:
            raise InternalFault(f"Role {role} is needed before it was created.")
        return number

    def find_role_id(self, role: RoleReference) -> int | None:
        """Return the id of a role, None for one that was not created yet."""
        if isinstance(role, Pending):
            return self._new[role].role_id if role in self._new else None
        return role

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any] | None:
        """Return what undoing a step of the roles takes."""
        return self._list.describe_undo(step)

    def wait_until_written_show(self) -> None:
        """Wait until the roles that were created or changed show it, once. Raises WaitTimeout for rights that remain."""
        if not self._is_shown and self._planned.changed:
            self._list.verify_kept()
        self._is_shown = True

    def verify(self) -> None:
        """Read back what was written and was not read back yet; the roles' results tell what is not shown. Raises WaitTimeout."""
        self._list.verify()

    def result(self) -> list[dict[str, t.Any]]:
        """Return the roles as module commvault_roles does."""
        return self._list.result()

    def is_step(self, step: Step) -> bool:
        """Return whether *step* is one of the roles."""
        return any(step is own for own in self._planned.steps)

    def _find_deleted(self) -> dict[int, Item[RoleResource]]:
        absent = self._list_items("absent")
        return {item.resource.role_id: item for item in absent if item.resource.role_id is not None}

    def _list_items(self, state: str) -> list[Item[RoleResource]]:
        return [item for item in self._list.items if item.options["state"] == state]
