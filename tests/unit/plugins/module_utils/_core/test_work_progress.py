# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of long work, and that nothing is of short work."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.work_progress import WorkProgress


def work(ctx: t.Any, progress: WorkProgress, total: int, each_s: float) -> list[str]:
    """Do *total* parts, each of which takes so long, and return what was told."""
    for done in range(1, total + 1):
        ctx.clock.passed += each_s
        progress.tell(done)
    return list(ctx.reporter.news)


def test_short_work_is_not_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert work(ctx, WorkProgress(ctx, "roles read", 100), 100, 0.019) == []


def test_long_work_is_counted_every_two_seconds_and_its_end_is_not(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert work(ctx, WorkProgress(ctx, "roles read", 12), 12, 0.5) == ["4 of 12 roles read", "8 of 12 roles read"]


def test_a_count_without_a_total_says_how_much_there_is_so_far(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert work(ctx, WorkProgress(ctx, "objects read so far"), 2, 2.0) == [
        "1 objects read so far",
        "2 objects read so far",
    ]


def test_two_works_of_one_task_share_the_two_seconds(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    first, second = WorkProgress(ctx, "groups read", 9), WorkProgress(ctx, "users read", 9)
    ctx.clock.passed = 3.0
    first.tell(1)
    second.tell(1)
    ctx.clock.passed = 4.9
    second.tell(2)
    ctx.clock.passed = 5.0
    second.tell(3)
    assert ctx.reporter.news == ["1 of 9 groups read", "3 of 9 users read"]
