# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How much power a program has: over the tenant, over much of its data, or neither. Pure.

What is known of a permission or a role stands in one table, ``_entra/overview/power.py``; here are the rules for what it does not tell.
"""

from __future__ import annotations

import typing as t

from ..._core.names import matches_any_pattern
from ..._entra.overview.power import DEFAULT_TIER, Power, get_permission_power, get_role_power
from ..._entra.permission_presets.tier_0 import explain_tier_0

_BY_NAME = "by_name"
_NOTHING = Power(DEFAULT_TIER, "", "")
#: Application permissions that the table does not have, by patterns of their names: what reads or writes much by its name is of tier 1.
_BY_PATTERN: tuple[tuple[tuple[str, ...], str], ...] = (
    (("*.ReadWrite*", "*FullControl*", "full_access*"), "read and write what its name tells, for the whole tenant"),
    (("*AccessAsUser*",), "act as people do"),
    (("*.Read.All", "Mail.Read*", "Files.Read*"), "read what its name tells, for the whole tenant"),
)
#: Rules of the directory give an active role rights over the whole tenant, or over a part of it.
_ACTIVE_ROLE = Power("1", "do what this directory role allows", _BY_NAME)


def find_permission_power(api: str, kind: str, name: str) -> Power:
    """Return how far a permission reaches. *api*: application id of the API; *kind*: application or delegated.

    A delegated permission reaches as far as the person who signs in, so that it is one tier lower than the same one of an application.
    """
    listed = get_permission_power(api, name)
    if kind != "application":
        is_tier_0 = explain_tier_0(api, kind, name) is not None
        because = f"{listed.because or 'do everything in the directory'}, as far as the person may who signs in"
        return Power("1", because, listed.source) if is_tier_0 else _NOTHING
    if listed.tier != DEFAULT_TIER:
        return listed
    words = next((words for patterns, words in _BY_PATTERN if matches_any_pattern(name, patterns)), None)
    return _NOTHING if words is None else Power("1", words, _BY_NAME)


def find_role_power(template_id: t.Any) -> Power:
    """Return how far a directory role reaches: an active role is of tier 1 at least."""
    found = get_role_power(str(template_id))
    return _ACTIVE_ROLE if found.tier == DEFAULT_TIER else found
