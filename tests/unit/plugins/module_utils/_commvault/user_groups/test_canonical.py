# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user group as the service shows it, and the names that an update takes."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.canonical import (
    build_user_group_update,
    canonical_user_group,
    parse_member_ids,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"


def test_a_group_as_the_service_shows_it() -> None:
    wire = {
        "id": "21",
        "name": "g",
        "enabled": False,
        "azureGUID": GUID.upper(),
        "enableTwoFactorAuthentication": "ON",
        "restrictedConsoleTypes": [{"consoleType": "web_console"}, {"consoleType": "API"}],
        "users": [{"id": 4, "name": "dora"}, {"userId": "1", "userName": "anna"}, {"name": "no id"}],
    }
    assert canonical_user_group(wire) == {
        "name": "g",
        "description": "",
        "enabled": False,
        "entra_group_id": GUID,
        "restricted_consoles": ["API", "WEB_CONSOLE"],
        "two_factor": True,
    }
    assert parse_member_ids(wire) == {"anna": 1, "dora": 4}
    assert canonical_user_group({"enableTwoFactorAuthentication": "DISABLED_AT_COMPANY"})["two_factor"] is None
    assert canonical_user_group({"enableTwoFactorAuthentication": 1})["two_factor"] is True


@pytest.mark.parametrize("consoles", [7, "API", {"consoleType": "API"}])
def test_consoles_that_are_no_list_are_no_answer(consoles: object) -> None:
    with pytest.raises(BadAnswer, match="restrictedConsoleTypes"):
        canonical_user_group({"name": "x", "restrictedConsoleTypes": consoles})


def test_update_has_names_of_its_own() -> None:
    changes = {
        "description": "d",
        "enabled": False,
        "entra_group_id": GUID,
        "restricted_consoles": ["API"],
        "two_factor": False,
    }
    assert build_user_group_update(changes) == {
        "newDescription": "d",
        "enabled": False,
        "azureGUID": GUID,
        "restrictConsoleTypes": {"consoleType": ["API"]},
        "consoleTypeOperationType": "OVERWRITE",
        "enableTwoFactorAuthentication": "OFF",
    }
