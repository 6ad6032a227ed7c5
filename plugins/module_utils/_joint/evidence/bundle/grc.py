# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Files that programs for governance import: Vanta's access file and CISO Assistant's findings. Pure.

Vanta (help centre, "access file"): Account name and Status are required; Account owner is an e-mail address or one of three texts; several
roles stand in one cell with commas; extra blanks are refused. CISO Assistant (import of findings assessments): labels with ``|`` between.
"""

from __future__ import annotations

import typing as t

from ...._core.csv_text import build_csv
from ...._core.visible import to_one_line
from ..tables import Row

Record = t.Mapping[str, str]
#: Columns by what stands in them: names of a record's values.
VANTA: t.Mapping[str, str] = {
    "Account name": "account",
    "Account owner": "owner",
    "Role": "roles",
    "Status": "status",
}
CISO_ASSISTANT: t.Mapping[str, str] = {
    "ref_id": "id",
    "name": "name",
    "description": "description",
    "severity": "severity",
    "status": "status",
    "filtering_labels": "labels",
    "asset": "asset",
}
#: Whom Vanta takes for an owner without an address, by kind of person.
_OWNERS = {
    "entra_guest": "External user",
    "service_account": "Not a person",
    "directory_group": "Not a person",
}
#: What cannot be evaluated has a label that says so: "--", which CISO Assistant has for it, looks like a formula.
_STATUSES = {"open": "identified", "accepted": "confirmed", "not_evaluable": "identified"}


def build_vanta_csv(access: t.Iterable[Row]) -> bytes:
    """Return the accounts that have access, one row each, from rows of the table access. A state that is not known counts as active."""
    accounts: dict[tuple[str, str], list[Row]] = {}
    for row in access:
        if key := _identify_account(row):
            accounts.setdefault(key, []).append(row)
    return _build(VANTA, sorted((_describe_account(rows) for rows in accounts.values()), key=lambda it: it["account"]))


def build_ciso_assistant_csv(findings: t.Iterable[Row]) -> bytes:
    """Return the findings, one row each, from rows of the table findings."""
    return _build(CISO_ASSISTANT, [_describe_finding(row) for row in findings])


def _build(columns: t.Mapping[str, str], records: t.Iterable[Record]) -> bytes:
    """Return *records* as CSV with *columns*; formulas are neutralised, and blanks are single ones."""
    return build_csv(
        list(columns), ([to_one_line(record[name], 8000) for name in columns.values()] for record in records)
    ).encode()


def _identify_account(row: Row) -> tuple[str, str] | None:
    """Return CommCell and id of the account that the row is about, None for a grant that nobody has, or whose holder is not known."""
    if row["person_kind"] in ("nobody", "not_evaluable"):
        return None
    # Members of a directory's group are not visible, so the group stands for them.
    who = row["commvault_user_id"] or row["entra_user_id"] or row["principal_id"]
    return (str(row["commcell"]), str(who)) if who else None


def _describe_account(rows: t.Sequence[Row]) -> Record:
    first = rows[0]
    name = first["commvault_user"] or first["user_principal_name"] or first["person"] or first["principal"]
    states = {row["commvault_enabled"] for row in rows} | {row["entra_enabled"] for row in rows}
    roles = {name.replace(",", " ") for row in rows for name in _list_roles(row)}
    kind = str(first["person_kind"])
    return {
        "account": f"{first['commcell']}: {name}",
        "owner": _OWNERS.get(kind, str(first["user_principal_name"] or "No owner")),
        "roles": ", ".join(sorted(roles)),
        "status": "Deactivated" if False in states else "Active",
    }


def _list_roles(row: Row) -> list[str]:
    """Return the role of a grant, or its permissions where it has none."""
    if row["role"]:
        return [str(row["role"])]
    return list(row["permissions"]) if isinstance(row["permissions"], list) else []


def _describe_finding(row: Row) -> Record:
    state = "not evaluable" if row["status"] == "not_evaluable" else ""
    labels = [row["rule"], row["commcell"], row["subject_kind"], state]
    remedy = f" {row['remedy']}" if row["remedy"] else ""
    return {
        "id": str(row["id"]),
        "name": f"{row['title']}: {row['subject']}" if row["subject"] else str(row["title"]),
        "description": f"{row['description']}{remedy}",
        "severity": str(row["severity"]),
        "status": _STATUSES.get(str(row["status"]), "identified"),
        "labels": "|".join(str(label).replace("|", " ") for label in labels if label),
        "asset": str(row["commcell"] or "Entra ID"),
    }
