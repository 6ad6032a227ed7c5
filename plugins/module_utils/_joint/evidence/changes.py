# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What is not as it was in the previous bundle, row by row, and who made it so. Pure."""

from __future__ import annotations

import typing as t

from ..._core.names import fold_case
from ..access_log.reading import ENTRA_HOST
from .attribution import ENTRA_COLUMNS, NO_ENTRY, UNATTRIBUTED, Attribution, Attributor, Cause, list_causes
from .entra_side import fold_id
from .facts import Facts
from .log_index import LogIndex
from .population import list_read_commcells
from .tables import ACCESS, IDENTITIES, POPULATION, ROLES, Row, Table, make_row_id
from .words import describe_right

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_COMPARED = (ACCESS, ROLES, IDENTITIES)
#: What identifies a grant among the columns of ``access``.
_GRANT = (
    "commcell",
    "principal_kind",
    "principal_id",
    "role_id",
    "permissions",
    "entity_kind",
    "entity_id",
    "grant_kind",
)


def list_changes(facts: Facts, rows: t.Mapping[str, t.Sequence[Row]]) -> list[Row]:
    """Return a row per row of access, roles and identities that came, went or differs since the previous bundle; none without one.

    Nothing is said of a CommCell that one of the bundles has not read or is not about, nor, where Entra ID was not read, of what only that tells.
    """
    previous = facts.inputs.previous
    if previous is None:
        return []
    ends = {cell.name: cell.side.ended for cell in facts.cells}
    ends[ENTRA_HOST] = str((facts.entra.document.get("provenance") or {}).get("ended") or "")
    doubled = _find_doubled_names(previous.get(ACCESS.name) or (), rows[ACCESS.name])
    starts = {host: facts.inputs.previous_starts.get(host) or str(facts.inputs.previous_date or "") for host in ends}
    attributor = Attributor(LogIndex(facts.inputs.usable_log), starts, ends, doubled)
    comparer = _Comparer(attributor, previous.get(POPULATION.name) or (), rows[POPULATION.name], facts)
    found: list[Row] = []
    for table in _COMPARED:
        # A table that the previous bundle has not cannot be compared: everything would look new.
        if table.name in previous:
            found += comparer.compare(table, previous[table.name], rows[table.name])
    return found


def _find_doubled_names(before: t.Iterable[Row], after: t.Iterable[Row]) -> set[tuple[str, str]]:
    """Return CommCells with the names of principals and users (after fold_case) that two ids have in both bundles together."""
    ids: dict[tuple[str, str, str], set[str]] = {}
    for row in (*before, *after):
        held = (
            ("user", "commvault_user", "commvault_user_id"),
            (str(row["principal_kind"]), "principal", "principal_id"),
        )
        for kind, name, number in held:
            if row[name] and row[number]:
                key = (str(row["commcell"]), kind, fold_case(str(row[name])))
                ids.setdefault(key, set()).add(str(row[number]))
    return {(commcell, name) for (commcell, _kind, name), found in ids.items() if len(found) > 1}


class _Comparer:
    """Compares tables of two bundles. *before*, *after*: their rows of the population, which tell what was read."""

    def __init__(self, attributor: Attributor, before: t.Sequence[Row], after: t.Sequence[Row], facts: Facts) -> None:
        self._attributor = attributor
        self._commcells = list_read_commcells(before) & list_read_commcells(after)
        self._is_entra_read = all(row["side"] != "entra" or row["count"] is not None for row in (*before, *after))
        self._programs: dict[str, set[str]] = {}
        for kind in ("applications", "service_principals"):
            for one in facts.entra.document.get(kind) or ():
                self._programs.setdefault(fold_id(one.get("appId")), set()).add(str(one.get("id")))

    def compare(self, table: Table, before: t.Sequence[Row], after: t.Sequence[Row]) -> t.Iterator[Row]:
        """Yield the rows of changes of a table."""
        if table.name == IDENTITIES.name and not self._is_entra_read:
            return
        old, new = (
            {str(row["id"]): row for row in rows if not row.get("commcell") or row["commcell"] in self._commcells}
            for rows in (before, after)
        )
        is_access = table.name == ACCESS.name
        kept = _list_grants(old.values()) & _list_grants(new.values()) if is_access else set()
        compared = [name for name in table.columns if self._is_entra_read or name not in (*ENTRA_COLUMNS, "person")]
        for key in sorted(old.keys() | new.keys()):
            was, now = old.get(key), new.get(key)
            row = t.cast(Row, now or was)
            columns = [name for name in compared if was.get(name) != now.get(name)] if was and now else []
            if was is not None and now is not None and not columns:
                continue
            is_whole = is_access and not columns and _identify_grant(row) not in kept
            # Who has it by Entra ID alone came or went with the reading of it.
            is_by_entra = not row.get("commvault_user_id") or row.get("effective_now") == "no"
            if is_access and is_by_entra and not (self._is_entra_read or columns or is_whole):
                continue
            change = CHANGED if columns else ADDED if was is None else REMOVED
            causes = list_causes(row, columns, is_whole) if is_access else self._list_other_causes(table, row)
            yield {
                "id": make_row_id("change", table.name, key, change),
                "change": change,
                "table": table.name,
                "row_id": key,
                "commcell": row.get("commcell") or "",
                "what": _describe(table, row, change, columns),
                "columns": columns,
                "before": [_show(was.get(name)) for name in columns] if was else [],
                "after": [_show(now.get(name)) for name in columns] if now else [],
                **_as_columns(self._attributor.attribute(causes)),
            }

    def _list_other_causes(self, table: Table, row: Row) -> tuple[Cause, ...]:
        if table.name == ROLES.name:
            return (Cause(str(row["commcell"]), (str(row["role"]),)),)
        # By ids: any application can have the name of another one.
        words = {str(row[name]) for name in ("object_id", "app_id") if row.get(name)}
        words |= self._programs.get(fold_id(row.get("app_id")), set()) if row.get("app_id") else set()
        words = words or {str(row["display_name"] or "")} - {""}
        return (Cause(ENTRA_HOST, tuple(sorted(words))),) if words else ()


def _as_columns(told: Attribution) -> Row:
    why = told.why or (NO_ENTRY if told.attribution == UNATTRIBUTED else None)
    return {
        "attribution": told.attribution,
        "when": told.when,
        "who": told.who,
        "sign_in": told.sign_in,
        "why_unattributed": why,
    }


def _identify_grant(row: Row) -> str:
    return repr([row.get(name) for name in _GRANT])


def _list_grants(rows: t.Iterable[Row]) -> set[str]:
    return {_identify_grant(row) for row in rows}


def _describe(table: Table, row: Row, change: str, columns: t.Sequence[str]) -> str:
    """Return a change in words."""
    if table.name == ACCESS.name:
        who = str(row["person"] or row["commvault_user"] or row["user_principal_name"] or row["person_kind"])
        thing = f"{who}: {describe_right(row)} through {row['principal'] or row['principal_id']}"
    elif table.name == ROLES.name:
        thing = f"role {row['role']}: permission {row['permission'] or 'none shown'}"
    else:
        thing = f"program {row['display_name'] or row['app_id'] or row['object_id']}"
        if row["credential_kind"] != "none":
            thing += f": {row['credential_kind']} {row['credential_name'] or row['credential_id']}".rstrip()
    more = f" ({', '.join(columns)})" if columns else ""
    return f"{thing} was {change}{more}"


def _show(cell: t.Any) -> str:
    """Return a cell as text; what is not known is a hyphen."""
    if isinstance(cell, list):
        return ", ".join(str(item) for item in cell)
    return "-" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
