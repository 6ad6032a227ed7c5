# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Error envelopes. An HTTP status alone proves nothing here: V1 answers 200 with an error inside."""

from __future__ import annotations

from typing import Any

#: Access denied: the one code that several clients know.
ACCESS_DENIED = 5
#: A credential of the name exists (observed on the sibling call for storage credentials).
CREDENTIAL_EXISTS = 587206339
# The remaining codes are invented: no source shows the real ones.
DUPLICATE = 587205848
NOT_FOUND = 587205849
INVALID = 587205850
MISSING_RIGHTS = 587205851
OTP_REQUIRED = 587205852
NOT_SUPPORTED = 587205853
IN_USE = 587205854
AWAITS_APPROVAL = 587205855


class ApiError(Exception):
    """An error answer. `envelope` None: the route's own. `status` None: 200 for V1 envelopes, 400 for G."""

    def __init__(self, code: int, message: str, status: int | None = None, envelope: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.envelope = envelope


def invalid(message: str) -> ApiError:
    """Return the error of a request that is wrong in itself."""
    return ApiError(INVALID, message)


def not_found(message: str) -> ApiError:
    """Return the error of an object that does not exist: 404 where the envelope has a status of its own."""
    return ApiError(NOT_FOUND, message, 404)


def make_error_body(envelope: str, code: int, message: str) -> dict[str, Any]:
    """Return the error object of an envelope letter: R (list), G (flat), E (error object), O (response object)."""
    if envelope == "R":
        row = {"errorCode": code, "errorString": message, "warningCode": 0, "warningMessage": ""}
        return {"response": [row]}
    if envelope == "E":
        return {
            "error": {"errorCode": code, "errorMessage": message, "errorString": message, "warningMessage": message}
        }
    if envelope == "O":
        return {"response": {"errorCode": code, "errorMessage": message}}
    return {"errorCode": code, "errorMessage": message}


def make_success_r(**entity: Any) -> dict[str, Any]:
    """Return the R envelope of a success; `entity` is added when given."""
    row: dict[str, Any] = {"errorString": "", "errorCode": 0, "warningCode": 0, "warningMessage": ""}
    if entity:
        row["entity"] = entity
    return {"response": [row]}


def make_success_g() -> dict[str, Any]:
    """Return the G envelope of a success."""
    return {"errorCode": 0, "errorMessage": ""}


def make_success_e(**more: Any) -> dict[str, Any]:
    """Return the E envelope of a success."""
    return {**more, "error": {"errorCode": 0, "errorMessage": "", "errorString": "", "warningMessage": ""}}
