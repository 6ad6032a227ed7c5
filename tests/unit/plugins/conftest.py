# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Contexts with a clock that only moves when somebody sleeps, and a small HTTP(S) server that answers what a test says."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import http.server
import json
import pathlib
import socket
import threading
import typing as t
from collections.abc import Callable, Iterator

import pytest
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.cancellation import Cancellation
from ansible_collections.cvops.identity.plugins.module_utils._core.context import Clock, Context

START = datetime.datetime(2026, 3, 1, 12, 0, tzinfo=datetime.timezone.utc)


class StillClock(Clock):
    """Time stands still until ``pass_s``; chance is what the test says."""

    def __init__(self) -> None:
        self.passed, self.chance = 0.0, 0.5

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    def now(self) -> datetime.datetime:
        return START + datetime.timedelta(seconds=self.passed)

    def random(self) -> float:
        return self.chance


class Impatient(Cancellation):
    """Waiting takes no time but moves the clock."""

    def __init__(self, clock: StillClock) -> None:
        super().__init__()
        self._clock = clock
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.check()
        self.waits.append(seconds)
        self._clock.passed += seconds


MakeContext = Callable[..., Context]


@pytest.fixture
def make_ctx() -> MakeContext:
    """``make_ctx(options, **fields)``: a Context at ``-vvvv`` whose sleeps are instant."""

    def make(options: dict[str, t.Any] | None = None, **fields: t.Any) -> Context:
        clock = fields.pop("clock", None) or StillClock()
        usual = {"reporter": RecordingReporter(), "verbosity": 4, "clock": clock, "cancellation": Impatient(clock)}
        return Context(options=options or {}, **{**usual, **fields})

    return make


@dataclasses.dataclass
class Received:
    """One request as the server got it; ``peer`` tells connections apart."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int]


@dataclasses.dataclass
class Answer:
    """What the server does: answer, or ``drop`` the connection after reading the request; first wait ``seconds``."""

    status: int = 200
    body: bytes | str | dict[str, t.Any] | list[t.Any] = dataclasses.field(default_factory=dict)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    drop: bool = False
    seconds: float = 0.0
    promised: int | None = None  # Content-Length that the body does not keep

    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class LocalServer:
    """Answers in the order given, the last answer for ever. ``received`` holds all requests."""

    def __init__(self, certificate: pathlib.Path | None = None) -> None:
        self.answers: list[Answer] = []
        self.received: list[Received] = []
        self._lock = threading.Lock()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else the body waits for the acknowledgement of the head, 40 ms each time

            def handle_one_request(self) -> None:
                with contextlib.suppress(ConnectionError, TimeoutError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def log_message(self, *_words: t.Any) -> None:
                return

            def __getattr__(self, name: str) -> t.Any:
                if name.startswith("do_"):
                    return lambda: owner.serve(self)
                raise AttributeError(name)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        scheme = "http"
        if certificate is not None:
            import ssl

            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self._server.handle_error = lambda *_words: None  # type: ignore[method-assign]
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://localhost:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def says(self, *answers: Answer) -> None:
        """The answers from now on; what was received before is forgotten."""
        self.answers, self.received = list(answers), []

    def serve(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self._lock:
            peer = t.cast("tuple[str, int]", handler.client_address)
            self.received.append(Received(handler.command, handler.path, dict(handler.headers), body, peer))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.seconds:
            threading.Event().wait(answer.seconds)
        if answer.drop:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        content = answer.content()
        handler.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content) if answer.promised is None else answer.promised))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = answer.promised is not None

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """Plain http on loopback."""
    running = LocalServer()
    running.says(Answer())
    yield running
    running.stop()


@dataclasses.dataclass
class Secured:
    """An https server, and the CA that signed its certificate."""

    server: LocalServer
    ca_path: str


@pytest.fixture(scope="session")
def _authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pathlib.Path]:
    import trustme

    folder = tmp_path_factory.mktemp("ca")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "leaf.pem")
    )
    return str(folder / "ca.pem"), folder / "leaf.pem"


@pytest.fixture
def secured(_authority: tuple[str, pathlib.Path]) -> Iterator[Secured]:
    """https on loopback with a CA of its own."""
    running = LocalServer(_authority[1])
    running.says(Answer())
    yield Secured(running, _authority[0])
    running.stop()


@pytest.fixture
def answer() -> type[Answer]:
    """The class of answers, for tests that cannot import this file."""
    return Answer
