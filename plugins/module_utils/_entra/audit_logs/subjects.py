# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The applications and users that a task asks for, with all ids under which the logs may name them. Reads only.

Sign-ins name an application by its application id, changes by the object id of its registration or of its service principal. What was
deleted has left entries, too: an id that no object has any more is looked for as it is.
"""

from __future__ import annotations

import functools
import typing as t

from ..._core.addresses import quote_segment
from ..._core.errors import Problems
from ..._core.names import describe_suspicious_name, fold_case
from ..._core.values import is_guid
from ..batches import ReadRequest, read_in_batches
from ..client import GraphClient, build_name_filter, filter_by_name, format_alternate_key
from ..lookalikes import describe_lookalikes
from ..option_checks import Problem, describe_problem
from ..principals import PrincipalLookup, list_user_names
from .queries import Subject, build_object_subject

_APPLICATION_NEEDS = ("Application.Read.All",)
_USER_NEEDS = ("User.Read.All",)
_SELECT = {"$select": "id,appId,displayName"}
#: Both objects of an application.
_COLLECTIONS = ("/applications", "/servicePrincipals")
Wire: t.TypeAlias = t.Mapping[str, t.Any]


class SeveralFound(LookupError):
    """A name that several have; ``keys``: their ids."""

    def __init__(self, told: str, keys: t.Sequence[str], choices: t.Iterable[str]) -> None:
        super().__init__(f"{told}: give one of {', '.join(choices)}")
        self.told, self.keys = told, keys


def find_subjects(graph: GraphClient, options: t.Mapping[str, t.Any]) -> tuple[list[Subject], list[str]]:
    """Return what the entries have to be about, and what is wrong with the names of nothing that is there, with ``unknown_names: tell``.

    Such a name is looked for as the audit log has it, and of a name that several have all are. Without the option raises Problems with
    every name that is not found or not clear; raises ApiError.
    """
    if options.get("everything"):
        return [Subject("everything", "everything")], []
    names = _NamedSubjects(graph, tells=options.get("unknown_names") == "tell")
    found: list[Subject] = []
    for index, text in enumerate(options.get("applications") or ()):
        found += names.find(
            "application",
            text,
            f"applications[{index}]",
            functools.partial(find_application, graph),
            lambda key: _build_application(graph, key, _find_by_id(graph, key)),
        )
    found += _find_users(graph, options.get("users") or (), names)
    found += [build_object_subject(text) for text in options.get("objects") or ()]
    if names.problems:
        raise Problems(f"{len(names.problems)} names cannot be searched for in the logs", names.problems)
    return list(dict.fromkeys(found)), names.unknown


class _NamedSubjects:
    """What names stand for. ``problems``: names that cannot be used; ``unknown``: what is wrong with those that are used nevertheless."""

    def __init__(self, graph: GraphClient, *, tells: bool) -> None:
        self._graph, self._tells = graph, tells
        self.problems: list[Problem] = []
        self.unknown: list[str] = []

    def find(
        self,
        kind: str,
        text: str,
        where: str,
        find_one: t.Callable[[str], Subject],
        find_by_key: t.Callable[[str], Subject],
    ) -> list[Subject]:
        """Return what *text*, from the option *where*, stands for; nothing where it cannot be used. Raises ApiError."""
        try:
            return [find_one(text)]
        except SeveralFound as exc:
            if self._tells:
                self._graph.ctx.warn(
                    f"option {where}: {exc.told}, and all of them are searched for: {', '.join(exc.keys)}."
                )
                return [find_by_key(key) for key in exc.keys]
            self.problems.append(describe_problem(where, str(exc)))
        except LookupError as exc:
            if self._tells:
                self.unknown.append(f"option {where}: {exc}")
                return [Subject("object", f"{kind} {text}", name=text)]
            self.problems.append(describe_problem(where, str(exc)))
        return []


def find_application(graph: GraphClient, text: str) -> Subject:
    """Return the application that an application id, an object id, a display name or a unique name is of.

    Raises LookupError for a name of none, SeveralFound for one of several, and ApiError.
    """
    return _build_application(graph, text, _find_by_id(graph, text) if is_guid(text) else _find_by_name(graph, text))


def _build_application(graph: GraphClient, text: str, wires: t.Sequence[Wire]) -> Subject:
    if not wires:
        graph.ctx.warn(
            f"No application in the tenant has the id {text}; it may have been deleted. The logs are searched for "
            "the id as given, not for the application's other ids."
        )
        return Subject("application", f"application {text}", text.lower(), (text.lower(),))
    app_id, name = str(wires[0].get("appId")).lower(), str(wires[0].get("displayName") or text)
    ids = tuple(sorted({str(wire.get("id")).lower() for wire in wires}))
    return Subject("application", f"application {name}", app_id, ids)


def _find_by_id(graph: GraphClient, given: str) -> list[Wire]:
    """Return the registration and the service principal of the application with this id, those that there are."""
    by_app_id = _read_both(graph, format_alternate_key("appId", given.lower()), given)
    if by_app_id:
        return by_app_id
    one = _read_both(graph, f"/{quote_segment(given.lower())}", given)
    return _read_both(graph, format_alternate_key("appId", str(one[0].get("appId"))), given) or one if one else []


def _read_both(graph: GraphClient, key: str, given: str, collections: t.Sequence[str] = _COLLECTIONS) -> list[Wire]:
    requests = [ReadRequest(f"{collection}{key}", _SELECT, is_list=False) for collection in collections]
    answers = read_in_batches(graph, requests, intent=f"find application {given}", needs=_APPLICATION_NEEDS)
    return [answer for answer in answers if isinstance(answer, dict)]


def _find_by_name(graph: GraphClient, name: str) -> list[Wire]:
    doubt = describe_suspicious_name("application", name)
    if doubt:
        graph.ctx.warn(doubt)
    params = {**_SELECT, "$filter": build_name_filter(name)}
    requests = [ReadRequest(collection, params) for collection in _COLLECTIONS]
    lists = read_in_batches(graph, requests, intent=f"find application {name}", needs=_APPLICATION_NEEDS)
    listed = [wire for answer in lists if isinstance(answer, list) for wire in answer]
    found = filter_by_name(listed, "displayName", name)
    app_ids = sorted({str(wire.get("appId")).lower() for wire in found})
    if len(app_ids) > 1:
        raise SeveralFound(f"{len(app_ids)} applications have the display name {name!r}", app_ids, app_ids)
    if not found:
        unique = _read_both(graph, format_alternate_key("uniqueName", name), name, _COLLECTIONS[:1])
        if unique:
            app_id = str(unique[0].get("appId"))
            return _read_both(graph, format_alternate_key("appId", app_id), name) or list(unique)
        near = describe_lookalikes(listed, "displayName", name)
        raise LookupError(f"no application {name!r} in the tenant{near}; give the id of one that was deleted")
    return _read_both(graph, format_alternate_key("appId", app_ids[0]), name) or list(found)


def _find_users(graph: GraphClient, names: t.Sequence[str], named: _NamedSubjects) -> list[Subject]:
    """Return the users; those that are gone by the name or id that the logs have of them."""
    lookup = PrincipalLookup(graph)
    users = lookup.find_users(list_user_names(names))[0]
    found: list[Subject] = []
    for index, name in enumerate(names):
        if is_guid(name):
            found.append(Subject("user", f"user {name}", ids=(name.lower(),)))
        elif "@" in name:
            object_id = users.get(fold_case(name))
            if object_id is None:
                graph.ctx.warn(
                    f"There is no user {name} in the tenant; the user may have been deleted. The logs are searched for the name."
                )
            ids = (object_id,) if object_id else ()
            found.append(Subject("user", f"user {name}", ids=ids, name=name))
        else:
            found += named.find(
                "user",
                name,
                f"users[{index}]",
                functools.partial(_find_user_by_name, graph),
                functools.partial(_build_user, name),
            )
    return found


def _build_user(name: str, object_id: str) -> Subject:
    return Subject("user", f"user {name}", ids=(object_id,))


def _find_user_by_name(graph: GraphClient, name: str) -> Subject:
    params = {"$select": "id,displayName,userPrincipalName", "$filter": build_name_filter(name)}
    listed = graph.list("/users", intent=f"find user {name}", needs=_USER_NEEDS, params=params)
    found = filter_by_name(listed, "displayName", name)
    if len(found) > 1:
        choices = sorted(str(wire.get("userPrincipalName")) for wire in found)
        keys = sorted(str(wire["id"]).lower() for wire in found)
        raise SeveralFound(f"{len(found)} users have the display name {name!r}", keys, choices)
    if not found:
        near = describe_lookalikes(listed, "displayName", name)
        raise LookupError(f"no user {name!r} in the tenant{near}; give the user principal name or the object id")
    return Subject("user", f"user {name}", ids=(str(found[0]["id"]).lower(),), name=found[0].get("userPrincipalName"))
