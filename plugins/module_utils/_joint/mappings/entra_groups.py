# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The Entra groups of a mapping: which object a name means. Graph is asked only where the mapping has no object id."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import fold_case, list_unicode_forms
from ..._entra.client import GraphClient, describe_lookalikes, quote_literal, quote_segment
from .parse import MappingEntry, Problem, make_problem

_NEEDS = ("GroupMember.Read.All",)
_SELECT = "id,displayName,onPremisesSamAccountName,securityEnabled"
#: Names in one query; Graph takes no more than fifteen values in an "in" filter.
_NAMES_AT_ONCE = 15


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

    *connect* is called when the first request is needed; *pending_names*: display names of groups that an earlier task would create.
    """

    def __init__(self, connect: t.Callable[[], GraphClient], match_by: str, pending_names: t.Iterable[str]) -> None:
        self._connect, self._match_by = connect, match_by
        self._graph: GraphClient | None = None
        self._found: dict[str, EntraGroup | None] = {}
        self._seen: list[dict[str, t.Any]] = []
        self._pending = {fold_case(name) for name in pending_names}

    def find_group(self, entry: MappingEntry) -> EntraGroup | None:
        """Return the group of an entry that was looked up, None when that failed."""
        return self._found.get(entry.where)

    def list_expected_names(self) -> list[str]:
        """Return the names of the Commvault groups that the entries claim."""
        return [group.expected_name for group in self._found.values() if group and group.expected_name]

    def look_up(self, entries: t.Sequence[MappingEntry], problems: list[Problem]) -> None:
        """Find the groups of *entries*; what is wrong with them is added to *problems*."""
        wire: dict[str, list[dict[str, t.Any]]] = {}
        incomplete = [entry for entry in entries if self._needs_graph(entry)]
        named = {str(entry.principal.name) for entry in incomplete if entry.object_id is None}
        by_name = sorted({form for name in named for form in list_unicode_forms(name)})
        for start in range(0, len(by_name), _NAMES_AT_ONCE):
            for item in self._list_by_name(by_name[start : start + _NAMES_AT_ONCE]):
                wire.setdefault(fold_case(str(item.get("displayName"))), []).append(item)
        # Graph compares more loosely than names are the same: what it gives beside is told, and never taken.
        self._seen = [item for items in wire.values() for item in items]
        for entry in entries:
            if not self._needs_graph(entry):
                self._found[entry.where] = self._make_group(entry, entry.object_id, entry.principal.name)
            elif entry.object_id is not None:
                self._found[entry.where] = self._read_by_id(entry, problems)
            else:
                self._found[entry.where] = self._choose_by_name(
                    entry, wire.get(fold_case(str(entry.principal.name)), []), problems
                )

    def _needs_graph(self, entry: MappingEntry) -> bool:
        if entry.object_id is None:
            return True
        named = entry.user_group is not None and (entry.user_group.name is not None or entry.user_group.id is not None)
        return not named and (
            self._match_by == "sam_account_name"
            or (self._match_by != "object_id_name" and entry.principal.name is None)
        )

    def _client(self) -> GraphClient:
        if self._graph is None:
            self._graph = self._connect()
        return self._graph

    def _list_by_name(self, names: t.Sequence[str]) -> list[dict[str, t.Any]]:
        quoted = ", ".join(quote_literal(name) for name in names)
        params = {"$filter": f"displayName in ({quoted})", "$select": _SELECT}
        return self._client().list(
            "/groups", intent="find the Entra groups of the mapping", needs=_NEEDS, params=params
        )

    def _read_by_id(self, entry: MappingEntry, problems: list[Problem]) -> EntraGroup | None:
        path = f"/groups/{quote_segment(str(entry.object_id))}"
        wire = self._client().get(
            path, intent=f"read Entra group {entry.object_id}", needs=_NEEDS, params={"$select": _SELECT}
        )
        if wire is None:
            problems.append(_make_problem(entry, "not_found", f"no Entra group has the object id {entry.object_id}"))
            return None
        return self._make_group(
            entry, str(entry.object_id), str(wire.get("displayName")), wire.get("onPremisesSamAccountName")
        )

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
        problems.append(_make_problem(entry, "not_found", f"no Entra group is named {name!r}{told}"))
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
