# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``awx_setup`` with the official modules: an empty controller, one that failed half-way, one that is as it should be, and a change that is approved.

The tests follow one another on one controller, as runs of a set-up do.
"""

from __future__ import annotations

import ast
import json
import pathlib
import re
import subprocess
import sys
import time
import typing as t
from collections.abc import Iterator

import pytest
import yaml
from collection_tree import ROOT, collections_path
from controller_api import Controller
from cvops_simulator import Fault, Simulator
from cvops_simulator.testing import running_simulator
from helpers.playing import Player, Run, connection_of
from helpers.webhooks import TOKEN, start_webhook

sys.path.insert(0, str(ROOT / "tests" / "unit"))

from controller_examples import make_document, make_rich_document  # noqa: E402 - the folder is put on the path here

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_model import (  # noqa: E402
    mark_description,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_objects import (  # noqa: E402
    plan_objects,
)

SETUP, EXPORT = "cvops.identity.awx_setup", "cvops.identity.awx_setup_export"
#: Of the module of each kind.
MODULES = {
    "credential_types": "credential_type",
    "credentials": "credential",
    "execution_environments": "execution_environment",
    "notification_templates": "notification_template",
    "projects": "project",
    "inventories": "inventory",
    "hosts": "host",
    "groups": "group",
    "job_templates": "job_template",
    "workflow_job_templates": "workflow_job_template",
    "workflow_nodes": "workflow_job_template_node",
    "workflow_links": "workflow_job_template_node",
    "schedules": "schedule",
}
ROLE = {"name": "Night shift", "permissions": ["View"]}
WORKFLOW = "cvops change with approval"


@pytest.fixture(scope="module")
def controlled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """Set S and an empty controller, one for all tests of this file."""
    with running_simulator(set="S", directory=tmp_path_factory.mktemp("controlled"), controller=True) as simulator:
        simulator.controller.playbooks["*"] = [f"playbooks/{name}.yml" for name in ("site", "expiry", "access")]
        yield simulator


@pytest.fixture(scope="module")
def controller(controlled: Simulator) -> Controller:
    return Controller(controlled)


@pytest.fixture
def at_controller(controlled: Simulator, tmp_path: pathlib.Path, controller_collections: pathlib.Path) -> Player:
    """Plays with awx.awx at hand, and with the sign-in to the controller in the environment."""
    found = Player(tmp_path, collections_path(), controlled.controller_environment())
    found.connection["ANSIBLE_COLLECTIONS_PATH"] = f"{collections_path()}:{controller_collections}"
    return found


def records(site: Simulator) -> pathlib.Path:
    """Where the jobs keep their run records."""
    return pathlib.Path(site.ca_path).parent / "records"


def declare_less(site: Simulator) -> dict[str, t.Any]:
    """What the drift job looks for: all that the site has, but for one entity of a grant and for one whole entry, which somebody deleted."""
    declared = site.variables()
    entries = {str(item["principal"]): item for item in declared["cvops_role_mappings"]}
    (admins,) = (item for name, item in entries.items() if "GG-Commvault-hq-vm-Admin" in name)
    admins["grants"][0]["entities"]["plans"].remove("silver-hq-vm")
    return {
        "cvops_entra_groups": declared["cvops_entra_groups"],
        "cvops_role_mappings": [item for name, item in entries.items() if "GG-Commvault-platform-Audit" not in name],
        "role_mappings_managed_groups": ["GG-Commvault-*"],
        "role_mappings_fail_on_drift": True,
        "cvops_summary_file": str(records(site).with_name("summary.json")),
    }


def document(site: Simulator) -> dict[str, t.Any]:
    """What the controller is to have: jobs that make one role on the first CommCell."""
    name, cell = next(iter(site.commcells.items()))
    return {
        "cvops_connection": {
            "commcells": {name: {"url": cell.url, "ca_path": site.ca_path, "password": "s3cret-of-the-document"}}
        },
        "cvops_controller": {
            "organization": "Default",
            "project": {"scm_url": "https://git.corp.example/access.git"},
            "identities": {"converge": {"method": "client_secret"}},
            "controller_credential": "AWX",
            "notifications": [{"name": "Chat", "url": "https://chat.corp.example/hook"}],
            "variables": {"cvops_commvault_roles": [ROLE], "cvops_run_record_dir": str(records(site))},
            "jobs": {"drift": {"schedule": {"enabled": True}, "variables": declare_less(site)}},
        },
    }


def writes(site: Simulator) -> list[str]:
    """The requests that change something on the controller; tokens are the sign-in."""
    found = [entry for entry in site.journal.writes() if entry.service == "controller"]
    return [f"{entry.method} {entry.path}" for entry in found if "/tokens/" not in entry.path]


def told(run: Run) -> list[str]:
    return t.cast("list[str]", run.of("Report")[-1]["msg"])


# -- without a controller


def read_argument_spec(path: pathlib.Path) -> dict[str, dict[str, t.Any]]:
    """The options of a module of awx.awx, read from its source: name to type and choices, with the aliases."""
    found: dict[str, dict[str, t.Any]] = {}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "argument_spec":
            assert isinstance(node.value, ast.Call)
            for keyword in node.value.keywords:
                assert isinstance(keyword.value, ast.Call)
                facts = {}
                for item in keyword.value.keywords:
                    try:
                        facts[str(item.arg)] = ast.literal_eval(item.value)
                    except ValueError:
                        facts[str(item.arg)] = None
                found[str(keyword.arg)] = facts
    return found


TYPES: dict[str, t.Any] = {"str": str, "dict": dict, "list": list, "bool": bool, "int": int, "float": (int, float)}


@pytest.mark.parametrize("make", [make_document, make_rich_document])
def test_the_official_modules_know_every_option(
    controller_collections: pathlib.Path, make: t.Callable[[], dict[str, t.Any]]
) -> None:
    folder = controller_collections / "ansible_collections/awx/awx/plugins/modules"
    specs = {kind: read_argument_spec(folder / f"{module}.py") for kind, module in MODULES.items()}
    for item in plan_objects(make()).objects:
        spec = specs[item.kind]
        for name, value in {**item.options, **item.once}.items():
            assert name in spec, (item.kind, name)
            assert isinstance(value, TYPES[spec[name].get("type") or "str"]), (item.kind, name, value)
            choices = spec[name].get("choices")
            assert not choices or value in choices, (item.kind, name, value)
        assert {name for name, facts in spec.items() if facts.get("required")} <= set(item.options), item


def test_bad_input_is_told_together_before_the_first_request(controlled: Simulator, at_controller: Player) -> None:
    controlled.journal.clear()
    wrong = document(controlled)
    wrong["cvops_controller"] |= {"prefix": "a++b", "timezone": "Nowhere", "variables": {"api_token": "s3cret-of-mine"}}
    run = at_controller(SETUP, extra_vars=wrong)
    assert run.rc == 2
    lines = "\n".join(run.one("Say what is wrong with the variables")["msg"])
    for part in (
        "contains ++",
        "cvops_controller.timezone: is not a time zone",
        "variables.api_token: looks like a secret",
    ):
        assert part in lines
    assert "s3cret-of-mine" not in run.text
    assert [entry for entry in controlled.journal.entries() if entry.service == "controller"] == []


def test_what_is_missing_of_the_connection_is_told_together(controlled: Simulator, tmp_path: pathlib.Path) -> None:
    run = Player(tmp_path, collections_path(), {})(SETUP, extra_vars=document(controlled), check=True)
    assert run.rc == 2
    why = run.one("Fail where the run ended early")["msg"]
    for part in (
        "the collection awx.awx",
        "no controller is given",
        "who signs in to the controller is not",
    ):
        assert part in why


def test_the_export_is_data(controlled: Simulator, at_controller: Player, tmp_path: pathlib.Path) -> None:
    controlled.journal.clear()
    path = tmp_path / "controller.yml"
    hostile = document(controlled)
    hostile["cvops_controller"]["jobs"]["drift"]["survey"] = [
        {"variable": "why", "question": "{{ lookup('pipe', 'touch %s') }}" % (tmp_path / "evaluated")}
    ]
    # As data, as a document of others would give it: nothing of it is evaluated on the way either.
    given = tmp_path / "given.yml"
    given.write_text(
        yaml.safe_dump(hostile).replace("'{{ lookup", "!unsafe '{{ lookup").replace('"{{ lookup', '!unsafe "{{ lookup')
    )
    more = {"awx_setup_export_file": str(path)}
    at_controller(EXPORT, "-e", f"@{given}", extra_vars=more).ok()
    text = path.read_text()
    assert "s3cret" not in text
    assert path.stat().st_mode & 0o777 == 0o600
    for mark in ("{{", "{%"):
        assert all("!unsafe" in line for line in text.splitlines() if mark in line)
    check = [
        {"ansible.builtin.include_vars": str(path)},
        {"ansible.builtin.debug": {"var": "controller_templates"}},
    ]
    shown = at_controller(check).ok().result["controller_templates"]
    assert "lookup('pipe'" in json.dumps(shown)
    assert not (tmp_path / "evaluated").exists()
    assert [entry for entry in controlled.journal.entries() if entry.service == "controller"] == []


# -- one controller, from empty to used


def test_check_mode_tells_what_an_empty_controller_lacks(
    controlled: Simulator, controller: Controller, at_controller: Player
) -> None:
    first = at_controller(SETUP, extra_vars=document(controlled), check=True)
    assert first.rc == 2
    assert first.one("Fail where the run ended early")["msg"].startswith("the controller has no credential AWX, or ")
    kind = controller.find("credential_types", "Red Hat Ansible Automation Platform")["id"]
    inputs = {"host": "https://awx.corp.example", "oauth_token": "s3cret-of-awx"}
    controller.call(
        "POST", "credentials/", {"name": "AWX", "credential_type": kind, "organization": 1, "inputs": inputs}
    )
    controlled.journal.clear()
    run = at_controller(SETUP, extra_vars=document(controlled), check=True).ok()
    plan = run.one("Plan")["msg"]
    assert "  + job template cvops apply: writes only the plan that was approved" in plan
    assert told(run)[0].startswith(f"would be created: {len(plan) - 1}, ")
    assert writes(controlled) == []
    assert controller.call("GET", "tokens/")["count"] == 1, "that of these tests: the run has taken its own away"


def test_a_run_that_failed_half_way_is_finished_by_the_next_one(
    controlled: Simulator, controller: Controller, at_controller: Player
) -> None:
    # The project has been updated before its playbooks were added: the next run updates it once more.
    all_of_them = controlled.controller.playbooks["*"]
    controlled.controller.playbooks["*"] = all_of_them[:1]
    lacking = at_controller(SETUP, extra_vars=document(controlled))
    why = lacking.one("Fail where the run ended early")["msg"]
    assert "playbooks/expiry.yml with the one line" in why
    assert "playbooks/access.yml with the one line" in why
    assert controller.call("GET", "job_templates/")["count"] == 0
    controlled.controller.playbooks["*"] = all_of_them
    controlled.faults.add(Fault("controller", "POST", "*/survey_spec/", "status", after=1))
    failed = at_controller(SETUP, extra_vars=document(controlled))
    assert failed.rc == 2
    assert any(line.startswith("Stopped early: ") for line in told(failed))
    assert any(
        re.match("  failed: job template cvops [a-z ]+: The host sent back a server error", line)
        for line in told(failed)
    )
    assert "The host sent back a server error" in failed.one("Fail where the run ended early")["msg"]
    run = at_controller(SETUP, extra_vars=document(controlled)).ok()
    assert any(line.startswith("  + workflow ") for line in told(run))
    assert "s3cret-of-the-document" not in failed.text + run.text
    for name in ("cvops drift report", "cvops plan", "cvops apply"):
        number = controller.find("job_templates", name)["id"]
        assert controller.call("GET", f"job_templates/{number}/survey_spec/")["spec"]
    assert controller.find("schedules", "cvops drift report schedule")["enabled"] is True
    assert controller.find("schedules", "cvops expiry report schedule")["enabled"] is False
    workflow = controller.find("workflow_job_templates", WORKFLOW)["id"]
    nodes = controller.call("GET", f"workflow_job_template_nodes/?workflow_job_template={workflow}")["results"]
    by_id = {node["id"]: node["identifier"] for node in nodes}
    assert {node["identifier"]: [by_id[other] for other in node["success_nodes"]] for node in nodes} == {
        "plan": ["approve"],
        "approve": ["apply"],
        "apply": [],
    }


def test_what_people_did_stays_and_what_somebody_deleted_comes_back(
    controlled: Simulator, controller: Controller, at_controller: Player
) -> None:
    _name, cell = next(iter(controlled.commcells.items()))
    username, password = cell.admin
    client = controlled.automation
    filled = {"tenant_id": controlled.tenant_id, "client_id": client.client_id, "client_secret": client.client_secret}
    for name, inputs in (
        ("cvops Entra ID converge", filled),
        (f"cvops CommCell {_name}", {"username": username, "password": password}),
    ):
        number = controller.find("credentials", name)["id"]
        controller.call("PATCH", f"credentials/{number}/", {"inputs": inputs})
    number = controller.find("schedules", "cvops expiry report schedule")["id"]
    controller.call("PATCH", f"schedules/{number}/", {"enabled": True})
    drift = controller.find("job_templates", "cvops drift report")["id"]
    # A survey that leaves: the official module removes it, in check mode it says so, and a second time there is nothing to do.
    off = {"awx.awx.job_template": {"name": "cvops drift report", "survey_enabled": True, "survey_spec": {}}}
    done = [at_controller([off], check=check).ok().results[-1]["changed"] for check in (True, False, False)]
    assert done == [True, True, False]
    assert controller.call("GET", f"job_templates/{drift}/survey_spec/") == {}
    # What is not in the document, on a template that is: a limit, and a notification.
    chat = controller.find("notification_templates", "Chat")["id"]
    controller.call("PATCH", f"job_templates/{drift}/", {"limit": "emea*"})
    controller.call("POST", f"job_templates/{drift}/notification_templates_started/", {"id": chat})
    # What an earlier run of the document has made under another name, and what a person has made beside it.
    known = controller.find("job_templates", "cvops apply")
    old = {name: known[name] for name in ("project", "inventory", "playbook", "description")}
    stale = controller.call("POST", "job_templates/", {**old, "name": "old apply"})["id"]
    schedules = {}
    for name, description in (("old night", mark_description("", "cvops")), ("of a person", "")):
        body = {"name": name, "description": description, "unified_job_template": stale, "enabled": True}
        body["rrule"] = "DTSTART:20270101T000000Z RRULE:FREQ=DAILY;INTERVAL=1"
        schedules[name] = controller.call("POST", "schedules/", body)["id"]
    off_line = f"  - schedule old night of old apply (id {schedules['old night']}): "

    # As if the last update of the project had found one playbook only.
    with controlled.controller.state.lock:
        (project,) = controlled.controller.state.list_where("projects", name="cvops project")
        project.hidden["playbooks"] = ["playbooks/site.yml"]

    planned = at_controller(SETUP, extra_vars=document(controlled), check=True).ok()
    assert "  ~ job template cvops drift report" in told(planned)
    assert told(planned)[0].startswith("would be created: 0, would be set right: 1, ")
    assert told(planned)[-1].startswith("Note: the project cvops project lacks playbooks")
    assert told(planned)[0].endswith(", would be switched off: 1")
    assert f"{off_line}it is active, and is now disabled" in planned.one("Plan")["msg"]
    assert controller.call("GET", f"schedules/{schedules['old night']}/")["enabled"] is True
    controlled.journal.clear()
    run = at_controller(SETUP, extra_vars=document(controlled)).ok()
    assert told(run)[0].startswith("created: 0, set right: 1, unchanged: ")
    assert told(run)[1] == "  ~ job template cvops drift report"
    update = f"POST /api/v2/projects/{project.id}/update/"
    of_drift = f"/api/v2/job_templates/{drift}/"
    assert writes(controlled) == [
        f"PATCH /api/v2/schedules/{schedules['old night']}/",
        update,
        f"PATCH {of_drift}",
        f"POST {of_drift}notification_templates_started/",
        f"POST {of_drift}survey_spec/",
    ]
    assert f"{off_line}disabled; if it was renamed, enable the new one" in told(run)
    assert f"  ? job template old apply (id {stale})" in told(run)
    assert "of a person" not in "\n".join(told(run))
    assert {name: controller.call("GET", f"schedules/{own}/")["enabled"] for name, own in schedules.items()} == {
        "old night": False,
        "of a person": True,
    }
    assert controller.call("GET", f"job_templates/{drift}/")["limit"] == ""
    assert controller.call("GET", f"schedules/{number}/")["enabled"] is True
    shown = controller.find("credentials", "cvops Entra ID converge")["inputs"]
    assert shown == {**filled, "client_secret": "$encrypted$"}
    again = at_controller(SETUP, extra_vars=document(controlled)).ok()
    assert told(again)[0].startswith("Nothing to do: all ")
    assert again.stats["changed"] == 0
    assert f"  ? schedule old night of old apply (id {schedules['old night']})" in told(again)


class Jobs:
    """Runs the jobs of the controller: real ``ansible-playbook`` with what the job has around it."""

    def __init__(self, site: Simulator, folder: pathlib.Path, player: Player, **more: str) -> None:
        self.site, self.folder, self.player, self.more = site, folder, player, more
        self.texts: dict[str, str] = {}

    def __call__(self, job: t.Any) -> dict[str, t.Any]:
        folder = self.folder / f"job{job.id}"
        for name in ("home", "tmp", "remote"):
            (folder / name).mkdir(parents=True)
        (folder / "inventory.json").write_text(
            json.dumps({key: value for key, value in job.inventory.items() if key != "_meta"})
        )
        (folder / "variables.json").write_text(json.dumps(job.extra_vars))
        (folder / "stats.py").write_text(STATS)
        # What an execution environment has, and how the stand-ins are reached; sign-ins are the job's own.
        own = connection_of(self.site)
        reached = {name: own[name] for name in own if name.endswith(("_URL", "_PATH", "_DISCOVERY"))}
        reached |= self.site.controller_environment()
        kept = {name: value for name, value in job.env.items() if name.startswith(("CVOPS_", "JOB_"))}
        environment = {
            **self.player.environment(folder, reached),
            **kept,
            "ANSIBLE_CALLBACK_PLUGINS": str(folder),
            "ANSIBLE_CALLBACKS_ENABLED": "stats",
            "STATS_FILE": str(folder / "stats.json"),
            **self.more,
        }
        environment.pop("CVOPS_COMMVAULT_URL", None)
        words = ["-i", str(folder / "inventory.json"), "-e", f"@{folder / 'variables.json'}"]
        words += ["--check"] * (job.job_type == "check") + ["--diff"] * job.diff_mode
        words += ["-t", job.job_tags] if job.job_tags else []
        program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
        playbook = f"cvops.identity.{pathlib.PurePosixPath(job.playbook).stem}"
        done = subprocess.run(
            [program, *words, playbook], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        self.texts[f"{job.template} {job.id}"] = done.stdout + done.stderr
        stats = folder / "stats.json"
        artifacts = json.loads(stats.read_text()) if stats.exists() else {}
        return {"status": "failed" if done.returncode else "successful", "artifacts": artifacts, "stdout": done.stdout}


#: As the callback of a controller hands on what ``set_stats`` leaves for the whole run.
STATS = """
DOCUMENTATION = '''
name: stats
type: aggregate
short_description: writes what set_stats leaves
description: writes what set_stats leaves
'''
import json, os
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "stats"
    CALLBACK_NEEDS_ENABLED = True
    def v2_playbook_on_stats(self, stats):
        with open(os.environ["STATS_FILE"], "w") as stream:
            json.dump(stats.custom.get("_run", {}), stream)
"""


def test_a_plan_is_approved_and_applied_and_no_other(
    controlled: Simulator, controller: Controller, at_controller: Player, tmp_path: pathlib.Path
) -> None:
    jobs = Jobs(controlled, tmp_path, at_controller)
    controlled.controller.runner = jobs
    controlled.journal.clear()
    workflow = controller.find("workflow_job_templates", WORKFLOW)["id"]
    launched = controller.call("POST", f"workflow_job_templates/{workflow}/launch/", {})["id"]
    until = time.monotonic() + 280
    while not (pending := controller.call("GET", "workflow_approvals/?status=pending")["results"]):
        assert time.monotonic() < until, jobs.texts
        assert controller.call("GET", f"workflow_jobs/{launched}/")["status"] == "running", jobs.texts
        time.sleep(0.5)
    (plan_text,) = jobs.texts.values()
    (approval,) = pending
    plan = controller.call("GET", "jobs/?order_by=-id")["results"][0]
    digest = controller.call("GET", f"jobs/{plan['id']}/")["artifacts"]["cvops_approved_plan"]
    assert len(digest) == 64
    assert digest in approval["description"], "the approver reads it where they approve"
    assert "Night shift" in approval["description"]
    events = [line for line in plan_text.splitlines() if line.startswith("TASK ")]
    assert max(number for number, line in enumerate(events) if "The plan to approve" in line) > max(
        number for number, line in enumerate(events) if "Summary" in line
    )
    assert [line for line in writes(controlled) if "approval_template" not in line and "/launch/" not in line] == []
    assert not [entry for entry in controlled.journal.writes() if entry.service != "controller"]

    controller.call("POST", f"workflow_approvals/{approval['id']}/approve/", {})
    controller.wait("workflow_jobs", launched, "successful")
    apply_text = jobs.texts[next(name for name in jobs.texts if name.startswith("cvops apply"))]
    assert f"Approved by: {controlled.controller.username}, " in apply_text
    assert [entry for entry in controlled.journal.writes() if entry.service not in ("controller", "login")]
    kept = [json.loads(path.read_text("utf-8")) for path in records(controlled).glob("*.json")]
    assert {record["operator"].get("approved_by") for record in kept} == {controlled.controller.username}
    secrets = [controlled.automation.client_secret, next(iter(controlled.commcells.values())).admin[1]]
    assert not any(secret in text for secret in secrets for text in jobs.texts.values())

    controlled.journal.clear()
    template = controller.find("job_templates", "cvops apply")["id"]
    other = controller.call(
        "POST", f"job_templates/{template}/launch/", {"extra_vars": {"cvops_approved_plan": "0" * 64}}
    )
    until = time.monotonic() + 280
    while (job := controller.call("GET", f"jobs/{other['id']}/"))["status"] not in ("failed", "successful"):
        assert time.monotonic() < until
        time.sleep(0.5)
    assert job["status"] == "failed"
    assert "another one was approved (cvops_approved_plan)" in jobs.texts[f"cvops apply {other['id']}"]
    assert not [entry for entry in controlled.journal.writes() if entry.service not in ("controller", "login")]


def test_why_nobody_knows_who_approved(at_controller: Player) -> None:
    """A job without a credential is told apart from a workflow without an approval."""
    tasks = str(ROOT / "playbooks" / "tasks" / "approval.yml")
    included = {"ansible.builtin.include_tasks": tasks}
    asking = {"cvops_approval_from": {"collection": "awx.awx"}, "awx_workflow_job_id": 4711}
    forget = {"ansible.builtin.set_fact": {"__cvops_approval": {}}}
    run = at_controller([included, forget, {**included, "vars": asking}]).ok()
    alone, unapproved = (str(result["msg"]) for result in run.of("Approval"))
    assert "this job has no credential to ask the controller with" in alone
    assert "this workflow has no approval node that is called approve" in unapproved
    assert "cvops_controller.controller_credential" in alone and "awx_setup makes" in unapproved


def test_the_scheduled_drift_job_names_what_was_deleted(
    controlled: Simulator, controller: Controller, at_controller: Player, tmp_path: pathlib.Path
) -> None:
    """By group, role, entity and CommCell: in the output, in its last line and in the summary. The webhook, whose address is a credential's, gets counts."""
    webhook, trusted = start_webhook(tmp_path), tmp_path / "both.pem"
    trusted.write_text(pathlib.Path(controlled.ca_path).read_text() + (tmp_path / "ca.pem").read_text())
    kind = {"name": "Webhook", "kind": "cloud", "injectors": {"extra_vars": {"cvops_notify_url": "{{ url }}"}}}
    kind["inputs"] = {"fields": [{"id": "url", "label": "Address", "type": "string", "secret": True}]}
    held = {"name": "Chat", "organization": 1, "inputs": {"url": webhook.url}}
    held["credential_type"] = controller.call("POST", "credential_types/", kind)["id"]
    template = controller.find("job_templates", "cvops drift report")["id"]
    chat = {"id": controller.call("POST", "credentials/", held)["id"]}
    controller.call("POST", f"job_templates/{template}/credentials/", chat)

    jobs = Jobs(controlled, tmp_path, at_controller, CVOPS_CA_PATH=str(trusted))
    controlled.controller.runner = lambda job: jobs(job) if job.template == "cvops drift report" else {}
    controlled.clock.advance(86_400)
    (job,) = controller.call("GET", f"job_templates/{template}/jobs/")["results"]
    assert job["launch_type"] == "scheduled"
    until = time.monotonic() + 280
    while controller.call("GET", f"jobs/{job['id']}/")["status"] not in ("failed", "successful"):
        assert time.monotonic() < until
        time.sleep(0.5)
    (text,) = jobs.texts.values()
    assert controller.call("GET", f"jobs/{job['id']}/")["status"] == "failed", text
    ((cell, _service),) = controlled.commcells.items()
    grant = "GG-Commvault-hq-vm-Admin: Client Admins on plans silver-hq-vm"
    group = f"GG-Commvault-platform-Audit has no entry and holds Compliance on commcell {cell}"
    summary, _mark, last = text.partition("PLAY [Result]")
    for line in (f"surplus: {grant}", f"unmanaged: {group}"):
        assert f'"  {line}"' in summary.partition("TASK [Summary]")[2]
        assert f"{cell}: {line}" in last
    found = json.loads(records(controlled).with_name("summary.json").read_text("utf-8"))
    deleted = {"principal": "GG-Commvault-hq-vm-Admin", "role": "Client Admins", "entity": "silver-hq-vm"}
    assert [row for row in found["surplus"][cell] if deleted.items() <= row.items()]
    (message,) = webhook.messages
    counted = {name: len(found[name][cell]) for name in ("surplus", "unmanaged")}
    assert message["status"] == "drift" and counted.items() <= message["counts"].items()
    assert not [name for name in ("GG-Commvault", "Client Admins", "silver-hq-vm") if name in json.dumps(message)]
    assert not [secret for secret in (TOKEN, controlled.automation.client_secret) if secret in text]
    webhook.stop()
