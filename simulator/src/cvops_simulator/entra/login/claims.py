# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.identifiers import make_opaque_id
from cvops_simulator.entra.wellknown import GRAPH_APP_ID, TOKEN_EXCHANGE_APP_ID

if TYPE_CHECKING:
    from cvops_simulator.entra.login.clients import Client
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

_APPID_ACR = {"none": "0", "secret": "1", "assertion": "2"}
_APP_ONLY_WIDS = ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"]


@dataclass(frozen=True)
class Issue:
    """Everything that decides on one access token. `audience`: the resource as it was asked for."""

    client: Client
    resource: Row
    audience: str
    lifetime: int
    user: Row | None = None
    scopes: tuple[str, ...] = ()


def list_app_roles(view: View, principal_id: str, resource: Row) -> list[str]:
    """Return values of the resource's enabled app roles that a principal holds, on this replica."""
    values = {role["id"]: role["value"] for role in resource["appRoles"] if role["isEnabled"] and role["value"]}
    held = {
        row["appRoleId"]
        for row in view.rows("appRoleAssignments").values()
        if row["principalId"] == principal_id and row["resourceId"] == resource["id"]
    }
    return sorted(value for role_id, value in values.items() if role_id in held)


def is_assigned(view: View, principal_id: str, resource: Row) -> bool:
    """Tell whether a principal has any assignment to the resource."""
    return any(
        row["principalId"] == principal_id and row["resourceId"] == resource["id"]
        for row in view.rows("appRoleAssignments").values()
    )


def make_access_claims(tenant: Tenant, view: View, issue: Issue, origin: str) -> dict[str, Any]:
    """Return claims of an access token: version 2 when the resource wants it, else version 1."""
    now = int(tenant.clock.now())
    subject = issue.user or issue.client.principal
    version_2 = _wants_version_2(tenant, view, issue.resource)
    claims: dict[str, Any] = {
        "aud": issue.resource["appId"] if version_2 else issue.audience,
        "iss": f"{origin}/{tenant.id}/v2.0" if version_2 else f"https://sts.windows.net/{tenant.id}/",
        "iat": now,
        "nbf": now - 5,
        "exp": now + issue.lifetime,
        "aio": make_opaque_id("aio", subject["id"], str(now)),
        "oid": subject["id"],
        "rh": make_opaque_id("rh", subject["id"])[:30],
        "sub": subject["id"],
        "tid": tenant.id,
        "uti": tenant.new_id(),
        "ver": "2.0" if version_2 else "1.0",
        "idtyp": "user" if issue.user else "app",
    }
    claims.update(_make_client_claims(issue, tenant.id, version_2))
    if roles := list_app_roles(view, subject["id"], issue.resource):
        claims["roles"] = roles
    if issue.user:
        claims.update(
            {"scp": " ".join(issue.scopes), "upn": subject["userPrincipalName"], "name": subject["displayName"]}
        )
    elif issue.resource["appId"] == GRAPH_APP_ID:
        claims["wids"] = _APP_ONLY_WIDS
    return claims


def _make_client_claims(issue: Issue, tenant_id: str, version_2: bool) -> dict[str, Any]:
    proof = _APPID_ACR[issue.client.proof]
    if version_2:
        return {"azp": issue.client.app_id, "azpacr": proof}
    return {
        "appid": issue.client.app_id,
        "appidacr": proof,
        "app_displayname": issue.client.principal["displayName"],
        "idp": f"https://sts.windows.net/{tenant_id}/",
        "tenant_region_scope": "EU",
    }


def _wants_version_2(tenant: Tenant, view: View, resource: Row) -> bool:
    if resource["appId"] == TOKEN_EXCHANGE_APP_ID:
        return True
    application = tenant.application_of(resource["appId"], view)
    return bool(application and application["api"]["requestedAccessTokenVersion"] == 2)


def make_id_claims(
    tenant: Tenant, client_id: str, user: Row, origin: str, nonce: str | None, lifetime: int
) -> dict[str, Any]:
    """Return claims of an ID token."""
    now = int(tenant.clock.now())
    claims = {
        "aud": client_id,
        "iss": f"{origin}/{tenant.id}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + lifetime,
        "name": user["displayName"],
        "oid": user["id"],
        "preferred_username": user["userPrincipalName"],
        "sub": user["id"],
        "tid": tenant.id,
        "ver": "2.0",
    }
    return {**claims, "nonce": nonce} if nonce else claims
