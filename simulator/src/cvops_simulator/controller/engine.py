# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs: updates of projects, jobs and workflows, each with its records."""

from __future__ import annotations

import json
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from cvops_simulator.controller import recurrence, workflows
from cvops_simulator.controller.behaviours import ControllerBehaviours
from cvops_simulator.controller.errors import ApiError
from cvops_simulator.controller.facts import ENCRYPTED
from cvops_simulator.controller.prompts import Prompts, list_passwords, make_variables, read_prompts
from cvops_simulator.controller.rules import ACTIVE
from cvops_simulator.controller.state import Row, State
from cvops_simulator.controller.surroundings import (
    RUNNER,
    inject_all,
    make_environment,
    make_inventory,
    make_meta_variables,
)

_TEMPLATE_FIELDS = [
    "name",
    "description",
    "job_type",
    "inventory",
    "project",
    "playbook",
    "scm_branch",
    "forks",
    "limit",
    "verbosity",
    "job_tags",
    "force_handlers",
    "skip_tags",
    "start_at_task",
    "timeout",
    "use_fact_cache",
    "organization",
    "execution_environment",
    "allow_simultaneous",
    "diff_mode",
]
#: What an update finds in a project unless somebody says otherwise: playbooks of the collection that jobs run.
_PLAYBOOKS = ("access", "access_evidence", "expiry", "review", "rotate_secrets", "site")
_WORKFLOW_FIELDS = [
    "name",
    "description",
    "inventory",
    "limit",
    "scm_branch",
    "skip_tags",
    "job_tags",
    "allow_simultaneous",
]
_REVISION = "1" * 40


@dataclass
class JobRun:
    """A job that starts, as a hook gets it: what a playbook would have around it.

    `inventory`: as an inventory script prints it. `env`, `extra_vars`: complete, with what credentials give, secrets
    in clear. `files`: path -> content of injected files, which lie below `folder` with mode 0600 while the hook runs.
    `record`: the job as the API shows it.
    """

    id: int
    template: str
    playbook: str
    job_type: str
    limit: str
    job_tags: str
    skip_tags: str
    verbosity: int
    diff_mode: bool
    inventory: dict[str, Any]
    env: dict[str, str]
    extra_vars: dict[str, Any]
    files: dict[str, str]
    folder: Path
    record: dict[str, Any] = field(default_factory=dict)


#: Runs a job in a thread of its own; returns `status` (default: successful), `artifacts` and `stdout`.
Runner = Callable[[JobRun], Mapping[str, Any] | None]


class Engine:
    """Starts and ends everything that runs. Its methods are called with the state locked, hooks without.

    `playbooks`: address of a project -> its playbooks, "*": any other. `artifacts`: name of a job template -> what its
    jobs leave behind, where no hook tells it. `runner`: the hook that runs jobs, if any.
    """

    def __init__(self, state: State, behaviours: ControllerBehaviours, find_origin: Callable[[], str]) -> None:
        self.state, self.behaviours, self._find_origin = state, behaviours, find_origin
        self.reset()

    def reset(self) -> None:
        """Forget hooks, artifacts and playbooks."""
        self.playbooks: dict[str, list[str]] = {"*": [f"playbooks/{name}.yml" for name in _PLAYBOOKS]}
        self.artifacts: dict[str, dict[str, Any]] = {}
        self.runner: Runner | None = None

    # -- time

    def tick(self) -> None:
        """Do what is due by the clock: approvals that time out, schedules."""
        now = self.state.clock.datetime()
        for row in list(self.state.list_all("workflow_approvals")):
            expires = row["approval_expiration"]
            if row["status"] == "pending" and expires and datetime.fromisoformat(expires.replace("Z", "+00:00")) <= now:
                self.decide(row, "failed", None, timed_out=True)
        for row in list(self.state.list_all("schedules")):
            due = row["next_run"]
            if row["enabled"] and due and datetime.fromisoformat(due.replace("Z", "+00:00")) <= now:
                self.update_schedule(row)
                self._launch_schedule(row)

    def update_schedule(self, row: Row) -> None:
        """Work out when a schedule is due, first and last."""
        first, last = recurrence.tell_ends(row["rrule"])
        due = recurrence.list_due(row["rrule"], self.state.clock.datetime()) if row["enabled"] else []
        for name, moment in (("dtstart", first), ("dtend", last), ("next_run", due[0] if due else None)):
            stamp = None if moment is None else self.state.clock.iso(moment.timestamp())
            row.values[name] = None if stamp is None else stamp.replace(".000000Z", "Z")
        template = self.state.find("unified_job_templates", row["unified_job_template"])
        if template is not None:
            due_times = [
                item["next_run"] for item in self.state.list_where("schedules", unified_job_template=template.id)
            ]
            template.values["next_job_run"] = min((time for time in due_times if time), default=None)

    def _launch_schedule(self, row: Row) -> None:
        template = self.state.find("unified_job_templates", row["unified_job_template"])
        if template is None:
            return
        if template.endpoint == "projects":
            self.start_update(template, None, "scheduled")
            return
        sent = {**row.values, "credentials": self.state.linked(row, "credentials")}
        prompts = read_prompts(self.state, template, sent, row["extra_data"])
        hidden = {"schedule": row.id}
        self._start_template(template, prompts, None, "scheduled", hidden)

    # -- projects

    def start_update(self, project: Row, user: int | None, launch_type: str = "manual") -> Row:
        """Start an update of a project."""
        names = [
            "scm_type",
            "scm_url",
            "scm_branch",
            "scm_refspec",
            "scm_clean",
            "local_path",
            "credential",
            "timeout",
            "name",
            "description",
        ]
        values = {name: project[name] for name in names}
        values |= {"project": project.id, "unified_job_template": project.id, "launch_type": launch_type}
        row = self._add_run("project_updates", values, user, project)
        self._begin(row)
        return row

    # -- launches

    def launch(
        self, template: Row, body: Mapping[str, Any], variables: dict[str, Any], user: int
    ) -> tuple[Row, dict[str, Any]]:
        """Launch a template by hand; returns the job or workflow job, and what of the body did not count."""
        prompts = read_prompts(self.state, template, body, variables)
        if prompts.answers:
            raise ApiError(400, {"variables_needed_to_start": prompts.answers})
        if template.endpoint == "job_templates":
            if self.state.find("projects", template["project"]) is None:
                raise ApiError(400, {"project": ["Job Templates must have a project assigned."]})
            if not (prompts.accepted.get("inventory") or template["inventory"]):
                raise ApiError(400, {"inventory": ["Job Template inventory is missing or undefined."]})
        return self._start_template(template, prompts, user, "manual", {}), prompts.ignored

    def _start_template(
        self, template: Row, prompts: Prompts, user: int | None, launch_type: str, hidden: dict[str, Any]
    ) -> Row:
        if template.endpoint == "workflow_job_templates":
            return self.start_workflow(template, prompts, user, launch_type, hidden)
        return self.start_job(template, prompts, user, launch_type, hidden)

    def start_job(
        self,
        template: Row,
        prompts: Prompts,
        user: int | None,
        launch_type: str,
        hidden: dict[str, Any],
        slicing: tuple[int, int] | None = None,
    ) -> Row:
        """Start a job of a template, or the workflow of its slices. `slicing`: number and count of a slice."""
        values = {name: template[name] for name in _TEMPLATE_FIELDS}
        values |= {key: value for key, value in prompts.accepted.items() if key in values}
        values |= {"unified_job_template": template.id, "job_template": template.id, "launch_type": launch_type}
        variables = make_variables(self.state, template, prompts.variables)
        count = prompts.accepted.get("job_slice_count", template["job_slice_count"])
        if slicing is None and count > 1:
            count = min(count, len([*self.state.list_where("hosts", inventory=values["inventory"])]))
            if count > 1:
                return workflows.start_slices(self, template, values, variables, prompts, user, hidden, count)
        values["job_slice_number"], values["job_slice_count"] = slicing or (0, 1)
        if slicing:
            values["allow_simultaneous"] = True
        row = self._add_run("jobs", values, user, template, hidden)
        self.set_variables(row, variables, template)
        own = self.state.linked(template, "credentials")
        row_credentials = self.state.linked(row, "credentials")
        row_credentials += self._merge_credentials(own, prompts.accepted.get("credentials", []))
        self.state.linked(row, "labels").extend(self.state.linked(template, "labels"))
        project = self.state.find("projects", template["project"])
        row.values["scm_revision"] = project["scm_revision"] if project else ""
        self._begin(row)
        return row

    def _merge_credentials(self, own: list[int], more: list[Any]) -> list[int]:
        """Return a template's credentials, those of the same type replaced by the given ones."""
        given = [int(number) for number in more if self.state.find("credentials", int(number))]
        kinds = {self.state.get("credentials", number)["credential_type"] for number in given}
        kept = [number for number in own if self.state.get("credentials", number)["credential_type"] not in kinds]
        return [*kept, *given]

    def start_workflow(
        self, template: Row, prompts: Prompts, user: int | None, launch_type: str, hidden: dict[str, Any]
    ) -> Row:
        """Start a workflow job."""
        values = {name: template[name] for name in _WORKFLOW_FIELDS}
        values |= {key: value for key, value in prompts.accepted.items() if key in values}
        values = {key: "" if value is None and key != "inventory" else value for key, value in values.items()}
        values |= {
            "unified_job_template": template.id,
            "workflow_job_template": template.id,
            "launch_type": launch_type,
        }
        row = self._add_run("workflow_jobs", values, user, template, hidden)
        row.hidden["prompts"] = dict(prompts.accepted)
        self.set_variables(row, make_variables(self.state, template, prompts.variables), template)
        workflows.start_nodes(self, row, template)
        return row

    def set_variables(self, row: Row, variables: dict[str, Any], template: Row | None) -> None:
        """Set the extra variables of a run, passwords of its survey hidden in what is shown."""
        passwords = list_passwords(self.state, template)
        shown = {key: ENCRYPTED if key in passwords and value else value for key, value in variables.items()}
        row.hidden["extra_vars"] = variables
        row.values["extra_vars"] = json.dumps(shown)

    # -- runs

    def _add_run(
        self,
        endpoint: str,
        values: dict[str, Any],
        user: int | None,
        template: Row,
        hidden: Mapping[str, Any] | None = None,
    ) -> Row:
        row = self.state.add(endpoint, {**values, "status": "pending"}, user)
        row.hidden.update(hidden or {})
        template.values["status"] = "pending"
        template.hidden["current"] = row.id
        return row

    def _begin(self, row: Row) -> None:
        row.hidden["left"] = self.behaviours.polls
        if row.endpoint == "jobs" and self.runner is not None:
            self._run_hook(row, self.runner)
        elif not self.behaviours.polls:
            self._end_by_behaviours(row)

    def poll(self, row: Row) -> None:
        """Let a run that somebody reads go on."""
        if row["status"] not in ACTIVE or "thread" in row.hidden:
            return
        if row.endpoint == "workflow_jobs":
            for child in workflows.list_children(self.state, row):
                self.poll(child)
            return
        if row.endpoint not in ("jobs", "project_updates"):
            return
        self.note_started(row)
        row.hidden["left"] -= 1
        if row.hidden["left"] <= 0:
            self._end_by_behaviours(row)

    def note_started(self, row: Row) -> None:
        """Note that a run has started, if it had not."""
        if row["status"] in ("new", "pending", "waiting"):
            row.values["status"] = "running"
            row.values["started"] = row["started"] or self.state.now()
            template = self.state.find("unified_job_templates", row["unified_job_template"])
            if template is not None and template.hidden.get("current") == row.id:
                template.values["status"] = "running"

    def _end_by_behaviours(self, row: Row) -> None:
        outcome = self.behaviours.project_updates if row.endpoint == "project_updates" else self.behaviours.jobs
        if outcome != "never":
            self.finish(row, outcome, self.artifacts.get(row["name"], {}) if row.endpoint == "jobs" else {})

    def finish(self, row: Row, status: str, artifacts: Mapping[str, Any] | None = None, stdout: str = "") -> None:
        """End a run, and let what waits for it go on."""
        if row["status"] not in ACTIVE:
            return
        self.note_started(row)
        now = self.state.now()
        row.values |= {"status": status, "failed": status != "successful", "finished": now}
        row.hidden["stdout"] = stdout
        if row.endpoint == "jobs":
            row.values["artifacts"] = dict(artifacts or {})
        self._note_on_template(row, status, now)
        parent = self.state.find("workflow_jobs", row.hidden.get("workflow_job"))
        if parent is not None:
            workflows.advance(self, parent)

    def _note_on_template(self, row: Row, status: str, now: str) -> None:
        template = self.state.find("unified_job_templates", row["unified_job_template"])
        if template is None:
            return
        template.values |= {"status": status, "last_job_run": now, "last_job_failed": status != "successful"}
        template.hidden["last"] = row.id
        if template.hidden.get("current") == row.id:
            template.hidden["current"] = None
        if row.endpoint == "project_updates" and status == "successful":
            row.values["scm_revision"] = template.values["scm_revision"] = _REVISION
            found = self.playbooks.get(template["scm_url"], self.playbooks["*"])
            template.hidden["playbooks"] = list(found)

    def cancel(self, row: Row) -> None:
        """Cancel a run; a workflow with all that it has started."""
        for child in workflows.list_children(self.state, row) if row.endpoint == "workflow_jobs" else []:
            child.hidden["workflow_job"] = None
            self.cancel(child)
        if row["status"] in ACTIVE:
            row.values["canceled_on"] = self.state.now()
            self.finish(row, "canceled")

    def decide(self, row: Row, status: str, user: int | None, timed_out: bool = False) -> None:
        """End an approval: `successful` or `failed`."""
        row.hidden["decided_by"] = user
        row.values |= {"approval_expiration": None, "timed_out": timed_out}
        if timed_out:
            timeout = row.hidden["timeout"]
            text = f"The approval node {row['name']} ({row.id}) has expired after {timeout} seconds."
            row.values["job_explanation"] = text
        self.finish(row, status)

    # -- the hook

    def _run_hook(self, row: Row, runner: Runner) -> None:
        folder = tempfile.TemporaryDirectory(prefix="cvops-controller-job-")
        run = self.make_run(row, Path(folder.name))

        def work() -> None:
            with self.state.lock:
                self.note_started(row)
            with folder:
                try:
                    result = dict(runner(run) or {})
                except Exception:  # noqa: BLE001 - a hook that fails is a job that fails
                    result = {"status": "error", "stdout": traceback.format_exc()}
            with self.state.lock:
                if self.state.find("jobs", row.id) is row:
                    status = str(result.get("status", "successful"))
                    self.finish(row, status, result.get("artifacts"), str(result.get("stdout", "")))

        thread = threading.Thread(target=work, name=f"controller-job-{row.id}", daemon=True)
        row.hidden["thread"] = thread
        thread.start()

    def list_threads(self) -> list[threading.Thread]:
        """Return the threads of hooks that have not ended."""
        with self.state.lock:
            found = [row.hidden.get("thread") for row in self.state.list_all("jobs")]
        return [thread for thread in found if thread is not None and thread.is_alive()]

    def make_run(self, row: Row, folder: Path) -> JobRun:
        """Return a job as a hook gets it; files that its credentials inject are written below `folder`."""
        state = self.state
        injected = inject_all(state, row, folder)
        (folder / "env").mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in injected.files.items():
            path = Path(name)
            path.touch(mode=0o600)
            path.write_text(content, encoding="utf-8")
        variables = injected.extra_vars | row.hidden["extra_vars"] | make_meta_variables(state, row)
        return JobRun(
            id=row.id,
            template=row["name"],
            **{
                name: row[name]
                for name in [
                    "playbook",
                    "job_type",
                    "limit",
                    "job_tags",
                    "skip_tags",
                    "verbosity",
                    "diff_mode",
                ]
            },
            inventory=make_inventory(state, row),
            env=make_environment(state, row, self._find_origin(), folder) | injected.env,
            extra_vars=variables,
            files=injected.files,
            folder=folder,
            record=dict(row.values),
        )

    def make_shown_environment(self, row: Row) -> dict[str, str]:
        """Return the environment of a job as the API shows it."""
        own = make_environment(self.state, row, self._find_origin(), RUNNER)
        return own | inject_all(self.state, row, RUNNER, hidden=True).env
