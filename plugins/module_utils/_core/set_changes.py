# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Changes of sets that users manage: unset is not managed, empty means empty, foreign members stay unless exclusive."""

from __future__ import annotations

import typing as t


class SetChanges(t.NamedTuple):
    """What to add, what to remove, and how the set will be; all sorted."""

    add: list[str]
    remove: list[str]
    after: list[str]


def find_set_changes(desired: t.Iterable[str] | None, current: t.Iterable[str], exclusive: bool) -> SetChanges:
    """Return the changes from *current* to *desired*, whatever their order and duplicates; None changes nothing.

    *exclusive*: members that are not desired are removed. An empty *desired* removes all.
    """
    have = set(current)
    if desired is None:
        return SetChanges([], [], sorted(have))
    want = set(desired)
    surplus = have - want if exclusive or not want else set()
    return SetChanges(sorted(want - have), sorted(surplus), sorted((have | want) - surplus))
