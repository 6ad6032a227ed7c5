# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All routes of a CommCell, one file per resource."""

from __future__ import annotations

from cvops_simulator.commvault.handlers import (
    lists,
    roles_v1,
    roles_v4,
    security_read,
    security_write,
    session,
    user_groups_v1,
    user_groups_v4,
    users_v1,
    users_v4,
)
from cvops_simulator.commvault.routing import Routes

ROUTES = Routes()
for _part in (
    session,
    lists,
    security_read,
    security_write,
    roles_v1,
    roles_v4,
    user_groups_v1,
    user_groups_v4,
    users_v1,
    users_v4,
):
    _part.register(ROUTES)
