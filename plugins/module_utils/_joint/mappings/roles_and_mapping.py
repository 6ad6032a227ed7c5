# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The roles and the role mappings of one CommCell under one log-in: the resource of module commvault_role_mappings."""

from __future__ import annotations

import typing as t

from ..._commvault.client import CommvaultClient
from ..._commvault.roles.directory import RoleDirectory
from ..._core.context import Context
from ..._core.errors import CvopsError
from ..._core.plan import Plan, Step, list_planned_changes
from ..._core.resource import Action, Finding
from .declared_roles import DeclaredRoles
from .resource import RoleMappingsResource

_DELETE = "delete"


class RolesAndMappingResource:
    """One plan of both: roles are created and changed before anything is granted, and deleted when nothing grants them any more."""

    noun = "role_mappings"

    def __init__(self, ctx: Context) -> None:
        self._roles = DeclaredRoles(ctx, RoleDirectory(CommvaultClient(ctx)))
        self._mapping = RoleMappingsResource(ctx, self._roles)
        self._planned = Plan({}, {})
        self._put_off = 0

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action; those of roles and of mappings have different names."""
        return {**self._roles.actions, **self._mapping.actions}

    def plan(self) -> Plan:
        """Read and plan everything. Raises Problems with all findings of both, and GuardRefused, before the first write.

        A run that leaves some of the mapping for later deletes no role: who is to get another one in its place still needs it.
        """
        roles, problems = self._roles.plan()
        mapping = self._mapping.plan(problems)
        if self._mapping.is_partial:
            kept = self._roles.put_off_deletions()
            self._put_off, roles = len(roles.steps) - len(kept.steps), kept
        self._planned = _merge_plans(roles, mapping) if self._roles.is_given else mapping
        return self._planned

    def wait_before(self, step: Step) -> None:
        """Wait, before the first step of the mapping, until roles that were written show it: grants name them."""
        if not self._roles.is_step(step):
            self._roles.wait_until_written_show()

    def verify(self) -> list[Finding]:
        """Read both back, and return the grants that were added and are not shown. Raises WaitTimeout for access that remains."""
        self._roles.verify()
        return self._mapping.verify()

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any] | None:
        """Return what undoing *step* takes."""
        return (self._roles if self._roles.is_step(step) else self._mapping).describe_undo(step)

    def find_fault(self) -> CvopsError | None:
        """Return the failure that ``fail_on_drift`` asks for where access beyond the mapping stays, None else."""
        return self._mapping.find_fault()

    def result(self) -> dict[str, t.Any]:
        """Return the mapping after the plan, with the roles where the task declares some."""
        found = {**self._mapping.result(), "steps": list_planned_changes(self.noun, self._planned)}
        if not self._roles.is_given:
            return found
        return {**found, "roles": self._roles.result(), "remaining": found["remaining"] + self._put_off}


def _merge_plans(roles: Plan, mapping: Plan) -> Plan:
    """Return both plans as one, in the order of the writes."""
    kept = [step for step in roles.steps if step.action != _DELETE]
    gone = [step for step in roles.steps if step.action == _DELETE]
    return Plan(
        {**mapping.before, "roles": roles.before},
        {**mapping.after, "roles": roles.after},
        (*kept, *mapping.steps, *gone),
    )
