# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers tell about time."""

from __future__ import annotations

import datetime
import email.utils
import threading

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.service_timings import ServiceTimings

NOW = datetime.datetime(2026, 3, 2, 9, 41, 10, 600000, tzinfo=datetime.timezone.utc)


def noted(ahead_s: float) -> ServiceTimings:
    seen = ServiceTimings()
    date = email.utils.format_datetime(NOW + datetime.timedelta(seconds=ahead_s), usegmt=True)
    seen.record_answer("Graph", date, NOW, 0.25)
    return seen


@pytest.mark.parametrize(("ahead", "told"), [(0, 0), (1, 0), (-1, 0), (300, 299), (-90, -90), (3, 2)])
def test_the_difference_has_a_sign_and_whole_seconds(ahead: float, told: int) -> None:
    assert noted(ahead).get_clock_difference_s("Graph") == told


@pytest.mark.parametrize(("behind", "told"), [(0, 0), (4, 0), (5, 0), (8, -4), (30, -26)])
def test_a_slow_answer_is_no_slow_clock(behind: float, told: int) -> None:
    seen = ServiceTimings()
    date = email.utils.format_datetime(NOW - datetime.timedelta(seconds=behind), usegmt=True)
    seen.record_answer("Graph", date, NOW, 5.0)
    assert seen.get_clock_difference_s("Graph") == told


def test_the_first_service_that_told_its_time_counts() -> None:
    seen = noted(600)
    seen.record_answer("Sign-in", None, NOW, 0.1)
    assert seen.get_clock_difference_s("Sign-in", "Graph") == seen.get_clock_difference_s("Graph") == 599
    assert seen.get_clock_difference_s("Sign-in") is None
    assert ServiceTimings().get_clock_difference_s("Graph") is None


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 02 Mar 2026 09:41:10 -0000"])
def test_a_date_that_says_nothing_is_none(date: str | None) -> None:
    seen = ServiceTimings()
    seen.record_answer("Graph", date, NOW, 0.1)
    assert seen.get_clock_difference_s("Graph") is None
    assert seen.get_latency_ms("Graph") == 100


def test_the_fastest_answer_is_the_latency() -> None:
    seen = noted(0)
    for took in (0.04, 0.9):
        seen.record_answer("Graph", None, NOW, took)
    assert seen.get_latency_ms("Graph") == 40
    assert seen.get_latency_ms("Commvault") is None


def test_the_last_time_that_a_service_told_counts() -> None:
    seen = noted(600)
    seen.record_answer("Graph", email.utils.format_datetime(NOW - datetime.timedelta(seconds=60)), NOW, 0.1)
    assert seen.get_clock_difference_s("Graph") == -60


def test_threads_may_record_and_ask_at_the_same_time() -> None:
    seen = ServiceTimings()

    def work(number: int) -> None:
        for dummy in range(300):
            seen.record_answer(f"service {number}", None, NOW, 0.001 * (number + 1))
            seen.get_latency_ms("service 0")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seen.get_latency_ms(f"service {number}") for number in range(4)] == [1, 2, 3, 4]
