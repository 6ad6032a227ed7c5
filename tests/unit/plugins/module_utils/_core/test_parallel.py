# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads side by side."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled
from ansible_collections.cvops.identity.plugins.module_utils._core.parallel import map_in_parallel

WHAT = "groups read"


@pytest.mark.parametrize("at_most", [1, 3, 50])
def test_answers_come_in_the_order_of_the_items(make_ctx: t.Any, at_most: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (10 - item))
        return item * item

    assert map_in_parallel(work, range(10), at_most, make_ctx(cancellation=Cancellation()), WHAT) == [
        item * item for item in range(10)
    ]


def test_never_more_than_asked_at_a_time(make_ctx: t.Any) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def work(item: int) -> int:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.005)
        with lock:
            now -= 1
        return item

    map_in_parallel(work, range(20), 4, make_ctx(cancellation=Cancellation()), WHAT)
    assert most == 4


def test_nothing_to_do(make_ctx: t.Any) -> None:
    assert map_in_parallel(lambda item: item, [], 8, make_ctx(cancellation=Cancellation()), WHAT) == []


def test_the_first_error_ends_it_and_no_further_item_is_begun(make_ctx: t.Any) -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 1:
            raise LookupError("item 1")
        time.sleep(0.05)
        return item

    with pytest.raises(LookupError, match="item 1"):
        map_in_parallel(work, range(100), 2, make_ctx(cancellation=Cancellation()), WHAT)
    time.sleep(0.15)
    assert len(begun) < 6


def test_cancelling_does_not_wait_for_slow_answers(make_ctx: t.Any) -> None:
    cancellation, slow = Cancellation(), threading.Event()

    def work(item: int) -> int:
        slow.wait(300)
        return item

    threading.Timer(0.1, cancellation.request_stop, ["SIGTERM"]).start()
    started = time.monotonic()
    try:
        with pytest.raises(Cancelled, match="SIGTERM"):
            map_in_parallel(work, range(4), 2, make_ctx(cancellation=cancellation), WHAT)
        assert time.monotonic() - started < 120
    finally:
        slow.set()


@pytest.mark.parametrize("at_most", [1, 4])
def test_long_reading_is_counted_by_what_is_done(make_ctx: t.Any, at_most: int) -> None:
    ctx, turn = make_ctx(), threading.Semaphore(1)

    class Announcing(list[str]):
        """News that let the next item begin, so that no count is skipped."""

        def append(self, line: str) -> None:
            super().append(line)
            turn.release()

    told = ctx.reporter.news = Announcing()

    def work(item: int) -> int:
        assert turn.acquire(timeout=60)
        ctx.clock.passed += 2.0
        return item

    map_in_parallel(work, range(5), at_most, ctx, WHAT)
    assert told == [f"{number} of 5 groups read" for number in range(1, 5)]


def test_quick_reading_is_not_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    map_in_parallel(str, range(500), 4, ctx, WHAT)
    assert ctx.reporter.news == []
