# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Pages of the audit trail's data set: rows by position, their columns named in the same answer. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ..._core.errors import BadAnswer
from ..._core.values import get_object, get_objects, parse_number
from ..._core.visible import to_one_line

#: The columns that have a meaning here, by what may be called so: letters and digits only, small. The first are the names on the vendor's page
#: ("Viewing the Audit Trail Information"); what the data set calls them technically is in no source.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "severity": ("severity", "severitylevel", "level", "auditlevel"),
    "user": ("user", "username", "loginname", "login"),
    "time": ("time", "audittime", "operationtime", "timestamp", "datetime", "date", "createdtime"),
    "operation": ("operation", "operationname", "operationtype", "op", "opname"),
    "details": ("details", "detail", "description", "parameters"),
    "notes": ("notes", "note"),
    "company": ("company", "companyname"),
    "id": ("auditid", "id", "operationid", "opid", "auditopid", "recordid", "referencenumber", "reference"),
    "user_id": ("userid",),
    "address": ("ipaddress", "clientip", "clientipaddress", "sourceip", "sourceipaddress", "address"),
}
_NEEDED = ("time", "user", "operation")
_LONGEST_NAME = 80
_MOST_COLUMNS = 200


@dataclass(frozen=True)
class AuditRow:
    """One row: ``values`` by our names, ``others`` by the service's for columns that have no meaning here."""

    values: t.Mapping[str, t.Any]
    others: t.Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """One page. ``total``: the rows of the whole period as the service counts them; None where it does not tell.

    ``failures``, ``warnings``: what the service says of sources of which nothing, or not everything, is in the page.
    """

    rows: t.Sequence[t.Any]
    total: int | None = None
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def parse_audit_page(body: t.Mapping[str, t.Any]) -> Page:
    """Return the rows of an answer. Raises BadAnswer for one that holds none in the form that is known: it is never taken for empty."""
    total = parse_number(body.get("totalRecordCount"))
    records = body.get("records")
    if records is None and total != 0:
        raise _build_error("no list of records")
    if not isinstance(records or [], list):
        raise _build_error("something else than a list as records")
    said = {name: tuple(_list_texts(get_object(body, name))) for name in ("failures", "warnings")}
    names = [_get_column_names(column) for column in get_objects(body, "columns")]
    rows = [_parse_row(record, names) for record in records or []]
    return Page(_sort_columns(rows, names), total, **said)


def _build_error(what: str) -> BadAnswer:
    return BadAnswer(f"Commvault's audit trail contains {what}, so it cannot be read.", service="Commvault")


def _list_texts(holder: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for name, text in holder.items():
        yield to_one_line(f"{name}: {text}", 300)


def _get_column_names(column: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Return what a column is called: what is on the page first, since that is what is documented."""
    given = (column.get(key) for key in ("displayName", "name", "dataField"))
    return tuple(to_one_line(name, _LONGEST_NAME) for name in given if isinstance(name, str) and name.strip())


def _parse_row(record: t.Any, names: t.Sequence[tuple[str, ...]]) -> list[t.Any]:
    """Return the cells of a record in the order of the columns."""
    if isinstance(record, dict):
        return [next((record[name] for name in called if name in record), None) for called in names]
    if not isinstance(record, list) or len(record) != len(names):
        raise _build_error(f"a record that does not fit the {len(names)} columns")
    return record


def _sort_columns(rows: t.Sequence[list[t.Any]], names: t.Sequence[tuple[str, ...]]) -> list[AuditRow]:
    if not rows:
        return []
    if len(names) > _MOST_COLUMNS:
        raise _build_error(f"{len(names)} columns")
    places = {ours: place for ours, known in _COLUMNS.items() if (place := _find_place(names, known)) is not None}
    missing = [ours for ours in _NEEDED if ours not in places]
    if missing:
        shown = ", ".join(called[0] if called else "a column without a name" for called in names)
        raise _build_error(f"no column for {', '.join(missing)} (its columns: {to_one_line(shown, 500)})")
    taken = set(places.values())
    others = {place: called[0] for place, called in enumerate(names) if place not in taken and called}
    return [
        AuditRow(
            {ours: row[place] for ours, place in places.items()},
            {name: row[place] for place, name in others.items()},
        )
        for row in rows
    ]


def _find_place(names: t.Sequence[tuple[str, ...]], known: t.Sequence[str]) -> int | None:
    """Return the place of the column that is called by the first of the *known* names that any column has; None for none."""
    squeezed = [{"".join(filter(str.isalnum, name)).lower() for name in called} for called in names]
    return next((place for name in known for place, called in enumerate(squeezed) if name in called), None)
