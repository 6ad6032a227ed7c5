# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named locations: the form in which the service keeps them, and which addresses and countries they hold."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.shape import put_in_order
from cvops_simulator.entra.schema import get_graph_type

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row

IP_LOCATION = "ipNamedLocation"
COUNTRY_LOCATION = "countryNamedLocation"
LOCATION_TYPES = (IP_LOCATION, COUNTRY_LOCATION)
_PREFIX = "#microsoft.graph."
#: Shortest prefixes of ranges, in bits.
_SHORTEST = 8


def read_type(value: Row) -> str:
    """Return the type that a location or a body names in `@odata.type`, "" when it names none that is known."""
    told = str(value.get("@odata.type") or "").rpartition(".")[2]
    return told if told in LOCATION_TYPES else ""


def make_location(type_name: str, values: Row) -> Row:
    """Return a complete location from the properties of a body."""
    defaults: Row = {"isTrusted": False, "ipRanges": []}
    if type_name == COUNTRY_LOCATION:
        defaults = {
            "countriesAndRegions": [],
            "countryLookupMethod": "clientIpAddress",
            "includeUnknownCountriesAndRegions": False,
        }
    given = {name: value for name, value in values.items() if "@" not in name}
    empty = dict.fromkeys(get_graph_type(type_name).properties)
    return settle_location({"@odata.type": _PREFIX + type_name, **empty, **defaults, **given})


def settle_location(row: Row) -> Row:
    """Return a location as the service keeps it: ranges labelled by what they are, countries in capitals."""
    if read_type(row) == COUNTRY_LOCATION:
        return {**row, "countriesAndRegions": [item.upper() for item in row["countriesAndRegions"]]}
    return {**row, "ipRanges": [_settle_range(item["cidrAddress"]) for item in row["ipRanges"]]}


def _settle_range(text: str) -> Row:
    """Return a range; IPv6 addresses are written short, bits of the host stay as they were sent."""
    interface = read_range(text)
    if interface is None or interface.version == 4:
        return {"@odata.type": f"{_PREFIX}iPv4CidrRange", "cidrAddress": text}
    return {"@odata.type": f"{_PREFIX}iPv6CidrRange", "cidrAddress": str(interface)}


def read_range(text: str) -> ipaddress.IPv4Interface | ipaddress.IPv6Interface | None:
    """Return a range with its prefix; None when the text is none or the range is too wide."""
    try:
        interface = ipaddress.ip_interface(text)
    except ValueError:
        return None
    has_prefix = text.rpartition("/")[2].isdigit() and "/" in text
    return interface if has_prefix and interface.network.prefixlen >= _SHORTEST else None


def show_location(row: Row, order: str) -> Row:
    """Return a location as it is answered."""
    if read_type(row) == COUNTRY_LOCATION:
        return {**row, "countriesAndRegions": put_in_order(row["countriesAndRegions"], order)}
    return row
