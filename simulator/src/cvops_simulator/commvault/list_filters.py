# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters, sorting and pages of V1 lists (`fq`, `search`, `sort`, `start`, `limit`)."""

from __future__ import annotations

from typing import Any

from cvops_simulator.commvault.envelopes import invalid
from cvops_simulator.commvault.routing import Call
from cvops_simulator.core.names import fold_case

Rows = list[dict[str, Any]]


def _get_at(row: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(row, dict):
            return None
        row = next((value for key, value in row.items() if key.lower() == part.lower()), None)
    return row


def _resolve_column(column: str, wrapper: str, short: dict[str, str]) -> str:
    """Return the path of a column inside a row: `users.email` becomes `email`, short names go through a table."""
    if column.lower() in short:
        return short[column.lower()]
    prefix = wrapper.lower() + "."
    return column[len(prefix) :] if column.lower().startswith(prefix) else column


def _matches(value: Any, kind: str, wanted: str) -> bool:
    text = "" if value is None else fold_case(str(value))
    wanted = fold_case(wanted)
    if kind in ("gt", "lt", "gteq", "lteq"):
        try:
            number, limit = float(text or 0), float(wanted)
        except ValueError:
            return False
        return {"gt": number > limit, "lt": number < limit, "gteq": number >= limit, "lteq": number <= limit}[kind]
    if kind == "in":
        return (not text) if wanted.startswith("null") else text in wanted.split(",")
    answers = {
        "contains": wanted in text,
        "notcontain": wanted not in text,
        "eq": text == wanted,
        "neq": text != wanted,
    }
    if kind not in answers:
        raise invalid(f"[{kind}] is not a filter operator")
    return answers[kind]


def render_list(call: Call, wrapper: str, rows: Rows, short: dict[str, str]) -> dict[str, Any]:
    """Return the answer of a V1 list.

    It holds the rows after `fq` and `search`, sorted and cut, with `filterQueryCount` when it was filtered.
    """
    filtered = False
    for key, value in call.queries:
        if key.lower() in ("fq", "search"):
            filtered = True
            columns, kind, wanted = [*value.split(":", 2), "", ""][:3]
            paths = [_resolve_column(column, wrapper, short) for column in columns.split(",")]
            rows = [row for row in rows if any(_matches(_get_at(row, path), kind.lower(), wanted) for path in paths)]
    count = len(rows)
    if sort := call.query.get("sort"):
        column, _, direction = sort.partition(":")
        path = _resolve_column(column, wrapper, short)
        rows = sorted(rows, key=lambda row: str(_get_at(row, path) or "").lower(), reverse=direction == "-1")
    if call.query.get("limit", "").isdigit():
        start = int(call.query.get("start", "0") or 0)
        rows = rows[start : start + int(call.query["limit"])]
        filtered = True
    return {wrapper: rows, "filterQueryCount": count} if filtered else {wrapper: rows}
