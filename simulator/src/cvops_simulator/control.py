# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control listener: tests and rehearsals in another process steer the simulator through it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from cvops_simulator.browser import NO_ANSWER, Browser, LeavesSiteError
from cvops_simulator.commvault.saml_sign_on import SAML
from cvops_simulator.commvault.service import CommCellService
from cvops_simulator.core.faults import Fault
from cvops_simulator.core.service import Service

if TYPE_CHECKING:
    from starlette.requests import Request

    from cvops_simulator.core.context import Context


class Controlled(Protocol):
    """What the control listener steers: a simulator, as far as the routes need it."""

    @property
    def services(self) -> list[Service]:
        """All services, in the order of their ports."""

    @property
    def services_under_control(self) -> list[Service]:
        """All services but the control listener."""

    @property
    def commcells(self) -> Mapping[str, CommCellService]:
        """The CommCells by name."""

    @property
    def login_url(self) -> str:
        """The token service."""

    @property
    def ca_path(self) -> str:
        """PEM file of the CA that signed the listeners' certificate."""

    def variables(self) -> dict[str, Any]:
        """Return the variables document, with addresses and credentials."""

    def quota(self, service: str, writes: int = 100, reads: int = 1000, per: float = 3600.0) -> None:
        """Limit a service to so many writes and reads per `per` seconds."""

    def reset(self) -> None:
        """Go back to the seeded state."""


class ControlService(Service):
    """Plain http on loopback, no authentication: it is reachable from this machine only."""

    scheme = "http"
    uses_middleware = False

    def __init__(self, context: Context, simulator: Controlled) -> None:
        super().__init__("control", context)
        self.host = "127.0.0.1"
        self._simulator = simulator
        self.app = Starlette(routes=self._routes())

    def _routes(self) -> list[BaseRoute]:
        own: list[BaseRoute] = [
            Route("/health", self._health),
            Route("/variables", self._variables),
            Route("/faults", self._add_faults, methods=["POST"]),
            Route("/faults", self._clear_faults, methods=["DELETE"]),
            Route("/journal", self._journal),
            Route("/journal", self._clear_journal, methods=["DELETE"]),
            Route("/counts", self._counts),
            Route("/clock", self._clock, methods=["POST"]),
            Route("/quota", self._quota, methods=["POST"]),
            Route("/latency", self._latency, methods=["POST"]),
            Route("/sign_on", self._sign_on, methods=["POST"]),
            Route("/reset", self._reset, methods=["POST"]),
        ]
        services = [service for service in self._simulator.services_under_control if service.control_routes()]
        return own + [Mount(f"/services/{service.name}", routes=service.control_routes()) for service in services]

    async def _health(self, request: Request) -> Response:
        addresses = {service.name: service.url for service in self._simulator.services}
        return JSONResponse({"status": "ok", "services": addresses, "now": self.context.clock.iso()})

    async def _variables(self, request: Request) -> Response:
        return JSONResponse(self._simulator.variables())

    async def _add_faults(self, request: Request) -> Response:
        data = await _read_json(request)
        try:
            faults = [Fault.from_dict(item) for item in (data if isinstance(data, list) else [data])]
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        for fault in faults:
            self.context.faults.add(fault)
        return JSONResponse({"added": len(faults)}, 201)

    async def _clear_faults(self, request: Request) -> Response:
        self.context.faults.clear()
        return Response(status_code=204)

    async def _journal(self, request: Request) -> Response:
        query = request.query_params
        entries = self.context.journal.entries(query.get("service"), query.get("method"))
        return JSONResponse({"entries": [entry.as_dict() for entry in entries]})

    async def _clear_journal(self, request: Request) -> Response:
        self.context.journal.clear()
        return Response(status_code=204)

    async def _counts(self, request: Request) -> Response:
        return JSONResponse(self.context.journal.counts())

    async def _clock(self, request: Request) -> Response:
        data = await _read_json(request)
        self.context.clock.advance(float(data.get("advance", 0.0)))
        return JSONResponse({"now": self.context.clock.iso()})

    async def _quota(self, request: Request) -> Response:
        data = await _read_json(request)
        try:
            self._simulator.quota(**data)
        except TypeError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def _latency(self, request: Request) -> Response:
        data = await _read_json(request)
        self.context.latency[str(data.get("service", "*"))] = float(data.get("seconds", 0.0))
        return Response(status_code=204)

    async def _sign_on(self, request: Request) -> Response:
        """Sign a person on through a SAML app; 200 whether the person gets in or not, 400 where nobody was asked."""
        data = await _read_json(request)
        try:
            service, key = self._find_app(data)
            browser = Browser(self._simulator.ca_path, service.origin, self._simulator.login_url)
            # In a thread: the listeners that answer have the event loop.
            answer = await run_in_threadpool(browser.sign_on_with_key, key, str(data["user"]))
        except (KeyError, LeavesSiteError) as error:
            return JSONResponse({"error": str(error.args[0])}, 400)
        except NO_ANSWER as error:
            return JSONResponse({"error": f"no answer: {type(error).__name__}: {error}"}, 502)
        return JSONResponse(_tell_sign_on(service, answer))

    def _find_app(self, data: Any) -> tuple[CommCellService, str]:
        """Return the CommCell and the key of the app that a sign-on is about. Raises KeyError with a message."""
        if not isinstance(data, dict) or not data.get("user") or not data.get("app"):
            raise KeyError('needs "user", a user principal name or object id, and "app", the name of a SAML app')
        cells = self._simulator.commcells
        name = str(data.get("commcell") or next(iter(cells)))
        if name not in cells:
            raise KeyError(f"there is no CommCell {name}, only {', '.join(cells)}")
        apps = [app for app in cells[name].state.apps if app.type == SAML]
        for app in apps:
            if app.name == data["app"]:
                return cells[name], app.key
        known = ", ".join(sorted(app.name for app in apps)) or "none"
        raise KeyError(f"{name} has no SAML app {data['app']}, its SAML apps: {known}")

    async def _reset(self, request: Request) -> Response:
        self._simulator.reset()
        return Response(status_code=204)


def _tell_sign_on(service: CommCellService, answer: dict[str, Any]) -> dict[str, Any]:
    """Return what came of a sign-on, without the token of the session: groups and roles, or who refused it and why."""
    if "userName" not in answer:
        told = {"refused_by": answer.get("refused_by"), "code": answer.get("errorCode")}
        return {"signed_in": False, **told, "reason": answer.get("errorMessage")}
    roles = service.list_roles_of_user(answer["userName"])
    return {"signed_in": True, "user": answer["userName"], "user_groups": answer["userGroups"], "roles": roles}


async def _read_json(request: Request) -> Any:
    """Return the body as JSON; an absent or broken body counts as an empty object."""
    try:
        return json.loads(await request.body() or b"{}")
    except json.JSONDecodeError:
        return {}
