# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Waiting until Entra ID shows what was written, on replica after replica."""

from __future__ import annotations

import typing as t

from .._core import confirmation
from .._core.plan import Plan
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


def list_narrowed_fields(plan: Plan) -> list[str]:
    """Return the fields of *plan* whose change takes something away: entries of lists, and switches; ``["state"]`` for a deletion.

    The plan's before and after are canonical forms of one noun. A text that differs is no narrower than another one.
    """
    if not plan.after:
        return ["state"]
    return [name for name, value in plan.before.items() if _is_narrowed(value, plan.after.get(name))]


def _is_narrowed(before: t.Any, after: t.Any) -> bool:
    """Return whether something of *before*, which is as the service shows it, is not in *after*; their types may differ."""
    if isinstance(before, dict):
        kept = after if isinstance(after, dict) else {}
        return any(_is_narrowed(value, kept.get(name)) for name, value in before.items())
    if isinstance(before, list):
        return any(item not in (after if isinstance(after, list) else []) for item in before)
    return isinstance(before, bool) and before != after
