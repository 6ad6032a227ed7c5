# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The middleware around every service: journal, latency, quota and faults."""

from __future__ import annotations

import asyncio
import re
import uuid
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from cvops_simulator.core.faults import ACTING, Fault
from cvops_simulator.core.journal import Entry

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from cvops_simulator.core.service import Service

_HTML = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_GARBAGE = "<<<this is not JSON"


@dataclass(frozen=True)
class _Outcome:
    """What goes out: messages to send, or none when the connection is closed."""

    status: int
    messages: list[Message]
    fault: str | None = None


class Middleware:
    """ASGI application that wraps one service."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request and record it in the journal."""
        if scope["type"] != "http" or not self.service.uses_middleware:
            await self.service.app(scope, receive, send)
            return
        request_id = str(uuid.uuid4())
        scope = {**scope, "path": re.sub("/{2,}", "/", scope["path"])}
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        body = await _read_body(receive)
        outcome = await self._handle(scope, body)
        self._record(scope, body, outcome, request_id)
        if not outcome.messages:
            await _close(scope, receive)
        for message in _add_date(outcome.messages, self.service.context.clock.now()):
            await send(message)

    async def _handle(self, scope: Scope, body: bytes) -> _Outcome:
        service, context = self.service, self.service.context
        method, path = scope["method"], scope["path"]
        if delay := context.delay(service.name):
            await asyncio.sleep(delay)
        fault = context.faults.match(service.name, method, path)
        if fault and fault.action not in ACTING:
            return await self._refuse(fault, scope, body)
        quota = context.quotas.take(service.name, service.reads_only(method, path, body), context.clock.now())
        if quota.refused:
            return await _render(service.error_response(429, "Too many requests", quota.headers), scope, body)
        if fault and fault.action == "slow":
            await fault.wait()
        outcome = await _run(service.app, scope, body, quota.headers)
        if fault and fault.action == "drop_after":
            return _Outcome(0, [], fault.action)
        if fault and fault.action == "status_after":
            return await self._refuse(fault, scope, body)
        if fault and fault.action == "truncated":
            outcome = replace(outcome, messages=_halve(outcome.messages))
        return replace(outcome, fault=fault.action if fault else None)

    async def _refuse(self, fault: Fault, scope: Scope, body: bytes) -> _Outcome:
        """Return the answer of a fault that keeps the request from the service."""
        if fault.action == "drop_before":
            return _Outcome(0, [], fault.action)
        return replace(await _render(self._answer(fault), scope, body), fault=fault.action)

    def _answer(self, fault: Fault) -> Response:
        headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
        if fault.action == "html":
            return HTMLResponse(_HTML.format(title=f"{fault.status} Server Error"), fault.status, headers)
        if fault.action == "empty":
            return Response(status_code=200, headers=headers)
        if fault.action == "garbage":
            return PlainTextResponse(_GARBAGE, 200, {**headers, "Content-Type": "application/json"})
        if isinstance(fault.body, str):
            return PlainTextResponse(fault.body, fault.status, headers)
        if fault.body is not None:
            return JSONResponse(fault.body, fault.status, headers)
        return self.service.error_response(fault.status, "A fault injected on request", headers)

    def _record(self, scope: Scope, body: bytes, outcome: _Outcome, request_id: str) -> None:
        method, path = scope["method"], scope["path"]
        agent = next((value for key, value in scope["headers"] if key == b"user-agent"), b"")
        self.service.context.journal.add(
            Entry(
                service=self.service.name,
                method=method,
                path=path,
                query=scope["query_string"].decode("latin-1"),
                status=outcome.status,
                at=self.service.context.clock.now(),
                user_agent=agent.decode("latin-1"),
                request_id=request_id,
                read=self.service.reads_only(method, path, body),
                fault=outcome.fault,
            )
        )


async def _read_body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _run(app: Any, scope: Scope, body: bytes, headers: dict[str, str]) -> _Outcome:
    """Let the application answer, keep the messages, add `headers` to them."""
    messages: list[Message] = []
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start = messages[0]
    extra = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    messages[0] = {**start, "headers": [*start.get("headers", []), *extra]}
    return _Outcome(start["status"], messages)


def _halve(messages: list[Message]) -> list[Message]:
    """Return an answer with the first half of its body, whose length the headers tell."""
    whole = b"".join(message.get("body", b"") for message in messages[1:])
    half = whole[: len(whole) // 2]
    headers = [(key, value) for key, value in messages[0].get("headers", []) if key.lower() != b"content-length"]
    start = {**messages[0], "headers": [*headers, (b"content-length", str(len(half)).encode())]}
    return [start, {"type": "http.response.body", "body": half}]


def _add_date(messages: list[Message], now: float) -> list[Message]:
    """Return an answer with the time by the service's clock, which tests may push forward."""
    if not messages:
        return []
    date = (b"date", formatdate(now, usegmt=True).encode())
    return [{**messages[0], "headers": [*messages[0].get("headers", []), date]}, *messages[1:]]


async def _render(response: Response, scope: Scope, body: bytes) -> _Outcome:
    return await _run(response, scope, body, {})


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer, and wait until the server has noticed."""
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        continue
