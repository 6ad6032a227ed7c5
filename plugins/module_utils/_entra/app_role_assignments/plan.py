# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Assignments of app roles as a set, and the steps to what it shall be. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from ..._core.names import fold_case
from ..._core.plan import Change, Plan, Step
from .options import KINDS, Kind
from .roles import AppRole, label_role


@dataclass(frozen=True)
class Assignment:
    """One assignment of an app role.

    ``role``: what people call it, empty for access without a role. ``role_id`` and ``principal_id`` are None for what an earlier task
    would create. ``assignment_id``: Graph's own, None for one that is desired.
    """

    kind: Kind
    name: str
    principal_id: str | None
    role: str
    role_id: str | None
    assignment_id: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Return what makes two assignments the same: whose, and which role; ids where they are known."""
        principal = (self.principal_id or f"{self.kind} {fold_case(self.name)}").lower()
        return principal, (self.role_id or f"role {fold_case(self.role)}").lower()


class ReportedAssignment(t.TypedDict):
    """An assignment as results have it."""

    app_role: str | None
    app_role_id: str | None
    principal_type: str
    name: str
    object_id: str | None


def read_assignments(wires: t.Iterable[t.Mapping[str, t.Any]], roles: t.Sequence[AppRole]) -> list[Assignment]:
    """Return the assignments of Graph's list ``appRoleAssignedTo``."""
    kinds: dict[str, Kind] = {word: kind for kind, (_words, word) in KINDS.items()}
    found = []
    for wire in wires:
        kind = kinds.get(str(wire.get("principalType")))
        if kind is None:  # a kind that is not known here is left alone
            continue
        role_id, principal_id = str(wire["appRoleId"]).lower(), str(wire["principalId"]).lower()
        name = str(wire.get("principalDisplayName") or principal_id)
        found.append(Assignment(kind, name, principal_id, label_role(roles, role_id), role_id, str(wire["id"])))
    return found


def plan_assignments(
    current: t.Sequence[Assignment],
    listed: t.Sequence[Assignment],
    *,
    application: str,
    app_id: str | None,
    present: bool,
    exclusive: bool,
) -> Plan:
    """Return the steps, one per assignment, what is added first.

    *listed*: what the options name, which *present* makes desired and otherwise unwanted; *exclusive*: all others are unwanted.
    *application*: what people call it, *app_id*: None where it is still to be created.
    """
    wanted = {item.key: item for item in listed}
    # People know a user by the name that they gave; Graph's list has display names.
    current = [replace(item, name=wanted[item.key].name) if item.key in wanted else item for item in current]
    have = {item.key for item in current}
    if present:
        add = [item for key, item in wanted.items() if key not in have]
        remove = [item for item in current if exclusive and item.key not in wanted]
    else:
        add, remove = [], [item for item in current if item.key in wanted]
    gone = {item.key for item in remove}
    kept = [item for item in current if item.key not in gone]
    steps = [
        Step(
            "assign", _describe_subject(item, application), _build_data(item), _describe("+", item, application, app_id)
        )
        for item in sort_assignments(add)
    ]
    steps += [
        Step(
            "unassign",
            _describe_subject(item, application),
            _build_data(item),
            _describe("-", item, application, app_id),
        )
        for item in sort_assignments(remove)
    ]
    return Plan(report_assignments(current), report_assignments([*kept, *add]), tuple(steps))


def _describe_role(item: Assignment) -> str:
    return f"app role {item.role}" if item.role else "access without a role"


def _describe_subject(item: Assignment, application: str) -> str:
    return f"{_describe_role(item)} of {application} for {KINDS[item.kind][0]} {item.name}"


def _build_data(item: Assignment) -> dict[str, str | None]:
    return {"principal_id": item.principal_id, "role_id": item.role_id, "assignment_id": item.assignment_id}


def _describe(sign: t.Literal["+", "-"], item: Assignment, application: str, app_id: str | None) -> tuple[Change, ...]:
    verb = "assign" if sign == "+" else "take away"
    sentence = f"{verb} {_describe_role(item)} of {application}"
    facts = {"kind": item.kind, "role": fold_case(item.role)}
    ids = {"principal": item.principal_id, "application": app_id}
    return (Change(sign, "app role assignment", item.name, sentence, facts, ids),)


def sort_assignments(items: t.Iterable[Assignment]) -> list[Assignment]:
    """Return *items* in the order of results: by kind, name and role."""
    order = list(KINDS)
    return sorted(items, key=lambda item: (order.index(item.kind), fold_case(item.name), item.role, *item.key))


def report_assignments(items: t.Iterable[Assignment]) -> list[ReportedAssignment]:
    """Return *items* as results have them, each once."""
    unique = {item.key: item for item in items}
    return [
        {
            "app_role": item.role or None,
            "app_role_id": item.role_id,
            "principal_type": item.kind,
            "name": item.name,
            "object_id": item.principal_id,
        }
        for item in sort_assignments(unique.values())
    ]
