# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/applications: create, upsert, read, change, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.defaults import make_row, merge_row
from cvops_simulator.entra.graph.application_rules import (
    check_audience,
    check_conflicts,
    check_entitlements,
    check_identifier_policy,
    check_new_entitlements,
    check_platforms,
    check_values,
    complete_entitlements,
)
from cvops_simulator.entra.graph.certificates import add_certificates, apply_key_credentials, get_lag
from cvops_simulator.entra.graph.deletion import soft_delete
from cvops_simulator.entra.graph.errors import bad_request, invalid_value, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.passwords import check_patched_passwords, create_password
from cvops_simulator.entra.graph.references import resolve_bound_ids
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.principals import update_service_principal

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

READ = ("Application.Read.All", "Application.ReadWrite.OwnedBy")
WRITE = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*")
CREATE = ("Application.ReadWrite.All", "AppRegistration.Create*", "Application.ReadWrite.OwnedBy*")
_READ_ONLY = frozenset(
    {
        "id",
        "appId",
        "createdDateTime",
        "deletedDateTime",
        "publisherDomain",
        "disabledByMicrosoftStatus",
        "applicationTemplateId",
        "createdByAppId",
        "certification",
        "verifiedPublisher",
        "logo",
    }
)


def _list_rows(call: Call) -> list[Row]:
    rows = call.view.rows("applications").values()
    return [{**row, "owners": call.view.ids("owners", row["id"])} for row in rows]


def _list(call: Call) -> GraphResponse:
    return call.collection("application", _list_rows(call), "applications")


def _count(call: Call) -> GraphResponse:
    return call.count("application", _list_rows(call))


def _get(call: Call) -> GraphResponse:
    row = call.require("application", call.arguments[0])
    if call.options.select and "keyCredentials" in call.options.select:
        row = add_certificates(call, row)
    return call.entity("application", row, "applications")


def _create(call: Call) -> GraphResponse:
    body = call.body("application", _READ_ONLY)
    return _make(call, body)


def _make(call: Call, body: Row) -> GraphResponse:
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.", "Required")
    check_values(body)
    owners = resolve_bound_ids(call, body, "owners", ("user", "servicePrincipal"))
    if call.caller.is_user or call.owned_only:
        owners = [call.caller.object_id, *owners]
    passwords, keys = body.get("passwordCredentials", []), body.get("keyCredentials", [])
    if len(passwords) > 1 or any(item.get("keyId") for item in [*passwords, *keys]):
        raise invalid_value("keyId", "Application")
    values = {name: value for name, value in body.items() if "@" not in name}
    fixed = {
        "id": call.tenant.new_id(),
        "appId": call.tenant.new_id(),
        "createdDateTime": call.tenant.now(),
        "createdByAppId": call.caller.app_id,
        "publisherDomain": call.tenant.domain,
        "passwordCredentials": [],
        "keyCredentials": [],
    }
    row = make_row("application", {**values, **fixed})
    check_new_entitlements([*row["appRoles"], *row["api"]["oauth2PermissionScopes"]], set())
    complete_entitlements(row)
    check_entitlements(row, None)
    check_audience(row)
    check_platforms(row, None)
    check_conflicts(call.tenant, row)
    check_identifier_policy(call, row, None)
    row = apply_key_credentials(call, "application", row, keys)
    shown = [create_password(call, "application", row, item) for item in passwords]
    call.tenant.add("application", row)
    call.tenant.relate("owners", row["id"], owners)
    for item in shown:
        item()
    current = call.tenant.applications[row["id"]]
    answer = call.entity("application", current, "applications", 201)
    answer.body["passwordCredentials"] = [item.shown for item in shown]
    return answer


def _update(call: Call) -> GraphResponse:
    body = call.body("application", _READ_ONLY)
    name, value = parse_key(call.arguments[0])
    if call.look_up("application", call.arguments[0]) is None and name == "uniqueName":
        if not call.prefers("create-if-missing"):
            raise not_found(value)
        return _make(call, {**body, "uniqueName": value})
    row = call.require("application", call.arguments[0])
    seen = call.view.get("applications", row["id"]) or row
    check_values(body)
    if row["uniqueName"] and body.get("uniqueName", row["uniqueName"]) != row["uniqueName"]:
        raise invalid_value("uniqueName", "Application")
    check_patched_passwords(row, body)
    values = {key: item for key, item in body.items() if "@" not in key and key != "keyCredentials"}
    after = merge_row("application", row, values)
    known = {item["id"] for item in [*row["appRoles"], *row["api"]["oauth2PermissionScopes"]]}
    check_new_entitlements([*after["appRoles"], *after["api"]["oauth2PermissionScopes"]], known)
    complete_entitlements(after)
    check_entitlements(after, seen)
    check_audience(after)
    check_platforms(after, row)
    check_conflicts(call.tenant, after)
    check_identifier_policy(call, after, row)
    if "keyCredentials" in body:
        after = apply_key_credentials(call, "application", after, body["keyCredentials"])
    call.tenant.update("application", after, get_lag(body))
    update_service_principal(call.tenant, row, after)
    return NO_CONTENT


def _delete(call: Call) -> GraphResponse:
    row = call.require("application", call.arguments[0])
    principal = call.tenant.service_principal_of(row["appId"])
    soft_delete(call.tenant, "application", row)
    if principal:
        soft_delete(call.tenant, "servicePrincipal", principal)
    return NO_CONTENT


ROUTES = (
    Route("GET", "/applications", _list, READ),
    Route("GET", "/applications/$count", _count, READ),
    Route("POST", "/applications", _create, CREATE),
    Route("GET", "/applications/{}", _get, READ),
    Route("PATCH", "/applications/{}", _update, WRITE),
    Route("DELETE", "/applications/{}", _delete, WRITE),
)
