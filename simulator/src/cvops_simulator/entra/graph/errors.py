# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of Graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class GraphError(Exception):
    """One refusal: HTTP status, code, message, optional `details` and headers; `reason`: what `innerError` tells."""

    status: int
    code: str
    message: str
    details: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    reason: str = ""


def bad_request(message: str, detail: str | None = None, target: str = "") -> GraphError:
    """Return 400 Request_BadRequest; `detail` is the PropertyErrorCode that the service adds in some cases."""
    details = [{"code": detail, "message": message, "target": target}] if detail else []
    return GraphError(400, "Request_BadRequest", message, details)


def invalid_value(name: str, resource: str) -> GraphError:
    """Return 400 for a value that a property does not take."""
    return bad_request(f"Invalid value specified for property '{name}' of resource '{resource}'.", "InvalidValue", name)


def not_found(key: str) -> GraphError:
    """Return 404, also what a replica says that does not know the object yet."""
    text = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", text)


def denied() -> GraphError:
    """Return 403 for missing permissions or ownership."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def malformed(reason: str) -> GraphError:
    """Return the refusal of conditional access, whose reason stands in `innerError.message` alone."""
    text = "The server could not process the request because it is malformed or incorrect."
    return GraphError(400, "BadRequest", text, reason=reason)


def missing_scopes() -> GraphError:
    """Return 403 for missing permissions as conditional access words it."""
    text = "You cannot perform the requested operation, required scopes are missing in the token."
    return GraphError(403, "AccessDenied", text)


def not_licensed() -> GraphError:
    """Return 403 for a feature of conditional access that the tenant has no licence for."""
    text = "Your tenant is not licensed for this feature. Please upgrade your subscription to access it."
    return GraphError(403, "AccessDenied", text)


def unsupported_query(message: str) -> GraphError:
    """Return 400 for query options that the resource does not take."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def make_error_body(error: GraphError, date: str, request_id: str, client_request_id: str) -> dict[str, Any]:
    """Return Graph's error document; `date` without offset, as the service writes it."""
    told = {"message": error.reason} if error.reason else {}
    inner = {**told, "date": date, "request-id": request_id, "client-request-id": client_request_id}
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.details:
        body["details"] = error.details
    return {"error": {**body, "innerError": inner}}
