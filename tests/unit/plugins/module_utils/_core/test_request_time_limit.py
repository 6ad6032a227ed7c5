# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a request may take: until the deadline, after a cancellation and while tidying up a short time."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core import request_time_limit as subject
from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import GRACE_S
from ansible_collections.cvops.identity.plugins.module_utils._core.request_time_limit import RequestTimeLimit


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> t.Any:
    """The monotonic time of the watch, which a test moves by setting ``s``."""
    moment = types.SimpleNamespace(s=500.0)
    monkeypatch.setattr(subject, "time", types.SimpleNamespace(monotonic=lambda: moment.s))
    return moment


def test_a_request_may_take_until_the_deadline(make_ctx: t.Any, now: t.Any) -> None:
    ctx = make_ctx()
    watch = RequestTimeLimit(ctx)
    assert watch.remaining_s() == float("inf")
    ctx.deadline_at = ctx.clock.monotonic() + 7
    assert watch.remaining_s() == 7
    ctx.clock.passed += 9
    assert watch.remaining_s() == 0


def test_after_a_cancellation_all_requests_share_one_grace_period(make_ctx: t.Any, now: t.Any) -> None:
    ctx = make_ctx()
    watch = RequestTimeLimit(ctx)
    ctx.cancellation.request_stop("SIGTERM")
    assert watch.remaining_s() == GRACE_S
    now.s += 1.5
    assert watch.remaining_s() == pytest.approx(GRACE_S - 1.5)
    now.s += 10
    assert watch.remaining_s() == 0


def test_a_cancellation_gives_no_time_beyond_its_grace_period_however_far_the_deadline_is(
    make_ctx: t.Any, now: t.Any
) -> None:
    ctx = make_ctx()
    ctx.deadline_at = ctx.clock.monotonic() + 900
    watch = RequestTimeLimit(ctx)
    assert watch.remaining_s() == 900
    ctx.cancellation.request_stop("SIGTERM")
    assert watch.remaining_s() == GRACE_S


@pytest.mark.parametrize("stopped", [False, True])
def test_tidying_up_has_a_time_of_its_own_after_deadline_and_cancellation(
    make_ctx: t.Any, now: t.Any, stopped: bool
) -> None:
    ctx = make_ctx()
    ctx.deadline_at = ctx.clock.monotonic()
    watch = RequestTimeLimit(ctx)
    if stopped:
        ctx.cancellation.request_stop("SIGTERM")
        watch.remaining_s()
        now.s += GRACE_S
    assert watch.remaining_s() == 0
    with watch.allow_closing():
        assert watch.remaining_s() == GRACE_S
        now.s += 0.5
        assert watch.remaining_s() == pytest.approx(GRACE_S - 0.5)
    assert watch.remaining_s() == 0, "what comes after has no more time than before"


def test_the_time_for_tidying_up_ends_with_a_failure_too(make_ctx: t.Any, now: t.Any) -> None:
    ctx = make_ctx()
    ctx.deadline_at = ctx.clock.monotonic() + 30
    watch = RequestTimeLimit(ctx)
    with pytest.raises(OSError), watch.allow_closing():
        raise OSError
    assert watch.remaining_s() == 30
