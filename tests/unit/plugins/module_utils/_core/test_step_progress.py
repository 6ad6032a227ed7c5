# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a run that was cut short."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.step_progress import (
    BEGUN,
    ENDED,
    PLANNED,
    StepProgress,
    describe_cut_run,
)

PLAN = Plan({}, {"x": 1}, (Step("add", "grant A"), Step("add", "grant \u202eB"), Step("add", "grant C")))


def test_a_task_that_was_cut_short_is_told_with_what_the_others_did(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    for host, state, done in (("emea", BEGUN, 1), ("apac", ENDED, 3), ("amer", PLANNED, 0)):
        ctx = make_ctx()
        ctx.run_directory, ctx.host = str(tmp_path), host
        StepProgress(ctx, "role_mappings", PLAN).note(PLANNED)
        StepProgress(ctx, "role_mappings", PLAN).note(state, done)
    lines = describe_cut_run(str(tmp_path))
    assert lines[1:] == [
        "amer: role mappings: 0 of 3 steps were done; current or next step: grant A",
        "apac: role mappings: 3 of 3 steps were done",
        "emea: role mappings: 1 of 3 steps were done; current or next step: grant \\u202eB",
    ]


def test_a_run_that_came_to_its_end_says_nothing_more(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    ctx = make_ctx()
    ctx.run_directory, ctx.host = str(tmp_path), "emea"
    StepProgress(ctx, "groups", PLAN).note(PLANNED)
    StepProgress(ctx, "role_mappings", PLAN).note(ENDED, 2)
    assert describe_cut_run(str(tmp_path)) == []
    assert describe_cut_run(str(tmp_path / "gone")) == []


def test_where_nothing_can_be_kept_nothing_fails(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    ctx = make_ctx()
    StepProgress(ctx, "groups", PLAN).note(BEGUN)
    ctx.run_directory = str(tmp_path / "gone")
    StepProgress(ctx, "groups", PLAN).note(BEGUN)
