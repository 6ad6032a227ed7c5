# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small client of the Commvault API for tests."""

from __future__ import annotations

import base64
import ssl
from types import TracebackType
from typing import Any

import httpx

from cvops_simulator.commvault import CommCellService
from cvops_simulator.commvault.catalogue import PERMISSION_BY_NAME
from cvops_simulator.commvault.model import USER, Grant, Role, User, UserGroup


def b64(text: str) -> str:
    """Base64 of UTF-8 text."""
    return base64.b64encode(text.encode()).decode()


class Api:
    """Calls below the API root; every answer is the parsed JSON body, and `status` the last status."""

    def __init__(self, cell: CommCellService, ca_path: str) -> None:
        self.cell = cell
        self.status = 0
        self.context = ssl.create_default_context(cafile=ca_path)
        self.client = httpx.Client(verify=self.context, base_url=cell.url, trust_env=False)
        self.headers: dict[str, str] = {}

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        """One request; `path` with its query, or a whole URL."""
        url = path if path.startswith("https:") else f"{self.cell.url}/{path}"
        response = self.client.request(method, url, json=body, headers={**self.headers, **(headers or {})})
        self.status = response.status_code
        return response

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """One request, parsed."""
        data: dict[str, Any] = self.send(method, path, body, headers).json()
        return data

    def get(self, path: str, **headers: str) -> dict[str, Any]:
        """GET, parsed."""
        return self.call("GET", path, headers=headers)

    def login(self, name: str, password: str) -> dict[str, Any]:
        """Log in and use the token from now on."""
        answer = self.call("POST", "Login", {"mode": 4, "username": name, "password": b64(password), "deviceId": "t"})
        if "token" in answer:
            self.headers["Authtoken"] = answer["token"]
        return answer

    def security(
        self, operation: Any, principals: Any, role: Any, *entities: dict[str, Any], **headers: str
    ) -> dict[str, Any]:
        """`POST Security` with one association; returns the row of the answer."""
        rows = principals if isinstance(principals, list) else [principals]
        held = role if isinstance(role, dict) else {"role": {"roleId": role}}
        body = {
            "entityAssociated": {"entity": list(entities)},
            "securityAssociations": {
                "associationsOperationType": operation,
                "associations": [{"userOrGroup": rows, "properties": held}],
            },
        }
        row: dict[str, Any] = self.call("POST", "Security", body, headers=headers)["response"][0]
        return row

    def group(self, name: str) -> UserGroup:
        """A group of the CommCell's state."""
        return self.cell.state.groups.named(name)[0]

    def role_id(self, name: str) -> int:
        """Id of a role."""
        return self.cell.state.roles.named(name)[0].id

    def limited_user(self, role: str, *entities: tuple[int, int], permissions: list[str] | None = None) -> User:
        """A user with one role on the given entities (default: the CommCell) and a password."""
        state = self.cell.state
        if permissions is not None:
            ids = {PERMISSION_BY_NAME[item.casefold()] for item in permissions}
            state.roles.add(Role(state.roles.new_id(), role, permission_ids=ids))
        user = state.users.add(User(state.users.new_id(), "limited", password="limited-1"))
        for entity in entities or ((1, 2),):
            state.grants.add(Grant(USER, user.id, self.role_id(role), *entity))
        return user
