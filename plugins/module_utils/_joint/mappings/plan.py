# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""From desired and current grants to an ordered list of requests, and to the plan that people read. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._commvault.security.grants import Entity
from ..._core.errors import ConfigError
from ..._core.plan import Change, Plan, Step
from .batches import Batch, make_batches
from .canonical import Pending, PlannedGrant, PrincipalReference, Resolved, RoleReference
from .changes import ChangeWriter
from .drift import Drift, show_surplus

#: What a write request does.
Operation: t.TypeAlias = t.Literal["create_group", "link_group", "add", "remove"]
GrantOperation: t.TypeAlias = t.Literal["add", "remove"]
_VERBS: dict[Operation, str] = {"create_group": "create", "link_group": "link", "add": "grant", "remove": "revoke"}


@dataclass(frozen=True)
class CreateGroup:
    """One request that creates a user group."""

    principal: Pending
    operation: t.Literal["create_group"] = "create_group"


@dataclass(frozen=True)
class LinkGroup:
    """One request that links a user group to its Entra group; ``object_id``: None while that group is pending, too."""

    principal: PrincipalReference
    object_id: str | None
    operation: t.Literal["link_group"] = "link_group"


@dataclass(frozen=True)
class ChangeGrants:
    """One request that adds or removes the grants of a batch."""

    operation: GrantOperation
    batch: Batch


Request: t.TypeAlias = "CreateGroup | LinkGroup | ChangeGrants"


@dataclass(frozen=True)
class Unit:
    """Requests that the budget never separates: all of them are sent in this run, or none."""

    phase: t.Literal["revoke", "replace", "group", "add"]
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class Differences:
    """What to add and what to remove."""

    add: frozenset[PlannedGrant]
    remove: frozenset[PlannedGrant]


@dataclass(frozen=True)
class Schedule:
    """The units that fit into the budget, and those that are left for the next run."""

    units: tuple[Unit, ...] = ()
    postponed: tuple[Unit, ...] = ()

    @property
    def requests(self) -> list[Request]:
        """The requests of this run, in order."""
        return [request for unit in self.units for request in unit.requests]

    def count_postponed(self) -> int:
        """Return the number of requests that are left for the next run."""
        return sum(len(unit.requests) for unit in self.postponed)

    def list_grants(self, operation: GrantOperation) -> list[PlannedGrant]:
        """Return all grants that the requests of this run add, or remove, sorted."""
        changes = (request for request in self.requests if isinstance(request, ChangeGrants))
        return sorted(grant for request in changes if request.operation == operation for grant in request.batch.grants)

    def list_groups(self, kind: type[CreateGroup] | type[LinkGroup]) -> list[PrincipalReference]:
        """Return the user groups that the requests of this run create, or link, in order."""
        return [request.principal for request in self.requests if isinstance(request, kind)]


def find_differences(
    present: t.Collection[PlannedGrant],
    absent: t.Collection[PlannedGrant],
    current: t.Collection[PlannedGrant],
    exclusive: bool,
    mapped: t.Collection[PrincipalReference],
    satisfied: t.Collection[PlannedGrant] = (),
    unmanaged: t.Collection[PlannedGrant] = (),
) -> Differences:
    """Return what to write. Additive: what is missing, and what is named as absent. Exclusive: also what *mapped* hold beyond it.

    *current* may hold grants of anybody; those of principals outside *mapped* are never touched, but for *unmanaged*, which go.
    *satisfied*: grants that are held in another way, such as by creating the entity, and are not written.
    """
    desired, have, own = set(present), set(current), set(mapped)
    remove = {grant for grant in absent if grant in have}
    if exclusive:
        remove |= have - desired
    return Differences(
        frozenset(desired - have - set(satisfied)),
        frozenset({grant for grant in remove if grant.principal in own}.union(unmanaged)),
    )


def choose_canary(changes: Differences) -> Differences:
    """Return one grant to add, to see it work before all the others: if possible to a principal that exists. Nothing is removed."""
    first = sorted(changes.add, key=lambda grant: (isinstance(grant.principal, Pending), grant))[:1]
    return Differences(frozenset(first), frozenset())


def order_requests(
    changes: Differences,
    new_groups: t.Collection[Pending],
    links: t.Mapping[PrincipalReference, str | None],
) -> list[Unit]:
    """Return all requests in the order that keeps people's access: revocations, replacements, then groups and additions.

    *links*: object ids by the user groups that are linked to them.
    """
    replaced = {(grant.principal, grant.entity) for grant in changes.add} & {
        (grant.principal, grant.entity) for grant in changes.remove
    }
    revoked = [grant for grant in changes.remove if (grant.principal, grant.entity) not in replaced]
    added = [grant for grant in changes.add if (grant.principal, grant.entity) not in replaced]
    prepare = _make_group_requests(new_groups, links)
    ordered = [Unit("revoke", (ChangeGrants("remove", batch),)) for batch in make_batches(revoked)]
    # A role is exchanged by adding the new one first, so that nobody stands without access in between.
    ordered += _make_replacements(changes, replaced, prepare)
    served = {request.principal for unit in ordered for request in _select_group_requests(unit)}
    ordered += [Unit("group", tuple(prepare[principal])) for principal in sorted(set(prepare) - served)]
    ordered += [Unit("add", (ChangeGrants("add", batch),)) for batch in make_batches(added)]
    return ordered


def order_canary(
    changes: Differences,
    new_groups: t.Collection[Pending],
    links: t.Mapping[PrincipalReference, str | None],
) -> tuple[Differences, list[Unit], list[Unit]]:
    """Return the canary, its requests, and all others; arguments as those of :func:`order_requests`."""
    first = choose_canary(changes)
    chosen = {grant.principal for grant in first.add}
    own = {principal: object_id for principal, object_id in links.items() if principal in chosen}
    others = {principal: object_id for principal, object_id in links.items() if principal not in chosen}
    rest = Differences(changes.add - first.add, changes.remove)
    return (
        first,
        order_requests(first, [group for group in new_groups if group in chosen], own),
        order_requests(rest, [group for group in new_groups if group not in chosen], others),
    )


def _make_group_requests(
    new_groups: t.Collection[Pending], links: t.Mapping[PrincipalReference, str | None]
) -> dict[PrincipalReference, list[Request]]:
    needed: dict[PrincipalReference, list[Request]] = {}
    for pending in sorted(set(new_groups)):
        needed.setdefault(pending, []).append(CreateGroup(pending))
    for principal in sorted(links):
        needed.setdefault(principal, []).append(LinkGroup(principal, links[principal]))
    return needed


def _select_group_requests(unit: Unit) -> list[CreateGroup | LinkGroup]:
    return [request for request in unit.requests if not isinstance(request, ChangeGrants)]


@dataclass
class _Exchange:
    """What principals get and lose on the same entities."""

    added: list[tuple[PrincipalReference, RoleReference]] = field(default_factory=list)
    removed: list[tuple[PrincipalReference, RoleReference]] = field(default_factory=list)


def _make_replacements(
    changes: Differences,
    replaced: set[tuple[PrincipalReference, Entity]],
    prepare: t.Mapping[PrincipalReference, t.Sequence[Request]],
) -> list[Unit]:
    """Return one unit for each set of entities on which principals exchange roles: one ADD, one DELETE.

    A principal that exchanges the same roles on several entities does so in one unit; all that do so on the same set of entities
    join, because their pairs on these entities are exact products. The first unit of a principal begins with the requests about its
    group.
    """
    roles: dict[tuple[PrincipalReference, Entity], tuple[list[RoleReference], list[RoleReference]]] = {
        place: ([], []) for place in replaced
    }
    for side, grants in ((0, changes.add), (1, changes.remove)):
        for grant in sorted(grants):
            if (grant.principal, grant.entity) in replaced:
                roles[grant.principal, grant.entity][side].append(grant.role)
    alike: dict[tuple[PrincipalReference, tuple[RoleReference, ...], tuple[RoleReference, ...]], list[Entity]] = {}
    for (principal, entity), (added, removed) in roles.items():
        alike.setdefault((principal, tuple(added), tuple(removed)), []).append(entity)
    exchanges: dict[tuple[Entity, ...], _Exchange] = {}
    for (principal, added_roles, removed_roles), same in sorted(alike.items()):
        exchange = exchanges.setdefault(tuple(sorted(same)), _Exchange())
        exchange.added += [(principal, role) for role in added_roles]
        exchange.removed += [(principal, role) for role in removed_roles]
    made = []
    served: set[PrincipalReference] = set()
    for entities, exchange in sorted(exchanges.items(), key=lambda item: item[0]):
        principals = {principal for principal, dummy in exchange.added} - served
        served |= principals
        made.append(
            Unit(
                "replace",
                (
                    *(request for principal in sorted(principals) for request in prepare.get(principal, ())),
                    ChangeGrants("add", Batch(entities, tuple(sorted(exchange.added)))),
                    ChangeGrants("remove", Batch(entities, tuple(sorted(exchange.removed)))),
                ),
            )
        )
    return made


def fit_budget(ordered: t.Sequence[Unit], max_writes: int | None, later: t.Sequence[Unit] = ()) -> Schedule:
    """Return the first units that fit into *max_writes* requests; all after the first that does not fit wait for the next run.

    So do the units *later*, in any case. Raises ConfigError for a budget with which no number of runs would finish the work.
    """
    largest = max((len(unit.requests) for unit in ordered), default=0)
    if max_writes is not None and ordered and max_writes < largest:
        raise ConfigError(
            f"max_writes {max_writes} is too small: the largest change that cannot be split needs {largest} requests",
            source="option max_writes",
        )
    spent = 0
    for index, unit in enumerate(ordered):
        spent += len(unit.requests)
        if max_writes is not None and spent > max_writes:
            return Schedule(tuple(ordered[:index]), (*ordered[index:], *later))
    return Schedule(tuple(ordered), tuple(later))


def make_plan(
    schedule: Schedule,
    resolved: Resolved,
    current: t.Collection[PlannedGrant],
    read_linked_object_id: t.Callable[[int], str | None],
    drift: Drift = Drift(),  # noqa: B008 -- immutable
    typed_object_ids: t.Collection[str] = (),
) -> Plan:
    """Return the plan for people, and its steps.

    The diff has the grants of each principal that changes, the links of user groups, and what is held beyond the mapping. ``data`` of
    a step: its ``request``, its ``position`` from 0, and ``total``, the number of requests of the whole work, later runs included.
    *typed_object_ids*: those of the mapping itself.
    """
    before, after = _show_grants(schedule, resolved, {*current, *drift.list_unmanaged_grants()})
    beyond, left = show_surplus(drift, schedule.list_grants("remove"), resolved.names)
    before.update(beyond)
    after.update(left)
    for request in schedule.requests:
        if isinstance(request, ChangeGrants):
            continue
        label = resolved.principals[request.principal].label
        if not isinstance(request.principal, Pending):
            before["user_groups"][label] = {"entra_group_id": read_linked_object_id(request.principal.id)}
        object_id = None
        if isinstance(request, LinkGroup):
            object_id = request.object_id or "(of the Entra group that is created before)"
        after["user_groups"][label] = {"entra_group_id": object_id}
    requests = schedule.requests
    total = len(requests) + schedule.count_postponed()
    writer = ChangeWriter(resolved, typed_object_ids)
    steps = tuple(
        Step(
            request.operation,
            describe_request(request, resolved),
            {"request": request, "position": position, "total": total},
            _describe_changes(request, writer),
        )
        for position, request in enumerate(requests)
    )
    return Plan(before, after, steps)


def _describe_changes(request: Request, writer: ChangeWriter) -> tuple[Change, ...]:
    if isinstance(request, CreateGroup):
        return writer.describe_new_group(request.principal)
    if isinstance(request, LinkGroup):
        return writer.describe_link(request.principal, request.object_id)
    return writer.describe_grants(request.operation, request.batch.grants)


def describe_request(request: Request, resolved: Resolved) -> str:
    """Return what a request does in words, such as ``grant Operators: View on plans gold and 2 more``."""
    verb = _VERBS[request.operation]
    if not isinstance(request, ChangeGrants):
        return f"{verb} user group {resolved.principals[request.principal].label}"
    grants = request.batch.grants
    more = f" and {len(grants) - 1} more" if len(grants) > 1 else ""
    return f"{verb} {resolved.names.describe_grant(grants[0])}{more}"


def _show_grants(
    schedule: Schedule, resolved: Resolved, current: t.Collection[PlannedGrant]
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    added, removed = set(schedule.list_grants("add")), set(schedule.list_grants("remove"))
    touched = {grant.principal for grant in added | removed}
    held = {grant for grant in current if grant.principal in touched}
    before: dict[str, t.Any] = {"grants": _list_by_principal(held, resolved), "user_groups": {}}
    after: dict[str, t.Any] = {"grants": _list_by_principal((held | added) - removed, resolved), "user_groups": {}}
    return before, after


def _list_by_principal(grants: t.Collection[PlannedGrant], resolved: Resolved) -> dict[str, list[str]]:
    shown: dict[str, list[str]] = {}
    for grant in grants:
        lines = shown.setdefault(resolved.names.show_principal(grant.principal), [])
        lines.append(resolved.names.describe_role_on_entity(grant))
    return {name: sorted(lines) for name, lines in sorted(shown.items())}
