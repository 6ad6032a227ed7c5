# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of a bundle's tables for tests that ask them: one CommCell with a linked group, a directory group and hand-made grants."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tables import (
    ACCESS,
    POPULATION,
    ROLES,
    SIGN_OFF,
    TABLES,
    Row,
    make_row_id,
)

SAM = {
    "person": "Sam Signer",
    "person_kind": "entra_member",
    "entra_user_id": "11111111-0000-4000-8000-000000000001",
    "user_principal_name": "sam@contoso.example",
    "entra_enabled": True,
    "commvault_user_id": "101",
    "commvault_user": "sam@contoso.example",
}
JANA = {
    "person": "Jana Vega",
    "person_kind": "entra_member",
    "entra_user_id": "11111111-0000-4000-8000-000000000002",
    "user_principal_name": "jana@contoso.example",
    "entra_enabled": True,
    "commvault_user_id": "102",
    "commvault_user": "jana@contoso.example",
}
LOCAL = {
    "person": "admin",
    "person_kind": "commvault_user",
    "entra_user_id": "",
    "user_principal_name": "",
    "commvault_user_id": "1",
    "commvault_user": "admin",
}
NOBODY = {"person": "", "person_kind": "nobody"}
OPERATORS = {
    "path": ["GG-Ops"],
    "entra_group_id": "22222222-0000-4000-8000-000000000001",
    "entra_group": "GG-Ops",
    "principal_kind": "user_group",
    "principal_id": "7",
    "principal": "Operators",
}
OPERATOR, MASTER, VIEWER, BARE_ROLE = ("20", "Operator"), ("1", "Master"), ("40", "Viewer"), ("41", "Bare")
#: A role whose permissions are not in the data.
UNREAD_ROLE = ("30", "Retired")


def access(
    number: int,
    person: t.Mapping[str, t.Any],
    role: tuple[str, str] | None,
    entity: tuple[str, str, str],
    **more: t.Any,
) -> Row:
    """Return a row of ACCESS. *entity*: kind, id and name."""
    row: Row = {
        **dict.fromkeys(ACCESS.columns, ""),
        "id": make_row_id("access", number),
        "commcell": "cs01",
        **person,
        "path": [],
        "principal_kind": "user",
        "principal": str(person.get("commvault_user") or ""),
        "role_id": role[0] if role else "",
        "role": role[1] if role else "",
        "permissions": [],
        "privileged": role == MASTER,
        "entity_kind": entity[0],
        "entity_id": entity[1],
        "entity": entity[2],
        "grant_kind": "explicit",
        "effective_now": "yes",
        "expected_at_next_login": "yes",
        "in_mapping": "declared",
    }
    return {**row, **more}


def role(role_: tuple[str, str], *permissions: tuple[str, str], commcell: str = "cs01") -> list[Row]:
    """Return the rows of ROLES of one role."""
    return [
        {
            **dict.fromkeys(ROLES.columns, ""),
            "id": make_row_id("role", commcell, role_[0], key),
            "commcell": commcell,
            "role_id": role_[0],
            "role": role_[1],
            "enabled": True,
            "permission_id": key,
            "permission": name,
        }
        for key, name in permissions
    ]


def source(name: str, complete: bool | None, why: str = "", commcell: str = "cs01") -> Row:
    """Return a row of POPULATION."""
    values = {"id": make_row_id("source", commcell, name), "side": "commvault", "commcell": commcell, "source": name}
    return {**dict.fromkeys(POPULATION.columns, ""), **values, "count": "1", "complete": complete, "why": why}


def sign_off(row: Row) -> Row:
    """Return the row of SIGN_OFF about a row of ACCESS, without a decision."""
    return {**dict.fromkeys(SIGN_OFF.columns, ""), **{name: row[name] for name in SIGN_OFF.columns if name in row}}


def tables(
    access_: t.Sequence[Row], roles: t.Sequence[Row] = (), population: t.Sequence[Row] = ()
) -> dict[str, list[Row]]:
    """Return the rows of all tables by name."""
    given = {"access": list(access_), "roles": list(roles), "population": list(population)}
    given["signoff"] = [sign_off(row) for row in access_ if row["person_kind"] != "nobody"]
    return {table.name: given.get(table.name, []) for table in TABLES}


ROLE_ROWS = [
    *role(OPERATOR, ("5", "In Place Recover"), ("6", "View")),
    *role(MASTER, ("", "all")),
    *role(VIEWER, ("6", "View")),
    *role(BARE_ROLE, ("", "")),
]


def document(**more: t.Any) -> dict[str, t.Any]:
    """Return the document of the CommCell, of which only what questions need is there."""
    entities = {
        "servers": [
            {"id": "50", "name": "db01", "company": "corp"},
            {"id": "51", "name": "web01", "company": ""},
        ],
        "plans": [{"id": "60", "name": "gold", "company": ""}],
    }
    return {
        "name": "cs01",
        "companies": [{"id": "9", "name": "corp"}],
        "permissions": [{"id": "5", "name": "In Place Recover"}, {"id": "77", "name": "Nobody Has It"}],
        "users": [{"id": "103", "name": "idle", "user_principal_name": "idle@contoso.example"}],
        "entities": entities,
        **more,
    }
