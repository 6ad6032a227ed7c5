# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/oauth2PermissionGrants: delegated consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.grants import grant_scopes
from cvops_simulator.entra.graph.call import check_guid
from cvops_simulator.entra.graph.errors import GraphError, bad_request, invalid_value, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.routing import Route

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_READ = ("Directory.Read.All", "DelegatedPermissionGrant.Read.All")
_WRITE = ("DelegatedPermissionGrant.ReadWrite.All",)
_TYPE = "oAuth2PermissionGrant"
_TABLE = "oauth2PermissionGrants"
_LONGEST_SCOPE = 3850
#: Old clients send these; the service ignores them.
_LEGACY = ("startTime", "expiryTime")


def _parse_body(call: Call, read_only: frozenset[str]) -> Row:
    if isinstance(call.request.body, dict):
        for name in _LEGACY:
            call.request.body.pop(name, None)
    body = call.body(_TYPE, read_only)
    if len(body.get("scope") or "") > _LONGEST_SCOPE:
        raise invalid_value("scope", "OAuth2PermissionGrant")
    return body


def _list(call: Call) -> GraphResponse:
    return call.collection(_TYPE, list(call.view.rows(_TABLE).values()), _TABLE)


def _list_of(call: Call) -> GraphResponse:
    principal = call.require("servicePrincipal", call.arguments[0])
    rows = [row for row in call.view.rows(_TABLE).values() if row["clientId"] == principal["id"]]
    return call.collection(_TYPE, rows, _TABLE)


def _get(call: Call) -> GraphResponse:
    key = parse_key(call.arguments[0])[1]
    row = call.view.get(_TABLE, key)
    if row is None:
        raise not_found(key)
    return call.entity(_TYPE, row, _TABLE)


def _create(call: Call) -> GraphResponse:
    body = _parse_body(call, frozenset({"id"}))
    missing = [key for key in ("clientId", "consentType", "resourceId") if not body.get(key)]
    if missing:
        text = f"A value is required for property '{missing[0]}' of resource 'OAuth2PermissionGrant'."
        raise bad_request(text, "Required")
    client_id, resource_id = check_guid(body["clientId"]), check_guid(body["resourceId"])
    principal_id = body.get("principalId")
    if (body["consentType"], principal_id is None) not in (("AllPrincipals", True), ("Principal", False)):
        raise invalid_value("consentType", "OAuth2PermissionGrant")
    for key in (client_id, resource_id):
        if call.view.get("servicePrincipals", key) is None:
            raise not_found(key)
    if principal_id is not None and call.view.get("users", check_guid(principal_id)) is None:
        raise not_found(principal_id)
    for row in call.tenant.oauth2_permission_grants.values():
        if (row["clientId"], row["resourceId"], row["principalId"]) == (client_id, resource_id, principal_id):
            raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    row = grant_scopes(call.tenant, client_id, resource_id, body.get("scope") or "", principal_id)
    return call.entity(_TYPE, row, _TABLE, 201)


def _get_current(call: Call) -> Row:
    key = parse_key(call.arguments[0])[1]
    row = call.tenant.store.primary().get(_TABLE, key)
    if row is None or call.view.get(_TABLE, key) is None:
        raise not_found(key)
    return row


def _update(call: Call) -> GraphResponse:
    row = _get_current(call)
    body = _parse_body(call, frozenset({"id"}))
    changed = [name for name in body if name != "scope" and body[name] != row[name]]
    if changed:
        raise bad_request(f"Property '{changed[0]}' is read-only and cannot be set.")
    call.tenant.store.put(_TABLE, row["id"], {**row, "scope": body.get("scope", row["scope"])}, "grant")
    return NO_CONTENT


def _delete(call: Call) -> GraphResponse:
    call.tenant.store.remove(_TABLE, _get_current(call)["id"], "grant")
    return NO_CONTENT


ROUTES = (
    Route("GET", f"/{_TABLE}", _list, _READ),
    Route("POST", f"/{_TABLE}", _create, _WRITE),
    Route("GET", f"/{_TABLE}/{{}}", _get, _READ),
    Route("PATCH", f"/{_TABLE}/{{}}", _update, _WRITE),
    Route("DELETE", f"/{_TABLE}/{{}}", _delete, _WRITE),
    Route("GET", f"/servicePrincipals/{{}}/{_TABLE}", _list_of, _READ),
)
