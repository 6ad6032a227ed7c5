# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Managed identity endpoints, plain http: the metadata service of a virtual machine, and App Service's."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cvops_simulator.core.service import Service
from cvops_simulator.entra.identities import Identity, make_managed_identity
from cvops_simulator.entra.login.attempts import Attempt
from cvops_simulator.entra.login.clients import Client
from cvops_simulator.entra.login.errors import TokenError

if TYPE_CHECKING:
    from starlette.requests import Request

    from cvops_simulator.core.context import Context
    from cvops_simulator.entra.login.service import LoginService
    from cvops_simulator.entra.tenant import Tenant

_LIFETIME = 86399
_SELECTORS = ("client_id", "clientid", "object_id", "principal_id", "msi_res_id", "mi_res_id")


class ImdsService(Service):
    """Serves the identities that a test assigned: `assign(...)`. Without one every request is refused.

    The platform keeps a token per identity and resource for a day: roles granted later are not in it. `flush()`
    empties that store. App Service clients send `identity_header`.
    """

    scheme = "http"

    def __init__(self, context: Context, tenant: Tenant, login: LoginService) -> None:
        super().__init__("imds", context)
        self.host = "127.0.0.1"
        self.identity_header = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a"
        self._tenant = tenant
        self._login = login
        self._system: str | None = None
        self._assigned: dict[str, str] = {}
        self._cache: dict[tuple[str, str], tuple[float, str]] = {}
        routes = [
            Route("/metadata/identity/oauth2/token", self._metadata),
            Route("/msi/token", self._app_service),
        ]
        self.app = Starlette(routes=routes)

    def is_read(self, method: str, path: str) -> bool:
        """Tell that a request only reads: signing in changes nothing."""
        return True

    def assign(self, name: str, *permissions: str, system: bool = True, resource_id: str | None = None) -> Identity:
        """Make a managed identity with these Graph permissions and assign it to this host."""
        identity = make_managed_identity(self._tenant, name, permissions, system=system)
        if system:
            self._system = identity.object_id
        for key in (identity.client_id, identity.object_id, resource_id):
            if key:
                self._assigned[key.lower()] = identity.object_id
        return identity

    def flush(self) -> None:
        """Forget the tokens that the platform keeps."""
        self._cache.clear()

    def reset(self) -> None:
        """Forget the identities and the kept tokens."""
        self._system = None
        self._assigned.clear()
        self._cache.clear()

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an error in the metadata service's shape."""
        return JSONResponse({"error": "unknown", "error_description": message}, status, headers)

    async def _metadata(self, request: Request) -> Response:
        if request.headers.get("metadata", "").lower() != "true" or "x-forwarded-for" in request.headers:
            return _render_error(400, "bad_request_102", "Required metadata header not specified")
        return self._answer(request, _render_error)

    async def _app_service(self, request: Request) -> Response:
        if request.headers.get("x-identity-header") != self.identity_header:
            return _render_app_service_error(401, "unauthorized", "X-IDENTITY-HEADER is missing or wrong")
        return self._answer(request, _render_app_service_error)

    def _answer(self, request: Request, refuse: Any) -> Response:
        resource = request.query_params.get("resource", "")
        selector = next((request.query_params[key] for key in _SELECTORS if key in request.query_params), None)
        principal_id = self._assigned.get(selector.lower()) if selector else self._system
        principal = self._tenant.service_principals.get(principal_id or "")
        if principal is None:
            return self._refused(refuse, "invalid_request", "Identity not found")
        if not resource:
            return self._refused(refuse, "invalid_request", "Required audience parameter not specified")
        try:
            expires, token = self._token(Client(principal, None, "assertion"), resource)
        except TokenError as error:
            return self._refused(refuse, "invalid_resource", error.text)
        now = int(self.context.clock.now())
        body = {
            "access_token": token,
            "client_id": principal["appId"],
            "refresh_token": "",
            "expires_in": str(int(expires) - now),
            "expires_on": str(int(expires)),
            "ext_expires_in": str(_LIFETIME),
            "not_before": str(int(expires) - _LIFETIME - 5),
            "resource": resource,
            "token_type": "Bearer",
        }
        return JSONResponse(body)

    def _refused(self, refuse: Any, code: str, text: str) -> Response:
        response: Response = refuse(400, code, text)
        return response

    def _token(self, client: Client, resource: str) -> tuple[float, str]:
        key, now = (client.principal["id"], resource), self.context.clock.now()
        kept = self._cache.get(key)
        if kept and kept[0] - now > 300:
            return kept
        with self._tenant.lock:
            view = self._tenant.store.view()
            answer = self._login.issuer.app_token(view, client, resource, _LIFETIME)
            attempt = Attempt("managedIdentity", "", str(uuid.uuid4()), str(uuid.uuid4()), principal=client.principal)
            attempt.target = self._login.issuer.resource(view, resource)
            attempt.record(self._tenant)
        self._cache[key] = (now + _LIFETIME, answer["access_token"])
        return self._cache[key]


def _render_error(status: int, code: str, text: str) -> Response:
    return JSONResponse({"error": code, "error_description": text}, status)


def _render_app_service_error(status: int, code: str, text: str) -> Response:
    return JSONResponse({"statusCode": status, "message": f"{code}: {text}"}, status)
