# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of powers: every entry has a source, and nothing that is not listed is powerful."""

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.module_utils._core.values import is_guid
from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.power import (
    DEFAULT_TIER,
    PERMISSIONS,
    ROLE_TIERS,
    ROLES,
    SOURCES,
    TIERS,
    get_permission_power,
    get_role_power,
    is_powerful,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH, PRESETS
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.tier_0 import TIER_0
from ansible_collections.cvops.identity.plugins.module_utils._entra.whoami import DIRECTORY_ROLES


def test_every_entry_has_a_tier_a_reason_and_a_source() -> None:
    powers = [*PERMISSIONS.values(), *(power for _name, power in ROLES.values())]
    assert {power.tier for power in powers} == {"0", "1"}
    assert all(power.because and power.source in SOURCES for power in powers)
    assert set(SOURCES) == {power.source for power in powers}
    assert all(is_guid(template) and template == template.lower() for template in ROLES)


def test_tiers_are_those_of_the_tables() -> None:
    assert all(TIERS[name] == "0" for name in TIER_0)
    assert TIERS["Mail.ReadWrite"] == TIERS["Application.ReadWrite.OwnedBy"] == "1"
    assert ROLE_TIERS["62e90394-69f5-4237-9190-012177145e10"] == "0"
    assert {ROLES[template][0] for template in DIRECTORY_ROLES if template in ROLES} <= set(DIRECTORY_ROLES.values())
    assert set(DIRECTORY_ROLES) <= set(ROLES)


def test_what_is_not_listed_is_of_the_last_tier() -> None:
    assert get_permission_power(GRAPH, "User.Read").tier == get_role_power("no role").tier == DEFAULT_TIER
    assert not is_powerful(DEFAULT_TIER) and is_powerful("0") and is_powerful("1")
    assert get_permission_power(GRAPH.upper(), "Directory.ReadWrite.All").tier == "0"
    assert get_permission_power("00000000-0000-4000-8000-000000000000", "Directory.ReadWrite.All").tier == "2"


def test_the_backup_of_entra_id_is_of_tier_0() -> None:
    """Commvault's own application for it, as the express set-up asks."""
    names = PRESETS["entra_backup_restore"].select_names(GRAPH, "application")
    assert "0" in {get_permission_power(GRAPH, name).tier for name in names}
