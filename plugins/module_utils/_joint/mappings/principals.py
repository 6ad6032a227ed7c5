# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From the principals of a mapping to user groups and users of Commvault, or to user groups that the run will create."""

from __future__ import annotations

import dataclasses
import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL, Catalogue, Entry
from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.references import ObjectReference
from ..._commvault.security.grants import Principal
from ..._commvault.user_groups.checks import find_group_name_fault
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch, NotFound
from ..._core.names import fold_case
from ..._core.parallel import map_in_parallel
from .canonical import MappedPrincipal, Pending, Resolved
from .entra_groups import EntraGroup, EntraGroups
from .kinds import PRINCIPAL_KINDS
from .options import MappingsOptions
from .parse import MappingEntry, Problem, make_problem


class CompanyLevel(t.NamedTuple):
    """Where an object is created: id of the company, 0 for the CommCell, and its name for people."""

    company_id: int
    company: str | None


def find_company_level(client: CommvaultClient, directory: Directory, given: str | int | None) -> CompanyLevel:
    """Return the level of a company as given, that of the task for None. Raises NotFound, AmbiguousMatch."""
    if given is None:
        return CompanyLevel(client.company_id, client.company_name)
    number = directory.find_company_id(given) or 0
    if not number:
        return CompanyLevel(0, COMMCELL_LEVEL if client.company_id else None)
    found = directory.read_catalogue("companies").get_by_id(number)
    return CompanyLevel(number, found.name if found else str(given))


class PrincipalResolver:
    """Finds the principals of entries, and notes them and what is wrong in *resolved*."""

    def __init__(self, ctx: Context, options: MappingsOptions, client: CommvaultClient, directory: Directory) -> None:
        self._ctx, self._options, self._client, self._directory = ctx, options, client, directory
        self._pending: dict[tuple[str, int], Pending] = {}
        self._unclaimed: frozenset[int] | None = None
        self._linked: dict[str | int | None, dict[str, list[Entry]]] = {}

    def resolve_principal(self, entry: MappingEntry, groups: EntraGroups, resolved: Resolved) -> MappedPrincipal | None:
        """Return the principal of *entry*; None when it is not there, with the problem noted unless nothing is asked of it."""
        if entry.kind == "entra_group":
            principal = self._resolve_entra_group(entry, groups, resolved.problems)
        else:
            principal = self._resolve_local(entry, resolved.problems)
        if principal is None:
            return None
        known = resolved.principals.get(principal.reference, principal)
        if known.object_id != principal.object_id:
            resolved.problems.append(
                make_problem(
                    entry.where,
                    f"uses the Commvault group {principal.name}, which {known.where} uses for another Entra group",
                )
            )
        known = dataclasses.replace(known, relink=known.relink or entry.relink)
        resolved.add_principal(known)
        return known

    def _resolve_local(self, entry: MappingEntry, problems: list[Problem]) -> MappedPrincipal | None:
        kind, catalogue = PRINCIPAL_KINDS[entry.kind]
        try:
            found = self._directory.read_catalogue(catalogue).find_reference(entry.principal)
        except (NotFound, AmbiguousMatch) as exc:
            problems.append(make_problem(f"{entry.where}.principal.{entry.kind}", str(exc), exc.kind))
            return None
        return MappedPrincipal(
            Principal(kind, found.id), found.name, entry.where, company=found.company, relink=entry.relink
        )

    def _resolve_entra_group(
        self, entry: MappingEntry, groups: EntraGroups, problems: list[Problem]
    ) -> MappedPrincipal | None:
        group = groups.find_group(entry)
        if group is None:
            return None
        given = entry.user_group
        name = given.name if given and given.name else group.expected_name
        if name is None and (given is None or given.id is None):
            problems.append(
                make_problem(
                    entry.where,
                    f"match_by {self._options.match_by} gives no name for the Commvault group; give user_group",
                )
            )
            return None
        try:
            found = self._find_user_group(given, str(name), group, groups)
            if found is None:
                level = find_company_level(self._client, self._directory, given.company if given else None)
                return self._plan_user_group(entry, str(name), level, group, problems)
        except (AmbiguousMatch, NotFound) as exc:
            problems.append(make_problem(f"{entry.where}.user_group", str(exc), exc.kind))
            return None
        return MappedPrincipal(
            Principal("user_group", found.id), found.name, entry.where, found.company, group, entry.relink
        )

    def _find_user_group(
        self, given: ObjectReference | None, name: str, group: EntraGroup, groups: EntraGroups
    ) -> Entry | None:
        """Return the group by id if one is given; by name; else by its link, because a group that was renamed is still the same.

        Groups of other companies are not looked at: whoever administers a company links its groups as they like.
        """
        catalogue = self._directory.read_catalogue("user_groups")
        if given is not None and given.id is not None:
            return catalogue.find_reference(given)
        company = given.company if given is not None else None
        found = catalogue.get(name, company)
        if found is not None or group.object_id is None:
            return found
        candidates = self._index_links(catalogue, company, groups).get(group.object_id, [])
        if len(candidates) > 1:
            raise AmbiguousMatch(
                f"No user group is named {name!r}, and {len(candidates)} are linked to its Entra group:"
                f" {'; '.join(entry.label for entry in candidates)}. Give user_group.",
                candidates=[str(entry.id) for entry in candidates],
            )
        for candidate in candidates:
            self._ctx.warn(
                f"Commvault group {candidate.name} is linked to the Entra group of {name}; it is used although the names differ"
            )
        return candidates[0] if candidates else None

    def _index_links(
        self, catalogue: Catalogue, company: str | int | None, groups: EntraGroups
    ) -> t.Mapping[str, list[Entry]]:
        """Return the groups of a level that no entry claims by name, by the object ids that they are linked to; made once for a level."""
        if company not in self._linked:
            level = catalogue.filter_by_level(catalogue, company)
            unclaimed = self._read_links_of_unclaimed(groups) if level else frozenset()
            found: dict[str, list[Entry]] = {}
            for entry in level:
                object_id = self._directory.read_linked_object_id(entry.id) if entry.id in unclaimed else None
                if object_id is not None:
                    found.setdefault(object_id, []).append(entry)
            self._linked[company] = found
        return self._linked[company]

    def _read_links_of_unclaimed(self, groups: EntraGroups) -> frozenset[int]:
        """Return the groups that no entry claims by name, once their links were read: one of them may have been renamed."""
        if self._unclaimed is None:
            claimed = {fold_case(name) for name in groups.list_expected_names()}
            catalogue = self._directory.read_catalogue("user_groups")
            self._unclaimed = frozenset(entry.id for entry in catalogue if fold_case(entry.name) not in claimed)
            map_in_parallel(
                self._directory.read_linked_object_id,
                sorted(self._unclaimed),
                max(1, self._options.parallel_reads),
                self._ctx,
                "user groups read",
            )
        return self._unclaimed

    def _plan_user_group(
        self, entry: MappingEntry, name: str, level: CompanyLevel, group: EntraGroup, problems: list[Problem]
    ) -> MappedPrincipal | None:
        """Return a principal that the run will create, the same for entries that name it alike; None where none is to be."""
        key = (fold_case(name), level.company_id)
        known = self._pending.get(key)
        if known is None:
            if not self._may_create(entry, name, problems):
                return None
            known = Pending("user_group", name, len(self._pending) + 1, level.company_id)
            self._pending[key] = known
        return MappedPrincipal(known, known.name, entry.where, level.company, group, entry.relink)

    def _may_create(self, entry: MappingEntry, name: str, problems: list[Problem]) -> bool:
        """Return whether the entry asks for a group that is not there; where none can be created, a problem is noted."""
        if not entry.present or not any(grant.present for grant in entry.grants):
            return False
        if not self._options.create_user_groups:
            company = entry.user_group.company if entry.user_group else None
            missing = self._directory.read_catalogue("user_groups").build_not_found(name, company)
            problems.append(
                make_problem(f"{entry.where}.user_group", f"{missing} create_user_groups is off.", "not_found")
            )
            return False
        fault = find_group_name_fault(name)
        if fault is not None:
            told = f"no Commvault group can be created with this name: {fault}. Give another name in user_group."
            problems.append(make_problem(f"{entry.where}.user_group", told))
        return fault is None
