# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all services of one simulator in one background thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from cvops_simulator.core.middleware import Middleware

if TYPE_CHECKING:
    from cvops_simulator.core.service import Service
    from cvops_simulator.core.tls import TestCA

_START_SECONDS = 20.0


class _Protocol(H11Protocol):
    """Lets the middleware reach the connection: it has to close it without an answer when a fault says so."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def shutdown(self) -> None:
        """End idle connections at once: a TLS farewell would wait for the client."""
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()


class Server:
    """Binds every service at construction, so that addresses are known; serves between `start` and `stop`."""

    def __init__(self, services: list[Service], ca: TestCA, port_base: int = 0) -> None:
        self._services = services
        self._ca = ca
        self._thread: threading.Thread | None = None
        self._sockets = [self._bind(service, port_base + i if port_base else 0) for i, service in enumerate(services)]
        self._servers = [uvicorn.Server(self._make_config(service)) for service in services]

    def _bind(self, service: Service, port: int) -> socket.socket:
        # The protocol is named so that asyncio behaviours Nagle's algorithm off; else every answer waits 40 ms.
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        service.port = sock.getsockname()[1]
        return sock

    def _make_config(self, service: Service) -> uvicorn.Config:
        secure = service.scheme == "https"
        config = uvicorn.Config(
            Middleware(service),
            http=_Protocol,
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        config.load()
        if secure:
            config.ssl = self._ca.server_context()
        return config

    def start(self) -> None:
        """Start serving; returns when every listener answers."""
        self._thread = threading.Thread(target=self._run, name="cvops-simulator", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not all(server.started for server in self._servers):
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise RuntimeError("the simulator's listeners did not start")
            time.sleep(0.005)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        pairs = zip(self._servers, self._sockets, strict=True)
        await asyncio.gather(*(server.serve(sockets=[sock]) for server, sock in pairs))

    def stop(self) -> None:
        """Stop all listeners and wait for the thread."""
        for server in self._servers:
            server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        for sock in self._sockets:
            sock.close()
