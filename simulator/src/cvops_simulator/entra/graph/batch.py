# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON batching: up to 20 requests in one, with dependencies."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from typing import Any, Protocol

from starlette.responses import Response

from cvops_simulator.core.context import Context
from cvops_simulator.core.journal import Entry
from cvops_simulator.entra.graph.errors import GraphError
from cvops_simulator.entra.graph.messages import GraphRequest, GraphResponse, check_address, parse_query

_MAX_REQUESTS = 20


class Dispatcher(Protocol):
    """What runs the single requests of a batch: the Graph service, as far as batches need it."""

    name: str
    context: Context

    @property
    def root(self) -> str:
        """The version root."""

    def dispatch(self, request: GraphRequest) -> GraphResponse:
        """Answer one request. Raises GraphError."""

    def refusal(self, error: GraphError) -> GraphResponse:
        """Return an error as the answer of a single request."""

    def error_response(self, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """Return an injected status in Graph's error shape."""

    def is_read(self, method: str, path: str) -> bool:
        """Tell whether a request only reads."""


def run_batch(request: GraphRequest, service: Dispatcher) -> GraphResponse:
    """Run a batch. The answers come in another order than the requests, as the service's may."""
    items = _parse_items(request.body)
    statuses: dict[str, int] = {}
    answers = []
    for item in items:
        answer = _run_item(item, request, service, statuses)
        statuses[str(item["id"]).lower()] = answer["status"]
        answers.append(answer)
    return GraphResponse(200, {"responses": answers[::-1]})


def _make_error(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def _parse_items(body: Any) -> list[dict[str, Any]]:
    items = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise _make_error("Invalid batch payload format.")
    if len(items) > _MAX_REQUESTS:
        raise _make_error(f"Number of batch request steps exceeds the maximum value of {_MAX_REQUESTS}.")
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, dict) or not all(item.get(key) for key in ("id", "method", "url")):
            raise _make_error("Invalid batch payload format: id, method and url are required.")
        key = str(item["id"]).lower()
        if key in seen:
            raise _make_error(f"Request Id {item['id']} is not unique.")
        if any(str(other).lower() not in seen for other in item.get("dependsOn") or []):
            raise _make_error(f"Request {item['id']} depends on a request that does not precede it.")
        seen.add(key)
    return items


def _run_item(
    item: dict[str, Any], outer: GraphRequest, service: Dispatcher, statuses: dict[str, int]
) -> dict[str, Any]:
    waits = [statuses[str(other).lower()] for other in item.get("dependsOn") or []]
    if any(status >= 400 for status in waits):
        error = GraphError(424, "FailedDependency", "The request failed because a request it depends on failed.")
        return _render_item(item, service.refusal(error))
    inner = _make_inner_request(item, outer)
    answer = _apply_fault(inner, service)
    if answer is None:
        try:
            check_address(f"{service.root}{item['url']}", inner.query)
            answer = service.dispatch(inner)
        except GraphError as error:
            answer = service.refusal(error)
    _record(inner, answer, service)
    return _render_item(item, answer)


def _make_inner_request(item: dict[str, Any], outer: GraphRequest) -> GraphRequest:
    url = urllib.parse.urlsplit(str(item["url"]))
    path = urllib.parse.unquote(url.path)
    path = path[len("/v1.0") :] if path.startswith("/v1.0/") else path
    headers = {str(key).lower(): str(value) for key, value in (item.get("headers") or {}).items()}
    headers.setdefault("authorization", outer.headers.get("authorization", ""))
    method = str(item["method"]).upper()
    return GraphRequest(method, "/" + path.lstrip("/"), parse_query(url.query), headers, item.get("body"))


def _apply_fault(inner: GraphRequest, service: Dispatcher) -> GraphResponse | None:
    """Return the answer of a `status` fault that meets an inner request."""
    fault = service.context.faults.match(service.name, inner.method, f"/v1.0{inner.path}")
    if fault is None or fault.action != "status":
        return None
    if fault.body is not None:
        return GraphResponse(fault.status, fault.body)
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    response = service.error_response(fault.status, "A fault injected on request", headers)
    return GraphResponse(fault.status, json.loads(bytes(response.body)), headers)


def _record(inner: GraphRequest, answer: GraphResponse, service: Dispatcher) -> None:
    path = f"/v1.0{inner.path}"
    service.context.journal.add(
        Entry(
            service=service.name,
            method=inner.method,
            path=path,
            query=urllib.parse.urlencode(inner.query),
            status=answer.status,
            at=service.context.clock.now(),
            user_agent="$batch",
            request_id=str(uuid.uuid4()),
            read=service.is_read(inner.method, path),
        )
    )


def _render_item(item: dict[str, Any], answer: GraphResponse) -> dict[str, Any]:
    result: dict[str, Any] = {"id": item["id"], "status": answer.status, "headers": dict(answer.headers)}
    if answer.body is not None:
        result["headers"].setdefault("Content-Type", "application/json")
        result["body"] = answer.body
    return result
