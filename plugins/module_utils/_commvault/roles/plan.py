# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The steps that bring a role into its desired form. Pure."""

from __future__ import annotations

import typing as t

from ..._core.object_changes import describe_creation, describe_object_changes
from ..._core.plan import Change, Plan, Step, find_changed_fields
from ..catalogue import COMMCELL_LEVEL, name_with_company
from ..permissions import PermissionCatalogue, PermissionSet, check_has_permissions
from .canonical import CanonicalRole, serialize_role_fields


def plan_role(
    name: str,
    wanted: CanonicalRole,
    chosen: PermissionSet | None,
    current: CanonicalRole | None,
    held: PermissionSet,
    permissions: PermissionCatalogue,
    exclusive: bool,
    company: str | None = None,
) -> Plan:
    """Plan to create the role, or to update in one request the fields that differ and the permissions if their set differs.

    *chosen* are the permissions of the options (None: not managed), *held* those of the role now;
    *company*: the name of its company, None at the level of the CommCell. Raises ConfigError when the role
    would be without permissions.
    """
    full = merge_permissions(chosen, held, exclusive)
    if chosen is not None or current is None:
        check_has_permissions(full)
    if current is None:
        fields = {"description": "", "enabled": True, "visible_to_all": False}
        fields.update({key: value for key, value in wanted.items() if value is not None})
        after = {"name": name, **fields, "permissions": permissions.format_names(full.permission_ids)}
        body = {
            "name": name,
            **serialize_role_fields(fields),
            "permissionList": permissions.serialize_permission_set(full),
        }
        return Plan(
            {},
            after,
            (
                Step(
                    "create",
                    f"role {name}",
                    {"body": body},
                    describe_creation("role", name_with_company(name, company), _list_told_fields(after)),
                ),
            ),
        )
    changes = find_changed_fields(wanted, current)
    body = serialize_role_fields(changes)
    after = {**current, **changes}
    if full.permission_ids != held.permission_ids:
        after["permissions"] = permissions.format_names(full.permission_ids)
        # It is not documented whether the service adds or replaces by default: the full set with OVERWRITE is right either way.
        body.update(permissionList=permissions.serialize_permission_set(full), permissionOperationType="OVERWRITE")
        changes["permissions"] = after["permissions"]
    if not body:
        return Plan(current, current)
    told = describe_object_changes(name_with_company(str(current["name"]), company), current, after)
    step = Step("update", f"role {name}: {', '.join(sorted(changes))}", {"body": body}, told)
    return Plan(current, after, (step,))


def plan_role_removal(current: CanonicalRole | None, company: str | None = None) -> Plan:
    """Plan to delete the role; nothing when it is not there (None)."""
    if current is None:
        return Plan({}, {})
    gone = Change("-", "role", name_with_company(str(current["name"]), company), "delete the role")
    return Plan(current, {}, (Step("delete", f"role {current['name']}", {}, (gone,)),))


def describe_role_undo(plan: Plan, role_id: int | None, company: str | None) -> dict[str, t.Any]:
    """Return what undoing the step of *plan* takes, for the record of the run: what it changed, before and after; None means absent."""
    before, after = plan.before or None, plan.after or None
    if before and after:
        fields = [field for field in before if before[field] != after[field]]
        before, after = ({field: form[field] for field in fields} for form in (before, after))
    about = {"kind": "role", "id": role_id, "name": (plan.before or plan.after)["name"]}
    return {**about, "company": company or COMMCELL_LEVEL, "before": before, "after": after}


def merge_permissions(chosen: PermissionSet | None, held: PermissionSet, exclusive: bool) -> PermissionSet:
    """Return what a role holds afterwards: *chosen*, and unless *exclusive* what it holds now, too; that alone without a choice (None)."""
    if chosen is None:
        return held
    if exclusive or not chosen.permission_ids:
        return chosen
    return PermissionSet(chosen.permission_ids | held.permission_ids, chosen.category_ids | held.category_ids)


def _list_told_fields(role: CanonicalRole) -> CanonicalRole:
    return {field: value for field, value in role.items() if field != "name"}
