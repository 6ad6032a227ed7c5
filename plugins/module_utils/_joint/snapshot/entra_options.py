# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of the module entra_snapshot."""

from __future__ import annotations

from ..._core.argument_specs import ArgumentSpec


def build_entra_snapshot_spec() -> ArgumentSpec:
    """Return the options beside sign-in."""
    names = {"type": "list", "elements": "str", "default": []}
    return ArgumentSpec({"dest": {"type": "path", "required": True}, "applications": names, "groups": names})
