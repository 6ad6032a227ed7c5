# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/identity/conditionalAccess/policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.conditional_access.shape import (
    POLICY,
    change_policy,
    fold_words,
    make_policy,
    settle,
    show_policy,
)
from cvops_simulator.entra.conditional_access.strengths import STRENGTHS
from cvops_simulator.entra.graph.errors import GraphError, malformed, missing_scopes
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse
from cvops_simulator.entra.graph.policy_rules import check_frequency, check_policy, wrong_schema
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import BodyError, check_body, find_derived_type, get_graph_type, is_complex

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_TABLE = "conditionalAccessPolicies"
_CONTEXT = "identity/conditionalAccess/policies"
_READ = ("Policy.Read.All",)
_WRITE = ("Policy.Read.All+Policy.ReadWrite.ConditionalAccess+Application.Read.All",)
_DELETE = ("Policy.Read.All+Policy.ReadWrite.ConditionalAccess",)
_READ_ONLY = frozenset({"id", "createdDateTime", "modifiedDateTime", "deletedDateTime", "templateId"})
_REQUIRED = ("displayName", "state", "conditions")


def _missing(key: str) -> GraphError:
    return GraphError(
        404, "ResourceNotFound", f"ConditionalAccessPolicy with id {key} does not exist in the directory."
    )


def _require(call: Call) -> Row:
    """Return the policy that the path names: as the replica knows it, or the current row for a change."""
    key = call.arguments[0].lower()
    seen, current = call.view.get(_TABLE, key), call.tenant.policies.get(key)
    if seen is None or (current is None and call.request.method != "GET"):
        raise _missing(call.arguments[0])
    return seen if call.request.method == "GET" or current is None else current


def _read_body(call: Call, known: Row | None = None) -> Row:
    """Return the checked body. `known`: the policy, whose own properties may be named even if the schema lacks them."""
    try:
        body: Row = fold_words(POLICY, call.request.body)
        check_body(POLICY, _drop_known(POLICY, body, known or {}), _READ_ONLY)
    except BodyError as error:
        raise wrong_schema() from error
    return body


def _drop_known(type_name: str, body: Any, known: Any) -> Any:
    """Return a body without what the policy has and the schema lacks, at any depth."""
    if not isinstance(body, dict) or not isinstance(known, dict):
        return body
    properties = get_graph_type(find_derived_type(type_name, body)).properties
    kept = {name: item for name, item in body.items() if name in properties or name not in known or "@" in name}
    return {
        name: _drop_known(properties[name].type, item, known.get(name))
        if name in properties and is_complex(properties[name].type)
        else item
        for name, item in kept.items()
    }


def show(call: Call, row: Row) -> Row:
    """Return a policy as this call's answer has it: all of it, or what $select names."""
    unknown_members = call.prefers("include-unknown-enum-members")
    shown = show_policy(row, call.tenant.behaviours, call.is_beta, unknown_members)
    if shown["grantControls"] is not None:
        shown["grantControls"] = _show_strength(call, shown)
    if not call.options.select:
        return shown
    known = get_graph_type(POLICY).properties
    unknown = [name for name in call.options.select if name not in known and name not in shown]
    if unknown:
        text = "Parsing OData Select and Expand failed: Could not find a property named"
        raise GraphError(400, "BadRequest", f"{text} '{unknown[0]}' on type 'microsoft.graph.{POLICY}'.")
    return {name: shown.get(name) for name in call.options.select}


def _show_strength(call: Call, shown: Row) -> Row:
    """Return grant controls with the authentication strength as the service expands it."""
    grant = shown["grantControls"]
    strength = grant["authenticationStrength"]
    context = f"{call.root}/$metadata#{_CONTEXT}('{shown['id']}')/grantControls/authenticationStrength"
    if strength is not None:
        found = call.view.get(STRENGTHS, str(strength["id"]).lower()) or strength
        more = {"combinationConfigurations@odata.context": f"{context}/combinationConfigurations"}
        strength = {**found, **more, "combinationConfigurations": []}
    rest = {name: item for name, item in grant.items() if name != "authenticationStrength"}
    return {
        **rest,
        "authenticationStrength@odata.context": f"{context}/$entity",
        "authenticationStrength": strength,
    }


def _list(call: Call) -> GraphResponse:
    rows = list(call.view.rows(_TABLE).values())
    return call.collection(POLICY, rows, _CONTEXT, lambda row: show(call, row))


def _get(call: Call) -> GraphResponse:
    return call.entity(POLICY, _require(call), _CONTEXT, project=lambda row: show(call, row))


def _create(call: Call) -> GraphResponse:
    body = _read_body(call)
    if any(body.get(name) is None for name in _REQUIRED) or body["conditions"].get("applications") is None:
        raise wrong_schema()
    values = {**body, "id": call.tenant.new_id(), "createdDateTime": call.tenant.now()}
    made = make_policy(values)
    check_frequency(made)
    row = settle(made)
    check_policy(call, row, None)
    limit = call.tenant.behaviours.policy_limit
    if len(call.tenant.policies) >= limit:
        raise malformed(f"The limit of {limit} conditional access policies has been reached.")
    call.tenant.store.put(_TABLE, row["id"], row, "object")
    return call.entity(POLICY, row, _CONTEXT, 201, lambda item: show(call, item))


def _update(call: Call) -> GraphResponse:
    row, behaviours = _require(call), call.tenant.behaviours
    body = _read_body(call, row)
    if behaviours.patch_refuses_nulls and _has_null(body.get("conditions")):
        raise wrong_schema()
    changed = change_policy(row, body, behaviours.patch_replaces_objects)
    if changed["conditions"].get("applications") is None:
        raise wrong_schema()
    check_frequency(changed)
    settled = settle(changed)
    check_policy(call, settled, row)
    call.tenant.store.put(_TABLE, row["id"], {**settled, "modifiedDateTime": call.tenant.now()})
    return NO_CONTENT


def _has_null(value: Any) -> bool:
    return isinstance(value, dict) and any(item is None or _has_null(item) for item in value.values())


def _delete(call: Call) -> GraphResponse:
    call.tenant.store.remove(_TABLE, _require(call)["id"])
    return NO_CONTENT


_BASE = "/identity/conditionalAccess/policies"
ROUTES = (
    Route("GET", _BASE, _list, _READ, missing_scopes, beta=True),
    Route("POST", _BASE, _create, _WRITE, missing_scopes, beta=True),
    Route("GET", f"{_BASE}/{{}}", _get, _READ, missing_scopes, beta=True),
    Route("PATCH", f"{_BASE}/{{}}", _update, _WRITE, missing_scopes, beta=True),
    Route("DELETE", f"{_BASE}/{{}}", _delete, _DELETE, missing_scopes, beta=True),
)
