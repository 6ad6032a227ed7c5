# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rotations for people: the plan, and what came of it."""

from __future__ import annotations

import typing as t

import pytest
from pass_fakes import STATS, step

from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_lines import (
    format_rotation_plan,
    format_rotation_report,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.rotation_runs import (
    collect_rotation,
    conclude_rotations,
    decide_rotations,
)

KEY, OLD = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


def plan(outcome: str, *steps: str, **rotation: t.Any) -> dict[str, t.Any]:
    found = {
        "stats": STATS,
        "changed": bool(steps),
        "steps": [step(name, kind="secret") for name in steps],
        "rotation": {"outcome": outcome, "reason": "a reason.", **rotation},
    }
    return collect_rotation(found, ["slots_full"])


def test_a_plan_says_of_each_rotation_why_what_and_what_is_in_the_way() -> None:
    gates = [{"name": "overlap_over", "open": False, "reason": "until then"}, {"name": "x", "open": True, "reason": ""}]
    targets = [
        {"name": "vault", "state": "active", "message": ""},
        {"name": "azure", "state": "failed", "message": "not the owner"},
    ]
    planned = {
        "a of job": plan("overlap", "one", gates=gates, targets=targets),
        "b of job": plan("not_due"),
    }
    lines = format_rotation_plan(planned, left_out=["c of job"])
    assert lines == [
        "Plan: 1 of 2 rotations have something to do",
        "a of job: a secret will be added, because a reason; then the outcome is overlap",
        "  GG-A",
        "    + gets one",
        "  Why the old secret stays",
        "    overlap_over: until then",
        "  Targets",
        "    azure: failed (not the owner)",
        "b of job: not_due (a reason)",
        "Left out of this run: c of job",
    ]
    text = "\n".join(format_rotation_plan(planned, markdown=True))
    assert "## a of job" in text
    assert "```diff" in text


@pytest.mark.parametrize(
    ("action", "previous", "told"),
    [
        ("add", [OLD], "the secret will be replaced, because a reason; then both work (overlap)"),
        ("add", [], "a secret will be added, because a reason; then the outcome is overlap"),
        ("switch", [OLD], "the outcome will be overlap (a reason)"),
    ],
)
def test_a_plan_tells_whether_a_secret_is_replaced(action: str, previous: list[str], told: str) -> None:
    planned = {"steps": {"rotation": [{**step("one", kind="secret"), "action": action}]}, "outcome": "overlap"}
    rotation = {"reason": "a reason.", "previous_key_ids": previous}
    assert format_rotation_plan({"a": {**planned, "rotation": rotation}})[1] == f"a: {told}"


def test_a_report_begins_with_what_has_failed_and_names_the_secret_to_use() -> None:
    planned = {
        "a": plan("overlap", active_key_id=KEY, expires="2027-05-28T00:00:00Z", previous_key_ids=[OLD]),
        "b": plan("slots_full"),
        "c": plan("overlap", active_key_id=KEY, previous_key_ids=[OLD], retire_after="2027-01-01T00:00:00Z"),
    }
    lines = format_rotation_report(conclude_rotations(decide_rotations(planned), planned))
    assert lines[:3] == [
        "a: unchanged - overlap: a reason.",
        f"  secret to use: {KEY}, expires 2027-05-28T00:00:00Z",
        f"  works still, will expire by itself: {OLD}",
    ]
    assert "FAILED: b: failed - slots_full: a reason." in lines
    assert f"  works still, to be removed after 2027-01-01T00:00:00Z: {OLD}" in lines


def test_what_people_have_read_with_the_plan_is_not_told_again() -> None:
    told = {
        "a": {"status": "problems", "message": "no answer", "fails": True},
        "b": {"status": "failed", "message": "x"},
    }
    assert format_rotation_report(told) == ["FAILED: a: problems: no answer", "b: failed: x"]
    assert format_rotation_report(told, problems=False)[0] == "FAILED: a: problems: see the plan above"
    assert format_rotation_report(told, problems=False)[1] == "b: failed: x"


def test_no_rotation_is_said() -> None:
    assert format_rotation_report({}) == ["There is no rotation"]


def test_why_a_plan_was_made_is_told_as_what_was_found() -> None:
    """Once it is carried out the reason is no longer true."""
    told = {"status": "applied", "outcome": "overlap", "message": "no key of this rotation is in use."}
    assert format_rotation_report({"a": told}) == ["a: applied - overlap (found: no key of this rotation is in use)"]
    assert format_rotation_report({"a": {**told, "status": "failed"}})[0].endswith(
        ": no key of this rotation is in use."
    )
