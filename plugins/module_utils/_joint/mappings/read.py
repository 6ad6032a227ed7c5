# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the CommCell holds now, for the principals and entities of a mapping, with as few reads as will do."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.directory import Directory
from ..._commvault.references import parse_id
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.canonical import parse_entity
from ..._commvault.security.grants import Association, Entity, Grant, Principal
from ..._core.context import Context
from ..._core.errors import ApiError, AuthError, BadAnswer, NotFound, Throttled, Unreachable
from ..._core.names import matches_any_pattern
from ..._core.parallel import map_in_parallel
from ..._core.values import get_objects
from .canonical import Names, PlannedGrant, Resolved

Key = t.TypeVar("Key")
Answer = t.TypeVar("Answer")


@dataclass
class Current:
    """Explicit grants that were seen; ``foreign``: number of rows of others, and of a kind that is never managed."""

    grants: set[PlannedGrant] = field(default_factory=set)
    foreign: int = 0
    names: Names = field(default_factory=Names)


class Reader:
    """Reads associations and the details of user groups, at most *parallel_reads* at a time."""

    def __init__(self, ctx: Context, directory: Directory, security: SecurityAssociations, parallel_reads: int) -> None:
        self._ctx, self._directory, self._security = ctx, directory, security
        self._parallel_reads = max(1, parallel_reads)

    def read_each(self, read: t.Callable[[Key], Answer], keys: t.Iterable[Key]) -> list[Answer]:
        """Return what *read* gives for each of *keys*, in their order; the first error is raised."""
        return map_in_parallel(read, list(keys), self._parallel_reads, self._ctx.cancellation)

    def read_details(self, group_ids: t.Iterable[int]) -> None:
        """Read the details of user groups whose link the list does not show. Raises NotFound for one that is gone."""
        catalogue = self._directory.read_catalogue("user_groups")
        unknown = [
            number
            for number in sorted(set(group_ids))
            if not (entry := catalogue.get_by_id(number)) or "azureGUID" not in entry.raw
        ]
        details = self.read_each(self._directory.read_user_group, unknown)
        for number, found in zip(unknown, details, strict=True):
            if found is None:
                entry = catalogue.get_by_id(number)
                raise NotFound(
                    f"User group {entry.label if entry else number} is in Commvault's list and is not there when it is read:"
                    " it was deleted a moment ago. Run the task again.",
                    service="Commvault",
                )

    def read_current(self, resolved: Resolved, exclusive: bool) -> Current:
        """Return the grants of the mapping's principals: all of them when *exclusive*, else at least those that the mapping names.

        Details of a group list its grants beside its link; where they show all that is desired, nothing more is read.
        Before anything is written for a principal its associations are read from the security service.
        """
        self._check_visible({grant.entity for grant in (*resolved.present, *resolved.absent)})
        existing = [principal for principal in resolved.principals if isinstance(principal, Principal)]
        if exclusive:
            self._security.warn_of_unknown_release()
            return self._read_associations(existing, None)
        desired: dict[Principal, set[PlannedGrant]] = {principal: set() for principal in existing}
        for grant in [*resolved.present, *resolved.absent]:
            if isinstance(grant.principal, Principal):
                desired[grant.principal].add(grant)
        shown = Current()
        uncertain = []
        for principal, grants in desired.items():
            seen = self._list_grants_in_details(principal)
            shown.grants |= seen
            if any((grant in seen) != (grant in resolved.present) or grant in resolved.absent for grant in grants):
                uncertain.append(principal)
        entities = {grant.entity for principal in uncertain for grant in desired[principal]}
        read = self._read_associations(uncertain, entities)
        certain = {grant for grant in shown.grants if grant.principal not in set(uncertain)}
        return Current(certain | read.grants, read.foreign, read.names)

    def list_unmanaged_groups(self, patterns: t.Sequence[str], resolved: Resolved) -> list[dict[str, t.Any]]:
        """Return the user groups of the task's own level that match *patterns* and hold explicit grants although no entry names them.

        Each has ``user_group``, its name, and ``grants``, their number.
        """
        if not patterns:
            return []
        groups = self._directory.read_catalogue("user_groups")
        chosen = [
            entry
            for entry in groups.filter_by_level(groups)
            if Principal("user_group", entry.id) not in resolved.principals
            and matches_any_pattern(entry.name, patterns)
        ]
        rows = self.read_each(self._security.list_of_principal, [Principal("user_group", entry.id) for entry in chosen])
        counts = [sum(1 for row in part if row.grant is not None) for part in rows]
        return [
            {"user_group": entry.name, "grants": count} for entry, count in zip(chosen, counts, strict=True) if count
        ]

    def list_shown(self, written: t.Collection[Grant]) -> set[Grant]:
        """Return those of *written* that the service shows now."""
        principals = sorted({grant.principal for grant in written})
        shown = self._read_associations(principals, {grant.entity for grant in written}).grants
        return {grant for grant in written if PlannedGrant(*grant) in shown}

    def _read_associations(self, principals: t.Sequence[Principal], entities: t.Collection[Entity] | None) -> Current:
        """Return the grants of *principals*; read by entity where that takes fewer reads and nothing but *entities* matters."""
        places = sorted(entities or ())
        readable = entities is not None and all(self._security.can_list_entity(entity) for entity in places)
        complete = self._security.can_list_principal
        by_entity = readable and (not complete or len(places) < len(principals))
        if principals and not complete and not by_entity:
            raise _make_incomplete_error()
        if not by_entity:
            try:
                return _collect_grants(self.read_each(self._security.list_of_principal, principals), principals)
            except (AuthError, BadAnswer, Throttled, Unreachable):
                raise
            except ApiError as exc:
                # Some releases do not know this call, and some callers may not use it; entities tell as much about themselves.
                if not readable:
                    raise
                self._ctx.debug(1, f"Reading by entity instead: {exc}")
        return _collect_grants(self.read_each(self._security.list_on_entity, places), principals)

    def _check_visible(self, entities: t.Iterable[Entity]) -> None:
        """Raise ApiError where a grant could not be seen once it is written."""
        if not self._security.can_list_principal and not all(map(self._security.can_list_entity, entities)):
            raise _make_incomplete_error()

    def _list_grants_in_details(self, principal: Principal) -> set[PlannedGrant]:
        """Return the grants in the details that were read for the link; empty when none were read or none are listed."""
        details = self._directory.get_cached_user_group(principal.id) if principal.kind == "user_group" else None
        found = set()
        for row in get_objects(details, "associatedEntities"):
            role = row.get("role")
            role_id = parse_id(role.get("id")) if isinstance(role, dict) else None
            if role_id:
                entity, dummy = parse_entity({"_type_": row.get("type"), "entityId": row.get("id")})
                found.add(PlannedGrant(principal, role_id, entity))
        return found


def _make_incomplete_error() -> ApiError:
    return ApiError(
        "This release of Commvault does not list all grants of a user or group, so surplus ones, and grants on all of"
        " a kind, cannot be found: use exclusive: false and name the entities.",
        service="Commvault",
    )


def _collect_grants(parts: t.Iterable[t.Sequence[Association]], principals: t.Iterable[Principal]) -> Current:
    found, own = Current(), set(principals)
    for row in (row for part in parts for row in part):
        grant = row.grant
        if grant is None or row.principal not in own:
            found.foreign += 1
        else:
            found.grants.add(PlannedGrant(*grant))
            found.names.roles[grant.role_id] = row.role_name or str(grant.role_id)
            found.names.entities[grant.entity] = row.entity_name
    return found
