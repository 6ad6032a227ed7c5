# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to conditional access are kept apart, others are not held up."""

from __future__ import annotations

import typing as t

from sleeping_clock import SleepingClock, SleepingContext

from ansible_collections.cvops.identity.plugins.module_utils._entra.pacing import RequestPacing

LOCATIONS = "https://graph.example/v1.0/identity/conditionalAccess/namedLocations"


def test_conditional_access_gets_at_most_one_request_a_second() -> None:
    ctx = SleepingContext(options={}, reporter=t.cast(t.Any, None), clock=SleepingClock())
    pacing, sent = RequestPacing(ctx), []
    for number in range(4):
        pacing.wait_for_turn(f"{LOCATIONS}?$skiptoken={number}")
        sent.append(ctx.clock.at)
        pacing.wait_for_turn("https://graph.example/v1.0/groups")
        ctx.clock.at += 0.3  # what the request takes
    assert sent[0] == 0.0, "the first waits for nothing"
    assert all(later - earlier >= 1.0 for earlier, later in zip(sent, sent[1:], strict=False))
    ctx.clock.at += 60
    pacing.wait_for_turn(LOCATIONS)
    assert ctx.clock.at < sent[-1] + 60 + 1.1, "a pause that has passed anyway is not made again"


def test_what_is_not_conditional_access_is_not_held_up() -> None:
    ctx = SleepingContext(options={}, reporter=t.cast(t.Any, None), clock=SleepingClock())
    pacing = RequestPacing(ctx)
    for path in ("groups", "applications", "identityGovernance/x"):
        pacing.wait_for_turn(f"https://graph.example/v1.0/{path}")
    assert ctx.clock.at == 0.0


def test_the_logs_get_at_most_five_requests_in_ten_seconds() -> None:
    ctx = SleepingContext(options={}, reporter=t.cast(t.Any, None), clock=SleepingClock())
    pacing, sent = RequestPacing(ctx), []
    for number in range(14):
        pacing.wait_for_turn(f"https://graph.example/{'beta' if number % 2 else 'v1.0'}/auditLogs/signIns?x={number}")
        sent.append(ctx.clock.at)
    assert sent[:5] == [0.0] * 5, "five at once are what the service takes"
    assert all(later - earlier > 10.0 for earlier, later in zip(sent, sent[5:], strict=False))
