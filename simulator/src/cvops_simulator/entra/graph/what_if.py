# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/identity/conditionalAccess/evaluate: what policies would do to a sign-in.

What is not told of the sign-in leaves a policy that asks for it open (`notEnoughInformation`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.behaviours import Circumstances
from cvops_simulator.entra.conditional_access.conditions import APPLIES, find_reason
from cvops_simulator.entra.conditional_access.shape import fold_words
from cvops_simulator.entra.conditional_access.sign_ins import SignIn, get_guest_kind
from cvops_simulator.entra.graph.conditional_policies import show
from cvops_simulator.entra.graph.errors import malformed, missing_scopes
from cvops_simulator.entra.graph.messages import GraphResponse
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import BodyError, check_body, find_derived_type

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_ACTIONS = {
    "registerSecurityInformation": "urn:user:registersecurityinfo",
    "registerOrJoinDevices": "urn:user:registerdevice",
}
_PARTS = {
    "signInIdentity": ("signInIdentity", ("userSignIn", "servicePrincipalSignIn")),
    "signInContext": ("signInContext", ("applicationContext", "userActionContext", "authContext")),
    "signInConditions": ("signInConditions", ("signInConditions",)),
}
_REQUIRED = ("signInIdentity", "signInContext")


def _read_part(name: str, value: Any) -> Row:
    """Return one part of the body, checked. The texts of the refusals are not those of the service."""
    type_name, kinds = _PARTS[name]
    if value is None and name not in _REQUIRED:
        return {}
    try:
        if not isinstance(value, dict) or find_derived_type(type_name, value) not in kinds:
            raise BodyError(f"The property @odata.type must be one of {', '.join(kinds)}.")
        return check_body(find_derived_type(type_name, value), fold_words(type_name, value))
    except BodyError as error:
        raise malformed(f"{name}: {error}") from error


def _find_subject(call: Call, identity: Row) -> tuple[Row, bool]:
    """Return who signs in, and whether it is a user; somebody of another tenant may be told by kind alone."""
    if "servicePrincipalId" in identity:
        key = str(identity["servicePrincipalId"]).lower()
        principal = call.view.get("servicePrincipals", key)
        if principal is None:
            raise malformed(f"ServicePrincipal with id {key} does not exist in the directory.")
        return principal, False
    key = str(identity.get("userId") or "").lower()
    user = call.view.get("users", key)
    if user is None and (key or not identity.get("externalUserType")):
        raise malformed(f"User with id {key} does not exist in the directory.")
    return user or {"id": "", "userPrincipalName": "", "userType": "Guest"}, True


def _make_guess(call: Call, identity: Row, context: Row, conditions: Row) -> SignIn:
    subject, is_user = _find_subject(call, identity)
    device = conditions.get("deviceInfo")
    flow = (conditions.get("authenticationFlow") or {}).get("transferMethod")
    return SignIn(
        subject=subject,
        is_user=is_user,
        guest_kind=identity.get("externalUserType") or (get_guest_kind(subject) if is_user else None),
        targets=tuple(item.lower() for item in context.get("includeApplications", [])),
        user_action=_ACTIONS.get(context.get("userAction") or ""),
        context=context.get("authenticationContextValue"),
        address=conditions.get("ipAddress"),
        country=conditions.get("country"),
        client_app=_drop_all(conditions.get("clientAppType")),
        platform=_drop_all(conditions.get("devicePlatform")),
        device={**device, "deviceOwnership": device.get("ownership")} if device else None,
        authentication_flow=flow,
        sign_in_risk=conditions.get("signInRiskLevel"),
        user_risk=conditions.get("userRiskLevel"),
        insider_risk=conditions.get("insiderRiskLevel"),
        service_principal_risk=conditions.get("servicePrincipalRiskLevel"),
        circumstances=Circumstances(home_tenant=identity.get("externalTenantId")),
        is_guess=True,
    )


def _drop_all(value: str | None) -> str | None:
    return None if value == "all" else value


def _evaluate(call: Call) -> GraphResponse:
    body = call.parameters(*_PARTS, "appliedPoliciesOnly")
    sign_in = _make_guess(call, *(_read_part(name, body.get(name)) for name in _PARTS))
    skips = call.tenant.behaviours.what_if_ignores_group_exclusions
    results: list[Row] = []
    for policy in call.view.rows("conditionalAccessPolicies").values():
        reason = "policyNotEnabled"
        if policy["state"] != "disabled":
            reason = find_reason(call.tenant, call.view, policy, sign_in, skips_group_exclusions=skips)
        results.append({**show(call, policy), "policyApplies": reason == APPLIES, "analysisReasons": reason})
    only = body.get("appliedPoliciesOnly") is True
    context = f"{call.root}/$metadata#Collection(microsoft.graph.whatIfAnalysisResult)"
    return GraphResponse(
        200, {"@odata.context": context, "value": [item for item in results if item["policyApplies"] or not only]}
    )


ROUTES = (
    Route(
        "POST",
        "/identity/conditionalAccess/evaluate",
        _evaluate,
        ("Policy.Read.ConditionalAccess",),
        missing_scopes,
        beta=True,
    ),
)
