# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The associations and owners of a document as grants."""

from __future__ import annotations

from cvops_simulator.commvault.model import (
    ALL_OF_KIND,
    CLIENT,
    CLIENT_GROUP,
    COMMCELL,
    COMMCELL_ID,
    COMPANY,
    CREATOR,
    CREDENTIAL,
    EXPLICIT,
    EXTERNAL_GROUP,
    INHERITED,
    OWNER,
    PLAN,
    ROLE,
    STORAGE_POOL,
    USER,
    USER_GROUP,
    WORKFLOW,
    CommCellSeed,
    Grant,
)
from cvops_simulator.snapshots.files import Document
from cvops_simulator.snapshots.notes import Notes

#: Kinds of entities as documents have them; further ones are `type:NUMBER`.
ENTITY_TYPES = {
    "commcell": COMMCELL,
    "company": COMPANY,
    "servers": CLIENT,
    "server_groups": CLIENT_GROUP,
    "plans": PLAN,
    "storage_pools": STORAGE_POOL,
    "workflows": WORKFLOW,
    "credentials": CREDENTIAL,
}
PRINCIPAL_KINDS = {"user": USER, "user_group": USER_GROUP, "external_group": EXTERNAL_GROUP}
_GRANT_KINDS = {
    "explicit": EXPLICIT,
    "permissions": EXPLICIT,
    "creator": CREATOR,
    "owner": OWNER,
    "inherited": INHERITED,
}


class GrantReader:
    """Reads the grants of a CommCell whose objects are in the seed already.

    `unlisted`: names, by type and id, of what grants refer to and no list shows.
    """

    def __init__(self, seed: CommCellSeed, notes: Notes) -> None:
        self._catalogue = seed.catalogue
        self._notes = notes
        self._known = {
            *((entity.type, entity.id) for entity in seed.entities),
            *((COMPANY, company.id) for company in seed.companies),
            *((ROLE, role.id) for role in seed.roles),
            *((USER, user.id) for user in seed.users),
            *((group.kind, group.id) for group in seed.groups),
            (COMMCELL, COMMCELL_ID),
        }
        self._group_ids = {group.id for group in seed.groups}
        self.unlisted: dict[tuple[int, int], str] = {}

    def read(self, associations: list[Document], owners: list[Document]) -> list[Grant]:
        """Return the grants, each once, in the order of the lists; owners of credentials are read with those."""
        rows = [*associations, *(row for row in owners if row["entity"]["kind"] != "credentials")]
        found: dict[Grant, None] = {}
        for row in rows:
            grant = self._read_row(row)
            if grant in found:
                self._notes.tell("associations that stand in the snapshot twice are there once", _describe(row))
            elif grant is not None:
                found[grant] = None
        return list(found)

    def _read_row(self, row: Document) -> Grant | None:
        principal, entity = self._read_principal(row), self._read_entity(row)
        if principal is None or entity is None:
            return None
        told = str(row["grant_kind"])
        kind = _GRANT_KINDS.get(told)
        if kind is None:
            # Nothing may revoke it in the copy either.
            self._notes.tell("associations of an unknown kind are inherited ones in the copy", _describe(row))
            kind = INHERITED
        role, permissions = row["role"], self._read_permissions(row)
        if role is None:
            return Grant(*principal, None, *entity, permission_ids=permissions, kind=kind)
        self._note_name((ROLE, int(role["id"])), role["name"])
        return Grant(*principal, int(role["id"]), *entity, kind=kind)

    def _read_principal(self, row: Document) -> tuple[int, int] | None:
        told = row["principal"]
        kind = PRINCIPAL_KINDS.get(told["kind"])
        number = int(told["id"]) if told["id"] is not None else 0
        if kind == EXTERNAL_GROUP and (kind, number) not in self._known and number in self._group_ids:
            return None  # noted with the group
        if kind is None or not number:
            self._notes.tell("associations and owners of whom the snapshot does not tell who has them", _describe(row))
            return None
        self._note_name((kind, number), told["name"])
        return kind, number

    def _read_entity(self, row: Document) -> tuple[int, int] | None:
        told = row["entity"]
        kind = ENTITY_TYPES.get(told["kind"])
        if kind is None and told["kind"].startswith("type:") and told["kind"][5:].isdigit():
            kind = int(told["kind"][5:])
        if not kind or not (told["id"] == "all" or told["id"].isdigit()) or told["id"] == "0":
            self._notes.tell(
                "associations and owners of which the snapshot does not tell where they hold", _describe(row)
            )
            return None
        if kind == COMMCELL:
            return kind, COMMCELL_ID
        if told["id"] == "all":
            return kind, ALL_OF_KIND
        self._note_name((kind, int(told["id"])), told["name"])
        return kind, int(told["id"])

    def _read_permissions(self, row: Document) -> frozenset[int]:
        found = set()
        for name in row["permissions"]:
            number = self._catalogue.find_permission(name)
            if number is None and name.isdigit():
                number = int(name)
            if number is None:
                self._notes.tell("permissions of associations that no list shows are left out", name)
            else:
                found.add(number)
        return frozenset(found)

    def _note_name(self, key: tuple[int, int], name: str | None) -> None:
        if key not in self._known and key[0] != CREDENTIAL:
            self.unlisted.setdefault(key, name or "")


def _describe(row: Document) -> str:
    role = row["role"]["name"] if row["role"] else ", ".join(row["permissions"])
    return f"{row['principal']['name']}: {role} on {row['entity']['name']}"
