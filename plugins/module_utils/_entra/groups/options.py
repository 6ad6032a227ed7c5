# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of one group, of module entra_group and of each item of entra_groups."""

from __future__ import annotations

from ..._core.argument_specs import ArgumentSpec
from ..._core.risks import build_risk_spec


def build_group_spec() -> ArgumentSpec:
    """Return the options that describe a group, and its risks."""
    group = ArgumentSpec(
        {
            "display_name": {"type": "str"},
            "object_id": {"type": "str"},
            "unique_name": {"type": "str"},
            "mail_nickname": {"type": "str"},
            "description": {"type": "str"},
            "members": {"type": "list", "elements": "str"},
            "owners": {"type": "list", "elements": "str"},
            "exclusive": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_one_of=[["object_id", "unique_name", "display_name"]],
    )
    return build_risk_spec("rename").merge(group)
