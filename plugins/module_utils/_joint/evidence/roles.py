# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Which role holds which permission. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.security.administrators import MASTER_ROLE
from ..._core.names import fold_case
from .facts import CellFacts, Facts
from .tables import Cell, Row, make_row_id


def list_roles(facts: Facts) -> list[Row]:
    """Return a row per role and permission; a role of which none is shown has a row all the same."""
    return [row for cell in facts.cells for role in cell.side.roles.values() for row in _list_rows(cell, role)]


def _list_rows(cell: CellFacts, role: t.Mapping[str, t.Any]) -> t.Iterator[Row]:
    role_id = str(role["id"])
    categories = {
        fold_case(str(row.get("name"))): str(row["category"])
        for row in cell.side.document.get("permissions") or ()
        if row.get("category")
    }
    enabled = role.get("enabled")
    shared: dict[str, Cell] = {
        "commcell": cell.name,
        "role_id": role_id,
        "role": str(role.get("name") or ""),
        "company": cell.side.find_company_of_role(role),
        "enabled": enabled if isinstance(enabled, bool) else None,
    }
    names = [str(name) for name in role.get("permissions") or ()]
    if role_id == str(MASTER_ROLE) and not names:
        # The built-in role holds every permission, and the service lists none of them.
        yield _build_row(shared, "", "all", None, cell.privileges.judge_role(role_id).is_privileged)
        return
    if not names:
        yield _build_row(shared, "", "", None, cell.privileges.judge_role(role_id).is_privileged)
    for name in sorted(set(names)):
        number = cell.side.permission_ids.get(fold_case(name), "")
        is_privileged = cell.privileges.is_administrative(name)
        yield _build_row(shared, number, name, categories.get(fold_case(name)), is_privileged)


def _build_row(
    shared: t.Mapping[str, Cell], number: str, name: str, category: str | None, is_privileged: bool | None
) -> Row:
    return {
        "id": make_row_id("role", shared["commcell"], shared["role_id"], number or name),
        **shared,
        "permission_id": number,
        "permission": name,
        "category": category,
        "privileged": is_privileged,
    }
