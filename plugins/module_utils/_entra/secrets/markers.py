# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Markers: the display names by which client secrets are recognised.

A marker is ``<name>/<attempt id>``. The name makes the second run find what the first one made; the attempt id, new for each
request, lets a run whose answer was lost recognise its own orphan, and nobody else's.
"""

from __future__ import annotations

import re
import secrets

from ..._core.names import is_same_name

_ID_BYTES = 6


def is_secret_of_name(display_name: str, name: str) -> bool:
    """Return True when a secret with this display name is called *name*, letter case apart: it is the name itself, or a marker of it."""
    marker = re.fullmatch(f"(.*)/[0-9a-f]{{{2 * _ID_BYTES}}}", display_name, re.DOTALL)
    return is_same_name(display_name, name) or (marker is not None and is_same_name(marker.group(1), name))


def draw_attempt_id() -> str:
    """Return a new random attempt id, in lower-case hexadecimal."""
    return secrets.token_hex(_ID_BYTES)
