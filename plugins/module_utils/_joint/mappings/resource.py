# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The whole mapping in one task: resolve, read, check, plan; then write, read back, report."""

from __future__ import annotations

import functools
import math
import re
import typing as t

from ..._commvault.client import CommvaultClient
from ..._commvault.directory import Directory
from ..._commvault.roles.contents import RolePermissions
from ..._commvault.security.calls import SecurityAssociations
from ..._commvault.security.grants import Grant, Principal
from ..._commvault.user_groups.calls import UserGroups
from ..._core.context import Context
from ..._core.errors import ConfigError, Problems, Throttled
from ..._core.names import fold_case
from ..._core.plan import Plan, Step
from ..._core.polling import Backoff
from ..._core.resource import Action, Finding
from ..._entra.client import GraphClient
from . import checks
from .batches import Batch, Pair
from .caller import MASTER_GROUP, Administrators, is_privileged, own_principals, unmanaged_groups
from .entra_groups import EntraGroups
from .parse import Problem, evidence, parse, with_known_ids
from .plan import Differences, Operation, Request, Schedule, canary, differences, largest, schedule, units
from .read import Current, Reader
from .resolve import Holder, Resolved, Resolver
from .rights import Rights

#: How often it is looked whether written grants are shown, and the first of the growing pauses between.
_CONFIRM_LOOKS = 3
_CONFIRM_PAUSE_S = 1.0
_VERBS: dict[Operation, str] = {"create_group": "create", "link_group": "link", "add": "grant", "remove": "revoke"}


class RoleMappingsResource:
    """The mapping of one CommCell, of the module commvault_role_mappings."""

    noun = "role_mappings"

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        if not ctx.check_mode:
            # What earlier tasks of a real run were to create exists by now, or is missing.
            ctx.options.update(pending_roles=[], pending_entra_groups=[])
        self._client = CommvaultClient(ctx)
        self._directory = Directory(self._client)
        self._security = SecurityAssociations(self._client)
        self._user_groups = UserGroups(self._client, self._directory)
        self._resolver = Resolver(ctx, self._client, self._directory, EntraGroups(ctx, lambda: GraphClient(ctx)))
        self._reader = Reader(ctx, self._directory, self._security)
        self._resolved, self._current, self._chosen = Resolved(), Current(), Schedule()
        self._unmanaged: list[dict[str, t.Any]] = []
        #: Real principals of groups that were created, by their principal while planning.
        self._ids: dict[Principal, Principal] = {}
        self._sent = 0

    def plan(self) -> Plan:
        """Plan everything; raise Problems with all findings before the first write. Reads only."""
        ctx, resolver = self._ctx, self._resolver
        entries, problems = parse(ctx.options["mappings"], ctx.options.get("commcell"), ctx.clock.now().date())
        ctx.evidence["mappings"] = evidence(ctx.options["mappings"])
        entries = with_known_ids(entries, ctx.options["known_entra_groups"])
        resolved = self._resolved = resolver.resolve(entries)
        self._reader.fetch_details(
            holder.principal.id for holder in resolved.holders.values() if holder.entra and holder.exists
        )
        links, recreated = checks.check_anchors(resolved, resolver.anchor_of, ctx.options["link_entra_groups"])
        given = {entry.where for entry in entries if entry.object_id is not None}
        contents = RolePermissions(self._client, self._directory)
        unsafe = checks.check_object_ids(
            resolved,
            given,
            ctx.options["require_object_id"],
            is_privileged(contents),
            lambda holder: holder.anchor is None,
        )
        _raise(problems + resolved.problems + recreated + unsafe)
        current = self._current = self._reader.read(resolved, ctx.options["exclusive"])
        resolved.role_names = {
            **{key: name for key, name in current.names.items() if isinstance(key, int)},
            **resolved.role_names,
        }
        resolved.entity_names = {
            **{key: name for key, name in current.names.items() if not isinstance(key, int)},
            **resolved.entity_names,
        }
        exclusive = ctx.options["exclusive"]
        changes = differences(resolved.present, resolved.absent, current.grants, exclusive, resolved.holders)
        new_groups = {holder.principal for holder in resolved.holders.values() if not holder.exists}
        if ctx.options["canary"]:
            changes = canary(changes)
            new_groups, links = _only(new_groups, changes), _only(links, changes)
        self._chosen = _within_budget(ctx, changes, new_groups, links)
        self._check(changes, contents)
        self._unmanaged = unmanaged_groups(ctx, self._directory, self._security, self._reader, resolved)
        self._teach_names()
        steps = tuple(
            Step(request.operation, self._subject(request), {"request": request})
            for unit in self._chosen.units
            for request in unit.requests
        )
        return Plan(*self._shown(), steps)

    def _check(self, changes: Differences, contents: RolePermissions) -> None:
        """The guards, and whether the caller may grant what is to be granted. Raises Problems, GuardRefused."""
        ctx, resolved, label = self._ctx, self._resolved, self._resolver.label
        removed = self._chosen.grants("remove")
        own = functools.lru_cache(lambda: frozenset(own_principals(ctx, self._client, self._directory)))
        if ctx.options["check_rights"] and not _is_master(own, self._chosen):
            names = {**resolved.role_names, **resolved.entity_names, **_permission_names(self._directory)}
            rights = Rights(self._client, contents, self._reader.side_by_side)
            _raise(rights.missing(self._chosen.grants("add"), names))
        checks.check_break_glass(ctx, removed, resolved, label, lambda: self._directory.read_catalogue("users"))
        checks.check_removals(ctx, changes.remove, label)
        checks.check_own_rights(ctx, removed, own, label)
        administrators = Administrators(self._client, self._security, self._directory)
        checks.check_last_admin(ctx, removed, administrators.left_after)

    @property
    def actions(self) -> t.Mapping[str, Action]:
        """What carries out a step, by its action."""
        writing: dict[Operation, t.Callable[[Request], None]] = {
            "create_group": self._create_group,
            "link_group": self._link_group,
            "add": self._add,
            "remove": self._remove,
        }
        return {name: functools.partial(self._count, write) for name, write in writing.items()}

    def _teach_names(self) -> None:
        for principal, holder in self._resolved.holders.items():
            self._security.remember_name(principal, holder.name)
        for role_id, name in self._resolved.role_names.items():
            self._security.remember_name(role_id, name)
        for entity, name in self._resolved.entity_names.items():
            self._security.remember_name(entity, name)

    def _subject(self, request: Request) -> str:
        verb = _VERBS[request.operation]
        if request.principal is not None:
            return f"{verb} user group {self._resolved.holders[request.principal].label}"
        grants = request.batch.grants if request.batch else []
        return f"{verb} {self._resolver.label(grants[0])}" + (f" and {len(grants) - 1} more" if len(grants) > 1 else "")

    def _shown(self) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
        """Diff: the grants of each principal that changes, and the links of groups, before and after."""
        added, removed = set(self._chosen.grants("add")), set(self._chosen.grants("remove"))
        touched = {grant.principal for grant in added | removed}
        held = {grant for grant in self._current.grants if grant.principal in touched}
        before: dict[str, t.Any] = {"grants": self._by_holder(held), "user_groups": {}}
        after: dict[str, t.Any] = {"grants": self._by_holder((held | added) - removed), "user_groups": {}}
        for request in [request for unit in self._chosen.units for request in unit.requests if request.principal]:
            holder = self._resolved.holders[t.cast(Principal, request.principal)]
            if holder.exists:
                before["user_groups"][holder.label] = {"entra_group_id": self._resolver.anchor_of(holder.principal.id)}
            after["user_groups"][holder.label] = {
                "entra_group_id": holder.anchor or "(of the Entra group that is created before)"
            }
        return before, after

    def _by_holder(self, grants: t.Collection[Grant]) -> dict[str, list[str]]:
        shown: dict[str, list[str]] = {}
        for grant in grants:
            shown.setdefault(self._resolver.holder_name(grant), []).append(self._resolver.what(grant))
        return {name: sorted(lines) for name, lines in sorted(shown.items())}

    def _count(self, write: t.Callable[[Request], None], step: Step) -> None:
        """Carry out one step; when the quota is used up, say how much is left and how long that takes."""
        try:
            write(step.data["request"])
        except Throttled as exc:
            total = sum(len(unit.requests) for unit in [*self._chosen.units, *self._chosen.postponed])
            left = total - self._sent
            quota = exc.facts.get("quota")
            runs = f", about {math.ceil(left / quota)} more runs with this quota" if quota else ""
            told = f"{exc} {left} of {total} write requests are left{runs}: run the task again then, it goes on where it stopped."
            raise Throttled(told, remaining=left, **exc.facts) from exc
        self._sent += 1

    def _create_group(self, request: Request) -> None:
        principal = t.cast(Principal, request.principal)
        holder = self._resolved.holders[principal]
        number = self._user_groups.create(holder.name, None, holder.company_id)
        self._ids[principal] = Principal("user_group", number)
        self._security.remember_name(self._ids[principal], holder.name)

    def _link_group(self, request: Request) -> None:
        principal = t.cast(Principal, request.principal)
        self._user_groups.link(self._real(principal).id, str(self._resolved.holders[principal].anchor))

    def _add(self, request: Request) -> None:
        batch = t.cast(Batch, request.batch)
        self._security.add(batch.entities, self._pairs(batch))

    def _remove(self, request: Request) -> None:
        batch = t.cast(Batch, request.batch)
        self._security.remove(batch.entities, self._pairs(batch))

    def _pairs(self, batch: Batch) -> list[Pair]:
        return [(self._real(principal), role_id) for principal, role_id in batch.pairs]

    def _real(self, principal: Principal) -> Principal:
        return self._ids.get(principal, principal)

    def verify(self) -> list[Finding]:
        """The grants that were written and are not shown as asked, with a warning that tells their number."""
        not_confirmed = self._unconfirmed(self._chosen.grants("add"), self._chosen.grants("remove"))
        if not_confirmed:
            self._ctx.warn(
                f"{len(not_confirmed)} grants were accepted by Commvault but are not shown as asked; they may await approval"
            )
        return self._rows(not_confirmed)

    def result(self) -> dict[str, t.Any]:
        """The mapping after the plan; the runner adds what is not confirmed."""
        added, removed = self._chosen.grants("add"), self._chosen.grants("remove")
        created, linked = self._touched("create_group"), self._touched("link_group")
        return {
            "grants": self._rows(self._resolved.present),
            "added": self._rows(added),
            "removed": self._rows(removed),
            "user_groups_created": created,
            "user_groups_linked": linked,
            "remaining": sum(len(unit.requests) for unit in self._chosen.postponed),
            "foreign": self._current.foreign,
            "unmanaged": self._unmanaged,
        }

    def _touched(self, operation: Operation) -> list[str]:
        requests = [
            request for unit in self._chosen.units for request in unit.requests if request.operation == operation
        ]
        return sorted(self._resolved.holders[request.principal].name for request in requests if request.principal)

    def _unconfirmed(self, added: t.Sequence[Grant], removed: t.Sequence[Grant]) -> list[Grant]:
        """Written grants that the service does not show as asked, after a short wait."""
        real = {Grant(self._real(grant.principal), grant.role_id, grant.entity): grant for grant in [*added, *removed]}
        wrong = set(real)
        wanted = {key for key, grant in real.items() if grant in set(added)}
        backoff = Backoff(self._ctx, first_s=_CONFIRM_PAUSE_S)
        for look in range(_CONFIRM_LOOKS):
            if not wrong:
                break
            if look:
                backoff.pause()
            shown = self._reader.confirm(wrong)
            wrong = {key for key in wrong if (key in shown) != (key in wanted)}
        return sorted(real[key] for key in wrong)

    def _rows(self, grants: t.Iterable[Grant]) -> list[Finding]:
        rows: list[Finding] = []
        for grant in grants:
            holder: Holder | None = self._resolved.holders.get(grant.principal)
            rows.append(
                {
                    "principal": holder.name if holder else str(grant.principal.id),
                    "principal_kind": grant.principal.kind,
                    "role": self._resolved.role_names.get(grant.role_id, str(grant.role_id)),
                    "entity_type": grant.entity.kind,
                    "entity": self._resolved.entity_names.get(grant.entity, str(grant.entity.id)),
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


def _only(principals: set[Principal], changes: Differences) -> set[Principal]:
    return principals & {grant.principal for grant in changes.add}


def _is_master(own: t.Callable[[], t.Collection[Principal]], chosen: Schedule) -> bool:
    """Members of the built-in group master hold everything; only asked when something is to be granted."""
    return not chosen.grants("add") or Principal("user_group", MASTER_GROUP) in own()


def _permission_names(directory: Directory) -> dict[t.Any, str]:
    return {("permission", entry.id): entry.name for entry in directory.read_catalogue("permissions")}


def _raise(problems: list[Problem]) -> None:
    """One finding that shows in many places is told once, with the first place and the number of others."""
    if not problems:
        return
    alike: dict[tuple[str, str], list[Problem]] = {}
    for problem in sorted(problems, key=lambda item: (_place(str(item["where"])), str(item["message"]))):
        alike.setdefault((str(problem["kind"]), str(problem["message"])), []).append(problem)
    told = [
        {**same[0], "message": same[0]["message"] + (f" (and in {len(same) - 1} more places)" if len(same) > 1 else "")}
        for same in alike.values()
    ]
    many = f"{len(told)} problems" if len(told) > 1 else "1 problem"
    raise Problems(f"{many} in the mapping; nothing was written:", told)


def _place(where: str) -> list[tuple[int, str]]:
    """Sorts mappings[2] before mappings[10]."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", where)]


def _within_budget(ctx: Context, changes: Differences, new_groups: set[Principal], links: set[Principal]) -> Schedule:
    ordered = units(changes, new_groups, links)
    budget = ctx.options.get("max_writes")
    if budget is not None and ordered and budget < largest(ordered):
        raise ConfigError(
            f"max_writes {budget} is too small: the largest change that must not be split takes {largest(ordered)} requests",
            source="option max_writes",
        )
    return schedule(ordered, budget)
