# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role as the service shows it, under the names of the options."""

from __future__ import annotations

from commvault_examples import make_permission_catalogue

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.canonical import canonical_role


def test_a_role_as_the_service_shows_it() -> None:
    wire = {
        "id": 35,
        "name": "R",
        "status": "DISABLED",
        "visibleToAll": True,
        "permissions": [
            {
                "permission": {"id": 31, "name": "View"},
                "category": {"id": 101, "name": "Global"},
                "type": "PERMISSION_ENTITY",
            },
            {"permission": {"id": 7777, "name": "Not in the catalogue"}, "type": "PERMISSION_ENTITY"},
            {"category": {"id": 210, "name": "Sub"}, "type": "CATEGORY_ENTITY"},
        ],
    }
    assert canonical_role(wire, make_permission_catalogue()) == {
        "name": "R",
        "description": "",
        "enabled": False,
        "visible_to_all": True,
        "permissions": ["Create (900)", "Not in the catalogue", "View"],
    }
