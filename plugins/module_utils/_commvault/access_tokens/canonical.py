# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Access tokens under the names of the options of commvault_access_token, read from the service and written to it. Pure."""

from __future__ import annotations

import datetime
import ipaddress
import typing as t

from ..._core.values import format_time, get_texts, parse_number, parse_time
from ..._signin.commvault.token_pair_wire import get_token_id, get_token_name, parse_epoch

CanonicalAccessToken = dict[str, t.Any]
#: Values of option token_type and Commvault's tokenType. 0 and an absent tokenType mean the same as 2.
TOKEN_TYPES = {"all": 2, "scim": 1, "custom": 3, "one_touch": 4, "hyperscale": 5}
#: Types with an expiry of their own, no refresh token and no renewal.
NON_RENEWABLE_TYPES = ("scim", "one_touch")
#: No document shows how the list names these moments, or whether it has them: the names that would fit those of its other members.
_CREATED = ("createdTimestamp", "creationTimestamp", "tokenCreationTimestamp", "createdTime", "creationTime")
_LAST_USED = ("lastUsedTimestamp", "tokenLastUsedTimestamp", "lastAccessedTimestamp", "lastUsedTime", "lastUsed")
WIRE_FIELDS = {
    "name": "tokenName",
    "token_type": "tokenType",
    "api_endpoints": "apiEndpoints",
    "allowed_ips": "allowedIPs",
    "renewable_until": "renewableUntilTimestamp",
    "expires": "tokenExpiryTimestamp",
}


def canonical_access_token(row: t.Mapping[str, t.Any]) -> CanonicalAccessToken:
    """Return a row of the token list in canonical form; what the service does not show is left out.

    Times are RFC 3339. Endpoints and addresses are normalized, sorted and free of repetitions.
    """
    kind = next((word for word, number in TOKEN_TYPES.items() if number == row.get("tokenType")), "all")
    found: CanonicalAccessToken = {"name": get_token_name(row)}
    if "tokenType" in row:
        found["token_type"] = kind
    if isinstance(row.get("apiEndpoints"), list):
        found["api_endpoints"] = sorted({normalize_endpoint(str(item)) for item in row["apiEndpoints"]})
    if isinstance(row.get("allowedIPs"), list):
        found["allowed_ips"] = sorted({normalize_address(str(item)) or str(item) for item in row["allowedIPs"]})
    for name in ("expires",) if kind in NON_RENEWABLE_TYPES else ("renewable_until",):
        moment = parse_epoch(row.get(WIRE_FIELDS[name]))
        if moment is not None:
            found[name] = format_timestamp(moment)
    return found


def describe_access_token(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return what a row of the token list shows, for reports, without the token itself; what it does not show is None.

    Raises BadAnswer where limits are no lists of texts.
    """
    number = parse_number(row.get("tokenType"))
    kind = next((word for word, value in TOKEN_TYPES.items() if value == (number or TOKEN_TYPES["all"])), None)
    shown = {name: row.get(WIRE_FIELDS[name]) is not None for name in ("api_endpoints", "allowed_ips")}
    endpoints, addresses = get_texts(row, "apiEndpoints"), get_texts(row, "allowedIPs")
    until = None if kind in NON_RENEWABLE_TYPES else _format_epoch(row, ("renewableUntilTimestamp",))
    return {
        "id": get_token_id(row),
        "name": get_token_name(row) or None,
        "token_type": None if number is None else kind,
        "api_endpoints": sorted({normalize_endpoint(one) for one in endpoints}) if shown["api_endpoints"] else None,
        "allowed_ips": sorted({normalize_address(one) or one for one in addresses}) if shown["allowed_ips"] else None,
        "expires": _format_epoch(row, ("tokenExpiryTimestamp",)),
        "renewable_until": until,
        "created": _format_epoch(row, _CREATED),
        "last_used": _format_epoch(row, _LAST_USED),
    }


def _format_epoch(row: t.Mapping[str, t.Any], names: t.Iterable[str]) -> str | None:
    moment = next((found for name in names if (found := parse_epoch(row.get(name))) is not None), None)
    return None if moment is None else format_timestamp(moment)


def serialize_access_token(settings: CanonicalAccessToken) -> dict[str, t.Any]:
    """Return the request body for these settings; an empty list of endpoints is left out."""
    found: dict[str, t.Any] = {}
    for name, value in settings.items():
        if name == "token_type":
            found["tokenType"] = TOKEN_TYPES[value]
        elif name in ("renewable_until", "expires"):
            found[WIRE_FIELDS[name]] = int(parse_time(value).timestamp())
        elif name in WIRE_FIELDS:
            found[WIRE_FIELDS[name]] = value
    if not found.get("apiEndpoints"):
        found.pop("apiEndpoints", None)
    return found


def list_unshown_fields(wanted: CanonicalAccessToken, current: CanonicalAccessToken) -> list[str]:
    """Return the managed fields that the service does not show, of which it is unknown whether they differ."""
    return [name for name, value in wanted.items() if value is not None and name not in current]


def is_restriction(name: str, value: t.Any) -> bool:
    """Return whether a field with this value limits what a token may do, from where, or how long; where it is not shown, it is written."""
    return bool(value) if name != "token_type" else value != "all"


def find_narrowed_fields(before: CanonicalAccessToken, after: CanonicalAccessToken) -> set[str]:
    """Return the fields of an edited token whose change limits it more than before, or than is known."""
    changed = {name for name, value in after.items() if value != before.get(name) and is_restriction(name, value)}
    widened = {
        name for name in ("renewable_until", "expires") if str(before.get(name) or "~") < str(after.get(name) or "")
    }
    return changed - widened - {"name", "stored_in"}


def is_field_proven(name: str, wanted: t.Any, shown: CanonicalAccessToken) -> bool:
    """Return whether what the service shows of a token is what was asked for; a life may also end earlier."""
    if name in ("renewable_until", "expires") and shown.get(name):
        return bool(parse_time(shown[name]) <= parse_time(wanted))
    return bool(shown.get(name) == wanted)


def format_timestamp(moment: float) -> str:
    """Return seconds since 1970 as RFC 3339."""
    return format_time(datetime.datetime.fromtimestamp(moment, datetime.timezone.utc))


def normalize_endpoint(text: str) -> str:
    """Return an API path with one leading slash and no trailing one."""
    return "/" + text.strip().strip("/")


def is_endpoint(text: str) -> bool:
    """Return True for a path of the API: no whole address, no query, and no sign that a path has only encoded."""
    path = text.strip()
    return "//" not in path and all(" " < sign <= "~" and sign not in '?#\\"<>^`{|}' for sign in path)


def normalize_address(text: str) -> str | None:
    """Return the normal form of an address, a network or a range ``first-last``; None for anything else."""
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
            return f"{first}-{last}"
        if "/" in text:
            return str(ipaddress.ip_network(text.strip(), strict=False))
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None
