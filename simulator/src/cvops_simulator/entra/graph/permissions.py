# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call what: permission names, what they imply, and the caller of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt

from cvops_simulator.entra.graph.errors import GraphError, denied
from cvops_simulator.entra.wellknown import GRAPH_APP_ID

if TYPE_CHECKING:
    from cvops_simulator.entra.login.issuing import Issuer

_IMPLIED: dict[str, tuple[str, ...]] = {
    "Application.ReadWrite.All": ("Application.Read.All", "AppRegistration.Create"),
    "Directory.ReadWrite.All": ("Directory.Read.All", "Group.ReadWrite.All"),
    "Directory.Read.All": (
        "Application.Read.All",
        "Group.Read.All",
        "User.Read.All",
        "Organization.Read.All",
        "DelegatedPermissionGrant.Read.All",
    ),
    "Group.ReadWrite.All": ("Group.Read.All", "Group.Create", "GroupMember.ReadWrite.All"),
    "Group.Read.All": ("GroupMember.Read.All", "Group.ReadBasic.All"),
    "GroupMember.ReadWrite.All": ("GroupMember.Read.All",),
    "GroupMember.Read.All": ("GroupMember.ReadBasic.All", "Group.ReadBasic.All"),
    "Policy.Read.All": ("Policy.Read.ConditionalAccess",),
    "Policy.ReadWrite.ConditionalAccess": ("Policy.Read.ConditionalAccess",),
    "DelegatedPermissionGrant.ReadWrite.All": ("DelegatedPermissionGrant.Read.All",),
    "User.ReadWrite.All": ("User.Read.All",),
    "User.Read.All": ("User.ReadBasic.All",),
}


def _expand_permissions(names: frozenset[str]) -> frozenset[str]:
    found, todo = set(names), list(names)
    while todo:
        for name in _IMPLIED.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return frozenset(found)


@dataclass(frozen=True)
class Caller:
    """Who sent the request. `object_id`: service principal or user; `permissions` include implied ones."""

    app_id: str
    object_id: str
    permissions: frozenset[str]
    is_user: bool


def check_permission(caller: Caller, allow: tuple[str, ...], refuse: Callable[[], GraphError] = denied) -> bool:
    """Check whether the caller may call a route; returns True when only as owner of the object.

    `allow` holds alternatives: `A+B` needs both; a trailing `*` marks one that is good for owned objects only.
    An empty tuple needs a token and nothing else. Raises GraphError (403), made by `refuse`.
    """
    if not allow:
        return False
    usable = [item for item in allow if set(item.rstrip("*").split("+")) <= caller.permissions]
    if not usable:
        raise refuse()
    return all(item.endswith("*") for item in usable)


def _make_error(message: str) -> GraphError:
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        f'client_id="{GRAPH_APP_ID}"'
    )
    return GraphError(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": challenge})


def identify(authorization: str | None, issuer: Issuer, now: float) -> Caller:
    """Return the caller that a bearer token names. Raises GraphError (401)."""
    kind, _, token = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise _make_error("Access token is empty.")
    try:
        claims = issuer.key.read(token)
    except jwt.InvalidTokenError as error:
        raise _make_error("CompactToken validation failed with reason code: 80049228.") from error
    audiences = {GRAPH_APP_ID, "https://graph.microsoft.com", *issuer.graph_names}
    if str(claims.get("aud", "")).rstrip("/") not in audiences:
        raise _make_error("Access token validation failure. Invalid audience.")
    if float(claims["exp"]) <= now:
        raise _make_error("Lifetime validation failed, the token is expired.")
    is_user = "scp" in claims
    granted = claims["scp"].split() if is_user else claims.get("roles", [])
    return Caller(claims.get("appid", ""), claims["oid"], _expand_permissions(frozenset(granted)), is_user)
