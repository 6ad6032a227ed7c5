# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds a job: inventory, environment and extra variables."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from cvops_simulator.controller.fields import parse_mapping
from cvops_simulator.controller.injection import Injected, hide_secrets, inject
from cvops_simulator.controller.state import Row, State

#: Where a job sees its private folder.
RUNNER = PurePosixPath("/runner")
_COLLECTIONS = "/runner/requirements_collections:~/.ansible/collections:/usr/share/ansible/collections"
_ROLES = "/runner/requirements_roles:~/.ansible/roles:/usr/share/ansible/roles:/etc/ansible/roles"


def list_hosts(state: State, inventory: int | None, number: int = 1, count: int = 1) -> list[Row]:
    """Return the enabled hosts of an inventory, or of one slice: dealt by name like cards."""
    hosts = [row for row in state.list_where("hosts", inventory=inventory) if row["enabled"]]
    hosts.sort(key=lambda row: str(row["name"]))
    return hosts[number - 1 :: count] if count > 1 else hosts


def make_inventory(state: State, job: Row) -> dict[str, Any]:
    """Return the inventory of a job, as an inventory script prints it."""
    inventory = state.find("inventories", job["inventory"])
    if inventory is None:
        return {"all": {"hosts": ["localhost"]}, "_meta": {"hostvars": {}}}
    hosts = list_hosts(state, inventory.id, job["job_slice_number"] or 1, job["job_slice_count"] or 1)
    names = {row.id: row["name"] for row in hosts}
    groups = sorted(state.list_where("groups", inventory=inventory.id), key=lambda row: str(row["name"]))
    result: dict[str, Any] = {}
    grouped: set[int] = set()
    for group in groups:
        members = [number for number in state.linked(group, "hosts") if number in names]
        grouped.update(members)
        data: dict[str, Any] = {}
        children = [state.get("groups", number)["name"] for number in state.linked(group, "children")]
        data |= {"children": sorted(children)} if children else {}
        data |= {"hosts": sorted(names[number] for number in members)} if members else {}
        data |= {"vars": found} if (found := parse_mapping(group["variables"])) else {}
        if data:
            result[group["name"]] = data
    everything = {
        "vars": parse_mapping(inventory["variables"]),
        "hosts": [row["name"] for row in hosts if row.id not in grouped],
        "children": [group["name"] for group in groups],
    }
    return {"all": everything, **result, "_meta": {"hostvars": {row["name"]: _make_host_vars(row) for row in hosts}}}


def _make_host_vars(host: Row) -> dict[str, Any]:
    own = {
        f"remote_{word}_{key}": value
        for word in ("tower", "host")
        for key, value in (("enabled", "true"), ("id", host.id))
    }
    return parse_mapping(host["variables"]) | own


def make_meta_variables(state: State, job: Row) -> dict[str, Any]:
    """Return the variables that tell a job about itself, each as `awx_…` and as `tower_…`."""
    found: dict[str, Any] = {"job_id": job.id, "job_launch_type": job["launch_type"]}
    parent = state.find("workflow_jobs", job.hidden.get("workflow_job"))
    if parent is not None:
        found["workflow_job_id"], found["workflow_job_name"] = parent.id, parent["name"]
        found["workflow_job_launch_type"] = parent["launch_type"]
    for name, row in (("schedule", job), ("parent_job_schedule", parent)):
        schedule = state.find("schedules", row.hidden.get("schedule")) if row is not None else None
        if schedule is not None:
            found[f"{name}_id"], found[f"{name}_name"] = schedule.id, schedule["name"]
    user = state.find("users", job.created_by)
    if user is not None:
        found["user_id"], found["user_name"] = user.id, user["username"]
        found |= {f"user_{name}": user[name] for name in ("email", "first_name", "last_name")}
    inventory = state.find("inventories", job["inventory"])
    if inventory is not None:
        found["inventory_id"], found["inventory_name"] = inventory.id, inventory["name"]
    project = state.find("projects", job["project"])
    if project is not None:
        found["project_revision"] = project["scm_revision"]
        found["project_scm_branch"] = job["scm_branch"] or project["scm_branch"]
    template = state.find("job_templates", job["job_template"])
    if template is not None:
        found["job_template_id"], found["job_template_name"] = template.id, template["name"]
    return {f"{prefix}_{name}": value for name, value in found.items() for prefix in ("awx", "tower")}


def make_environment(state: State, job: Row, origin: str, folder: Path | PurePosixPath) -> dict[str, str]:
    """Return the environment of a job without what its credentials give."""
    project = state.find("projects", job["project"])
    result = {
        "ANSIBLE_FORCE_COLOR": "True",
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
        "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
        "AWX_PRIVATE_DATA_DIR": str(folder),
        "JOB_ID": str(job.id),
        "PROJECT_REVISION": str(project["scm_revision"] if project else ""),
        "ANSIBLE_RETRY_FILES_ENABLED": "False",
        "MAX_EVENT_RES": "700000",
        "AWX_HOST": origin,
        "ANSIBLE_SSH_CONTROL_PATH_DIR": f"{folder}/cp",
        "ANSIBLE_COLLECTIONS_PATHS": _COLLECTIONS,
        "ANSIBLE_ROLES_PATH": _ROLES,
        "ANSIBLE_COLLECTIONS_PATH": _COLLECTIONS,
    }
    return result | ({"INVENTORY_ID": str(job["inventory"])} if job["inventory"] else {})


def inject_all(state: State, job: Row, folder: Path | PurePosixPath, hidden: bool = False) -> Injected:
    """Return what all credentials of a job give to it; `hidden`: with secrets hidden, as the API shows it."""
    whole = Injected({}, {}, {})
    for number in state.linked(job, "credentials"):
        credential = state.get("credentials", number)
        kind = state.get("credential_types", credential["credential_type"]).values
        inputs = hide_secrets(kind, credential["inputs"]) if hidden else credential["inputs"]
        for target, found in zip(whole, inject(kind, inputs, folder / "env"), strict=True):
            target.update(found)
    return whole
