# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One attempt to sign in: what becomes known of it, and its entry in the sign-in log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from cvops_simulator.entra.conditional_access.decision import Decision

if TYPE_CHECKING:
    from starlette.requests import Request

    from cvops_simulator.entra.conditional_access.sign_ins import SignIn
    from cvops_simulator.entra.login.clients import Client
    from cvops_simulator.entra.login.errors import TokenError
    from cvops_simulator.entra.store import Row
    from cvops_simulator.entra.tenant import Tenant

#: Header by which a test says where a request comes from.
ADDRESS_HEADER = "x-client-address"
Event = Literal["interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"]
_CLIENT_APPS = {"browser": "Browser", "mobileAppsAndDesktopClients": "Mobile Apps and Desktop clients"}
_MOST_ENTRIES = 20_000


@dataclass
class Attempt:
    """`event`: which log it belongs to. Whatever is None or empty is not known yet, or not of interest."""

    event: Event
    address: str
    request_id: str
    correlation_id: str
    user_agent: str = ""
    protocol: str = "oAuth2"
    principal: Row | None = None
    client: Client | None = None
    user: Row | None = None
    target: Row | None = None
    sign_in: SignIn | None = None
    decision: Decision = field(default_factory=Decision)

    def record(self, tenant: Tenant, error: TokenError | None = None) -> None:
        """Write the attempt to the tenant's log, once it is known who tries to sign in."""
        is_user = self.event in ("interactiveUser", "nonInteractiveUser")
        if self.principal is None or (is_user and self.user is None):
            return
        tenant.sign_ins.append(self._make_row(tenant, self.principal, error))
        del tenant.sign_ins[:-_MOST_ENTRIES]

    def _make_row(self, tenant: Tenant, principal: Row, error: TokenError | None) -> Row:
        user, sign_in, target = self.user or {}, self.sign_in, self.target or {}
        by_itself = not user
        return {
            "id": self.request_id,
            "createdDateTime": tenant.now(),
            "userDisplayName": user.get("displayName", ""),
            "userPrincipalName": user.get("userPrincipalName", ""),
            "userId": user.get("id", ""),
            "appId": principal["appId"],
            "appDisplayName": principal["displayName"],
            "ipAddress": sign_in.address if sign_in else self.address,
            "clientAppUsed": _CLIENT_APPS.get(sign_in.client_app or "") if sign_in and user else None,
            "userAgent": self.user_agent or None,
            "correlationId": self.correlation_id,
            "conditionalAccessStatus": self.decision.status,
            "appliedConditionalAccessPolicies": self.decision.applied,
            "isInteractive": self.event == "interactiveUser",
            "riskDetail": "none",
            "riskLevelAggregated": "none",
            "riskLevelDuringSignIn": sign_in.sign_in_risk if sign_in else "none",
            "riskState": "none",
            "riskEventTypes": [],
            "riskEventTypes_v2": [],
            "resourceDisplayName": target.get("displayName"),
            "resourceId": target.get("appId"),
            "resourceTenantId": tenant.id,
            "homeTenantId": tenant.id if user else "",
            "servicePrincipalId": principal["id"] if by_itself else "",
            "servicePrincipalName": principal["displayName"] if by_itself else "",
            "authenticationAppDeviceDetails": None,
            "status": {
                "errorCode": error.code if error else 0,
                "failureReason": error.reason if error else "Other.",
                "additionalDetails": None,
            },
            "deviceDetail": _make_device(sign_in),
            "location": {
                "city": None,
                "state": None,
                "countryOrRegion": sign_in.country if sign_in else None,
                "geoCoordinates": {"altitude": None, "latitude": None, "longitude": None},
            },
            **self._make_beta(),
        }

    def _make_beta(self) -> Row:
        """Return what the beta version of Graph alone shows."""
        credential = self.client.credential if self.client else "none"
        return {
            "signInEventTypes": [self.event],
            "clientCredentialType": "managedIdentity" if self.event == "managedIdentity" else credential,
            "servicePrincipalCredentialKeyId": self.client.key_id if self.client and not self.user else "",
            "resourceServicePrincipalId": (self.target or {}).get("id", ""),
            "authenticationProtocol": self.protocol if self.user else "none",
            "incomingTokenType": "refreshToken" if self.event == "nonInteractiveUser" else "none",
        }


def _make_device(sign_in: SignIn | None) -> Row:
    device: dict[str, Any] = (sign_in.device if sign_in else None) or {}
    return {
        "deviceId": device.get("deviceId", ""),
        "displayName": device.get("displayName", ""),
        "operatingSystem": device.get("operatingSystem") or (sign_in.platform if sign_in else None),
        "browser": None,
        "isCompliant": device.get("isCompliant"),
        "isManaged": device.get("isManaged"),
        "trustType": device.get("trustType", ""),
    }


def start_attempt(request: Request, event: Event, protocol: str = "oAuth2") -> Attempt:
    """Return an attempt of which nothing is known but the request."""
    host = request.client.host if request.client else ""
    state = request.scope["state"]
    return Attempt(
        event=event,
        address=request.headers.get(ADDRESS_HEADER) or host,
        request_id=state["request_id"],
        correlation_id=state["correlation_id"],
        user_agent=request.headers.get("user-agent", ""),
        protocol=protocol,
    )
