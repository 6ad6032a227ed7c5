# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The document of one CommCell, indexed. Pure."""

from __future__ import annotations

import functools
import re
import typing as t

from ..._commvault.catalogue import COMMCELL_LEVEL
from ..._commvault.overview.document import CommCellDocument
from ..._commvault.references import parse_id
from ..._commvault.security.grants import ENTITY_TYPES
from ..._core.names import fold_case
from .visibility import Visibility

Row = t.Mapping[str, t.Any]
#: How a list of names tells several users of one name apart.
_LABEL = re.compile(r".* \(id (\d+)\)", re.DOTALL)
#: Keys of the document with the holders of grants, by kind of principal.
HOLDERS = {"user": "users", "user_group": "user_groups", "external_group": "external_groups"}


class CommCellSide:
    """One CommCell as its document shows it."""

    def __init__(self, document: CommCellDocument) -> None:
        self.document: t.Mapping[str, t.Any] = document
        self.name = str(document["name"])
        self.visibility = Visibility(self.document)
        self.ended = str((self.document.get("provenance") or {}).get("ended") or "")
        self.date = self.ended[:10]
        self.principals = {kind: _index(self.document.get(key)) for kind, key in HOLDERS.items()}
        self.users, self.groups = self.principals["user"], self.principals["user_group"]
        self.roles = _index(self.document.get("roles"))
        listed = self.document.get("entities") or {}
        self.entities = {kind: _index(rows) for kind, rows in listed.items()}
        self.entities["company"] = _index(self.document.get("companies"))
        cell = self.document.get("commcell") or {}
        self.entities["commcell"] = {str(cell["id"]): cell} if cell.get("id") else {}
        self.permission_ids = {
            fold_case(str(row.get("name"))): str(row.get("id")) for row in self.document.get("permissions") or ()
        }
        self._lists_with_companies: dict[str, bool] = {}
        self._members: dict[tuple[str, str], set[str]] = {}
        for key, group in self.groups.items():
            self._members["user_group", key] = {self._find_member(str(one)) for one in group.get("members") or ()}
        for key, user in self.users.items():
            for group in user.get("groups") or ():
                if group.get("kind") in HOLDERS and group.get("id"):
                    self._members.setdefault((group["kind"], str(group["id"])), set()).add(key)

    def _find_member(self, member: str) -> str:
        """Return the id of a member. Some lists of the product have names in place of ids; what is a number is never taken for a name."""
        labelled = _LABEL.fullmatch(member)
        if labelled:
            return labelled.group(1)
        named = [] if parse_id(member) is not None else self._user_ids_by_name.get(member, [])
        return named[0] if len(named) == 1 else member

    @functools.cached_property
    def _user_ids_by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key, user in self.users.items():
            found.setdefault(str(user.get("name")), []).append(key)
        return found

    def list_member_ids(self, kind: str, group_id: str) -> list[str]:
        """Return the ids of the users that the CommCell has in a group, sorted."""
        return sorted(self._members.get((kind, group_id), ()))

    def list_groups_of(self, user_id: str) -> list[tuple[str, str]]:
        """Return kind and id of the groups that a user is in, sorted."""
        return self._groups_by_user.get(user_id, [])

    @functools.cached_property
    def _groups_by_user(self) -> dict[str, list[tuple[str, str]]]:
        found: dict[str, list[tuple[str, str]]] = {}
        for place, members in sorted(self._members.items()):
            for member in members:
                found.setdefault(member, []).append(place)
        return found

    def find_principal(self, kind: str, number: str) -> Row | None:
        """Return the user or group of a grant; None for one that no list has."""
        return self.principals.get(kind, {}).get(number)

    def find_company(self, kind: str, number: str) -> str | None:
        """Return the company of an entity, COMMCELL_LEVEL for one of the CommCell itself; None where the service does not show it."""
        row = self.entities.get(kind, {}).get(number)
        if kind == "commcell":
            return COMMCELL_LEVEL
        if row is None:
            return None
        return (
            str(row["name"]) if kind == "company" else self._read_company(f"entities.{kind}", row, self.entities[kind])
        )

    def find_company_of_role(self, role: Row) -> str | None:
        """Return the company of a role, as :meth:`find_company`."""
        return self._read_company("roles", role, self.roles)

    def find_company_of_principal(self, kind: str, number: str) -> str | None:
        """Return the company of a user or a group, as :meth:`find_company`."""
        row = self.find_principal(kind, number)
        return None if row is None else self._read_company(kind, row, self.principals[kind])

    def _read_company(self, name: str, row: Row, listed: t.Mapping[str, Row]) -> str | None:
        if row.get("company"):
            return str(row["company"])
        if name not in self._lists_with_companies:
            # As Catalogue does: where some objects of a list name a company, one that names none is of the CommCell.
            is_shown = any(one.get("company") for one in listed.values()) or not self._may_have_companies
            self._lists_with_companies[name] = is_shown
        return COMMCELL_LEVEL if self._lists_with_companies[name] else None

    @functools.cached_property
    def _may_have_companies(self) -> bool:
        return bool(self.entities["company"]) or not self.visibility.is_complete("companies")

    def is_listed(self, kind: str) -> bool:
        """Return whether the document certainly has all entities of a kind."""
        if kind == "commcell":
            return bool(self.entities["commcell"])
        return kind in ENTITY_TYPES and (
            self.visibility.is_complete("companies") if kind == "company" else self.visibility.is_kind_complete(kind)
        )


def _index(rows: t.Any) -> dict[str, Row]:
    return {str(row["id"]): row for row in rows or () if isinstance(row, t.Mapping) and row.get("id") is not None}
