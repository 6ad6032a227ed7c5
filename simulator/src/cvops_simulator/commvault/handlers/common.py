# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of answers that several resources share, and the lookup of what requests refer to."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from cvops_simulator.commvault.envelopes import invalid, not_found
from cvops_simulator.commvault.model import COMMCELL, COMMCELL_ID, User, UserGroup
from cvops_simulator.commvault.routing import Call
from cvops_simulator.commvault.state import Records

NONE, OVERWRITE, ADD, DELETE = range(4)
_OPERATIONS = {"none": NONE, "overwrite": OVERWRITE, "update": ADD, "add": ADD, "delete": DELETE}
R = TypeVar("R", bound=Any)


def operation(call: Call, value: Any, default: int, v4: bool = False) -> int:
    """An operation type, as number or word. In V4 bodies numbers are refused when enumerations are strict."""
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise invalid(f"[{value}] is not an operation type")
    if isinstance(value, int) or value.isdigit():
        if v4 and call.service.switches.strict_enums:
            raise invalid(f"[{value}] is not a value of the enumeration")
        number = int(value)
        if number not in (NONE, OVERWRITE, ADD, DELETE):
            raise invalid(f"[{value}] is not an operation type")
        return number
    if value.lower() not in _OPERATIONS:
        raise invalid(f"[{value}] is not an operation type")
    return _OPERATIONS[value.lower()]


def apply_operation(kind: int, current: set[int], given: set[int]) -> set[int]:
    """OVERWRITE: exactly the given; ADD: union; DELETE: difference; NONE: untouched."""
    return {NONE: current, OVERWRITE: given, ADD: current | given, DELETE: current - given}[kind]


def on_off(call: Call, value: Any) -> str:
    """A switch of a V4 body: ON or OFF, or 1 or 0 where enumerations are tolerant."""
    if isinstance(value, str) and value.upper() in ("ON", "OFF"):
        return value.upper()
    if value in (0, 1) and not call.service.switches.strict_enums:
        return "ON" if value else "OFF"
    raise invalid(f"[{value}] is not a value of the enumeration")


def resolve(records: Records[R], data: Any, id_key: str, name_key: str, what: str) -> R:
    """The record that `{id, name}` names; the id wins over the name, names are compared without case."""
    if not isinstance(data, dict):
        raise invalid(f"The {what} is not an object")
    if data.get(id_key) not in (None, "", 0, "0"):
        try:
            record = records.get(int(data[id_key]))
        except (TypeError, ValueError):
            raise invalid(f"[{data[id_key]}] is not an id") from None
        if record is None:
            raise not_found(f"{what} with id [{data[id_key]}] does not exist")
        return record
    name = str(data.get(name_key) or "")
    found = records.named(name) if name else []
    if not found:
        raise not_found(f"{what} [{name}] does not exist")
    return found[0]


def existing(records: Records[R], call: Call, what: str) -> R:
    """The record of the path: an id, or `byName(userName='x')`, or a name where the API takes one."""
    text = call.params["id"]
    if text.lower().startswith("byname(") and "'" in text:
        found = records.named(text.split("'", 1)[1].rsplit("'", 1)[0])
        record = found[0] if found else None
    else:
        record = records.get(int(text)) if text.isdigit() else None
        if record is None and not text.isdigit():
            record = next(iter(records.named(text)), None)
    if record is None:
        raise not_found(f"{what} [{text}] does not exist")
    return record


def company_ref(call: Call, company_id: int) -> dict[str, Any]:
    """V4 company reference."""
    company = call.state.companies.get(company_id)
    return {"id": company_id, "name": company.name if company else "Commcell"}


def entity_info(call: Call, company_id: int) -> dict[str, Any]:
    """V1 company information."""
    company = call.state.companies.get(company_id)
    return {
        "companyId": company_id,
        "companyName": company.name if company else "Commcell",
        "multiCommcellName": call.state.name,
    }


def commcell_entity(call: Call) -> dict[str, Any]:
    """The CommCell as a V1 entity."""
    return {"commCellId": COMMCELL_ID, "commCellName": call.state.name, "_type_": COMMCELL}


def in_scope(call: Call, company_id: int) -> bool:
    """Whether lists show objects of a company: inside a company only its own."""
    return not call.caller.company_id or company_id == call.caller.company_id


def decode_secret(value: Any, what: str) -> str:
    """A base64 secret of a request."""
    try:
        return base64.b64decode(str(value or ""), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid(f"The {what} is not base64 text") from None


def new_guid() -> str:
    """A GUID as the product writes them."""
    return str(uuid.uuid4()).upper()


def member_groups(call: Call, user: User) -> list[UserGroup]:
    """Groups that a user is directly in."""
    return [group for group in call.state.groups if user.id in group.member_ids]


def records_of(rows: Any, convert: Callable[[dict[str, Any]], R]) -> list[R]:
    """Each entry of a list through `convert`; empty objects stand for "none" and are skipped."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise invalid("A list was expected")
    return [convert(row) for row in rows if row != {}]
