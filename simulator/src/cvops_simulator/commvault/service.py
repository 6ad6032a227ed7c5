# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service of one CommCell: dispatch of requests to handlers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cvops_simulator.commvault.audit_changes import may_change_users
from cvops_simulator.commvault.audit_trail import LOW, clean_text
from cvops_simulator.commvault.auth import denied, identify
from cvops_simulator.commvault.behaviours import Behaviours
from cvops_simulator.commvault.cell import Cell
from cvops_simulator.commvault.control import make_control_routes
from cvops_simulator.commvault.envelopes import INVALID, ApiError, make_error_body
from cvops_simulator.commvault.handlers.commands import is_reading_command
from cvops_simulator.commvault.releases import check_release
from cvops_simulator.commvault.rights import Rights
from cvops_simulator.commvault.routes import ROUTES
from cvops_simulator.commvault.routing import Call, Route, parse_query, split_path
from cvops_simulator.commvault.saml_sign_on import (
    CONSUMER,
    LOGIN,
    SignOnError,
    build_login_address,
    take_response,
)
from cvops_simulator.commvault.sessions import Sessions
from cvops_simulator.commvault.state import State
from cvops_simulator.core.service import Service

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from cvops_simulator.commvault.model import CommCellSeed, User
    from cvops_simulator.core.context import Context

#: POSTs that change no configuration.
_READING_POSTS = (
    "login",
    "logout",
    "renewlogintoken",
    "whoami",
    "thirdparty/saml/app",
    "qcommand/qoperation execute",
    "user/otp/generate",
)


class CommCellService(Service):
    """The listener of one CommCell. `state`, `behaviours`, `sessions` and `release` are open to tests while it runs."""

    base_path = "/commandcenter/api"

    def __init__(
        self, name: str, seed: CommCellSeed, context: Context, release: int = 44, page_size: int = 100
    ) -> None:
        super().__init__(name, context)
        self.cell = Cell(seed, context.clock, release)
        self.app = self._answer

    def reset(self, seed: CommCellSeed) -> None:
        """Go back to a seed: state, behaviours, sessions and release."""
        self.cell.reset(seed)

    @property
    def state(self) -> State:
        """Everything that the CommCell remembers."""
        return self.cell.state

    @property
    def sessions(self) -> Sessions:
        """All tokens of the CommCell."""
        return self.cell.sessions

    @property
    def behaviours(self) -> Behaviours:
        """How the CommCell differs from a current, well-behaved one."""
        return self.cell.behaviours

    @property
    def switches(self) -> Behaviours:
        """The former name of `behaviours`."""
        return self.cell.behaviours

    @property
    def release(self) -> int:
        """Feature release; may be changed while it runs."""
        return self.cell.release

    @release.setter
    def release(self, release: int) -> None:
        self.cell.release = check_release(release)

    @property
    def admin(self) -> tuple[str, str]:
        """Name and password of user 1."""
        return self.cell.admin

    @property
    def automation(self) -> tuple[str, str]:
        """Name and password of the automation account, a member of `master`."""
        return self.cell.automation

    def user(self, name: str) -> User:
        """Return a user by name. Raises IndexError without one."""
        return self.cell.user(name)

    def list_roles_of_user(self, name: str) -> list[str]:
        """Return the names of the roles that a user holds anywhere, by own grants and those of enabled groups."""
        principals = Rights(self.state, self.user(name)).principals
        held = {grant.role_id for principal in principals for grant in self.state.grants.of_principal(*principal)}
        return sorted(role.name for role in self.state.roles if role.id in held)

    def access_token(self, user: str = "", **limits: Any) -> str:
        """Issue an access token for a user (default: the automation account); `limits`: api_endpoints, allowed_ips."""
        return self.cell.access_token(user, **limits)

    def is_read(self, method: str, path: str) -> bool:
        """Tell whether a request only reads: GET, and the POSTs that change no configuration."""
        if method != "POST":
            return super().is_read(method, path)
        segments = split_path(path.encode("utf-8", "replace"))
        return segments is not None and "/".join(segments).lower() in _READING_POSTS

    def reads_only(self, method: str, path: str, body: bytes) -> bool:
        """As `is_read`; commands have one path, and their body says what they do."""
        return self.is_read(method, path) and (method != "POST" or is_reading_command(body))

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an error in the G envelope."""
        return JSONResponse({"errorCode": status, "errorMessage": message}, status_code=status, headers=headers)

    def control_routes(self) -> list[BaseRoute]:
        """Return `/behaviours` and what else stands below `/services/<name>`."""
        return make_control_routes(self.cell)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._dispatch(request, await request.body())
        await response(scope, receive, send)

    def _dispatch(self, request: Request, raw: bytes) -> Response:
        scope = request.scope
        segments = split_path(scope.get("raw_path") or scope["path"].encode())
        page = scope["path"].rsplit("/", 1)[-1].lower()
        if page in (CONSUMER, LOGIN):
            return self._sign_on(page, request, raw)
        if segments is None:
            return Response("<html><head><title>404 Not Found</title></head></html>", 404, media_type="text/html")
        if not segments:
            return JSONResponse({})
        query, queries = parse_query(scope.get("query_string", b""))
        client = request.client.host if request.client else ""
        call = Call(self.cell, self.origin, request.method, segments, query, queries, request.headers, raw, client)
        found = ROUTES.find(request.method, segments)
        try:
            result = self._handle(call, found)
        except ApiError as error:
            return _render_error(error, found[0] if found else None)
        return result if isinstance(result, Response) else _make_json_response(result)

    def _sign_on(self, page: str, request: Request, raw: bytes) -> Response:
        """Send somebody to the identity provider, or take the response that it sent."""
        key = request.query_params.get("samlAppKey", "")
        try:
            if page == LOGIN:
                return RedirectResponse(build_login_address(self.cell, self.origin, key), 302)
            with self.cell.audited(lambda: None):
                return JSONResponse(take_response(self.cell, self.origin, key, raw))
        except SignOnError as error:
            if page == CONSUMER:
                details = f"Method: [SAML]\n{clean_text(str(error))}"
                self.cell.trail.write(self.cell.clock.now(), LOW, (0, ""), "Login Failed", details)
            return JSONResponse({"errorCode": 1, "errorMessage": str(error)}, 403)

    def _handle(self, call: Call, found: tuple[Route, dict[str, str]] | None) -> Any:
        route = found[0] if found else None
        if found is not None:
            call.params = found[1]
        if route is None or not route.public:
            self._authenticate(call)
        if route is None or (route.feature and not self.cell.has(route.feature)):
            raise ApiError(INVALID, f"Unknown operation {call.method} {'/'.join(call.segments)}", 404, "G")
        if not route.write and is_reading_command(call.raw):
            return route.handler(call)
        with self.cell.audited(
            lambda: call.caller_or_none.user if call.caller_or_none else None, may_change_users(call.segments)
        ):
            if route.write:
                self._before_write(call, route)
            return route.handler(call)

    def _authenticate(self, call: Call) -> None:
        caller = identify(self.cell, call.headers, "/" + "/".join(call.segments), call.client)
        wanted = call.headers.get("operatorcompanyid", "0") or "0"
        if wanted.isdigit() and int(wanted):
            if not caller.rights.master and int(wanted) != caller.user.company_id:
                raise denied(403)
            caller.company_id = int(wanted)
        call.caller_or_none = caller

    def _before_write(self, call: Call, route: Route) -> None:
        if route.envelope == "R" and self.behaviours.v1_write_error:
            raise ApiError(self.behaviours.v1_write_error, "The operation failed on the server")
        self.cell.keep_lists()


def _render_error(error: ApiError, route: Route | None) -> Response:
    envelope = error.envelope or (route.envelope if route else "G")
    status = error.status or 400
    if envelope in ("R", "E", "O", "S"):
        status = 200
        if envelope == "S":
            envelope = "G"
    return JSONResponse(make_error_body(envelope, error.code, error.message), status)


def _make_json_response(data: Any) -> Response:
    return Response(json.dumps(data, separators=(",", ":")), media_type="application/json")
