# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""API permissions: the service principals of APIs, and the names and ids of the permissions that they offer."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._core.errors import Problems
from .._core.names import find_nearest_names, fold_case
from .._core.values import get_objects, get_texts, is_guid
from .client import GraphClient, build_name_filter, describe_lookalikes, filter_by_name, format_alternate_key

#: Names of APIs whose application id is the same in every tenant; all other names are looked up.
WELL_KNOWN = {"microsoft graph": "00000003-0000-0000-c000-000000000000"}
_READ = ("Application.ReadWrite.OwnedBy", "Application.Read.All")
_SELECT = "id,appId,displayName,appRoles,oauth2PermissionScopes"
#: Kinds of permission, and their names in Graph's requiredResourceAccess.
KINDS = {"application": "Role", "delegated": "Scope"}

Problem = dict[str, str]


@dataclass(frozen=True)
class ResourceApi:
    """An API as its service principal shows it.

    ``application`` and ``delegated`` map permission names to ids, of those that are enabled.
    """

    app_id: str
    object_id: str
    display_name: str
    application: t.Mapping[str, str]
    delegated: t.Mapping[str, str]

    @classmethod
    def from_wire(cls, wire: t.Mapping[str, t.Any]) -> ResourceApi:
        """Return the API of a service principal as Graph gives it."""
        return cls(
            app_id=str(wire["appId"]).lower(),
            object_id=str(wire["id"]),
            display_name=str(wire.get("displayName") or wire["appId"]),
            application=_map_permission_ids(get_objects(wire, "appRoles"), "Application"),
            delegated=_map_permission_ids(get_objects(wire, "oauth2PermissionScopes"), None),
        )

    def get_ids(self, kind: str) -> t.Mapping[str, str]:
        """Return the ids by name of *kind*: ``application`` or ``delegated``."""
        return self.application if kind == "application" else self.delegated

    def get_names(self) -> dict[str, str]:
        """Return the names by id, of both kinds."""
        return {found: name for kind in KINDS for name, found in self.get_ids(kind).items()}


@dataclass(frozen=True)
class RequestedPermissions:
    """The permissions of one API that are asked for, as sorted ids; a kind of None is not managed."""

    api: ResourceApi
    application: tuple[str, ...] | None
    delegated: tuple[str, ...] | None

    def get_ids(self, kind: str) -> tuple[str, ...] | None:
        """Return the ids of *kind*; None where it is not managed."""
        return self.application if kind == "application" else self.delegated


def api_permissions_suboptions() -> dict[str, dict[str, t.Any]]:
    """Return the suboptions of ``api_permissions``, the same for every module that takes them."""
    return {
        "api": {"type": "str", "required": True},
        "application": {"type": "list", "elements": "str"},
        "delegated": {"type": "list", "elements": "str"},
    }


def match_permissions(
    api: ResourceApi, kind: str, names: t.Sequence[str], where: str
) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the ids of *names* in *api*, sorted, and a problem for every name that it does not offer.

    *names* may be names or ids, *where* is the path of their option.
    """
    known = api.get_ids(kind)
    own_ids = {found.lower() for found in known.values()}
    found: set[str] = set()
    problems: list[Problem] = []
    for index, name in enumerate(names):
        if name in known:
            found.add(known[name])
        elif name.lower() in own_ids:
            found.add(name.lower())
        else:
            message = f"{api.display_name} has no {kind} permission {name!r}{_suggest_permission(api, kind, name)}"
            problems.append({"kind": "not_found", "where": f"{where}[{index}]", "message": message})
    return tuple(sorted(found)), problems


def _suggest_permission(api: ResourceApi, kind: str, name: str) -> str:
    other = "delegated" if kind == "application" else "application"
    if name in api.get_ids(other):
        return f"; it is {'an' if other == 'application' else 'a'} {other} permission there"
    near = find_nearest_names(name, api.get_ids(kind), 3, 0.7)
    return f"; near: {', '.join(near)}" if near else ""


def _map_permission_ids(entitlements: t.Any, member_type: str | None) -> dict[str, str]:
    """Return the ids by value of the enabled entries; of app roles only those that *member_type* can hold."""
    return {
        str(item["value"]): str(item["id"]).lower()
        for item in entitlements
        if item.get("value")
        and item.get("isEnabled", True)
        and (
            member_type is None
            or "allowedMemberTypes" not in item
            or member_type in get_texts(item, "allowedMemberTypes")
        )
    }


class ApiResolver:
    """Finder of APIs in the tenant; each is read once."""

    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph
        self._by_app_id: dict[str, ResourceApi | None] = {}
        self._alike: dict[str, str] = {}

    def find_by_app_id(self, app_id: str) -> ResourceApi | None:
        """Return the API with this application id, or None when it has no service principal in the tenant."""
        wanted = app_id.lower()
        if wanted not in self._by_app_id:
            wire = self._graph.get(
                f"/servicePrincipals{format_alternate_key('appId', wanted)}",
                intent=f"read the permissions of API {app_id}",
                needs=_READ,
                params={"$select": _SELECT},
            )
            self._by_app_id[wanted] = ResourceApi.from_wire(wire) if wire is not None else None
        return self._by_app_id[wanted]

    def find_by_name(self, name: str) -> list[ResourceApi]:
        """Return all APIs of this display name; a well-known name or an application id gives at most one."""
        app_id = name if is_guid(name) else WELL_KNOWN.get(fold_case(name))
        if app_id is not None:
            single = self.find_by_app_id(app_id)
            return [single] if single is not None else []
        wires = self._graph.list(
            "/servicePrincipals",
            intent=f"find API {name}",
            needs=_READ,
            params={"$filter": build_name_filter(name), "$select": _SELECT},
        )
        self._alike[name] = describe_lookalikes(wires, "displayName", name)
        found = [ResourceApi.from_wire(wire) for wire in filter_by_name(wires, "displayName", name)]
        self._by_app_id.update({api.app_id: api for api in found})
        return found

    def resolve(
        self, entries: t.Sequence[t.Mapping[str, t.Any]], option: str = "api_permissions"
    ) -> list[RequestedPermissions]:
        """Return the permissions that the entries ``{api, application, delegated}`` name, in their order.

        Raises Problems with everything that is unknown, ambiguous or listed twice.
        """
        resolved: dict[str, RequestedPermissions] = {}
        problems: list[Problem] = []
        for index, entry in enumerate(entries):
            where = f"{option}[{index}]"
            found = self.find_by_name(entry["api"])
            if len(found) != 1:
                problems.append(
                    _describe_unusable_api(entry["api"], found, f"{where}.api", self._alike.get(entry["api"], ""))
                )
                continue
            chosen: dict[str, tuple[str, ...] | None] = {}
            for kind in KINDS:
                names = entry.get(kind)
                if names is None:
                    chosen[kind] = None
                    continue
                chosen[kind], unknown = match_permissions(found[0], kind, names, f"{where}.{kind}")
                problems += unknown
            if found[0].app_id in resolved:
                message = f"API {found[0].display_name} is listed twice: put its permissions into one entry"
                problems.append({"kind": "config", "where": f"{where}.api", "message": message})
            resolved[found[0].app_id] = RequestedPermissions(found[0], chosen["application"], chosen["delegated"])
        if problems:
            raise Problems(f"{len(problems)} API permissions cannot be used", problems)
        return list(resolved.values())


def _describe_unusable_api(name: str, found: t.Sequence[ResourceApi], where: str, alike: str) -> Problem:
    if found:
        ids = ", ".join(sorted(api.app_id for api in found))
        message = (
            f"{len(found)} service principals have the display name {name!r}: give one of the application ids {ids}"
        )
        return {"kind": "ambiguous", "where": where, "message": message}
    message = f"no service principal of API {name!r} is in the tenant{alike}: check the name, or create it with entra_service_principal"
    return {"kind": "not_found", "where": where, "message": message}
