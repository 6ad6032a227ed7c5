# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The role mappings of one CommCell, read, planned, written and read back.

An option goes this way: options.py (its value), parse.py (an entry), resolve.py or what it calls for principals and targets (ids),
plan.py (requests), apply.py (the wire); what is there, and what was written, comes back by read.py.
"""

from __future__ import annotations

import functools
import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL
from ..._commvault.security.administrators import Administrators
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.grants import Principal
from ..._commvault.user_groups.calls import UserGroups
from ..._core.context import Context
from ..._core.errors import CvopsError, WaitTimeout
from ..._core.names import fold_case
from ..._core.plan import Plan, Step
from ..._core.resource import Action, Finding
from ..._core.risks import check_removals
from ..._core.run_record import read_records
from ..._entra.client import GraphClient
from . import checks, records
from .apply import RequestWriter
from .caller import MASTER_GROUP, count_administrators_left, find_own_principals, is_privileged_role
from .canonical import MappedPrincipal, Pending, PlannedGrant, Resolved
from .declared_roles import DeclaredRoles
from .drift import (
    UNKNOWN,
    Drift,
    build_drift_error,
    describe_drift,
    find_surplus,
    show_other,
    show_surplus,
    show_unmanaged,
)
from .effects import describe_effects
from .entra_groups import EntraGroup, EntraGroups
from .options import MappingsOptions, read_mappings_options
from .parse import Problem, add_known_object_ids, collect_evidence, parse_mappings
from .plan import (
    CreateGroup,
    Differences,
    LinkGroup,
    Schedule,
    Unit,
    find_differences,
    fit_budget,
    make_plan,
    order_canary,
    order_requests,
)
from .problem_names import raise_problems
from .read import SATISFYING_KINDS, Current, Reader
from .resolve import Resolver
from .rights import RightsCheck
from .undo import describe_request_undo

#: So many object ids are named in a warning.
_TOLD = 5


class RoleMappingsResource:
    """The mapping of one CommCell; *roles*: those that the task declares beside it."""

    def __init__(self, ctx: Context, roles: DeclaredRoles) -> None:
        self._ctx, self._options, self._roles = ctx, read_mappings_options(ctx, roles.list_references()), roles
        self._directory, self._client = roles.directory, roles.directory.client
        self._security = SecurityAssociations(self._client)
        self._reader = Reader(ctx, self._directory, self._security, self._options.parallel_reads)
        self._writer = RequestWriter(self._security, UserGroups(self._client, self._directory), roles.get_role_id)
        self._resolved, self._current, self._schedule = Resolved(), Current(), Schedule()
        self._drift = Drift()
        self._linked: t.Mapping[str, t.Any] = {}
        self._unverified: list[dict[str, t.Any]] = []
        self._unchecked: list[PlannedGrant] = []

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action."""
        return self._writer.actions

    @property
    def is_partial(self) -> bool:
        """Whether changes of the mapping are, or may be, left for a later run."""
        return self._options.canary or self._schedule.count_postponed() > 0

    def plan(self, problems: t.Sequence[Problem] = ()) -> Plan:
        """Read and plan everything. Raises Problems with all findings and *problems*, and GuardRefused, before the first write."""
        options = self._options
        entries, malformed = parse_mappings(options.mappings, options.commcell, self._ctx.clock.now().date())
        typed = {entry.object_id for entry in entries if entry.object_id is not None}
        self._ctx.evidence["mappings"] = collect_evidence(options.mappings)
        groups = EntraGroups(
            lambda: GraphClient(self._ctx),
            options.match_by,
            options.pending_entra_groups,
            options.known_entra_groups,
            options.list_guarded_object_ids(),
        )
        resolver = Resolver(self._ctx, options, self._client, self._directory, groups)
        resolved = resolver.resolve_entries(add_known_object_ids(entries, options.known_entra_groups))
        self._resolved = resolved
        self._roles.note_pending(resolver.find_pending_role)
        self._unverified = self._note_unverified(groups)
        self._reader.read_details(
            reference.id
            for reference, principal in resolved.principals.items()
            if principal.entra_group is not None and isinstance(reference, Principal)
        )
        read_link = self._directory.read_linked_object_id
        links, recreated = checks.plan_links(resolved, read_link, options.link_entra_groups)
        is_privileged = functools.partial(is_privileged_role, self._roles)
        unsafe = checks.find_missing_object_ids(resolved, options.require_object_id, is_privileged)
        contradictions = self._roles.find_contradictions(resolved.present)
        raise_problems(
            [*problems, *malformed, *resolved.problems, *recreated, *unsafe, *contradictions], options.mappings
        )
        self._drift = self._read_drift(resolved, options)
        changes = find_differences(
            resolved.present,
            resolved.absent,
            self._current.grants,
            options.exclusive != "none",
            resolved.principals,
            self._current.list_satisfied(),
            self._drift.list_unmanaged_grants() if options.exclusive == "managed" else (),
        )
        new_groups = {reference for reference in resolved.principals if isinstance(reference, Pending)}
        ordered, later = order_requests(changes, new_groups, links), list[Unit]()
        if options.canary:
            changes, ordered, later = order_canary(changes, new_groups, links)
        self._schedule = fit_budget(ordered, options.max_writes, later)
        if not self.is_partial:
            self._drift = self._drift.note_deleted_roles(self._roles.list_deleted_ids())
        self._add_unmanaged_groups(changes, groups)
        self._check_writes(changes)
        self._tell_drift(changes)
        self._remember_names()
        planned = make_plan(self._schedule, resolved, self._current.grants, read_link, self._drift, typed)
        self._linked = planned.before["user_groups"]
        return planned

    def verify(self) -> list[Finding]:
        """Wait until user groups that were created or linked show, and return the grants that were added and are not shown.

        Warnings tell what does not show. Raises WaitTimeout for grants that were to be removed and are still shown: that access
        remains.
        """
        self._writer.wait_until_groups_show(self._ctx, self._reader, self._resolved.names.show_principal)
        added, removed = self._schedule.list_grants("add"), self._schedule.list_grants("remove")
        not_confirmed = self._writer.find_unconfirmed(self._ctx, self._reader, added, removed)
        left = self._make_rows(set(not_confirmed).intersection(removed))
        if left:
            raise WaitTimeout(
                f"Commvault accepted the removal of grants but still shows {len(left)} of them, such as "
                f"{left[0]['role']} of {left[0]['principal']} on {left[0]['entity_type']} {left[0]['entity']}. That "
                "access remains; the removal may be waiting for an approval. Run the task again.",
                unproven=left,
            )
        if not_confirmed:
            self._ctx.warn(
                f"{len(not_confirmed)} grants were accepted by Commvault but are not visible as requested; they may "
                "be waiting for an approval"
            )
        return self._make_rows(not_confirmed)

    def describe_undo(self, step: Step) -> t.Mapping[str, t.Any] | None:
        """Return what undoing *step* takes, with the ids of what the run has created by now."""
        find_id, find_role_id = self._writer.find_id, self._roles.find_role_id
        return describe_request_undo(step.data["request"], self._resolved, self._linked, find_id, find_role_id)

    def find_fault(self) -> CvopsError | None:
        """Return the failure that ``fail_on_drift`` asks for where access beyond the mapping stays, None else."""
        if not self._options.fail_on_drift:
            return None
        return build_drift_error(self._drift, self._schedule.list_grants("remove"), self._resolved.names)

    def result(self) -> dict[str, t.Any]:
        """Return the mapping after the plan; its steps, and what is not confirmed, are for others to add."""
        removed, names = self._schedule.list_grants("remove"), self._resolved.names
        return {
            "grants": self._make_grant_rows(),
            "added": self._make_rows(self._schedule.list_grants("add")),
            "removed": self._make_rows(removed),
            "user_groups_created": self._list_group_names(CreateGroup),
            "user_group_references": self._list_created_references(),
            "user_groups_linked": self._list_group_names(LinkGroup),
            "remaining": self._schedule.count_postponed(),
            "foreign": self._current.foreign,
            "surplus": self._make_surplus_rows(removed),
            "unmanaged": show_unmanaged(self._drift, removed, names),
            "other": show_other(self._drift, names),
            "unverified": self._unverified,
            "unchecked": self._make_rows(self._unchecked),
            **({"effects": self._describe_effects()} if self._options.tell_effects else {}),
        }

    def _describe_effects(self) -> list[dict[str, t.Any]]:
        return describe_effects(self._resolved, self._current, self._drift, self._schedule)

    def _read_drift(self, resolved: Resolved, options: MappingsOptions) -> Drift:
        """Read what is there, and return what is held beyond the mapping."""
        self._current = self._reader.read_current(resolved, options.exclusive != "none")
        found = self._reader.read_unmanaged_groups(options.managed_groups, resolved, options.exclusive == "managed")
        resolved.names.add_missing(self._current.names)
        if found is not None:
            resolved.names.add_missing(found.names)
        surplus = find_surplus(resolved.present, self._current.grants, resolved.principals)
        other = [
            row
            for row in self._current.other
            if (row.principal, row.role_id, row.entity) not in resolved.present
            or row.grant_kind not in SATISFYING_KINDS
        ]
        return Drift(
            surplus if self._current.is_complete else None,
            None if found is None else found.groups,
            (*other, *(found.other if found is not None else ())),
        )

    def _add_unmanaged_groups(self, changes: Differences, groups: EntraGroups) -> None:
        """Take up the groups without an entry that lose grants, with their Entra groups, which may be kept for emergencies."""
        losing = {grant.principal for grant in changes.remove}.difference(self._resolved.principals)
        chosen = [group for group in self._drift.unmanaged or () if group.principal in losing]
        numbers = [group.principal.id for group in chosen]
        object_ids = self._reader.read_each(self._directory.read_linked_object_id, numbers, "user groups read")
        linked = dict(zip((group.principal for group in chosen), object_ids, strict=True))
        display_names = groups.read_display_names(
            {object_id for object_id in linked.values() if object_id}, self._options.break_glass_entra_groups
        )
        for group in chosen:
            object_id = linked[group.principal]
            entra_group = EntraGroup(object_id, display_names.get(object_id), None) if object_id else None
            self._resolved.add_principal(
                MappedPrincipal(group.principal, group.name, "managed_groups", entra_group=entra_group)
            )

    def _tell_drift(self, changes: Differences) -> None:
        """Warn of what stays beyond the mapping, and keep what is beyond it for the run record."""
        removed, names = self._schedule.list_grants("remove"), self._resolved.names
        for sentence in describe_drift(self._drift, removed, names):
            self._ctx.warn(f"{sentence}.")
        before, dummy = show_surplus(self._drift, (), names)
        self._ctx.evidence.update(before)
        self._warn_of_other_documents()
        kept = {grant: kind for grant, kind in self._current.kinds.items() if kind in SATISFYING_KINDS}
        for grant in sorted(grant for grant in self._resolved.absent if grant in kept and grant not in changes.remove):
            self._ctx.warn(
                f"{self._resolved.absent[grant]}: {names.describe_grant(grant)} should be absent but stays, because "
                f"the principal holds it as {kept[grant]}, which a mapping cannot remove"
            )

    def _warn_of_other_documents(self) -> None:
        """Warn of groups without an entry that another document had an entry for last, and note what this one has entries for."""
        ctx, options = self._ctx, self._options
        document = options.document
        if document is None:
            return
        groups = [group.name for group in self._drift.unmanaged or ()]
        mapped = [item.name for item in self._resolved.principals.values() if item.where != "managed_groups"]
        ctx.evidence[records.KEY] = records.describe_mapping(document, options.managed_groups, mapped)
        if not groups or ctx.record_directory is None:
            return
        earlier = read_records(ctx.record_directory, "commvault_role_mappings")
        for group, other in records.find_other_documents(earlier, ctx.options, document, groups).items():
            ctx.warn(
                f"Group {group} has no entry in {document}; the last run with an entry for it was {other}. Two "
                "documents must not share a pattern of managed_groups: with exclusive: managed, each would remove "
                "what the other grants."
            )

    def _note_unverified(self, groups: EntraGroups) -> list[dict[str, t.Any]]:
        """Return the object ids that could not be verified, with the names that the mapping gives them; a warning says why."""
        if groups.unverified:
            told = [f"{name} ({object_id})" if name else object_id for object_id, name in groups.unverified.items()]
            more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
            self._ctx.warn(
                "Object ids of Entra groups were not verified, so it is not known whether they identify the right "
                f"groups: {', '.join(told[:_TOLD])}{more}. {groups.failure}"
            )
        return [{"name": name, "object_id": object_id} for object_id, name in groups.unverified.items()]

    def _check_writes(self, changes: Differences) -> None:
        """Check the guards, and whether the caller may grant what is to be granted. Raises Problems, GuardRefused."""
        ctx, resolved, added = self._ctx, self._resolved, self._schedule.list_grants("add")
        removed = self._schedule.list_grants("remove")
        own = functools.lru_cache(lambda: frozenset(find_own_principals(ctx, self._client, self._directory)))
        self._unchecked = self._check_rights(added, removed, own)
        kept = checks.BreakGlass(self._options.break_glass_users, self._options.break_glass_entra_groups)
        checks.check_break_glass(ctx, removed, resolved, kept, lambda: self._directory.read_catalogue("users"))
        told = [resolved.names.describe_grant(grant) for grant in sorted(changes.remove)]
        check_removals(told, self._options.max_removals, "grants", "this", ("role_mappings", "revert"))
        checks.check_first_managed_run(ctx, self._drift.list_stripped_groups(changes.remove))
        checks.check_own_rights(ctx, removed, own, resolved.names)
        administrators = Administrators(self._client, self._security, self._directory)
        checks.check_last_admin(ctx, removed, functools.partial(count_administrators_left, administrators))

    def _remember_names(self) -> None:
        """Let the wire carry names beside ids, for people who read the service's audit trail."""
        for reference, principal in self._resolved.principals.items():
            if isinstance(reference, Principal):
                self._security.remember_name(reference, principal.name)
        for role, name in self._resolved.names.roles.items():
            if isinstance(role, int):
                self._security.remember_name(role, name)
        for entity, name in self._resolved.names.entities.items():
            self._security.remember_name(entity, name)

    def _check_rights(
        self,
        added: list[PlannedGrant],
        removed: list[PlannedGrant],
        list_own: t.Callable[[], t.Collection[Principal]],
    ) -> list[PlannedGrant]:
        """Return the changes of which it is not known whether the caller may do them. Raises Problems for those that it may not do."""
        if not self._options.check_rights:
            return added + removed
        # Members of the built-in group master hold everything; that is only asked when something is to be changed.
        if not (added or removed) or Principal("user_group", MASTER_GROUP) in list_own():
            return []
        names = self._resolved.names
        permissions = self._directory.read_catalogue("permissions")
        names.permissions = {entry.id: entry.name for entry in permissions}
        rights = RightsCheck(self._client, self._roles, self._reader.read_each)
        raise_problems(rights.find_missing(added, removed, names), self._options.mappings)
        return rights.list_unchecked(added, removed)

    def _list_group_names(self, kind: type[CreateGroup] | type[LinkGroup]) -> list[str]:
        return sorted(self._resolved.principals[reference].name for reference in self._schedule.list_groups(kind))

    def _list_created_references(self) -> list[dict[str, str | int]]:
        """Return the user groups that this run creates as other modules take them; by the id of their company, which no name can be mistaken for."""
        created = [item for item in self._schedule.list_groups(CreateGroup) if isinstance(item, Pending)]
        keys = sorted((item.name, item.company_id or 0) for item in created)
        return [{"name": name, "company": number or COMMCELL_LEVEL} for name, number in keys]

    def _make_grant_rows(self) -> list[Finding]:
        """Return the grants of the mapping; those that are held in another way than explicitly, and not written, have ``grant_kind``."""
        held = {grant: self._current.kinds[grant] for grant in self._current.list_satisfied()}
        return self._make_rows(
            self._resolved.present, lambda grant: {"grant_kind": held[grant]} if grant in held else {}
        )

    def _make_surplus_rows(self, removed: t.Collection[PlannedGrant]) -> list[Finding] | str:
        """Return what the mapped principals hold beyond the mapping, and whether this run takes it away; text where that is not known."""
        gone = self._drift.leaving.union(removed)
        if self._drift.surplus is None:
            return UNKNOWN
        return self._make_rows(self._drift.surplus, lambda grant: {"removed": grant in gone})

    def _make_rows(
        self, grants: t.Iterable[PlannedGrant], add: t.Callable[[PlannedGrant], dict[str, t.Any]] = lambda _grant: {}
    ) -> list[Finding]:
        """Return grants as results have them, sorted by name, each with what *add* gives."""
        names, rows = self._resolved.names, []
        for grant in grants:
            principal = self._resolved.principals[grant.principal]
            rows.append(
                {
                    "principal": principal.name,
                    "principal_kind": grant.principal.kind,
                    "role": names.show_role(grant.role),
                    "entity_type": grant.entity.kind,
                    "entity": names.show_entity(grant.entity),
                    **add(grant),
                }
            )
        return sorted(
            rows,
            key=lambda row: (
                fold_case(row["principal"]),
                row["principal"],
                row["role"],
                row["entity_type"],
                row["entity"],
            ),
        )
