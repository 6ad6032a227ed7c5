# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From the names of a mapping to ids, with every finding collected instead of raised."""

from __future__ import annotations

import typing as t

from ..._commvault.catalogue import is_commcell_level
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.lookalikes import warn_of_lookalikes
from ..._commvault.references import ObjectReference
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, NotFound
from ..._core.names import describe_suspicious_name, find_nearest_names, fold_case
from .canonical import MappedPrincipal, Pending, PlannedGrant, Resolved, RoleReference
from .entra_groups import EntraGroups
from .kinds import PRINCIPAL_KINDS
from .options import MappingsOptions
from .parse import DesiredGrant, MappingEntry, make_problem
from .principals import PrincipalResolver, find_company_level
from .targets import TargetResolver


class Resolver:
    """Looks names up, each kind of object listed once."""

    def __init__(
        self,
        ctx: Context,
        options: MappingsOptions,
        client: CommvaultClient,
        directory: Directory,
        groups: EntraGroups,
    ) -> None:
        self._ctx, self._options, self._client, self._directory = ctx, options, client, directory
        self._groups = groups
        self._principals = PrincipalResolver(ctx, options, client, directory)
        self._pending_roles: dict[tuple[str, str | int], Pending] | None = None

    def resolve_entries(self, entries: t.Sequence[MappingEntry]) -> Resolved:
        """Return all entries in canonical form; what cannot be resolved is in ``problems``."""
        resolved = Resolved()
        targets = TargetResolver(self._ctx, self._client, self._directory, resolved)
        self._groups.look_up([entry for entry in entries if entry.kind == "entra_group"], resolved.problems)
        for entry in sorted(entries, key=lambda item: (item.kind, str(item.principal), item.where)):
            principal = self._principals.resolve_principal(entry, self._groups, resolved)
            for grant in entry.grants:
                self._resolve_grant(principal, grant, targets, resolved)
        for both in sorted(resolved.present.keys() & resolved.absent.keys()):
            told = f"contradicts {resolved.absent[both]}, which wants the same grant absent: {resolved.names.describe_grant(both)}"
            resolved.problems.append(make_problem(resolved.present[both], told))
        self._warn_of_doubtful_names(resolved)
        return resolved

    def find_pending_role(self, role: ObjectReference) -> Pending | None:
        """Return the role of this name and company that the task, or an earlier one, would create; None when none would."""
        if self._pending_roles is None:
            self._pending_roles = {}
            for item in sorted(self._options.pending_roles, key=str):
                if item.name is not None:
                    pending = Pending("role", item.name, len(self._pending_roles) + 1)
                    self._pending_roles.setdefault(self._make_role_key(item), pending)
        return self._pending_roles.get(self._make_role_key(role)) if self._pending_roles else None

    def _warn_of_doubtful_names(self, resolved: Resolved) -> None:
        """Warn of names that get a right here and can be taken for others, each once: principals, their Entra groups, and roles."""
        granted = {grant.principal for grant in resolved.present}
        for kind, catalogue in (PRINCIPAL_KINDS[key] for key in ("user", "user_group", "directory_group")):
            names = sorted(resolved.principals[item].name for item in granted if item.kind == kind)
            if names:
                warn_of_lookalikes(self._ctx, self._directory.read_catalogue(catalogue), *names)
        for principal in sorted(granted):
            group = resolved.principals[principal].entra_group
            doubt = (
                describe_suspicious_name("Entra group", group.display_name) if group and group.display_name else None
            )
            if doubt:
                self._ctx.warn(doubt)
        roles = sorted({resolved.names.show_role(grant.role) for grant in resolved.present})
        if roles:
            warn_of_lookalikes(self._ctx, self._directory.read_catalogue("roles"), *roles)

    def _resolve_grant(
        self, principal: MappedPrincipal | None, grant: DesiredGrant, targets: TargetResolver, resolved: Resolved
    ) -> None:
        """Take up the grants of one line. Role and entities are looked up without a principal, too, so that all findings are told at once."""
        role = self._resolve_role(grant, resolved)
        listed = resolved.present if grant.present else resolved.absent
        for target in grant.targets:
            for entity in targets.resolve_target(target):
                if principal is None or role is None:
                    continue
                planned = PlannedGrant(principal.reference, role, entity)
                if planned in listed:
                    self._ctx.warn(f"{grant.where} repeats {listed[planned]}: {resolved.names.describe_grant(planned)}")
                listed.setdefault(planned, grant.where)

    def _resolve_role(self, grant: DesiredGrant, resolved: Resolved) -> RoleReference | None:
        is_missing = False
        try:
            roles = self._directory.read_catalogue("roles")
            # Only a list that was read says that a role is not there: NotFound is also raised where there is no list.
            is_missing = grant.role.id is None and roles.get(str(grant.role.name), grant.role.company) is None
            pending = self.find_pending_role(grant.role) if is_missing else None
            if pending is not None:
                resolved.names.roles[pending] = str(grant.role)
                self._note_company(pending, grant.role, resolved)
                return pending
            found = roles.find_reference(grant.role)
        except (NotFound, AmbiguousMatch) as exc:
            declared = [str(item.name) for item in self._options.pending_roles if item.name is not None]
            near = find_nearest_names(str(grant.role.name), declared, 1) if is_missing else []
            told = f"{exc} Similar, among the roles that the play creates: {near[0]}." if near else str(exc)
            resolved.problems.append(make_problem(f"{grant.where}.role", told, exc.kind))
            return None
        resolved.names.roles[found.id] = found.name
        self._note_company(found.id, grant.role, resolved)
        return found.id

    def _note_company(self, role: RoleReference, given: ObjectReference, resolved: Resolved) -> None:
        if given.company is not None and not is_commcell_level(given.company):
            resolved.names.companies[role] = str(given.company)

    def _make_role_key(self, role: ObjectReference) -> tuple[str, str | int]:
        try:
            company: str | int = find_company_level(self._client, self._directory, role.company).company_id
        except (AmbiguousMatch, NotFound):
            company = fold_case(str(role.company))
        return fold_case(str(role.name)), company
