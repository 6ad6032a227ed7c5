# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The Entra side of a mapping: which directory object a name means. Graph is asked only where the mapping has no object id."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.context import Context
from ..._core.names import fold_case
from ..._entra.client import GraphClient, describe_lookalikes, quote_literal, quote_segment
from .parse import MappingEntry, Problem

_NEEDS = ("GroupMember.Read.All",)
_SELECT = "id,displayName,onPremisesSamAccountName,securityEnabled"
#: Names in one query; Graph takes no more than fifteen values in an "in" filter.
_NAMES_AT_ONCE = 15


@dataclass(frozen=True)
class EntraGroup:
    """``object_id`` is None for a group that an earlier task would create; ``expected_name`` is its Commvault group's."""

    object_id: str | None
    display_name: str | None
    expected_name: str | None


class EntraGroups:
    """Resolves the Entra groups of all entries with as few requests as possible."""

    def __init__(self, ctx: Context, connect: t.Callable[[], GraphClient]) -> None:
        self._ctx, self._connect = ctx, connect
        self._graph: GraphClient | None = None
        self._found: dict[str, EntraGroup | None] = {}
        self._seen: list[dict[str, t.Any]] = []
        self._pending = {fold_case(name) for name in ctx.options["pending_entra_groups"]}

    def of(self, entry: MappingEntry) -> EntraGroup | None:
        """The group of an entry that was looked up, None when that failed."""
        return self._found.get(entry.where)

    def expected_names(self) -> list[str]:
        """Names of the Commvault groups that the entries claim."""
        return [group.expected_name for group in self._found.values() if group and group.expected_name]

    def look_up(self, entries: t.Sequence[MappingEntry], problems: list[Problem]) -> None:
        """Find the groups of *entries*; findings go to *problems*."""
        match_by = self._ctx.options["match_by"]
        wire: dict[str, list[dict[str, t.Any]]] = {}
        incomplete = [entry for entry in entries if self._needs_graph(entry, match_by)]
        by_name = sorted({str(entry.principal.name) for entry in incomplete if entry.object_id is None})
        for start in range(0, len(by_name), _NAMES_AT_ONCE):
            for item in self._named(by_name[start : start + _NAMES_AT_ONCE]):
                wire.setdefault(fold_case(str(item.get("displayName"))), []).append(item)
        # Graph compares more loosely than names are the same: what it gives beside is told, and never taken.
        self._seen = [item for items in wire.values() for item in items]
        for entry in entries:
            if entry not in incomplete:
                self._found[entry.where] = _group(entry.object_id, entry.principal.name, None, match_by)
            elif entry.object_id is not None:
                self._found[entry.where] = self._by_id(entry, match_by, problems)
            else:
                self._found[entry.where] = self._one_of(
                    entry, wire.get(fold_case(str(entry.principal.name)), []), match_by, problems
                )

    def _needs_graph(self, entry: MappingEntry, match_by: str) -> bool:
        if entry.object_id is None:
            return True
        named = entry.user_group is not None and (entry.user_group.name is not None or entry.user_group.id is not None)
        return not named and (
            match_by == "sam_account_name" or (match_by != "object_id_name" and entry.principal.name is None)
        )

    def _client(self) -> GraphClient:
        if self._graph is None:
            self._graph = self._connect()
        return self._graph

    def _named(self, names: t.Sequence[str]) -> list[dict[str, t.Any]]:
        quoted = ", ".join(quote_literal(name) for name in names)
        params = {"$filter": f"displayName in ({quoted})", "$select": _SELECT}
        return self._client().list(
            "/groups", intent="find the Entra groups of the mapping", needs=_NEEDS, params=params
        )

    def _by_id(self, entry: MappingEntry, match_by: str, problems: list[Problem]) -> EntraGroup | None:
        path = f"/groups/{quote_segment(str(entry.object_id))}"
        wire = self._client().get(
            path, intent=f"read Entra group {entry.object_id}", needs=_NEEDS, params={"$select": _SELECT}
        )
        if wire is None:
            problems.append(_problem(entry, "not_found", f"no Entra group has the object id {entry.object_id}"))
            return None
        return _group(
            str(entry.object_id), str(wire.get("displayName")), wire.get("onPremisesSamAccountName"), match_by
        )

    def _one_of(
        self, entry: MappingEntry, found: t.Sequence[t.Mapping[str, t.Any]], match_by: str, problems: list[Problem]
    ) -> EntraGroup | None:
        name = str(entry.principal.name)
        if len(found) > 1:
            ids = ", ".join(sorted(str(item["id"]) for item in found))
            problems.append(
                _problem(entry, "ambiguous", f"{len(found)} Entra groups are named {name!r} ({ids}): give object_id")
            )
            return None
        if found:
            wire = found[0]
            return _group(
                str(wire["id"]).lower(), str(wire.get("displayName")), wire.get("onPremisesSamAccountName"), match_by
            )
        if fold_case(name) in self._pending:
            return _group(None, name, None, match_by)
        if not entry.present:
            return _group(None, name, None, match_by)
        told = describe_lookalikes(self._seen, "displayName", name)
        problems.append(_problem(entry, "not_found", f"no Entra group is named {name!r}{told}"))
        return None


def _group(object_id: str | None, display_name: str | None, sam_account_name: t.Any, match_by: str) -> EntraGroup:
    expected = {
        "object_id_name": object_id,
        "sam_account_name": str(sam_account_name) if sam_account_name else None,
    }.get(match_by, display_name)
    return EntraGroup(object_id, display_name, expected)


def _problem(entry: MappingEntry, kind: str, message: str) -> Problem:
    return {"kind": kind, "where": f"{entry.where}.principal.entra_group", "message": message}
