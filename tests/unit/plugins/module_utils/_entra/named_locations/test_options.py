# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of module entra_named_location."""

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.module_utils._entra.named_locations.options import (
    LOOKUPS,
    OF_COUNTRY,
    OF_IP,
    build_named_location_spec,
)


def test_the_options_of_both_kinds_are_there_and_not_managed_unless_given() -> None:
    options = build_named_location_spec().options
    assert {*OF_IP, *OF_COUNTRY} < set(options)
    assert all("default" not in options[name] for name in (*OF_IP, *OF_COUNTRY))
    assert options["country_lookup"]["choices"] == list(LOOKUPS)
    assert options["accept_risk"]["choices"] == ["lock_out"]
