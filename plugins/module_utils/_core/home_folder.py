# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The home folder in paths. Containers run jobs as users that have none: no ``HOME``, and no entry in the list of users."""

from __future__ import annotations

import os

from .errors import ConfigError

NO_HOME = (
    "~ means a home folder, but the user of this process has none (HOME is not set, and the list of users has no entry)."
    " Give an absolute path, or set HOME"
)


def expand_home(path: str, where: str) -> str:
    """Return *path* with the home folder in place of ``~``. Raises ConfigError, which names *where*, for a user that has none."""
    found = os.path.expanduser(path)
    if lacks_home(found):
        raise ConfigError(f"{where}: {NO_HOME}", source=where)
    return found


def lacks_home(expanded: str) -> bool:
    """Return True for a path in which ``~`` has stayed: it would be a folder of that name, wherever the process happens to be."""
    return expanded == "~" or expanded.startswith("~/")
