# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The module entra_application_info: registrations and the ends of their credentials; never a key, never a hint of one."""

from __future__ import annotations

import base64
import binascii
import datetime
import math
import typing as t

from ..._core.context import Context
from ..._core.names import fold_case
from ..._core.values import format_time, get_objects, get_time
from ..client import GraphClient, filter_by_name, quote_literal
from .canonical import SELECT, canonical_application
from .lookup import check_application_ids
from .reference import READ_NEEDS, explain_application_id, format_application_path

Wire = dict[str, t.Any]
_SELECT = f"{SELECT},createdDateTime,passwordCredentials,keyCredentials"
_DAY_S = 86400.0
_SHA1_BYTES = 20


def find_applications(ctx: Context) -> list[dict[str, t.Any]]:
    """Return the described applications that the options name."""
    return describe_applications(read_applications(GraphClient(ctx), ctx.options), ctx.clock.now())


def read_applications(graph: GraphClient, options: t.Mapping[str, t.Any]) -> list[Wire]:
    """Return the applications that one key or the filter names, all of them when nothing is given; one read, or one list."""
    check_application_ids(options)
    name = next((name for name in ("object_id", "app_id", "unique_name") if options.get(name)), None)
    if name is not None:
        wire = graph.get(
            format_application_path(name, options[name]),
            intent=f"read application {options[name]}",
            needs=READ_NEEDS,
            params={"$select": _SELECT},
        )
        if wire is not None:
            return [wire]
        if told := explain_application_id(graph, name, options[name]):
            graph.ctx.warn(f"{name}: no application with {name} {options[name]} is in the tenant{told}")
        return []
    condition = options.get("filter")
    if options.get("display_name"):
        condition = f"displayName eq {quote_literal(options['display_name'])}"
    params = {"$select": _SELECT, "$top": "999", **({"$filter": condition} if condition else {})}
    found = graph.list("/applications", intent="list applications", needs=READ_NEEDS, params=params)
    return filter_by_name(found, "displayName", options["display_name"]) if options.get("display_name") else found


def describe_application(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> dict[str, t.Any]:
    """Describe one application with its passwords and certificates, soonest end first."""
    found = canonical_application(wire)
    found["created"] = _format_time(wire, "createdDateTime")
    found["passwords"] = _sort_by_end(
        _describe_password(item, now) for item in get_objects(wire, "passwordCredentials")
    )
    found["certificates"] = _sort_by_end(
        _describe_certificate(item, now) for item in get_objects(wire, "keyCredentials")
    )
    return found


def describe_applications(wires: t.Iterable[t.Mapping[str, t.Any]], now: datetime.datetime) -> list[dict[str, t.Any]]:
    """Describe all of them, sorted by display name and object id."""
    listed = [describe_application(wire, now) for wire in wires]
    return sorted(listed, key=lambda item: (fold_case(item["display_name"] or ""), str(item["object_id"])))


def _describe_password(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> Wire:
    return {"key_id": wire.get("keyId"), "name": wire.get("displayName"), **_describe_validity(wire, now)}


def _describe_certificate(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> Wire:
    return {
        "key_id": wire.get("keyId"),
        "name": wire.get("displayName"),
        "thumbprint": _decode_thumbprint(wire.get("customKeyIdentifier")),
        "type": wire.get("type"),
        "usage": wire.get("usage"),
        **_describe_validity(wire, now),
    }


def _describe_validity(wire: t.Mapping[str, t.Any], now: datetime.datetime) -> Wire:
    """Return ``starts``, ``expires`` and ``days_left``: whole days, negative once the credential has run out, None without an end."""
    end = get_time(wire, "endDateTime")
    left = math.floor((end - now).total_seconds() / _DAY_S) if end else None
    return {
        "starts": _format_time(wire, "startDateTime"),
        "expires": _format_time(wire, "endDateTime"),
        "days_left": left,
    }


def _format_time(wire: t.Mapping[str, t.Any], name: str) -> str | None:
    moment = get_time(wire, name)
    return format_time(moment) if moment else None


def _sort_by_end(credentials: t.Iterable[Wire]) -> list[Wire]:
    return sorted(credentials, key=lambda item: (item["expires"] is None, item["expires"] or "", str(item["key_id"])))


def _decode_thumbprint(identifier: str | None) -> str | None:
    """Return the SHA-1 thumbprint in upper-case hexadecimal from its bytes in base64; other texts are returned as they are."""
    if not identifier:
        return None
    try:
        raw = base64.b64decode(identifier, validate=True)
    except (binascii.Error, ValueError):
        return identifier
    return raw.hex().upper() if len(raw) == _SHA1_BYTES else identifier
