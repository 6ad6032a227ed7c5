# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The tables of a bundle of access evidence, made of documents alone. Pure: no I/O, no clock, no randomness."""

from __future__ import annotations

import typing as t

from .changes import list_changes
from .facts import collect_facts
from .findings.collect import list_findings
from .identities import Programs
from .leavers import list_leavers
from .population import list_partial, list_population
from .review import list_action_plan, list_sign_off
from .roles import list_roles
from .tables import (
    ACCESS,
    ACTION_PLAN,
    CHANGES,
    FINDINGS,
    IDENTITIES,
    LEAVERS,
    POPULATION,
    ROLES,
    SEVERITIES,
    SIGN_OFF,
    STATUSES,
    TABLES,
    Inputs,
    Row,
    Table,
    Tables,
)


def build_tables(inputs: Inputs) -> Tables:
    """Return all tables of a bundle, and in words why it is not complete."""
    facts = collect_facts(inputs)
    rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    rows[POPULATION.name] = list_population(facts)
    rows[ACCESS.name] = [made.row for cell in facts.cells for made in cell.access]
    rows[ROLES.name] = list_roles(facts)
    rows[IDENTITIES.name] = Programs(facts).list_rows()
    rows[LEAVERS.name] = list_leavers(facts, rows[IDENTITIES.name])
    rows[CHANGES.name] = list_changes(facts, rows)
    rows[FINDINGS.name] = list_findings(facts, rows)
    rows[SIGN_OFF.name] = list_sign_off(facts)
    rows[ACTION_PLAN.name] = list_action_plan(rows[FINDINGS.name])
    for table in (ACCESS, ROLES, SIGN_OFF, LEAVERS, CHANGES):
        rows[table.name].sort(key=_make_key(table))
    for table in (FINDINGS, ACTION_PLAN):
        rows[table.name].sort(key=_make_graveness_key(table))
    return Tables(rows, list_partial(rows[POPULATION.name]))


def _make_key(table: Table) -> t.Callable[[Row], list[t.Any]]:
    """Return a key that sorts rows by their columns in order, the id last: it is what people do not read."""
    columns = (*table.columns[1:], table.columns[0])

    def make(row: Row) -> list[t.Any]:
        return [_order_cell(row[name]) for name in columns]

    return make


def _make_graveness_key(table: Table) -> t.Callable[[Row], tuple[t.Any, ...]]:
    by_columns = _make_key(table)

    def make(row: Row) -> tuple[t.Any, ...]:
        status = STATUSES.index(str(row.get("status", STATUSES[0])))
        return status, SEVERITIES.index(str(row["severity"])), by_columns(row)

    return make


def _order_cell(cell: t.Any) -> t.Any:
    if isinstance(cell, list):
        return "\n".join(cell)
    return "" if cell is None else cell if isinstance(cell, str) else str(cell)
