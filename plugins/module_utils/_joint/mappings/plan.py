# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From wanted and current grants to an ordered list of requests. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.security.grants import Entity, Grant, Principal
from .batches import Batch, batches

#: What a write request does.
Operation: t.TypeAlias = t.Literal["create_group", "link_group", "add", "remove"]


@dataclass(frozen=True)
class Request:
    """One write request: about the group *principal*, or about the grants of *batch*."""

    operation: Operation
    batch: Batch | None = None
    principal: Principal | None = None


@dataclass(frozen=True)
class Unit:
    """Requests that the budget never separates: all of them are sent in this run, or none."""

    phase: str
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Differences:
    """What to add and what to remove."""

    add: frozenset[Grant]
    remove: frozenset[Grant]


@dataclass
class Schedule:
    """The units that fit into the budget, and what is left for the next run."""

    units: list[Unit] = field(default_factory=list)
    postponed: list[Unit] = field(default_factory=list)

    def grants(self, operation: Operation, *, postponed: bool = False) -> list[Grant]:
        """All grants that requests of *operation* write, sorted."""
        chosen = self.postponed if postponed else self.units
        return sorted(
            grant
            for unit in chosen
            for request in unit.requests
            if request.operation == operation and request.batch
            for grant in request.batch.grants
        )


def differences(
    present: t.Collection[Grant],
    absent: t.Collection[Grant],
    current: t.Collection[Grant],
    exclusive: bool,
    mapped: t.Collection[Principal],
) -> Differences:
    """Additive: add what is missing, remove what is named as absent. Exclusive: also remove what *mapped* principals hold beyond it.

    *current* may hold rows of anybody; those of principals outside *mapped* are never touched.
    """
    have, ours = set(current), set(mapped)
    remove = {grant for grant in absent if grant in have}
    if exclusive:
        remove |= {grant for grant in have if grant.principal in ours and grant not in set(present)}
    return Differences(
        frozenset(grant for grant in present if grant not in have),
        frozenset(grant for grant in remove if grant.principal in ours),
    )


def canary(changes: Differences) -> Differences:
    """One grant, to see it work before all the others: preferably to a principal that exists already. Nothing is removed."""
    first = sorted(changes.add, key=lambda grant: (grant.principal.id < 0, grant))[:1]
    return Differences(frozenset(first), frozenset())


def units(changes: Differences, new_groups: t.Collection[Principal], links: t.Collection[Principal]) -> list[Unit]:
    """All requests in the order that keeps people's access: revocations, replacements, then groups and additions."""
    changing = {(grant.principal, grant.entity) for grant in changes.add} & {
        (grant.principal, grant.entity) for grant in changes.remove
    }
    revoke = [grant for grant in changes.remove if (grant.principal, grant.entity) not in changing]
    grow = [grant for grant in changes.add if (grant.principal, grant.entity) not in changing]
    prepare = _group_requests(new_groups, links)
    ordered = [Unit("revoke", (Request("remove", batch),)) for batch in batches(revoke)]
    # A role is exchanged by adding the new one first, so that nobody stands without access in between.
    ordered += _replacements(changes, changing, prepare)
    served = {request.principal for unit in ordered for request in unit.requests if request.principal}
    for principal in sorted(set(prepare) - served):
        ordered.append(Unit("group", tuple(prepare[principal])))
    ordered += [Unit("add", (Request("add", batch),)) for batch in batches(grow)]
    return ordered


def _group_requests(
    new_groups: t.Collection[Principal], links: t.Collection[Principal]
) -> dict[Principal, list[Request]]:
    needed: dict[Principal, list[Request]] = {}
    for principal in sorted(set(new_groups)):
        needed.setdefault(principal, []).append(Request("create_group", principal=principal))
    for principal in sorted(set(links)):
        needed.setdefault(principal, []).append(Request("link_group", principal=principal))
    return needed


def _replacements(
    changes: Differences,
    changing: set[tuple[Principal, Entity]],
    prepare: t.Mapping[Principal, t.Sequence[Request]],
) -> list[Unit]:
    """One unit for each set of entities and principals that exchange the same roles: one ADD, one DELETE."""
    exchanges: dict[tuple[Principal, Entity], tuple[set[int], set[int]]] = {place: (set(), set()) for place in changing}
    for index, grants in ((0, changes.add), (1, changes.remove)):
        for grant in grants:
            place = (grant.principal, grant.entity)
            if place in exchanges:
                exchanges[place][index].add(grant.role_id)
    alike: dict[tuple[Principal, tuple[int, ...], tuple[int, ...]], set[Entity]] = {}
    for (principal, entity), (added, removed) in exchanges.items():
        alike.setdefault((principal, tuple(sorted(added)), tuple(sorted(removed))), set()).add(entity)
    made = []
    for (principal, added_roles, removed_roles), entities in sorted(alike.items()):
        places = tuple(sorted(entities))
        before = tuple(prepare.get(principal, ()))
        made.append(
            Unit(
                "replace",
                (
                    *before,
                    Request("add", Batch(places, tuple((principal, role) for role in added_roles))),
                    Request("remove", Batch(places, tuple((principal, role) for role in removed_roles))),
                ),
            )
        )
    return _merged(made)


def _merged(made: list[Unit]) -> list[Unit]:
    """Units over the same entities join: their pairs on these entities are still exact products."""
    by_places: dict[tuple[Entity, ...], list[Unit]] = {}
    for unit in made:
        by_places.setdefault(_batch(unit, "add").entities, []).append(unit)
    joined = []
    for places, same in sorted(by_places.items()):
        before: dict[Request, None] = {request: None for unit in same for request in unit.requests if request.principal}
        added = tuple(sorted(pair for unit in same for pair in _batch(unit, "add").pairs))
        removed = tuple(sorted(pair for unit in same for pair in _batch(unit, "remove").pairs))
        joined.append(
            Unit("replace", (*before, Request("add", Batch(places, added)), Request("remove", Batch(places, removed))))
        )
    return joined


def _batch(unit: Unit, operation: str) -> Batch:
    return next(
        request.batch for request in unit.requests if request.operation == operation and request.batch is not None
    )


def largest(ordered: t.Sequence[Unit]) -> int:
    """Requests in the largest unit: no smaller budget can ever finish the work."""
    return max((len(unit.requests) for unit in ordered), default=0)


def schedule(ordered: t.Sequence[Unit], max_writes: int | None) -> Schedule:
    """The first units that fit into *max_writes* requests; everything after the first that does not fit waits for the next run."""
    plan = Schedule()
    spent = 0
    for unit in ordered:
        spent += len(unit.requests)
        fits = not plan.postponed and (max_writes is None or spent <= max_writes)
        (plan.units if fits else plan.postponed).append(unit)
    return plan
