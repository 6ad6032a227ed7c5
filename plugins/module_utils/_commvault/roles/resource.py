# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Roles: found by name and company; permissions compared after expanding categories, written as the full set."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import BadAnswer, ConfigError, Problems
from ..._core.plan import Plan, Step, find_changed_fields
from ..._core.resource import Action
from ..client import CommvaultClient, quote_segment
from ..create import create_object_once
from ..directory import Directory
from ..lookalikes import warn_of_lookalikes
from ..names import check_object_name
from ..permissions import PermissionCatalogue, PermissionSet, check_has_permissions

CanonicalRole = dict[str, t.Any]
ROLE_FIELDS = {"description": "description", "enabled": "enabled", "visible_to_all": "visibleToAll"}
#: The role that holds everything. Commvault keeps it as it is, and so do we.
MASTER_ROLE_ID = 1


def canonical_role(wire: t.Mapping[str, t.Any], permissions: PermissionCatalogue) -> CanonicalRole:
    """A role under the names of our options."""
    enabled = str(wire.get("status", "ENABLED")).upper() == "ENABLED"
    return {
        "name": str(wire.get("name") or ""),
        "description": str(wire.get("description") or ""),
        "enabled": enabled if wire.get("enabled") is None else bool(wire["enabled"]),
        "visible_to_all": bool(wire.get("visibleToAll", False)),
        "permissions": permissions.format_names(
            permissions.parse_permission_set(wire.get("permissions")).permission_ids
        ),
    }


def desired_role(options: t.Mapping[str, t.Any]) -> CanonicalRole:
    """The managed fields; None is not managed."""
    return {name: options.get(name) for name in ROLE_FIELDS}


def plan_role(
    name: str,
    wanted: CanonicalRole,
    chosen: PermissionSet | None,
    current: CanonicalRole | None,
    held: PermissionSet,
    permissions: PermissionCatalogue,
    exclusive: bool,
) -> Plan:
    """Create the role, or update in one request the fields that differ and the permissions if their set differs.

    *held* is what the role holds now. Raises ConfigError when the role would be without permissions.
    """
    full = _merge_permissions(chosen, held, exclusive)
    if chosen is not None or current is None:
        check_has_permissions(full)
    if current is None:
        fields = {"description": "", "enabled": True, "visible_to_all": False}
        fields.update({key: value for key, value in wanted.items() if value is not None})
        after = {"name": name, **fields, "permissions": permissions.format_names(full.permission_ids)}
        body = {"name": name, **_serialize_fields(fields), "permissionList": permissions.serialize_permission_set(full)}
        return Plan({}, after, (Step("create", f"role {name}", {"body": body}),))
    changes = find_changed_fields(wanted, current)
    body = _serialize_fields(changes)
    after = {**current, **changes}
    if full.permission_ids != held.permission_ids:
        after["permissions"] = permissions.format_names(full.permission_ids)
        # Without the operation the service may add or replace, nobody knows: the full set with OVERWRITE says it all.
        body.update(permissionList=permissions.serialize_permission_set(full), permissionOperationType="OVERWRITE")
        changes["permissions"] = after["permissions"]
    if not body:
        return Plan(current, current)
    return Plan(current, after, (Step("update", f"role {name}: {', '.join(sorted(changes))}", {"body": body}),))


def plan_role_removal(current: CanonicalRole | None) -> Plan:
    """Delete what is there."""
    if current is None:
        return Plan({}, {})
    return Plan(current, {}, (Step("delete", f"role {current['name']}"),))


def check_permissions_are_shown(
    options: t.Mapping[str, t.Any], wire: t.Any, chosen: PermissionSet | None, held: PermissionSet
) -> None:
    """Every role holds permissions, and what is added to them is written as a whole. Raises BadAnswer where none are shown."""
    if (
        wire is not None
        and chosen is not None
        and not options["exclusive"]
        and held == PermissionSet(frozenset(), frozenset())
    ):
        raise BadAnswer(
            f"Commvault shows no permissions of role {options['name']}, so none can be added to those that it has. To replace"
            " them, set exclusive to true.",
            service="Commvault",
        )


def _merge_permissions(chosen: PermissionSet | None, held: PermissionSet, exclusive: bool) -> PermissionSet:
    if chosen is None:
        return held
    if exclusive or not chosen.permission_ids:
        return chosen
    return PermissionSet(chosen.permission_ids | held.permission_ids, chosen.category_ids | held.category_ids)


def _serialize_fields(fields: t.Mapping[str, t.Any]) -> CanonicalRole:
    return {ROLE_FIELDS[name]: value for name, value in fields.items()}


class RoleResource:
    """One role of the module commvault_role."""

    noun = "role"

    def __init__(self, ctx: Context) -> None:
        self._options: t.Mapping[str, t.Any] = ctx.options
        self._client = CommvaultClient(ctx)
        self._directory = Directory(self._client)
        self._planned = Plan({}, {})
        self._company: str | None = None
        self._company_id: int | None = None
        self.role_id: int | None = None
        self.company: str | None = None

    def plan(self) -> Plan:
        """The plan for the options of the module. Raises ConfigError, and Problems for names that the catalogue does not know."""
        self._planned = self._plan_state(self._options)
        if self._planned.changed and self.role_id == MASTER_ROLE_ID:
            raise ConfigError(
                "Role Master holds every permission and is built in: it can be neither changed nor deleted.",
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
            self._company_id = self._directory.find_company_id(self._company)
        nodes = self._directory.read_permission_categories()
        permissions = PermissionCatalogue(self._directory.read_catalogue("permissions"), nodes)
        current = canonical_role(current_wire, permissions) if current_wire is not None else None
        if options["state"] == "absent":
            return plan_role_removal(current)
        chosen, problems = permissions.select_permissions(options.get("permissions"), options.get("categories"))
        if problems:
            raise Problems(f"Role {options['name']} cannot be planned:", problems)
        held = permissions.parse_permission_set((current_wire or {}).get("permissions"))
        check_permissions_are_shown(options, current_wire, chosen, held)
        return plan_role(
            options["name"], desired_role(options), chosen, current, held, permissions, options["exclusive"]
        )

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action."""
        return {"create": self._create, "update": self._update, "delete": self._delete}

    def result(self) -> CanonicalRole:
        """The role after the plan; empty when it is absent."""
        if not self._planned.after:
            return {}
        number = None if self.role_id is None else str(self.role_id)
        return {**self._planned.after, "id": number, "company": self.company}

    def _create(self, step: Step) -> None:
        self.role_id = create_object_once(
            self._client,
            self._directory,
            "roles",
            "V4/Role",
            step.data["body"],
            company_id=self._company_id,
            intent=f"create {step.subject}",
        )

    def _update(self, step: Step) -> None:
        self._client.write("PUT", self._build_path(), step.data["body"], intent=f"update {step.subject}")

    def _delete(self, step: Step) -> None:
        self._client.write("DELETE", self._build_path(), intent=f"delete {step.subject}", missing_ok=True)

    def _build_path(self) -> str:
        return f"V4/Role/{quote_segment(self.role_id or 0)}"

    def _read_current(self, name: str) -> dict[str, t.Any] | None:
        entry = self._directory.read_catalogue("roles").get(name, self._company or None)
        self.company = entry.company if entry else self._company or self._client.company_name
        if entry is None:
            return None
        self.role_id = entry.id
        return self._client.get(f"V4/Role/{quote_segment(entry.id)}", intent=f"read role {name}")
