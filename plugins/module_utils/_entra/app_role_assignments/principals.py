# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Groups, users and service principals as assignments name them: by name or object id. Reads only."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.errors import Forbidden
from ..._core.names import describe_suspicious_name, fold_case, list_unicode_forms
from ..._core.values import is_guid
from ..batches import build_value_queries, list_in_batches
from ..client import GraphClient, filter_by_name
from ..id_holders import Wanted, explain_id
from ..lookalikes import describe_lookalikes, warn_of_lookalikes
from ..paging import merge_lists
from ..principals import PrincipalLookup
from .options import KINDS, Kind

Wire: t.TypeAlias = dict[str, t.Any]
#: Where the objects of a kind are listed, and the Graph permissions that this takes, least first.
_COLLECTIONS: dict[Kind, tuple[str, tuple[str, ...]]] = {
    "group": ("/groups", ("GroupMember.Read.All", "Group.Read.All")),
    "service_principal": ("/servicePrincipals", ("Application.Read.All",)),
}
_TYPES: dict[Kind, Wanted] = {"group": "group", "user": "user", "service_principal": "servicePrincipal"}


@dataclass(frozen=True)
class Principal:
    """Whom a role is assigned to; ``object_id`` is None for a group that an earlier task would create."""

    kind: Kind
    name: str
    object_id: str | None


class PrincipalFinder:
    """Finds what assignments name; names of one kind are asked for together.

    *shown*: principals that Graph has listed with their kind, by object id in lower case; *pending*: names of groups that earlier tasks
    would create.
    """

    def __init__(self, graph: GraphClient, shown: t.Mapping[str, Principal], pending: t.Collection[str] = ()) -> None:
        self._graph, self._shown = graph, shown
        self._pending = {fold_case(name) for name in pending}
        self.lookup = PrincipalLookup(graph)
        self._listed: dict[Kind, list[Wire]] = {}
        self._users: t.Mapping[str, str] = {}
        self._user_wires: t.Sequence[Wire] = ()
        self._refused: Forbidden | None = None
        #: Object ids of which it could not be told what has them.
        self.unverified: set[str] = set()

    def prepare(self, asked: t.Iterable[tuple[Kind, str]]) -> None:
        """Ask Graph for all that is *asked* for, as pairs of kind and name or object id; warn of names that may deceive. Raises ApiError."""
        names: dict[Kind, set[str]] = {kind: set() for kind in KINDS}
        ids: set[str] = set()
        for kind, name in asked:
            if not is_guid(name):
                names[kind].add(name)
                doubt = describe_suspicious_name(KINDS[kind][0], name)
                if doubt:
                    self._graph.ctx.warn(doubt)
            elif name.lower() not in self._shown:
                ids.add(name.lower())
        for kind, (path, needs) in _COLLECTIONS.items():
            self._listed[kind] = self._list_named(path, needs, sorted(names[kind]))
        self._users, self._user_wires = self.lookup.find_users(names["user"])
        try:
            self.lookup.find_existing_ids(ids)
        except Forbidden as exc:
            self._refused = exc

    def _list_named(self, path: str, needs: t.Sequence[str], names: t.Sequence[str]) -> list[Wire]:
        if not names:
            return []
        forms = list(dict.fromkeys(form for name in names for form in list_unicode_forms(name)))
        params = {"$select": "id,displayName"}
        queries = build_value_queries(self._graph, path, "displayName", forms, params)
        intent = f"find {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
        return merge_lists(list_in_batches(self._graph, path, queries, intent=intent, needs=needs))

    def find(self, kind: Kind, asked: str) -> Principal:
        """Return the principal that *asked* names. Raises LookupError, whose text says what is wrong."""
        if is_guid(asked):
            return self._find_by_id(kind, asked.lower())
        return self._find_user(asked) if kind == "user" else self._find_by_name(kind, asked)

    def _find_user(self, asked: str) -> Principal:
        object_id = self._users.get(fold_case(asked))
        if object_id is None:
            near = describe_lookalikes(self._user_wires, "userPrincipalName", asked)
            raise LookupError(f"no user {asked} in the tenant{near}; give the user principal name or the object id")
        return Principal("user", asked, object_id)

    def _find_by_name(self, kind: Kind, asked: str) -> Principal:
        words, listed = KINDS[kind][0], self._listed.get(kind, [])
        found = filter_by_name(listed, "displayName", asked)
        if len(found) > 1:
            ids = ", ".join(sorted(str(wire["id"]) for wire in found))
            raise LookupError(
                f"{len(found)} {words}s have the display name {asked!r}: give one of the object ids {ids}"
            )
        if not found and kind == "group" and fold_case(asked) in self._pending:
            return Principal(kind, asked, None)
        if not found:
            near = describe_lookalikes(listed, "displayName", asked)
            raise LookupError(f"no {words} {asked!r} in the tenant{near}")
        warn_of_lookalikes(self._graph.ctx, words, listed, asked)
        return Principal(kind, str(found[0]["displayName"]), str(found[0]["id"]).lower())

    def _find_by_id(self, kind: Kind, object_id: str) -> Principal:
        shown = self._shown.get(object_id)
        if shown is not None:
            if shown.kind != kind:
                raise LookupError(f"{object_id} is the object id of the {KINDS[shown.kind][0]} {shown.name}")
            return shown
        if self._refused is not None:
            self.unverified.add(object_id)
            return Principal(kind, object_id, object_id)
        known, words = self._graph.known_objects, KINDS[kind][0]
        is_there = bool(self.lookup.find_existing_ids([object_id])) or self._graph.recent_objects.contains_any(
            [object_id]
        )
        if not is_there or known.types.get(object_id) not in (None, _TYPES[kind]):
            told = explain_id(self._graph, object_id, _TYPES[kind])
            raise LookupError(f"no {words} has the object id {object_id}{told}")
        return Principal(kind, known.names.get(object_id) or object_id, object_id)
