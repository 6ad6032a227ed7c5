# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until a service shows what was written."""

from __future__ import annotations

import itertools
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._core.wait import until


def looks(*seen: t.Any) -> t.Callable[[], t.Any]:
    """One look after the other, the last for ever."""
    following = itertools.chain(seen, itertools.repeat(seen[-1]))
    return lambda: next(following)


def test_seen_at_once(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert until(ctx, looks("x"), bool, what="x") == "x"
    assert ctx.cancellation.waits == []
    assert ctx.reporter.news == []


def test_pauses_grow_and_it_says_what_it_waits_for(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert until(ctx, looks(0, 0, 0, 0, 7), bool, what="group X", longest_pause_s=3, timeout_s=60) == 7
    assert ctx.cancellation.waits == [0.5, 1.0, 2.0, 3.0]
    assert ctx.reporter.news == ["waiting for group X, at most 60 s"]
    assert ctx.stats.as_result()["waited_s"] == 6.5


def test_one_good_look_may_be_luck(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    counted = looks(1, 0, 1, 1, 1)
    assert until(ctx, counted, bool, what="x", in_a_row=3) == 1
    assert ctx.cancellation.waits == [0.5, 1.0, 0.5, 0.5]


@pytest.mark.parametrize(("timeout_s", "deadline_s", "waited"), [(10, None, 10), (60, 4, 4)])
def test_patience_ends(make_ctx: t.Any, timeout_s: float, deadline_s: float | None, waited: float) -> None:
    ctx = make_ctx()
    if deadline_s is not None:
        ctx.deadline_at = ctx.clock.monotonic() + deadline_s
    with pytest.raises(WaitTimeout) as gave_up:
        until(ctx, looks(0), bool, what="role X in all replicas", timeout_s=timeout_s)
    assert f"Waited {waited} s for role X in all replicas" in str(gave_up.value)
    assert sum(ctx.cancellation.waits) == pytest.approx(waited)
