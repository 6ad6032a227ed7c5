# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of one role, of module commvault_role and of each item of commvault_roles."""

from __future__ import annotations

from ..._core.argument_specs import ArgumentSpec


def build_role_spec() -> ArgumentSpec:
    """Return the options that describe a role."""
    return ArgumentSpec(
        {
            "name": {"type": "str", "required": True},
            "company": {"type": "str"},
            "description": {"type": "str"},
            "permissions": {"type": "list", "elements": "str"},
            "categories": {"type": "list", "elements": "str"},
            "exclusive": {"type": "bool", "default": True},
            "enabled": {"type": "bool"},
            "visible_to_all": {"type": "bool"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        }
    )
