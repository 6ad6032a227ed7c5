# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App role assignments, from the resource's side and from the principal's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.grants import DEFAULT_ACCESS, assign_role
from cvops_simulator.entra.graph.call import check_guid
from cvops_simulator.entra.graph.errors import bad_request, invalid_value, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.routing import Route

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_READ = ("Application.Read.All", "AppRoleAssignment.ReadWrite.All")
_WRITE = ("AppRoleAssignment.ReadWrite.All+Application.Read.All",)
_DELETE = ("AppRoleAssignment.ReadWrite.All",)
_TYPE = "appRoleAssignment"
_TABLE = "appRoleAssignments"
_READ_ONLY = frozenset(
    {"id", "createdDateTime", "deletedDateTime", "principalDisplayName", "principalType", "resourceDisplayName"}
)
_MEMBER_TYPE: dict[Kind, str] = {"user": "User", "group": "User", "servicePrincipal": "Application"}
_COLLECTIONS: dict[str, Kind] = {"serviceprincipals": "servicePrincipal", "groups": "group", "users": "user"}


def _find_side(call: Call) -> tuple[Kind, str]:
    """Return the kind of the addressed object, and the assignment's property that names it."""
    collection, _, rest = call.request.path.strip("/").partition("/")
    kind = _COLLECTIONS[collection.partition("(")[0].lower()]
    return kind, "resourceId" if "/approleassignedto" in f"/{rest}".lower() else "principalId"


def _make_context(call: Call, row: Row, name: str) -> str:
    collection = {"servicePrincipal": "servicePrincipals", "group": "groups", "user": "users"}[_find_side(call)[0]]
    return f"{collection}('{row['id']}')/{'appRoleAssignedTo' if name == 'resourceId' else _TABLE}"


def _list(call: Call) -> GraphResponse:
    kind, name = _find_side(call)
    owner = call.require(kind, call.arguments[0])
    rows = [row for row in call.view.rows(_TABLE).values() if row[name] == owner["id"]]
    return call.collection(_TYPE, rows, _make_context(call, owner, name))


def _create(call: Call) -> GraphResponse:
    kind, name = _find_side(call)
    owner = call.require(kind, call.arguments[0])
    body = call.body(_TYPE, _READ_ONLY)
    missing = [key for key in ("principalId", "resourceId", "appRoleId") if not body.get(key)]
    if missing:
        raise bad_request(
            f"A value is required for property '{missing[0]}' of resource 'AppRoleAssignment'.", "Required"
        )
    principal_id, resource_id, role_id = (check_guid(body[key]) for key in ("principalId", "resourceId", "appRoleId"))
    if {"principalId": principal_id, "resourceId": resource_id}[name] != owner["id"]:
        raise invalid_value(name, "AppRoleAssignment")
    principal_kind = call.tenant.kind_of(principal_id, call.view)
    resource = call.view.get("servicePrincipals", resource_id)
    if principal_kind is None or resource is None:
        raise not_found(principal_id if principal_kind is None else resource_id)
    if call.tenant.find(principal_id) is None or call.tenant.find(resource_id) is None:
        raise bad_request("Not a valid reference update.")
    _check_role(resource, principal_kind, role_id)
    same = (principal_id, resource_id, role_id)
    for row in call.tenant.app_role_assignments.values():
        if (row["principalId"], row["resourceId"], row["appRoleId"]) == same:
            raise bad_request("Permission being assigned already exists on the object", "InvalidUpdate", "")
    created = assign_role(call.tenant, principal_id, resource_id, role_id)
    return call.entity(_TYPE, created, _make_context(call, owner, name), 201)


def _check_role(resource: Row, kind: Kind, role_id: str) -> None:
    """Refuse a role that does not exist, is disabled or not for this kind; default access only without such roles."""
    member = _MEMBER_TYPE.get(kind)
    fitting = [role for role in resource["appRoles"] if member in role["allowedMemberTypes"] and role["isEnabled"]]
    if role_id == DEFAULT_ACCESS:
        if fitting:
            raise bad_request("Permission being assigned was not found on application")
        return
    if role_id not in {role["id"] for role in resource["appRoles"]}:
        raise bad_request("Permission being assigned was not found on application")
    if role_id not in {role["id"] for role in fitting}:
        raise bad_request("Permission being assigned is not valid for the type of the principal, or is disabled.")


def _delete(call: Call) -> GraphResponse:
    kind, name = _find_side(call)
    owner = call.require(kind, call.arguments[0])
    key = parse_key(call.arguments[1])[1]
    row = call.view.get(_TABLE, key)
    if row is None or row[name] != owner["id"] or call.tenant.store.remove(_TABLE, key, "grant") is None:
        raise bad_request("EntitlementGrant being updated or deleted is not found.")
    return NO_CONTENT


def _make_routes(base: str) -> tuple[Route, ...]:
    return (
        Route("GET", base, _list, _READ),
        Route("POST", base, _create, _WRITE),
        Route("DELETE", f"{base}/{{}}", _delete, _DELETE),
    )


ROUTES = (
    *_make_routes("/servicePrincipals/{}/appRoleAssignedTo"),
    *_make_routes("/servicePrincipals/{}/appRoleAssignments"),
    *_make_routes("/groups/{}/appRoleAssignments"),
    *_make_routes("/users/{}/appRoleAssignments"),
)
