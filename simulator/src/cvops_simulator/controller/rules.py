# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of each kind of object that its fields do not tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from cvops_simulator.controller import credential_types, notifications, recurrence
from cvops_simulator.controller.errors import ApiError, refuse
from cvops_simulator.controller.facts import ENCRYPTED, ENDPOINTS, Endpoint
from cvops_simulator.controller.fields import Errors, check_unique, read_body
from cvops_simulator.controller.prompts import check_stored_prompts
from cvops_simulator.controller.state import Row, State

_IMAGE = re.compile(
    r"^(?:(?:[a-z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?)/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?"
    r"(?:@[a-z0-9]+:[a-f0-9]{32,})?$"
)
_OWNERS = ("organization", "team", "user")
ACTIVE = ("new", "pending", "waiting", "running")
#: Kinds of credentials that a job template takes.
_JOB_KINDS = ("ssh", "vault", "cloud", "net", "kubernetes")
Check = Callable[[State, dict[str, Any], Mapping[str, Any], "Row | None"], Errors]


def make_values(
    state: State, endpoint: Endpoint, body: Mapping[str, Any], existing: Row | None, partial: bool
) -> dict[str, Any]:
    """Return the complete values of an object that a body makes or changes. Raises ApiError."""
    before = _BEFORE.get(endpoint.name)
    if before and existing is not None:
        before(state, body, existing)
    sent, errors = read_body(state, endpoint, body, existing, partial)
    check_fields = _FIELD_CHECKS.get(endpoint.name)
    if check_fields:
        errors |= check_fields(body, sent)
    if errors:
        raise ApiError(400, errors)
    values = dict(existing.values) if existing else {name: f.make_default() for name, f in endpoint.fields.items()}
    values = {name: value for name, value in values.items() if name not in ("id", "type", "url", "created", "modified")}
    values.update(sent)
    check = _CHECKS.get(endpoint.name)
    errors = check(state, values, sent, existing) if check else {}
    for name, texts in errors.pop(_FIRST, {}).items():
        raise ApiError(400, {name: texts})
    for name, texts in check_unique(state, endpoint, values, existing).items():
        errors[name] = [*errors.get(name, []), *texts]
    if errors:
        raise ApiError(400, errors)
    return values


#: Under this name stand errors that are told before, and without, those of uniqueness.
_FIRST = "<first>"


def _first(name: str, text: Any) -> Errors:
    return {_FIRST: {name: text if isinstance(text, (list, dict)) else [text]}}


def kind_of(state: State, credential: int | None) -> str:
    """Return the kind of a credential's type."""
    row = state.find("credentials", credential)
    return "" if row is None else str(state.get("credential_types", row["credential_type"])["kind"])


# -- before anything else


def _refuse_managed_type(state: State, body: Mapping[str, Any], existing: Row) -> None:
    if existing["managed"]:
        raise refuse(403, "Modifications not allowed for managed credential types")
    used = any(row["credential_type"] == existing.id for row in state.list_all("credentials"))
    if used and "inputs" in body and body["inputs"] != existing["inputs"] and not _is_wrong(body["inputs"]):
        wrong = credential_types.check_injectors(body["inputs"], body.get("injectors", existing["injectors"]))
        if not wrong:
            raise refuse(403, "Modifications to inputs are not allowed for credential types that are in use")


def _is_wrong(inputs: Any) -> bool:
    return bool(credential_types.check_type_inputs(inputs))


def _refuse_managed_environment(state: State, body: Mapping[str, Any], existing: Row) -> None:
    fields = ENDPOINTS["execution_environments"].fields
    changed = [key for key in body if key in fields and not fields[key].read_only and body[key] != existing[key]]
    if existing["managed"] and set(changed) - {"pull"}:
        raise refuse(403, "Only the 'pull' field can be edited for managed execution environments.")


def _refuse_new_inventory(state: State, body: Mapping[str, Any], existing: Row) -> None:
    if "inventory" in body and str(body["inventory"]) != str(existing["inventory"]):
        raise refuse(403, f"Unable to change inventory on a {ENDPOINTS[existing.endpoint].type}.")


# -- fields


def _check_type_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    if body.get("kind") is not None and "kind" not in sent:
        return {"kind": [f"Must be 'cloud' or 'net', not {body['kind']}"]}
    return {}


def _check_schedule_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    wrong = recurrence.check_rule(sent["rrule"]) if "rrule" in sent else []
    return {"rrule": wrong} if wrong else {}


def _check_token_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    words = str(sent.get("scope", "write")).split()
    if not words or set(words) - {"read", "write"}:
        return {"scope": ["Must be a simple space-separated string with allowed scopes ['read', 'write']."]}
    return {}


def _check_notification_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    wrong = notifications.check_messages(sent["messages"]) if "messages" in sent else []
    return {"messages": wrong} if wrong else {}


def _check_group_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    return {"name": ["Invalid group name."]} if sent.get("name") in ("all", "_meta") else {}


def _check_host_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    _name, colon, port = str(sent.get("name", "")).partition(":")
    if colon and ":" not in port and not (port.isdigit() and 1 <= int(port) <= 65535):
        return {"name": [f"Invalid port specification: {port}"]}
    return {}


def _check_environment_fields(body: Mapping[str, Any], sent: Mapping[str, Any]) -> Errors:
    if "image" in sent and not _IMAGE.match(sent["image"]):
        return {"image": [f"The container image name {sent['image']} is not valid"]}
    return {}


# -- whole objects


def _check_type(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    wrong = credential_types.check_type_inputs(values["inputs"])
    if wrong:
        return {"inputs": wrong}
    wrong = credential_types.check_injectors(values["inputs"], values["injectors"])
    return {"injectors": wrong} if wrong else {}


def _check_credential(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    if existing is None:
        owners = [name for name in _OWNERS if values.get(name)]
        if not owners:
            return _first("detail", "Missing 'user', 'team', or 'organization'.")
        if len(owners) > 1:
            found = ", ".join(owners)
            text = f"Only one of 'user', 'team', or 'organization' should be provided, received {found} fields."
            return _first("detail", text)
    if "inputs" not in sent:
        return {}
    kind = state.get("credential_types", values["credential_type"])
    inputs, stored = sent["inputs"], existing["inputs"] if existing else {}
    secret = [field["id"] for field in kind["inputs"].get("fields", []) if field.get("secret")]
    if existing is not None and isinstance(inputs, dict):
        for name in secret:
            if name in inputs and not isinstance(inputs[name], str):
                return _first("inputs", f"secret values must be of type string, not {type(inputs[name]).__name__}")
    wrong = credential_types.check_inputs(kind.values, inputs, lambda name: name in stored)
    if wrong:
        return {"inputs": wrong}
    values["inputs"] = {
        name: stored[name] if name in secret and value == ENCRYPTED else value for name, value in inputs.items()
    }
    return {}


def _check_environment(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    if values["credential"] and kind_of(state, values["credential"]) != "registry":
        text = "Only Container Registry credentials can be associated with an Execution Environment"
        return {"credential": [text]}
    return {}


def _check_project(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    errors: Errors = {}
    if values["scm_type"] and not values["scm_url"]:
        errors["scm_url"] = ["SCM URL is required."]
    wanted = "insights" if values["scm_type"] == "insights" else "scm"
    if values["credential"] and values["scm_type"] and kind_of(state, values["credential"]) != wanted:
        errors["credential"] = [f"Credential kind must be '{wanted}'."]
    if not values["scm_type"] and sent.get("local_path"):
        return _first("local_path", "This path is already being used by another manual project.")
    return errors


def _check_inventory(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    if values["kind"] == "smart" and not values["host_filter"]:
        return {"host_filter": ["Smart inventories must specify host_filter"]}
    return {}


def _check_host(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    name, colon, port = values["name"].partition(":")
    if colon and ":" not in port:
        values["name"] = name
        values["variables"] = (values["variables"] + "\n" if values["variables"] else "") + f"ansible_ssh_port: {port}"
    return {}


def _check_job_template(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    project = state.find("projects", values["project"])
    if project is None:
        return _first("project", "Job Templates must have a project assigned.")
    if not values["inventory"] and not values["ask_inventory_on_launch"]:
        return _first("inventory", "You must either set a default value or ask to prompt on launch.")
    playbook = values["playbook"]
    if playbook and not project["allow_override"] and playbook not in project.hidden.get("playbooks", []):
        return _first("playbook", "Playbook not found for project.")
    if not playbook:
        return _first("playbook", "Must select playbook for project.")
    if not project["allow_override"]:
        for name in ("scm_branch", "ask_scm_branch_on_launch"):
            if values[name]:
                return _first(name, "Project does not allow overriding branch.")
    values["organization"] = project["organization"]
    return {}


def _check_node(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    template = state.find("unified_job_templates", values["unified_job_template"])
    return check_stored_prompts(state, template, values, ask_required=False)


def _check_schedule(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    values["rrule"] = recurrence.make_stored_rule(values["rrule"])
    if existing is not None and dict(sent) == {"enabled": False}:
        return {}
    template = state.find("unified_job_templates", values["unified_job_template"])
    return check_stored_prompts(state, template, values, ask_required=True)


def _check_notification(state: State, values: dict[str, Any], sent: Mapping[str, Any], existing: Row | None) -> Errors:
    stored = existing["notification_configuration"] if existing else None
    values["notification_configuration"], errors = notifications.make_configuration(
        values["notification_type"], values["notification_configuration"], stored
    )
    events = dict.fromkeys(("error", "started", "success", "workflow_approval"))
    values["messages"] = events | (values["messages"] or {})
    return errors


_BEFORE: Mapping[str, Callable[[State, Mapping[str, Any], Row], None]] = {
    "credential_types": _refuse_managed_type,
    "execution_environments": _refuse_managed_environment,
    "hosts": _refuse_new_inventory,
}
_FIELD_CHECKS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Errors]] = {
    "credential_types": _check_type_fields,
    "execution_environments": _check_environment_fields,
    "groups": _check_group_fields,
    "hosts": _check_host_fields,
    "notification_templates": _check_notification_fields,
    "schedules": _check_schedule_fields,
    "tokens": _check_token_fields,
}
_CHECKS: Mapping[str, Check] = {
    "credential_types": _check_type,
    "credentials": _check_credential,
    "execution_environments": _check_environment,
    "hosts": _check_host,
    "inventories": _check_inventory,
    "job_templates": _check_job_template,
    "notification_templates": _check_notification,
    "projects": _check_project,
    "schedules": _check_schedule,
    "workflow_job_template_nodes": _check_node,
}


# -- deletion


def check_deletion(state: State, row: Row) -> None:
    """Raise ApiError for an object that has to stay."""
    if row.endpoint == "labels":
        raise refuse(405, 'Method "DELETE" not allowed.')
    if row.endpoint == "credential_types":
        if row["managed"]:
            raise refuse(403, "Deletion not allowed for managed credential types")
        if any(other["credential_type"] == row.id for other in state.list_all("credentials")):
            raise refuse(403, "Credential types that are in use cannot be deleted")
    active = [job for job in state.list_all("unified_jobs") if job["status"] in ACTIVE and _uses(job, row)]
    if active:
        jobs = [{"id": job.id, "type": ENDPOINTS[job.endpoint].type} for job in active]
        raise ApiError(409, {"error": "Resource is being used by running jobs.", "active_jobs": jobs})


def _uses(job: Row, row: Row) -> bool:
    if row.endpoint in ("job_templates", "workflow_job_templates"):
        return bool(job["unified_job_template"] == row.id)
    if row.endpoint == "projects":
        return row.id in (job["project"], job["unified_job_template"])
    if row.endpoint == "inventories":
        return bool(job["inventory"] == row.id)
    return row.endpoint in ("jobs", "workflow_jobs", "project_updates") and job is row


# -- associations


def check_association(state: State, parent: Row, name: str, child: Row) -> None:
    """Raise ApiError for two objects that cannot be associated."""
    if name == "credentials" and parent.endpoint == "job_templates":
        _check_job_credential(state, parent, child)
    elif name in ("hosts", "children"):
        _check_member(state, parent, name, child)
    elif name.endswith("_nodes"):
        _check_link(state, parent, name, child)


def _check_job_credential(state: State, parent: Row, child: Row) -> None:
    kind = state.get("credential_types", child["credential_type"])
    if kind["kind"] not in _JOB_KINDS:
        raise ApiError(400, {"error": f"Cannot assign a Credential of kind `{kind['kind']}`."})
    others = [state.get("credentials", number) for number in state.linked(parent, "credentials")]
    for other in others:
        same = other.id != child.id and other["credential_type"] == kind.id
        if same and (kind["kind"] != "vault" or other["inputs"].get("vault_id") == child["inputs"].get("vault_id")):
            raise ApiError(400, {"error": f"Cannot assign multiple {kind['name']} credentials."})


def _check_member(state: State, parent: Row, name: str, child: Row) -> None:
    if child["inventory"] != parent["inventory"]:
        raise refuse(400, "Cannot associate two items from different inventories.")
    if name == "children":
        below, todo = set(), [child.id]
        while todo:
            number = todo.pop()
            if number not in below:
                below.add(number)
                todo += state.linked(state.get("groups", number), "children")
        if parent.id in below:
            raise ApiError(400, {"error": "Cyclical Group association."})


def _check_link(state: State, parent: Row, name: str, child: Row) -> None:
    if parent["workflow_job_template"] != child["workflow_job_template"]:
        raise refuse(403, "You do not have permission to perform this action.")
    if parent.id == child.id:
        raise ApiError(400, {"Error": "Cycle detected."})
    for other in LINKS:
        if other != name and child.id in state.linked(parent, other):
            raise ApiError(400, {"Error": "Relationship not allowed."})
    nodes = [
        row
        for row in state.list_all("workflow_job_template_nodes")
        if row["workflow_job_template"] == parent["workflow_job_template"]
    ]
    graph = {node.id: [number for link in LINKS for number in state.linked(node, link)] for node in nodes}
    graph[parent.id] = [*graph[parent.id], child.id]
    if _has_cycle(graph):
        raise ApiError(400, {"Error": "Cycle detected."})


LINKS = ("success_nodes", "failure_nodes", "always_nodes")


def _has_cycle(graph: Mapping[int, list[int]]) -> bool:
    """Tell whether a cycle can be reached from a root. A graph without a root has none in the API's eyes."""
    targets = {number for numbers in graph.values() for number in numbers}
    done: set[int] = set()

    def visit(number: int, above: frozenset[int]) -> bool:
        if number in above:
            return True
        if number in done:
            return False
        found = any(visit(target, above | {number}) for target in graph[number])
        done.add(number)
        return found

    return any(visit(number, frozenset()) for number in graph if number not in targets)
