# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of a controller, their associations, surveys and tokens. Knows no rules."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cvops_simulator.controller.facts import CONTRACT, ENDPOINTS, UNIFIED
from cvops_simulator.core.clock import Clock

#: Password of each new site's administrator.
ADMIN = ("admin", "controller-password")
_SEQUENCES = {name: unified for unified, names in UNIFIED.items() for name in names}


@dataclass
class Row:
    """One object. `values`: its fields, secrets in clear; `hidden`: what the API never shows."""

    endpoint: str
    id: int
    values: dict[str, Any]
    created: str
    modified: str
    created_by: int | None = None
    modified_by: int | None = None
    hidden: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


class State:
    """All rows of one controller. Whoever reads or changes them holds `lock`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Go back to what a fresh controller has: an administrator, an organization, the managed types."""
        self.rows: dict[str, dict[int, Row]] = {name: {} for name in ENDPOINTS if name not in UNIFIED}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[tuple[str, int], dict[str, Any]] = {}
        self.sessions: dict[str, int] = {}
        self._last: dict[str, int] = {}
        name, password = ADMIN
        self.add_user(name, password, is_superuser=True, email="admin@example.org")
        self.add("organizations", {"name": "Default", "description": "The default organization"})
        for data in CONTRACT["managed_credential_types"]:
            self._add_managed_type(data)
        self.add("execution_environments", {"name": "AWX EE (latest)", "image": "quay.io/ansible/awx-ee:latest"})
        self.add(
            "execution_environments",
            {"name": "Control Plane EE", "image": "quay.io/ansible/awx-ee:latest", "managed": True},
        )
        self.add("instance_groups", {"name": "default", "policy_instance_percentage": 100})

    def _add_managed_type(self, data: dict[str, Any]) -> None:
        fields = []
        for name, words in data["fields"].items():
            options = words.split()
            item: dict[str, Any] = {"id": name, "label": name, "type": "boolean" if "boolean" in options else "string"}
            item |= {word: True for word in ("secret", "multiline") if word in options}
            item |= {word.partition("=")[0]: word.partition("=")[2] for word in options if "=" in word}
            fields.append(item)
        values = {key: data[key] for key in ("name", "kind", "namespace")} | {"managed": True, "injectors": {}}
        values["inputs"] = {"fields": fields, "required": data["required"].split()}
        self.add("credential_types", values, number=data["id"])

    def now(self) -> str:
        """Return the time as the API writes it."""
        return self.clock.iso()

    def add(self, endpoint: str, values: dict[str, Any], user: int | None = None, number: int | None = None) -> Row:
        """Add an object; fields that are not given get their defaults. `number`: its id, else the next one."""
        sequence = _SEQUENCES.get(endpoint, endpoint)
        if number is None:
            number = self._last.get(sequence, 0) + 1
        self._last[sequence] = max(self._last.get(sequence, 0), number)
        known = ENDPOINTS[endpoint].fields
        complete = {name: item.make_default() for name, item in known.items() if name not in ("id", "type", "url")}
        now = self.now()
        row = Row(endpoint, number, complete | values, now, now, user, user)
        self.rows[endpoint][number] = row
        return row

    def add_user(self, username: str, password: str, **values: Any) -> Row:
        """Add a user who may sign in with a password; without `is_superuser` it has no rights."""
        return self.add("users", {"username": username, "password": password, **values})

    def add_token(self, user: int, scope: str = "write", description: str = "") -> Row:
        """Add a token of a user; its text is in the field `token`."""
        values = {"user": user, "scope": scope, "description": description, "token": secrets.token_urlsafe(22)[:30]}
        return self.add("tokens", values | {"expires": self.clock.iso(self.clock.now() + 1000 * 365 * 86400)}, user)

    def find(self, endpoint: str, number: Any) -> Row | None:
        """Return an object by its id; an endpoint that shows the rows of others finds theirs."""
        for name in UNIFIED.get(endpoint, (endpoint,)):
            row = self.rows.get(name, {}).get(number)
            if row is not None:
                return row
        return None

    def get(self, endpoint: str, number: int) -> Row:
        """Return an object that there is."""
        row = self.find(endpoint, number)
        if row is None:
            raise KeyError(f"{endpoint} {number}")
        return row

    def list_all(self, endpoint: str) -> Iterable[Row]:
        """Return all objects of an endpoint; approvals are in no list but their own."""
        names = UNIFIED.get(endpoint, (endpoint,))
        hidden = ("workflow_approval_templates", "workflow_approvals") if endpoint in UNIFIED else ()
        return [row for name in names if name not in hidden for row in self.rows[name].values()]

    def list_where(self, endpoint: str, **values: Any) -> Iterable[Row]:
        """Return the objects of an endpoint with these values."""
        return [row for row in self.list_all(endpoint) if all(row[name] == value for name, value in values.items())]

    def linked(self, row: Row, name: str) -> list[int]:
        """Return the ids that are associated with an object under a name; the caller may change the list."""
        return self.links.setdefault((row.endpoint, row.id, name), [])

    def touch(self, row: Row, user: int | None = None) -> None:
        """Note that an object has changed."""
        row.modified, row.modified_by = self.now(), user

    def delete(self, row: Row) -> None:
        """Remove an object; those that cannot be without it go, others forget it."""
        self.rows[row.endpoint].pop(row.id, None)
        names = {row.endpoint, _SEQUENCES.get(row.endpoint, row.endpoint)}
        for endpoint in self.rows:
            for name, rule in ENDPOINTS[endpoint].fields.items():
                if rule.to not in names:
                    continue
                for other in [item for item in self.rows[endpoint].values() if item[name] == row.id]:
                    if rule.cascade:
                        self.delete(other)
                    else:
                        other.values[name] = None
        self.surveys.pop((row.endpoint, row.id), None)
        for key, numbers in list(self.links.items()):
            if key[:2] == (row.endpoint, row.id):
                del self.links[key]
            elif row.id in numbers and LINKED.get(key[2]) == row.endpoint:
                numbers.remove(row.id)


#: What an association's name leads to.
LINKED = {
    "credentials": "credentials",
    "galaxy_credentials": "credentials",
    "labels": "labels",
    "instance_groups": "instance_groups",
    "hosts": "hosts",
    "children": "groups",
    "success_nodes": "workflow_job_template_nodes",
    "failure_nodes": "workflow_job_template_nodes",
    "always_nodes": "workflow_job_template_nodes",
    **{
        f"notification_templates_{event}": "notification_templates"
        for event in ("started", "success", "error", "approvals")
    },
}
