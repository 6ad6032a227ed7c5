# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Independent reads, several at a time, in daemon threads, so that a run that must stop never waits for a slow answer."""

from __future__ import annotations

import queue
import threading
import typing as t

from .context import Context
from .work_progress import WorkProgress

Item = t.TypeVar("Item")
Answer = t.TypeVar("Answer")


def map_in_parallel(
    work: t.Callable[[Item], Answer], items: t.Sequence[Item], at_most: int, ctx: Context, what: str
) -> list[Answer]:
    """Return ``[work(item) for item in items]``, done for up to *at_most* items at a time.

    *what* completes the count of those that are done, for progress: "user groups read".
    The first error ends it: no further item is begun, and that error is raised here. Raises Cancelled when the run is told to stop.
    """
    workers, progress = min(at_most, len(items)), WorkProgress(ctx, what, len(items))
    if workers <= 1:
        done: list[Answer] = []
        for item in items:
            done.append(work(item))
            progress.tell(len(done))
        return done
    waiting: queue.SimpleQueue[tuple[int, Item]] = queue.SimpleQueue()
    for numbered in enumerate(items):
        waiting.put(numbered)
    # Not a SimpleQueue: its get() waits for ever where its time is over when a signal interrupts it.
    finished: queue.Queue[tuple[int, t.Any, BaseException | None]] = queue.Queue()
    stop = threading.Event()

    def work_on_items() -> None:
        """Work on items until there are none, or one fails."""
        while not stop.is_set():
            try:
                index, item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                finished.put((index, work(item), None))
            except BaseException as exc:  # handed to the caller, who raises it
                finished.put((index, None, exc))
                return

    for number in range(workers):
        threading.Thread(target=work_on_items, name=f"cvops-read-{number}", daemon=True).start()
    answers: dict[int, Answer] = {}
    try:
        while len(answers) < len(items):
            try:
                index, answer, error = finished.get(timeout=0.5)
            except queue.Empty:
                ctx.cancellation.check()
                continue
            if error is not None:
                raise error
            answers[index] = answer
            progress.tell(len(answers))
    finally:
        stop.set()
    return [answers[index] for index in range(len(items))]
