# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of a CommServe that talks to the local server, for the tests of this folder."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.client import CommvaultClient
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec


@pytest.fixture
def client(secured: t.Any, make_ctx: t.Any) -> CommvaultClient:
    """Return a client that is signed in and reaches the local server."""
    defaults = {name: option.get("default") for name, option in commvault_spec().options.items()}
    signed_in = {"commvault_auth_method": "access_token", "commvault_access_token": "opaque", "retries": 0}
    url = f"{secured.server.url}/commandcenter/api"
    return CommvaultClient(
        make_ctx({**defaults, **signed_in, "commvault_url": url, "commvault_ca_path": secured.ca_path})
    )
