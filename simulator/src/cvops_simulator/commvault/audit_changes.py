# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request has changed on a CommCell, in the words of the audit trail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cvops_simulator.commvault.audit_trail import CRITICAL, HIGH, LOW, MEDIUM, clean_text
from cvops_simulator.commvault.model import (
    ALL_OF_KIND,
    EXPLICIT,
    EXTERNAL_GROUP,
    OWNER,
    TYPE_NAMES,
    USER,
    USER_GROUP,
    Grant,
    User,
    UserGroup,
)
from cvops_simulator.commvault.state import Records, State
from cvops_simulator.commvault.tokens import TokenStore


class Change(NamedTuple):
    """One entry to write."""

    severity: str
    operation: str
    details: str
    company_id: int = 0


class _Table(NamedTuple):
    """One kind of object. `noun`: as the trail calls it. `quiet`: what changes without being told."""

    name: str
    noun: str
    quiet: frozenset[str] = frozenset()


_TABLES = (
    _Table("users", "User", frozenset({"failed_logins", "locked_until", "last_login"})),
    _Table("groups", "User Group"),
    _Table("roles", "Role"),
    _Table("companies", "Company"),
    _Table("credentials", "Credential"),
    _Table("apps", "Identity App"),
)
_TOKENS = _Table("tokens", "Access Token", frozenset({"access", "refresh", "expires", "spent"}))
_APP_NOUNS = {2: "SAML App", 5: "OpenID Connect App"}
#: Members whose values are never told, only that they changed.
_SECRET = frozenset({"password", "secrets"})
#: Members with ids: what the trail calls them, and where their names are.
_MEMBERS = {
    "member_ids": ("Members", "users"),
    "external_group_ids": ("External groups", "groups"),
    "local_group_ids": ("Local groups", "groups"),
    "permission_ids": ("Permissions", "permissions"),
    "category_ids": ("Categories", "categories"),
}
_TYPES = {number: name for name, number in TYPE_NAMES.items()}
#: Requests below these change no user; comparing thousands of them takes time.
_WITHOUT_USERS = frozenset({"security", "usergroup", "role", "credential", "credentials", "accesstoken"})

Row = dict[str, Any]
Namer = Callable[[str, int], str]


@dataclass(frozen=True)
class Snapshot:
    """What was there before a request: members of all objects by table and id, grants, two-factor setting."""

    rows: dict[str, dict[int, Row]]
    grants: frozenset[Grant]
    two_factor: str


def may_change_users(segments: list[str]) -> bool:
    """Tell whether a request to this path may change users."""
    return not _WITHOUT_USERS & {segment.lower() for segment in segments[:2]}


def take_snapshot(state: State, tokens: TokenStore, with_users: bool = True) -> Snapshot:
    """Return what is there now."""
    tables = [table for table in _TABLES if with_users or table.name != "users"]
    rows = {table.name: {one.id: _freeze(one) for one in getattr(state, table.name)} for table in tables}
    rows[_TOKENS.name] = {token.id: _freeze(token) for token in tokens.list_all()}
    return Snapshot(rows, frozenset(state.grants), json.dumps(state.two_factor, sort_keys=True))


def _freeze(record: object) -> Row:
    """Return the members of a record: sets frozen, lists and objects as a tuple with their JSON text."""
    return {
        name: frozenset(value)
        if isinstance(value, set)
        else (json.dumps(value, sort_keys=True),)
        if isinstance(value, (dict, list))
        else value
        for name, value in vars(record).items()
    }


def list_changes(before: Snapshot, state: State, tokens: TokenStore) -> Iterator[Change]:
    """Yield what is not as it was, objects before associations."""
    after = take_snapshot(state, tokens, "users" in before.rows)

    def find_name(table: str, number: int) -> str:
        """Return the name of an object, also of one that is gone; its number where none is known."""
        if table == "permissions":
            return state.catalogue.get_name(number)
        if table == "categories":
            category = state.catalogue.category_by_id.get(number)
            return category.name if category is not None else str(number)
        records: Records[User] | Records[UserGroup] = state.users if table == "users" else state.groups
        record, row = records.get(number), before.rows.get(table, {}).get(number, {})
        return clean_text(record.name if record is not None else str(row.get("name", number)))

    for table in (*_TABLES, _TOKENS):
        if table.name in before.rows:
            yield from _compare_table(table, before.rows[table.name], after.rows[table.name], find_name)
    yield from _compare_grants(before, after, state)
    if before.two_factor != after.two_factor:
        yield Change(HIGH, "Modify CommCell Properties", "CommCell\nChanged: [Two-factor authentication]")


def _compare_table(table: _Table, before: dict[int, Row], after: dict[int, Row], find_name: Namer) -> Iterator[Change]:
    for number in [*before, *(number for number in after if number not in before)]:
        old, new = before.get(number), after.get(number)
        row = new or old or {}
        noun, company = _name_kind(table, row), int(row.get("company_id", 0))
        head = f"{noun} [{clean_text(str((old or row)['name']))}]"
        if old is None:
            lines = [*_describe_owner(table, row, find_name), *_describe_members(row, find_name)]
            yield Change(LOW, f"Add {noun}", "\n".join([head, *lines]), company)
        elif new is None:
            severity = CRITICAL if table.name == "companies" else HIGH
            yield Change(severity, f"Delete {noun}", head, company)
        elif changed := [key for key in new if new[key] != old[key] and key not in table.quiet]:
            lines = [line for key in changed for line in _describe_property(key, old, new, find_name)]
            yield Change(MEDIUM, f"Modify {noun}", "\n".join([head, *lines]), company)


def _name_kind(table: _Table, row: Row) -> str:
    return _APP_NOUNS.get(row["type"], table.noun) if table.name == "apps" else table.noun


def _describe_owner(table: _Table, row: Row, find_name: Namer) -> list[str]:
    return [f"Owner: [{find_name('users', row['user_id'])}]"] if table is _TOKENS else []


def _describe_members(new: Row, find_name: Namer) -> Iterator[str]:
    for key in _MEMBERS:
        if key in new:
            yield from _describe_property(key, {key: frozenset()}, new, find_name)


def _describe_property(key: str, old: Row, new: Row, find_name: Namer) -> Iterator[str]:
    """Yield lines for one member that is not as it was."""
    if key in _MEMBERS:
        label, table = _MEMBERS[key]
        for word, numbers in (("added", new[key] - old[key]), ("removed", old[key] - new[key])):
            listed = ", ".join(f"[{find_name(table, number)}]" for number in sorted(numbers))
            if listed:
                yield f"{label} {word}: {listed}"
        return
    label = key.replace("_", " ").capitalize()
    if key in _SECRET or isinstance(new[key], tuple):
        yield f"Changed: [{label}]"
    else:
        yield f"{label}: Old value [{_show(old[key])}], New value [{_show(new[key])}]"


def _show(value: Any) -> str:
    """Return a value in words that do not depend on Python."""
    return (
        {True: "Yes", False: "No"}[value]
        if isinstance(value, bool)
        else clean_text("" if value is None else str(value))
    )


def _compare_grants(before: Snapshot, after: Snapshot, state: State) -> Iterator[Change]:
    """Yield associations and owners that came and went; not those that went with their user, group or role."""
    gone = [grant for grant in before.grants - after.grants if _has_ends(grant, state)]
    come = after.grants - before.grants
    for verb, grants in (("Delete", gone), ("Add", come)):
        for grant in sorted(grants, key=_get_order):
            if grant.kind in (EXPLICIT, OWNER):
                what = "Owner" if grant.kind == OWNER else "Security Association"
                severity = HIGH if verb == "Delete" else MEDIUM
                yield Change(severity, f"{verb} {what}", _describe_grant(grant, state))


def _get_order(grant: Grant) -> tuple[Any, ...]:
    return (*grant.principal, *grant.entity, grant.role_id or 0, grant.kind, sorted(grant.permission_ids))


def _has_ends(grant: Grant, state: State) -> bool:
    holders = state.users if grant.principal_kind == USER else state.groups
    return holders.get(grant.principal_id) is not None and (
        grant.role_id is None or state.roles.get(grant.role_id) is not None
    )


def _describe_grant(grant: Grant, state: State) -> str:
    nouns = {USER: "User", USER_GROUP: "User Group", EXTERNAL_GROUP: "External User Group"}
    holder = (state.users if grant.principal_kind == USER else state.groups).get(grant.principal_id)
    role = state.roles.get(grant.role_id or 0)
    entity = "all" if grant.entity_id == ALL_OF_KIND else state.entity_name(*grant.entity) or str(grant.entity_id)
    lines = [f"{nouns[grant.principal_kind]} [{clean_text(holder.name if holder else '')}]"]
    lines.append(f"Role: [{clean_text(role.name)}]" if role else f"Permissions: [{len(grant.permission_ids)}]")
    return "\n".join(
        [*lines, f"Entity: [{_TYPES.get(grant.entity_type, str(grant.entity_type))}] [{clean_text(entity)}]"]
    )
