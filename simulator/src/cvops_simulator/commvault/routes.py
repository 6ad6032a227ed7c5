# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All routes of a CommCell; each file in `handlers` registers those of its resource."""

from __future__ import annotations

from cvops_simulator.commvault.handlers import (
    access_tokens,
    clients,
    commands,
    companies,
    credentials_v1,
    credentials_v4,
    key_holders,
    lists,
    logs,
    roles_v1,
    roles_v4,
    saml,
    security_read,
    security_write,
    session,
    third_party_apps,
    two_factor,
    user_groups_v1,
    user_groups_v4,
    users_v1,
    users_v4,
)
from cvops_simulator.commvault.routing import Routes

ROUTES = Routes()
# Two-factor paths begin like those of security associations, and are the more special ones.
for _part in (
    session,
    two_factor,
    lists,
    clients,
    security_read,
    security_write,
    roles_v1,
    roles_v4,
    user_groups_v1,
    user_groups_v4,
    users_v1,
    users_v4,
    credentials_v1,
    credentials_v4,
    companies,
    saml,
    third_party_apps,
    key_holders,
    commands,
    access_tokens,
    logs,
):
    _part.register(ROUTES)
