# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of a user group before it is planned. Pure."""

from __future__ import annotations

from ..._core.errors import ConfigError
from ..name_checks import find_name_fault
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
            f"members: this group is linked to the Entra group {linked}, so the identity provider adds and removes "
            "its members at each sign-in. Manage them in Entra ID, or remove the link with an empty entra_group_id.",
            source="option members",
        )


def find_group_name_fault(name: str) -> str | None:
    """Return what is wrong with the name of a user group that is no directory group; None when nothing is."""
    if "\\" in name:
        return (
            f"{name} is the name of a directory group, which only its directory can create. If you mean a company, "
            "give it in the option company, not in the name"
        )
    return find_name_fault(name)


def find_narrowed_fields(before: CanonicalUserGroup, after: CanonicalUserGroup) -> set[str]:
    """Return the fields of a changed group whose change takes rights away: members and a link too, consoles and two-factor by addition."""
    found = set()
    if before["enabled"] and not after["enabled"]:
        found.add("enabled")
    if before["entra_group_id"] and before["entra_group_id"] != after["entra_group_id"]:
        found.add("entra_group_id")
    if set(after["restricted_consoles"]) - set(before["restricted_consoles"]):
        found.add("restricted_consoles")
    if after["two_factor"] and not before["two_factor"]:
        found.add("two_factor")
    if set(before.get("members", ())) - set(after.get("members", ())):
        found.add("members")
    return found
