# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which list holds a principal or an entity: every kind that an option takes has one."""

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.module_utils._commvault.listings import LISTINGS
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import ENTITY_TYPES
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.kinds import (
    PRINCIPAL_KINDS,
    name_catalogue,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.options import mappings_option


def test_every_principal_that_an_entry_may_name_has_a_list() -> None:
    keys = set(mappings_option()["options"]["principal"]["options"])
    assert set(PRINCIPAL_KINDS) == keys - {"entra_group"}
    assert {kind.catalogue for kind in PRINCIPAL_KINDS.values()} <= set(LISTINGS)
    assert {kind.kind for kind in PRINCIPAL_KINDS.values()} == {"user", "user_group", "external_group"}


def test_every_kind_of_entity_has_a_list() -> None:
    assert {name_catalogue(kind) for kind in ENTITY_TYPES if kind != "commcell"} <= set(LISTINGS)
