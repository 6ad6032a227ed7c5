# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs: updates, jobs, slices, workflows and approvals."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from controller_client import ControllerClient

from cvops_simulator.controller.engine import JobRun

URL = "https://git.example.com/new.git"


def make_project(controller: ControllerClient) -> dict[str, Any]:
    """Make a project, which starts its first update."""
    body = {"name": "new", "organization": 1, "scm_type": "git", "scm_url": URL}
    made: dict[str, Any] = controller.post("/projects/", body)
    return made


def make_flow(world: ControllerClient, **links: list[int]) -> None:
    """Make `cvops review flow`: a job, an approval, a job; `links` of the approval's node."""
    world.state.get("job_templates", 11).values["ask_variables_on_launch"] = True
    for link, numbers in links.items():
        node = world.state.get("workflow_job_template_nodes", 10)
        world.state.linked(node, "success_nodes").clear()
        world.state.linked(node, link).extend(numbers)
    body = {"name": "look", "description": "as it was", "timeout": 60}
    world.post("/workflow_job_template_nodes/10/create_approval_template/", body)


def launch_flow(world: ControllerClient, **extra_vars: Any) -> int:
    """Launch the flow; returns the id of its job."""
    world.state.get("workflow_job_templates", 14).values["ask_variables_on_launch"] = True
    return int(world.post("/workflow_job_templates/14/launch/", {"extra_vars": extra_vars})["workflow_job"])


def find_approval(world: ControllerClient) -> dict[str, Any]:
    """Return the approval that waits."""
    (found,) = world.get("/workflow_approvals/?status=pending")["results"]
    return dict(found)


def tell_nodes(world: ControllerClient, number: int) -> dict[str, str]:
    """Return identifier -> status of what each node has started."""
    nodes = world.get(f"/workflow_jobs/{number}/workflow_nodes/")["results"]
    return {node["identifier"]: node["summary_fields"].get("job", {}).get("status", "-") for node in nodes}


# -- projects


def test_a_project_has_playbooks_once_its_update_has_ended(controller: ControllerClient) -> None:
    controller.behaviours.polls = 2
    controller.engine.playbooks[URL] = ["playbooks/mine.yml"]
    made = make_project(controller)
    assert made["status"] == "pending"
    update = f"/project_updates/{made['summary_fields']['current_update']['id']}/"
    body = {"name": "t", "project": made["id"], "inventory": None, "ask_inventory_on_launch": True}
    body["playbook"] = "playbooks/mine.yml"
    refused = controller.ask("POST", "/job_templates/", body)
    assert refused.body == {"playbook": ["Playbook not found for project."]}
    assert controller.get(update)["status"] == "running"
    assert controller.get(update)["status"] == "successful"
    shown = controller.get(f"/projects/{made['id']}/")
    assert (shown["status"], shown["scm_revision"]) == ("successful", "1" * 40)
    assert "current_update" not in shown["summary_fields"]
    assert controller.get(f"/projects/{made['id']}/playbooks/") == ["playbooks/mine.yml"]
    controller.post("/job_templates/", body)


@pytest.mark.parametrize(("outcome", "status"), [("never", "running"), ("failed", "failed")])
def test_an_update_that_goes_wrong(controller: ControllerClient, outcome: str, status: str) -> None:
    controller.behaviours.polls = 1
    controller.behaviours.change({"project_updates": outcome})
    made = make_project(controller)
    for _time in range(5):
        shown = controller.get(f"/projects/{made['id']}/")
    assert shown["status"] == status
    assert controller.get(f"/projects/{made['id']}/playbooks/") == []


def test_a_new_source_is_fetched(world: ControllerClient) -> None:
    before = world.get("/project_updates/")["count"]
    world.patch("/projects/21/", {"description": "x"})
    assert world.get("/project_updates/")["count"] == before
    world.patch("/projects/21/", {"scm_branch": "dev"})
    assert world.get("/project_updates/")["count"] == before + 1
    update = world.post("/projects/21/update/", {}, 202)
    assert world.get(f"/project_updates/{update['project_update']}/")["status"] == "successful"


# -- jobs


def test_a_launch_tells_what_it_asks_for(world: ControllerClient) -> None:
    found = world.get("/job_templates/10/launch/")
    assert found["ask_limit_on_launch"] is True
    assert found["variables_needed_to_start"] == []
    assert found["defaults"]["credentials"][0]["id"] == 3
    assert found["job_template_data"]["name"] == "cvops drift"


def test_what_a_template_does_not_ask_for_is_ignored(world: ControllerClient) -> None:
    body = {"limit": "cc-*", "verbosity": 3, "extra_vars": {"cvops_mode": "apply", "nope": 1}}
    job = world.post("/job_templates/10/launch/", body)
    assert job["ignored_fields"] == {"verbosity": 3, "extra_vars": {"nope": 1}}
    assert (job["limit"], job["verbosity"]) == ("cc-*", 0)
    assert json.loads(job["extra_vars"]) == {"k": "v", "cvops_mode": "apply"}


def test_a_job_has_ended_after_some_reads(world: ControllerClient) -> None:
    world.behaviours.polls = 2
    world.engine.artifacts["cvops drift"] = {"changes": 3}
    job = world.post("/job_templates/10/launch/", {"extra_vars": "cvops_mode: check"})
    assert (job["status"], job["event_processing_finished"]) == ("pending", False)
    assert world.get(f"/jobs/{job['id']}/")["status"] == "running"
    assert world.ask("DELETE", "/job_templates/10/").status == 409
    shown = world.get(f"/jobs/{job['id']}/")
    assert (shown["status"], shown["artifacts"]) == ("successful", {"changes": 3})
    assert shown["event_processing_finished"] is True
    template = world.get("/job_templates/10/")
    assert (template["status"], template["last_job_failed"]) == ("successful", False)


def test_answers_are_checked_and_defaults_added(world: ControllerClient) -> None:
    question = {"question_name": "Q", "required": False}
    spec = [
        {**question, "type": "integer", "variable": "days", "min": 0, "max": 365, "default": 30},
        {**question, "type": "text", "variable": "only", "min": 0, "max": 5, "default": ""},
        {**question, "type": "multiselect", "variable": "several", "choices": ["a", "b"], "default": "a"},
        {**question, "type": "integer", "variable": "empty", "default": ""},
        {**question, "type": "password", "variable": "pw", "default": "geheim"},
    ]
    world.post("/job_templates/10/survey_spec/", {"name": "", "description": "", "spec": spec}, 200)
    job = world.post("/job_templates/10/launch/", {})
    assert json.loads(job["extra_vars"]) == {"k": "v", "days": 30, "only": "", "pw": "$encrypted$"}
    assert world.state.get("jobs", job["id"]).hidden["extra_vars"]["pw"] == "geheim"
    for answers, text in (
        ({"days": "30"}, "Value 30 for 'days' expected to be an integer."),
        ({"days": 366}, "'days' value 366 is too large (must be no more than 365)."),
        ({"only": 1}, "Value 1 for 'only' expected to be a string."),
        ({"several": ["c"]}, "Value c for 'several' expected to be one of ['a', 'b']."),
        ({"several": "a"}, "'several' value is expected to be a list."),
    ):
        answer = world.ask("POST", "/job_templates/10/launch/", {"extra_vars": answers})
        assert answer.body == {"variables_needed_to_start": [text]}


def test_the_environment_that_is_shown_hides_secrets(world: ControllerClient) -> None:
    job = world.post("/job_templates/10/launch/", {"extra_vars": {"cvops_mode": "check"}})
    env = world.get(f"/jobs/{job['id']}/")["job_env"]
    assert env["CVOPS_ENTRA_CLIENT_SECRET"] == "**********"
    assert env["CVOPS_ENTRA_CLIENT_ID"] == "c"
    assert (env["JOB_ID"], env["INVENTORY_ID"]) == (str(job["id"]), "2")
    assert env["ANSIBLE_FORCE_COLOR"] == "True"


def test_a_hook_gets_what_a_playbook_would(world: ControllerClient) -> None:
    seen: list[JobRun] = []
    kind = world.state.get("credential_types", 31)
    kind.values["injectors"] |= {
        "file": {"template": "{{ client_secret }}"},
        "extra_vars": {"path": "{{ tower.filename }}", "k": "by the type"},
    }

    def run(job: JobRun) -> dict[str, Any]:
        seen.append(job)
        path = Path(job.extra_vars["path"])
        content = path.read_text(encoding="utf-8"), path.stat().st_mode & 0o777, path.is_relative_to(job.folder)
        return {"artifacts": {"file": content}, "stdout": "PLAY"}

    world.engine.runner = run
    job = world.post("/job_templates/10/launch/", {"extra_vars": {"cvops_mode": "check"}, "limit": "cc-emea"})
    world.state.get("jobs", job["id"]).hidden["thread"].join(10)
    shown = world.get(f"/jobs/{job['id']}/")
    assert (shown["status"], shown["artifacts"]) == ("successful", {"file": ("s", 0o600, True)})
    assert world.get(f"/jobs/{job['id']}/stdout/") == "PLAY"
    (found,) = seen
    assert found.env["CVOPS_ENTRA_CLIENT_SECRET"] == "s"
    assert found.env["AWX_PRIVATE_DATA_DIR"] == str(found.folder)
    assert (found.playbook, found.limit) == ("playbooks/drift.yml", "cc-emea")
    assert found.extra_vars["awx_job_template_name"] == "cvops drift"
    assert found.extra_vars["tower_user_name"] == "admin"
    assert found.extra_vars["awx_job_launch_type"] == "manual"
    assert found.extra_vars["cvops_mode"] == "check"
    assert found.extra_vars["k"] == "v"
    assert found.inventory["_meta"]["hostvars"]["cc-emea"]["remote_tower_id"] == 2
    assert not found.folder.exists()


def test_a_hook_that_breaks_is_a_job_in_error(world: ControllerClient) -> None:
    def run(job: JobRun) -> None:
        raise RuntimeError("broken")

    world.engine.runner = run
    job = world.post("/job_templates/11/launch/")
    world.state.get("jobs", job["id"]).hidden["thread"].join(10)
    assert world.get(f"/jobs/{job['id']}/")["status"] == "error"
    assert "RuntimeError: broken" in world.get(f"/jobs/{job['id']}/stdout/")


def test_a_missing_input_is_empty_text_in_a_job(world: ControllerClient) -> None:
    world.state.get("credentials", 3).values["inputs"] = {}
    job = world.post("/job_templates/10/launch/", {"extra_vars": {"cvops_mode": "check"}})
    run_env = world.engine.make_shown_environment(world.state.get("jobs", job["id"]))
    assert run_env["CVOPS_ENTRA_CLIENT_SECRET"] == ""


def test_a_job_can_be_cancelled_once(world: ControllerClient) -> None:
    world.behaviours.change({"polls": 1, "jobs": "never"})
    job = world.post("/job_templates/11/launch/")
    place = f"/jobs/{job['id']}/cancel/"
    assert world.get(place) == {"can_cancel": True}
    world.post(place, {}, 202)
    assert world.get(f"/jobs/{job['id']}/")["status"] == "canceled"
    assert world.ask("POST", place, {}).status == 405


# -- slices


def test_slices_are_dealt_by_name_and_make_a_workflow(world: ControllerClient) -> None:
    for number, name in ((3, "cc-apac"), (4, "zz"), (5, "aa")):
        world.add("hosts", number, name=name, inventory=2, enabled=name != "aa")
    world.state.get("job_templates", 11).values["job_slice_count"] = 2
    runs: dict[int, list[str]] = {}
    done = threading.Barrier(2)

    def run(job: JobRun) -> dict[str, Any]:
        done.wait(10)
        runs[job.record["job_slice_number"]] = sorted(job.inventory["_meta"]["hostvars"])
        return {"artifacts": {f"a{job.record['job_slice_number']}": 1}}

    world.engine.runner = run
    answer = world.post("/job_templates/11/launch/")
    assert (answer["type"], answer["is_sliced_job"], answer["job_template"]) == ("workflow_job", True, 11)
    assert "job" not in answer
    jobs = world.get("/jobs/?order_by=job_slice_number")["results"]
    for job in jobs:
        world.state.get("jobs", job["id"]).hidden["thread"].join(10)
    assert runs == {1: ["cc-apac", "zz"], 2: ["cc-emea"]}
    assert {(job["name"], job["launch_type"], job["job_slice_count"]) for job in jobs} == {
        ("cvops review", "workflow", 2)
    }
    assert world.get(f"/workflow_jobs/{answer['workflow_job']}/")["status"] == "successful"
    assert "job_slice" not in json.loads(jobs[0]["extra_vars"])


def test_there_are_no_more_slices_than_hosts_disabled_ones_counted(world: ControllerClient) -> None:
    world.state.get("job_templates", 11).values["job_slice_count"] = 5
    assert "job" in world.post("/job_templates/11/launch/")
    world.add("hosts", 3, name="off", inventory=2, enabled=False)
    answer = world.post("/job_templates/11/launch/")
    assert world.get(f"/workflow_jobs/{answer['workflow_job']}/workflow_nodes/")["count"] == 2


# -- workflows


def test_artifacts_go_down_through_an_approval(world: ControllerClient) -> None:
    make_flow(world)
    node = world.state.get("workflow_job_template_nodes", 11)
    node.values["extra_data"] = {"mode": "apply", "own": "node", "given": "node"}
    world.state.get("job_templates", 11).values["extra_vars"] = '{"own": "template", "template": 1}'
    world.engine.artifacts["cvops review"] = {"mode": "artifact", "changes": 3, "given": "artifact"}
    number = launch_flow(world, given="launch")
    assert tell_nodes(world, number) == {"evidence": "successful", "approve": "pending", "apply": "-"}
    world.post(f"/workflow_approvals/{find_approval(world)['id']}/approve/", {}, 204)
    assert tell_nodes(world, number) == {"evidence": "successful", "approve": "successful", "apply": "successful"}
    assert world.get(f"/workflow_jobs/{number}/")["status"] == "successful"
    last = world.get("/jobs/?order_by=-id")["results"][0]
    assert json.loads(last["extra_vars"]) == {
        "template": 1,  # the template's
        "own": "node",  # what the node says wins over that
        "mode": "artifact",  # what an earlier job left behind wins over the node
        "changes": 3,
        "given": "launch",  # what the workflow was launched with wins over all
    }


def test_an_approval_keeps_the_words_of_its_time(world: ControllerClient) -> None:
    make_flow(world)
    number = launch_flow(world)
    approval = find_approval(world)
    world.patch(f"/workflow_approval_templates/{approval['unified_job_template']}/", {"description": "new words"})
    shown = world.get(f"/workflow_approvals/{approval['id']}/")
    assert (shown["name"], shown["description"]) == ("look", "as it was")
    assert shown["can_approve_or_deny"] is True
    assert shown["approval_expiration"] is not None
    assert shown["summary_fields"]["workflow_job"]["id"] == number
    assert shown["summary_fields"]["workflow_job_template"]["id"] == 14


def test_who_approved_is_told_with_the_approval_only(world: ControllerClient) -> None:
    make_flow(world)
    world.state.add_user("approver", "approver-password", is_superuser=True)
    launch_flow(world)
    approval = find_approval(world)
    token = world.state.add_token(2)["token"]
    headers = {"authorization": f"Bearer {token}"}
    place = f"/workflow_approvals/{approval['id']}/"
    assert world.ask("POST", f"{place}approve/", {"comment": "x"}, headers).status == 204
    assert world.get(place)["summary_fields"]["approved_or_denied_by"]["username"] == "approver"
    assert world.get("/jobs/?order_by=-id")["results"][0]["launched_by"]["name"] == "admin"
    again = world.ask("POST", f"{place}deny/", {}, headers)
    assert again.body == {"error": "This workflow step has already been approved or denied."}


@pytest.mark.parametrize("link", ["failure_nodes", "always_nodes", "success_nodes"])
@pytest.mark.parametrize("ends", ["denied", "timed out"])
def test_a_denied_and_a_late_approval_follow_the_same_links(world: ControllerClient, link: str, ends: str) -> None:
    make_flow(world, **{link: [11]})
    number = launch_flow(world)
    place = f"/workflow_approvals/{find_approval(world)['id']}/"
    if ends == "denied":
        world.post(f"{place}deny/", {}, 204)
    else:
        world.clock.advance(59)
        assert world.get(place)["status"] == "pending"
        world.clock.advance(2)
    shown = world.get(place)
    assert (shown["status"], shown["timed_out"]) == ("failed", ends == "timed out")
    ran = link != "success_nodes"
    assert tell_nodes(world, number)["apply"] == ("successful" if ran else "-")
    assert world.get(f"/workflow_jobs/{number}/")["status"] == ("successful" if ran else "failed")
    skipped = world.get(f"/workflow_jobs/{number}/workflow_nodes/?identifier=apply")["results"][0]
    assert skipped["do_not_run"] is not ran


def test_jobs_of_a_workflow_know_it(world: ControllerClient) -> None:
    seen: list[JobRun] = []
    world.engine.runner = lambda job: seen.append(job)
    make_flow(world)
    number = launch_flow(world)
    (job,) = world.get("/jobs/")["results"]
    world.state.get("jobs", job["id"]).hidden["thread"].join(10)
    assert seen[0].extra_vars["awx_workflow_job_id"] == number
    assert seen[0].extra_vars["awx_workflow_job_name"] == "cvops review flow"
    assert seen[0].extra_vars["awx_job_launch_type"] == "workflow"
    assert find_approval(world)["name"] == "look"


def test_a_node_waits_for_all_its_parents(world: ControllerClient) -> None:
    world.behaviours.change({"polls": 1, "jobs": "never"})
    node = "/workflow_job_template_nodes/"
    other = world.post(node, {"workflow_job_template": 14, "unified_job_template": 11, "identifier": "other"})["id"]
    world.post(f"{node}{other}/failure_nodes/", {"id": 10}, 204)
    number = launch_flow(world)
    assert tell_nodes(world, number)["approve"] == "-"
    first, second = world.state.list_all("jobs")
    world.engine.finish(first, "successful")
    assert tell_nodes(world, number)["approve"] == "-"
    world.engine.finish(second, "successful")
    assert tell_nodes(world, number)["approve"] == "running"


def test_a_node_may_want_all_its_parents_to_lead_to_it(world: ControllerClient) -> None:
    node = "/workflow_job_template_nodes/"
    other = world.post(node, {"workflow_job_template": 14, "unified_job_template": 11, "identifier": "other"})["id"]
    world.post(f"{node}{other}/failure_nodes/", {"id": 10}, 204)
    world.patch(f"{node}10/", {"all_parents_must_converge": True})
    number = launch_flow(world)
    assert tell_nodes(world, number)["approve"] == "-"
    assert world.get(f"/workflow_jobs/{number}/")["status"] == "successful"


def test_a_node_whose_template_is_gone_fails_the_workflow(world: ControllerClient) -> None:
    assert world.ask("DELETE", "/job_templates/11/").status == 204
    number = launch_flow(world)
    assert world.get(f"/workflow_jobs/{number}/")["status"] == "failed"


def test_a_graph_without_a_root_never_ends(world: ControllerClient) -> None:
    world.post("/workflow_job_template_nodes/11/success_nodes/", {"id": 9}, 204)
    number = launch_flow(world)
    for _time in range(3):
        assert world.get(f"/workflow_jobs/{number}/")["status"] == "running"


def test_a_schedule_launches_when_its_time_has_come(world: ControllerClient) -> None:
    moment = world.clock.datetime().strftime("%Y%m%dT%H%M%SZ")
    rule = f"DTSTART:{moment} RRULE:FREQ=DAILY;INTERVAL=1"
    world.post("/schedules/", {"name": "daily", "unified_job_template": 11, "rrule": rule})
    world.clock.advance(60)
    assert world.get("/jobs/")["count"] == 0
    world.clock.advance(86400)
    (job,) = world.get("/jobs/")["results"]
    assert job["launch_type"] == "scheduled"
    assert job["launched_by"]["name"] == "daily"
    assert world.get("/jobs/")["count"] == 1
