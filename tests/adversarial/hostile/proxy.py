# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service on loopback that relays to a simulated one and lies where an attack says so; and traps, which must stay unvisited."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import struct
import threading
import time
import typing as t
from dataclasses import dataclass, field

#: An attack that does not end by itself gives up after this; longer than any run is given.
ATTACK_ENDS_S = 100.0
_NOT_RELAYED = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"))

Headers = list[tuple[str, str]]


@dataclass
class Request:
    """A request as it came, ``text`` with all its bytes."""

    method: str
    target: str
    headers: Headers
    body: bytes

    @property
    def text(self) -> str:
        lines = [f"{self.method} {self.target}", *(f"{name}: {value}" for name, value in self.headers)]
        return "\n".join(lines) + "\n\n" + self.body.decode("utf-8", "replace")


@dataclass
class Answer:
    """An answer of the service behind, addresses already those of the proxy."""

    status: int
    headers: Headers
    body: bytes


class Exchange:
    """One request that an attack answers."""

    def __init__(self, proxy: Proxy, sock: socket.socket, request: Request) -> None:
        self.proxy, self.sock, self.request = proxy, sock, request
        self._ends = time.monotonic() + ATTACK_ENDS_S

    def relay(self) -> Answer:
        """What the service behind says; a write is done there."""
        return self.proxy.relay(self.request)

    def alive(self) -> bool:
        """False when the attack has lasted long enough."""
        return not self.proxy.stopped.is_set() and time.monotonic() < self._ends

    def pause(self, seconds: float) -> bool:
        """Wait; :meth:`alive` afterwards."""
        self.proxy.stopped.wait(seconds)
        return self.alive()

    def send(self, data: bytes) -> None:
        """Bytes as they are; OSError when the client has gone."""
        self.sock.sendall(data)

    def answer(self, status: int, body: bytes, headers: t.Sequence[tuple[str, str]] = (), reason: str = "Said") -> None:
        """A well-formed answer; a name given in *headers* replaces the usual value."""
        usual = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        given = {name.lower() for name, _value in headers}
        lines = [(name, value) for name, value in usual.items() if name.lower() not in given] + list(headers)
        head = f"HTTP/1.1 {status} {reason}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
        self.send(head.encode("latin-1", "replace") + body)

    def reset(self) -> None:
        """Break the connection so that the client sees a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            socket.socket(fileno=self.sock.detach()).close()


Serve = t.Callable[[Exchange], None]


@dataclass
class Target:
    """Which requests are answered by the attack: those whose method and target match, after *skip* of them; or all after a write."""

    method: str = ""
    path: str = ""
    skip: int = 0
    after_write: bool = False

    def names(self, request: Request) -> bool:
        return re.fullmatch(self.method or ".*", request.method) is not None and bool(
            re.search(self.path, request.target, re.IGNORECASE)
        )


@dataclass
class Seen:
    """What a proxy saw of a run."""

    requests: list[Request] = field(default_factory=list)
    attacked: int = 0
    acknowledged: int = 0  #: writes before the attack: the service did them, and its answers passed unchanged
    done: int = 0  #: writes that the service did
    secrets: set[str] = field(default_factory=set)


#: POSTs that only look something up; all batches of ours hold reads alone.
_READING_POSTS = ("/$batch", "/getByIds")
_SIGN_IN = re.compile(r"/(login|logout|token|devicecode|renew)$|/oauth2/|/auth/approle/|/auth/token/", re.IGNORECASE)
_TOKENS = re.compile(rb'"(?:access_token|token|client_token|refreshToken|accessToken|id_token)"\s*:\s*"([^"]{12,})"')


class Proxy:
    """A listener before *upstream* (an origin). *tls*: the server context; None serves plain http."""

    def __init__(
        self,
        upstream: str,
        client: ssl.SSLContext,
        tls: ssl.SSLContext | None,
        target: Target,
        serve: Serve | None,
        on_accept: t.Callable[[socket.socket, Proxy], None] | None = None,
    ) -> None:
        self._upstream, self._client, self._tls = upstream, client, tls
        self._target, self._serve, self._on_accept = target, serve, on_accept
        self.seen, self.stopped, self._lock = Seen(), threading.Event(), threading.Lock()
        self._matched = 0
        self._open: set[socket.socket] = set()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        host = "localhost" if tls else "127.0.0.1"
        self.origin = f"{'https' if tls else 'http'}://{host}:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """No more connections; those that are open are broken."""
        self.stopped.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                sock, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def _connection(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open.add(sock)
        plain = sock
        try:
            if self._on_accept is not None:
                self.seen.attacked += 1
                self._on_accept(sock, self)
                return
            if self._tls is not None:
                sock.settimeout(ATTACK_ENDS_S)
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._open.add(sock)
            stream = sock.makefile("rb")
            while not self.stopped.is_set() and self._exchange(sock, stream):
                pass
        except (OSError, ValueError, http.client.HTTPException):
            pass
        finally:
            for item in (sock, plain):
                self._open.discard(item)
                with contextlib.suppress(OSError):
                    item.close()

    def _exchange(self, sock: socket.socket, stream: t.IO[bytes]) -> bool:
        request = _read(stream)
        if request is None:
            return False
        with self._lock:
            self.seen.requests.append(request)
            for name, value in request.headers:
                if name.lower() in ("authorization", "authtoken", "x-vault-token", "x-identity-header"):
                    self.seen.secrets.add(value.rpartition(" ")[2])
            attacked = self._serve is not None and self._is_meant(request)
            if attacked:
                self.seen.attacked += 1
        exchange = Exchange(self, sock, request)
        if attacked and self._serve is not None:
            self._serve(exchange)
            return False
        answer = self.relay(request)
        if answer.status < 300 and is_write(request) and not self.seen.attacked:
            self.seen.acknowledged += 1
        exchange.answer(answer.status, answer.body, [*answer.headers, ("Connection", "keep-alive")])
        return True

    def _is_meant(self, request: Request) -> bool:
        if not self._target.names(request) or (self._target.after_write and not self.seen.acknowledged):
            return False
        self._matched += 1
        return self._matched > self._target.skip

    def relay(self, request: Request) -> Answer:
        """Ask the service behind."""
        host = self._upstream.partition("://")[2]
        headers = {name: value for name, value in request.headers if name.lower() not in _NOT_RELAYED}
        if self._upstream.startswith("https"):
            link: http.client.HTTPConnection = http.client.HTTPSConnection(host, context=self._client, timeout=60)
        else:
            link = http.client.HTTPConnection(host, timeout=60)
        with contextlib.closing(link):
            body = request.body.replace(self.origin.encode(), self._upstream.encode())
            link.request(request.method, request.target, body=body or None, headers=headers)
            response = link.getresponse()
            content = response.read().replace(self._upstream.encode(), self.origin.encode())
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in _NOT_RELAYED]
        with self._lock:
            self.seen.secrets.update(token.decode() for token in _TOKENS.findall(content))
            if response.status < 300 and is_write(request):
                self.seen.done += 1
        return Answer(response.status, kept, content)


def is_write(request: Request) -> bool:
    """Whether a request changes something: it neither signs in nor looks something up."""
    path = request.target.partition("?")[0]
    return request.method not in ("GET", "HEAD") and not _SIGN_IN.search(path) and not path.endswith(_READING_POSTS)


def _read(stream: t.IO[bytes]) -> Request | None:
    line = stream.readline(65536)
    if not line.strip():
        return None
    method, target, _version = line.decode("latin-1").split(" ", 2)
    headers: Headers = []
    while (line := stream.readline(65536)).strip():
        name, _colon, value = line.decode("latin-1").partition(":")
        headers.append((name.strip(), value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Request(method, target, headers, stream.read(length) if length else b"")


class Trap:
    """A listener that nobody may visit. It answers so that a visitor goes on, and keeps what was sent."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls, self.visits = tls, t.cast("list[str]", [])
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        host = "localhost" if tls else "127.0.0.1"
        self.port = self._socket.getsockname()[1]
        self.netloc = f"{host}:{self.port}"
        self.origin = f"{'https' if tls else 'http'}://{self.netloc}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _address = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(sock,), daemon=True).start()

    def _connection(self, sock: socket.socket) -> None:
        sock.settimeout(20)
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
            request = _read(sock.makefile("rb"))
            if request is None:
                return
            self.visits.append(request.text)
            body = b'{"access_token": "from-the-trap", "token_type": "Bearer", "expires_in": 3600, "value": [], "data": {}}'
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            sock.sendall(head.encode() + body)
        except (OSError, ValueError):
            self.visits.append("a connection that sent no request")
        finally:
            with contextlib.suppress(OSError):
                sock.close()
