# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller as a listener."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cvops_simulator.controller.answers import Answer
from cvops_simulator.controller.behaviours import ControllerBehaviours
from cvops_simulator.controller.control import make_control_routes
from cvops_simulator.controller.engine import Engine
from cvops_simulator.controller.routing import PRODUCT, Incoming, Router
from cvops_simulator.controller.state import ADMIN, State
from cvops_simulator.core.service import Service

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from cvops_simulator.controller.engine import Runner
    from cvops_simulator.core.context import Context


class ControllerService(Service):
    """One AWX. Open to tests: `state` (hold its `lock`), `behaviours`, `playbooks`, `artifacts` and `runner`.

    `username` and `password`: its administrator.
    """

    username, password = ADMIN

    def __init__(self, context: Context) -> None:
        super().__init__("controller", context)
        self.state = State(context.clock)
        self.behaviours = ControllerBehaviours()
        self._engine = Engine(self.state, self.behaviours, lambda: self.origin)
        self._router = Router(self.state, self._engine)
        self.app = self._serve

    def reset(self) -> None:
        """Go back to a fresh controller; what ran is forgotten, hooks too."""
        with self.state.lock:
            self.state.reset()
            self._engine.reset()
            self.behaviours.change(vars(ControllerBehaviours()))

    @property
    def playbooks(self) -> dict[str, list[str]]:
        """The playbooks that an update finds: by a project's address, "*" for any other."""
        return self._engine.playbooks

    @property
    def artifacts(self) -> dict[str, dict[str, Any]]:
        """What jobs leave behind, by the name of their template; a hook tells it itself."""
        return self._engine.artifacts

    @property
    def runner(self) -> Runner | None:
        """The hook that runs jobs, each in a thread of its own; without one, jobs only pretend to run."""
        return self._engine.runner

    @runner.setter
    def runner(self, runner: Runner | None) -> None:
        self._engine.runner = runner

    def make_token(self, username: str = "", scope: str = "write") -> str:
        """Return a new token of a user, of the administrator if none is named."""
        with self.state.lock:
            (user,) = self.state.list_where("users", username=username or self.username)
            return str(self.state.add_token(user.id, scope)["token"])

    def wait_for_jobs(self, seconds: float = 60.0) -> None:
        """Wait until every job that the hook runs has ended, those too that follow. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while threads := self._engine.list_threads():
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))
            if time.monotonic() >= until and self._engine.list_threads():
                raise TimeoutError(f"jobs have not ended within {seconds:g} s")

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an injected status in the API's error shape."""
        return JSONResponse({"detail": message}, status, headers)

    def control_routes(self) -> list[BaseRoute]:
        """Return routes that the control listener serves for this service."""
        return make_control_routes(self.state, self._engine)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        incoming = Incoming(
            request.method,
            scope["path"],
            scope["query_string"].decode("latin-1"),
            {key.lower(): value for key, value in request.headers.items()},
            await request.body(),
        )
        answer = self._router.answer(incoming)
        response = _make_response(answer)
        response.headers["X-API-Product-Name"] = PRODUCT
        response.headers["X-API-Node"] = "simulator"
        response.headers["X-API-Request-Id"] = str(scope["state"]["request_id"]).replace("-", "")
        response.headers["X-API-Time"] = response.headers["X-API-Total-Time"] = "0.001s"
        await response(scope, receive, send)


def _make_response(answer: Answer) -> Response:
    headers = dict(answer.headers)
    if answer.status == 204 or answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    if isinstance(answer.body, str):
        kind = headers.pop("Content-Type", "text/html; charset=utf-8" if answer.body else "application/json")
        return Response(answer.body, answer.status, headers, media_type=kind)
    content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    return Response(content, answer.status, headers, media_type="application/json")
