# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of request bodies that several resources share: operation types, ON and OFF, secrets, lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

from cvops_simulator.commvault.envelopes import invalid
from cvops_simulator.commvault.routing import Call

NONE, OVERWRITE, ADD, DELETE = range(4)
_OPERATIONS = {"none": NONE, "overwrite": OVERWRITE, "update": ADD, "add": ADD, "delete": DELETE}
R = TypeVar("R")


def parse_operation(call: Call, value: Any, default: int, v4: bool = False) -> int:
    """Return an operation type, given as number or word.

    V4 bodies may not hold numbers when enumerations are strict.
    """
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise invalid(f"[{value}] is not an operation type")
    if isinstance(value, int) or value.isdigit():
        if v4 and call.cell.behaviours.strict_enums:
            raise invalid(f"[{value}] is not a value of the enumeration")
        number = int(value)
        if number not in (NONE, OVERWRITE, ADD, DELETE):
            raise invalid(f"[{value}] is not an operation type")
        return number
    if value.lower() not in _OPERATIONS:
        raise invalid(f"[{value}] is not an operation type")
    return _OPERATIONS[value.lower()]


def apply_operation(kind: int, current: set[int], given: set[int]) -> set[int]:
    """Return the ids after an operation.

    OVERWRITE: exactly the given; ADD: union; DELETE: difference; NONE: untouched.
    """
    return {NONE: current, OVERWRITE: given, ADD: current | given, DELETE: current - given}[kind]


def parse_on_off(call: Call, value: Any) -> str:
    """Return the ON or OFF of a V4 body, which may be 1 or 0 where enumerations are tolerant."""
    if isinstance(value, str) and value.upper() in ("ON", "OFF"):
        return value.upper()
    if value in (0, 1) and not call.cell.behaviours.strict_enums:
        return "ON" if value else "OFF"
    raise invalid(f"[{value}] is not a value of the enumeration")


def decode_secret(value: Any, what: str) -> str:
    """Return the text of a base64 secret of a request."""
    try:
        return base64.b64decode(str(value or ""), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid(f"The {what} is not base64 text") from None


def convert_rows(rows: Any, convert: Callable[[dict[str, Any]], R]) -> list[R]:
    """Return each entry of a list through `convert`; empty objects stand for "none" and are skipped."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise invalid("A list was expected")
    return [convert(row) for row in rows if row != {}]
