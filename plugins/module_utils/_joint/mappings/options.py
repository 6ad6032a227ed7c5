# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The option ``mappings``, which several modules take in the same form."""

from __future__ import annotations

import typing as t

_PRINCIPAL = {
    kind: {"type": "raw"} for kind in ("entra_group", "user_group", "directory_group", "user", "service_account")
}
_GRANT = {
    "role": {"type": "raw", "required": True},
    "entities": {"type": "raw", "required": True},
    "valid_until": {"type": "raw"},
    "approval": {"type": "dict"},
}
_ENTRY = {
    "principal": {"type": "dict", "required": True, "options": _PRINCIPAL},
    "user_group": {"type": "raw"},
    "commcells": {"type": "list", "elements": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "relink": {"type": "bool", "default": False},
    "grants": {"type": "list", "elements": "dict", "options": _GRANT},
    "approval": {"type": "dict"},
    "business_owner": {"type": "str"},
    "review_by": {"type": "raw"},
}


def mappings_option() -> dict[str, t.Any]:
    """The option as an argument spec has it."""
    return {"type": "list", "elements": "dict", "required": True, "options": _ENTRY}
