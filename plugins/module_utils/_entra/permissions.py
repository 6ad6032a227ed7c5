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
from .client import GraphClient, build_name_filter, filter_by_name, format_alternate_key
from .id_holders import explain_id
from .lookalikes import describe_lookalikes
from .permission_presets.expand import PermissionEntry, expand_presets, unite_names
from .permission_presets.presets import GRAPH, PRESETS
from .permission_presets.tier_0 import explain_tier_0

#: Names of APIs whose application id is the same in every tenant; all other names are looked up.
WELL_KNOWN = {"microsoft graph": GRAPH}
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

    def unite(self, other: RequestedPermissions) -> RequestedPermissions:
        """Return what both ask of the same API; a kind is managed where one of them manages it."""
        return RequestedPermissions(
            self.api,
            unite_names(self.application, other.application),
            unite_names(self.delegated, other.delegated),
        )


def api_permissions_option() -> dict[str, t.Any]:
    """Return the option ``api_permissions``, the same for every module that takes it."""
    return {
        "type": "list",
        "elements": "dict",
        "options": {
            "preset": {"type": "str", "choices": sorted(PRESETS)},
            "api": {"type": "str"},
            "application": {"type": "list", "elements": "str"},
            "delegated": {"type": "list", "elements": "str"},
        },
        "required_one_of": [["preset", "api"]],
        "mutually_exclusive": [["preset", "api"], ["preset", "application"], ["preset", "delegated"]],
    }


def list_tier_0(app_id: str, kind: str, names: t.Iterable[str]) -> dict[str, str]:
    """Return those of the *names* of permissions that are of tier 0, with the reason in words."""
    found = {name: explain_tier_0(app_id, kind, name) for name in names}
    return {name: reason for name, reason in found.items() if reason}


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
    if name in api.get_ids(other) or name.lower() in api.get_ids(other).values():
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
        self,
        entries: t.Sequence[t.Mapping[str, t.Any]],
        option: str = "api_permissions",
        exclusive: bool = False,
    ) -> list[RequestedPermissions]:
        """Return the permissions that the items of the option name, once per API, in their order.

        Presets unite with each other and with the item that names the same API. *exclusive*: as for :func:`expand_presets`. Raises
        Problems with everything that is unknown, ambiguous or listed twice.
        """
        resolved: dict[str, RequestedPermissions] = {}
        by_hand: set[str] = set()
        problems: list[Problem] = []
        for entry in expand_presets(entries, option, exclusive):
            found = self.find_by_name(entry.api)
            if len(found) != 1:
                problems.append(self._describe_unusable_api(entry, found))
                continue
            api = found[0]
            request, unknown = _match_entry(entry, api)
            problems += unknown
            if entry.preset is None and api.app_id in by_hand:
                message = f"API {api.display_name} is listed twice: put its permissions into one entry"
                problems.append({"kind": "config", "where": entry.get_place("api"), "message": message})
            elif entry.preset is None:
                by_hand.add(api.app_id)
            known = resolved.get(api.app_id)
            resolved[api.app_id] = known.unite(request) if known else request
        if problems:
            raise Problems(f"{len(problems)} API permissions cannot be used", problems)
        return list(resolved.values())

    def _describe_unusable_api(self, entry: PermissionEntry, found: t.Sequence[ResourceApi]) -> Problem:
        near = self._alike.get(entry.api, "")
        if not found and not entry.preset and is_guid(entry.api):
            near = explain_id(self._graph, entry.api, "servicePrincipal", "app_id")
        return _describe_unusable_api(entry, found, near)


def _match_entry(entry: PermissionEntry, api: ResourceApi) -> tuple[RequestedPermissions, list[Problem]]:
    """Return what the entry asks of its API, and a problem for every name that the API does not offer."""
    chosen: dict[str, tuple[str, ...] | None] = {}
    problems: list[Problem] = []
    for kind in KINDS:
        names = entry.get_names(kind)
        if names is None:
            chosen[kind] = None
            continue
        chosen[kind], unknown = match_permissions(api, kind, names, entry.get_place(kind))
        if entry.preset:
            unknown = [
                {**problem, "where": entry.get_place(kind), "message": f"preset {entry.preset}: {problem['message']}"}
                for problem in unknown
            ]
        problems += unknown
    return RequestedPermissions(api, chosen["application"], chosen["delegated"]), problems


def _describe_unusable_api(entry: PermissionEntry, found: t.Sequence[ResourceApi], near: str) -> Problem:
    where = entry.get_place("api")
    if found:
        ids = ", ".join(sorted(api.app_id for api in found))
        message = f"{len(found)} service principals have the display name {entry.api!r}: give one of the application ids {ids}"
        return {"kind": "ambiguous", "where": where, "message": message}
    named = f"preset {entry.preset}: no service principal of API {entry.label}" if entry.preset else ""
    remedy = "create it with entra_service_principal"
    message = (
        f"{named} is in the tenant: {remedy}, or leave the preset out where the service is not used"
        if named
        else f"no service principal of API {entry.api!r} is in the tenant{near}: check the name, or {remedy}"
    )
    return {"kind": "not_found", "where": where, "message": message}
