# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The Entra groups of a mapping: which object a name means, and whether an object id that was typed is that of the group meant."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import CvopsError
from ..._core.names import fold_case, is_same_name, list_unicode_forms
from ..._core.values import is_guid
from ..._entra.batches import build_value_queries, list_in_batches
from ..._entra.client import GraphClient
from ..._entra.groups.near_names import describe_near_groups
from ..._entra.groups.verification import GroupIdCheck, check_group_ids
from ..._entra.id_holders import MOST_EXPLAINED, explain_id
from ..._entra.lookalikes import describe_lookalikes
from ..._entra.paging import merge_lists
from .parse import MappingEntry, Problem, make_problem

_NEEDS = ("GroupMember.Read.All",)
_SELECT = "id,displayName,onPremisesSamAccountName,securityEnabled"


@dataclass(frozen=True)
class EntraGroup:
    """An Entra group that an entry of the mapping means.

    ``object_id``: None for a group that is not there; ``is_pending``: whether an earlier task would create it; ``expected_name``: the
    name of its Commvault group by ``match_by``, None when that gives none; ``is_given_by_id``: whether the entry has the object id.
    """

    object_id: str | None
    display_name: str | None
    expected_name: str | None
    is_given_by_id: bool = False
    is_pending: bool = False


class EntraGroups:
    """Resolves the Entra groups of all entries with as few requests as possible.

    *connect* is called when the first request is needed; *pending_names*: display names of groups that an earlier task would create;
    *known_groups*: object ids by display name that an earlier task found, which are not asked for again; *guarded*: object ids that
    are typed elsewhere, by their place in the options, and verified too.
    """

    def __init__(
        self,
        connect: t.Callable[[], GraphClient],
        match_by: str,
        pending_names: t.Iterable[str],
        known_groups: t.Mapping[str, t.Any] | None = None,
        guarded: t.Mapping[str, str] | None = None,
    ) -> None:
        self._connect, self._match_by = connect, match_by
        self._known = {(str(value).lower(), fold_case(name)) for name, value in (known_groups or {}).items()}
        self._guarded = {where: object_id.lower() for where, object_id in (guarded or {}).items()}
        self._checked = GroupIdCheck()
        #: Object ids that could not be verified, with the names that the mapping gives them; ``failure`` says why.
        self.unverified: dict[str, str | None] = {}
        self._graph: GraphClient | None = None
        self._found: dict[str, EntraGroup | None] = {}
        self._explained = 0
        self._seen: list[dict[str, t.Any]] = []
        declared = list(pending_names)
        self._pending = {fold_case(name) for name in declared}
        self._declared = [*declared, *map(str, known_groups or {})]

    @property
    def failure(self) -> CvopsError | None:
        """Why object ids could not be verified; None when they were."""
        return self._checked.failure

    def find_group(self, entry: MappingEntry) -> EntraGroup | None:
        """Return the group of an entry that was looked up, None when that failed."""
        return self._found.get(entry.where)

    def list_expected_names(self) -> list[str]:
        """Return the names of the Commvault groups that the entries claim."""
        return [group.expected_name for group in self._found.values() if group and group.expected_name]

    def look_up(self, entries: t.Sequence[MappingEntry], problems: list[Problem]) -> None:
        """Find the groups of *entries*; what is wrong with them is added to *problems*."""
        wire: dict[str, list[dict[str, t.Any]]] = {}
        named = {str(entry.principal.name) for entry in entries if entry.object_id is None}
        by_name = sorted({form for name in named for form in list_unicode_forms(name)})
        for item in self._list_by_name(by_name) if by_name else ():
            wire.setdefault(fold_case(str(item.get("displayName"))), []).append(item)
        # Graph compares more loosely than names are the same: what it gives beside is told, and never taken.
        self._seen = [item for items in wire.values() for item in items]
        self._check_ids(entries, problems)
        for entry in entries:
            if entry.object_id is not None:
                self._found[entry.where] = self._take_by_id(entry, entry.object_id, problems)
            else:
                self._found[entry.where] = self._choose_by_name(
                    entry, wire.get(fold_case(str(entry.principal.name)), []), problems
                )

    def read_display_names(self, object_ids: t.Collection[str], guarded: t.Iterable[str]) -> dict[str, str]:
        """Return the display names of Entra groups, by object id, where *guarded* names any by its name. Raises why Graph cannot be asked."""
        if not object_ids or all(is_guid(name) for name in guarded):
            return {}
        checked = check_group_ids(self._client, object_ids, _SELECT)
        if checked.failure is not None:
            raise checked.failure
        return {object_id: str(wire.get("displayName") or "") for object_id, wire in checked.found.items()}

    def _check_ids(self, entries: t.Sequence[MappingEntry], problems: list[Problem]) -> None:
        """Verify all object ids that were typed; raise what keeps Graph from being asked where an entry says too little without it."""
        typed = {str(entry.object_id): entry.principal.name for entry in entries if self._is_to_verify(entry)}
        typed.update({object_id: None for object_id in self._guarded.values() if object_id not in typed})
        self._checked = check_group_ids(self._client, typed, _SELECT)
        if self._checked.failure is None:
            problems += [
                make_problem(
                    where,
                    f"no Entra group has the object id {object_id}{self.explain_missing(object_id)}, so this entry protects nobody",
                    "not_found",
                )
                for where, object_id in self._guarded.items()
                if object_id in self._checked.missing
            ]
            return
        if any(entry.object_id is not None and self._needs_graph(entry) for entry in entries):
            raise self._checked.failure
        self.unverified = dict(sorted(typed.items()))

    def _is_to_verify(self, entry: MappingEntry) -> bool:
        """Return whether the entry has an object id that no earlier task has found for its name."""
        if not is_guid(entry.object_id):
            return False
        return self._needs_graph(entry) or (entry.object_id, fold_case(str(entry.principal.name))) not in self._known

    def _needs_graph(self, entry: MappingEntry) -> bool:
        """Return whether the name of the Commvault group follows from what Graph alone knows."""
        if entry.object_id is None:
            return True
        named = entry.user_group is not None and (entry.user_group.name is not None or entry.user_group.id is not None)
        return not named and (
            self._match_by == "sam_account_name"
            or (self._match_by != "object_id_name" and entry.principal.name is None)
        )

    def explain_missing(self, object_id: str) -> str:
        """Return what an id that no group has is of, as text to add to a message; asked for the first few only."""
        self._explained += 1
        return explain_id(self._client(), object_id, "group") if self._explained <= MOST_EXPLAINED else ""

    def _client(self) -> GraphClient:
        if self._graph is None:
            self._graph = self._connect()
        return self._graph

    def _list_by_name(self, names: t.Sequence[str]) -> list[dict[str, t.Any]]:
        graph = self._client()
        queries = build_value_queries(graph, "/groups", "displayName", names, {"$select": _SELECT})
        intent = "find the Entra groups of the mapping"
        return merge_lists(list_in_batches(graph, "/groups", queries, intent=intent, needs=_NEEDS))

    def _take_by_id(self, entry: MappingEntry, object_id: str, problems: list[Problem]) -> EntraGroup | None:
        """Return the group with the entry's object id; None, with a problem, for an id of nothing and for another group's.

        An entry that only takes grants away may name a group that is gone.
        """
        wire, name = self._checked.found.get(object_id), entry.principal.name
        if wire is None:
            if object_id in self._checked.missing and (entry.present or self._needs_graph(entry)):
                message = f"no Entra group has the object id {object_id}{self.explain_missing(object_id)}"
                problems.append(_make_problem(entry, "not_found", message))
                return None
            return self._make_group(entry, object_id, name)
        has = str(wire.get("displayName"))
        if name is not None and not is_same_name(name, has):
            near = describe_lookalikes([wire], "displayName", name)
            message = f"the Entra group with the object id {object_id} is named {has!r}, not {name!r}{near}: correct the object id or the name"
            problems.append(_make_problem(entry, "config", message))
            return None
        return self._make_group(entry, object_id, has, wire.get("onPremisesSamAccountName"))

    def _choose_by_name(
        self, entry: MappingEntry, found: t.Sequence[t.Mapping[str, t.Any]], problems: list[Problem]
    ) -> EntraGroup | None:
        name = str(entry.principal.name)
        if len(found) > 1:
            ids = ", ".join(sorted(str(item["id"]) for item in found))
            problems.append(
                _make_problem(
                    entry, "ambiguous", f"{len(found)} Entra groups are named {name!r} ({ids}): give object_id"
                )
            )
            return None
        if found:
            wire = found[0]
            return self._make_group(
                entry, str(wire["id"]).lower(), str(wire.get("displayName")), wire.get("onPremisesSamAccountName")
            )
        is_pending = fold_case(name) in self._pending
        if is_pending or not entry.present:
            return self._make_group(entry, None, name, is_pending=is_pending)
        told = describe_lookalikes(self._seen, "displayName", name)
        self._explained += 1
        asked = self._client() if self._explained <= MOST_EXPLAINED else None
        told += describe_near_groups(asked, name, self._declared)
        remedy = "Correct the name, or create the group first (cvops_entra_groups)"
        problems.append(_make_problem(entry, "not_found", f"no Entra group is named {name!r}{told}. {remedy}"))
        return None

    def _make_group(
        self,
        entry: MappingEntry,
        object_id: str | None,
        display_name: str | None,
        sam_account_name: t.Any = None,
        *,
        is_pending: bool = False,
    ) -> EntraGroup:
        expected = {
            "object_id_name": object_id,
            "sam_account_name": str(sam_account_name) if sam_account_name else None,
        }.get(self._match_by, display_name)
        return EntraGroup(object_id, display_name, expected, entry.object_id is not None, is_pending)


def _make_problem(entry: MappingEntry, kind: str, message: str) -> Problem:
    return make_problem(f"{entry.where}.principal.entra_group", message, kind)
