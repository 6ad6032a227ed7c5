# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of expiry_info beside those of the sign-in."""

from __future__ import annotations

import typing as t

from .facts import COMMVAULT_SOURCES

_KEYS = ("app_id", "object_id", "unique_name")


def expiry_options() -> dict[str, dict[str, t.Any]]:
    """Return the options; each application is named by exactly one key."""
    return {
        "services": {
            "type": "list",
            "elements": "str",
            "choices": ["entra", "commvault"],
            "default": ["entra", "commvault"],
        },
        "applications": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {name: {"type": "str"} for name in _KEYS},
            "required_one_of": [list(_KEYS)],
            "mutually_exclusive": [list(_KEYS)],
        },
        "commcell": {"type": "str"},
        "leave_out": {"type": "list", "elements": "str", "choices": list(COMMVAULT_SOURCES), "default": []},
        "warn_below_days": {"type": "int", "default": 30},
        "fail_below_days": {"type": "int"},
        "parallel_reads": {"type": "int", "default": 8},
        "query": {"type": "str"},
    }
