# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base class of all simulated services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

from cvops_simulator.core.context import Context

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp


class Service:
    """One listener: a name, an ASGI application and an address.

    A subclass calls `super().__init__(name, context)` and sets `self.app` (any ASGI application, usually a
    `starlette.applications.Starlette`). It may override `scheme`, `base_path`, `is_read`, `error_response`, `reset` and
    `control_routes`. Faults, latency, quota and the journal are applied around `app` by the server: a service never
    deals with them. Inside a handler the request id of the journal is `request.scope["state"]["request_id"]`.
    """

    scheme = "https"
    #: Appended to the listener's address to make `url`, e.g. "/commandcenter/api".
    base_path = ""
    #: False: faults, latency, quota and the journal leave this service alone.
    uses_middleware = True

    app: ASGIApp

    def __init__(self, name: str, context: Context) -> None:
        self.name = name
        self.context = context
        self.host = "localhost"
        self.port = 0

    @property
    def origin(self) -> str:
        """Scheme, host and port; final once the simulator is constructed."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address that clients are configured with."""
        return self.origin + self.base_path

    def is_read(self, method: str, path: str) -> bool:
        """Tell whether a request only reads: decides on journal and quota.

        A service with reading POSTs overrides it.
        """
        return method in ("GET", "HEAD", "OPTIONS")

    def reads_only(self, method: str, path: str, body: bytes) -> bool:
        """As `is_read`, where the body decides as well."""
        return self.is_read(method, path)

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return the service's own error shape, used for injected statuses and for an exhausted quota."""
        return JSONResponse({"error": message}, status_code=status, headers=headers)

    def control_routes(self) -> list[BaseRoute]:
        """Return routes that the control listener serves for this service, below `/services/<name>`."""
        return []
