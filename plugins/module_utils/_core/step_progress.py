# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""How far each task of a run has come with its writes, in a folder that the run's processes share: what is known when the run is cut short."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing as t

from .redact import redact_text
from .visible import to_one_line

if t.TYPE_CHECKING:
    from .context import Context
    from .plan import Plan

_PREFIX = "cvops-steps-"
PLANNED, BEGUN, ENDED = "planned", "begun", "ended"


class StepProgress:
    """The progress of one task. Where it cannot be kept, nothing is: it is for a message and for nothing else."""

    def __init__(self, ctx: Context, noun: str, plan: Plan) -> None:
        self._ctx, self._noun, self._plan = ctx, noun, plan
        name = hashlib.sha256(f"{ctx.host}\n{noun}".encode("utf-8", "replace")).hexdigest()[:16]
        self._path = os.path.join(ctx.run_directory, f"{_PREFIX}{name}") if ctx.run_directory else ""

    def note(self, state: str, done: int = 0) -> None:
        """Note *state*, and the number of steps that are *done*."""
        steps = self._plan.steps
        if not (self._path and steps):
            return
        upcoming = to_one_line(redact_text(steps[done].subject, self._ctx.secrets)) if done < len(steps) else ""
        found = {"host": self._ctx.host, "noun": self._noun, "state": state, "done": done, "total": len(steps)}
        with contextlib.suppress(OSError):
            beside = f"{self._path}.{os.getpid()}"
            with open(beside, "w", encoding="utf-8") as stream:
                json.dump({**found, "next": upcoming}, stream)
            os.replace(beside, self._path)


def describe_cut_run(folder: str) -> list[str]:
    """Return as lines how far the tasks came whose progress is in *folder*; none where no task was cut short while it wrote."""
    found: list[dict[str, t.Any]] = []
    with contextlib.suppress(OSError):
        for name in sorted(os.listdir(folder)):
            if name.startswith(_PREFIX) and "." not in name:
                with (
                    contextlib.suppress(OSError, ValueError),
                    open(os.path.join(folder, name), encoding="utf-8") as stream,
                ):
                    found.append(json.load(stream))
    if not any(item["state"] == BEGUN for item in found):
        return []
    lines = ["The run was interrupted. What was written stays written, and the next run continues with the rest:"]
    for item in sorted(found, key=lambda item: (item["host"], item["noun"])):
        told = f"{item['host']}: {item['noun'].replace('_', ' ')}: {item['done']} of {item['total']} steps were done"
        lines.append(told + (f"; current or next step: {item['next']}" if item["next"] else ""))
    return lines
