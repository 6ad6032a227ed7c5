# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens: create, edit, list, revoke, renew."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.catalogue import ADMINISTRATIVE_MANAGEMENT, USER_MANAGEMENT
from cvops_simulator.commvault.envelopes import (
    DUPLICATE,
    INVALID,
    NOT_SUPPORTED,
    ApiError,
    invalid,
    make_success_g,
    not_found,
)
from cvops_simulator.commvault.routing import Call, Routes
from cvops_simulator.commvault.tokens import (
    CUSTOM,
    DAY,
    FIXED,
    HYPERSCALE,
    ONE_TOUCH,
    SCIM,
    AccessToken,
    valid_address,
)
from cvops_simulator.core.names import fold_case

_CREATE = frozenset(
    {
        "tokenName",
        "tokenType",
        "apiEndpoints",
        "renewableUntilTimestamp",
        "tokenExpiryTimestamp",
        "userId",
        "allowedIPs",
    }
)
#: Default and largest life of the types with an expiry of their own, in days.
_FIXED_DAYS = {SCIM: (30, 365), ONE_TOUCH: (7, 14)}


def register(routes: Routes) -> None:
    """Add the routes of this file."""
    routes.add("POST", "V4/AccessToken", _create, envelope="E", feature="access_tokens")
    routes.add("GET", "V4/AccessToken", _list, feature="access_tokens")
    routes.add("POST", "V4/AccessToken/Renew", _renew, public=True, feature="access_tokens")
    routes.add("PUT", "V4/AccessToken/{id}", _update, envelope="E", feature="access_tokens")
    routes.add("DELETE", "V4/AccessToken/{id}", _delete, feature="access_tokens")
    routes.add("GET", "ApiToken/User", _old_list, envelope="S")
    routes.add("POST", "ApiToken/User", _old_create, envelope="S")


def _require_login(call: Call) -> None:
    """Refuse an access token that would manage access tokens, as current releases do."""
    if call.caller.by == "access_token" and not call.cell.behaviours.token_by_token:
        raise ApiError(INVALID, "Access tokens cannot be managed while authenticated with an access token.", 403)


def _resolve_owner(call: Call, data: dict[str, Any]) -> int:
    if "userId" in data and not call.cell.has("tokens_of_others"):
        raise ApiError(NOT_SUPPORTED, "userId is not supported by this release")
    user_id = int(data.get("userId") or 0)
    if not user_id or user_id == call.caller.user.id:
        return call.caller.user.id
    user = call.state.users.get(user_id)
    if user is None:
        raise not_found(f"User [{user_id}] does not exist")
    if not user.is_service_account or not user.approved:
        raise invalid("A token for another user needs an approved service account")
    call.caller.rights.require_any({USER_MANAGEMENT, ADMINISTRATIVE_MANAGEMENT})
    return user_id


def _check_limits(call: Call, data: dict[str, Any], kind: int) -> None:
    endpoints = data.get("apiEndpoints")
    if kind == CUSTOM and not endpoints:
        raise invalid("apiEndpoints is required for a custom token")
    if "allowedIPs" in data and not call.cell.has("token_addresses"):
        raise ApiError(NOT_SUPPORTED, "allowedIPs is not supported by this release")
    addresses = data.get("allowedIPs")
    if addresses:
        bad = [str(item) for item in addresses if not valid_address(str(item))]
        if bad:
            raise invalid(f"Not an address: {', '.join(bad)}")
    if kind == HYPERSCALE and not call.cell.has("hyperscale_tokens"):
        raise ApiError(NOT_SUPPORTED, "This token type is not supported by this release")


def _parse_lifetimes(call: Call, data: dict[str, Any], kind: int) -> tuple[float, float]:
    """Return the expiry of the access token, and until when it can be renewed."""
    if kind in FIXED:
        default, most = _FIXED_DAYS[kind]
        wanted = float(data.get("tokenExpiryTimestamp") or call.now + default * DAY)
        if wanted > call.now + most * DAY + 60:
            raise invalid("tokenExpiryTimestamp is too far away")
        return wanted, wanted
    until = float(data.get("renewableUntilTimestamp") or call.now + 90 * DAY)
    if until > call.now + 365 * DAY + 60 and not call.cell.has("endless_tokens"):
        raise invalid("renewableUntilTimestamp is too far away")
    return min(call.now + call.cell.token_life, until), until


def _parse_type(data: dict[str, Any]) -> int:
    kind = data.get("tokenType", 2)
    if not isinstance(kind, int) or not 0 <= kind <= HYPERSCALE:
        raise invalid(f"[{kind}] is not a token type")
    return kind


def _require_unique_name(call: Call, name: str, user_id: int, but: int = 0) -> None:
    for token in call.cell.sessions.store.of_user(user_id):
        if fold_case(token.name) == fold_case(name) and token.id != but:
            raise ApiError(DUPLICATE, "Token name already present")


def _render_token(call: Call, token: AccessToken, with_secrets: bool) -> dict[str, Any]:
    info: dict[str, Any] = {
        "accessTokenId": token.id,
        "tokenName": token.name,
        "userId": token.user_id,
        "tokenType": token.type,
        "tokenExpiryTimestamp": int(token.expires),
        "renewableUntilTimestamp": int(token.renewable_until),
        "apiEndpoints": token.api_endpoints,
    }
    if call.cell.has("token_addresses"):
        info["allowedIPs"] = token.allowed_ips
    if with_secrets:
        info["accessToken"] = token.access
    if with_secrets and token.refresh:
        info |= {"refreshToken": token.refresh, "refreshTokenExpiryTimestamp": int(token.refresh_expires)}
    return info


def _create(call: Call) -> dict[str, Any]:
    _require_login(call)
    data = call.strict_body(_CREATE)
    name = str(data.get("tokenName") or "")
    if not name:
        raise invalid("tokenName is missing")
    kind, user_id = _parse_type(data), _resolve_owner(call, data)
    _check_limits(call, data, kind)
    _require_unique_name(call, name, user_id)
    expires, until = _parse_lifetimes(call, data, kind)
    token = call.cell.sessions.store.create(name, user_id, kind, expires, until)
    token.api_endpoints = list(data.get("apiEndpoints") or []) if kind == CUSTOM else []
    token.allowed_ips = list(data.get("allowedIPs") or [])
    return {"error": {"errorCode": 0, "errorMessage": ""}, "tokenInfo": _render_token(call, token, True)}


def _require_own_token(call: Call) -> AccessToken:
    """Return the token of the path, when the caller owns it or may manage those of others."""
    token = call.cell.sessions.store.get(call.number())
    if token is None:
        raise not_found(f"Access token [{call.params['id']}] does not exist")
    if token.user_id != call.caller.user.id:
        call.caller.rights.require_any({USER_MANAGEMENT, ADMINISTRATIVE_MANAGEMENT})
    return token


def _update(call: Call) -> dict[str, Any]:
    _require_login(call)
    token, data = _require_own_token(call), call.strict_body(_CREATE)
    kind = _parse_type({"tokenType": data.get("tokenType", token.type)})
    _check_limits(call, {"apiEndpoints": token.api_endpoints, **data}, kind)
    name = str(data.get("tokenName") or token.name)
    _require_unique_name(call, name, token.user_id, token.id)
    if "renewableUntilTimestamp" in data or "tokenExpiryTimestamp" in data:
        expires, token.renewable_until = _parse_lifetimes(call, data, kind)
        token.expires = expires if kind in FIXED else min(token.expires, token.renewable_until)
    token.name, token.type = name, kind
    token.api_endpoints = list(data.get("apiEndpoints", token.api_endpoints)) if kind == CUSTOM else []
    token.allowed_ips = list(data.get("allowedIPs", token.allowed_ips))
    return {"error": {"errorCode": 0, "errorMessage": ""}, "tokenInfo": _render_token(call, token, False)}


def _list(call: Call) -> dict[str, Any]:
    """Return the tokens of a user; the member names of the list are invented: no source shows them."""
    wanted = call.query.get("userid", "")
    user_id = int(wanted) if wanted.isdigit() else call.caller.user.id
    if user_id != call.caller.user.id:
        call.caller.rights.require_any({USER_MANAGEMENT, ADMINISTRATIVE_MANAGEMENT})
    tokens = call.cell.listed_tokens(user_id)
    return {"tokensInfo": [_render_token(call, token, False) for token in tokens], **make_success_g()}


def _delete(call: Call) -> dict[str, Any]:
    _require_login(call)
    call.cell.sessions.store.delete(_require_own_token(call))
    return make_success_g()


def _renew(call: Call) -> dict[str, Any]:
    data = call.body()
    behaviours = call.cell.behaviours
    token = call.cell.sessions.store.renew(
        str(data.get("accessToken") or ""),
        str(data.get("refreshToken") or ""),
        call.now,
        call.cell.token_life,
        behaviours.renew_keeps_access_token,
    )
    if token is None:
        raise not_found("The token does not exist")
    info = _render_token(call, token, True)
    for name in ("userId", "tokenType", "apiEndpoints", "allowedIPs"):
        info.pop(name, None)
    return info


def _old_list(call: Call) -> dict[str, Any]:
    tokens = call.cell.sessions.store.of_user(call.caller.user.id)
    return {"tokens": [{"tokenName": token.name, "tokenId": token.id} for token in tokens]}


def _old_create(call: Call) -> dict[str, Any]:
    """Create a token as older releases do: no refresh token, an expiry of the caller's choice."""
    data = call.body()
    name = str(data.get("tokenName") or "")
    _require_unique_name(call, name, call.caller.user.id)
    expires = float((data.get("tokenExpires") or {}).get("time") or call.now + 120)
    token = call.cell.sessions.store.create(name, call.caller.user.id, SCIM, expires, expires)
    return {"token": token.access}
