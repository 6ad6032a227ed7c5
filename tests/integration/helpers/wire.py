# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire between runs and services: every request of a run is numbered there, and one of them meets a trouble.

A service that is simulated makes its own errors; what no simulator serves, and what no service decides, is made here.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import signal
import typing as t
from dataclasses import dataclass, field

import pytest
import requests
import urllib3
from cvops_simulator import Simulator
from cvops_simulator.core.clock import Clock as SiteClock
from cvops_simulator.core.faults import Fault

from .virtual_time import REQUEST_S

#: The sessions of the collection's transport.
_SESSION = "PlainSession"
_TIMEOUT_S = 60.0


class Killed(BaseException):
    """What ends a run as ``kill -9`` does: nothing of it is sent any more."""


@dataclass
class Trouble:
    """What request *number*, from 0, meets: a ``kind`` of KINDS. ``lasts``: so does every later one to the same service."""

    number: int
    kind: str
    lasts: bool = False
    service: str = ""


#: Answers and broken connections, as the simulator makes them.
FAULTS: dict[str, dict[str, t.Any]] = {
    "lost before": {"action": "drop_before"},
    "lost after": {"action": "drop_after"},
    "429": {"action": "status", "status": 429},
    "429 with a time": {"action": "status", "status": 429, "retry_after": 7},
    "500": {"action": "status", "status": 500},
    "500 after": {"action": "status_after", "status": 500},
    "503 after": {"action": "status_after", "status": 503, "retry_after": 1},
    "401": {"action": "status", "status": 401},
    "403": {"action": "status", "status": 403},
    "truncated": {"action": "truncated"},
    "empty": {"action": "empty"},
}
#: What clients alone see: no connection in time, no answer came in time, and an answer from before what was written meanwhile.
OTHERS = ("timeout before", "timeout after", "stale")
#: ``process``: by SIGKILL, in a process of its own.
KILLS = ("killed before", "killed after", "process killed before", "process killed after")
#: From there on, for as long as the run goes on.
LASTING = ("lost before", "429", "500", "403")


@dataclass
class Wire:
    """``sent``: method and address of every request since ``begin``; ``after_request``: called after each that no simulator has served."""

    site: Simulator
    monkeypatch: pytest.MonkeyPatch
    sent: list[tuple[str, str]] = field(default_factory=list)
    after_request: t.Callable[[str], None] = lambda when: None
    #: Called before each request: who takes turns waits there.
    gate: t.Callable[[], None] = lambda: None
    trouble: Trouble | None = None
    hits: int = 0
    #: Called at the request of a trouble of an own kind, before it is sent.
    act: t.Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self._first: dict[tuple[str, str], requests.Response] = {}
        self._is_dead = False
        self._services = {service.port: service.name for service in self.site.services_under_control}
        send, wire = requests.Session.send, self

        def watched(session: requests.Session, request: requests.PreparedRequest, **more: t.Any) -> requests.Response:
            if type(session).__name__ != _SESSION:
                return send(session, request, **more)
            return wire._pass(request, lambda: send(session, request, **more))

        self.monkeypatch.setattr(requests.Session, "send", watched)

    def begin(self, trouble: Trouble | None = None, act: t.Callable[[], None] | None = None) -> None:
        """Count from 0 again; *trouble* is what one request is to meet."""
        self.trouble, self.act, self.hits, self._is_dead = trouble, act, 0, False
        self.sent.clear()
        self._first.clear()

    def end(self) -> None:
        """Let everything pass."""
        self.begin()
        self.site.faults.clear()

    def _pass(self, request: requests.PreparedRequest, send: t.Callable[[], requests.Response]) -> requests.Response:
        if self._is_dead:
            raise Killed
        self.gate()
        SiteClock.advance(self.site.clock, REQUEST_S)  # not that of a watch, which would look twice at each
        number, trouble = len(self.sent), self.trouble
        place = (str(request.method), str(request.url))
        self.sent.append(place)
        service = self._services.get(int(urllib3.util.parse_url(place[1]).port or 0), "")
        is_hit = trouble is not None and (
            number == trouble.number or (trouble.lasts and number > trouble.number and service == trouble.service)
        )
        if trouble is None or not is_hit:
            return self._keep(place, service, send)
        trouble.service = trouble.service or service
        self.hits += 1
        return self._meet(trouble.kind, place, service, request, send)

    def _keep(self, place: tuple[str, str], service: str, send: t.Callable[[], requests.Response]) -> requests.Response:
        """Send, and remember the first answer to every question where a later one is to be stale."""
        reply = send()
        if self.trouble is not None and self.trouble.kind == "stale" and place[0] == "GET" and place not in self._first:
            content = reply.raw.read(decode_content=False)
            self._first[place] = reply
            reply._content = content
            reply = _build_reply(reply.request, reply.status_code, content, dict(reply.headers))
        if not service:
            self.after_request(f"{place[0]} {place[1]}")
        return reply

    def _meet(
        self,
        kind: str,
        place: tuple[str, str],
        service: str,
        request: requests.PreparedRequest,
        send: t.Callable[[], requests.Response],
    ) -> requests.Response:
        if kind in FAULTS:
            if service:
                self.site.faults.add(Fault(service, "*", "*", **FAULTS[kind]))
                return send()
            return self._break(FAULTS[kind], place, request, send)
        if kind == "timeout before":
            self.site.clock.advance(_TIMEOUT_S)
            raise requests.exceptions.ConnectTimeout("no connection in time")
        if kind == "timeout after":
            self._keep(place, service, send).close()
            self.site.clock.advance(_TIMEOUT_S)
            raise requests.exceptions.ReadTimeout("no answer came in time")
        if kind == "stale":
            first = self._first.get(place)
            if first is None:
                return self._keep(place, service, send)
            return _build_reply(request, first.status_code, first.content, dict(first.headers))
        if kind in KILLS:
            if kind.endswith("after"):
                self._keep(place, service, send)
            if kind.startswith("process"):
                os.kill(os.getpid(), signal.SIGKILL)
            self._is_dead = True
            raise Killed
        if self.act is not None:
            self.act()
        return self._keep(place, service, send)

    def _break(
        self,
        values: t.Mapping[str, t.Any],
        place: tuple[str, str],
        request: requests.PreparedRequest,
        send: t.Callable[[], requests.Response],
    ) -> requests.Response:
        """Do to a request to a real server what the simulator does with a fault of *values*."""
        action = values["action"]
        reply = None
        if action in ("drop_after", "status_after", "truncated"):
            reply = self._keep(place, "", send)
        if action.startswith("drop"):
            ended = http.client.RemoteDisconnected("Remote end closed connection without response")
            raise requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", ended))
        if reply is not None and action == "truncated":
            content = reply.raw.read(decode_content=False)
            return _build_reply(request, reply.status_code, content[: len(content) // 2], dict(reply.headers))
        if action == "empty":
            return _build_reply(request, 200, b"", {})
        headers = {"Content-Type": "application/json"}
        if "retry_after" in values:
            headers["Retry-After"] = str(values["retry_after"])
        body = json.dumps({"errors": ["a fault of the tests"]}).encode()
        return _build_reply(request, values["status"], body, headers)


def _build_reply(request: t.Any, status: int, content: bytes, headers: t.Mapping[str, str]) -> requests.Response:
    """Return an answer that streams *content*, as one from the wire does."""
    kept = {name: value for name, value in headers.items() if name.lower() != "transfer-encoding"}
    kept["Content-Length"] = str(len(content))
    raw = urllib3.HTTPResponse(io.BytesIO(content), headers=kept, status=status, preload_content=False)
    reply = requests.Response()
    reply.status_code, reply.raw, reply.request, reply.url = status, raw, request, str(request.url)
    reply.headers.update(kept)
    return reply
