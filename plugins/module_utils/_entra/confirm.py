# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Waiting until Entra ID shows what was written, on replica after replica."""

from __future__ import annotations

import typing as t

from .._core import confirmation
from .client import GraphClient

#: Replicas lag one by one, so that one good look may be luck; where one is behind, there are more looks, and pauses between them.
_PATIENCE = confirmation.Patience("Entra ID", 60.0, in_a_row=3, in_a_row_after_miss=5, pause_s=1.0)


def wait_until_shown(
    graph: GraphClient, look: t.Callable[[], t.Sequence[str]], subject: str, must_show: t.Collection[str] = ()
) -> list[dict[str, str]]:
    """Wait for a minute at most until *look* returns no field that is not shown as written; see confirmation.wait_until_shown.

    *look* meets each replica as it is: "not found" is not waited for in its reads.
    """

    def look_at_once() -> t.Sequence[str]:
        with graph.without_waiting():
            return look()

    return confirmation.wait_until_shown(graph.ctx, look_at_once, subject, must_show, _PATIENCE)


def find_narrowed(before: t.Any, after: t.Any) -> bool:
    """Return whether *after* lacks something that *before* has, in the canonical forms of a noun: entries of lists, and switches.

    A text that differs is no narrower than another one.
    """
    if isinstance(before, dict):
        return any(find_narrowed(value, (after or {}).get(name)) for name, value in before.items())
    if isinstance(before, list):
        return any(item not in (after or []) for item in before)
    return isinstance(before, bool) and before != after
