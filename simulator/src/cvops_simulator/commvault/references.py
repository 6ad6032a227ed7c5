# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that requests refer to, and the references to records that answers of several resources hold."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from cvops_simulator.commvault.envelopes import invalid, not_found
from cvops_simulator.commvault.model import User, UserGroup
from cvops_simulator.commvault.routing import Call
from cvops_simulator.commvault.state import Records

R = TypeVar("R", bound=Any)


def resolve_record(records: Records[R], data: Any, id_key: str, name_key: str, what: str) -> R:
    """Return the record that `{id, name}` names; the id wins over the name, names are compared without case."""
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


def find_addressed(records: Records[R], call: Call, what: str) -> R:
    """Return the record of the path: an id, or `byName(userName='x')`, or a name where the API takes one."""
    text = call.params["id"]
    if text.lower().startswith("byname(") and "'" in text:
        found = records.named(text.split("'", 1)[1].rsplit("'", 1)[0])
        own = [one for one in found if getattr(one, "company_id", 0) == call.caller.company_id]
        record = next(iter(own or found), None)
    else:
        record = records.get(int(text)) if text.isdigit() else None
        if record is None and not text.isdigit():
            record = next(iter(records.named(text)), None)
    if record is None:
        raise not_found(f"{what} [{text}] does not exist")
    return record


def make_company_reference(call: Call, company_id: int) -> dict[str, Any]:
    """Return a company as V4 answers refer to it."""
    company = call.state.companies.get(company_id)
    return {"id": company_id, "name": company.name if company else "Commcell"}


def make_entity_info(call: Call, company_id: int) -> dict[str, Any]:
    """Return a company as V1 answers refer to it."""
    company = call.state.companies.get(company_id)
    return {
        "companyId": company_id,
        "companyName": company.name if company else "Commcell",
        "multiCommcellName": call.state.name,
    }


def is_in_scope(call: Call, company_id: int) -> bool:
    """Tell whether lists show objects of a company: inside a company only its own."""
    return not call.caller.company_id or company_id == call.caller.company_id


def make_guid() -> str:
    """Return a GUID as the product writes them."""
    return str(uuid.uuid4()).upper()


def list_member_groups(call: Call, user: User) -> list[UserGroup]:
    """Return groups that a user is directly in."""
    return [group for group in call.state.groups if user.id in group.member_ids]
