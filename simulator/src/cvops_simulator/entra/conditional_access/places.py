# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where addresses are: in which country, and in which named locations of a tenant."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cvops_simulator.entra.conditional_access.locations import COUNTRY_LOCATION, read_type

if TYPE_CHECKING:
    from cvops_simulator.entra.store import Row, View
    from cvops_simulator.entra.tenant import Tenant

_MFA_TRUSTED = "00000000-0000-0000-0000-000000000000"


def is_in_range(address: str, ranges: Iterable[str]) -> bool:
    """Tell whether an address is in one of the ranges; IPv4 in IPv6 counts as IPv4, what is no address as nowhere."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    bare = getattr(found, "ipv4_mapped", None) or found
    networks = [ipaddress.ip_network(item, strict=False) for item in ranges]
    return any(bare in network for network in networks if network.version == bare.version)


def find_country(tenant: Tenant, address: str) -> str | None:
    """Return the country where an address is, None when that is not known."""
    table = tenant.behaviours.address_countries
    return next((country for block, country in table.items() if is_in_range(address, [block])), None)


def is_in_location(
    tenant: Tenant, view: View, key: str, address: str, country: str | None, gps_country: str | None
) -> bool:
    """Tell whether a sign-in is in a location of a policy: `All`, `AllTrusted`, or an id.

    `country`: of the address. `gps_country`: what the Authenticator told, if anything.
    """
    if key == "All":
        return True
    if key in ("AllTrusted", _MFA_TRUSTED):
        trusted = [row for row in view.rows("namedLocations").values() if row.get("isTrusted")]
        return is_in_range(address, tenant.behaviours.mfa_trusted_ranges) or (
            key == "AllTrusted" and any(_holds(row, address, country, gps_country) for row in trusted)
        )
    row = view.get("namedLocations", key)
    return row is not None and _holds(row, address, country, gps_country)


def _holds(row: Row, address: str, country: str | None, gps_country: str | None) -> bool:
    if read_type(row) != COUNTRY_LOCATION:
        return is_in_range(address, [item["cidrAddress"] for item in row["ipRanges"]])
    told = gps_country if row["countryLookupMethod"] == "authenticatorAppGps" else country
    return row["includeUnknownCountriesAndRegions"] if told is None else told in row["countriesAndRegions"]
