# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was written is waited for, with an end: a warning, or an error where rights were to be taken away."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.confirmation import Patience, wait_until_shown
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Unreachable, WaitTimeout

PATIENCE = Patience("The service", 60.0, in_a_row=2, in_a_row_after_miss=3, pause_s=1.0)


class Looks:
    """What is missing, look by look, the last for ever; an error is raised."""

    def __init__(self, *seen: t.Any) -> None:
        self.seen, self.count = list(seen), 0

    def __call__(self) -> t.Any:
        self.count += 1
        found = self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]
        if isinstance(found, Exception):
            raise found
        return found


def test_what_shows_at_once_is_looked_at_without_pauses(make_ctx: t.Any) -> None:
    ctx, looks = make_ctx(), Looks([])
    assert wait_until_shown(ctx, looks, "group G", (), PATIENCE) == []
    assert (looks.count, ctx.cancellation.waits) == (2, [])


def test_after_a_miss_more_looks_are_to_agree_with_pauses_between(make_ctx: t.Any) -> None:
    ctx, looks = make_ctx(), Looks([], ["name"], [], [], [])
    assert wait_until_shown(ctx, looks, "group G", (), PATIENCE) == []
    assert (looks.count, ctx.cancellation.waits) == (5, [1.0, 1.0, 1.0])


def test_a_look_that_fails_shows_nothing_and_is_done_again(make_ctx: t.Any) -> None:
    looks = Looks(Unreachable("lost"), [])
    assert wait_until_shown(make_ctx(), looks, "group G", ("name",), PATIENCE) == []
    assert looks.count == 4


def test_a_look_after_a_repeated_request_counts_as_a_miss(make_ctx: t.Any) -> None:
    ctx, looks = make_ctx(), Looks([])
    ctx.stats.add("retries")
    assert wait_until_shown(ctx, looks, "group G", (), PATIENCE) == []
    assert looks.count == 4


def test_looks_that_all_fail_end_with_their_own_error(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    with pytest.raises(ApiError, match="HTTP 500"):
        wait_until_shown(ctx, Looks(ApiError("HTTP 500")), "group G", ("name",), PATIENCE)
    assert sum(ctx.cancellation.waits) == pytest.approx(60)


def test_what_never_shows_is_told_and_what_was_taken_away_is_an_error(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert wait_until_shown(ctx, Looks(["name"]), "group G", ("members",), PATIENCE) == [{"field": "name"}]
    assert ctx.warnings == ["The service accepted the change of group G but does not show it yet: name."]
    with pytest.raises(WaitTimeout, match="may still be in force") as caught:
        wait_until_shown(ctx, Looks(["members", "name"]), "group G", ("members",), PATIENCE)
    assert caught.value.facts["unproven"] == ["members"]
