# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/directory/deletedItems: list, read, restore, purge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.application_rules import check_conflicts
from cvops_simulator.entra.graph.call import check_guid
from cvops_simulator.entra.graph.deletion import purge_object, restore_object
from cvops_simulator.entra.graph.errors import GraphError, bad_request, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.permissions import check_permission
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.tenant import TABLES

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_READ: dict[Kind, tuple[str, ...]] = {
    "application": ("Application.Read.All", "Application.ReadWrite.OwnedBy"),
    "servicePrincipal": ("Application.Read.All", "Application.ReadWrite.OwnedBy"),
    "group": ("Group.Read.All",),
    "user": ("User.Read.All",),
}
_WRITE: dict[Kind, tuple[str, ...]] = {
    "application": ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*"),
    "servicePrincipal": ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*"),
    "group": ("Group.ReadWrite.All",),
    "user": ("User.ReadWrite.All",),
}


def _list(call: Call) -> GraphResponse:
    name = call.arguments[0].lower()
    kind = next((item for item in TABLES if name == f"microsoft.graph.{item}".lower()), None)
    if kind is None:
        raise not_found(call.arguments[0])
    check_permission(call.caller, _READ[kind])
    rows = [entry["row"] for entry in call.view.rows("deletedItems").values() if entry["kind"] == kind]
    return call.collection(kind, rows, f"directory/deletedItems/microsoft.graph.{kind}")


def _get_or_list(call: Call) -> GraphResponse:
    if call.arguments[0].lower().startswith("microsoft.graph."):
        return _list(call)
    entry = _require_entry(call, _READ)
    kind: Kind = entry["kind"]
    context = f"{call.root}/$metadata#directoryObjects/$entity"
    return GraphResponse(200, {"@odata.context": context, **call.typed_object(kind, entry["row"])})


def _refuse_plain_list(call: Call) -> GraphResponse:
    raise bad_request("The OData cast segment is required in requests for deleted items.")


def _require_entry(call: Call, allow: dict[Kind, tuple[str, ...]]) -> Row:
    """Return the deleted item that the path names, when the caller may see or change its kind."""
    object_id = check_guid(parse_key(call.arguments[-1])[1])
    entry = call.view.get("deletedItems", object_id)
    if entry is None or call.tenant.store.primary().get("deletedItems", object_id) is None:
        raise not_found(object_id)
    kind: Kind = entry["kind"]
    call.owned_only = check_permission(call.caller, allow[kind])
    if call.request.method != "GET":
        call.check_owner(object_id)
    return entry


def _restore(call: Call) -> GraphResponse:
    call.parameters("autoReconcileProxyConflict", "newUserPrincipalName")
    entry = _require_entry(call, _WRITE)
    row, kind = entry["row"], entry["kind"]
    if kind == "application":
        check_conflicts(call.tenant, row)
    if kind == "servicePrincipal":
        if call.tenant.service_principal_of(row["appId"]):
            text = "The service principal cannot be created, updated, or restored because the service principal name"
            raise GraphError(
                409, "Request_MultipleObjectsWithSameKeyValue", f"{text} {row['appId']} is already in use."
            )
        backing = row["appOwnerOrganizationId"] != call.tenant.id or call.tenant.application_of(row["appId"])
        if not backing:
            text = f"The appId '{row['appId']}' of the service principal does not reference a valid application object."
            raise bad_request(text, "NoBackingApplicationObject", "appId")
    restored = restore_object(call.tenant, entry)
    context = f"{call.root}/$metadata#directoryObjects/$entity"
    return GraphResponse(200, {"@odata.context": context, **call.typed_object(kind, restored)})


def _purge(call: Call) -> GraphResponse:
    purge_object(call.tenant, _require_entry(call, _WRITE)["row"]["id"])
    return NO_CONTENT


_BASE = "/directory/deletedItems"
ROUTES = (
    Route("GET", _BASE, _refuse_plain_list, ()),
    Route("GET", f"{_BASE}/{{}}", _get_or_list, ()),
    Route("POST", f"{_BASE}/{{}}/restore", _restore, ()),
    Route("POST", f"{_BASE}/{{}}/microsoft.graph.restore", _restore, ()),
    Route("DELETE", f"{_BASE}/{{}}", _purge, ()),
)
