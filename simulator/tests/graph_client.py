# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A minimal Graph client for tests: a token, JSON in, JSON out."""

from __future__ import annotations

import ssl
from types import TracebackType
from typing import Any

import httpx

from cvops_simulator import Identity, Simulator


def token_answer(sim: Simulator, **form: str) -> httpx.Response:
    """POST to the token endpoint with a form."""
    context = ssl.create_default_context(cafile=sim.ca_path)
    with httpx.Client(verify=context, trust_env=False) as client:
        return client.post(f"{sim.login_url}/{sim.tenant_id}/oauth2/v2.0/token", data=form)


def secret_form(sim: Simulator, identity: Identity, **changes: str) -> dict[str, str]:
    """The form of client credentials with a secret."""
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{sim.graph_url}/.default",
    }
    return {**form, **changes}


class GraphClient:
    """`get`, `post`, ... return the response; `ok(status, ...)` checks it and returns the JSON."""

    def __init__(self, sim: Simulator, identity: Identity) -> None:
        self.sim = sim
        self.identity = identity
        context = ssl.create_default_context(cafile=sim.ca_path)
        self._http = httpx.Client(verify=context, trust_env=False, base_url=f"{sim.graph_url}/v1.0")
        self.sign_in()

    def sign_in(self) -> None:
        """Get a new token, which carries the roles of now."""
        answer = token_answer(self.sim, **secret_form(self.sim, self.identity))
        assert answer.status_code == 200, answer.text
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def __enter__(self) -> GraphClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send one request; `headers` with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is None:
            return self._http.request(method, path, headers=named)
        return self._http.request(method, path, json=body, headers=named)

    def ok(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The JSON of an answer that must have this status."""
        answer = self.call(method, path, body, **headers)
        assert answer.status_code == status, (answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def error(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """The `error` object of an answer that must have this status."""
        return dict(self.ok(status, method, path, body, **headers)["error"])

    def application(self, **values: Any) -> dict[str, Any]:
        """Create an application."""
        return dict(self.ok(201, "POST", "/applications", {"displayName": "probe", **values}))

    def principal(self, application: dict[str, Any]) -> dict[str, Any]:
        """Create the service principal of an application."""
        return dict(self.ok(201, "POST", "/servicePrincipals", {"appId": application["appId"]}))

    def group(self, name: str = "probe", **values: Any) -> dict[str, Any]:
        """Create a security group."""
        body = {"displayName": name, "mailEnabled": False, "mailNickname": name, "securityEnabled": True}
        return dict(self.ok(201, "POST", "/groups", {**body, **values}))
