# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of names that Commvault would store and that cannot be used afterwards."""

from __future__ import annotations

from .._core.errors import ConfigError


def check_object_name(option: str, name: str) -> None:
    """Raise ConfigError for an empty name, and for blanks around it, which lists and consoles do not show."""
    if not name.strip():
        raise ConfigError(f"{option}: a name cannot be empty", source=f"option {option}")
    if name != name.strip():
        raise ConfigError(f"{option}: {name!r} begins or ends with a blank; take it away", source=f"option {option}")
