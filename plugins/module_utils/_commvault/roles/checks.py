# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of a role before it is planned. Pure."""

from __future__ import annotations

import typing as t

from ..._core.errors import ConfigError
from ..permissions import PermissionSet
from .canonical import CanonicalRole


def check_permissions_are_shown(
    options: t.Mapping[str, t.Any], wire: t.Any, chosen: PermissionSet | None, held: PermissionSet
) -> None:
    """Raise ConfigError where permissions shall be added to a role of which the service shows none.

    Every role holds permissions, and the full set is written: without those that are not shown, it would take them away.
    """
    if (
        wire is not None
        and chosen is not None
        and not options["exclusive"]
        and held == PermissionSet(frozenset(), frozenset())
    ):
        raise ConfigError(
            f"Commvault shows no permissions of role {options['name']}, so none can be added to the present ones. To "
            "replace them, set exclusive to true.",
            source="option exclusive",
        )


def find_narrowed_fields(before: CanonicalRole, after: CanonicalRole) -> set[str]:
    """Return the fields of a changed role whose change takes rights away."""
    found = {field for field in ("enabled", "visible_to_all") if before[field] and not after[field]}
    return found | ({"permissions"} if set(before["permissions"]) - set(after["permissions"]) else set())
