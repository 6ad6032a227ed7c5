# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the CommCell holds now, for the principals and entities of a mapping, with as few reads as will do."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.directory import Directory
from ..._commvault.envelope import is_declined
from ..._commvault.references import parse_id
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.canonical import UNKNOWN_ENTITY, parse_entity
from ..._commvault.security.grants import Association, Entity, Grant, Principal
from ..._core.context import Context
from ..._core.errors import ApiError, AuthError, BadAnswer, Forbidden, NotFound, Throttled, Unreachable
from ..._core.names import matches_any_pattern
from ..._core.parallel import map_in_parallel
from ..._core.values import get_objects
from .canonical import Names, PlannedGrant, Resolved

Key = t.TypeVar("Key")
Answer = t.TypeVar("Answer")


#: Kinds of rows that give a role as an explicit grant does, and that no mapping may take away.
SATISFYING_KINDS = ("creator", "owner")
_PRINCIPALS_READ = "principals read with their grants"


@dataclass
class Current:
    """What was seen of the mapping's principals. ``grants``: explicit ones; ``foreign``: number of rows of others, and of kinds never managed.

    ``kinds``: how grants are held, as far as that was told: explicit, or in another way that serves as well. ``other``: rows of the
    principals that no mapping manages, inherited ones left out. ``is_complete``: whether all that the principals hold was seen.
    """

    grants: set[PlannedGrant] = field(default_factory=set)
    foreign: int = 0
    names: Names = field(default_factory=Names)
    kinds: dict[PlannedGrant, str] = field(default_factory=dict)
    other: list[Association] = field(default_factory=list)
    is_complete: bool = True

    def list_satisfied(self) -> set[PlannedGrant]:
        """Return the grants that are not explicit and need not be written, because their principal created or owns the entity."""
        return {grant for grant, kind in self.kinds.items() if kind in SATISFYING_KINDS}

    def add(self, other: Current) -> None:
        """Take up what was seen of further principals."""
        self.grants |= other.grants
        self.foreign += other.foreign
        self.names.add_missing(other.names)
        self.kinds.update(other.kinds)
        self.other += other.other
        self.is_complete &= other.is_complete


@dataclass(frozen=True)
class UnmanagedGroup:
    """A user group that matches ``managed_groups``, has no entry and holds explicit grants."""

    principal: Principal
    name: str
    grants: frozenset[PlannedGrant]


class UnmanagedGroups(t.NamedTuple):
    """Unmanaged groups, the names of what they hold, and rows of groups without an entry that no mapping can take away."""

    groups: tuple[UnmanagedGroup, ...] = ()
    names: Names = Names()
    other: tuple[Association, ...] = ()


class Reader:
    """Reads associations and the details of user groups, at most *parallel_reads* at a time."""

    def __init__(self, ctx: Context, directory: Directory, security: SecurityAssociations, parallel_reads: int) -> None:
        self._ctx, self._directory, self._security = ctx, directory, security
        self._parallel_reads = max(1, parallel_reads)

    def read_each(self, read: t.Callable[[Key], Answer], keys: t.Iterable[Key], what: str) -> list[Answer]:
        """Return what *read* gives for each of *keys*, in their order; the first error is raised. *what*: "user groups read"."""
        return map_in_parallel(read, list(keys), self._parallel_reads, self._ctx, what)

    def read_details(self, group_ids: t.Iterable[int]) -> None:
        """Read the details of user groups whose link the list does not show. Raises NotFound for one that is gone."""
        catalogue = self._directory.read_catalogue("user_groups")
        unknown = [
            number
            for number in sorted(set(group_ids))
            if not (entry := catalogue.get_by_id(number)) or "azureGUID" not in entry.raw
        ]
        details = self.read_each(self._directory.read_user_group, unknown, "user groups read")
        for number, found in zip(unknown, details, strict=True):
            if found is None:
                entry = catalogue.get_by_id(number)
                raise NotFound(
                    f"User group {entry.label if entry else number} is in Commvault's list but was gone when it was "
                    "read: it was probably just deleted. Run the task again.",
                    service="Commvault",
                )

    def read_current(self, resolved: Resolved, exclusive: bool) -> Current:
        """Return the grants of the mapping's principals, all of them where the release lists them completely.

        Details of a group list its grants beside its link: where they show what is desired and nothing else, nothing more is read.
        Before anything is written for a principal, and where it may hold more, its associations are read from the security service.
        What details show is compared with that once, and where they show no grant on the CommCell, which weighs most, with those that it
        lists itself; where they left something out, every principal is read.
        Raises ApiError where *exclusive* would overlook something.
        """
        self._check_visible({grant.entity for grant in (*resolved.present, *resolved.absent)})
        existing = sorted(principal for principal in resolved.principals if isinstance(principal, Principal))
        if exclusive and existing:
            self._require_complete_lists()
        complete = self._security.can_list_principal
        listed = {principal: self._list_grants_in_details(principal) for principal in existing}
        wanted, unwanted = _group_grants(existing, resolved.present), _group_grants(existing, resolved.absent)
        certain = [who for who in existing if not unwanted[who] and _is_shown(wanted[who], listed[who], complete)]
        uncertain = sorted(set(existing).difference(certain))
        entities = {grant.entity for who in uncertain for grant in wanted[who] | unwanted[who]}
        found = self._read_associations(uncertain, None if exclusive else entities, all_grants=complete)
        if complete and found.is_complete:
            compared = [who for who in uncertain if listed[who] is not None]
            if certain and not any(listed[who] for who in compared):
                sample = max(certain, key=lambda who: len(listed[who] or ()))
                found.add(self._read_sample(sample, exclusive))
                compared.append(sample)
            if _is_anything_missing(found.grants, compared, listed) or self._is_commcell_missing(certain, listed):
                certain, rest = [], sorted(set(certain).difference(compared))
                found.add(self._read_associations(rest, None if exclusive else (), all_grants=True))
        for who in certain:
            found.grants |= listed[who] or set()
        found.is_complete &= not existing or self._security.is_known_to_list_principals
        return found

    def read_unmanaged_groups(
        self, patterns: t.Sequence[str], resolved: Resolved, exclusive: bool
    ) -> UnmanagedGroups | None:
        """Return the user groups of the task's own level that match *patterns* and hold something although no entry names them.

        None where the service does not tell which groups are of this level, or what one of them holds. Raises ApiError where
        *exclusive* would overlook something.
        """
        if not patterns:
            return UnmanagedGroups()
        groups = self._directory.read_catalogue("user_groups")
        matching = [
            entry
            for entry in groups
            if Principal("user_group", entry.id) not in resolved.principals
            and matches_any_pattern(entry.name, patterns)
        ]
        own = groups.filter_by_level(matching)
        if not all(entry.company_shown for entry in set(matching).difference(own)):
            if exclusive:
                raise _make_unknown_level_error()
            return None
        chosen = {Principal("user_group", entry.id): entry.name for entry in own}
        if exclusive and chosen:
            self._require_complete_lists()
        elif chosen and not self._security.is_known_to_list_principals:
            return None
        try:
            found = _collect_grants(self.read_each(self._list_of_listed_group, chosen, _PRINCIPALS_READ), chosen)
        except Forbidden as exc:
            if exclusive:
                raise
            self._ctx.debug(1, f"Unmanaged groups are not known: {exc}")
            return None
        held = _group_grants(chosen, found.grants)
        unmanaged = [
            UnmanagedGroup(principal, name, frozenset(held[principal]))
            for principal, name in chosen.items()
            if held[principal]
        ]
        return UnmanagedGroups(tuple(unmanaged), found.names, tuple(found.other))

    def _list_of_listed_group(self, principal: Principal) -> list[Association]:
        """Return what a group of the list holds: nothing where the list is behind, and the group was deleted a moment ago."""
        try:
            return self._security.list_of_principal(principal)
        except (AuthError, BadAnswer, Forbidden, Throttled, Unreachable):
            raise
        except ApiError:
            if self._directory.read_user_group(principal.id) is not None:
                raise
            return []

    def list_shown(self, written: t.Collection[Grant]) -> set[Grant]:
        """Return those of *written* that the service shows now."""
        principals = sorted({grant.principal for grant in written})
        shown = self._read_associations(principals, {grant.entity for grant in written}).grants
        return {grant for grant in written if PlannedGrant(*grant) in shown}

    def _read_associations(
        self, principals: t.Sequence[Principal], entities: t.Collection[Entity] | None, *, all_grants: bool = False
    ) -> Current:
        """Return the grants of *principals*: all of them, or those on *entities* where that takes fewer reads, or is all that can be had.

        *entities*: None where those on them alone would not do.
        """
        places = sorted(entities or ())
        readable = entities is not None and all(self._security.can_list_entity(entity) for entity in places)
        complete = self._security.can_list_principal
        by_entity = readable and (not complete or (not all_grants and len(places) < len(principals)))
        if principals and not complete and not by_entity:
            raise self._make_incomplete_error()
        if not by_entity:
            try:
                read = self.read_each(self._security.list_of_principal, principals, _PRINCIPALS_READ)
                return _collect_grants(read, principals)
            except (AuthError, BadAnswer, Throttled, Unreachable):
                raise
            except ApiError as exc:
                # Some releases do not know this call, and some callers may not use it; entities tell as much about themselves.
                if not readable:
                    raise
                self._ctx.debug(1, f"Reading by entity instead: {exc}")
        read = self.read_each(self._security.list_on_entity, places, "objects read with who has access to them")
        found = _collect_grants(read, principals)
        found.is_complete = not principals
        return found

    def _read_sample(self, principal: Principal, exclusive: bool) -> Current:
        """Return the grants of a principal of which details show all that is desired; an incomplete nothing where that is refused."""
        return self._read_associations([principal], None if exclusive else (), all_grants=True)

    def _is_commcell_missing(
        self, certain: t.Collection[Principal], listed: t.Mapping[Principal, set[PlannedGrant] | None]
    ) -> bool:
        """Return whether one of the principals *certain* holds an explicit grant on the CommCell that its details do not show.

        Details that show such a grant of anybody show this kind, and nothing is read; neither is where this account may not list the
        grants on the CommCell.
        """
        commcell = self._security.commcell
        if not certain or any(grant.entity == commcell for grants in listed.values() for grant in grants or ()):
            return False
        try:
            rows = self._security.list_on_entity(commcell)
        except ApiError as exc:
            if not is_declined(exc):
                raise
            self._ctx.debug(1, f"Details of user groups are not compared with the grants on the CommCell: {exc}")
            return False
        return _is_anything_missing(_collect_grants([rows], certain).grants, certain, listed)

    def _require_complete_lists(self) -> None:
        """Raise ApiError where this release does not list all grants of a principal; warn where that is not known."""
        self._security.warn_of_unknown_release()
        if not self._security.can_list_principal:
            raise self._make_incomplete_error()

    def _make_incomplete_error(self) -> ApiError:
        fault = self._security.describe_missing_lists("Use exclusive: none and name the entities.")
        return ApiError(f"Surplus grants, and grants on all of a kind, cannot be found: {fault}", service="Commvault")

    def _check_visible(self, entities: t.Iterable[Entity]) -> None:
        """Raise ApiError where a grant could not be seen once it is written."""
        if not self._security.can_list_principal and not all(map(self._security.can_list_entity, entities)):
            raise self._make_incomplete_error()

    def _list_grants_in_details(self, principal: Principal) -> set[PlannedGrant] | None:
        """Return the grants in the details that were read for the link; None where none were read, or not each row is that of a role."""
        details = self._directory.get_cached_user_group(principal.id) if principal.kind == "user_group" else None
        if not details or details.get("associatedEntities") is None:
            return None
        found = set()
        for row in get_objects(details, "associatedEntities"):
            role = row.get("role")
            role_id = parse_id(role.get("id")) if isinstance(role, dict) else None
            entity, dummy = parse_entity({"_type_": row.get("type"), "entityId": row.get("id")})
            if not role_id or entity == UNKNOWN_ENTITY:
                return None
            found.add(PlannedGrant(principal, role_id, entity))
        return found


def _is_shown(wanted: set[PlannedGrant], listed: set[PlannedGrant] | None, complete: bool) -> bool:
    """Return whether details show what is wanted and, where lists are *complete*, nothing else; those that list nothing show nothing."""
    if not listed:
        return False
    return listed == wanted if complete else listed >= wanted


def _is_anything_missing(
    held: t.Iterable[PlannedGrant],
    compared: t.Iterable[Principal],
    listed: t.Mapping[Principal, set[PlannedGrant] | None],
) -> bool:
    """Return whether one of the principals holds an explicit grant that its details do not show."""
    chosen = frozenset(compared)
    return any(
        isinstance(grant.principal, Principal)
        and grant.principal in chosen
        and grant not in (listed[grant.principal] or ())
        for grant in held
    )


def _group_grants(
    principals: t.Iterable[Principal], grants: t.Iterable[PlannedGrant]
) -> dict[Principal, set[PlannedGrant]]:
    """Return the *grants* of each of *principals*."""
    found: dict[Principal, set[PlannedGrant]] = {principal: set() for principal in principals}
    for grant in grants:
        if isinstance(grant.principal, Principal) and grant.principal in found:
            found[grant.principal].add(grant)
    return found


def _make_unknown_level_error() -> ApiError:
    return ApiError(
        "This release of Commvault, or this account, does not show to which company a user group belongs, so it is "
        "not known which groups that match managed_groups belong to the level of this task: use exclusive: "
        "principals.",
        service="Commvault",
    )


def _collect_grants(parts: t.Iterable[t.Sequence[Association]], principals: t.Iterable[Principal]) -> Current:
    found, own = Current(), set(principals)
    for row in (row for part in parts for row in part):
        if row.principal not in own:
            found.foreign += 1
            continue
        if row.role_id is not None:
            found.names.roles[row.role_id] = row.role_name or str(row.role_id)
        if row.entity_name:
            found.names.entities[row.entity] = row.entity_name
        if row.grant is not None:
            grant = PlannedGrant(*row.grant)
            found.grants.add(grant)
            found.kinds[grant] = row.grant_kind
            continue
        found.foreign += 1
        if row.grant_kind != "inherited":
            found.other.append(row)
        if row.role_id is not None and row.grant_kind in SATISFYING_KINDS:
            found.kinds.setdefault(PlannedGrant(row.principal, row.role_id, row.entity), row.grant_kind)
    return found
