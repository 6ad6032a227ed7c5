# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Users and other directory objects as options name them: by object id or by user principal name."""

from __future__ import annotations

import contextlib
import typing as t

from .._core.context import CountAs
from .._core.errors import Forbidden, Problems
from .._core.names import describe_suspicious_name, fold_case
from .._core.retry import Repeat
from .._core.values import get_objects, is_guid
from .batches import build_value_queries, list_in_batches
from .client import GraphClient
from .id_holders import MOST_EXPLAINED, explain_id
from .lookalikes import describe_lookalikes
from .paging import merge_lists

#: Ids in one getByIds. Microsoft Learn (directoryObject: getByIds): up to 1,000.
_IDS_AT_ONCE = 1000
#: Types of objects that Entra ID refuses (Microsoft Learn: group, add members; application, group and servicePrincipal, add owner).
_NO_MEMBERS = frozenset(("application", "directoryRole", "administrativeUnit"))
_NO_OWNERS = _NO_MEMBERS | {"group", "device", "orgContact"}

Wire: t.TypeAlias = dict[str, t.Any]


class PrincipalLookup:
    """What Graph says of users and of object ids; each is asked for once."""

    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph
        self._users: dict[str, str] = {}
        self._seen: list[Wire] = []
        self._asked: set[str] = set()
        self._existing: dict[str, bool] = {}
        self._refusal: Forbidden | None = None

    def learn_users(self, shown: t.Iterable[Wire]) -> None:
        """Note the user names of directory objects that Graph has shown in another list."""
        for item in shown:
            name = item.get("userPrincipalName")
            if name:
                self._users.setdefault(fold_case(str(name)), str(item["id"]).lower())

    def find_users(self, names: t.Iterable[str]) -> tuple[t.Mapping[str, str], t.Sequence[Wire]]:
        """Return the users that exist, and all objects that Graph gave for the names; many names go in one request.

        The users: object ids by user principal name in its form for comparison.
        """
        folded = {fold_case(name): name for name in names}
        wanted = sorted(name for key, name in folded.items() if key not in self._users and key not in self._asked)
        if wanted:
            params = {"$select": "id,userPrincipalName"}
            queries = build_value_queries(self._graph, "/users", "userPrincipalName", wanted, params)
            intent = f"find user {wanted[0]}" + (f" and {len(wanted) - 1} more" if len(wanted) > 1 else "")
            lists = list_in_batches(self._graph, "/users", queries, intent=intent, needs=["User.Read.All"])
            listed = merge_lists(lists)
            self._seen += listed
            self._graph.known_objects.learn(listed)
            self._users |= {fold_case(str(user["userPrincipalName"])): str(user["id"]).lower() for user in listed}
            self._asked |= {fold_case(name) for name in wanted}
        return self._users, self._seen

    def find_existing_ids(self, object_ids: t.Iterable[str]) -> set[str]:
        """Return those of *object_ids*, all in lower case, that an object of the directory has. Raises Forbidden."""
        wanted = sorted(set(object_ids))
        unknown = [object_id for object_id in wanted if object_id not in self._existing]
        if unknown and self._refusal is not None:
            raise self._refusal
        for start in range(0, len(unknown), _IDS_AT_ONCE):
            self._ask_for_ids(unknown[start : start + _IDS_AT_ONCE])
        return {object_id for object_id in wanted if self._existing[object_id]}

    def remember_existing_ids(self, object_ids: t.Iterable[str]) -> None:
        """Ask for *object_ids*, all in lower case; a refusal is told by those who need the answer."""
        with contextlib.suppress(Forbidden):
            self.find_existing_ids(object_ids)

    def _ask_for_ids(self, object_ids: t.Sequence[str]) -> None:
        try:
            answer = self._graph.write(
                "POST",
                "/directoryObjects/getByIds",
                {"ids": list(object_ids)},
                intent="verify object ids",
                needs=["Directory.Read.All"],
                repeat=Repeat.ALWAYS,
                count_as=CountAs.READ,
            )
        except Forbidden as exc:
            self._refusal = exc
            raise
        listed = get_objects(answer, "value")
        self._graph.known_objects.learn(listed)
        found = {str(item["id"]).lower() for item in listed}
        self._existing.update({object_id: object_id in found for object_id in object_ids})


def resolve_object_ids(
    graph: GraphClient, names: t.Sequence[str] | None, option: str, lookup: PrincipalLookup | None = None
) -> list[str] | None:
    """Return the object ids for *names* in lower case, in their order without duplicates; None for None.

    Warns of names that look like others. Raises Problems with every entry of *option* that is neither a GUID nor the name of
    a user. *lookup*: what was asked before, None for nothing.
    """
    if names is None:
        return None
    for name in names:
        doubt = describe_suspicious_name("user", name)
        if doubt:
            graph.ctx.warn(doubt)
    users, seen = (lookup or PrincipalLookup(graph)).find_users(list_user_names(names))
    found: dict[str, None] = {}
    problems = []
    for index, name in enumerate(names):
        where = f"{option}[{index}]"
        if is_guid(name):
            found[name.lower()] = None
        elif "@" not in name:
            message = f"{name!r} is neither an object id nor a user principal name"
            problems.append({"kind": "config", "where": where, "message": message})
        elif fold_case(name) not in users:
            message = f"no user {name} in the tenant{describe_lookalikes(seen, 'userPrincipalName', name)}"
            problems.append({"kind": "not_found", "where": where, "message": message})
        else:
            found[users[fold_case(name)]] = None
    if problems:
        raise Problems(f"{len(problems)} entries of {option} cannot be used", problems)
    return list(found)


def list_user_names(names: t.Iterable[str]) -> list[str]:
    """Return the user principal names among *names*."""
    return [name for name in names if not is_guid(name) and "@" in name]


def verify_object_ids(
    graph: GraphClient,
    given: t.Mapping[str, t.Sequence[str] | None],
    known: t.Mapping[str, t.Sequence[str]],
    lookup: PrincipalLookup | None = None,
) -> list[str]:
    """Return the object ids of *given* that could not be verified, in lower case and sorted; a warning tells them.

    *given*: what people wrote, by option; *known*: object ids by option that Entra ID has shown, which are not asked for, and neither
    are those of objects that this run has created; *lookup*: what was asked before, None for nothing. Raises Problems with every id
    that no object of the directory has, or one of another type than the option takes.
    """
    places = find_unknown_ids(graph, given, known)
    if not places:
        return []
    try:
        found = (lookup or PrincipalLookup(graph)).find_existing_ids(places)
    except Forbidden as exc:
        graph.ctx.warn(
            f"Object ids were not verified, so it is not known what they identify: {', '.join(sorted(places))}. {exc}"
        )
        return sorted(places)
    wrong = {
        object_id: where
        for object_id, where in places.items()
        if object_id not in found or not _is_taken(where, graph.known_objects.types.get(object_id))
    }
    problems = [
        {
            "kind": "not_found",
            "where": where,
            "message": _describe_wrong_id(graph, object_id, where, object_id in found, number < MOST_EXPLAINED),
        }
        for number, (object_id, where) in enumerate(wrong.items())
    ]
    if problems:
        raise Problems(f"{len(problems)} object ids cannot be used; nothing was written:", problems)
    return []


def _is_taken(where: str, kind: str | None) -> bool:
    """Return True for an object of a type that the list at *where* takes, and for one whose type is not told or not known here."""
    return kind not in (_NO_OWNERS if where.startswith("owners") else _NO_MEMBERS)


def _describe_wrong_id(graph: GraphClient, object_id: str, where: str, is_there: bool, explained: bool) -> str:
    told = explain_id(graph, object_id, "servicePrincipal") if explained else ""
    if not is_there:
        return f"no object of the directory has the object id {object_id}{told}"
    takers = (
        "owners are users and service principals" if where.startswith("owners") else "such objects cannot be members"
    )
    return f"{object_id} cannot be used{told}; {takers}"


def find_unknown_ids(
    graph: GraphClient, given: t.Mapping[str, t.Sequence[str] | None], known: t.Mapping[str, t.Sequence[str]]
) -> dict[str, str]:
    """Return where the object ids stand, in lower case, that :func:`verify_object_ids` asks for."""
    places: dict[str, str] = {}
    for option, names in given.items():
        shown = set(known.get(option, ()))
        for index, name in enumerate(names or ()):
            if is_guid(name) and name.lower() not in shown and not graph.recent_objects.contains_any([name]):
                places.setdefault(name.lower(), f"{option}[{index}]")
    return places
