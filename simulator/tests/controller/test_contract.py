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
#: Members of single objects that lists leave out.
DETAIL_ONLY = {"job_args", "job_cwd", "job_env", "result_traceback"}
#: What there is only after, or while, something of a template has run, and what this site's project does not name.
NOT_ALWAYS = {"current_job", "current_update", "last_job", "last_update", "credential", "default_environment"}


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


@pytest.fixture
def busy(world: ControllerClient) -> tuple[ControllerClient, dict[str, str]]:
    """The same site, in which things have run, with the address of an object of each kind."""
    state = world.state
    for name, number in (("job_templates", 10), ("workflow_job_templates", 14)):
        state.get(name, number).values |= {"survey_enabled": True, "inventory": 2, "execution_environment": 3}
    state.surveys["workflow_job_templates", 14] = state.surveys["job_templates", 10]
    state.get("job_templates", 11).values["ask_variables_on_launch"] = True
    state.touch(state.get("workflow_job_templates", 14), 1)
    world.add("hosts", 3, name="z", inventory=2)
    world.post("/projects/21/update/", {}, 202)
    template = world.post("/workflow_job_template_nodes/10/create_approval_template/", {"name": "a", "timeout": 100})
    approval = f"/workflow_approvals/{launch_and_approve(world)}/"
    world.behaviours.polls = 3
    state.get("job_templates", 10).values["job_slice_count"] = 2
    sliced = world.post("/job_templates/10/launch/", {"extra_vars": {"cvops_mode": "check"}})["workflow_job"]
    (first,) = world.get("/jobs/?job_slice_number=1")["results"]
    configuration = {"url": "x", "headers": {}}
    hook = {"name": "h", "notification_type": "webhook", "notification_configuration": configuration, "organization": 1}
    hook = world.post("/notification_templates/", hook)
    numbers = {
        **{"credential_types": 31, "credentials": 3, "execution_environments": 3, "projects": 21, "inventories": 2},
        **{"groups": 1, "hosts": 2, "job_templates": 10, "workflow_job_templates": 14, "schedules": 1, "labels": 1},
        **{"workflow_job_template_nodes": 10, "notification_templates": hook["id"]},
        "workflow_approval_templates": template["id"],
    }
    places = {name: f"/{name}/{number}/" for name, number in numbers.items()}
    places |= {"workflow_approval_approved": approval, "job_of_a_slice": f"/jobs/{first['id']}/"}
    return world, places | {"sliced_workflow_job": f"/workflow_jobs/{sliced}/"}


def launch_and_approve(world: ControllerClient) -> int:
    """Launch the flow and approve it; returns the id of the approval."""
    world.post("/workflow_job_templates/14/launch/", {"extra_vars": {"cvops_mode": "check"}})
    (waiting,) = world.get("/workflow_approvals/?status=pending")["results"]
    assert set(waiting) >= set(ANSWERS["shapes"]["workflow_approval_pending"]["fields"].split()) - DETAIL_ONLY
    world.post(f"/workflow_approvals/{waiting['id']}/approve/", {}, 204)
    return int(waiting["id"])


@pytest.mark.parametrize(
    "kind", [name for name in ANSWERS["shapes"] if name not in ("token_created", "workflow_approval_pending")]
)
def test_an_object_has_the_members_of_a_real_one(busy: tuple[ControllerClient, dict[str, str]], kind: str) -> None:
    world, places = busy
    shape, shown = ANSWERS["shapes"][kind], world.get(places[kind])
    assert set(shown) - {"related", "summary_fields"} - DETAIL_ONLY == set(shape["fields"].split()) - DETAIL_ONLY
    assert set(shape["summary"].split()) - set(shown["summary_fields"]) <= NOT_ALWAYS


def test_a_token_is_shown_once(controller: ControllerClient) -> None:
    made = controller.post("/tokens/", {"description": "x"})
    assert set(made) - {"related", "summary_fields"} == set(ANSWERS["shapes"]["token_created"]["fields"].split())
    assert len(made["token"]) == 30
