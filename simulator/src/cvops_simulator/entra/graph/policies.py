# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""App management policies: the tenant's default, and its enforcement on new credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.graph.errors import GraphError
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import parse_date_time, parse_duration

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Kind

_KEY = "defaultAppManagementPolicy"
_READ_ONLY = frozenset({"id", "deletedDateTime"})


def _get_policy(call: Call) -> Row:
    return call.tenant.store.primary().get("policies", _KEY) or {}


def _find_own_policy(call: Call, owner: Row) -> Row | None:
    """Return the custom policy that is assigned to an object; it overrides the default."""
    return call.tenant.store.primary().get("appManagementPolicies", owner["id"])


def _get_policy_of(call: Call, owner: Row) -> Row:
    own = _find_own_policy(call, owner)
    return own if own and own["isEnabled"] else _get_policy(call)


def _list_restrictions(call: Call, kind: Kind, owner: Row, group: str) -> list[Row]:
    """Return enabled restrictions that apply to this owner."""
    policy = _get_policy_of(call, owner)
    if not policy.get("isEnabled"):
        return []
    name = "applicationRestrictions" if kind == "application" else "servicePrincipalRestrictions"
    side = policy.get("restrictions") or policy.get(name) or {}
    return [item for item in side.get(group) or [] if item.get("state") == "enabled" and _is_in_scope(item, owner)]


def _is_in_scope(restriction: Row, owner: Row) -> bool:
    after, created = restriction.get("restrictForAppsCreatedAfterDateTime"), owner.get("createdDateTime")
    return not after or not created or parse_date_time(created) >= parse_date_time(after)


def check_password_policy(call: Call, kind: Kind, owner: Row, values: Row) -> None:
    """Refuse with 400 when the policy forbids passwords or the lifetime of this one."""
    for item in _list_restrictions(call, kind, owner, "passwordCredentials"):
        if item.get("restrictionType") == "passwordAddition":
            text = f"Credential type not allowed as per assigned policy '{_get_policy_of(call, owner)['id']}'."
            raise GraphError(400, "CredentialTypeNotAllowedAsPerAppPolicy", text)
        if item.get("restrictionType") == "passwordLifetime":
            _check_lifetime(_get_policy_of(call, owner)["id"], item, values)


def check_key_policy(call: Call, kind: Kind, owner: Row, values: Row, *, is_self_signed: bool) -> None:
    """Refuse with 400 when the lifetime or the issuer of a certificate is not what the policy allows.

    There are no certificate authorities here, so of all certificates only those that have signed themselves are
    refused. The service's code is not known; that for a kind of credential that is not allowed stands in for it.
    """
    for item in _list_restrictions(call, kind, owner, "keyCredentials"):
        policy_id = _get_policy_of(call, owner)["id"]
        if item.get("restrictionType") == "asymmetricKeyLifetime":
            _check_lifetime(policy_id, item, values)
        if item.get("restrictionType") == "trustedCertificateAuthority" and is_self_signed:
            text = f"Credential type not allowed as per assigned policy '{policy_id}'."
            raise GraphError(400, "CredentialTypeNotAllowedAsPerAppPolicy", text)


def _check_lifetime(policy_id: str, restriction: Row, values: Row) -> None:
    longest = parse_duration(restriction.get("maxLifetime") or "")
    lifetime = parse_date_time(values["endDateTime"]) - parse_date_time(values["startDateTime"])
    if longest is None or lifetime <= longest:
        return
    text = f"Credential lifetime exceeds the max value allowed as per assigned policy '{policy_id}'."
    details = [{"code": "InvalidKeyEndDate", "target": "EndDate", "message": text}]
    raise GraphError(400, "CredentialInvalidLifetimeAsPerAppPolicy", text, details)


def _read(call: Call) -> GraphResponse:
    context = f"{call.root}/$metadata#policies/{_KEY}/$entity"
    return GraphResponse(200, {"@odata.context": context, **_get_policy(call)})


def _update(call: Call) -> GraphResponse:
    body = call.body("tenantAppManagementPolicy", _READ_ONLY)
    call.tenant.store.put("policies", _KEY, {**_get_policy(call), **body})
    return NO_CONTENT


def _list(call: Call) -> GraphResponse:
    rows = {row["id"]: row for row in call.view.rows("appManagementPolicies").values()}
    return call.collection("appManagementPolicy", list(rows.values()), "policies/appManagementPolicies")


def _list_of(call: Call) -> GraphResponse:
    own = _find_own_policy(call, call.require("application", call.arguments[0]))
    return call.collection("appManagementPolicy", [own] if own else [], "appManagementPolicies")


ROUTES = (
    Route("GET", f"/policies/{_KEY}", _read, ("Policy.Read.All",)),
    Route("PATCH", f"/policies/{_KEY}", _update, ("Policy.ReadWrite.ApplicationConfiguration",)),
    Route("GET", "/policies/appManagementPolicies", _list, ("Policy.Read.All",)),
    Route("GET", "/applications/{}/appManagementPolicies", _list_of, ("Policy.Read.All+Application.Read.All",)),
)
