# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Users and other directory objects as options name them: by object id or by user principal name."""

from __future__ import annotations

import typing as t

from .._core.context import CountAs
from .._core.errors import Forbidden, Problems
from .._core.names import describe_suspicious_name, fold_case
from .._core.retry import Repeat
from .._core.values import get_objects, is_guid
from .client import GraphClient, describe_lookalikes, quote_literal

#: Names in one query; Graph takes no more than fifteen values in an "in" filter.
_NAMES_AT_ONCE = 15
#: Ids in one getByIds. Microsoft Learn (directoryObject: getByIds): up to 1,000.
_IDS_AT_ONCE = 1000


def resolve_object_ids(graph: GraphClient, names: t.Sequence[str] | None, option: str) -> list[str] | None:
    """Return the object ids for *names* in lower case, in their order without duplicates; None for None.

    Warns of names that look like others. Raises Problems with every entry of *option* that is neither a GUID nor the name of
    a user.
    """
    if names is None:
        return None
    for name in names:
        doubt = describe_suspicious_name("user", name)
        if doubt:
            graph.ctx.warn(doubt)
    users, seen = _find_users(graph, [name for name in names if not is_guid(name) and "@" in name])
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


def _find_users(graph: GraphClient, names: t.Sequence[str]) -> tuple[dict[str, str], list[dict[str, t.Any]]]:
    """Return the users that exist, and all objects that Graph gave for the names; many names go in one request.

    The users: object ids by user principal name in its form for comparison.
    """
    wanted = sorted({fold_case(name): name for name in names}.values())
    found: dict[str, str] = {}
    seen: list[dict[str, t.Any]] = []
    for start in range(0, len(wanted), _NAMES_AT_ONCE):
        chunk = wanted[start : start + _NAMES_AT_ONCE]
        quoted = ", ".join(quote_literal(name) for name in chunk)
        listed = graph.list(
            "/users",
            intent=f"find user {chunk[0]}" + (f" and {len(chunk) - 1} more" if len(chunk) > 1 else ""),
            needs=["User.Read.All"],
            params={"$filter": f"userPrincipalName in ({quoted})", "$select": "id,userPrincipalName"},
        )
        seen += listed
        found |= {fold_case(str(user["userPrincipalName"])): str(user["id"]).lower() for user in listed}
    return found, seen


def verify_object_ids(
    graph: GraphClient, given: t.Mapping[str, t.Sequence[str] | None], known: t.Mapping[str, t.Sequence[str]]
) -> list[str]:
    """Return the object ids of *given* that could not be verified, in lower case and sorted; a warning tells them.

    *given*: what people wrote, by option; *known*: object ids by option that Entra ID has shown, which are not asked for, and neither
    are those of objects that this run has created. Raises Problems with every id that no object of the directory has.
    """
    places: dict[str, str] = {}
    for option, names in given.items():
        shown = set(known.get(option, ()))
        for index, name in enumerate(names or ()):
            if is_guid(name) and name.lower() not in shown and not graph.recent_objects.contains_any([name]):
                places.setdefault(name.lower(), f"{option}[{index}]")
    if not places:
        return []
    try:
        found = _find_existing_ids(graph, sorted(places))
    except Forbidden as exc:
        graph.ctx.warn(
            f"Object ids were not verified, so it is not known whose they are: {', '.join(sorted(places))}. {exc}"
        )
        return sorted(places)
    problems = [
        {"kind": "not_found", "where": where, "message": f"no object of the directory has the object id {object_id}"}
        for object_id, where in places.items()
        if object_id not in found
    ]
    if problems:
        raise Problems(f"{len(problems)} object ids are of nothing; nothing was written:", problems)
    return []


def _find_existing_ids(graph: GraphClient, object_ids: t.Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(object_ids), _IDS_AT_ONCE):
        answer = graph.write(
            "POST",
            "/directoryObjects/getByIds",
            {"ids": list(object_ids[start : start + _IDS_AT_ONCE])},
            intent="verify object ids",
            needs=["Directory.Read.All"],
            repeat=Repeat.ALWAYS,
            count_as=CountAs.READ,
        )
        found |= {str(item["id"]).lower() for item in get_objects(answer, "value")}
    return found
