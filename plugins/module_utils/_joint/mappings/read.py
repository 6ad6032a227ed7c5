# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the CommCell holds now, for the principals and entities of a mapping, with as few reads as will do."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.directory import Directory
from ..._commvault.listings import parse_id
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.canonical import parse_entity
from ..._commvault.security.grants import Association, Entity, Grant, Principal
from ..._core.context import Context
from ..._core.errors import ApiError, AuthError, BadAnswer, NotFound, Throttled, Unreachable
from ..._core.parallel import map_in_parallel
from ..._core.values import get_objects
from .resolve import Resolved

Key = t.TypeVar("Key")


@dataclass
class Current:
    """Explicit grants that were seen, and how many rows belong to others or are of a kind that is never managed."""

    grants: set[Grant] = field(default_factory=set)
    foreign: int = 0
    names: dict[t.Any, str] = field(default_factory=dict)


class Reader:
    """Reads associations and the details of user groups, several at a time."""

    def __init__(self, ctx: Context, directory: Directory, security: SecurityAssociations) -> None:
        self._ctx, self._directory, self._security = ctx, directory, security

    def side_by_side(self, work: t.Callable[[Key], t.Any], keys: t.Iterable[Key]) -> list[t.Any]:
        """Independent reads, as many at a time as the user allows."""
        return map_in_parallel(work, list(keys), max(1, self._ctx.options["parallel_reads"]), self._ctx.cancellation)

    def fetch_details(self, group_ids: t.Iterable[int]) -> None:
        """Read the details of user groups whose anchor the list does not show. Raises NotFound for one that is gone."""
        catalogue = self._directory.read_catalogue("user_groups")
        unknown = [
            number
            for number in sorted(set(group_ids))
            if not (entry := catalogue.get_by_id(number)) or "azureGUID" not in entry.raw
        ]
        details = self.side_by_side(self._directory.read_user_group, unknown)
        for number, found in zip(unknown, details, strict=True):
            if found is None:
                entry = catalogue.get_by_id(number)
                raise NotFound(
                    f"User group {entry.label if entry else number} is in Commvault's list and is not there when it is read:"
                    " it was deleted a moment ago. Run the task again.",
                    service="Commvault",
                )

    def read(self, resolved: Resolved, exclusive: bool) -> Current:
        """Grants of the mapping's principals: all of them when *exclusive*, else at least those that the mapping names.

        Details of a group list its grants beside its anchor; where they show all that is wanted, nothing more is read.
        Before anything is written for a principal its associations are read from the security service.
        """
        self._check_visible({grant.entity for grant in (*resolved.present, *resolved.absent)})
        existing = [principal for principal in resolved.holders if principal.id > 0]
        if exclusive:
            self._security.warn_of_unknown_release()
            return self._authoritative(existing, None)
        wanted: dict[Principal, set[Grant]] = {principal: set() for principal in existing}
        for grant in [*resolved.present, *resolved.absent]:
            if grant.principal in wanted:
                wanted[grant.principal].add(grant)
        shown = Current()
        uncertain = []
        for principal, grants in wanted.items():
            seen = self._shown_in_details(principal)
            shown.grants |= seen
            if any((grant in seen) != (grant in resolved.present) or grant in resolved.absent for grant in grants):
                uncertain.append(principal)
        entities = {grant.entity for principal in uncertain for grant in wanted[principal]}
        read = self._authoritative(uncertain, entities)
        certain = {grant for grant in shown.grants if grant.principal not in set(uncertain)}
        return Current(certain | read.grants, read.foreign, read.names)

    def confirm(self, written: t.Collection[Grant]) -> set[Grant]:
        """Which of *written* the service shows now."""
        principals = sorted({grant.principal for grant in written})
        return self._authoritative(principals, {grant.entity for grant in written}).grants & set(written)

    def _authoritative(self, principals: t.Sequence[Principal], entities: t.Collection[Entity] | None) -> Current:
        """By principal, or by entity where that takes fewer reads and nothing but these entities matters."""
        places = sorted(entities or ())
        readable = entities is not None and all(self._security.can_list_entity(entity) for entity in places)
        complete = self._security.can_list_principal
        by_entity = readable and (not complete or len(places) < len(principals))
        if principals and not complete and not by_entity:
            raise _incomplete()
        if not by_entity:
            try:
                return _current(self.side_by_side(self._security.list_of_principal, principals), principals)
            except (AuthError, BadAnswer, Throttled, Unreachable):
                raise
            except ApiError as exc:
                # Some releases do not know this call, and some callers may not use it; entities tell as much about themselves.
                if not readable:
                    raise
                self._ctx.debug(1, f"Reading by entity instead: {exc}")
        return _current(self.side_by_side(self._security.list_on_entity, places), principals)

    def _check_visible(self, entities: t.Iterable[Entity]) -> None:
        """Nothing is written that could not be seen afterwards. Raises ApiError."""
        if not self._security.can_list_principal and not all(map(self._security.can_list_entity, entities)):
            raise _incomplete()

    def _shown_in_details(self, principal: Principal) -> set[Grant]:
        """Grants in the details that were read for the anchor; empty when none were read or none are listed."""
        details = self._directory.get_cached_user_group(principal.id) if principal.kind == "user_group" else None
        found = set()
        for row in get_objects(details, "associatedEntities"):
            role = row.get("role") if isinstance(row, dict) else None
            if isinstance(role, dict) and parse_id(role.get("id")):
                entity, dummy = parse_entity({"_type_": row.get("type"), "entityId": row.get("id")})
                found.add(Grant(principal, t.cast(int, parse_id(role["id"])), entity))
        return found


def _incomplete() -> ApiError:
    return ApiError(
        "This release of Commvault does not list all grants of a user or group, so surplus ones, and grants on all of"
        " a kind, cannot be found: use exclusive: false and name the entities.",
        service="Commvault",
    )


def _current(parts: t.Iterable[t.Sequence[Association]], principals: t.Iterable[Principal]) -> Current:
    found, ours = Current(), set(principals)
    for row in (row for part in parts for row in part):
        grant = row.grant
        if grant is None or row.principal not in ours:
            found.foreign += 1
        else:
            found.grants.add(grant)
            found.names[row.role_id] = str(row.role_name or row.role_id)
            found.names[row.entity] = row.entity_name
    return found
