# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What conditional access stands on: authentication strengths and contexts, security defaults, directory roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.strengths import CONTEXTS, STRENGTHS
from cvops_simulator.entra.graph.errors import GraphError, denied, missing_scopes, not_found
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse
from cvops_simulator.entra.graph.routing import Handler, Route
from cvops_simulator.entra.identifiers import make_opaque_id

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_READ = ("Policy.Read.All",)
_WRITE = ("Policy.Read.All+Policy.ReadWrite.ConditionalAccess",)
_STRENGTH = "authenticationStrengthPolicy"
_CONTEXT = "authenticationContextClassReference"
_DEFAULTS = "identitySecurityDefaultsEnforcementPolicy"
_CONTEXT_IDS = frozenset(f"c{number}" for number in range(1, 100))
_READ_ROLES = ("RoleManagement.Read.Directory", "Directory.Read.All")


def _make_reads(kind: str, table: str, context: str) -> tuple[Handler, Handler]:
    """Return the handlers that list objects of a table, and get one of them."""

    def read_all(call: Call) -> GraphResponse:
        return call.collection(kind, list(call.view.rows(table).values()), context)

    def read_one(call: Call) -> GraphResponse:
        row = call.view.get(table, call.arguments[0].lower())
        if row is None:
            raise not_found(call.arguments[0])
        return call.entity(kind, row, context)

    return read_all, read_one


def _change_context(call: Call) -> GraphResponse:
    """Create or change an authentication context; its id is one of c1 to c99."""
    key = call.arguments[0].lower()
    if key not in _CONTEXT_IDS:
        raise GraphError(400, "BadRequest", f"Invalid authentication context class reference id: {key}.")
    body = call.body(_CONTEXT)
    row: Row = {"id": key, "displayName": None, "description": None, "isAvailable": False}
    row = call.tenant.store.primary().get(CONTEXTS, key) or row
    call.tenant.store.put(CONTEXTS, key, {**row, **body, "id": key}, "object")
    return NO_CONTENT


def _delete_context(call: Call) -> GraphResponse:
    if call.tenant.store.remove(CONTEXTS, call.arguments[0].lower()) is None:
        raise not_found(call.arguments[0])
    return NO_CONTENT


def _get_defaults(call: Call) -> GraphResponse:
    context = f"{call.root}/$metadata#policies/{_DEFAULTS}/$entity"
    return GraphResponse(200, {"@odata.context": context, **(call.view.get("policies", _DEFAULTS) or {})})


def _change_defaults(call: Call) -> GraphResponse:
    """Turn security defaults on or off; on only where no policy is enabled. The text is not that of the service."""
    body = call.body(_DEFAULTS, frozenset({"id", "deletedDateTime"}))
    enabled = [row["id"] for row in call.tenant.policies.values() if row["state"] == "enabled"]
    if body.get("isEnabled") and enabled:
        text = "Security Defaults cannot be enabled while Conditional Access policies are enabled in the tenant."
        raise GraphError(400, "BadRequest", text)
    row = call.tenant.store.primary().get("policies", _DEFAULTS) or {}
    call.tenant.store.put("policies", _DEFAULTS, {**row, **body})
    return NO_CONTENT


def _list_templates(call: Call) -> GraphResponse:
    rows = [
        {"id": key, "deletedDateTime": None, "displayName": name, "description": None}
        for key, name in call.tenant.directory_roles.items()
    ]
    return call.collection("directoryRoleTemplate", rows, "directoryRoleTemplates")


def _list_definitions(call: Call) -> GraphResponse:
    rows = [
        {
            "id": key,
            "description": None,
            "displayName": name,
            "isBuiltIn": True,
            "isEnabled": True,
            "resourceScopes": ["/"],
            "templateId": key,
            "version": "1",
        }
        for key, name in call.tenant.directory_roles.items()
    ]
    return call.collection("unifiedRoleDefinition", rows, "roleManagement/directory/roleDefinitions")


def _list_assignments(call: Call) -> GraphResponse:
    held = [(role, holder, "/") for role, row in call.view.rows("roleMembers").items() for holder in row["ids"]]
    scoped = call.view.rows("scopedRoleMembers").values()
    held += [(row["role"], row["principalId"], row["directoryScopeId"]) for row in scoped]
    rows = [
        {
            "id": make_opaque_id("roleAssignment", role, holder, *([] if place == "/" else [place])),
            "appScopeId": None,
            "condition": None,
            "directoryScopeId": place,
            "principalId": holder,
            "roleDefinitionId": role,
        }
        for role, holder, place in held
    ]
    return call.collection("unifiedRoleAssignment", rows, "roleManagement/directory/roleAssignments")


def _list_agreements(call: Call) -> GraphResponse:
    """Return the terms of use, which people may read and applications may not."""
    if not call.caller.is_user:
        raise denied()
    context = f"{call.root}/$metadata#identityGovernance/termsOfUse/agreements"
    return GraphResponse(200, {"@odata.context": context, "value": list(call.view.rows("agreements").values())})


_STRENGTHS_ALIAS = "identity/conditionalAccess/authenticationStrength/policies"
_list_strengths, _get_strength = _make_reads(_STRENGTH, STRENGTHS, f"policies/{STRENGTHS}")
_list_aliased, _get_aliased = _make_reads(_STRENGTH, STRENGTHS, _STRENGTHS_ALIAS)
_CONTEXTS_PATH = f"identity/conditionalAccess/{CONTEXTS}"
_list_contexts, _get_context = _make_reads(_CONTEXT, CONTEXTS, _CONTEXTS_PATH)
ROUTES = (
    Route("GET", f"/policies/{STRENGTHS}", _list_strengths, _READ, missing_scopes),
    Route("GET", f"/policies/{STRENGTHS}/{{}}", _get_strength, _READ, missing_scopes),
    Route("GET", f"/{_STRENGTHS_ALIAS}", _list_aliased, _READ, missing_scopes),
    Route("GET", f"/{_STRENGTHS_ALIAS}/{{}}", _get_aliased, _READ, missing_scopes),
    Route("GET", f"/{_CONTEXTS_PATH}", _list_contexts, _READ, missing_scopes),
    Route("GET", f"/{_CONTEXTS_PATH}/{{}}", _get_context, _READ, missing_scopes),
    Route("PATCH", f"/{_CONTEXTS_PATH}/{{}}", _change_context, _WRITE, missing_scopes),
    Route("DELETE", f"/{_CONTEXTS_PATH}/{{}}", _delete_context, _WRITE, missing_scopes),
    Route("GET", f"/policies/{_DEFAULTS}", _get_defaults, _READ, missing_scopes),
    Route("PATCH", f"/policies/{_DEFAULTS}", _change_defaults, ("Policy.Read.All+Policy.ReadWrite.SecurityDefaults",)),
    Route("GET", "/identityGovernance/termsOfUse/agreements", _list_agreements, ("Agreement.Read.All",)),
    Route("GET", "/directoryRoleTemplates", _list_templates, _READ_ROLES),
    Route("GET", "/roleManagement/directory/roleDefinitions", _list_definitions, _READ_ROLES),
    Route("GET", "/roleManagement/directory/roleAssignments", _list_assignments, _READ_ROLES),
)
