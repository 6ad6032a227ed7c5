# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""/identity/conditionalAccess/namedLocations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvops_simulator.entra.conditional_access.locations import (
    COUNTRY_LOCATION,
    IP_LOCATION,
    LOCATION_TYPES,
    make_location,
    read_range,
    read_type,
    settle_location,
    show_location,
)
from cvops_simulator.entra.conditional_access.shape import fold_words
from cvops_simulator.entra.graph.access_lookup import find_location, is_licensed, list_locations
from cvops_simulator.entra.graph.errors import GraphError, malformed, missing_scopes, not_licensed
from cvops_simulator.entra.graph.messages import NO_CONTENT, GraphResponse
from cvops_simulator.entra.graph.routing import Route
from cvops_simulator.entra.schema import BodyError, check_body

if TYPE_CHECKING:
    from cvops_simulator.entra.graph.call import Call
    from cvops_simulator.entra.store import Row

_TABLE = "namedLocations"
_CONTEXT = "identity/conditionalAccess/namedLocations"
_READ = ("Policy.Read.All",)
_WRITE = ("Policy.Read.All+Policy.ReadWrite.ConditionalAccess",)
_READ_ONLY = frozenset({"id", "createdDateTime", "modifiedDateTime", "deletedDateTime"})
_MOST_RANGES = 2000
_LONGEST_NAME = 256


def _missing(key: str) -> GraphError:
    return GraphError(404, "ResourceNotFound", f"NamedLocation with id {key} does not exist in the directory.")


def _require(call: Call) -> Row:
    """Return the location that the path names: as the replica knows it, or the current row for a change."""
    key = call.arguments[0].lower()
    seen = find_location(call, key)
    current = call.tenant.named_locations.get(key)
    if seen is None or (current is None and call.request.method != "GET"):
        raise _missing(call.arguments[0])
    return seen if call.request.method == "GET" or current is None else current


def _read_body(call: Call, expected: str = "") -> tuple[str, Row]:
    """Return type and properties of a body. The texts of the refusals are not those of the service."""
    body: Any = call.request.body
    if not isinstance(body, dict):
        raise malformed("NamedLocation validation failed: the body is not an object.")
    type_name = read_type(body)
    if not type_name or (expected and type_name != expected):
        named = (
            f"#microsoft.graph.{expected}" if expected else " or ".join(f"#microsoft.graph.{x}" for x in LOCATION_TYPES)
        )
        raise malformed(f"NamedLocation validation failed: the property @odata.type must be {named}.")
    try:
        return type_name, check_body(type_name, fold_words(type_name, body), _READ_ONLY)
    except BodyError as error:
        raise malformed(f"NamedLocation validation failed: {error}") from error


def _check(row: Row) -> None:
    if not row["displayName"] or len(row["displayName"]) > _LONGEST_NAME:
        raise malformed("NamedLocation validation failed due to InvalidDisplayName.")
    if read_type(row) == COUNTRY_LOCATION:
        countries = row["countriesAndRegions"]
        if not countries or any(len(item) != 2 or not (item.isascii() and item.isalpha()) for item in countries):
            raise malformed("NamedLocation validation failed due to InvalidCountriesAndRegions.")
        return
    texts = [item.get("cidrAddress") for item in row["ipRanges"]]
    if not texts or len(texts) > _MOST_RANGES:
        raise malformed("NamedLocation validation failed due to InvalidIpRangeCount.")
    wrong = [text for text in texts if not isinstance(text, str) or read_range(text) is None]
    if wrong:
        raise malformed(f"NamedLocation validation failed due to InvalidIpRange: {wrong[0]}.")


def _show(call: Call, row: Row) -> Row:
    shown = show_location(row, call.tenant.behaviours.list_order)
    if not call.options.select:
        return shown
    return {"@odata.type": row["@odata.type"], **{name: shown.get(name) for name in call.options.select}}


def _list(call: Call) -> GraphResponse:
    return call.collection("namedLocation", list_locations(call), _CONTEXT, lambda row: _show(call, row))


def _get(call: Call) -> GraphResponse:
    return call.entity("namedLocation", _require(call), _CONTEXT, project=lambda row: _show(call, row))


def _create(call: Call) -> GraphResponse:
    if not is_licensed(call, "P1"):
        raise not_licensed()
    type_name, body = _read_body(call)
    now = call.tenant.now()
    values = {"displayName": None, **body, "id": call.tenant.new_id(), "createdDateTime": now, "modifiedDateTime": now}
    _check({"@odata.type": body["@odata.type"], "ipRanges": [], "countriesAndRegions": [], **values})
    rows = [row for row in call.tenant.named_locations.values() if read_type(row) == type_name]
    if type_name == IP_LOCATION and len(rows) >= call.tenant.behaviours.location_limit:
        raise malformed(f"The limit of {call.tenant.behaviours.location_limit} named locations has been reached.")
    row = make_location(type_name, values)
    call.tenant.store.put(_TABLE, row["id"], row, "object")
    return call.entity("namedLocation", row, _CONTEXT, 201, lambda item: _show(call, item))


def _update(call: Call) -> GraphResponse:
    row = _require(call)
    if not is_licensed(call, "P1"):
        raise not_licensed()
    _, body = _read_body(call, read_type(row))
    given = {name: value for name, value in body.items() if "@" not in name}
    changed = {**row, **given, "modifiedDateTime": call.tenant.now()}
    _check(changed)
    call.tenant.store.put(_TABLE, row["id"], settle_location(changed))
    return NO_CONTENT


def _delete(call: Call) -> GraphResponse:
    """Remove a location that is trusted nowhere and used by no policy. The texts are not those of the service."""
    row = _require(call)
    seen = find_location(call, row["id"]) or row
    if row.get("isTrusted") or seen.get("isTrusted"):
        raise malformed(f"NamedLocation with id {row['id']} is trusted and cannot be deleted.")
    users = [policy["id"] for policy in call.tenant.policies.values() if row["id"] in _list_references(policy)]
    if users:
        raise malformed(f"NamedLocation with id {row['id']} is referenced by policies: {', '.join(users)}.")
    call.tenant.store.remove(_TABLE, row["id"])
    return NO_CONTENT


def _list_references(policy: Row) -> list[str]:
    locations = policy["conditions"]["locations"] or {}
    return [*locations.get("includeLocations", []), *locations.get("excludeLocations", [])]


_BASE = "/identity/conditionalAccess/namedLocations"
ROUTES = (
    Route("GET", _BASE, _list, _READ, missing_scopes, beta=True),
    Route("POST", _BASE, _create, _WRITE, missing_scopes, beta=True),
    Route("GET", f"{_BASE}/{{}}", _get, _READ, missing_scopes, beta=True),
    Route("PATCH", f"{_BASE}/{{}}", _update, _WRITE, missing_scopes, beta=True),
    Route("DELETE", f"{_BASE}/{{}}", _delete, _WRITE, missing_scopes, beta=True),
)
