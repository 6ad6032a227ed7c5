# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_groups: many security groups, planned together by the code that plans one."""

from __future__ import annotations

import typing as t

from ..._core.context import Context
from ..._core.errors import GuardRefused
from ..._core.names import fold_case
from ..._core.plan import Plan
from ..._core.resource import Finding
from ..._core.resource_list import Item, Options, Problem, ResourceList, find_duplicates
from ..._core.risks import check_removals
from ..batches import read_in_batches
from ..confirm import list_narrowed_fields, wait_until_shown
from ..prefetching import PrefetchingGraph
from ..principals import PrincipalLookup
from .lookup import READ_NEEDS
from .prefetch import prefetch_groups
from .resource import GroupResource

#: The keys of a group, the strongest first: the first that is given names it.
_KEYS = ("object_id", "unique_name", "display_name")


class GroupsResource(ResourceList[GroupResource]):
    """The groups of one task."""

    def __init__(self, ctx: Context) -> None:
        self._graph = PrefetchingGraph(ctx)
        self._principals = PrincipalLookup(self._graph)
        super().__init__(
            ctx, "groups", lambda own: GroupResource(own, self._graph, self._principals), describe_group_options
        )

    def plan(self) -> Plan:
        """Return the steps of all groups, deletions last. Raises Problems, ApiError."""
        try:
            return super().plan()
        finally:
            self._graph.forget_answers()

    def read_ahead(self, items: t.Sequence[Options]) -> None:
        """Read what planning these groups takes in few requests, anew."""
        self._graph.forget_answers()
        prefetch_groups(self._graph, self._principals, items)

    def find_conflicts(self, items: t.Sequence[Item[GroupResource]]) -> list[Problem]:
        """Return groups that are listed twice or would get the same display name, and more removals than the task may do."""
        return [
            *find_duplicates(items, _list_keys, "group"),
            *_find_shared_names(items),
            *_find_unwanted_names(items),
            *self._find_excess(items),
        ]

    def verify(self) -> list[Finding]:
        """Wait until all groups show as written, and return what does not; see GroupResource.verify.

        All are read together, look by look.
        """
        changed = {item.where: item for item in self._items if item.plan.changed}
        requests = [request for item in changed.values() for request in item.resource.list_reads_back()]
        if not requests:
            return []

        def look() -> list[str]:
            self._graph.forget_answers()  # of the look before: what a batch does not give whole is read from there
            answers = read_in_batches(self._graph, requests, intent="read the groups back", needs=READ_NEEDS)
            for request, answer in zip(requests, answers, strict=True):
                self._graph.keep_answer(request.path, request.params, answer)
            return [f"{where}.{field}" for where, item in changed.items() for field in item.resource.find_unshown()]

        narrowed = [f"{where}.{field}" for where, item in changed.items() for field in list_narrowed_fields(item.plan)]
        try:
            found = wait_until_shown(self._graph, look, f"{len(changed)} groups", narrowed)
        finally:
            self._graph.forget_answers()
        for finding in found:
            where, dummy, name = finding["field"].partition(".")
            self._findings.setdefault(where, []).append({"field": name})
        return list(found)

    def _find_excess(self, items: t.Sequence[Item[GroupResource]]) -> list[Problem]:
        """Return the problem of more removals than the task's max_removals; groups with their own one are not counted."""
        own = [options.get("max_removals") is not None for options in self._ctx.options[self.noun]]
        counted = [item for item in items if not own[item.number]]
        removed = [
            f"{object_id} from {item.label}"
            for item in counted
            for step in item.plan.steps
            if step.action == "remove"
            for object_id in step.data["ids"]
        ]
        try:
            check_removals(removed, self._ctx.options["max_removals"], "members and owners", "the list", ("revert",))
        except GuardRefused as exc:
            return [{"kind": exc.kind, "where": self.noun, "message": str(exc), **exc.facts}]
        return []


def describe_group_options(options: Options) -> str:
    """Return the name of a group for people, as its options give it."""
    return str(options.get("display_name") or options.get("unique_name") or options.get("object_id"))


def _list_keys(item: Item[GroupResource]) -> list[t.Hashable]:
    """Return what says which group it is: the key that the options give, and its object id where there is one."""
    key = next(name for name in _KEYS if item.options.get(name))
    found = str(item.resource.object_id or "").lower()
    return [(key, fold_case(str(item.options[key]))), *([("object_id", found)] if found else [])]


def _find_shared_names(items: t.Sequence[Item[GroupResource]]) -> list[Problem]:
    """Return a problem for each group that would get the display name of another one of the list.

    Entra ID allows it; whoever looks for a group by its name finds two then.
    """
    problems: list[Problem] = []
    named: dict[str, Item[GroupResource]] = {}
    for item in sorted((item for item in items if item.plan.after), key=_gets_name):
        name = fold_case(str(item.plan.after.get("display_name") or ""))
        other = named.setdefault(name, item)
        if other is not item and _gets_name(item):
            message = f"{item.label}: {other.where} has the same display name, so the two groups cannot be distinguished by it"
            problems.append({"kind": "ambiguous", "where": item.where, "message": message})
    return problems


def _find_unwanted_names(items: t.Sequence[Item[GroupResource]]) -> list[Problem]:
    """Return a problem for each group that is to be absent by a display name which another one of the list gets.

    No group has the name yet, so that this run would give it and the next one delete the group.
    """
    named = {fold_case(str(item.plan.after["display_name"])): item for item in items if _gets_name(item)}
    problems: list[Problem] = []
    for item in items:
        is_by_name = not any(item.options.get(key) for key in _KEYS[:-1])
        other = named.get(fold_case(str(item.options.get("display_name"))))
        if other is not None and is_by_name and item.options["state"] == "absent" and not item.plan.changed:
            message = f"{item.label}: a group with this display name is to be deleted, and {other.where} ({other.label}) is to get the same name"
            problems.append({"kind": "config", "where": item.where, "message": message})
    return problems


def _gets_name(item: Item[GroupResource]) -> bool:
    """Return True for a group that gets its display name by this plan: it is created or renamed."""
    return any(step.action == "create" or "display_name" in (step.data.get("fields") or ()) for step in item.plan.steps)
