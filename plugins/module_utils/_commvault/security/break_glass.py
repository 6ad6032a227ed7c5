# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Accounts that are kept for the day when nothing else works: the option that names them, and the users that it means."""

from __future__ import annotations

import typing as t

from ..._core.argument_specs import ArgumentSpec
from ..._core.context import Context
from ..._core.errors import AmbiguousMatch
from ..catalogue import COMMCELL_LEVEL, Catalogue


def build_break_glass_spec() -> ArgumentSpec:
    """Return the option ``break_glass``, which several modules take in the same form, so that one variable serves them all."""
    kinds = ("commvault_users", "entra_users", "entra_groups")
    return ArgumentSpec(
        {"break_glass": {"type": "dict", "options": {kind: {"type": "list", "elements": "str"} for kind in kinds}}}
    )


def find_kept_user_ids(ctx: Context, users: Catalogue, names: t.Iterable[str]) -> frozenset[int]:
    """Return the ids of all users of these names; a warning tells of a name that nobody has, because it protects nobody.

    A user of the list is that of the task's own level or of the CommCell: a namesake in another company is somebody else.
    """
    found: set[int] = set()
    for name in names:
        own: set[int] = set()
        for company in (None, COMMCELL_LEVEL):
            try:
                entry = users.get(name, company)
                own |= {entry.id} if entry else set()
            except AmbiguousMatch as exc:
                own |= {int(number) for number in exc.facts["candidates"]}
        if not own:
            ctx.warn(f"break_glass.commvault_users: no Commvault user is named {name!r}, so this entry protects nobody")
        found |= own
    return frozenset(found)
