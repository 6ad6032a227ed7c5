# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads side by side."""

from __future__ import annotations

import threading
import time

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled
from ansible_collections.cvops.identity.plugins.module_utils._core.parallel import map_in_parallel


@pytest.mark.parametrize("at_most", [1, 3, 50])
def test_answers_come_in_the_order_of_the_items(at_most: int) -> None:
    def work(item: int) -> int:
        time.sleep(0.002 * (10 - item))
        return item * item

    assert map_in_parallel(work, range(10), at_most, Cancellation()) == [item * item for item in range(10)]


def test_never_more_than_asked_at_a_time() -> None:
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

    map_in_parallel(work, range(20), 4, Cancellation())
    assert most == 4


def test_nothing_to_do() -> None:
    assert map_in_parallel(lambda item: item, [], 8, Cancellation()) == []


def test_the_first_error_ends_it_and_no_further_item_is_begun() -> None:
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 1:
            raise LookupError("item 1")
        time.sleep(0.05)
        return item

    with pytest.raises(LookupError, match="item 1"):
        map_in_parallel(work, range(100), 2, Cancellation())
    time.sleep(0.15)
    assert len(begun) < 6


def test_cancelling_does_not_wait_for_slow_answers() -> None:
    cancellation, slow = Cancellation(), threading.Event()

    def work(item: int) -> int:
        slow.wait(300)
        return item

    threading.Timer(0.1, cancellation.request_stop, ["SIGTERM"]).start()
    started = time.monotonic()
    try:
        with pytest.raises(Cancelled, match="SIGTERM"):
            map_in_parallel(work, range(4), 2, cancellation)
        assert time.monotonic() - started < 120
    finally:
        slow.set()
