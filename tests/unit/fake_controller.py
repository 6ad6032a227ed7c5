# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for ControllerClient with credentials, job templates and jobs, by the rules of the API."""

from __future__ import annotations

import copy
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, NotFound

Wire = dict[str, t.Any]
ENCRYPTED = "$encrypted$"


class FakeController:
    """One controller. ``stored``: the real inputs of each credential; ``runs``: what each further job comes to; ``asks``: what launches need.

    ``written``: the bodies of changes; ``launched``: those of launches; ``linked``: fields that another store gives. ``on_launch``: called then;
    ``job_offset``: what is added to the ids that jobs show.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[int, Wire]] = {
            "credentials": {},
            "job_templates": {},
            "credential_types": {},
            "jobs": {},
            "workflow_jobs": {},
        }
        self.stored: dict[int, Wire] = {}
        self.runs: list[str] = []
        self.asks: Wire = {}
        self.ignored: t.Any = {}
        self.linked: list[t.Any] = []
        self.job_type = "job"
        self.job_offset = 0
        self.written: list[Wire] = []
        self.launched: list[Wire] = []
        self.on_launch: t.Callable[[], None] = lambda: None
        self.objects["credential_types"][3] = {
            "id": 3,
            "inputs": {
                "fields": [{"id": "client_id"}, {"id": "client_secret", "secret": True}, {"id": "pin", "secret": True}]
            },
        }

    def add_credential(
        self, number: int, name: str, description: str = "", organization: str = "Backup", **inputs: t.Any
    ) -> Wire:
        self.stored[number] = {"client_id": "app", "client_secret": "before", "pin": "1", **inputs}
        self.objects["credentials"][number] = {
            "id": number,
            "name": name,
            "credential_type": 3,
            "modified": "2026-11-28T02:00:00.123456Z",
            "description": description,
            "summary_fields": {
                "organization": {"name": organization},
                "credential_type": {"name": "Entra"},
                "user_capabilities": {"edit": True},
            },
        }
        return self.objects["credentials"][number]

    def add_template(self, number: int, name: str, *credentials: int) -> Wire:
        self.objects["job_templates"][number] = {
            "id": number,
            "name": name,
            "summary_fields": {
                "organization": {"name": "Backup"},
                "credentials": [{"id": one} for one in credentials],
                "user_capabilities": {"start": True},
            },
        }
        return self.objects["job_templates"][number]

    def list_named(self, kind: str, name: str, intent: str) -> list[Wire]:
        return [self._show(kind, one) for one in self.objects[kind].values() if one["name"] == name]

    def list_objects(self, kind: str, filters: t.Mapping[str, t.Any], intent: str) -> list[Wire]:
        assert (kind, list(filters)) == ("credential_input_sources", ["target_credential"])
        return [{"input_field_name": name} for name in self.linked]

    def get(self, path: str, intent: str, params: t.Any = None) -> Wire:
        _start, kind, number, *rest = path.rstrip("/").split("/")
        if rest == ["launch"]:
            nothing = {
                "variables_needed_to_start": [],
                "passwords_needed_to_start": [],
                "inventory_needed_to_start": False,
            }
            return {**nothing, **self.asks}
        if int(number) not in self.objects[kind]:
            raise NotFound(f"Cannot {intent}: Not found.", status=404)
        return self._show(kind, self.objects[kind][int(number)])

    def patch(self, path: str, body: Wire, intent: str, needs: str) -> Wire:
        number = int(path.rstrip("/").rpartition("/")[2])
        self.written.append(copy.deepcopy(body))
        if "inputs" in body:
            known = {one["id"] for one in self.objects["credential_types"][3]["inputs"]["fields"]}
            if not body["inputs"].keys() <= known:
                raise ApiError(f"Cannot {intent}: Additional properties are not allowed", status=400)
            self.stored[number] = {
                name: self.stored[number][name] if value == ENCRYPTED else value
                for name, value in body["inputs"].items()
            }
        self.objects["credentials"][number]["description"] = body["description"]
        return self._show("credentials", self.objects["credentials"][number])

    def post(self, path: str, body: Wire, intent: str, needs: str) -> Wire:
        self.launched.append(body)
        self.on_launch()
        number = 100 + len(self.launched)
        kind = f"{self.job_type}s"
        self.objects.setdefault(kind, {})[number] = {
            "id": number + self.job_offset,
            "status": self.runs.pop(0),
            "job_explanation": "why\x07",
        }
        return {"id": number, "type": self.job_type, "ignored_fields": self.ignored}

    def _show(self, kind: str, wire: Wire) -> Wire:
        if kind != "credentials":
            return wire
        inputs = {
            name: ENCRYPTED if name in ("client_secret", "pin") else value
            for name, value in self.stored[wire["id"]].items()
        }
        return {**wire, "inputs": inputs}
