# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in of a controller, as its official clients take it: the modules of awx.awx, twice, and awxkit's program ``awx``."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t
from collections.abc import Iterator

import pytest
from cvops_simulator import Simulator
from cvops_simulator.testing import running_simulator
from helpers.playing import Player, Run

WHERE = {"organization": "cvops"}
RULE = "DTSTART:20300101T020000Z RRULE:FREQ=DAILY;INTERVAL=1"
#: Secrets are long and like nothing else: Ansible takes them out of all that it prints.
TENANT, SECRET = "tenant-of-the-test", "secret-of-the-test"
MODE = {
    "question_name": "Mode",
    "required": True,
    "type": "multiplechoice",
    "variable": "cvops_mode",
    "default": "check",
    "choices": ["check", "apply"],
}
PASSWORD = {"question_name": "P", "required": False, "type": "password", "variable": "pw", "default": SECRET}


def quote(text: str) -> str:
    """A template that Ansible leaves to the controller."""
    return "{% raw %}" + text + "{% endraw %}"


def task(name: str, module: str, /, **options: t.Any) -> dict[str, t.Any]:
    """A task with a module of awx.awx."""
    return {"name": name, f"awx.awx.{module}": options}


def node(name: str, identifier: str, /, **options: t.Any) -> dict[str, t.Any]:
    """A task that makes or links a node of the workflow."""
    return task(name, "workflow_job_template_node", identifier=identifier, workflow="flow", **WHERE, **options)


def make_set_up() -> list[dict[str, t.Any]]:
    """Everything that a set-up of a controller consists of, in an order in which it can be made."""
    fields = [
        {"id": "tenant_id", "label": "Tenant", "type": "string"},
        {"id": "client_secret", "label": "Secret", "type": "string", "secret": True},
    ]
    names = {"CVOPS_TENANT_ID": quote("{{ tenant_id }}"), "CVOPS_CLIENT_SECRET": quote("{{ client_secret }}")}
    custom = {"credential_type": "CVOPS Entra", **WHERE}
    inputs = {"tenant_id": TENANT, "client_secret": SECRET}
    registry = {"host": "registry.example.com", "username": "u", "password": SECRET}
    hook = {"url": "https://hooks.example.com/x", "headers": {"X-A": "b"}, "http_method": "POST"}
    template = {"project": "cvops", "inventory": "cvops", "playbook": "playbooks/site.yml", **WHERE}
    drift = {"execution_environment": "cvops ee", "credentials": ["entra"], "labels": ["cvops"]}
    drift |= {"notification_templates_error": ["hook"], "extra_vars": {"k": "v"}, "ask_variables_on_launch": True}
    survey = {"survey_enabled": True, "survey_spec": {"name": "n", "description": "d", "spec": [MODE]}}
    hidden = {"survey_enabled": True, "survey_spec": {"name": "n", "description": "d", "spec": [PASSWORD]}}
    git = {"scm_type": "git", "scm_url": "https://git.example.com/cvops.git", "scm_branch": "main"}
    kind = {"name": "CVOPS Entra", "kind": "cloud", "inputs": {"fields": fields, "required": ["tenant_id"]}}
    bare = {"fields": [{"id": "token", "label": "Token", "secret": True}]}
    look = {"name": "look", "description": "Look at the evidence", "timeout": 86400}
    check, apply = {"cvops_mode": "check"}, {"cvops_mode": "apply"}
    job = {"name": "drift", "type": "job_template", "organization": {"name": "cvops"}}
    asked = {"name": "ok?", "description": "d", "type": "workflow_approval", "timeout": 900}
    whole = [
        {"identifier": "a", "unified_job_template": job, "related": {"success_nodes": [{"identifier": "b"}]}},
        {"identifier": "b", "unified_job_template": asked},
    ]
    return [
        task("organization", "organization", name="cvops"),
        task("type", "credential_type", **kind, injectors={"env": names}),
        task("type without types", "credential_type", name="bare", kind="cloud", inputs=bare),
        task("credential", "credential", name="entra", inputs=inputs, **custom),
        task("credential, kept", "credential", name="entra", inputs=inputs, update_secrets=False, **custom),
        task("skeleton", "credential", name="skeleton", description="to be filled in", **custom),
        task(
            "registry",
            "credential",
            name="registry",
            credential_type="Container Registry",
            inputs=registry,
            update_secrets=False,
            **WHERE,
        ),
        task(
            "environment", "execution_environment", name="cvops ee", image="r.example.com/ee:1", credential="registry"
        ),
        task("project", "project", name="cvops", default_environment="cvops ee", wait=True, **git, **WHERE),
        task("inventory", "inventory", name="cvops", variables={"a": 1}, **WHERE),
        task("host", "host", name="cc-emea", inventory="cvops", enabled=True, variables={"u": "https://emea"}),
        task("other host", "host", name="cc-apac", inventory="cvops"),
        task("group", "group", name="cells", inventory="cvops", hosts=["cc-emea", "cc-apac"]),
        task("group of groups", "group", name="everything", inventory="cvops", children=["cells"]),
        task("label", "label", name="cvops", **WHERE),
        task(
            "hook",
            "notification_template",
            name="hook",
            notification_type="webhook",
            notification_configuration=hook,
            **WHERE,
        ),
        task(
            "slack",
            "notification_template",
            name="slack",
            notification_type="slack",
            notification_configuration={"token": SECRET, "channels": ["#x"]},
            **WHERE,
        ),
        task("job template", "job_template", name="drift", **template, **drift, **survey),
        task("password with a default", "job_template", name="password", **template, **hidden),
        task("workflow", "workflow_job_template", name="flow", notification_templates_approvals=["hook"], **WHERE),
        task("workflow with its nodes", "workflow_job_template", name="whole", workflow_nodes=whole, **WHERE),
        node("first node", "evidence", unified_job_template="drift", extra_data=check),
        node("approval", "approve", approval_node=look),
        node("last node", "apply", unified_job_template="drift", extra_data=apply),
        node("link", "evidence", success_nodes=["approve"]),
        node("other link", "approve", success_nodes=["apply"]),
        task(
            "schedule", "schedule", name="nightly", unified_job_template="drift", rrule=RULE, extra_data=check, **WHERE
        ),
    ]


#: What cannot be told apart from a change, by the controller's own design: secrets are never shown.
CHANGED_EACH_RUN = ["credential", "slack", "password with a default", "workflow with its nodes"]
#: Written each run, though nothing is reported as changed.
WRITTEN_EACH_RUN = [
    ("PATCH", "credential_types"),  # the one whose fields are sent without types
    ("PATCH", "credentials"),
    ("PATCH", "inventories"),
    ("PATCH", "notification_templates"),
    ("PATCH", "notification_templates"),
    ("POST", "survey_spec"),  # the one with a password
    ("PATCH", "workflow_approval_templates"),  # the approval among the nodes of a workflow
]


@pytest.fixture(scope="module")
def site_with_controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Set S with a controller: one for the whole file, whose tests build on each other's objects by name only."""
    with running_simulator(set="S", controller=True, directory=tmp_path_factory.mktemp("controller")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def use(
    site_with_controller: Simulator, tmp_path_factory: pytest.TempPathFactory, controller_collections: pathlib.Path
) -> Player:
    """Runs tasks with awx.awx against the controller."""
    variables = site_with_controller.controller_environment()
    return Player(tmp_path_factory.mktemp("runs"), controller_collections, variables)


@pytest.fixture(scope="module")
def set_up(site_with_controller: Simulator, use: Player) -> list[Run]:
    """The set-up, run twice; the journal holds the second run."""
    first = use(make_set_up()).ok()
    site_with_controller.journal.clear()
    return [first, use(make_set_up()).ok()]


def tell_changed(run: Run) -> list[str]:
    """The names of the tasks that have changed something."""
    return [result.task for result in run.results if result.get("changed")]


@pytest.mark.whole
def test_a_second_run_changes_what_the_controller_cannot_show(set_up: list[Run]) -> None:
    first, second = set_up
    assert tell_changed(first) == [item["name"] for item in make_set_up() if item["name"] != "credential, kept"]
    assert tell_changed(second) == CHANGED_EACH_RUN


@pytest.mark.whole
def test_a_second_run_writes_where_stored_and_sent_forms_differ(
    set_up: list[Run], site_with_controller: Simulator
) -> None:
    writes = [entry for entry in site_with_controller.journal.writes("controller") if "/tokens/" not in entry.path]
    found = [
        (entry.method, entry.path.strip("/").split("/")[2], entry.path.strip("/").split("/")[-1]) for entry in writes
    ]
    assert [(method, kind if last.isdigit() else last) for method, kind, last in found] == WRITTEN_EACH_RUN
    assert all(entry.status < 400 for entry in site_with_controller.journal.entries("controller"))


@pytest.mark.whole
def test_each_task_takes_a_token_and_gives_it_back(set_up: list[Run], site_with_controller: Simulator) -> None:
    tokens = [entry for entry in site_with_controller.journal.writes("controller") if "/tokens/" in entry.path]
    assert [entry.method for entry in tokens] == ["POST", "DELETE"] * len(make_set_up())
    assert not list(site_with_controller.controller.state.list_all("tokens"))


@pytest.mark.whole
def test_jobs_workflows_and_approvals_run(set_up: list[Run], use: Player, site_with_controller: Simulator) -> None:
    """token, project_update, job_launch, job_wait, workflow_launch and workflow_approval of the collection, in one play."""
    service = site_with_controller.controller
    service.artifacts["drift"] = {"cvops_changes": 3}
    token = {"CONTROLLER_OAUTH_TOKEN": service.make_token(), "CONTROLLER_USERNAME": "", "CONTROLLER_PASSWORD": ""}
    apply = {"cvops_mode": "apply"}
    launch = task("launch", "job_launch", name="drift", extra_vars=apply) | {"register": "job"}
    start = task("start", "workflow_launch", name="flow", wait=False, **WHERE) | {"register": "flow"}
    approve = task("approve", "workflow_approval", workflow_job_id="{{ flow.id }}", name="look", interval=0.05)
    run = use(
        [
            task("token", "token", description="of the test", scope="read"),
            task("update", "project_update", name="cvops", interval=0.05, **WHERE),
            launch,
            task("wait", "job_wait", job_id="{{ job.id }}", interval=0.05),
            start,
            approve,
            task("end", "job_wait", job_id="{{ flow.id }}", job_type="workflow_jobs", interval=0.05),
        ],
        env=token,
    ).ok()
    assert run.one("wait")["status"] == run.one("end")["status"] == "successful"
    last = max(service.state.list_all("jobs"), key=lambda row: row.id)
    assert json.loads(last["extra_vars"]) == {"k": "v", "cvops_mode": "apply", "cvops_changes": 3}
    assert [row["status"] for row in service.state.list_all("workflow_approvals")] == ["successful"]


@pytest.mark.whole
def test_what_the_controller_refuses_reaches_the_user(set_up: list[Run], use: Player) -> None:
    wrong = {"project": "cvops", "inventory": "cvops", "playbook": "playbooks/none.yml", **WHERE}
    refused = use([task("wrong", "job_template", name="wrong", **wrong)])
    assert refused.rc != 0
    assert "Playbook not found for project." in str(refused.one("wrong")["msg"])
    both = use([node("both", "approve", approval_node={"name": "look"}, success_nodes=["apply"])])
    assert "could not be found" in str(both.one("both")["msg"])


def run_awx(simulator: Simulator, *words: str) -> t.Any:
    """What the program ``awx`` prints, as data."""
    variables = simulator.controller_environment()
    program = pathlib.Path(sys.executable).with_name("awx")
    done = subprocess.run(
        [program, "--conf.color", "false", *words],
        env={"LC_ALL": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_program_of_awxkit_lists_gets_and_creates(site_with_controller: Simulator) -> None:
    made = run_awx(site_with_controller, "labels", "create", "--name", "by awxkit", "--organization", "Default")
    assert run_awx(site_with_controller, "labels", "get", str(made["id"]))["name"] == "by awxkit"
    found = run_awx(site_with_controller, "credential_types", "list", "--namespace", "scm")["results"]
    assert [item["name"] for item in found] == ["Source Control"]
