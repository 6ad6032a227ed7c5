# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of a user group before it is planned. Pure."""

from __future__ import annotations

from ..._core.errors import ConfigError
from .canonical import NEW_USER_GROUP, CanonicalUserGroup


def check_members_are_not_linked(
    wanted: CanonicalUserGroup, current: CanonicalUserGroup | None, members: object | None
) -> None:
    """Raise ConfigError when members of a linked group are managed.

    Commvault documentation: the identity provider adds and removes members of linked groups at each sign-in.
    """
    linked = (
        wanted["entra_group_id"]
        if wanted["entra_group_id"] is not None
        else (current or NEW_USER_GROUP)["entra_group_id"]
    )
    if members is not None and linked:
        raise ConfigError(
            f"members: this group is linked to the Entra group {linked}, whose members the identity provider adds and"
            " removes at each sign-in. Manage them in Entra ID, or take the link away with an empty entra_group_id.",
            source="option members",
        )
