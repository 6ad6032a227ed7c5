# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a user group ask for."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.user_groups.desired import desired_user_group
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

GUID = "5b1c2f0e-0000-4000-8000-1a2b3c4d5e6f"


@pytest.mark.parametrize("guid", ["x", GUID[:-1], f"{{{GUID}}}", "GG-Commvault-emea-vm-Operator"])
def test_no_guid(guid: str) -> None:
    with pytest.raises(ConfigError, match="entra_group_id"):
        desired_user_group({"entra_group_id": guid})
