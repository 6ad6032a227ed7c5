# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The access token that the options of commvault_access_token describe. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import Problems
from ..._core.values import format_time, parse_time
from ..name_checks import check_object_name
from .canonical import CanonicalAccessToken, is_endpoint, normalize_address, normalize_endpoint
from .checks import make_option_problem


def desired_access_token(options: t.Mapping[str, t.Any]) -> CanonicalAccessToken:
    """Return the managed fields in canonical form; None is not managed. Raises Problems with one problem per wrong option."""
    check_object_name("name", options["name"])
    found: CanonicalAccessToken = {
        "name": None,
        "token_type": options.get("token_type"),
        "api_endpoints": None,
        "allowed_ips": None,
    }
    problems: list[dict[str, str]] = []
    if options.get("api_endpoints") is not None:
        found["api_endpoints"] = sorted({normalize_endpoint(item) for item in options["api_endpoints"]})
        problems += [
            make_option_problem("api_endpoints", f"{item!r} is not a path such as /V4/UserGroup")
            for item in options["api_endpoints"]
            if not is_endpoint(item)
        ]
        if "/" in found["api_endpoints"]:
            problems.append(make_option_problem("api_endpoints", "an empty path allows everything; use token_type all"))
    if options.get("allowed_ips") is not None:
        read = {item: normalize_address(item) for item in options["allowed_ips"]}
        problems += [
            make_option_problem("allowed_ips", f"{item!r} is not an IP address, a network or a range of addresses")
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
                problems.append(
                    make_option_problem(name, f"{options[name]!r} is not a date such as 2027-03-31T00:00:00Z")
                )
    if problems:
        raise Problems(f"Access token {options['name']} cannot be planned:", problems)
    return found
