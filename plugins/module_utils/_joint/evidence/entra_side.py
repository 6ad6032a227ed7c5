# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The Entra document, indexed: users by id and by name, groups with all who are in them through nested groups. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.names import fold_case
from ..._entra.overview.document import EntraDocument
from .visibility import Visibility

Row = t.Mapping[str, t.Any]
#: Of a deleted user, Entra ID puts the object id without hyphens before the user principal name.
_ID_DIGITS = 32


def fold_id(value: t.Any) -> str:
    """Return the form in which equal object ids are equal; empty for none."""
    return str(value).lower() if value else ""


@dataclass(frozen=True)
class Members:
    """Who is in a group. ``paths``: by user id, names of groups from the nearest one up to this one; ``unknown``: likewise, by the id of
    something that the document does not show. ``is_complete``: whether all groups on the way show their members.
    """

    paths: t.Mapping[str, tuple[str, ...]]
    unknown: t.Mapping[str, tuple[str, ...]]
    nested: tuple[str, ...]
    is_complete: bool


class EntraSide:
    """One tenant as the document shows it; without a document nothing is known of it."""

    def __init__(self, document: EntraDocument | None) -> None:
        self.document: t.Mapping[str, t.Any] = document or {}
        self.is_read = document is not None
        self.visibility = Visibility(self.document)
        self.date = str((self.document.get("provenance") or {}).get("ended") or "")[:10]
        self.users = _index(self.document.get("users"))
        self.groups = _index(self.document.get("groups"))
        self.deleted_users = _index(self.document.get("deleted_users"))
        self.deleted_groups = _index(self.document.get("deleted_groups"))
        self._others = _index(self.document.get("others")) | _index(self.document.get("service_principals"))
        self.by_name = _index_names(self.users)
        self.deleted_by_name = _index_names(self.deleted_users)
        self.addresses = {fold_case(str(user["mail"])) for user in self.users.values() if user.get("mail")}
        self.groups_by_name: dict[str, list[Row]] = {}
        self._parents: dict[str, list[str]] = {}
        for key, group in sorted(self.groups.items()):
            self.groups_by_name.setdefault(fold_case(str(group.get("displayName") or "")), []).append(group)
            for member in group.get("members") or ():
                self._parents.setdefault(fold_id(member), []).append(key)
        self._members: dict[str, Members] = {}
        self._ancestors: dict[str, frozenset[str]] = {}

    def name_object(self, object_id: str) -> str:
        """Return the user principal name of a user, the display name of what is no user; the id where the document has no name."""
        user = self.users.get(object_id)
        named = get_principal_name(user) if user else (self._others.get(object_id) or {}).get("displayName")
        return str(named or object_id)

    def is_outsider(self, object_id: str) -> bool:
        """Return whether this is a guest or no person; False where the document does not say what it is."""
        user = self.users.get(object_id)
        return fold_case(str(user.get("userType") or "")) == "guest" if user else object_id in self._others

    def list_members(self, group_id: str) -> Members:
        """Return everybody in a group and the groups nested in it, each by a shortest way; of equally short ones the first by names."""
        if group_id not in self._members:
            self._members[group_id] = self._walk(group_id)
        return self._members[group_id]

    def _walk(self, group_id: str) -> Members:
        users: dict[str, tuple[str, ...]] = {}
        unknown: dict[str, tuple[str, ...]] = {}
        seen, nested = {group_id}, list[str]()
        level: list[tuple[tuple[str, ...], str]] = [((_name(self.groups[group_id]),), group_id)]
        is_complete = self.visibility.is_complete("groups")
        while level:
            below: list[tuple[tuple[str, ...], str]] = []
            for path, key in sorted(level):
                members = self.groups[key].get("members")
                is_complete = is_complete and members is not None
                for member in sorted(fold_id(item) for item in members or ()):
                    if member in self.users:
                        users.setdefault(member, path)
                    elif member in self.groups:
                        if member not in seen:
                            seen.add(member)
                            nested.append(member)
                            below.append(((_name(self.groups[member]), *path), member))
                    elif member not in self._others:
                        unknown.setdefault(member, path)
            level = below
        return Members(users, unknown, tuple(nested), is_complete)

    def list_groups_of(self, user_id: str) -> frozenset[str]:
        """Return the ids of all groups of the document that a user is in, through nested groups as well."""
        found: set[str] = set()
        for key in self._parents.get(user_id, ()):
            found |= self.list_ancestors(key)
        return frozenset(found)

    def list_direct_groups(self, user_id: str) -> list[Row]:
        """Return the groups that have a user as a direct member, by id."""
        return [self.groups[key] for key in sorted(self._parents.get(user_id, ()))]

    def list_ancestors(self, group_id: str) -> frozenset[str]:
        """Return a group and all that it is nested in."""
        if group_id not in self._ancestors:
            found, waiting = {group_id}, [group_id]
            while waiting:
                for parent in self._parents.get(waiting.pop(), ()):
                    if parent not in found:
                        found.add(parent)
                        waiting.append(parent)
            self._ancestors[group_id] = frozenset(found)
        return self._ancestors[group_id]


def _index(rows: t.Any) -> dict[str, Row]:
    return {fold_id(row.get("id")): row for row in rows or () if isinstance(row, t.Mapping) and row.get("id")}


def _index_names(users: t.Mapping[str, Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for _key, user in sorted(users.items()):
        name = get_principal_name(user)
        if name:
            found.setdefault(fold_case(name), []).append(user)
    return found


def get_principal_name(user: Row) -> str:
    """Return the user principal name, of a deleted user the one that it had; empty where there is none."""
    name = str(user.get("userPrincipalName") or "")
    prefix = fold_id(user.get("id")).replace("-", "")
    is_deleted = len(prefix) == _ID_DIGITS and name[:_ID_DIGITS].lower() == prefix
    return name[_ID_DIGITS:] if is_deleted else name


def _name(group: Row) -> str:
    return str(group.get("displayName") or group.get("id") or "")
