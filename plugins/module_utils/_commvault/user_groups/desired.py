# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The user group that the options of commvault_user_group describe. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..._core.values import is_guid
from .canonical import NEW_USER_GROUP, CanonicalUserGroup


def desired_user_group(options: t.Mapping[str, t.Any]) -> CanonicalUserGroup:
    """Return the managed fields but members; None is not managed. Raises ConfigError for an entra_group_id that is no GUID."""
    wanted = {name: options.get(name) for name in NEW_USER_GROUP}
    guid = wanted["entra_group_id"]
    if guid and not is_guid(guid):
        raise ConfigError(
            f"entra_group_id: {guid} is not an object id of Entra ID (8-4-4-4-12 hexadecimal digits)",
            source="option entra_group_id",
        )
    if guid is not None:
        wanted["entra_group_id"] = guid.lower()
    if wanted["restricted_consoles"] is not None:
        wanted["restricted_consoles"] = sorted({name.upper() for name in wanted["restricted_consoles"]})
    return wanted
