# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A comparison of CommCells as lines of a report, and as the text of a Markdown, CSV or JSON file. Names are visible already."""

from __future__ import annotations

import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.csv_text import build_csv, neutralise_cell
from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import dump_for_ansible

from .comparison import IN_LINE, MISSING, NOT_DECLARED, NOT_READ, STATES, SURPLUS, UNKNOWN, is_differing
from .filter_values import FilterInputError, require_list, require_mapping, require_mappings, to_text
from .output_files import COMPARISON_ENDS
from .plan_lines import escape_markdown

Mapping = t.Mapping[str, t.Any]

_NAMES_TOLD = 10
#: Of a Markdown table: so many columns, which are CommCells that are equal in every row, and so many rows.
_COLUMNS, _ROWS = 20, 200
_LEGEND = {
    IN_LINE: "declared and present",
    MISSING: "declared and missing",
    SURPLUS: "present and not declared",
    NOT_DECLARED: "neither declared nor present",
    NOT_READ: "the CommCell was not read, or does not list all that the principal holds",
    UNKNOWN: "not declared there and not searched for, not confirmed, or perhaps left for a later run",
}


def format_comparison(comparison: t.Any) -> list[str]:
    """Return a comparison as a few lines; none for an empty one."""
    found = require_mapping(comparison, "the comparison")
    if not found:
        return []
    counts, rows = require_mapping(found.get("counts"), "counts"), _list_rows(found, "principals")
    total = counts.get("principals", 0)
    lines = []
    for key, words in (
        ("differs_between", "differ between CommCells"),
        ("differs_from_document", "differ from the document"),
    ):
        names = [_flatten(row["principal"]) for row in rows if row.get(key)]
        told = f": {_join(names, counts.get(key, 0))}" if names else ""
        lines.append(f"{counts.get(key, 0)} of {total} groups and users {words}{told}")
    if counts.get("unknown"):
        lines.append(f"{counts['unknown']} of {total} groups and users are not known on every CommCell")
    names = [_flatten(name) for name in require_list(found.get("not_read"), "not_read")]
    lines += [f"CommCells that were not read: {_join(names)}"] if names else []
    return [*lines, *_tell_slice(found)]


def write_comparison(comparison: t.Any, path: t.Any) -> str:
    """Return a comparison as the text of the file *path*, whose end says in which form."""
    found = require_mapping(comparison, "the comparison")
    end = next((end for end in COMPARISON_ENDS if to_text(path).strip().lower().endswith(end)), "")
    if not end:
        raise FilterInputError(f"the name of the file must end in {', '.join(COMPARISON_ENDS)}")
    writers = {".md": _write_markdown, ".csv": _write_csv, ".json": _write_json}
    return writers[end](found)


def _write_json(found: Mapping) -> str:
    """Return JSON in which each row names the CommCells by state: with hundreds of CommCells most are in one."""
    names = require_list(found.get("commcells"), "commcells")
    data = dict(found)
    for kind in ("principals", "rows"):
        data[kind] = [{**row, "cells": _group_by_state(names, row["cells"])} for row in _list_rows(found, kind)]
    return dump_for_ansible(data)


def _group_by_state(names: t.Sequence[str], states: t.Sequence[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, state in zip(names, states, strict=True):
        grouped.setdefault(state.replace(" ", "_"), []).append(name)
    return {key: grouped[key] for key in (state.replace(" ", "_") for state in STATES) if key in grouped}


def _write_csv(found: Mapping) -> str:
    """Return one table of all rows, a column for each CommCell."""
    head = ("principal", "principal_kind", "role", "entity_type", "entity", "differs_between", "differs_from_document")
    rows = [[*(_show_cell(row.get(name)) for name in head), *row["cells"]] for row in _list_rows(found, "rows")]
    rows += [[f"and {found['rows_left_out']} more rows"]] if found.get("rows_left_out") else []
    rows += [[line] for line in _tell_slice(found)]
    names = require_list(found.get("commcells"), "commcells")
    return build_csv((*head, *map(neutralise_cell, names)), rows)


def _show_cell(value: t.Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else to_text(value)


def _write_markdown(found: Mapping) -> str:
    """Return an overview of the principals, then what differs; CommCells that are equal in everything share a column."""
    lines = ["# Access across CommCells", ""]
    lines += [f"- {escape_markdown(line)}" for line in format_comparison(found)]
    principals, rows = _list_rows(found, "principals"), _list_rows(found, "rows")
    columns = _find_columns(require_list(found.get("commcells"), "commcells"), [*rows, *principals])
    shown = columns[:_COLUMNS]
    lines += ["", "## CommCells", ""]
    for number, (names, dummy) in enumerate(shown, 1):
        lines.append(f"- C{number}: {escape_markdown(_join([_flatten(name) for name in names]))}")
    if len(columns) > len(shown):
        more = sum(len(names) for names, dummy in columns[_COLUMNS:])
        lines.append(f"- and {more} more CommCells, which a .csv or .json file has")
    lines += ["", "States:", "", *(f"- {state}: {meaning}" for state, meaning in _LEGEND.items())]
    numbers = [number for dummy, number in shown]
    lines += ["", "## Groups and users", ""]
    left = found.get("principals_left_out") or 0
    lines += _build_table(("Principal", "Kind"), ("principal", "principal_kind"), principals, numbers, left)
    lines += ["", "## What differs", ""]
    of_rows = ("principal", "role", "entity_type", "entity")
    # Rows that differ are left out last.
    differing = [row for row in rows if is_differing(row)]
    left = (found.get("rows_left_out") or 0) if len(differing) == len(rows) else 0
    lines += _build_table(("Principal", "Role", "On", "Entity"), of_rows, differing, numbers, left)
    return "\n".join(lines) + "\n"


def _find_columns(names: t.Sequence[str], rows: t.Sequence[Mapping]) -> list[tuple[list[str], int]]:
    """Return the CommCells that are equal in all *rows* together, each with the number of one of them: the most that is wrong first."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for number in range(len(names)):
        alike.setdefault(tuple(row["cells"][number] for row in rows), []).append(number)
    ordered = sorted(alike.items(), key=lambda item: (-sum(state in (MISSING, SURPLUS) for state in item[0]), item[1]))
    return [([names[number] for number in numbers], numbers[0]) for dummy, numbers in ordered]


def _build_table(
    head: t.Sequence[str], names: t.Sequence[str], rows: t.Sequence[Mapping], numbers: t.Sequence[int], left: int
) -> list[str]:
    if not rows:
        return ["Nothing."]
    columns = [*head, *(f"C{number}" for number in range(1, len(numbers) + 1))]
    table = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
    for row in rows[:_ROWS]:
        cells = [*(escape_markdown(_flatten(row.get(name))) for name in names), *(row["cells"][i] for i in numbers)]
        table.append(f"| {' | '.join(cells)} |")
    more = max(0, len(rows) - _ROWS) + left
    return [*table, *(["", f"and {more} more, which a .csv or .json file has"] if more else [])]


def _tell_slice(found: Mapping) -> list[str]:
    """Return a line that says so where the run has only some CommCells, as a slice of a job has."""
    others = len(require_list(found.get("elsewhere"), "elsewhere"))
    own = len(require_list(found.get("commcells"), "commcells"))
    if not others:
        return []
    return [f"Only {own} of {own + others} CommCells: those of this slice, or of the inventory's group cvops_commcells"]


def _list_rows(found: Mapping, kind: str) -> list[Mapping]:
    return require_mappings(found.get(kind), kind)


def _flatten(value: t.Any) -> str:
    """Return a name without what would begin a new line or column."""
    return to_text(value).replace("\n", "\\n").replace("\t", "\\t")


def _join(names: t.Sequence[str], total: int = 0) -> str:
    more = max(total, len(names)) - len(names[:_NAMES_TOLD])
    return f"{', '.join(names[:_NAMES_TOLD])}{f' and {more} more' if more else ''}"
