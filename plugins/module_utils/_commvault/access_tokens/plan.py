# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the options of an access token ask for, checked and brought into the form in which tokens are compared and planned."""

from __future__ import annotations

import datetime
import ipaddress
import typing as t

from ..._core.errors import Problems
from ..._core.names import is_same_name
from ..._core.plan import Plan, Step, find_changed_fields
from ..._core.values import format_time, parse_time
from ..._signin.commvault.token_pair_wire import epoch, id_of, name_of
from ..._stores.token_pair import TokenPair
from ..names import check_object_name

Canonical = dict[str, t.Any]
#: Our words for tokenType. 0 and an absent type mean the same as 2.
TYPES = {"all": 2, "scim": 1, "custom": 3, "one_touch": 4, "hyperscale": 5}
#: Types with an expiry of their own, no refresh token and no renewal.
FIXED = ("scim", "one_touch")
_WIRE = {
    "name": "tokenName",
    "token_type": "tokenType",
    "api_endpoints": "apiEndpoints",
    "allowed_ips": "allowedIPs",
    "renewable_until": "renewableUntilTimestamp",
    "expires": "tokenExpiryTimestamp",
}


def canonical(row: t.Mapping[str, t.Any]) -> Canonical:
    """A token of the list under the names of our options; what the service does not show is left out."""
    kind = next((word for word, number in TYPES.items() if number == row.get("tokenType")), "all")
    found: Canonical = {"name": name_of(row)}
    if "tokenType" in row:
        found["token_type"] = kind
    if isinstance(row.get("apiEndpoints"), list):
        found["api_endpoints"] = sorted({_endpoint(str(item)) for item in row["apiEndpoints"]})
    if isinstance(row.get("allowedIPs"), list):
        found["allowed_ips"] = sorted({_address(str(item)) or str(item) for item in row["allowedIPs"]})
    for name in ("expires",) if kind in FIXED else ("renewable_until",):
        moment = epoch(row.get(_WIRE[name]))
        if moment is not None:
            found[name] = date(moment)
    return found


def desired(options: t.Mapping[str, t.Any]) -> Canonical:
    """The managed fields; None is not managed. Raises Problems, one for each thing that cannot be right."""
    check_object_name("name", options["name"])
    found: Canonical = {
        "name": None,
        "token_type": options.get("token_type"),
        "api_endpoints": None,
        "allowed_ips": None,
    }
    problems: list[dict[str, str]] = []
    if options.get("api_endpoints") is not None:
        found["api_endpoints"] = sorted({_endpoint(item) for item in options["api_endpoints"]})
        if "/" in found["api_endpoints"]:
            problems.append(_problem("api_endpoints", "an empty path allows everything; use token_type all"))
    if options.get("allowed_ips") is not None:
        read = {item: _address(item) for item in options["allowed_ips"]}
        problems += [
            _problem("allowed_ips", f"{item!r} is no address, network or range")
            for item, address in read.items()
            if address is None
        ]
        found["allowed_ips"] = sorted({address for address in read.values() if address})
    for name in ("renewable_until", "expires"):
        found[name] = None
        if options.get(name) is not None:
            try:
                found[name] = format_time(parse_time(options[name]))
            except ValueError:
                problems.append(_problem(name, f"{options[name]!r} is no date such as 2027-03-31T00:00:00Z"))
    if problems:
        raise Problems(f"Access token {options['name']} cannot be planned:", problems)
    return found


def check_fit(name: str, wanted: Canonical, current: Canonical | None, release: int) -> None:
    """What depends on the type of the token and on the release (0: unknown). Raises Problems."""
    before = current or {}
    kind = wanted["token_type"] or before.get("token_type") or "all"
    endpoints = wanted["api_endpoints"] if wanted["api_endpoints"] is not None else before.get("api_endpoints")
    problems = []
    if kind == "custom" and not endpoints and (current is None or wanted["api_endpoints"] is not None):
        problems.append(_problem("api_endpoints", "a custom token needs at least one path"))
    if kind != "custom" and wanted["api_endpoints"]:
        problems.append(_problem("api_endpoints", f"only a custom token is limited to paths; token_type is {kind}"))
    if kind in FIXED and wanted["renewable_until"] is not None:
        problems.append(_problem("renewable_until", f"a token of type {kind} is never renewed; give expires"))
    if kind not in FIXED and wanted["expires"] is not None:
        problems.append(_problem("expires", f"Commvault sets the life of a token of type {kind}; give renewable_until"))
    if 0 < release < 42:
        late = {"allowed_ips": bool(wanted["allowed_ips"]), "token_type": wanted["token_type"] == "hyperscale"}
        problems += [
            _problem(option, f"needs release 11.42, this CommServe is 11.{release}")
            for option, used in late.items()
            if used
        ]
    if problems:
        raise Problems(f"Access token {name} cannot be planned:", problems)


def plan(
    name: str, wanted: Canonical, current: Canonical | None, stored_in: str | None = None, held: bool = True
) -> Plan:
    """Create, edit or replace. ``stored_in``: the store that shall hold the pair, ``held``: it does.

    A token whose value is in no store cannot be brought there: it is revoked, and created again.
    """
    place = {} if stored_in is None else {"stored_in": stored_in if held else None}
    managed = {key: value for key, value in wanted.items() if value is not None}
    if current is None or not held:
        kept = {key: value for key, value in (current or {}).items() if key not in ("renewable_until", "expires")}
        settings = {"name": name, "token_type": "all", "api_endpoints": [], "allowed_ips": [], **kept, **managed}
        if settings["token_type"] != "custom":
            settings["api_endpoints"] = []
        after = settings if stored_in is None else {**settings, "stored_in": stored_in}
        create = Step("create", f"access token {name}", {"settings": settings})
        if current is None:
            return Plan({}, after, (create,))
        return Plan({**current, **place}, after, (Step("revoke", f"access token {current['name']}"), create))
    changes = find_changed_fields(managed, current)
    changes = {key: value for key, value in changes.items() if key in current or key == "expires"}
    before = {**current, **place}
    if not changes:
        return Plan(before, before)
    settings = {**current, **changes}
    if settings.get("token_type") != "custom" and "api_endpoints" in settings:
        settings["api_endpoints"] = []
    subject = f"access token {current['name']}: {', '.join(sorted(changes))}"
    return Plan(before, {**settings, **place}, (Step("edit", subject, {"settings": settings}),))


def plan_absent(current: Canonical | None, stored_in: str | None = None) -> Plan:
    """Revoke what is there, and empty the store that holds its pair."""
    before: Canonical = dict(current or {})
    steps = [Step("revoke", f"access token {current['name']}")] if current is not None else []
    if stored_in is not None:
        before["stored_in"] = stored_in
        steps.append(Step("forget", f"the pair in {stored_in}"))
    return Plan(before, {}, tuple(steps))


def unreadable(wanted: Canonical, current: Canonical) -> list[str]:
    """Managed fields that the service does not show, so that nobody can tell whether they differ."""
    return [name for name, value in wanted.items() if value is not None and name not in current]


def body_of(settings: Canonical) -> dict[str, t.Any]:
    """The request for these settings; lists that do not apply to the type are left out."""
    found: dict[str, t.Any] = {}
    for name, value in settings.items():
        if name == "token_type":
            found["tokenType"] = TYPES[value]
        elif name in ("renewable_until", "expires"):
            found[_WIRE[name]] = int(parse_time(value).timestamp())
        elif name in _WIRE:
            found[_WIRE[name]] = value
    if not found.get("apiEndpoints"):
        found.pop("apiEndpoints", None)
    return found


def is_of(pair: TokenPair, name: str, row: t.Mapping[str, t.Any] | None) -> bool:
    """Whether a stored pair belongs to the token *row*, or where there is none, to one that had the name."""
    if row is not None and pair.token_id is not None:
        return pair.token_id == id_of(row)
    return pair.name is not None and is_same_name(pair.name, name)


def date(moment: float) -> str:
    """RFC 3339."""
    return format_time(datetime.datetime.fromtimestamp(moment, datetime.timezone.utc))


def _endpoint(text: str) -> str:
    return "/" + text.strip().strip("/")


def _address(text: str) -> str | None:
    """One form for an address, a network or a range; None for anything else."""
    try:
        if "-" in text:
            first, last = (ipaddress.ip_address(part.strip()) for part in text.split("-", 1))
            return f"{first}-{last}"
        if "/" in text:
            return str(ipaddress.ip_network(text.strip(), strict=False))
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        return None


def _problem(option: str, message: str) -> dict[str, str]:
    return {"kind": "config", "where": option, "message": message}
