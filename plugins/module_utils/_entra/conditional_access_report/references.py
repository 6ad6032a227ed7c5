# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the ids in policies are of: names, what does not exist, and what could not be read. Reads only."""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass, field

from ..._core.errors import ApiError
from ..._core.names import describe_lookalike, find_appearances, fold_case, is_lookalike
from ..._core.values import is_guid
from ..access_collection import READ_NEEDS
from ..client import GraphClient
from ..conditional_access.canonical import Policy
from ..conditional_access.fields import FIELDS, Refers
from ..conditional_access.names import NameResolver
from .rows import Unread

#: Objects of the directory: their types in Graph, and the permissions that reading them takes, least first.
_PRINCIPALS = {Refers.USER: "user", Refers.GROUP: "group", Refers.SERVICE_PRINCIPAL: "servicePrincipal"}
_NEEDS: dict[Refers, tuple[str, ...]] = {
    **dict.fromkeys(_PRINCIPALS, ("Directory.Read.All",)),
    Refers.ROLE: ("RoleManagement.Read.Directory", "Directory.Read.All"),
    Refers.APPLICATION: ("Application.Read.All",),
    Refers.LOCATION: READ_NEEDS,
    Refers.STRENGTH: READ_NEEDS,
    #: Microsoft Learn (List agreements): no application may read them, only a person.
    Refers.TERMS: ("Agreement.Read.All of a person who signs in",),
}
_TERMS = "/identityGovernance/termsOfUse/agreements"
_CONTEXTS = "/identity/conditionalAccess/authenticationContextClassReferences"
#: So many objects whose names are not clear are compared with each other, and so many pairs are told in warnings.
_MOST_COMPARED, _MOST_WARNED = 200, 20
_CONTEXT_OPTION = "applications.authentication_contexts"


@dataclass
class References:
    """``names`` by kind and id; ``missing``: ids of nothing; ``wrong``: the type of an object that is none of the kind; ``contexts``: missing ones."""

    names: dict[tuple[Refers, str], str] = field(default_factory=dict)
    missing: set[tuple[Refers, str]] = field(default_factory=set)
    wrong: dict[tuple[Refers, str], str] = field(default_factory=dict)
    contexts: set[str] = field(default_factory=set)
    #: Objects whose name another one of the kind has, too, or one that only looks the same.
    unclear: set[tuple[Refers, str]] = field(default_factory=set)

    def label(self, refers: Refers, object_id: str) -> str:
        """Return what is said of an object: its name, with its id where the name does not tell which one it is."""
        name, key = self.names.get((refers, object_id)), (refers, object_id)
        if key in self.missing:
            return f"{object_id} (does not exist)"
        if key in self.wrong:
            return f"{name or object_id} (which is not a {refers.value})"
        if name is None:
            return f"{object_id} (name not known)" if is_guid(object_id) else object_id
        return f"{name} ({object_id})" if key in self.unclear else name


def list_references(policies: t.Iterable[Policy]) -> dict[Refers, set[str]]:
    """Return the ids that policies name, by what they are of."""
    found: dict[Refers, set[str]] = {}
    for policy in policies:
        for item in FIELDS:
            value = policy.form.get(item.option)
            if item.refers is not None and value:
                texts = value if item.is_set else {value}
                found.setdefault(item.refers, set()).update(text for text in texts if is_guid(text))
    return {refers: ids for refers, ids in found.items() if ids}


def read_references(
    graph: GraphClient, resolver: NameResolver, policies: t.Sequence[Policy], unread: Unread
) -> References:
    """Return what the ids in *policies* are of; what cannot be read is noted, and is neither there nor missing."""
    found, wanted = References(), list_references(policies)
    everybody = set().union(*(wanted.get(refers, set()) for refers in _PRINCIPALS))
    if everybody:
        try:
            resolver.remember_ids(everybody)
        except ApiError as exc:
            for refers in _PRINCIPALS:
                if wanted.pop(refers, None):
                    unread.note(f"{refers.value}s in policies", exc, _NEEDS[refers], ["dead_reference"])
    for refers in sorted(set(wanted) - {Refers.TENANT}, key=lambda refers: refers.value):
        try:
            existing = (
                _read_terms(graph, found) if refers is Refers.TERMS else resolver.find_existing(refers, wanted[refers])
            )
        except ApiError as exc:
            unread.note(_name_kind(refers), exc, _NEEDS[refers], ["dead_reference"])
            continue
        found.missing |= {(refers, object_id) for object_id in wanted[refers] - existing}
        types = graph.known_objects.types if refers in _PRINCIPALS else {}
        for object_id in wanted[refers] & existing:
            kind = types.get(object_id, _PRINCIPALS.get(refers, ""))
            if kind != _PRINCIPALS.get(refers, ""):
                found.wrong[refers, object_id] = kind
    found.names |= resolver.names
    _read_contexts(graph, policies, found, unread)
    found.unclear = find_unclear(found.names)
    return found


def _name_kind(refers: Refers) -> str:
    return refers.value if refers is Refers.TERMS else f"{refers.value}s in policies"


def _read_terms(graph: GraphClient, found: References) -> set[str]:
    listed = graph.list(_TERMS, intent="list the terms of use", needs=_NEEDS[Refers.TERMS])
    found.names |= {
        (Refers.TERMS, str(wire["id"]).lower()): str(wire["displayName"]) for wire in listed if wire.get("displayName")
    }
    return {str(wire["id"]).lower() for wire in listed}


def _read_contexts(graph: GraphClient, policies: t.Iterable[Policy], found: References, unread: Unread) -> None:
    """Find the authentication contexts that policies name and that there are not."""
    named = {text for policy in policies for text in policy.form.get(_CONTEXT_OPTION) or ()}
    if not named:
        return
    try:
        listed = graph.list(_CONTEXTS, intent="list the authentication contexts", needs=READ_NEEDS)
    except ApiError as exc:
        unread.note("authentication contexts in policies", exc, READ_NEEDS, ["dead_reference"])
        return
    found.contexts = {text for text in named if fold_case(text) not in {fold_case(str(wire["id"])) for wire in listed}}


def find_unclear(names: t.Mapping[tuple[Refers, str], str]) -> set[tuple[Refers, str]]:
    """Return the objects whose name another one of their kind has, or one that looks the same."""
    seen: dict[tuple[Refers, str], set[tuple[Refers, str]]] = {}
    for key, name in names.items():
        for shape in find_appearances(name):
            seen.setdefault((key[0], shape), set()).add(key)
    return {key for keys in seen.values() if len(keys) > 1 for key in keys}


def warn_of_unclear_names(graph: GraphClient, references: References) -> None:
    """Warn of objects in policies whose names are not the same and look as if they were; of the first ones by name."""
    by_kind: dict[Refers, list[tuple[str, str]]] = {}
    for refers, object_id in sorted(references.unclear, key=lambda key: key[1]):
        by_kind.setdefault(refers, []).append((references.names[refers, object_id], object_id))
    warned = 0
    for refers, listed in sorted(by_kind.items(), key=lambda item: item[0].value):
        for (name, _key), (other, object_id) in itertools.combinations(listed[:_MOST_COMPARED], 2):
            if warned < _MOST_WARNED and is_lookalike(name, other):
                warned += 1
                label = f"{refers.value} {other!r} ({object_id}), which policies name, too,"
                graph.ctx.warn(describe_lookalike(refers.value.capitalize(), name, other, label))
