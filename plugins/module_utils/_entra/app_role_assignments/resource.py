# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_app_role_assignment: reads who holds the roles of an application, plans, and carries the plan out."""

from __future__ import annotations

import typing as t

from ..._core.addresses import quote_segment
from ..._core.context import Context
from ..._core.errors import ConfigError, Problems
from ..._core.names import find_nearest_names
from ..._core.plan import Plan, Step
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals, require_accepted_risk
from ..applications.reference import READ_NEEDS, find_application, find_remaining_application, resolve_application
from ..client import GraphClient, format_alternate_key
from ..confirm import wait_until_shown
from ..id_holders import refuse_other_kind
from ..option_checks import describe_problem
from .options import KINDS, Kind
from .plan import Assignment, ReportedAssignment, plan_assignments, read_assignments
from .principals import Principal, PrincipalFinder
from .roles import AppRole, find_app_role, read_app_roles
from .writer import assign_app_role, unassign_app_role

_READ = ("Application.Read.All",)
_SELECT = "id,appId,displayName,appRoles,appRoleAssignmentRequired"
Wire: t.TypeAlias = t.Mapping[str, t.Any]


class AppRoleAssignmentsResource:
    """The assignments of the app roles of one application."""

    noun = "app_role_assignments"

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._graph, self._options = ctx, GraphClient(ctx), ctx.options
        self._resource: Wire = {}
        self._app_id: str | None = None
        self._label = ""
        self._roles: list[AppRole] = []
        self._planned = Plan([], [])
        self._unshown: set[tuple[str, str]] = set()

    def plan(self) -> Plan:
        """Return the steps to what the options ask for. Raises ConfigError, GuardRefused, Problems."""
        present = self._options["state"] == "present"
        self._find_application(present)
        self._roles = read_app_roles(self._resource)
        current = self._list_assignments() if self._resource else []
        listed = self._resolve(current) if present or self._resource else []
        self._planned = self._plan_changes(current, listed)
        if self._planned.steps and self._app_id and not self._label:
            # The steps have the same words before the application exists, when only its unique name is known.
            self._label = self._read_label(self._app_id)
            self._planned = self._plan_changes(current, listed)
        self._check_removals(current)
        return self._planned

    def _plan_changes(self, current: t.Sequence[Assignment], listed: t.Sequence[Assignment]) -> Plan:
        return plan_assignments(
            current,
            listed,
            application=self._label or self._get_display_name(),
            app_id=self._app_id,
            present=self._options["state"] == "present",
            exclusive=self._options["exclusive"],
        )

    def _read_label(self, app_id: str) -> str:
        """Return what people call the application; the name of its service principal where it is of another tenant."""
        registration = find_application(self._graph, {"app_id": app_id})
        return (registration.label if registration else "") or self._get_display_name()

    def _get_display_name(self) -> str:
        return str(self._resource.get("displayName") or self._app_id)

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """Map each action to the method that carries it out."""
        return {"assign": self._assign, "unassign": self._unassign}

    def verify(self) -> list[Finding]:
        """Wait until the assignments show as written, and return what does not.

        Raises WaitTimeout for what was taken away: access may remain.
        """
        if not self._planned.steps:
            return []
        subject = f"the app role assignments of {self._label}"
        return list(wait_until_shown(self._graph, self._find_unshown, subject, ["removed"]))

    def _find_unshown(self) -> list[str]:
        """Return "added" and "removed" where Entra ID does not show all that was, and note the assignments that it does not show."""
        shown = {(str(item.principal_id), str(item.role_id)) for item in self._list_assignments()}
        self._unshown = self._list_written("assign") - shown
        found = ["added"] if self._unshown else []
        return found if self._list_written("unassign").isdisjoint(shown) else [*found, "removed"]

    def _list_written(self, action: str) -> set[tuple[str, str]]:
        """Return principal and role, by their ids, of the steps with this action."""
        data = [step.data for step in self._planned.steps if step.action == action]
        return {(str(item["principal_id"]), str(item["role_id"])) for item in data}

    def result(self) -> list[dict[str, t.Any]]:
        """Return all assignments of the application as they are after the plan; each with what is not shown as written."""
        return [{**item, "not_confirmed": self._list_findings(item)} for item in self._planned.after]

    def _list_findings(self, item: ReportedAssignment) -> list[dict[str, str]]:
        is_unshown = (str(item["object_id"]), str(item["app_role_id"])) in self._unshown
        return [{"field": "assignment"}] if is_unshown else []

    def _find_application(self, present: bool) -> None:
        """Find the application and its service principal. Raises ConfigError where there is none to assign roles of."""
        asked = self._options.get("application")
        reference = (
            find_remaining_application(self._graph, asked)
            if not present and asked
            else resolve_application(self._ctx, self._graph, self._options)
        )
        if reference is None:
            return
        self._app_id, self._label = reference.app_id, reference.label
        if reference.app_id is None:  # pending: an earlier task would create it
            return
        wire = self._graph.get(
            f"/servicePrincipals{format_alternate_key('appId', reference.app_id)}",
            intent=f"read the app roles of {reference.app_id}",
            needs=READ_NEEDS,
            params={"$select": _SELECT},
        )
        if wire is None and self._options.get("app_id"):
            refuse_other_kind(self._graph, reference.app_id, "servicePrincipal", "app_id", "app_id")
        if wire is None and present and not self._ctx.check_mode:
            raise ConfigError(
                f"Application {reference.app_id} has no service principal in the tenant, and roles are assigned on "
                "the service principal: create it with entra_service_principal"
            )
        self._resource = wire or {}

    def _path(self) -> str:
        return f"/servicePrincipals/{quote_segment(str(self._resource['id']))}/appRoleAssignedTo"

    def _list_assignments(self) -> list[Assignment]:
        wires = self._graph.list(
            self._path(),
            intent=f"list who has app roles of {self._label or self._get_display_name()}",
            needs=_READ,
            params={"$top": "999"},
        )
        return read_assignments(wires, self._roles)

    def _resolve(self, current: t.Sequence[Assignment]) -> list[Assignment]:
        """Return what the options list, with ids. Raises Problems with everything that cannot be assigned."""
        asked = [_split(entry) for entry in self._options["assignments"]]
        shown = {str(item.principal_id): Principal(item.kind, item.name, item.principal_id) for item in current}
        pending = self._options["pending_entra_groups"] if self._ctx.check_mode else []
        finder = PrincipalFinder(self._graph, shown, pending)
        finder.prepare((kind, name) for kind, name, _role in asked)
        found: dict[tuple[str, str], Assignment] = {}
        places: dict[tuple[str, str], int] = {}
        problems: list[dict[str, str]] = []
        for index, (kind, name, role) in enumerate(asked):
            where, told = f"assignments[{index}]", len(problems)
            try:
                role_id, label = self._find_role(role, kind)
            except LookupError as exc:
                problems.append(describe_problem(f"{where}.app_role", str(exc)))
            try:
                principal = finder.find(kind, name)
            except LookupError as exc:
                problems.append(describe_problem(f"{where}.{kind}", str(exc)))
            if len(problems) > told:
                continue
            item = Assignment(kind, principal.name, principal.object_id, label, role_id)
            if item.key in found:
                message = f"it is the same as assignments[{places[item.key]}]: {KINDS[kind][0]} {principal.name}, role {label or 'none'}"
                problems.append(describe_problem(where, message))
            found[item.key], places[item.key] = item, index
        if problems:
            raise Problems(f"{len(problems)} assignments cannot be used; nothing was written:", problems)
        if finder.unverified:
            self._ctx.warn(
                "Object ids were not verified, because the caller is not allowed to look them up (Directory.Read.All), so it is not known"
                f" what they identify: {', '.join(sorted(finder.unverified))}."
            )
        return list(found.values())

    def _find_role(self, asked: str | None, kind: Kind) -> tuple[str | None, str]:
        """Return id and label of a role; the id is None for one that an earlier task would create. Raises LookupError."""
        pending = self._options["pending_app_roles"] if self._ctx.check_mode else []
        is_known = any(role.value == asked for role in self._roles)
        if self._ctx.check_mode and not is_known and (asked in pending or not self._resource):
            if asked is not None and pending and asked not in pending:
                near = find_nearest_names(asked, pending, 3, 0.6)
                told = f"near: {', '.join(near)}" if near else f"there will be: {', '.join(sorted(pending))}"
                raise LookupError(f"the application will not have an app role with the value {asked!r}; {told}")
            return None, asked or ""
        return find_app_role(self._roles, asked, kind)

    def _check_removals(self, current: t.Sequence[Assignment]) -> None:
        """Raise GuardRefused for more removals than expected, for the last access of people, and for the caller's own role."""
        removed = [step for step in self._planned.steps if step.action == "unassign"]
        words = [step.subject for step in removed]
        check_removals(words, self._options["max_removals"], "app role assignments", "the list of assignments")
        own = str(self._graph.read_token_claims().get("oid") or "").lower() if removed else ""
        if own and any(step.data["principal_id"] == own for step in removed):
            danger = f"The signed-in identity would lose one of its own roles in {self._label}."
            require_accepted_risk(self._ctx, "own_rights", danger)
        had = any(item.kind != "service_principal" for item in current)
        has = any(item["principal_type"] != "service_principal" for item in self._planned.after)
        if removed and had and not has and self._resource.get("appRoleAssignmentRequired"):
            danger = f"Nobody could sign in to {self._label} any more: it requires an assignment, and no group or user would have one."
            require_accepted_risk(self._ctx, "lock_out", danger)

    def _assign(self, step: Step) -> None:
        resource_id, data = str(self._resource["id"]), step.data
        assign_app_role(
            self._graph, resource_id, data["principal_id"], data["role_id"], intent=f"assign {step.subject}"
        )

    def _unassign(self, step: Step) -> None:
        unassign_app_role(self._graph, self._path(), step.data["assignment_id"], intent=f"take away {step.subject}")


def _split(entry: t.Mapping[str, t.Any]) -> tuple[Kind, str, str | None]:
    """Return kind, name or object id, and role of one entry of the option."""
    kind = next(kind for kind in KINDS if entry.get(kind) is not None)
    return kind, str(entry[kind]), entry.get("app_role")
