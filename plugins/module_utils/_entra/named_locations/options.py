# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of a named location. Pure."""

from __future__ import annotations

from ..._core.argument_specs import ArgumentSpec
from ..._core.risks import build_removals_spec, build_risk_spec

#: How the country of a sign-in is found, and Graph's words for it.
LOOKUPS = {"client_ip_address": "clientIpAddress", "authenticator_app_gps": "authenticatorAppGps"}
#: Options that only one of the two kinds of location has.
OF_IP = ("ip_ranges", "trusted")
OF_COUNTRY = ("countries", "include_unknown_countries", "country_lookup")


def build_named_location_spec() -> ArgumentSpec:
    """Return the options of the module entra_named_location beside sign-in."""
    return build_risk_spec("lock_out").merge(
        build_removals_spec(),
        ArgumentSpec(
            {
                "display_name": {"type": "str"},
                "object_id": {"type": "str"},
                "ip_ranges": {"type": "list", "elements": "str"},
                "trusted": {"type": "bool"},
                "countries": {"type": "list", "elements": "str"},
                "include_unknown_countries": {"type": "bool"},
                "country_lookup": {"type": "str", "choices": list(LOOKUPS)},
                "exclusive": {"type": "bool", "default": False},
                "pending_policies": {"type": "list", "elements": "str", "default": []},
                "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            },
            required_one_of=[["object_id", "display_name"]],
        ),
    )
