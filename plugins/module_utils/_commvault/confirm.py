# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Waiting until Commvault shows what was written, so that the next task does not plan from what was before."""

from __future__ import annotations

import typing as t

from .._core.context import Context
from .._core.errors import WaitTimeout
from .._core.polling import poll_until
from .create import LAG_LIMIT_S


def wait_until_shown(
    ctx: Context, look: t.Callable[[], t.Sequence[str]], subject: str, must_show: t.Collection[str]
) -> list[dict[str, str]]:
    """Wait until *look* returns no field that is not shown as written, for a minute at most, and return those that still are.

    Each is ``{"field": str}``; a warning names them. *must_show*: the fields whose change narrows rights or validity. Raises WaitTimeout
    for these, since what was to be taken away may still be in force.
    """
    missing: list[str] = []

    def look_again() -> list[str]:
        missing[:] = look()
        return missing

    try:
        poll_until(ctx, look_again, lambda found: not found, what=f"{subject} to show", timeout_s=LAG_LIMIT_S)
    except WaitTimeout as exc:
        unproven = sorted(set(missing).intersection(must_show))
        if unproven:
            raise WaitTimeout(
                f"Commvault accepted the change of {subject} and does not show it: {', '.join(unproven)}. What was to be taken away may"
                " still be in force; it may await approval. Check it, and run the task again.",
                unproven=unproven,
            ) from exc
        ctx.warn(f"Commvault accepted the change of {subject} and does not show it yet: {', '.join(missing)}.")
    return [{"field": field} for field in missing]
