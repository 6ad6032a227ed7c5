# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists and objects: reading, making, changing, deleting, and what is associated."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from cvops_simulator.controller import rules
from cvops_simulator.controller.addresses import find_named
from cvops_simulator.controller.answers import Answer, Call
from cvops_simulator.controller.engine import Engine
from cvops_simulator.controller.errors import ApiError, no_match, no_route, refuse
from cvops_simulator.controller.facts import CONTRACT, ENDPOINTS, UNIFIED, Endpoint
from cvops_simulator.controller.lookups import make_page, select
from cvops_simulator.controller.metadata import describe
from cvops_simulator.controller.prompts import ASKS
from cvops_simulator.controller.rendering import Renderer
from cvops_simulator.controller.state import LINKED, Row, State

_PROMPTED = ("credentials", "labels", "instance_groups")
_EVENTS = tuple(name for name in LINKED if name.startswith("notification_templates_"))
#: Lists whose members are associated by their ids.
ASSOCIATIONS: Mapping[str, tuple[str, ...]] = {
    "organizations": ("galaxy_credentials", "instance_groups", *_EVENTS),
    "projects": _EVENTS[:3],
    "inventories": ("labels", "instance_groups"),
    "groups": ("hosts", "children"),
    "job_templates": (*_PROMPTED, *_EVENTS[:3]),
    "workflow_job_templates": ("labels", *_EVENTS),
    "workflow_job_template_nodes": (*_PROMPTED, *rules.LINKS),
    "schedules": _PROMPTED,
    "jobs": ("credentials", "labels"),
    "workflow_jobs": ("labels",),
    "workflow_job_nodes": (*_PROMPTED, *rules.LINKS),
}
#: Lists of what names an object in a field: endpoint and field.
REVERSED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "organizations": {
        name: (name, "organization")
        for name in [
            "credentials",
            "execution_environments",
            "inventories",
            "job_templates",
            "notification_templates",
            "projects",
            "teams",
            "workflow_job_templates",
        ]
    },
    "credential_types": {"credentials": ("credentials", "credential_type")},
    "inventories": {
        "hosts": ("hosts", "inventory"),
        "groups": ("groups", "inventory"),
        "job_templates": ("job_templates", "inventory"),
    },
    "projects": {"project_updates": ("project_updates", "project"), "schedules": ("schedules", "unified_job_template")},
    "job_templates": {
        "jobs": ("jobs", "job_template"),
        "schedules": ("schedules", "unified_job_template"),
        "slice_workflow_jobs": ("workflow_jobs", "job_template"),
    },
    "workflow_job_templates": {
        "workflow_nodes": ("workflow_job_template_nodes", "workflow_job_template"),
        "workflow_jobs": ("workflow_jobs", "workflow_job_template"),
        "schedules": ("schedules", "unified_job_template"),
    },
    "workflow_approval_templates": {"jobs": ("workflow_approvals", "unified_job_template")},
    "workflow_jobs": {"workflow_nodes": ("workflow_job_nodes", "workflow_job")},
    "execution_environments": {"unified_job_templates": ("unified_job_templates", "execution_environment")},
    "users": {"tokens": ("tokens", "user"), "personal_tokens": ("tokens", "user")},
}
_SOURCE_FIELDS = ("scm_type", "scm_url", "scm_branch", "scm_refspec", "credential", "scm_track_submodules")
_NO_DETAIL = ("unified_job_templates", "unified_jobs")


class Handlers:
    """Answers requests. The state is locked while one is answered."""

    def __init__(self, state: State, engine: Engine) -> None:
        self.state, self.engine = state, engine
        self.renderer = Renderer(state, engine)

    # -- lists

    def serve_list(self, call: Call, name: str) -> Answer:
        """Answer a request for a list of the API."""
        endpoint = ENDPOINTS[name]
        if call.method == "OPTIONS":
            return Answer(200, describe(endpoint, call.is_admin and call.may_write))
        if call.method == "POST":
            call.check_write(name)
            return self.create(call, endpoint, call.body)
        return self.list_rows(call, endpoint, self.state.list_all(name))

    def list_rows(self, call: Call, endpoint: Endpoint, rows: Iterable[Row]) -> Answer:
        """Answer with a page of those objects that the user may read and has asked for."""
        readable = [row for row in rows if call.may_read(row)]
        for row in readable:
            self._poll(row)
        found = select(self.state, endpoint, readable, call.query)
        frame, page = make_page(call.path, found, call.query)
        return Answer(200, {**frame, "results": [self.renderer.show(row, call.user, detail=False) for row in page]})

    def create(self, call: Call, endpoint: Endpoint, body: Mapping[str, Any]) -> Answer:
        """Make an object, and answer with it."""
        values = rules.make_values(self.state, endpoint, body, None, partial=False)
        if endpoint.name == "workflow_job_template_nodes":
            values["identifier"] = values["identifier"] or str(uuid.uuid4())
        if endpoint.name == "tokens":
            row = self.state.add_token(call.user.id, values["scope"], values["description"])
            return Answer(201, self.renderer.show(row, call.user) | {"token": row["token"]})
        row = self.state.add(endpoint.name, values, call.user.id)
        self._follow_creation(call, row)
        return Answer(201, self.renderer.show(row, call.user), {"Location": self.renderer.show(row, call.user)["url"]})

    def _follow_creation(self, call: Call, row: Row) -> None:
        if row.endpoint == "projects":
            slug = "".join(letter if letter.isalnum() else "_" for letter in row["name"].lower())
            row.values["local_path"] = row["local_path"] or f"_{row.id}__{slug}"
            row.values["status"] = "never updated" if row["scm_type"] else "ok"
            if row["scm_type"]:
                self.engine.start_update(row, call.user.id)
        elif row.endpoint in ("job_templates", "workflow_job_templates", "workflow_approval_templates"):
            row.values["status"] = "never updated"
        elif row.endpoint == "schedules":
            self.engine.update_schedule(row)

    # -- objects

    def find(self, call: Call, name: str, address: str) -> Row:
        """Return the object of an address: its id, or its name. Raises ApiError."""
        if name in _NO_DETAIL:
            raise no_route()
        if address.isdigit():
            row = self.state.find(name, int(address))
        elif name in CONTRACT["named_urls"]:
            row = find_named(self.state, name, address)
        else:
            raise no_route()
        if row is None:
            raise no_match(ENDPOINTS[name].model)
        call.check_read(row)
        return row

    def serve_object(self, call: Call, row: Row) -> Answer:
        """Answer a request for one object."""
        if call.method == "DELETE":
            call.check_write(row.endpoint, row)
            rules.check_deletion(self.state, row)
            self.state.delete(row)
            return Answer(204)
        if call.method in ("PUT", "PATCH"):
            call.check_write(row.endpoint, row)
            self.change(call, row)
        else:
            self._poll(row)
        return Answer(200, self.renderer.show(row, call.user))

    def change(self, call: Call, row: Row) -> None:
        """Change an object as the body says."""
        before = dict(row.values)
        values = rules.make_values(self.state, ENDPOINTS[row.endpoint], call.body, row, call.method == "PATCH")
        row.values.update(values)
        self.state.touch(row, call.user.id)
        if row.endpoint == "schedules":
            self.engine.update_schedule(row)
        if row.endpoint == "projects":
            for template in self.state.list_where("job_templates", project=row.id):
                template.values["organization"] = row["organization"]
            if row["scm_type"] and any(before[name] != row[name] for name in _SOURCE_FIELDS):
                self.engine.start_update(row, call.user.id)

    def _poll(self, row: Row) -> None:
        """Let what runs go on, when somebody reads it or its template."""
        for number in (row.hidden.get("current"), row["job"] if row.endpoint == "workflow_job_nodes" else None):
            run = self.state.find("unified_jobs", number)
            if run is not None:
                self.engine.poll(run)
        if row.endpoint in UNIFIED["unified_jobs"]:
            self.engine.poll(row)

    # -- what is associated

    def serve_association(self, call: Call, parent: Row, name: str) -> Answer:
        """Answer a request for a list whose members are associated."""
        endpoint = ENDPOINTS[LINKED[name]]
        numbers = self.state.linked(parent, name)
        if call.method != "POST":
            rows = [self.state.get(endpoint.name, number) for number in numbers]
            return self.list_rows(call, endpoint, rows)
        call.check_write(parent.endpoint, parent)
        if "id" not in call.body:
            return self._create_associated(call, parent, name)
        number = call.body["id"]
        if isinstance(number, bool) or not str(number).isdigit():
            raise ApiError(400, {"msg": '"id" field must be an integer.'})
        child = self.state.find(endpoint.name, int(number))
        if child is None:
            raise refuse(400, f"{endpoint.model} matching query does not exist.")
        if call.body.get("disassociate"):
            if child.id in numbers:
                numbers.remove(child.id)
            return Answer(204)
        self._associate(parent, name, child)
        return Answer(204)

    def _associate(self, parent: Row, name: str, child: Row) -> None:
        self._check_prompted(parent, name)
        rules.check_association(self.state, parent, name, child)
        numbers = self.state.linked(parent, name)
        if child.id not in numbers:
            numbers.append(child.id)

    def _check_prompted(self, parent: Row, name: str) -> None:
        """Raise ApiError for a node or a schedule whose template does not ask for what is associated."""
        if parent.endpoint not in ("workflow_job_template_nodes", "schedules") or name not in _PROMPTED:
            return
        template = self.state.find("unified_job_templates", parent["unified_job_template"])
        if template is None:
            raise ApiError(400, {"msg": f"Cannot assign {name} to a node without a template."})
        if not template[ASKS[name]]:
            word = name.replace("_", " ")
            raise ApiError(400, {"msg": f"Related template is not configured to accept {word} on launch."})

    def _create_associated(self, call: Call, parent: Row, name: str) -> Answer:
        body = dict(call.body)
        if name in ("hosts", "children"):
            body["inventory"] = parent["inventory"]
        answer = self.create(call, ENDPOINTS[LINKED[name]], body)
        self._associate(parent, name, self.state.get(LINKED[name], answer.body["id"]))
        return answer

    def serve_reversed(self, call: Call, parent: Row, name: str) -> Answer:
        """Answer a request for the list of what names an object."""
        target, field = REVERSED[parent.endpoint][name]
        endpoint = ENDPOINTS[target]
        if call.method == "POST":
            call.check_write(target)
            if "POST" not in endpoint.methods:
                raise refuse(405, 'Method "POST" not allowed.')
            return self.create(call, endpoint, {**call.body, field: parent.id})
        rows = [row for row in self.state.list_all(target) if row[field] == parent.id]
        return self.list_rows(call, endpoint, rows)
