# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The two matrices of the page: what roles may do, and on which kinds of entities groups and users hold rights. Pure."""

from __future__ import annotations

import typing as t

from ...._commvault.catalogue import is_commcell_level
from ..tables import Row
from . import words
from .overview import identify_person

#: Rows and columns that a matrix shows; it tells how many there are.
MOST_ROWS, MOST_COLUMNS = 30, 20
#: Tints beside the empty one.
TINTS = 5


class Cell(t.NamedTuple):
    """A cell: its text, the strength of its colour from 0 to TINTS, whether anything in it is privileged."""

    text: str
    tint: int
    privileged: bool


class Line(t.NamedTuple):
    """A row: its name, what tells it from others of that name, whether it is privileged, a count of people, its cells."""

    name: str
    note: str
    privileged: bool
    people: int
    cells: list[Cell]


class Matrix(t.NamedTuple):
    """Columns and rows that are shown, and how many there are in all."""

    columns: list[str]
    lines: list[Line]
    columns_in_all: int
    lines_in_all: int


def build_roles_matrix(roles: t.Sequence[Row], access: t.Sequence[Row], several: bool) -> Matrix:
    """Return roles × categories of permissions, with the number of permissions in each; *several*: there is more than one CommCell."""
    counts: dict[tuple[str, str, str], dict[str, list[int]]] = {}
    names: dict[tuple[str, str, str], tuple[str, str]] = {}
    privileged: set[tuple[str, str, str]] = set()
    for row in roles:
        key = (str(row["commcell"]), str(row["role_id"]), str(row["role"]))
        names[key] = (str(row["role"]), _tell_place(row, several))
        held = counts.setdefault(key, {})
        if not row["permission"]:
            continue
        cell = held.setdefault(str(row["category"] or "Other"), [0, 0])
        cell[0] += 1
        if row["privileged"] is True:
            cell[1] += 1
            privileged.add(key)
    people: dict[tuple[str, str, str], set[tuple[str, ...]]] = {}
    for row in access:
        if row["role"] and row["person_kind"] != "nobody":
            key = (str(row["commcell"]), str(row["role_id"]), str(row["role"]))
            people.setdefault(key, set()).add(identify_person(row))
    return _lay_out(counts, names, privileged, {key: len(found) for key, found in people.items()}, {})


def build_groups_matrix(access: t.Sequence[Row], several: bool) -> Matrix:
    """Return holders of grants × kinds of entities, with the number of entities of each kind; ``all`` where a grant is about every one."""
    entities: dict[tuple[str, str, str], dict[str, dict[str, bool]]] = {}
    names: dict[tuple[str, str, str], tuple[str, str]] = {}
    privileged: set[tuple[str, str, str]] = set()
    people: dict[tuple[str, str, str], set[tuple[str, ...]]] = {}
    for row in access:
        key = (str(row["commcell"]), str(row["principal_kind"]), str(row["principal_id"] or row["principal"]))
        kind = words.name_value("principal_kind", row["principal_kind"])
        names[key] = (str(row["principal"]), f"{kind}, {row['commcell']}" if several else kind)
        found = entities.setdefault(key, {}).setdefault(words.name_value("entity_kind", row["entity_kind"]), {})
        entity = str(row["entity_id"])
        found[entity] = found.get(entity, False) or row["privileged"] is True
        if row["privileged"] is True:
            privileged.add(key)
        if row["person_kind"] != "nobody":
            people.setdefault(key, set()).add(identify_person(row))
    counts = {
        key: {kind: [len(found), sum(found.values())] for kind, found in kinds.items()}
        for key, kinds in entities.items()
    }
    texts = {(key, kind): "all" for key, kinds in entities.items() for kind, found in kinds.items() if "all" in found}
    return _lay_out(counts, names, privileged, {key: len(found) for key, found in people.items()}, texts)


def _tell_place(row: Row, several: bool) -> str:
    """Return what tells a role from another of that name: its company, its CommCell, that it is disabled."""
    company = str(row["company"] or "")
    parts = ["" if is_commcell_level(company) else company, str(row["commcell"]) if several else ""]
    return ", ".join(part for part in (*parts, "disabled" if row["enabled"] is False else "") if part)


def _lay_out(
    counts: t.Mapping[tuple[str, str, str], t.Mapping[str, t.Sequence[int]]],
    names: t.Mapping[tuple[str, str, str], tuple[str, str]],
    privileged: t.AbstractSet[tuple[str, str, str]],
    people: t.Mapping[tuple[str, str, str], int],
    texts: t.Mapping[tuple[tuple[str, str, str], str], str],
) -> Matrix:
    """Return the rows with most power and people first, and the columns that most of all rows have."""
    weights: dict[str, int] = {}
    for cells in counts.values():
        for column in cells:
            weights[column] = weights.get(column, 0) + 1
    heaviest = sorted(weights, key=lambda name: (-weights[name], name))[:MOST_COLUMNS]
    columns = sorted(heaviest)
    order = sorted(counts, key=lambda key: (key not in privileged, -people.get(key, 0), names[key], key))
    shown = order[:MOST_ROWS]
    most = {name: max((counts[key].get(name, (0, 0))[0] for key in counts), default=0) for name in columns}
    lines = []
    for key in shown:
        row: list[Cell] = []
        for name in columns:
            number, grave = counts[key].get(name, (0, 0))
            text = texts.get((key, name), f"{number:,}" if number else "")
            tint = 0 if not number else TINTS if text == "all" else max(1, -(-TINTS * number // most[name]))
            row.append(Cell(text, tint, grave > 0))
        lines.append(Line(*names[key], key in privileged, people.get(key, 0), row))
    return Matrix(columns, lines, len(weights), len(order))
