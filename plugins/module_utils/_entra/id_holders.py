# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What an id is of that is not of the kind an option takes, such as a service principal's where an application's is wanted. Reads only.

An application has three ids that portals show side by side: its application id (client id), the object id of its registration, and that of
its service principal. Nothing here is asked for before a normal read has said that there is no such object.
"""

from __future__ import annotations

import contextlib
import typing as t
from dataclasses import dataclass

from .._core.addresses import quote_segment
from .._core.context import CountAs
from .._core.errors import ApiError, ConfigError, Forbidden
from .._core.names import is_same_name
from .._core.retry import Repeat
from .._core.values import get_objects
from .client import GraphClient, format_alternate_key

#: Types of Graph whose names are not what people say.
_WORDS = {
    "application": "application (registration)",
    "servicePrincipal": "enterprise application (service principal)",
    "orgContact": "contact",
    "directoryRole": "directory role",
    "administrativeUnit": "administrative unit",
}
_COLLECTIONS = {
    "servicePrincipal": "servicePrincipals",
    "application": "applications",
    "group": "groups",
    "user": "users",
}
_NAMING = {"group": "", "user": "userPrincipalName"}
_OF_APPLICATIONS = ("application", "servicePrincipal")
_NEEDS = ("Directory.Read.All", "Application.Read.All")
#: So many ids of one list are explained, each by some requests.
MOST_EXPLAINED = 5

Key: t.TypeAlias = t.Literal["object_id", "app_id"]
Wanted: t.TypeAlias = t.Literal["application", "servicePrincipal", "group", "user"]
Wire: t.TypeAlias = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class IdHolder:
    """What has an id. ``key``: which of its ids it is; ``kind``: Graph's name of the type; ``app_id``: None for what is no application."""

    key: t.Literal["object_id", "app_id", "tenant_id"]
    kind: str
    name: str = ""
    object_id: str = ""
    app_id: str | None = None


def explain_id(graph: GraphClient, given: str, wanted: Wanted, by: Key = "object_id") -> str:
    """Return what the GUID *given* is of, as text to add to a message, such as "; it is the object id of the user …".

    Empty where it is of what is *wanted*, or of nothing that Graph shows. For an application or a service principal the text has the
    id that is wanted in its place. A read that is refused or fails tells nothing, since the caller has an error of its own to tell.
    """
    with contextlib.suppress(ApiError), graph.without_waiting():
        holder = _find_holder(graph, given.lower(), wanted)
        if holder is not None and not (holder.key == by and holder.kind == wanted):
            return _describe_holder(graph, holder, wanted, by)
    return ""


def refuse_other_kind(graph: GraphClient, given: str, wanted: Wanted, by: Key, option: str) -> None:
    """Raise ConfigError for an id, which *option* gives, that is of another kind. One of nothing is fine: what it was of is gone.

    For those who have nothing to do when an object is absent. An application id is that of its registration and of its service
    principal; where one of them is gone, the other one says nothing against it.
    """
    with contextlib.suppress(ApiError), graph.without_waiting():
        holder = _find_holder(graph, given.lower(), wanted)
        if holder is not None and (holder.key != by or (by == "object_id" and holder.kind != wanted)):
            told = _describe_holder(graph, holder, wanted, by)
            words = _WORDS.get(wanted, wanted)
            raise ConfigError(f"{option}: no {words} has the {_name_key(by)} {given}{told}", source=f"option {option}")


def _find_holder(graph: GraphClient, given: str, wanted: Wanted) -> IdHolder | None:
    """Return what has the id *given*, None for nothing. Raises ApiError."""
    if is_same_name(str(graph.read_token_claims().get("tid") or ""), given):
        return IdHolder("tenant_id", "tenant")
    try:
        found = _find_by_object_id(graph, given)
    except Forbidden:
        found = _find_by_type(graph, given)
    if found is not None and found.kind in _OF_APPLICATIONS and not found.app_id:
        # To callers of few rights Graph tells type and id of an object, and nothing else.
        found = _find_by_type(graph, given) or found
    return found or _find_by_app_id(graph, given, wanted)


def _find_by_object_id(graph: GraphClient, given: str) -> IdHolder | None:
    answer = graph.write(
        "POST",
        "/directoryObjects/getByIds",
        {"ids": [given]},
        intent=f"find out what {given} is",
        needs=_NEEDS[:1],
        repeat=Repeat.ALWAYS,
        count_as=CountAs.READ,
    )
    for wire in get_objects(answer, "value"):
        kind = str(wire.get("@odata.type") or "").rpartition(".")[2]
        if kind and is_same_name(str(wire.get("id") or ""), given):
            return _build_holder("object_id", kind, wire)
    return None


def _find_by_type(graph: GraphClient, given: str) -> IdHolder | None:
    """Return what has the object id, asked for type by type: a caller may read some of them only."""
    for kind, collection in _COLLECTIONS.items():
        wire = _read(graph, f"/{collection}/{quote_segment(given)}", given, kind)
        if wire is not None:
            return _build_holder("object_id", kind, wire)
    return None


def _find_by_app_id(graph: GraphClient, given: str, wanted: Wanted) -> IdHolder | None:
    """Return the application with this application id; the object of it that is *wanted* where there are both."""
    for kind in sorted(_OF_APPLICATIONS, key=lambda kind: kind != wanted):
        wire = _read(graph, f"/{_COLLECTIONS[kind]}{format_alternate_key('appId', given)}", given, kind)
        if wire is not None:
            return _build_holder("app_id", kind, wire)
    return None


def _read(graph: GraphClient, path: str, given: str, kind: str) -> Wire | None:
    """Return the object at *path*; None where it is not there, and where the caller may not read such objects. Raises ApiError."""
    params = {"$select": f"id,displayName,{_NAMING.get(kind, 'appId')}".rstrip(",")}
    with contextlib.suppress(Forbidden):
        return graph.get(path, intent=f"find out what {given} is", needs=_NEEDS, params=params)
    return None


def _describe_holder(graph: GraphClient, holder: IdHolder, wanted: Wanted, by: Key) -> str:
    if holder.key == "tenant_id":
        return "; it is the id of the tenant"
    words = "application" if holder.key == "app_id" else _WORDS.get(holder.kind, holder.kind)
    text = f"; it is the {_name_key(holder.key)} of the {words} {holder.name or 'without a name'}"
    if wanted not in _OF_APPLICATIONS or not holder.app_id:
        return text
    if by == "app_id" and holder.key == "app_id":
        told = f"; it has no {_WORDS[wanted]} in this tenant"
    elif by == "app_id":
        told = f"; its application id (client id) is {holder.app_id}"
    else:
        other = holder.object_id if holder.kind == wanted else _find_counterpart(graph, holder.app_id, wanted)
        told = f"; the object id of its {_WORDS[wanted]} is {other}" if other else ""
    return text + told


def _find_counterpart(graph: GraphClient, app_id: str, wanted: Wanted) -> str | None:
    """Return the object id of the other object of an application, None where it is not shown."""
    with contextlib.suppress(ApiError):
        wire = _read(graph, f"/{_COLLECTIONS[wanted]}{format_alternate_key('appId', app_id)}", app_id, wanted)
        return str((wire or {}).get("id") or "") or None
    return None


def _build_holder(key: Key, kind: str, wire: Wire) -> IdHolder:
    name = wire.get("userPrincipalName") or wire.get("displayName") or ""
    app_id = str(wire.get("appId") or "") or None if kind in _OF_APPLICATIONS else None
    return IdHolder(key, kind, str(name), str(wire.get("id") or ""), app_id)


def _name_key(key: str) -> str:
    return "application id (client id)" if key == "app_id" else "object id"
