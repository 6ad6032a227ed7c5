# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The probes of Microsoft Graph. Their keys are those of the guide's open questions."""

from __future__ import annotations

import datetime
import typing as t
import uuid

from ...._core.thumbprints import read_thumbprint
from ...._core.values import format_time
from ...._entra.deleted_items import TYPES
from ...._entra.whoami import list_token_permissions
from .model import NOT_ASKED, Finding, Probe, Read, confirm, is_readable_text, leave_open, list_rows

_ERROR_CODES = (
    "Authorization_RequestDenied",
    "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
    "Authentication_RequestFromUnsupportedUserRole",
    "BadRequest",
    "Request_BadRequest",
    "Request_ResourceNotFound",
    "Request_UnsupportedQuery",
    "ResourceNotFound",
    "AccessDenied",
    "Forbidden",
    "UnknownError",
)
_LIST = ("@odata.context", "@odata.nextLink", "@odata.count", "@odata.type", "value", "id")
_SIGN_IN_KEYS = (
    "additionalDetails",
    "altitude",
    "appDisplayName",
    "appId",
    "appliedConditionalAccessPolicies",
    "authenticationAppDeviceDetails",
    "authenticationProtocol",
    "browser",
    "city",
    "clientAppUsed",
    "clientCredentialType",
    "conditionalAccessStatus",
    "correlationId",
    "countryOrRegion",
    "createdDateTime",
    "deviceDetail",
    "deviceId",
    "displayName",
    "errorCode",
    "failureReason",
    "geoCoordinates",
    "homeTenantId",
    "incomingTokenType",
    "ipAddress",
    "isCompliant",
    "isInteractive",
    "isManaged",
    "latitude",
    "location",
    "longitude",
    "operatingSystem",
    "resourceDisplayName",
    "resourceId",
    "resourceServicePrincipalId",
    "resourceTenantId",
    "riskDetail",
    "riskEventTypes",
    "riskEventTypes_v2",
    "riskLevelAggregated",
    "riskLevelDuringSignIn",
    "riskState",
    "servicePrincipalCredentialKeyId",
    "servicePrincipalId",
    "servicePrincipalName",
    "signInEventTypes",
    "state",
    "status",
    "trustType",
    "userAgent",
    "userDisplayName",
    "userId",
    "userPrincipalName",
)
_SIGN_INS = "/auditLogs/signIns"
_BY_TYPE = "signInEventTypes/any(t: t eq 'servicePrincipal')"
_V4_RANGE, _V6_RANGE = "#microsoft.graph.iPv4CidrRange", "#microsoft.graph.iPv6CidrRange"
_DELETED = f"/directory/deletedItems/{TYPES['applications']}"
_LISTS_APPLICATIONS = frozenset(
    ("Application.ReadWrite.OwnedBy", "Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All")
)
_NO_PREMIUM = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"


class GraphFacts(t.NamedTuple):
    """What the probes of Graph need beside reads: the claims of the token, and the service's time."""

    claims: t.Mapping[str, t.Any]
    now: datetime.datetime


def _ask_claims(_read: Read, facts: GraphFacts) -> Finding:
    version = facts.claims.get("ver")
    told = version if version in ("1.0", "2.0") else "another" if version is not None else None
    if facts.claims.get("scp") is not None:
        return Finding(NOT_ASKED, "the token is one of a person", {"token_version": told})
    if facts.claims and facts.claims.get("roles") is None:
        return Finding(NOT_ASKED, "the token lists no permission; the identity may have none", {"token_version": told})
    roles = facts.claims.get("roles")
    return confirm(isinstance(roles, list) and all(isinstance(role, str) for role in roles), token_version=told)


def _ask_absent_object(read: Read, _facts: GraphFacts) -> Finding:
    answer = read(f"/applications/{uuid.uuid4()}")
    return leave_open(answer) if answer.is_void else confirm(answer.status == 404)


def _ask_deleted(read: Read, facts: GraphFacts) -> Finding:
    answer = read(_DELETED, {"$select": "id,appId,displayName", "$top": "1"})
    held = _LISTS_APPLICATIONS & set(list_token_permissions(facts.claims) or ())
    if answer.is_void and not (answer.status == 403 and held):
        return leave_open(answer)
    return confirm(answer.is_success and isinstance((answer.body or {}).get("value"), list))


def _ask_certificate_key(read: Read, _facts: GraphFacts) -> Finding:
    listed = read("/applications", {"$select": "id,keyCredentials", "$top": "100"})
    if not listed.is_success:
        return leave_open(listed)
    rows = list_rows(listed.body, "value")
    found = next((row for row in rows if _list_certificates(row) and is_readable_text(row.get("id"))), None)
    if found is None:
        return Finding(NOT_ASKED, "no application with a certificate is on the first page of the list")
    answer = read(f"/applications/{_parse_guid(found['id'])}", {"$select": "keyCredentials"})
    if answer.is_void:
        return leave_open(answer)
    keys = _list_certificates(answer.body)
    known = sum(read_thumbprint(key.get("customKeyIdentifier")) is not None for key in keys)
    shown = bool(keys) and all(is_readable_text(key.get("key")) for key in keys)
    return confirm(shown, certificates=len(keys), identifiers_that_are_thumbprints=known)


def _list_certificates(row: t.Any) -> list[dict[str, t.Any]]:
    return [key for key in list_rows(row, "keyCredentials") if key.get("type") == "AsymmetricX509Cert"]


def _parse_guid(text: str) -> str:
    """Return an id as a GUID for the path of a request; one that is none becomes one that nothing has."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


def _ask_sign_in_kinds(read: Read, facts: GraphFacts) -> Finding:
    since = f"createdDateTime ge {format_time(facts.now - datetime.timedelta(hours=1))}"
    params = {"$filter": f"{since} and {_BY_TYPE}", "$top": "1"}
    beta = read(f"/beta{_SIGN_INS}", params)
    if beta.is_void:
        return leave_open(beta)
    released = read(_SIGN_INS, params)
    if released.is_void:
        return leave_open(released)
    return confirm(
        beta.is_success and not released.is_success,
        beta_takes_the_filter=beta.is_success,
        v1_takes_the_filter=released.is_success,
    )


def _ask_sign_ins_permission(read: Read, facts: GraphFacts) -> Finding:
    held = set(list_token_permissions(facts.claims) or ())
    if "AuditLog.Read.All" not in held or "Directory.Read.All" in held:
        return Finding(NOT_ASKED, "it takes an identity with AuditLog.Read.All and without Directory.Read.All")
    since = format_time(facts.now - datetime.timedelta(hours=1))
    answer = read(_SIGN_INS, {"$filter": f"createdDateTime ge {since}", "$top": "1"})
    if answer.code == _NO_PREMIUM or (answer.is_void and answer.status != 403):
        return leave_open(answer)
    return confirm(answer.is_success)


def _ask_location_ranges(read: Read, _facts: GraphFacts) -> Finding:
    answer = read("/identity/conditionalAccess/namedLocations", {"$top": "100"})
    if not answer.is_success:
        return leave_open(answer)
    ranges = [one for row in list_rows(answer.body, "value") for one in list_rows(row, "ipRanges")]
    long = [one.get("@odata.type") for one in ranges if ":" in str(one.get("cidrAddress") or "")]
    if not long:
        return Finding(NOT_ASKED, "no named location has a range of IPv6", {"ranges": len(ranges)})
    facts = {"ranges": len(ranges), "ranges_of_ipv6": len(long), "of_them_typed_as_ipv4": long.count(_V4_RANGE)}
    return confirm(all(kind == _V6_RANGE for kind in long), **facts)


def _words(*words: str) -> frozenset[str]:
    return frozenset((*_LIST, *_ERROR_CODES, *words))


PROBES = (
    Probe(
        "graph-token-claims",
        "Can the token of an application be read, and does it list permissions in the claim roles?",
        (),
        _words(),
        _ask_claims,
    ),
    Probe(
        "graph-absent-object",
        "Is an id that no object has answered with HTTP 404?",
        ("GET /v1.0/applications/{id}",),
        _words("appId", "displayName"),
        _ask_absent_object,
    ),
    Probe(
        "graph-deleted-applications",
        "Can deleted applications be listed in v1.0 with the permissions that the documentation names?",
        (f"GET /v1.0{_DELETED}",),
        _words("appId", "displayName"),
        _ask_deleted,
    ),
    Probe(
        "graph-certificate-key",
        "Does a read of one application show its certificates themselves?",
        ("GET /v1.0/applications", "GET /v1.0/applications/{id}"),
        _words(
            "customKeyIdentifier",
            "displayName",
            "endDateTime",
            "key",
            "keyCredentials",
            "keyId",
            "startDateTime",
            "type",
            "usage",
        ),
        _ask_certificate_key,
    ),
    Probe(
        "graph-sign-in-kinds",
        "Does the beta log of sign-ins alone take a filter on the kind of a sign-in?",
        (f"GET /beta{_SIGN_INS}", f"GET /v1.0{_SIGN_INS}"),
        _words(*_SIGN_IN_KEYS),
        _ask_sign_in_kinds,
    ),
    Probe(
        "graph-sign-ins-permission",
        "Does AuditLog.Read.All alone let an application read sign-ins?",
        (f"GET /v1.0{_SIGN_INS}",),
        _words(*_SIGN_IN_KEYS),
        _ask_sign_ins_permission,
    ),
    Probe(
        "graph-location-ranges",
        "Do ranges of IPv6 in named locations come back as such?",
        ("GET /v1.0/identity/conditionalAccess/namedLocations",),
        _words(
            "cidrAddress",
            "countriesAndRegions",
            "countryLookupMethod",
            "createdDateTime",
            "displayName",
            "includeUnknownCountriesAndRegions",
            "ipRanges",
            "isTrusted",
            "modifiedDateTime",
        ),
        _ask_location_ranges,
    ),
)
