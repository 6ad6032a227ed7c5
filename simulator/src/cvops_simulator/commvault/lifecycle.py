# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles, users and groups have in common behind their V1 and V4 routes: checks, removal, transfer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cvops_simulator.commvault.envelopes import AWAITS_APPROVAL, DUPLICATE, ApiError, invalid, not_found
from cvops_simulator.commvault.model import COMPANY, CREATOR, OWNER, ROLE, USER, Grant, Role, User, UserGroup
from cvops_simulator.commvault.references import find_addressed
from cvops_simulator.commvault.rights import MASTER_GROUP, MASTER_ROLE
from cvops_simulator.commvault.routing import Call
from cvops_simulator.core.names import fold_case


def check_name(value: Any, what: str) -> str:
    """Return the name of a new or renamed object. Refuses an empty or too long one."""
    name = str(value or "")
    if not name.strip():
        raise invalid(f"The {what} name is missing")
    if len(name) > 255:
        raise invalid(f"The {what} name is too long")
    return name


def require_unique_role(call: Call, name: str, company_id: int, but: int = 0) -> None:
    """Refuse a name that another role of the company has."""
    if any(role.company_id == company_id and role.id != but for role in call.state.roles.named(name)):
        raise ApiError(DUPLICATE, f"Role [{name}] already exists")


def require_unique_group(call: Call, name: str, company_id: int, but: int = 0) -> None:
    """Refuse a name that another group of the company has."""
    if any(group.company_id == company_id and group.id != but for group in call.state.groups.named(name)):
        raise ApiError(DUPLICATE, f"User group [{name}] already exists")


def require_unique_user(call: Call, name: str, company_id: int, but: int = 0) -> None:
    """Refuse a name that another user of the company has."""
    if any(user.company_id == company_id and user.id != but for user in call.state.users.named(name)):
        raise ApiError(DUPLICATE, f"User [{name}] already exists")


def find_approval_answer(call: Call, how: str, write: Callable[[], None]) -> dict[str, Any] | None:
    """Return the answer to *write*, which waits for an approval and does nothing yet; None where none is asked for.

    *how*: a value of APPROVALS. Raises the error by which it may be told. No source shows what the product answers.
    """
    if how:
        call.cell.waiting_writes.append(write)
    text = "The request has been submitted for approval."
    if how == "code":
        raise ApiError(AWAITS_APPROVAL, text)
    return {"errorCode": 0, "errorMessage": text if how == "text" else ""} if how else None


def find_user(call: Call) -> User:
    """Return the user of the path; one that waits for its approval may be hidden."""
    user = find_addressed(call.state.users, call, "User")
    if not user.approved and call.cell.behaviours.hide_pending_accounts:
        raise not_found(f"User [{call.params['id']}] does not exist")
    return user


def find_domain(call: Call, name: str) -> str:
    """Return the directory of a new user, from its name; empty for a local one, which may have its company in front."""
    domain, separator, _short = name.partition("\\")
    is_company = any(fold_case(domain) in (fold_case(one.name), fold_case(one.alias)) for one in call.state.companies)
    return domain if separator and not is_company else ""


def check_validation_password(call: Call, user: User, proof: str) -> None:
    """Refuse to change the password of a user without the right other one: that of the caller, or the old one."""
    prover = user if call.cell.behaviours.validation_password == "user" else call.caller.user
    if prover.password is None or proof != prover.password:
        raise invalid("The validation password is not correct")


def add_creator_grant(call: Call, entity_type: int, entity_id: int) -> None:
    """Give the creator of an object a grant on it, unless everything is theirs anyway."""
    if not call.caller.rights.master:
        call.state.grants.add(Grant(USER, call.caller.user.id, MASTER_ROLE, entity_type, entity_id, kind=CREATOR))


def remove_role(call: Call, role: Role) -> None:
    """Delete a role and the grants that use it."""
    if role.system:
        raise invalid(f"Role [{role.name}] is built in and cannot be deleted")
    for grant in call.state.grants:
        if grant.role_id == role.id or grant.entity == (ROLE, role.id):
            call.state.grants.remove(grant)
    call.state.roles.remove(role)


def remove_user(call: Call, user: User) -> None:
    """Delete a user; what it owns goes to the new owner that the request names, if any."""
    if user.id == 1:
        raise invalid("User [admin] cannot be deleted")
    _transfer_ownership(call, (USER, user.id))
    for group in call.state.groups:
        group.member_ids.discard(user.id)
    for token in call.cell.sessions.store.of_user(user.id):
        call.cell.sessions.store.delete(token)
    call.state.users.remove(user)


def remove_group(call: Call, group: UserGroup) -> None:
    """Delete a user group; what it owns goes to the new owner that the request names, if any."""
    if group.system or group.id == MASTER_GROUP:
        raise invalid(f"User group [{group.name}] is built in and cannot be deleted")
    _transfer_ownership(call, (group.kind, group.id))
    for other in call.state.groups:
        other.external_group_ids.discard(group.id)
        other.local_group_ids.discard(group.id)
    call.state.groups.remove(group)


def _find_new_owner(call: Call) -> tuple[int, int] | None:
    """Return who gets what the deleted principal owned.

    Both spellings of the parameters are honoured, 0 means nobody.
    """
    query = call.query
    user_id = query.get("newuserid") or query.get("transfertouser") or "0"
    group_id = query.get("newusergroupid") or query.get("transfertousergroup") or "0"
    if user_id.isdigit() and int(user_id):
        if call.state.users.get(int(user_id)) is None:
            raise not_found(f"User [{user_id}] does not exist")
        return USER, int(user_id)
    if group_id.isdigit() and int(group_id):
        group = call.state.groups.get(int(group_id))
        if group is None:
            raise not_found(f"User group [{group_id}] does not exist")
        return group.kind, group.id
    return None


def _transfer_ownership(call: Call, principal: tuple[int, int]) -> None:
    new_owner = _find_new_owner(call)
    for grant in call.state.grants.of_principal(*principal):
        call.state.grants.remove(grant)
        if new_owner is not None and grant.kind in (OWNER, CREATOR):
            call.state.grants.add(replace(grant, principal_kind=new_owner[0], principal_id=new_owner[1]))
    for credential in call.state.credentials:
        if credential.owner == principal:
            credential.owner = new_owner or (USER, 1)


def choose_company(call: Call, data: dict[str, Any]) -> int:
    """Return the company of an object to be created: named in the body, or the one the caller acts in."""
    block = data.get("company")
    wanted = int(block.get("id") or 0) if isinstance(block, dict) else 0
    company_id = wanted or call.caller.company_id
    if company_id and not call.state.entity_exists(COMPANY, company_id):
        raise not_found(f"Company [{company_id}] does not exist")
    return company_id
