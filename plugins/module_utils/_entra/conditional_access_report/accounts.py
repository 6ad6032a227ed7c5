# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Accounts for emergencies: who they are, whether they can sign in, and when they last did. Reads only."""

from __future__ import annotations

import datetime
import typing as t
from dataclasses import dataclass, field, replace

from ..._core.addresses import quote_segment
from ..._core.errors import ApiError
from ..._core.values import get_object, get_time
from ..batches import ReadRequest, Wire, read_in_batches
from ..client import GraphClient
from ..conditional_access.evaluation import SignIn
from ..conditional_access.names import NameResolver
from .rows import Unread

_MEMBER_NEEDS = ("GroupMember.Read.All", "Directory.Read.All")
_USER_NEEDS = ("User.Read.All",)
_ACTIVITY_NEEDS = ("AuditLog.Read.All together with User.Read.All",)
_SELECT = "id,displayName,userPrincipalName,accountEnabled,userType"
#: When somebody signed in, which Graph tells since December 2023, and when it was tried, with or without success.
_SUCCESS, _TRIES = "lastSuccessfulSignInDateTime", ("lastSignInDateTime", "lastNonInteractiveSignInDateTime")
_JUDGED = ("break_glass_not_excluded",)
_USED = ("break_glass_unused", "break_glass_used_last")


@dataclass(frozen=True)
class Account:
    """One account. None for what is not known. ``is_activity_known``: whether ``last_used`` of None means that no success is known."""

    object_id: str
    name: str
    is_enabled: bool | None = None
    is_guest: bool | None = None
    is_activity_known: bool = False
    last_used: datetime.datetime | None = None
    last_tried: datetime.datetime | None = None
    groups: frozenset[str] | None = None
    roles: frozenset[str] | None = None

    def build_sign_in(self) -> SignIn:
        """Return a sign-in of the account to anything, from anywhere."""
        return SignIn(self.name, self.object_id, False, self.groups, self.roles, self.is_guest)


@dataclass
class BreakGlass:
    """What is for emergencies. ``empty_groups``: names of groups without a user."""

    accounts: list[Account] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    empty_groups: list[str] = field(default_factory=list)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of accounts and groups."""
        return frozenset({*self.groups, *(account.object_id for account in self.accounts)})


def read_break_glass(
    graph: GraphClient,
    resolver: NameResolver,
    users: t.Mapping[str, str],
    groups: t.Mapping[str, str],
    roles: t.Sequence[str],
    unread: Unread,
) -> BreakGlass:
    """Return the accounts among *users* and in *groups* (names by id), sorted by name, with the *roles* that they hold of those."""
    found, named = BreakGlass(groups=dict(groups)), dict(users)
    for group, members in _list_members(graph, groups, unread).items():
        named.update(members)
        if not members:
            found.empty_groups.append(groups[group])
    accounts = _read_accounts(graph, named, unread)
    accounts = _add_groups(graph, accounts, unread)
    found.accounts = sorted(
        _add_roles(resolver, accounts, roles, unread), key=lambda account: (account.name, account.object_id)
    )
    return found


def _list_members(graph: GraphClient, groups: t.Mapping[str, str], unread: Unread) -> dict[str, dict[str, str]]:
    """Return the names of the users in each group, also in groups within it, by group and id."""
    params = {"$select": "id,displayName,userPrincipalName", "$top": "999"}
    order = sorted(groups)
    requests = [ReadRequest(f"/groups/{quote_segment(key)}/transitiveMembers", params) for key in order]
    try:
        answers = read_in_batches(graph, requests, intent="list who is for emergencies", needs=_MEMBER_NEEDS)
    except ApiError as exc:
        unread.note("members of the break-glass groups", exc, _MEMBER_NEEDS, [*_JUDGED, *_USED, "break_glass_disabled"])
        return {}
    return {
        key: {
            str(wire["id"]).lower(): str(wire.get("userPrincipalName") or wire.get("displayName") or wire["id"])
            for wire in rows
            if str(wire.get("@odata.type") or "").endswith(".user")
        }
        for key, rows in zip(order, t.cast("list[list[Wire]]", answers), strict=True)
    }


def _read_accounts(graph: GraphClient, named: t.Mapping[str, str], unread: Unread) -> list[Account]:
    """Return the accounts, with their last sign-in where that may be read."""
    if not named:
        return []
    try:
        return _read_users(graph, named, f"{_SELECT},signInActivity", _ACTIVITY_NEEDS)
    except ApiError as exc:
        unread.note("last sign-ins of the break-glass accounts", exc, _ACTIVITY_NEEDS, _USED)
    try:
        return _read_users(graph, named, _SELECT, _USER_NEEDS)
    except ApiError as exc:
        unread.note("break-glass accounts", exc, _USER_NEEDS, ["break_glass_disabled"])
        return [Account(object_id, name) for object_id, name in named.items()]


def _read_users(graph: GraphClient, named: t.Mapping[str, str], select: str, needs: t.Sequence[str]) -> list[Account]:
    order = sorted(named)
    requests = [ReadRequest(f"/users/{quote_segment(key)}", {"$select": select}, is_list=False) for key in order]
    answers = read_in_batches(graph, requests, intent="read the break-glass accounts", needs=needs)
    return [
        _read_account(key, named[key], t.cast("Wire | None", wire), "signInActivity" in select)
        for key, wire in zip(order, answers, strict=True)
    ]


def _read_account(object_id: str, name: str, wire: Wire | None, with_activity: bool) -> Account:
    if wire is None:
        return Account(object_id, name)
    activity = get_object(wire, "signInActivity")
    tries = [moment for member in _TRIES for moment in [get_time(activity, member)] if moment is not None]
    enabled, kind = wire.get("accountEnabled"), wire.get("userType")
    return Account(
        object_id,
        str(wire.get("userPrincipalName") or name),
        enabled if isinstance(enabled, bool) else None,
        None if kind is None else kind != "Member",
        with_activity,
        get_time(activity, _SUCCESS),
        max(tries) if tries else None,
    )


def _add_groups(graph: GraphClient, accounts: t.Sequence[Account], unread: Unread) -> list[Account]:
    requests = [
        ReadRequest(f"/users/{quote_segment(account.object_id)}/transitiveMemberOf", {"$select": "id", "$top": "999"})
        for account in accounts
    ]
    try:
        answers = read_in_batches(
            graph, requests, intent="list the groups of break-glass accounts", needs=_MEMBER_NEEDS
        )
    except ApiError as exc:
        unread.note("groups of the break-glass accounts", exc, _MEMBER_NEEDS, _JUDGED)
        return list(accounts)
    return [
        replace(account, groups=frozenset(str(wire["id"]).lower() for wire in rows))
        for account, rows in zip(accounts, t.cast("list[list[Wire]]", answers), strict=True)
    ]


def _add_roles(
    resolver: NameResolver, accounts: t.Sequence[Account], roles: t.Sequence[str], unread: Unread
) -> list[Account]:
    """Add which of *roles*, by the ids of their templates, the accounts hold."""
    if not accounts:
        return []
    try:
        return [
            account
            if account.groups is None
            else replace(account, roles=resolver.find_held_roles(roles, {account.object_id, *account.groups}))
            for account in accounts
        ]
    except ApiError as exc:
        needs = ("RoleManagement.Read.Directory", "Directory.Read.All")
        unread.note("who holds directory roles", exc, needs, _JUDGED)
        return list(accounts)
