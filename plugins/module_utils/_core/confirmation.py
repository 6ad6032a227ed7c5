# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Waiting until a service shows what was written, so that the next task does not plan from what was before."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .context import Context
from .errors import ApiError, WaitTimeout
from .polling import poll_until


@dataclass(frozen=True)
class Patience:
    """How long a service is waited for, with which first pause, and how many looks in a row are to show what was written.

    *advice* completes the error.
    """

    service: str
    timeout_s: float
    in_a_row: int = 1
    in_a_row_after_miss: int | None = None
    pause_s: float = 0.5
    advice: str = ""


def wait_until_shown(
    ctx: Context,
    look: t.Callable[[], t.Sequence[str]],
    subject: str,
    must_show: t.Collection[str],
    patience: Patience,
) -> list[dict[str, str]]:
    """Wait until *look* returns no field that is not shown as written, and return those that still are.

    Each is ``{"field": str}``; a warning names them. *must_show*: the fields whose change narrows rights or validity. A look that
    fails shows nothing, and neither does one after a request that had to be repeated: while it was, some replicas may have caught up
    and others not, so it takes as many looks as after a miss. Raises WaitTimeout for what must show, since what was to be taken
    away may still be in force, and the error of the last look when that failed.
    """
    missing: list[str] = []
    failure: ApiError | None = None
    repeated: float = 0

    def look_again() -> bool:
        nonlocal failure, repeated
        try:
            missing[:], failure = look(), None
        except ApiError as exc:
            failure = exc
        before, repeated = repeated, ctx.stats.as_result()["retries"]
        return failure is None and not missing and repeated == before

    try:
        poll_until(
            ctx,
            look_again,
            bool,
            what=f"{subject} to show",
            in_a_row=patience.in_a_row,
            in_a_row_after_miss=patience.in_a_row_after_miss,
            timeout_s=patience.timeout_s,
            first_pause_s=patience.pause_s,
        )
    except WaitTimeout as exc:
        if failure is not None:
            raise failure from exc
        unproven = sorted(set(missing).intersection(must_show))
        if unproven:
            raise WaitTimeout(
                f"{patience.service} accepted the change of {subject} but does not show it: {', '.join(unproven)}. "
                f"What was to be removed may still be in force{patience.advice}. Check it, and run the task again.",
                unproven=unproven,
            ) from exc
        if missing:
            ctx.warn(
                f"{patience.service} accepted the change of {subject} but does not show it yet: {', '.join(missing)}."
            )
    return [{"field": field} for field in missing]
