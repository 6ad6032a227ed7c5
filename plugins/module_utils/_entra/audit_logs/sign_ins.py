# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Entries of the log of sign-ins in the form of all logs. Pure. Source: Microsoft Learn, resource type signIn, v1.0 and beta."""

from __future__ import annotations

import typing as t

from ..._core.errors import BadAnswer
from ..._core.log_events import Actor, LogEvent, Target
from ..._core.values import get_time
from .values import list_objects, read_flag, read_text, read_user_name

LOG = "sign_ins"
#: Our words for the kinds of sign-ins, and Graph's.
SIGN_IN_TYPES = {
    "interactive_user": "interactiveUser",
    "non_interactive_user": "nonInteractiveUser",
    "service_principal": "servicePrincipal",
    "managed_identity": "managedIdentity",
}
#: Kinds of sign-ins without a person.
WORKLOADS = ("service_principal", "managed_identity")
#: The only kind that v1.0 tells.
IN_V1 = "interactive_user"


def read_sign_in(wire: t.Mapping[str, t.Any], sign_in_type: str, api: str, shows_policies: bool) -> LogEvent:
    """Return a sign-in that was listed as of this type. Raises BadAnswer for one without a date.

    *shows_policies*: whether who reads may see which policies were applied; Graph gives an empty list to all others.
    """
    code = _read_code(wire)
    failure = read_text(wire.get("status"), "failureReason")
    location, device = wire.get("location"), wire.get("deviceDetail")
    application = Target("application", read_text(wire, "appDisplayName"), read_text(wire, "appId"))
    actor, said_of_actor = _read_actor(wire, sign_in_type)
    details: dict[str, t.Any] = {
        "api": api,
        "sign_in_type": sign_in_type,
        "application": application.name,
        "app_id": application.id,
        "error_code": code,
        "conditional_access_status": read_text(wire, "conditionalAccessStatus"),
        "conditional_access_policies": _read_policies(wire, shows_policies),
        "client_app": read_text(wire, "clientAppUsed"),
        "user_agent": read_text(wire, "userAgent"),
        "country": read_text(location, "countryOrRegion"),
        "city": read_text(location, "city"),
        "device": _read_device(device),
        "risk_during_sign_in": read_text(wire, "riskLevelDuringSignIn"),
        "resource_service_principal_id": read_text(wire, "resourceServicePrincipalId"),
        "credential_key_id": (read_text(wire, "servicePrincipalCredentialKeyId") or "").lower() or None,
        "credential_type": read_text(wire, "clientCredentialType"),
        "protocol": read_text(wire, "authenticationProtocol"),
        "home_tenant_id": read_text(wire, "homeTenantId"),
        "resource_tenant_id": read_text(wire, "resourceTenantId"),
        **said_of_actor,
    }
    moment = get_time(wire, "createdDateTime", " of a sign-in")
    if moment is None:
        raise BadAnswer("The log of sign-ins contains an entry without a date.", member="createdDateTime")
    return LogEvent(
        time=moment,
        service="entra",
        log=LOG,
        activity="Sign-in",
        operation="sign_in",
        outcome="unknown" if code is None else "success" if code == 0 else "failure",
        reason=None if code == 0 else f"{code or 'no code'}: {failure or 'no reason given'}",
        actor=actor,
        address=read_text(wire, "ipAddress", 100),
        target=Target("application", read_text(wire, "resourceDisplayName"), read_text(wire, "resourceId")),
        others=() if sign_in_type in WORKLOADS else (application,),
        details=details,
        correlation_id=read_text(wire, "correlationId"),
        record_id=read_text(wire, "id") or "",
    )


def _read_code(wire: t.Mapping[str, t.Any]) -> int | None:
    status = wire.get("status")
    code = status.get("errorCode") if isinstance(status, t.Mapping) else None
    return code if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 10**9 else None


def _read_actor(wire: t.Mapping[str, t.Any], sign_in_type: str) -> tuple[Actor, dict[str, bool]]:
    """Return who signed in, and what the details have to say of the name."""
    if sign_in_type in WORKLOADS:
        name = read_text(wire, "servicePrincipalName") or read_text(wire, "appDisplayName")
        ids = {"entra_id": read_text(wire, "servicePrincipalId"), "app_id": read_text(wire, "appId")}
        return Actor("application", name, **ids), {}
    name, said = read_user_name(wire, "userDisplayName")
    return Actor("user", name, entra_id=read_text(wire, "userId")), said


def _read_policies(wire: t.Mapping[str, t.Any], shows_policies: bool) -> list[dict[str, t.Any]] | None:
    """Return the policies that were applied; None where they are not shown, which is something else than none."""
    if not isinstance(wire.get("appliedConditionalAccessPolicies"), list):
        return None
    listed = list_objects(wire, "appliedConditionalAccessPolicies")
    if not listed and not shows_policies:
        return None
    return [
        {"id": read_text(item, "id"), "name": read_text(item, "displayName"), "result": read_text(item, "result")}
        for item in listed
    ]


def _read_device(device: t.Any) -> dict[str, t.Any]:
    texts = {
        "id": "deviceId",
        "name": "displayName",
        "operating_system": "operatingSystem",
        "browser": "browser",
        "trust_type": "trustType",
    }
    found: dict[str, t.Any] = {ours: read_text(device, theirs) for ours, theirs in texts.items()}
    return {**found, "compliant": read_flag(device, "isCompliant"), "managed": read_flag(device, "isManaged")}
