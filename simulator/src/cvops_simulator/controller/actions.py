# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with objects beyond changing them: launch, update, approve, surveys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from cvops_simulator.controller import surveys
from cvops_simulator.controller.answers import Answer, Call
from cvops_simulator.controller.engine import Engine
from cvops_simulator.controller.errors import ApiError, refuse
from cvops_simulator.controller.facts import ENDPOINTS
from cvops_simulator.controller.fields import parse_mapping
from cvops_simulator.controller.prompts import ASKS, find_survey
from cvops_simulator.controller.rendering import Renderer
from cvops_simulator.controller.rules import ACTIVE, make_values
from cvops_simulator.controller.state import LINKED, Row, State
from cvops_simulator.controller.surroundings import make_inventory

_DECIDED = "This workflow step has already been approved or denied."
_WORKFLOW_ASKS = ("inventory", "limit", "scm_branch", "labels", "job_tags", "skip_tags")
Action = Callable[["Actions", Call, Row], Answer]


class Actions:
    """Answers requests below an object that are no lists."""

    def __init__(self, state: State, engine: Engine, renderer: Renderer) -> None:
        self.state, self.engine, self.renderer = state, engine, renderer

    def serve(self, call: Call, row: Row, name: str) -> Answer:
        """Answer a request; the action is one of `ACTIONS`."""
        methods, action = ACTIONS[row.endpoint][name]
        if call.method not in methods:
            raise refuse(405, f'Method "{call.method}" not allowed.')
        if call.method != "GET":
            call.check_write(row.endpoint, row)
        return action(self, call, row)

    # -- launches

    def launch(self, call: Call, row: Row) -> Answer:
        """Launch a template, or tell what a launch asks for."""
        if call.method == "GET":
            return Answer(200, self._describe_launch(row))
        given = call.body.get("extra_vars")
        try:
            variables = parse_mapping(given or {})
        except ValueError as error:
            raise ApiError(400, {"extra_vars": [str(error)]}) from error
        job, ignored = self.engine.launch(row, call.body, variables, call.user.id)
        kind = ENDPOINTS[job.endpoint].type
        shown = self.renderer.show(job, call.user)
        return Answer(201, {kind: job.id, "ignored_fields": ignored, **shown}, {"Location": shown["url"]})

    def _describe_launch(self, row: Row) -> dict[str, Any]:
        is_job = row.endpoint == "job_templates"
        survey = find_survey(self.state, row)
        needed = surveys.list_needed(survey)
        names = list(ASKS) if is_job else list(_WORKFLOW_ASKS)
        lacks_inventory = is_job and not row["inventory"]
        result: dict[str, Any] = {"can_start_without_user_input": not needed and not lacks_inventory}
        result |= {ASKS[name]: bool(row[ASKS[name]]) for name in names}
        result["ask_variables_on_launch"] = bool(row["ask_variables_on_launch"])
        result |= {"survey_enabled": row["survey_enabled"], "variables_needed_to_start": needed}
        short = {"name": row["name"], "id": row.id, "description": row["description"]}
        if is_job:
            result |= {"passwords_needed_to_start": [], "credential_needed_to_start": False}
            result |= {"inventory_needed_to_start": lacks_inventory, "job_template_data": short}
        else:
            result |= {"node_templates_missing": self._list_empty_nodes(row), "node_prompts_rejected": []}
            result["workflow_job_template_data"] = short
        result["defaults"] = {name: self._tell_default(row, name) for name in names if is_job or name != "labels"}
        result["defaults"]["extra_vars"] = row["extra_vars"]
        return result

    def _list_empty_nodes(self, row: Row) -> list[int]:
        nodes = self.state.list_where("workflow_job_template_nodes", workflow_job_template=row.id)
        return [node.id for node in nodes if node["unified_job_template"] is None]

    def _tell_default(self, row: Row, name: str) -> Any:
        if name in LINKED:
            found = [self.state.get(LINKED[name], number) for number in self.state.linked(row, name)]
            items = [{"id": item.id, "name": item["name"]} for item in found]
            if name == "credentials":
                for item, credential in zip(items, found, strict=True):
                    item |= {"credential_type": credential["credential_type"], "passwords_needed": []}
            return items
        field = ENDPOINTS[row.endpoint].fields[name]
        target = self.state.find(field.to, row[name]) if field.to else None
        if field.to:
            return {"name": target["name"], "id": target.id} if target is not None else {}
        return row[name]

    def relaunch(self, call: Call, row: Row) -> Answer:
        """Launch a job's template once more, with the same variables."""
        if call.method == "GET":
            return Answer(200, {"passwords_needed_to_start": [], "retry_counts": {}})
        template = self.state.find("unified_job_templates", row["unified_job_template"])
        if template is None:
            raise refuse(400, "The template of the job is gone.")
        body: dict[str, Any] = {name: row[name] for name in ("limit", "job_type", "inventory") if name in row.values}
        job, _ignored = self.engine.launch(template, body, dict(row.hidden["extra_vars"]), call.user.id)
        job.values["launch_type"] = "relaunch"
        return Answer(201, {ENDPOINTS[job.endpoint].type: job.id, **self.renderer.show(job, call.user)})

    def cancel(self, call: Call, row: Row) -> Answer:
        """Cancel a run, or tell whether it can be."""
        if call.method == "GET":
            return Answer(200, {"can_cancel": row["status"] in ACTIVE})
        if row["status"] not in ACTIVE:
            raise refuse(405, 'Method "POST" not allowed.')
        self.engine.cancel(row)
        return Answer(202, {})

    def read_stdout(self, call: Call, row: Row) -> Answer:
        """Return what a run has printed."""
        text = row.hidden.get("stdout", "")
        if dict(call.query).get("format") == "json":
            return Answer(200, {"range": {"start": 0, "end": 0, "absolute_end": 0}, "content": text})
        return Answer(200, text, {"Content-Type": "text/plain; charset=utf-8"})

    # -- projects and inventories

    def update_project(self, call: Call, row: Row) -> Answer:
        """Start an update of a project, or tell whether it can be."""
        if call.method == "GET":
            return Answer(200, {"can_update": bool(row["scm_type"])})
        if not row["scm_type"]:
            raise refuse(405, 'Method "POST" not allowed.')
        update = self.engine.start_update(row, call.user.id)
        return Answer(202, {"project_update": update.id, **self.renderer.show(update, call.user)})

    def list_playbooks(self, call: Call, row: Row) -> Answer:
        """Return the playbooks of a project."""
        return Answer(200, sorted(row.hidden.get("playbooks", [])))

    def read_variables(self, call: Call, row: Row) -> Answer:
        """Return or replace the variables of an inventory, a group or a host as a mapping."""
        if call.method == "PUT":
            row.values["variables"] = _dump(call.body)
        return Answer(200, parse_mapping(row["variables"]))

    def read_script(self, call: Call, row: Row) -> Answer:
        """Return an inventory as a script prints it."""
        values = {"inventory": row.id, "job_slice_number": 0, "job_slice_count": 1}
        return Answer(200, make_inventory(self.state, Row("jobs", 0, values, "", "")))

    # -- surveys

    def serve_survey(self, call: Call, row: Row) -> Answer:
        """Return, replace or remove the survey of a template."""
        key = (row.endpoint, row.id)
        stored = self.state.surveys.get(key, {})
        if call.method == "GET":
            return Answer(200, surveys.show_survey(stored))
        if call.method == "DELETE":
            self.state.surveys.pop(key, None)
        else:
            self.state.surveys[key] = surveys.make_stored_spec(dict(call.body), stored)
        return Answer(200, "")

    # -- approvals

    def create_approval_template(self, call: Call, row: Row) -> Answer:
        """Make an approval for a node, in place of what it had."""
        if call.method == "GET":
            return Answer(200, {})
        endpoint = ENDPOINTS["workflow_approval_templates"]
        values = make_values(self.state, endpoint, call.body, None, partial=False)
        template = self.state.add(endpoint.name, {**values, "status": "never updated"}, call.user.id)
        row.values["unified_job_template"] = template.id
        return Answer(201, self.renderer.show(template, call.user))

    def approve(self, call: Call, row: Row) -> Answer:
        """Approve an approval."""
        return self._decide(call, row, "successful")

    def deny(self, call: Call, row: Row) -> Answer:
        """Deny an approval."""
        return self._decide(call, row, "failed")

    def _decide(self, call: Call, row: Row, status: str) -> Answer:
        if call.method == "GET":
            return Answer(200, {"can_approve_or_deny": row["status"] == "pending"})
        if row["status"] != "pending":
            raise ApiError(400, {"error": _DECIDED})
        self.engine.decide(row, status, call.user.id)
        return Answer(204)

    def send_test(self, call: Call, row: Row) -> Answer:
        """Pretend to send a test notification."""
        return Answer(202, {"notification": 0})


def _dump(body: Mapping[str, Any]) -> str:
    return json.dumps(dict(body))


_BOTH, _POST, _GET = ("GET", "POST"), ("POST",), ("GET",)
_LAUNCHES: Mapping[str, tuple[tuple[str, ...], Action]] = {
    "launch": (_BOTH, Actions.launch),
    "survey_spec": (("GET", "POST", "DELETE"), Actions.serve_survey),
}
_RUNS: Mapping[str, tuple[tuple[str, ...], Action]] = {
    "cancel": (_BOTH, Actions.cancel),
    "stdout": (_GET, Actions.read_stdout),
}
_VARIABLES: Mapping[str, tuple[tuple[str, ...], Action]] = {"variable_data": (("GET", "PUT"), Actions.read_variables)}
ACTIONS: Mapping[str, Mapping[str, tuple[tuple[str, ...], Action]]] = {
    "job_templates": _LAUNCHES,
    "workflow_job_templates": _LAUNCHES,
    "projects": {
        "update": (_BOTH, Actions.update_project),
        "playbooks": (_GET, Actions.list_playbooks),
        "inventory_files": (_GET, Actions.list_playbooks),
    },
    "inventories": {**_VARIABLES, "script": (_GET, Actions.read_script)},
    "groups": _VARIABLES,
    "hosts": _VARIABLES,
    "workflow_job_template_nodes": {"create_approval_template": (_BOTH, Actions.create_approval_template)},
    "workflow_approvals": {"approve": (_BOTH, Actions.approve), "deny": (_BOTH, Actions.deny)},
    "jobs": {**_RUNS, "relaunch": (_BOTH, Actions.relaunch)},
    "workflow_jobs": {"cancel": (_BOTH, Actions.cancel), "relaunch": (_BOTH, Actions.relaunch)},
    "project_updates": _RUNS,
    "notification_templates": {"test": (_POST, Actions.send_test)},
}
