# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until a service shows what was written."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Cancelled, Throttled, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._core.polling import Backoff, poll_until, wait_as_told


def looks(*seen: t.Any) -> t.Callable[[], t.Any]:
    """One look after the other, the last for ever."""
    following = itertools.chain(seen, itertools.repeat(seen[-1]))
    return lambda: next(following)


def test_what_is_seen_at_once_costs_no_wait(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert poll_until(ctx, looks("x"), bool, what="x") == "x"
    assert ctx.cancellation.waits == []
    assert ctx.reporter.news == []


def test_pauses_grow_and_it_says_what_it_waits_for(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert poll_until(ctx, looks(0, 0, 0, 0, 7), bool, what="group X", longest_pause_s=3, timeout_s=60) == 7
    assert ctx.cancellation.waits == [0.5, 1.0, 2.0, 3.0]
    assert ctx.reporter.news == ["waiting for group X, at most 58 s", "waiting for group X, at most 56 s"]
    assert ctx.stats.as_result()["waited_s"] == 6.5


def test_one_good_look_may_be_luck(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    counted = looks(1, 0, 1, 1, 1)
    assert poll_until(ctx, counted, bool, what="x", in_a_row=3) == 1
    assert ctx.cancellation.waits == [0.5, 1.0, 0.5, 0.5]


def test_where_no_look_was_bad_there_are_no_pauses_and_else_more_looks(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert poll_until(ctx, looks(1), bool, what="x", in_a_row=3, in_a_row_after_miss=4) == 1
    assert ctx.cancellation.waits == []
    assert poll_until(ctx, looks(1, 1, 0, 1), bool, what="x", in_a_row=3, in_a_row_after_miss=4) == 1
    assert ctx.cancellation.waits == [0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(("timeout_s", "deadline_s", "waited"), [(10, None, 10), (60, 4, 4)])
def test_a_wait_ends_with_its_limit_or_the_deadline(
    make_ctx: t.Any, timeout_s: float, deadline_s: float | None, waited: float
) -> None:
    ctx = make_ctx()
    if deadline_s is not None:
        ctx.deadline_at = ctx.clock.monotonic() + deadline_s
    with pytest.raises(WaitTimeout) as gave_up:
        poll_until(ctx, looks(0), bool, what="role X in all replicas", timeout_s=timeout_s)
    assert f"Waited {waited} s for role X in all replicas" in str(gave_up.value)
    assert sum(ctx.cancellation.waits) == pytest.approx(waited)


def test_pauses_double_up_to_the_longest(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    backoff = Backoff(ctx, first_s=1.0, longest_s=5.0)
    for most_s in (10.0, 10.0, 0.25, 10.0, 10.0):
        backoff.pause(most_s)
    assert ctx.cancellation.waits == [1.0, 2.0, 0.25, 5.0, 5.0]
    assert backoff.elapsed_s() == 13.25
    assert ctx.stats.as_result()["waited_s"] == 13.2


@pytest.mark.parametrize(("chance", "waited"), [(0.0, 0.5), (0.5, 1.0), (0.99, 1.49)])
def test_those_who_wait_for_the_same_do_not_ask_together(make_ctx: t.Any, chance: float, waited: float) -> None:
    ctx = make_ctx()
    ctx.clock.chance = chance
    backoff = Backoff(ctx, first_s=1.0, longest_s=1.0, spread=True)
    backoff.pause()
    backoff.pause()
    assert ctx.cancellation.waits == pytest.approx([waited, waited])


@pytest.mark.parametrize(
    ("limit_s", "deadline_s", "busy_s", "fits"),
    [
        (10.0, None, 0.0, True),
        (1.0, None, 0.0, False),  # nothing could be done after the pause
        (1.01, None, 0.0, True),
        (10.0, None, 9.5, False),  # what was done between the pauses counts
        (10.0, 1.0, 0.0, False),
        (10.0, 1.01, 0.0, True),
        (0.0, None, 0.0, False),
    ],
)
def test_a_pause_fits_when_something_can_be_done_after_it(
    make_ctx: t.Any, limit_s: float, deadline_s: float | None, busy_s: float, fits: bool
) -> None:
    ctx = make_ctx()
    if deadline_s is not None:
        ctx.deadline_at = ctx.clock.monotonic() + deadline_s
    backoff = Backoff(ctx, first_s=1.0)
    ctx.clock.passed += busy_s
    assert backoff.fits_within(limit_s) is fits
    assert backoff.fits_within(limit_s, before_deadline=False) is (fits or deadline_s is not None)


def test_no_pause_outlives_the_deadline(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    ctx.deadline_at = ctx.clock.monotonic() + 1.5
    backoff = Backoff(ctx, first_s=1.0)
    backoff.pause()
    backoff.pause()
    assert ctx.cancellation.waits == [1.0, 0.5]
    with pytest.raises(WaitTimeout, match="deadline"):
        backoff.pause()


def test_a_stop_ends_the_wait(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    ctx.cancellation.request_stop("SIGTERM")
    with pytest.raises(Cancelled):
        Backoff(ctx).pause()
    with pytest.raises(Cancelled):
        poll_until(ctx, looks(0), bool, what="x")
    assert ctx.cancellation.waits == []


@pytest.mark.parametrize(("told", "least"), [(7.0, 7.0), ("3", 3.0), (None, 2.0), (0, 0.0), (120, 120.0)])
def test_a_pause_is_as_long_as_a_service_tells(make_ctx: t.Any, told: t.Any, least: float) -> None:
    ctx = make_ctx()
    wait_as_told(ctx, Throttled("wait", retry_after_s=told), "writing")
    assert least <= sum(ctx.cancellation.waits) <= least + 1
    assert ctx.stats.as_result()["retries"] == 1


@pytest.mark.parametrize(("told", "deadline_s"), [(121.0, None), (7.0, 5.0)])
def test_a_pause_that_is_too_long_is_none(make_ctx: t.Any, told: float, deadline_s: float | None) -> None:
    ctx = make_ctx()
    if deadline_s is not None:
        ctx.deadline_at = ctx.clock.monotonic() + deadline_s
    with pytest.raises(Throttled):
        wait_as_told(ctx, Throttled("wait", retry_after_s=told), "writing")
    assert ctx.cancellation.waits == []
