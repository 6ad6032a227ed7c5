# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/servicePrincipals: create, upsert, read, change, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.defaults import make_row, merge_row
from cvops_simulator.entra.graph.application_rules import check_tags, is_reply_url
from cvops_simulator.entra.graph.certificates import add_certificates, apply_key_credentials, get_lag
from cvops_simulator.entra.graph.deletion import soft_delete
from cvops_simulator.entra.graph.errors import GraphError, bad_request, invalid_value, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse, parse_key
from cvops_simulator.entra.graph.passwords import check_patched_passwords
from cvops_simulator.entra.graph.references import resolve_bound_ids
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.principals import copy_initial_properties, copy_properties, merge_tags

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_READ = ("Application.Read.All", "Application.ReadWrite.OwnedBy")
_WRITE = ("Application.ReadWrite.All", "Application.ReadWrite.OwnedBy*")
_READ_ONLY = frozenset(
    {
        "id",
        "deletedDateTime",
        "appDisplayName",
        "appDescription",
        "appOwnerOrganizationId",
        "applicationTemplateId",
        "appRoles",
        "createdByAppId",
        "disabledByMicrosoftStatus",
        "displayName",
        "info",
        "isDisabled",
        "oauth2PermissionScopes",
        "resourceSpecificApplicationPermissions",
        "servicePrincipalType",
        "signInAudience",
        "verifiedPublisher",
    }
)
_RESOURCE = "ServicePrincipal"
_LONGEST = {"description": 1024, "notes": 1024}
_SIGN_ON_MODES = (None, "password", "saml", "notSupported", "oidc")
_OTHER_TENANT = (
    "When using this permission, the backing application of the service principal being created must in the "
    "local tenant"
)


def _list_rows(call: Call) -> list[Row]:
    rows = call.view.rows("servicePrincipals").values()
    return [{**row, "owners": call.view.ids("owners", row["id"])} for row in rows]


def _list(call: Call) -> GraphResponse:
    return call.collection("servicePrincipal", _list_rows(call), "servicePrincipals")


def _count(call: Call) -> GraphResponse:
    return call.count("servicePrincipal", _list_rows(call))


def _get(call: Call) -> GraphResponse:
    row = call.require("servicePrincipal", call.arguments[0])
    if call.options.select and "keyCredentials" in call.options.select:
        row = add_certificates(call, row)
    return call.entity("servicePrincipal", row, "servicePrincipals")


def _check_values(body: Row) -> None:
    if body.get("preferredSingleSignOnMode") not in _SIGN_ON_MODES:
        raise invalid_value("preferredSingleSignOnMode", _RESOURCE)
    for name, longest in _LONGEST.items():
        if len(body.get(name) or "") > longest:
            raise invalid_value(name, _RESOURCE)
    check_tags(body.get("tags", []), _RESOURCE)
    if not all(is_reply_url(url) for url in body.get("replyUrls", [])):
        raise invalid_value("replyUrls", _RESOURCE)


def _create(call: Call) -> GraphResponse:
    return _make(call, call.body("servicePrincipal", _READ_ONLY))


def _make(call: Call, body: Row) -> GraphResponse:
    app_id = str(body.get("appId") or "").lower()
    if not app_id:
        raise bad_request("A value is required for property 'appId' of resource 'ServicePrincipal'.", "Required")
    if call.tenant.service_principal_of(app_id):
        text = "The service principal cannot be created, updated, or restored because the service principal name"
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", f"{text} {app_id} is already in use.")
    application = call.tenant.application_of(app_id, call.view)
    if application is None:
        raise _make_missing_application_error(call, app_id)
    call.check_owner(application["id"])
    _check_values(body)
    owners = resolve_bound_ids(call, body, "owners", ("user", "servicePrincipal"))
    if call.caller.is_user or call.owned_only:
        owners = [call.caller.object_id, *owners]
    values = {name: value for name, value in body.items() if "@" not in name and name != "keyCredentials"}
    copied = {
        "id": call.tenant.new_id(),
        **copy_initial_properties(application),
        **copy_properties(application, call.tenant.id),
    }
    tags = merge_tags(body.get("tags", []), application)
    row = make_row("servicePrincipal", {**copied, **values, "appId": app_id, "tags": tags, "passwordCredentials": []})
    row = apply_key_credentials(call, "servicePrincipal", row, body.get("keyCredentials", []))
    call.tenant.add("servicePrincipal", row)
    call.tenant.relate("owners", row["id"], owners)
    return call.entity("servicePrincipal", row, "servicePrincipals", 201)


def _make_missing_application_error(call: Call, app_id: str) -> GraphError:
    """Return what a replica answers that does not know the application; which error it is depends on the permission."""
    if call.owned_only:
        return GraphError(403, "Authorization_RequestDenied", _OTHER_TENANT)
    text = f"The appId '{app_id}' of the service principal does not reference a valid application object."
    return bad_request(text, "NoBackingApplicationObject", "appId")


def _update(call: Call) -> GraphResponse:
    name, value = parse_key(call.arguments[0])
    body = call.body("servicePrincipal", _READ_ONLY)
    if call.look_up("servicePrincipal", call.arguments[0]) is None and name == "appId":
        if not call.prefers("create-if-missing"):
            raise not_found(value)
        return _make(call, {**body, "appId": value})
    row = call.require("servicePrincipal", call.arguments[0])
    if str(body.get("appId", row["appId"])).lower() != row["appId"]:
        raise invalid_value("appId", _RESOURCE)
    _check_values(body)
    check_patched_passwords(row, body)
    values = {key: item for key, item in body.items() if "@" not in key and key not in ("keyCredentials", "appId")}
    if "tags" in values:
        values["tags"] = merge_tags(values["tags"], call.tenant.application_of(row["appId"]))
    after = merge_row("servicePrincipal", row, values)
    if "keyCredentials" in body:
        after = apply_key_credentials(call, "servicePrincipal", after, body["keyCredentials"])
    left = {item["keyId"] for item in after["passwordCredentials"]}
    for key_id in {item["keyId"] for item in row["passwordCredentials"]} - left:
        call.tenant.store.remove("secrets", key_id, "credential_token")
    call.tenant.update("servicePrincipal", after, get_lag(body))
    return NO_CONTENT


def _delete(call: Call) -> GraphResponse:
    soft_delete(call.tenant, "servicePrincipal", call.require("servicePrincipal", call.arguments[0]))
    return NO_CONTENT


ROUTES = (
    Route("GET", "/servicePrincipals", _list, _READ),
    Route("GET", "/servicePrincipals/$count", _count, _READ),
    Route("POST", "/servicePrincipals", _create, _WRITE),
    Route("GET", "/servicePrincipals/{}", _get, _READ),
    Route("PATCH", "/servicePrincipals/{}", _update, _WRITE),
    Route("DELETE", "/servicePrincipals/{}", _delete, _WRITE),
)
