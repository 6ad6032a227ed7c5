# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was written is waited for, with an end: a warning, or an error where rights were to be taken away."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.confirm import wait_until_shown
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, WaitTimeout


def test_the_wait_ends_when_all_is_shown(make_ctx: t.Any) -> None:
    ctx, looks = make_ctx(), [["a", "b"], ["b"], []]
    assert wait_until_shown(ctx, lambda: looks.pop(0), "role R", {"b"}) == []
    assert ctx.warnings == []


def test_what_shows_at_once_costs_one_look_and_no_pause(make_ctx: t.Any) -> None:
    ctx, looks = make_ctx(), [[]]
    assert wait_until_shown(ctx, lambda: looks.pop(0), "role R", ()) == []
    assert ctx.clock.monotonic() == 1000.0


def test_what_never_shows_is_a_warning_after_a_minute(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    assert wait_until_shown(ctx, lambda: ["a"], "role R", {"b"}) == [{"field": "a"}]
    assert ctx.warnings == ["Commvault accepted the change of role R but does not show it yet: a."]
    assert 60 <= ctx.clock.monotonic() - 1000 < 75


def test_a_right_that_may_still_be_in_force_is_an_error(make_ctx: t.Any) -> None:
    with pytest.raises(WaitTimeout, match="role R but does not show it: b") as caught:
        wait_until_shown(make_ctx(), lambda: ["a", "b"], "role R", {"b"})
    assert caught.value.facts["unproven"] == ["b"]


def test_a_look_that_fails_is_its_own_error(make_ctx: t.Any) -> None:
    def look() -> t.NoReturn:
        raise ApiError("HTTP 500")

    with pytest.raises(ApiError, match="HTTP 500"):
        wait_until_shown(make_ctx(), look, "role R", ())
