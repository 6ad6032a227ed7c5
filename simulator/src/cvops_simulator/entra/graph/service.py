# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph as a listener."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from cvops_simulator.core.behaviours import make_behaviour_routes
from cvops_simulator.core.service import Service
from cvops_simulator.entra.conditional_access.policies import extend_policy
from cvops_simulator.entra.graph import audit
from cvops_simulator.entra.graph.batch import run_batch
from cvops_simulator.entra.graph.call import Call
from cvops_simulator.entra.graph.errors import GraphError, bad_request, make_error_body
from cvops_simulator.entra.graph.messages import GraphRequest, GraphResponse, check_address, parse_query, split_path
from cvops_simulator.entra.graph.pace import Pace
from cvops_simulator.entra.graph.permissions import check_permission, identify
from cvops_simulator.entra.graph.query import parse_options
from cvops_simulator.entra.graph.routes import ROUTES
from cvops_simulator.entra.graph.routing import Router

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from cvops_simulator.core.context import Context
    from cvops_simulator.entra.login.service import LoginService
    from cvops_simulator.entra.tenant import Tenant

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_DIAGNOSTIC = {"ServerInfo": {"DataCenter": "Simulator", "Slice": "E", "Ring": "1", "ScaleUnit": "000"}}
#: POST actions that change nothing.
_READING_POSTS = ("/getbyids", "/$batch", "/conditionalaccess/evaluate")
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


class GraphService(Service):
    """Graph v1.0 below `/v1.0`, some of it also below `/beta`.

    `page_size` is the largest page of a list (below 100 it limits $top as well).
    """

    def __init__(self, context: Context, tenant: Tenant, login: LoginService, page_size: int) -> None:
        super().__init__("graph", context)
        self.tenant = tenant
        self.page_size = page_size
        self._login = login
        self._router = Router(ROUTES)
        self._pace = Pace(tenant)
        self.app = Starlette(
            routes=[
                HttpRoute("/v1.0/{path:path}", self._serve, methods=_METHODS),
                HttpRoute("/beta/{path:path}", self._serve_beta, methods=_METHODS),
            ]
        )

    @property
    def root(self) -> str:
        """The version root, e.g. `https://localhost:8443/v1.0`."""
        return f"{self.origin}/v1.0"

    def is_read(self, method: str, path: str) -> bool:
        """Tell whether a request only reads: GET, and the POST actions that only look something up."""
        return super().is_read(method, path) or (method == "POST" and path.lower().endswith(_READING_POSTS))

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an injected status in Graph's error shape."""
        codes = {
            429: "TooManyRequests",
            503: "ServiceUnavailable",
            504: "GatewayTimeout",
            404: "Request_ResourceNotFound",
        }
        error = GraphError(status, codes.get(status, "InternalServerError"), message, headers=headers or {})
        return self._render(self._refusal(error, str(uuid.uuid4()), ""), str(uuid.uuid4()), "")

    def control_routes(self) -> list[BaseRoute]:
        """Return the routes that read and change the tenant's behaviours, and properties of single policies."""
        return [
            *make_behaviour_routes(lambda: self.tenant.behaviours),
            HttpRoute("/policies/{policy_id}", self._extend_policy, methods=["POST"]),
        ]

    async def _extend_policy(self, request: Request) -> Response:
        """Set properties of a policy as another client of the service does, whether v1.0 knows them or not."""
        with self.tenant.lock:
            found = extend_policy(self.tenant, request.path_params["policy_id"], await request.json())
        return Response(status_code=204 if found else 404)

    async def _serve_beta(self, request: Request) -> Response:
        return await self._serve(request, "beta")

    async def _serve(self, request: Request, version: str = "v1.0") -> Response:
        request_id = str(request.scope["state"]["request_id"])
        client_request_id = request.headers.get("client-request-id", "")
        try:
            incoming = await self._read(request, version)
            answer = self._answer(incoming)
        except GraphError as error:
            answer = self._refusal(error, request_id, client_request_id or request_id)
        return self._render(answer, request_id, client_request_id)

    async def _read(self, request: Request, version: str) -> GraphRequest:
        raw = await request.body()
        headers = {key.lower(): value for key, value in request.headers.items()}
        body = None
        if raw:
            if "json" not in headers.get("content-type", ""):
                raise bad_request("Write requests (excluding DELETE) must contain the Content-Type header declaration.")
            try:
                body = json.loads(raw)
            except ValueError as error:
                raise bad_request("Unable to read JSON request payload.") from error
        path = "/" + request.path_params["path"]
        query = parse_query(request.url.query)
        check_address(str(request.url), query)
        return GraphRequest(request.method, path, query, headers, body, version)

    def _answer(self, request: GraphRequest) -> GraphResponse:
        if request.path.lower() == "/$batch" and (request.method, request.version) == ("POST", "v1.0"):
            identify(request.headers.get("authorization"), self._login.issuer, self.context.clock.now())
            return run_batch(request, self)
        return self.dispatch(request)

    def dispatch(self, request: GraphRequest) -> GraphResponse:
        """Find the route, check token and permissions, call the handler. Raises GraphError."""
        caller = identify(request.headers.get("authorization"), self._login.issuer, self.context.clock.now())
        route, arguments = self._router.find(request.method, split_path(request.path), request.version == "beta")
        self._pace.check(route.template)
        owned_only = check_permission(caller, route.allow, route.refuse)
        with self.tenant.lock:
            call = Call(
                tenant=self.tenant,
                view=self.tenant.store.view(),
                request=request,
                caller=caller,
                options=parse_options(request),
                arguments=arguments,
                owned_only=owned_only,
                root=f"{self.origin}/{request.version}",
                page_size=self.page_size,
            )
            before = audit.find_target(call, route)
            answer = route.handler(call)
            audit.record(call, route, before, answer)
            return answer

    def refusal(self, error: GraphError) -> GraphResponse:
        """Return an error as an answer inside a batch."""
        request_id = str(uuid.uuid4())
        return self._refusal(error, request_id, request_id)

    def _refusal(self, error: GraphError, request_id: str, client_request_id: str) -> GraphResponse:
        date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.context.clock.now()))
        return GraphResponse(error.status, make_error_body(error, date, request_id, client_request_id), error.headers)

    def _render(self, answer: GraphResponse, request_id: str, client_request_id: str) -> Response:
        headers: dict[str, str] = {
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
            "x-ms-ags-diagnostic": json.dumps(_DIAGNOSTIC),
            "x-ms-resource-unit": "1",
            **answer.headers,
        }
        if answer.body is None:
            return Response(status_code=answer.status, headers=headers)
        headers.setdefault("Content-Type", _JSON)
        content: Any = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        return Response(content, answer.status, {**headers, "OData-Version": "4.0"})
