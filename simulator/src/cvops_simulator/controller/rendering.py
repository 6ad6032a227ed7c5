# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects as the API shows them: secrets hidden, with links and summaries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cvops_simulator.controller import recurrence
from cvops_simulator.controller.addresses import make_name, make_url
from cvops_simulator.controller.engine import Engine
from cvops_simulator.controller.facts import ENCRYPTED, ENDPOINTS, Endpoint
from cvops_simulator.controller.injection import hide_secrets
from cvops_simulator.controller.notifications import list_passwords
from cvops_simulator.controller.rules import ACTIVE, LINKS
from cvops_simulator.controller.state import Row, State

_RUN_TYPES = {
    "job_templates": "job",
    "projects": "project_update",
    "workflow_job_templates": "workflow_job",
    "workflow_approval_templates": "workflow_approval",
}
_AWX_ENVIRONMENT = 1
_CAPABILITIES = ("edit", "delete", "start", "schedule", "copy")
#: Fields that only runs have, beyond those of the contract's list.
_OF_RUNS = {"job_args": "", "job_cwd": "", "job_env": {}, "result_traceback": ""}


class Renderer:
    """Makes answers of rows."""

    def __init__(self, state: State, engine: Engine) -> None:
        self.state, self.engine = state, engine

    def show(self, row: Row, user: Row, detail: bool = True) -> dict[str, Any]:
        """Return an object. `detail`: with what the API shows of single objects only."""
        endpoint = ENDPOINTS[row.endpoint]
        result: dict[str, Any] = {"id": row.id, "type": endpoint.type, "url": make_url(row)}
        result["related"] = self._make_related(row, endpoint, detail)
        result["summary_fields"] = self._make_summary(row, endpoint, user)
        result |= {"created": row.created, "modified": row.modified}
        for name, field in endpoint.fields.items():
            if name in result or (name in endpoint.fixed and row.endpoint == "credentials"):
                continue
            result[name] = row.values.get(name) if name in row.values else field.make_default()
        finish = _FINISHERS.get(row.endpoint)
        if finish:
            finish(self, row, result)
        if "launch_type" in result:
            self._finish_run(row, result, detail, user)
        return result

    # -- links

    def _make_related(self, row: Row, endpoint: Endpoint, detail: bool) -> dict[str, str]:
        related = {name: make_url(row, name) for name in endpoint.related if name not in endpoint.fields}
        for name, field in endpoint.fields.items():
            target = self.state.find(field.to, row[name]) if field.to and row[name] else None
            if target is not None and name != "user":
                related[name] = make_url(target)
        for name in ("current_job", "last_job", "next_schedule", "current_update", "last_update"):
            related.pop(name, None)
        for prefix, number in (("current", row.hidden.get("current")), ("last", row.hidden.get("last"))):
            run = self.state.find("unified_jobs", number)
            if run is not None:
                related |= {f"{prefix}_{word}": make_url(run) for word in ("job", "update")}
        for name in ("created_by", "modified_by"):
            maker = self.state.find("users", getattr(row, name))
            if maker is not None:
                related[name] = make_url(maker)
        node = self.state.find("unified_job_templates", row["unified_job_template"])
        if row.endpoint == "workflow_job_template_nodes" and node is not None:
            related.pop("create_approval_template", None)
        if row.endpoint in ("jobs", "project_updates", "workflow_jobs"):
            words = {"jobs": "stdout job_events cancel relaunch credentials labels", "project_updates": "stdout cancel"}
            words["workflow_jobs"] = "workflow_nodes cancel relaunch labels"
            related |= {name: make_url(row, name) for name in words[row.endpoint].split()}
        if row.endpoint == "workflow_approvals":
            related |= {name: make_url(row, name) for name in ("approve", "deny")}
        if detail and (name := make_name(self.state, row)):
            related["named_url"] = name
        return related

    # -- summaries

    def summarize(self, row: Row) -> dict[str, Any]:
        """Return the short form of an object that others name."""
        result: dict[str, Any] = {"id": row.id}
        if row.endpoint == "users":
            return result | {name: row[name] for name in ("username", "first_name", "last_name")}
        result |= {name: row[name] for name in ("name", "description") if name in row.values}
        if row.endpoint in _RUN_TYPES:
            result["unified_job_type"] = _RUN_TYPES[row.endpoint]
        if "launch_type" in row.values:
            result |= {name: row[name] for name in ("status", "failed", "finished")}
            result["type"] = ENDPOINTS[row.endpoint].type
        for name in ("status", "kind", "scm_type", "image", "timeout", "allow_override", "total_hosts"):
            if name in row.values:
                result[name] = row[name]
        if row.endpoint == "credentials":
            result |= self._tell_kind(row) | {"credential_type_id": row["credential_type"]}
        if row.endpoint == "inventories":
            result["organization_id"] = row["organization"]
        return result

    def _make_summary(self, row: Row, endpoint: Endpoint, user: Row) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, field in endpoint.fields.items():
            target = self.state.find(field.to, row[name]) if field.to and row[name] else None
            if target is not None:
                result[name] = self.summarize(target)
        for name in ("created_by", "modified_by"):
            maker = self.state.find("users", getattr(row, name))
            if maker is not None and (name in endpoint.summary or not endpoint.summary):
                result[name] = self.summarize(maker)
        for name in endpoint.summary:
            value = self._summarize_one(row, name)
            if value is not None:
                result.setdefault(name, value)
        if row.endpoint in _RUN_TYPES:
            self._summarize_runs(row, result)
        if "user_capabilities" in endpoint.summary or not endpoint.summary:
            result["user_capabilities"] = dict.fromkeys(_CAPABILITIES, bool(user["is_superuser"]))
        return result

    def _summarize_one(self, row: Row, name: str) -> Any:
        state = self.state
        if name == "labels":
            rows = [state.get("labels", number) for number in state.linked(row, "labels")]
            return {"count": len(rows), "results": [{"id": item.id, "name": item["name"]} for item in rows]}
        if name == "credentials":
            return [self.summarize(state.get("credentials", number)) for number in state.linked(row, "credentials")]
        if name == "survey":
            survey = state.surveys.get((row.endpoint, row.id))
            return {"title": survey["name"], "description": survey["description"]} if survey else None
        if name == "owners":
            owner = state.find("organizations", row["organization"])
            return [self.summarize(owner) | {"type": "organization"}] if owner else []
        if name == "groups":
            groups = [group for group in state.list_all("groups") if row.id in state.linked(group, "hosts")]
            return {"count": len(groups), "results": [{"id": group.id, "name": group["name"]} for group in groups]}
        if name in ("workflow_job", "source_workflow_job", "ancestor_job"):
            parent = state.find("workflow_jobs", row.hidden.get("workflow_job"))
            return self.summarize(parent) if parent is not None else None
        if name == "workflow_job_template":
            parent = state.find("workflow_jobs", row.hidden.get("workflow_job"))
            if row.endpoint == "workflow_approval_templates":
                parent = next(iter(state.list_where("workflow_job_template_nodes", unified_job_template=row.id)), None)
            target = state.find("workflow_job_templates", parent["workflow_job_template"]) if parent else None
            return self.summarize(target) if target is not None else None
        if name == "organization":
            template = state.find("unified_job_templates", row["unified_job_template"])
            target = state.find("organizations", template["organization"]) if template else None
            return self.summarize(target) if target is not None else None
        if name == "resolved_environment":
            return self.summarize(self._resolve_environment(row))
        if name == "workflow_approval_template":
            target = state.find("workflow_approval_templates", row["unified_job_template"])
            return self.summarize(target) if target is not None else None
        if name == "approved_or_denied_by":
            target = state.find("users", row.hidden.get("decided_by"))
            return self.summarize(target) if target is not None else None
        return {"recent_jobs": [], "recent_notifications": [], "object_roles": {}}.get(name)

    def _resolve_environment(self, row: Row) -> Row:
        """Return the execution environment that a job of a template gets: the nearest that is named, else AWX's."""
        state = self.state
        project = state.find("projects", row["project"])
        organization = state.find("organizations", row["organization"])
        named = (
            row["execution_environment"],
            *(item and item["default_environment"] for item in (row, project, organization)),
        )
        found = (state.find("execution_environments", number) for number in named)
        return next((item for item in found if item), None) or state.get("execution_environments", _AWX_ENVIRONMENT)

    def _summarize_runs(self, row: Row, result: dict[str, Any]) -> None:
        for prefix in ("current", "last"):
            run = self.state.find("unified_jobs", row.hidden.get(prefix))
            if run is not None:
                result |= {f"{prefix}_{word}": self.summarize(run) for word in ("job", "update")}

    # -- kinds

    def _tell_kind(self, row: Row) -> dict[str, Any]:
        kind = self.state.get("credential_types", row["credential_type"])
        return {"kind": kind["namespace"], "cloud": kind["kind"] == "cloud", "kubernetes": kind["kind"] == "kubernetes"}

    def finish_credential(self, row: Row, result: dict[str, Any]) -> None:
        """Hide the secrets of a credential."""
        kind = self.state.get("credential_types", row["credential_type"])
        result["inputs"] = hide_secrets(kind.values, row["inputs"], ENCRYPTED)
        result |= self._tell_kind(row)

    def finish_inventory(self, row: Row, result: dict[str, Any]) -> None:
        """Count what an inventory has."""
        result["total_hosts"] = len(list(self.state.list_where("hosts", inventory=row.id)))
        result["total_groups"] = len(list(self.state.list_where("groups", inventory=row.id)))

    def finish_notification(self, row: Row, result: dict[str, Any]) -> None:
        """Hide the secrets of a configuration."""
        configuration = dict(row["notification_configuration"])
        for name in list_passwords(row["notification_type"]):
            if configuration.get(name):
                configuration[name] = ENCRYPTED
        result["notification_configuration"] = configuration

    def finish_host(self, row: Row, result: dict[str, Any]) -> None:
        """Add what a host always tells."""
        result |= {"has_active_failures": False, "has_inventory_sources": False}

    def finish_project(self, row: Row, result: dict[str, Any]) -> None:
        """Add how the last update went."""
        result |= {"last_update_failed": bool(row["last_job_failed"]), "last_updated": row["last_job_run"]}

    def finish_schedule(self, row: Row, result: dict[str, Any]) -> None:
        """Add what a schedule's rule says."""
        result |= {"timezone": recurrence.tell_zone(row["rrule"]), "until": recurrence.tell_until(row["rrule"])}

    def finish_node(self, row: Row, result: dict[str, Any]) -> None:
        """Add a node's links."""
        result |= {link: sorted(self.state.linked(row, link)) for link in LINKS}

    def finish_user(self, row: Row, result: dict[str, Any]) -> None:
        """Hide the password."""
        result["password"] = ENCRYPTED

    def finish_token(self, row: Row, result: dict[str, Any]) -> None:
        """Hide the token, which is shown once only."""
        result |= {"token": "************", "refresh_token": None}

    def _finish_run(self, row: Row, result: dict[str, Any], detail: bool, user: Row) -> None:
        if row["status"] in ACTIVE and row["started"]:
            result["elapsed"] = round(self.state.clock.now() - _read_time(row["started"]), 3)
        elif row["started"] and row["finished"]:
            result["elapsed"] = round(_read_time(row["finished"]) - _read_time(row["started"]), 3)
        launcher = self.state.find("users", row.created_by)
        schedule = self.state.find("schedules", row.hidden.get("schedule"))
        maker = schedule or launcher
        result["launched_by"] = {}
        if maker is not None:
            name = maker["name"] if schedule else maker["username"]
            kind = ENDPOINTS[maker.endpoint].type
            result["launched_by"] = {"id": maker.id, "name": name, "type": kind, "url": make_url(maker)}
        if schedule is not None:
            result["summary_fields"]["schedule"] = {"id": schedule.id, "name": schedule["name"]}
        if detail:
            result |= _OF_RUNS
        if row.endpoint != "workflow_jobs":
            result["event_processing_finished"] = row["finished"] is not None or row.endpoint == "workflow_approvals"
        if row.endpoint == "jobs":
            result["passwords_needed_to_start"] = []
            if "_ansible_no_log" in (row["artifacts"] or {}):
                result["artifacts"] = "$hidden due to Ansible no_log flag$"
            if detail:
                result |= {"job_env": self.engine.make_shown_environment(row), "job_cwd": "/runner/project"}
                result |= {"host_status_counts": None, "playbook_counts": {"play_count": 0, "task_count": 0}}
                result["custom_virtualenv"] = None
        if row.endpoint == "workflow_approvals":
            result["can_approve_or_deny"] = bool(user["is_superuser"]) and row["status"] == "pending"

    def tell_artifacts(self, row: Row) -> dict[str, Any]:
        """Return the artifacts that have come down to a node of a workflow job."""
        return dict(row.hidden.get("artifacts", {}))


def _read_time(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


_FINISHERS: Mapping[str, Callable[[Renderer, Row, dict[str, Any]], None]] = {
    "credentials": Renderer.finish_credential,
    "hosts": Renderer.finish_host,
    "inventories": Renderer.finish_inventory,
    "notification_templates": Renderer.finish_notification,
    "projects": Renderer.finish_project,
    "schedules": Renderer.finish_schedule,
    "tokens": Renderer.finish_token,
    "users": Renderer.finish_user,
    "workflow_job_nodes": Renderer.finish_node,
    "workflow_job_template_nodes": Renderer.finish_node,
}
