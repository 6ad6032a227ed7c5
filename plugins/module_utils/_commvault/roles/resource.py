# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""One role of the module commvault_role: read, planned, created, updated, deleted."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ConfigError, Problems
from ..._core.plan import Plan, Step, add_ids
from ..._core.resource import Action, Finding
from ..catalogue import Catalogue
from ..client import CommvaultClient
from ..confirm import wait_until_shown
from ..create import create_object_once
from ..lookalikes import warn_of_lookalikes
from ..name_checks import check_object_name
from ..permissions import PermissionCatalogue
from .canonical import CanonicalRole, canonical_role
from .checks import check_permissions_are_shown, find_narrowed_fields
from .desired import desired_role
from .directory import RoleDirectory
from .plan import describe_role_undo, merge_permissions, plan_role, plan_role_removal

#: The built-in role Master holds every permission; Commvault refuses to change it.
MASTER_ROLE_ID = 1


class RoleResource:
    """One role of the module commvault_role, or one of many; *directory*: what these share, by default one of its own."""

    noun = "role"

    def __init__(self, ctx: Context, directory: RoleDirectory | None = None) -> None:
        self._options: t.Mapping[str, t.Any] = ctx.options
        self._directory = directory or RoleDirectory(CommvaultClient(ctx))
        self._client = self._directory.client
        self._planned = Plan({}, {})
        self._company: str | None = None
        self.company_id: int | None = None
        self._permissions = PermissionCatalogue(Catalogue("permission", ()), ())
        self._looked = False
        self.role_id: int | None = None
        self.company: str | None = None
        #: What the role holds after the plan, where the options say so; None where they do not, and where it is not all known.
        self.permission_ids: frozenset[int] | None = None

    def plan(self) -> Plan:
        """Read the role and plan what the options ask for. Raises ConfigError, BadAnswer, and Problems for unknown permissions."""
        planned = self._plan_state(self._options)
        self._planned = replace(planned, steps=add_ids(planned.steps, principal=self.role_id))
        if self._planned.changed and self.role_id == MASTER_ROLE_ID:
            raise ConfigError(
                "The built-in role Master has every permission and can be neither changed nor deleted.",
                source="option name",
            )
        return self._planned

    def _plan_state(self, options: t.Mapping[str, t.Any]) -> Plan:
        check_object_name("name", options["name"])
        if options["state"] == "present":
            warn_of_lookalikes(self._client.ctx, self._directory.read_catalogue("roles"), options["name"])
        self._company = options.get("company")
        current_wire = self._read_current(options["name"])
        if options["state"] == "absent" and current_wire is None:
            return plan_role_removal(None)
        if current_wire is None:
            self.company_id = self._directory.find_company_id(self._company)
        permissions = self._permissions = self._directory.read_permission_catalogue()
        current = canonical_role(current_wire, permissions) if current_wire is not None else None
        if options["state"] == "absent":
            return plan_role_removal(current, self.company)
        chosen, problems = permissions.select_permissions(options.get("permissions"), options.get("categories"))
        if problems:
            raise Problems(f"Role {options['name']} cannot be planned:", problems)
        held = permissions.parse_permission_set((current_wire or {}).get("permissions"))
        check_permissions_are_shown(options, current_wire, chosen, held)
        if chosen is not None:
            full = merge_permissions(chosen, held, options["exclusive"])
            # What is in a category that the catalogue does not show is not known.
            self.permission_ids = full.permission_ids if permissions.has_categories(full.category_ids) else None
        return plan_role(
            options["name"],
            desired_role(options),
            chosen,
            current,
            held,
            permissions,
            options["exclusive"],
            self.company,
        )

    def put_off_deletion(self) -> Plan:
        """Leave the role, which was to be deleted, as it is, and return the plan for that: no steps."""
        self._planned = Plan(self._planned.before, self._planned.before)
        return self._planned

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """The method that carries out a step, by its action."""
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def verify(self) -> list[Finding]:
        """Wait until the list shows a role that was created and no longer shows a deleted one, and the role what was changed.

        Return the fields that it does not show as written. Raises WaitTimeout for rights that may not have been taken away.
        """
        before, after = self._planned.before, self._planned.after
        if not self._planned.changed:
            return []
        subject = self._planned.steps[0].subject
        if not before or not after:
            return list(wait_until_shown(self._client.ctx, self._find_unshown_state, subject, {"state"}))
        narrowed = find_narrowed_fields(before, after)
        return list(wait_until_shown(self._client.ctx, self._find_unshown_fields, subject, narrowed))

    def _find_unshown_state(self) -> list[str]:
        """Return "list" where only the list does not show the role as it is now, "state" where a deleted role is left."""
        listed = self._directory.read_written_roles(again=self._looked).get_by_id(self.role_id or 0) is not None
        self._looked = True
        if listed == bool(self._planned.after):
            return []
        is_left = not self._planned.after and self._read_role(self.role_id or 0) is not None
        return ["state" if is_left else "list"]

    def _find_unshown_fields(self) -> list[str]:
        wire = self._read_role(self.role_id or 0)
        shown = canonical_role(wire, self._permissions) if wire is not None else {}
        after = self._planned.after
        return [
            field for field in after if after[field] != self._planned.before[field] and after[field] != shown.get(field)
        ]

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any]:
        """Return what undoing *step*, the only one of the plan, takes."""
        return describe_role_undo(self._planned, self.role_id, self.company)

    def result(self) -> CanonicalRole:
        """Return the role after the plan; empty when it is absent."""
        if not self._planned.after:
            return {}
        number = None if self.role_id is None else str(self.role_id)
        return {**self._planned.after, "id": number, "company": self.company}

    def _create(self, step: Step) -> None:
        self._directory.note_write()
        self.role_id = create_object_once(
            self._client,
            self._directory,
            "roles",
            "V4/Role",
            step.data["body"],
            company_id=self.company_id,
            intent=f"create {step.subject}",
        )

    def _update(self, step: Step) -> None:
        self._client.write("PUT", self._build_path(), step.data["body"], intent=f"update {step.subject}")

    def _delete(self, step: Step) -> None:
        self._directory.note_write()
        self._client.write("DELETE", self._build_path(), intent=f"delete {step.subject}", missing_ok=True)

    def _build_path(self) -> str:
        return f"V4/Role/{quote_segment(self.role_id or 0)}"

    def _read_current(self, name: str) -> dict[str, t.Any] | None:
        found = self._directory.find_living("roles", name, self._company or None, self._read_role)
        self.company = found[0].company if found else self._company or self._client.company_name
        if found is None:
            return None
        self.role_id = found[0].id
        return found[1]

    def _read_role(self, role_id: int) -> dict[str, t.Any] | None:
        return self._directory.read_role(role_id)
