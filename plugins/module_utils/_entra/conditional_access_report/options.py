# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The options of the module entra_conditional_access_info."""

from __future__ import annotations

from ..._core.argument_specs import ArgumentSpec
from ..conditional_access.options import SIGN_INS

#: Days after which a policy that is only reported is told.
REPORT_ONLY_DAYS = 30


def build_report_spec() -> ArgumentSpec:
    """Return the options beside sign-in."""
    names = {"type": "list", "elements": "str"}
    return ArgumentSpec(
        {
            "applications": names,
            "policies": names,
            "sign_ins": SIGN_INS,
            "break_glass": {"type": "dict", "options": {"users": names, "groups": names}},
            "report_only_days": {"type": "int", "default": REPORT_ONLY_DAYS},
            "query": {"type": "str"},
        }
    )
