# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real controller was seen to refuse and to accept, answer by answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from controller_client import ControllerClient

ANSWERS = json.loads((Path(__file__).parent / "answers.json").read_text(encoding="utf-8"))


def name_case(case: dict[str, Any]) -> str:
    """Return the name of a case in the list of tests."""
    return f"{case['method']}-{case['path'].strip('/')}-{json.dumps(case.get('sent'))[:60]}"


@pytest.mark.parametrize("case", ANSWERS["refused"], ids=name_case)
def test_a_refusal_is_told_in_the_same_words(world: ControllerClient, case: dict[str, Any]) -> None:
    if case.get("with") == "probe pj":
        url = "https://git.example.com/x.git"
        world.add("projects", 30, name="probe pj", organization=1, scm_type="git", scm_url=url)
    if case.get("with") == "running":
        world.add("workflow_jobs", 8, name="cvops drift", status="running", unified_job_template=10)
    sent = case.get("sent")
    if isinstance(sent, dict) and sent.get("name") == "LONG":
        sent = {**sent, "name": "x" * 513}
    answer = world.ask(case["method"], case["path"], sent, {} if case.get("with") == "nobody" else None)
    assert answer.status == case["status"], answer.body
    if case["answer"] is None:
        assert "<!doctype html>" in answer.body
    else:
        assert answer.body == case["answer"]


@pytest.mark.parametrize("case", ANSWERS["accepted"], ids=name_case)
def test_what_looks_odd_is_accepted(world: ControllerClient, case: dict[str, Any]) -> None:
    answer = world.ask(case["method"], case["path"], case.get("sent"))
    assert answer.status == case["status"], answer.body
