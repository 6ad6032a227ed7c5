# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Tables of a bundle as text, and back: JSON is exact and has one row in a line, CSV is for people. Pure."""

from __future__ import annotations

import json
import typing as t

from ..._core.answers import AnswerRefused, parse_json
from ..._core.csv_text import build_csv, neutralise_cell, restore_cell
from ..._core.errors import ConfigError
from ..._core.visible import escape_in_json, escape_invisible
from .tables import Cell, Row, Table

FORMAT = "cvops.identity/evidence-table/1"
#: So many rows of one table are read; a row has up to 40 cells.
MOST_ROWS = 2_000_000
_LONGEST_CELL = 200_000
_END = b"]}"
#: Between the items of a list in one cell.
_SEPARATOR = "; "


def dump_table(table: Table, rows: t.Sequence[Row]) -> bytes:
    """Return *rows* as JSON: a line with format, table and columns, then one line for each row, its columns in order."""
    head = json.dumps({"format": FORMAT, "table": table.name, "columns": table.columns}, ensure_ascii=False)
    lines = [json.dumps({name: row.get(name) for name in table.columns}, ensure_ascii=False) for row in rows]
    # One call: it looks at each character.
    return escape_in_json(
        "".join([head[:-1], ', "rows": [\n', ",\n".join(lines), "\n" if lines else "", "]}\n"])
    ).encode()


def parse_table(table: Table, content: bytes) -> list[Row]:
    """Return the rows of what :func:`dump_table` has written, whoever wrote it. Raises ConfigError with the line that is not so.

    Columns that this release does not know are left out, those that it knows and the file has not are None.
    """
    lines = content.split(b"\n", MOST_ROWS + 2)
    head = _parse_line(lines[0].rstrip() + _END if lines[0].rstrip().endswith(b"[") else b"", table.name, 1)
    if head.get("format") != FORMAT or head.get("table") != table.name or not isinstance(head.get("columns"), list):
        raise ConfigError(f"{table.name}.json is not of the format {FORMAT}, or not the table {table.name}")
    if lines[-1] != b"" or len(lines) < 3 or lines[-2] != _END:
        raise ConfigError(f"{table.name}.json is incomplete, or has more than {MOST_ROWS} rows")
    rows = []
    shared: dict[str, str] = {}  # names stand in thousands of rows
    for number, line in enumerate(lines[1:-2], 2):
        found = _parse_line(line.removesuffix(b","), table.name, number)
        row = {
            name: shared.setdefault(cell, cell) if isinstance(cell := found.get(name), str) else cell
            for name in table.columns
        }
        if not all(map(_is_cell, row.values())) or not isinstance(row[table.columns[0]], str):
            raise ConfigError(f"{table.name}.json, line {number}: a cell is not a text, boolean, null or list of texts")
        rows.append(t.cast("Row", row))
    if len({row[table.columns[0]] for row in rows}) < len(rows):
        raise ConfigError(f"{table.name}.json: an id is there twice")
    return rows


def build_table_csv(table: Table, rows: t.Iterable[Row]) -> bytes:
    """Return *rows* as CSV for people: nulls are empty, truth values ``true`` and ``false``, lists joined by semicolons."""
    return build_csv(table.columns, ([format_cell(row.get(name)) for name in table.columns] for row in rows)).encode()


def format_cell(cell: Cell) -> str:
    """Return *cell* as text for people, invisible characters as escapes."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return escape_invisible(_SEPARATOR.join(cell) if isinstance(cell, list) else cell)


def read_back(cell: Cell) -> str:
    """Return as what ``decisions.parse_filled_table`` reads *cell* from what :func:`build_table_csv` has written."""
    return restore_cell(neutralise_cell(format_cell(cell))).strip()


def _parse_line(line: bytes, name: str, number: int) -> dict[str, t.Any]:
    """Return the mapping that a line holds. Raises ConfigError."""
    try:
        found = parse_json(line, has_unique_keys=True)
    except (ValueError, AnswerRefused) as exc:
        raise ConfigError(f"{name}.json, line {number}: cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise ConfigError(f"{name}.json, line {number}: is not a mapping")
    return found


def _is_cell(value: t.Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _LONGEST_CELL
    if isinstance(value, list):
        return all(isinstance(item, str) and len(item) <= _LONGEST_CELL for item in value)
    return value is None or isinstance(value, bool)
