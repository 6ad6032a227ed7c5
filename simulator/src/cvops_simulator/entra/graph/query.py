# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query options of list and read requests, with the rules of plain and advanced queries."""

from __future__ import annotations

import base64
import binascii
import json
import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.graph.errors import GraphError, bad_request, unsupported_query
from cvops_simulator.entra.graph.filters import Node, check_filter, matches, parse_filter

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.messages import GraphRequest
    from cvops_simulator.entra.store import Row

_KNOWN = frozenset({"$select", "$filter", "$top", "$count", "$search", "$orderby", "$skiptoken", "$format"})
_MAX_TOP = 999
_MOST_OF_LOGS = 1000

#: Properties that $filter takes, per type.
FILTERABLE: dict[str, frozenset[str]] = {
    "application": frozenset(
        [
            "id",
            "appId",
            "displayName",
            "identifierUris",
            "tags",
            "uniqueName",
            "createdDateTime",
            "signInAudience",
            "description",
            "owners",
            "publisherDomain",
            "web",
            "spa",
            "publicClient",
        ]
    ),
    "servicePrincipal": frozenset(
        [
            "id",
            "appId",
            "displayName",
            "servicePrincipalNames",
            "tags",
            "servicePrincipalType",
            "accountEnabled",
            "alternativeNames",
            "createdDateTime",
            "appOwnerOrganizationId",
            "homepage",
            "owners",
            "replyUrls",
        ]
    ),
    "group": frozenset(
        [
            "id",
            "displayName",
            "mailNickname",
            "mail",
            "securityEnabled",
            "mailEnabled",
            "groupTypes",
            "uniqueName",
            "createdDateTime",
            "description",
            "isAssignableToRole",
            "securityIdentifier",
            "visibility",
            "owners",
            "members",
        ]
    ),
    "user": frozenset(
        [
            "id",
            "displayName",
            "userPrincipalName",
            "mail",
            "mailNickname",
            "accountEnabled",
            "givenName",
            "surname",
            "department",
            "jobTitle",
            "userType",
            "createdDateTime",
            "employeeId",
            "otherMails",
            "companyName",
        ]
    ),
    "directoryObject": frozenset({"id", "displayName", "accountEnabled"}),
    "appRoleAssignment": frozenset({"resourceId", "principalId", "appRoleId", "principalDisplayName"}),
    "oAuth2PermissionGrant": frozenset({"clientId", "consentType", "principalId", "resourceId", "scope"}),
    "federatedIdentityCredential": frozenset({"name", "subject", "issuer"}),
    "conditionalAccessPolicy": frozenset({"id", "displayName", "state", "createdDateTime", "modifiedDateTime"}),
    "namedLocation": frozenset({"id", "displayName", "createdDateTime", "modifiedDateTime"}),
    "authenticationStrengthPolicy": frozenset({"id", "displayName", "policyType"}),
    "authenticationContextClassReference": frozenset({"id", "displayName", "isAvailable"}),
    "signIn": frozenset(
        [
            "id",
            "createdDateTime",
            "appId",
            "appDisplayName",
            "userId",
            "userPrincipalName",
            "userDisplayName",
            "ipAddress",
            "status",
            "correlationId",
            "conditionalAccessStatus",
            "clientAppUsed",
            "location",
            "deviceDetail",
            "resourceId",
            "resourceDisplayName",
            "riskDetail",
            "riskLevelAggregated",
            "riskLevelDuringSignIn",
            "riskState",
            "servicePrincipalId",
            "servicePrincipalName",
            "signInEventTypes",
        ]
    ),
    "directoryAudit": frozenset(
        [
            "activityDateTime",
            "activityDisplayName",
            "category",
            "correlationId",
            "loggedByService",
            "result",
            "initiatedBy",
            "targetResources",
        ]
    ),
    "directoryRoleTemplate": frozenset({"id", "displayName"}),
    "unifiedRoleAssignment": frozenset({"principalId", "roleDefinitionId", "directoryScopeId"}),
    "unifiedRoleDefinition": frozenset({"id", "displayName", "isBuiltIn", "templateId"}),
}
#: Types that sort by date, whatever else is asked; they come from another service than the directory.
_LOGS = frozenset({"signIn", "directoryAudit"})
#: Types whose displayName sorts without an advanced query.
_PLAIN_ORDER = frozenset({"group", "user", "directoryObject", "conditionalAccessPolicy", "namedLocation"})


@dataclass(frozen=True)
class Options:
    """Query options of one request. `advanced`: $count=true together with ConsistencyLevel: eventual."""

    select: tuple[str, ...] | None
    filter: Node | None
    top: int | None
    count: bool
    search: str | None
    order: tuple[tuple[str, bool], ...]
    offset: int
    eventual: bool

    @property
    def advanced(self) -> bool:
        """Whether this is an advanced query."""
        return self.eventual and self.count


def parse_options(request: GraphRequest) -> Options:
    """Read the query options. Raises GraphError (400) for what the directory does not take."""
    query = request.query
    for name in query:
        if name.startswith("$") and name not in _KNOWN:
            raise unsupported_query(f"The query specified in the URI is not valid. '{name}' is not supported.")
    text = query.get("$filter")
    return Options(
        select=_parse_names(query.get("$select")),
        filter=parse_filter(text) if text else None,
        top=_parse_top(
            query.get("$top"), _MOST_OF_LOGS if request.path.lower().startswith("/auditlogs/") else _MAX_TOP
        ),
        count=query.get("$count", "").lower() == "true",
        search=query.get("$search"),
        order=_parse_order(query.get("$orderby")),
        offset=_parse_offset(query.get("$skiptoken")),
        eventual=request.headers.get("consistencylevel", "").lower() == "eventual",
    )


def _parse_names(text: str | None) -> tuple[str, ...] | None:
    return tuple(item.strip() for item in text.split(",") if item.strip()) if text else None


def _parse_top(text: str | None, most: int) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise bad_request(f"Invalid page size specified: '{text}'. Must be between 1 and {most} inclusive.")
    return int(text)


def _parse_order(text: str | None) -> tuple[tuple[str, bool], ...]:
    pairs = [item.split() for item in (text or "").split(",") if item.strip()]
    return tuple((pair[0], len(pair) > 1 and pair[1].lower() == "desc") for pair in pairs)


def _parse_offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(token))["offset"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise GraphError(400, "Directory_ExpiredPageToken", "The specified page token value has expired.") from error


def _make_token(offset: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"offset": offset, "m": "RFNwdAIAAQAAAA"}).encode()).decode()


def select_rows(rows: Sequence[Row], options: Options, type_name: str) -> list[Row]:
    """Apply $filter, $search and $orderby."""
    resource = type_name[:1].upper() + type_name[1:]
    found = list(rows)
    if options.filter is not None:
        check_filter(options.filter, FILTERABLE.get(type_name, frozenset()), resource, options.advanced)
        found = [row for row in found if matches(options.filter, row)]
    if options.search is not None:
        if not options.eventual:
            raise unsupported_query(
                "Request with $search query parameter only works through MSGraph with a special request header: "
                "'ConsistencyLevel: eventual'"
            )
        found = [row for row in found if _matches_search(options.search, row)]
    if options.order:
        plain = type_name in _PLAIN_ORDER and options.filter is None and options.search is None
        plain = plain or type_name in _LOGS
        if not plain and not options.advanced:
            raise unsupported_query("Sorting not supported for current query.")
        for name, descending in reversed(options.order):
            found.sort(key=lambda row: str(row.get(name) or "").lower(), reverse=descending)
    return found


def _matches_search(search: str, row: Row) -> bool:
    terms = re.findall(r'"(\w+):([^"]*)"', search)
    if not terms:
        raise bad_request('Syntax error: $search takes clauses of the form "property:term".')
    hits = [_split_tokens(term) <= _split_tokens(str(row.get(name) or ""), prefixes=True) for name, term in terms]
    return any(hits) if " OR " in search else all(hits)


def _split_tokens(text: str, prefixes: bool = False) -> set[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {word[:size] for word in words for size in range(1, len(word) + 1)} if prefixes else set(words)


def make_page(
    rows: Sequence[Row], options: Options, page_size: int, url: str, query: dict[str, str]
) -> tuple[list[Row], dict[str, Any]]:
    """Return one page and its annotations. A page size below 100 also limits $top: lists then need several pages."""
    limit = _MOST_OF_LOGS if page_size >= 100 else page_size
    size = min(options.top or page_size, limit)
    page = list(rows[options.offset : options.offset + size])
    notes: dict[str, Any] = {}
    if options.advanced and not options.offset:
        notes["@odata.count"] = len(rows)
    if options.offset + size < len(rows):
        kept = {name: value for name, value in query.items() if name != "$skiptoken"}
        link = urllib.parse.urlencode({**kept, "$skiptoken": _make_token(options.offset + size)}, safe="$,'()")
        notes["@odata.nextLink"] = f"{url}?{link}"
    return page, notes
