# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the controller without a network: requests go straight to the router."""

from __future__ import annotations

import base64
import json
from typing import Any

from cvops_simulator.controller.answers import Answer
from cvops_simulator.controller.behaviours import ControllerBehaviours
from cvops_simulator.controller.engine import Engine
from cvops_simulator.controller.routing import Incoming, Router
from cvops_simulator.controller.state import ADMIN, State
from cvops_simulator.core.clock import Clock


def basic(username: str, password: str) -> dict[str, str]:
    """Return the header of Basic sign-in."""
    return {"authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


class ControllerClient:
    """One controller, in memory. `polls` is 0: what runs ends at once."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.state = State(self.clock)
        self.behaviours = ControllerBehaviours(polls=0)
        self.engine = Engine(self.state, self.behaviours, lambda: "https://controller.example.com")
        self.router = Router(self.state, self.engine)
        self.headers = basic(*ADMIN)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send a request; `path` below `/api/v2`. `headers` replace the administrator's sign-in."""
        place, _mark, query = path.partition("?")
        content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json", **(self.headers if headers is None else headers)}
        return self.router.answer(Incoming(method, f"/api/v2{place}", query, sent, content))

    def get(self, path: str) -> Any:
        """Return what is there. Fails if it cannot be read."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """Send something that has to succeed; returns the answer's body."""
        answer = self.ask("POST", path, {} if body is None else body)
        assert answer.status == status, answer
        return answer.body

    def patch(self, path: str, body: Any) -> Any:
        """Change something, which has to succeed; returns it."""
        answer = self.ask("PATCH", path, body)
        assert answer.status == 200, answer
        return answer.body

    def add(self, endpoint: str, number: int, **values: Any) -> None:
        """Put an object into the state as it is, with an id."""
        self.state.add(endpoint, values, 1, number)
