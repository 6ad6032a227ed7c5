# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How workflows go on: which nodes run, with which variables, and how a workflow ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from cvops_simulator.controller.facts import ENDPOINTS
from cvops_simulator.controller.prompts import Prompts, read_prompts
from cvops_simulator.controller.rules import ACTIVE, LINKS
from cvops_simulator.controller.state import Row, State

_NODE_FIELDS = (
    *(name for name in ENDPOINTS["workflow_job_nodes"].fields if name in ENDPOINTS["schedules"].fields),
    "all_parents_must_converge",
    "identifier",
)
_BASE = ("id", "type", "url", "created", "modified")
#: Prompts of a workflow that its jobs inherit.
_INHERITED = ("inventory", "limit", "scm_branch", "job_tags", "skip_tags")
_SLICE = "job_slice"


class Runs(Protocol):
    """What starts and ends runs, as far as workflows need it."""

    state: State

    def start_job(
        self,
        template: Row,
        prompts: Prompts,
        user: int | None,
        launch_type: str,
        hidden: dict[str, Any],
        slicing: tuple[int, int] | None = None,
    ) -> Row:
        """Start a job of a template."""

    def start_workflow(
        self, template: Row, prompts: Prompts, user: int | None, launch_type: str, hidden: dict[str, Any]
    ) -> Row:
        """Start a workflow job."""

    def start_update(self, project: Row, user: int | None, launch_type: str = "manual") -> Row:
        """Start an update of a project."""

    def finish(self, row: Row, status: str) -> None:
        """End a run."""

    def note_started(self, row: Row) -> None:
        """Note that a run has started."""

    def set_variables(self, row: Row, variables: dict[str, Any], template: Row | None) -> None:
        """Set the extra variables of a run."""


def list_nodes(state: State, workflow_job: Row) -> list[Row]:
    """Return the nodes of a workflow job."""
    return list(state.list_where("workflow_job_nodes", workflow_job=workflow_job.id))


def list_children(state: State, workflow_job: Row) -> list[Row]:
    """Return what a workflow job has started."""
    found = (state.find("unified_jobs", node["job"]) for node in list_nodes(state, workflow_job))
    return [row for row in found if row is not None]


def start_nodes(runs: Runs, workflow_job: Row, template: Row) -> None:
    """Make the nodes of a workflow job, and start those that nothing leads to."""
    state = runs.state
    made: dict[int, Row] = {}
    originals = list(state.list_where("workflow_job_template_nodes", workflow_job_template=template.id))
    for node in originals:
        values = {name: node[name] for name in _NODE_FIELDS if name not in _BASE}
        values |= {"workflow_job": workflow_job.id, "unified_job_template": node["unified_job_template"]}
        made[node.id] = state.add("workflow_job_nodes", values)
        state.linked(made[node.id], "credentials").extend(state.linked(node, "credentials"))
    for node in originals:
        for link in LINKS:
            state.linked(made[node.id], link).extend(made[number].id for number in state.linked(node, link))
    advance(runs, workflow_job)


def start_slices(
    runs: Runs,
    template: Row,
    values: Mapping[str, Any],
    variables: dict[str, Any],
    prompts: Prompts,
    user: int | None,
    hidden: Mapping[str, Any],
    count: int,
) -> Row:
    """Start the workflow job of a sliced job template, which starts one job per slice."""
    state = runs.state
    kept = ["name", "description", "inventory", "limit", "scm_branch", "skip_tags", "job_tags", "launch_type"]
    own = {name: values[name] for name in kept} | {"unified_job_template": template.id, "job_template": template.id}
    row = state.add("workflow_jobs", {**own, "status": "pending", "is_sliced_job": True}, user)
    row.hidden |= {**hidden, "sliced": True, "prompts": dict(prompts.accepted), "variables": dict(prompts.variables)}
    template.values["status"], template.hidden["current"] = "pending", row.id
    runs.set_variables(row, variables, template)
    for number in range(1, count + 1):
        node = state.add("workflow_job_nodes", {"workflow_job": row.id, "unified_job_template": template.id})
        node.hidden["artifacts"] = {_SLICE: number}
    advance(runs, row)
    return row


def advance(runs: Runs, workflow_job: Row) -> None:
    """Start every node whose time has come; end the workflow when none is left."""
    if workflow_job["status"] not in ACTIVE or workflow_job.hidden.get("advancing"):
        return
    state = runs.state
    workflow_job.hidden["advancing"] = True
    try:
        nodes = list_nodes(state, workflow_job)
        runs.note_started(workflow_job)
        while any([_go_on(runs, workflow_job, node, nodes) for node in nodes]):
            continue
    finally:
        workflow_job.hidden["advancing"] = False
    if all(_is_done(state, node) for node in nodes):
        failed = any(_fails_workflow(state, node) for node in nodes)
        runs.finish(workflow_job, "failed" if failed else "successful")


def _go_on(runs: Runs, workflow_job: Row, node: Row, nodes: list[Row]) -> bool:
    """Start a node, or note that it will not run; tell whether anything has changed."""
    state = runs.state
    if node["job"] or node["do_not_run"] or node.hidden.get("no_template"):
        return False
    parents = _list_parents(state, node, nodes)
    if not all(_is_done(state, parent) for parent, _link in parents):
        return False
    met = [_follows(state, parent, link) for parent, link in parents]
    wanted = all(met) if node["all_parents_must_converge"] else any(met)
    if parents and not wanted:
        node.values["do_not_run"] = True
        return True
    _start(runs, workflow_job, node, [parent for parent, _link in parents])
    return True


def _list_parents(state: State, node: Row, nodes: list[Row]) -> list[tuple[Row, str]]:
    return [(other, link) for other in nodes for link in LINKS if node.id in state.linked(other, link)]


def _is_done(state: State, node: Row) -> bool:
    if node["do_not_run"] or node.hidden.get("no_template"):
        return True
    job = state.find("unified_jobs", node["job"])
    return job is not None and job["status"] not in ACTIVE


def _ended_well(state: State, node: Row) -> bool:
    job = state.find("unified_jobs", node["job"])
    return job is not None and bool(job["status"] == "successful")


def _follows(state: State, parent: Row, link: str) -> bool:
    if parent["do_not_run"]:
        return False
    return link == "always_nodes" or _ended_well(state, parent) == (link == "success_nodes")


def _fails_workflow(state: State, node: Row) -> bool:
    """Tell whether a node has failed and nothing takes care of it."""
    if node["do_not_run"] or _ended_well(state, node):
        return False
    return not (state.linked(node, "failure_nodes") or state.linked(node, "always_nodes"))


def get_effective_artifacts(state: State, job: Row | None) -> dict[str, Any]:
    """Return what a job, or all jobs of a workflow job, leave behind."""
    if job is None:
        return {}
    if job.endpoint != "workflow_jobs":
        return dict(job["artifacts"] or {})
    found: dict[str, Any] = {}
    for child in list_children(state, job):
        found.update(get_effective_artifacts(state, child))
    return found


def _start(runs: Runs, workflow_job: Row, node: Row, parents: list[Row]) -> None:
    """Start what a node stands for.

    Variables of the workflow win over artifacts of earlier jobs, those over what the node itself says, and that over
    the template.
    """
    state = runs.state
    artifacts: dict[str, Any] = dict(node.hidden.get("artifacts", {}))
    for parent in parents:
        artifacts.update(parent.hidden.get("artifacts", {}))
    for parent in parents:
        artifacts.update(get_effective_artifacts(state, state.find("unified_jobs", parent["job"])))
    node.hidden["artifacts"] = artifacts
    template = state.find("unified_job_templates", node["unified_job_template"])
    hidden = {"workflow_job": workflow_job.id, "node": node.id}
    user = workflow_job.created_by
    if template is None:
        node.hidden["no_template"] = True
    elif template.endpoint == "workflow_approval_templates":
        job = _start_approval(state, workflow_job, template, hidden)
        node.values["job"] = job.id
    elif template.endpoint == "projects":
        job = runs.start_update(template, user, "workflow")
        job.hidden |= hidden
        node.values["job"] = job.id
    else:
        _start_template(runs, workflow_job, node, template, hidden)


def _start_template(runs: Runs, workflow_job: Row, node: Row, template: Row, hidden: dict[str, Any]) -> None:
    state, user = runs.state, workflow_job.created_by
    sliced = bool(workflow_job["is_sliced_job"])
    inherited = {name: workflow_job[name] for name in _INHERITED if workflow_job[name] not in (None, "")}
    own = {name: node[name] for name in _NODE_FIELDS if node.values.get(name) is not None}
    own["credentials"] = state.linked(node, "credentials")
    prompts = read_prompts(state, template, own | ({} if sliced else inherited), node["extra_data"] or {}, False)
    if sliced:
        prompts.accepted = dict(workflow_job.hidden["prompts"])
    else:
        artifacts = {key: value for key, value in node.hidden["artifacts"].items() if key not in ("_ansible_no_log",)}
        prompts.variables.update(artifacts)
    prompts.variables.update(workflow_job.hidden["extra_vars"])
    prompts.variables.pop(_SLICE, None)

    def note(job: Row) -> None:
        node.values["job"] = job.id

    if template.endpoint == "workflow_job_templates":
        note(runs.start_workflow(template, prompts, user, "workflow", hidden))
        return
    slicing = (node.hidden["artifacts"][_SLICE], len(list_nodes(state, workflow_job))) if sliced else None
    note(runs.start_job(template, prompts, user, "workflow", hidden, slicing))


def _start_approval(state: State, workflow_job: Row, template: Row, hidden: dict[str, Any]) -> Row:
    """Add an approval that waits. It keeps the name and description that its template has now."""
    values = {name: template[name] for name in ("name", "description", "execution_environment")}
    values |= {"unified_job_template": template.id, "launch_type": "workflow", "status": "pending"}
    row = state.add("workflow_approvals", values, workflow_job.created_by)
    row.values["started"] = row.created
    timeout = template["timeout"]
    if timeout > 0:
        row.values["approval_expiration"] = state.clock.iso(state.clock.now() + timeout)
    row.hidden |= {**hidden, "timeout": timeout}
    return row
