# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Checks of names that Commvault would refuse, or store so that they cannot be used afterwards."""

from __future__ import annotations

from .._core.errors import ConfigError

_LONGEST_NAME = 255
#: So much of a name that is too long is shown.
_SHOWN = 60


def check_object_name(option: str, name: str) -> None:
    """Raise ConfigError for an empty name, for blanks around it, which lists and consoles do not show, and for one that is too long."""
    fault = find_name_fault(name)
    if fault is not None:
        raise ConfigError(f"{option}: {fault}", source=f"option {option}")


def find_name_fault(name: str) -> str | None:
    """Return what check_object_name refuses in a name; None when nothing is wrong with it."""
    if not name.strip():
        return "a name cannot be empty"
    if name != name.strip():
        return f"{name!r} begins or ends with a blank; remove it"
    if name in (".", ".."):
        return f"{name!r} would change the path of every address that contains it; choose another name"
    if len(name) > _LONGEST_NAME:
        return f"the name that begins with {name[:_SHOWN]!r} has {len(name)} characters, more than {_LONGEST_NAME}; shorten it"
    return None
