# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners and members: lists, `$ref` changes and binds in bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.call import check_guid
from cvops_simulator.entra.graph.deletion import soft_delete
from cvops_simulator.entra.graph.errors import GraphError, bad_request, denied, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.tenant import TABLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_APP_READ = ("Application.Read.All", "Application.ReadWrite.OwnedBy")
_APP_WRITE = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy+Directory.Read.All*")
_MEMBER_READ = ("GroupMember.ReadBasic.All", "Group.Create")
_MEMBER_WRITE = ("GroupMember.ReadWrite.All", "Group.Create*")
_OWNER_WRITE = ("Group.ReadWrite.All", "Group.Create*")
_MAX_BINDS = 20
_MAX_OWNERS = 100
_MEMBERS: tuple[Kind, ...] = ("user", "group", "servicePrincipal")
_OWNERS: tuple[Kind, ...] = ("user", "servicePrincipal")
_DELETERS: dict[Kind, str] = {
    "user": "User.ReadWrite.All",
    "group": "Group.ReadWrite.All",
    "servicePrincipal": "Application.ReadWrite.All",
    "application": "Application.ReadWrite.All",
}


def resolve_bound_ids(call: Call, body: Row, relation: str, kinds: tuple[Kind, ...]) -> list[str]:
    """Return ids of a body's `members@odata.bind` (or owners).

    At most 20, all known to the replica and of these kinds.
    """
    urls = body.get(f"{relation}@odata.bind", [])
    if not isinstance(urls, list):
        raise bad_request("Invalid URL format specified in payload.")
    if len(urls) > _MAX_BINDS:
        raise bad_request(f"The number of references in '{relation}@odata.bind' exceeds the limit of {_MAX_BINDS}.")
    ids = [call.reference(url) for url in urls]
    for object_id in ids:
        if call.existing(object_id) not in kinds:
            raise bad_request(f"Invalid object type specified for property '{relation}'.")
    return list(dict.fromkeys(ids))


def check_master(group: Row) -> None:
    """Refuse changes of a group that is synchronised from on premises: its master is there."""
    if group["onPremisesSyncEnabled"]:
        text = "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
        raise bad_request(f"{text}currently undergoing migration.", "DirSyncMastered")


def check_members_writable(call: Call, group: Row) -> None:
    """Refuse members of dynamic groups; those of role-assignable groups need one more permission."""
    if "DynamicMembership" in group["groupTypes"]:
        raise bad_request("Insufficient privileges: the members of a dynamic membership group cannot be changed.")
    if group["isAssignableToRole"] and "RoleManagement.ReadWrite.Directory" not in call.caller.permissions:
        raise denied()


def add_references(call: Call, owner: Row, relation: str, ids: list[str]) -> None:
    """Add ids to a relation; 400 when one is there already."""
    present = call.tenant.store.primary().ids(relation, owner["id"])
    if set(ids) & set(present):
        text = "One or more added object references already exist for the following modified properties:"
        raise bad_request(f"{text} '{relation}'.")
    if relation == "owners" and len(present) + len(ids) > _MAX_OWNERS:
        raise bad_request(f"The number of owners exceeds the limit of {_MAX_OWNERS}.")
    call.tenant.relate(relation, owner["id"], [*present, *ids])


def _list_transitive_members(call: Call, group_id: str) -> list[str]:
    found: dict[str, None] = {}
    todo = [group_id]
    while todo:
        for object_id in call.view.ids("members", todo.pop()):
            if object_id not in found:
                found[object_id] = None
                todo.append(object_id)
    return list(found)


def _list_containing(call: Call, object_id: str) -> list[str]:
    return call.view.owners_of("members", object_id)


def _list_transitive_containing(call: Call, object_id: str) -> list[str]:
    found: dict[str, None] = {}
    todo = [object_id]
    while todo:
        for group_id in _list_containing(call, todo.pop()):
            if group_id not in found:
                found[group_id] = None
                todo.append(group_id)
    return list(found)


def _list_owned(call: Call, object_id: str) -> list[str]:
    return call.view.owners_of("owners", object_id)


def _list_direct(relation: str) -> Callable[[Call, str], list[str]]:
    return lambda call, object_id: call.view.ids(relation, object_id)


def _make_lister(kind: Kind, ids: Callable[[Call, str], list[str]]) -> Callable[[Call], GraphResponse]:
    def handler(call: Call) -> GraphResponse:
        found = ids(call, call.require(kind, call.arguments[0])["id"])
        last = call.request.path.rstrip("/").rpartition("/")[2]
        if last == "$count":
            known = [row for row in (call.tenant.find(item, call.view) for item in found) if row]
            return call.count("directoryObject", known)
        only = next((item for item in TABLES if last.lower() == f"microsoft.graph.{item}".lower()), None)
        return call.directory_objects(found, only)

    return handler


def _make_adder(kind: Kind, relation: str) -> Callable[[Call], GraphResponse]:
    def handler(call: Call) -> GraphResponse:
        owner = call.require(kind, call.arguments[0])
        if kind == "group":
            check_master(owner)
        if kind == "group" and relation == "members":
            check_members_writable(call, owner)
        body = call.request.body
        object_id = call.reference(body.get("@odata.id") if isinstance(body, dict) else None)
        allowed = _MEMBERS if relation == "members" else _OWNERS
        if call.existing(object_id) not in allowed:
            raise bad_request(f"Invalid object type specified for property '{relation}'.")
        add_references(call, owner, relation, [object_id])
        return NO_CONTENT

    return handler


def _make_remover(kind: Kind, relation: str) -> Callable[[Call], GraphResponse]:
    def handler(call: Call) -> GraphResponse:
        owner = call.require(kind, call.arguments[0])
        object_id = check_guid(call.arguments[1])
        if kind == "group":
            check_master(owner)
        if relation == "members":
            check_members_writable(call, owner)
        present = call.tenant.store.primary().ids(relation, owner["id"])
        if object_id not in present:
            raise not_found(object_id)
        left = [item for item in present if item != object_id]
        if kind == "group" and relation == "owners" and not left and call.tenant.kind_of(object_id) == "user":
            raise bad_request("The group must have at least one owner, hence this owner cannot be removed.")
        call.tenant.relate(relation, owner["id"], left)
        return NO_CONTENT

    return handler


def _make_object_deleter(kind: Kind, relation: str) -> Callable[[Call], GraphResponse]:
    """Return a handler that deletes the object itself when the caller may, as the service does without `/$ref`."""

    def handler(call: Call) -> GraphResponse:
        owner = call.require(kind, call.arguments[0])
        object_id = check_guid(call.arguments[1])
        target = call.tenant.find(object_id)
        found = call.tenant.kind_of(object_id)
        if target is None or found is None or object_id not in call.tenant.store.primary().ids(relation, owner["id"]):
            raise not_found(object_id)
        if _DELETERS[found] not in call.caller.permissions:
            raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        soft_delete(call.tenant, found, target)
        return NO_CONTENT

    return handler


def _make_list_routes(
    collection: str, kind: Kind, name: str, ids: Callable[[Call, str], list[str]], allow: tuple[str, ...]
) -> list[Route]:
    base = f"/{collection}/{{}}/{name}"
    casts = [f"{base}/microsoft.graph.{item}" for item in TABLES]
    return [Route("GET", path, _make_lister(kind, ids), allow) for path in (base, f"{base}/$count", *casts)]


def _make_change_routes(collection: str, kind: Kind, relation: str, allow: tuple[str, ...]) -> list[Route]:
    base = f"/{collection}/{{}}/{relation}"
    return [
        Route("POST", f"{base}/$ref", _make_adder(kind, relation), allow),
        Route("DELETE", f"{base}/{{}}/$ref", _make_remover(kind, relation), allow),
        Route("DELETE", f"{base}/{{}}", _make_object_deleter(kind, relation), allow),
    ]


_USER_READ = ("User.Read.All+GroupMember.ReadBasic.All", "Directory.Read.All")
ROUTES = (
    *_make_list_routes("applications", "application", "owners", _list_direct("owners"), _APP_READ),
    *_make_change_routes("applications", "application", "owners", _APP_WRITE),
    *_make_list_routes("servicePrincipals", "servicePrincipal", "owners", _list_direct("owners"), _APP_READ),
    *_make_change_routes("servicePrincipals", "servicePrincipal", "owners", _APP_WRITE),
    *_make_list_routes("groups", "group", "members", _list_direct("members"), _MEMBER_READ),
    *_make_list_routes("groups", "group", "transitiveMembers", _list_transitive_members, _MEMBER_READ),
    *_make_list_routes("groups", "group", "owners", _list_direct("owners"), _MEMBER_READ),
    *_make_change_routes("groups", "group", "members", _MEMBER_WRITE),
    *_make_change_routes("groups", "group", "owners", _OWNER_WRITE),
    *_make_list_routes("groups", "group", "memberOf", _list_containing, _MEMBER_READ),
    *_make_list_routes("groups", "group", "transitiveMemberOf", _list_transitive_containing, _MEMBER_READ),
    *_make_list_routes("users", "user", "memberOf", _list_containing, _USER_READ),
    *_make_list_routes("users", "user", "transitiveMemberOf", _list_transitive_containing, _USER_READ),
    *_make_list_routes("users", "user", "ownedObjects", _list_owned, _USER_READ),
    *_make_list_routes("servicePrincipals", "servicePrincipal", "memberOf", _list_containing, _APP_READ),
    *_make_list_routes(
        "servicePrincipals", "servicePrincipal", "transitiveMemberOf", _list_transitive_containing, _APP_READ
    ),
    *_make_list_routes("servicePrincipals", "servicePrincipal", "ownedObjects", _list_owned, _APP_READ),
)
