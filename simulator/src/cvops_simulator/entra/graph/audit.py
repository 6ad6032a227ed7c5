# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory's audit log: one entry for each change that Graph has made.

The spelling of the activities is that of the portal as far as it is known; which properties an entry tells as modified
is the service's for credentials and policies, and here for everything else what the request names.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.graph.errors import GraphError
from cvops_simulator.entra.graph.messages import GraphResponse, parse_key
from cvops_simulator.entra.tenant import TABLES

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.graph.routing import Route
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_MOST_ENTRIES = 20_000
_CORE = "Core Directory"


@dataclass(frozen=True)
class _Activity:
    name: str
    operation: str
    category: str
    target: str
    service: str = _CORE


def _application(name: str, operation: str) -> _Activity:
    return _Activity(name, operation, "ApplicationManagement", "Application")


def _principal(name: str, operation: str) -> _Activity:
    return _Activity(name, operation, "ApplicationManagement", "ServicePrincipal")


def _group(name: str, operation: str) -> _Activity:
    return _Activity(name, operation, "GroupManagement", "Group")


def _policy(name: str, operation: str) -> _Activity:
    return _Activity(name, operation, "Policy", "Policy", "Conditional Access")


_SECRETS = "Update application – Certificates and secrets management"
_POLICIES = "/identity/conditionalAccess/policies"
_LOCATIONS = "/identity/conditionalAccess/namedLocations"
#: Method and route -> activity. What is not here leaves no entry.
_ACTIVITIES: dict[tuple[str, str], _Activity] = {
    ("POST", "/applications"): _application("Add application", "Add"),
    ("PATCH", "/applications/{}"): _application("Update application", "Update"),
    ("DELETE", "/applications/{}"): _application("Delete application", "Delete"),
    ("POST", "/applications/{}/addPassword"): _application(_SECRETS, "Update"),
    ("POST", "/applications/{}/removePassword"): _application(_SECRETS, "Update"),
    ("POST", "/applications/{}/federatedIdentityCredentials"): _application("Update application", "Update"),
    ("PATCH", "/applications/{}/federatedIdentityCredentials/{}"): _application("Update application", "Update"),
    ("DELETE", "/applications/{}/federatedIdentityCredentials/{}"): _application("Update application", "Update"),
    ("POST", "/applications/{}/owners/$ref"): _application("Add owner to application", "Assign"),
    ("DELETE", "/applications/{}/owners/{}/$ref"): _application("Remove owner from application", "Unassign"),
    ("POST", "/servicePrincipals"): _principal("Add service principal", "Add"),
    ("PATCH", "/servicePrincipals/{}"): _principal("Update service principal", "Update"),
    ("DELETE", "/servicePrincipals/{}"): _principal("Remove service principal", "Delete"),
    ("POST", "/servicePrincipals/{}/addPassword"): _principal("Add service principal credentials", "Update"),
    ("POST", "/servicePrincipals/{}/removePassword"): _principal("Remove service principal credentials", "Update"),
    ("POST", "/servicePrincipals/{}/addTokenSigningCertificate"): _principal(
        "Add service principal credentials", "Update"
    ),
    ("POST", "/servicePrincipals/{}/owners/$ref"): _principal("Add owner to service principal", "Assign"),
    ("DELETE", "/servicePrincipals/{}/owners/{}/$ref"): _principal("Remove owner from service principal", "Unassign"),
    ("POST", "/servicePrincipals/{}/appRoleAssignedTo"): _principal(
        "Add app role assignment to service principal", "Assign"
    ),
    ("POST", "/servicePrincipals/{}/appRoleAssignments"): _principal(
        "Add app role assignment to service principal", "Assign"
    ),
    ("DELETE", "/servicePrincipals/{}/appRoleAssignedTo/{}"): _principal(
        "Remove app role assignment from service principal", "Unassign"
    ),
    ("DELETE", "/servicePrincipals/{}/appRoleAssignments/{}"): _principal(
        "Remove app role assignment from service principal", "Unassign"
    ),
    ("POST", "/oauth2PermissionGrants"): _principal("Add delegated permission grant", "Assign"),
    ("PATCH", "/oauth2PermissionGrants/{}"): _principal("Update delegated permission grant", "Update"),
    ("DELETE", "/oauth2PermissionGrants/{}"): _principal("Remove delegated permission grant", "Unassign"),
    ("POST", "/groups"): _group("Add group", "Add"),
    ("PATCH", "/groups/{}"): _group("Update group", "Update"),
    ("DELETE", "/groups/{}"): _group("Delete group", "Delete"),
    ("POST", "/groups/{}/members/$ref"): _group("Add member to group", "Assign"),
    ("DELETE", "/groups/{}/members/{}/$ref"): _group("Remove member from group", "Unassign"),
    ("POST", "/groups/{}/owners/$ref"): _group("Add owner to group", "Assign"),
    ("DELETE", "/groups/{}/owners/{}/$ref"): _group("Remove owner from group", "Unassign"),
    ("POST", "/groups/{}/appRoleAssignments"): _group("Add app role assignment to group", "Assign"),
    ("DELETE", "/groups/{}/appRoleAssignments/{}"): _group("Remove app role assignment from group", "Unassign"),
    ("POST", _POLICIES): _policy("Add conditional access policy", "Add"),
    ("PATCH", f"{_POLICIES}/{{}}"): _policy("Update conditional access policy", "Update"),
    ("DELETE", f"{_POLICIES}/{{}}"): _policy("Delete conditional access policy", "Delete"),
    ("POST", _LOCATIONS): _policy("Add named location", "Add"),
    ("PATCH", f"{_LOCATIONS}/{{}}"): _policy("Update named location", "Update"),
    ("DELETE", f"{_LOCATIONS}/{{}}"): _policy("Delete named location", "Delete"),
}
_DELETED = "/directory/deletedItems/{}"
_KINDS: dict[str, Kind] = {table: kind for kind, table in TABLES.items()}
_LABELS = {"application": "application", "servicePrincipal": "service principal", "group": "group", "user": "user"}
_CREDENTIALS = ("addPassword", "removePassword")


def find_target(call: Call, route: Route) -> Row | None:
    """Return the object that a request is about to change, as it is before; None when there is none or nothing to tell.

    Deleted objects come with what they are: `kind`.
    """
    if route.method == "GET" or not call.arguments:
        return None
    head = route.template.split("/")[1]
    store = call.tenant.store.primary()
    if route.template.startswith("/directory/deletedItems"):
        item = store.get("deletedItems", call.arguments[0].lower())
        return {"kind": item["kind"], **item["row"]} if item else None
    if route.template.startswith("/identity/"):
        table = "namedLocations" if "namedLocations" in route.template else "conditionalAccessPolicies"
        return store.get(table, call.arguments[0].lower())
    if head not in _KINDS:
        return None
    try:
        found = call.look_up(_KINDS[head], call.arguments[0])
    except GraphError:
        return None
    return store.get(TABLES[_KINDS[head]], found["id"]) if found else None


def record(call: Call, route: Route, before: Row | None, answer: GraphResponse) -> None:
    """Write the entry of a change that has been made; reads and refusals leave none."""
    activity = _find_activity(call, route, before, answer)
    if activity is None or answer.status >= 400:
        return
    body = answer.body if isinstance(answer.body, dict) else {}
    target = before or body
    entry: Row = {
        "id": f"Directory_{uuid.uuid4()}_{len(call.tenant.directory_audits)}",
        "activityDateTime": call.tenant.now(),
        "activityDisplayName": activity.name,
        "additionalDetails": [{"key": "User-Agent", "value": call.request.headers.get("user-agent", "")}],
        "category": activity.category,
        "correlationId": call.request.headers.get("client-request-id") or str(uuid.uuid4()),
        "initiatedBy": _make_initiator(call),
        "loggedByService": activity.service,
        "operationType": activity.operation,
        "result": "success",
        "resultReason": "",
        "targetResources": [
            {
                "displayName": target.get("displayName"),
                "groupType": "azureAD" if activity.target == "Group" else None,
                "id": target.get("id"),
                "modifiedProperties": _list_changes(call, route, before, body),
                "type": activity.target,
                "userPrincipalName": None,
            },
            *_list_others(call, route),
        ],
    }
    call.tenant.directory_audits.append(entry)
    del call.tenant.directory_audits[:-_MOST_ENTRIES]


def _find_activity(call: Call, route: Route, before: Row | None, answer: GraphResponse) -> _Activity | None:
    if route.template.startswith(_DELETED):
        kind = (before or {}).get("kind", "application")
        name = f"{'Hard Delete' if route.method == 'DELETE' else 'Restore'} {_LABELS[kind]}"
        category = "GroupManagement" if kind == "group" else "ApplicationManagement"
        return _Activity(
            name, "Delete" if route.method == "DELETE" else "Update", category, kind[:1].upper() + kind[1:]
        )
    if route.template == "/applications/{}" and before and _names_keys(call):
        return _application(_SECRETS, "Update")
    method = "POST" if route.method == "PATCH" and answer.status == 201 else route.method
    template = route.template.removesuffix("/{}") if method != route.method else route.template
    return _ACTIVITIES.get((method, template))


def _make_initiator(call: Call) -> Row:
    user = call.tenant.users.get(call.caller.object_id)
    if user is not None:
        who = {"id": user["id"], "displayName": user["displayName"], "userPrincipalName": user["userPrincipalName"]}
        return {"app": None, "user": {**who, "ipAddress": call.tenant.behaviours.client_address or None}}
    principal = call.tenant.service_principals.get(call.caller.object_id) or {}
    app = {
        "appId": call.caller.app_id,
        "displayName": principal.get("displayName"),
        "servicePrincipalId": call.caller.object_id,
        "servicePrincipalName": None,
    }
    return {"app": app, "user": None}


def _list_changes(call: Call, route: Route, before: Row | None, answer: Row) -> list[Row]:
    if route.template.startswith("/identity/"):
        name = "ConditionalAccessPolicy" if "policies" in route.template else "NamedLocation"
        table = "conditionalAccessPolicies" if "policies" in route.template else "namedLocations"
        key = str((before or answer).get("id"))
        return [_make_change(name, before, call.tenant.store.primary().get(table, key), bare=True)]
    kind = _KINDS.get(route.template.split("/")[1])
    after = call.tenant.find(before["id"]) if before and kind else None
    if route.template.rpartition("/")[2] in _CREDENTIALS or (
        route.template == "/applications/{}" and _names_keys(call)
    ):
        lists = [_describe_keys(row) for row in (before, after)]
        return [_make_change("KeyDescription", lists[0], lists[1], bare=True)]
    sent = call.request.body if isinstance(call.request.body, dict) and route.method in ("POST", "PATCH") else {}
    names = [name for name in sent if "@" not in name and after is not None and name in after]
    changed = [_make_change(name, (before or {}).get(name), after[name]) for name in names if after is not None]
    listed = ", ".join(names)
    return [*changed, _make_change("Included Updated Properties", None, listed, bare=True)] if names else []


def _make_change(name: str, old: Any, new: Any, bare: bool = False) -> Row:
    """Return a modified property; values are JSON text, single ones stand in a list unless they are `bare`."""

    def write(value: Any) -> str | None:
        return None if value is None else json.dumps(value if bare or isinstance(value, list) else [value])

    return {"displayName": name, "oldValue": write(old), "newValue": write(new)}


def _names_keys(call: Call) -> bool:
    return call.request.method == "PATCH" and "keyCredentials" in (call.request.body or {})


def _describe_keys(row: Row | None) -> list[str]:
    """Return secrets and certificates of an object as the log names them."""
    kinds = (("passwordCredentials", "Password"), ("keyCredentials", "AsymmetricX509Cert"))
    return [
        f"[KeyIdentifier={item['keyId']},KeyType={kind},KeyUsage=Verify,DisplayName={item.get('displayName') or ''}]"
        for name, kind in kinds
        for item in (row or {}).get(name, [])
    ]


def _list_others(call: Call, route: Route) -> list[Row]:
    """Return the objects that were added to or taken from the target."""
    if "$ref" not in route.template:
        return []
    body = call.request.body
    named = body.get("@odata.id", "") if isinstance(body, dict) and route.method == "POST" else call.arguments[-1]
    key = parse_key(str(named).rpartition("/")[2])[1].lower()
    kind, row = call.tenant.kind_of(key), call.tenant.find(key)
    if kind is None or row is None:
        return []
    return [
        {
            "displayName": row["displayName"],
            "groupType": None,
            "id": key,
            "modifiedProperties": [],
            "type": kind[:1].upper() + kind[1:],
            "userPrincipalName": row.get("userPrincipalName"),
        }
    ]
