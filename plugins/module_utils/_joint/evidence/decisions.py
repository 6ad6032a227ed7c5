# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The decisions of an access review, from the signoff.csv that people have filled in with a spreadsheet, and the checks of them.

Spreadsheets save the same table in several forms: with a byte order mark, in UTF-16, with semicolons or tabs, with a line that names the
separator, with columns moved and added, with dates as the country writes them. What is certain is understood, everything else is refused.
"""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
import stat
import typing as t

from ..._core.csv_text import restore_cell
from ..._core.errors import ConfigError, Problems
from ..._core.names import fold_case, is_lookalike
from .tables import SIGN_OFF, Row, Table

KEEP, REVOKE, CHANGE = "keep", "revoke", "change"
DECISIONS = (KEEP, REVOKE, CHANGE)
#: Decisions that nobody can carry out, or account for, without a reason.
_NEED_REASON = (REVOKE, CHANGE)
#: What is read of a file: a table of 50,000 rows has some 15 MB.
_MOST_BYTES = 64 * 1024 * 1024
_MOST_ROWS = 500_000
#: The most characters that a cell of a spreadsheet holds.
_LONGEST_CELL = 32_767
_MOST_PROBLEMS = 500
_SEPARATORS = (",", ";", "\t")
#: What people fill in on a sheet of decisions.
_SAID = ("decision", "reviewer", "date", "reason")
_SEPARATOR_LINE = re.compile(r"[sS][eE][pP]=(.)\r?\n")
_ADDRESS = re.compile(r"<([^<>]+)>")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?Z?)?")
_DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
#: Columns of ``access`` that say who has the grant.
_GRANTEE = ("person", "user_principal_name", "entra_user_id", "commvault_user", "commvault_user_id")
_SAME_ROW = ("commcell", "person", "principal", "role", "entity")


class FilledRow(t.NamedTuple):
    """A row of a file that people have filled in: the line on which it ends, and its cells."""

    line: int
    cells: dict[str, str]


Problem = dict[str, str]


def read_decisions(path: str) -> list[Row]:
    """Return the rows of a signoff.csv that people have filled in, with all columns of SIGN_OFF, in the order of the file.

    ``decision`` is one of DECISIONS, ``date`` is YYYY-MM-DD. A row that stands there twice, and says the same, is returned once.
    Raises Problems with everything that is wrong with the file, ConfigError where it cannot be read.
    """
    return parse_decisions(_read_text(path), os.path.basename(path))


def parse_decisions(text: str, name: str = "signoff.csv") -> list[Row]:
    """Return the rows of a signoff.csv as :func:`read_decisions` does. *name*: of the file, for messages. Raises Problems, ConfigError."""
    filled = parse_filled_table(text, SIGN_OFF, ("id", "decision", "reviewer", "date", "reason"), name)
    problems: list[Problem] = []
    seen: dict[str, FilledRow] = {}
    rows: list[Row] = []
    for one in filled:
        row, faults = _read_decision(one)
        problems += [make_problem(name, one.line, fault, one.cells["id"]) for fault in faults]
        before = seen.setdefault(one.cells["id"], one) if one.cells["id"] else one
        if before is one:
            rows.append(row)
        elif get_said(before.cells, _SAID) != get_said(one.cells, _SAID):
            told = f"is also on line {before.line}, with another decision, reviewer, date or reason: keep one of them"
            problems.append(make_problem(name, one.line, told, one.cells["id"]))
    raise_problems(problems, name)
    return rows


def parse_filled_table(text: str, table: Table, needed: t.Sequence[str], name: str) -> list[FilledRow]:
    """Return the rows of *table* from the CSV text of a spreadsheet; columns of the table that are not there are empty, others are left out.

    *needed*: the columns that must be there; *name*: of the file. Lines without any text are skipped, an apostrophe that keeps a
    spreadsheet from computing a cell is removed. Raises Problems for rows that do not fit, ConfigError for what is no such table.
    """
    if "\0" in text:
        raise ConfigError(f"{name}: is not a text: it contains a NUL character. Save it as CSV (UTF-8).")
    named = _SEPARATOR_LINE.match(text)
    body = text[named.end() :] if named else text
    separator = named[1] if named else _find_separator(body, table)
    if separator in '"\r\n':
        raise ConfigError(f"{name}: the first line names an unusable separator")
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    shift = 1 if named else 0
    try:
        head = [fold_case(restore_cell(cell).strip()) for cell in next(reader, [])]
        _check_head(head, table, needed, name)
        return _read_rows(reader, head, table, name, shift)
    except csv.Error as exc:
        raise ConfigError(f"{name}: is not CSV: {exc}, line {reader.line_num + shift}") from None


def check_decisions(
    decisions: t.Sequence[Row],
    asked: t.Sequence[Row],
    access: t.Sequence[Row],
    name: str = "signoff.csv",
    until: str | None = None,
) -> None:
    """Raise Problems unless *decisions* answer everything that was *asked* (rows of SIGN_OFF of the bundle), and by whom they may be.

    Refused are rows that the bundle does not have, rows without a decision, reviewers who decide on their own access, and dates
    after *until* (YYYY-MM-DD). *access*: rows of ACCESS of the same bundle, which tell the names of a person.
    """
    known = {str(row["id"]): row for row in asked}
    decided = {str(row["id"]) for row in decisions}
    find_access = index_access(access)
    problems: list[Problem] = []
    for row in decisions:
        key = str(row["id"])
        if key not in known:
            told = "is not a row of this bundle: use the signoff.csv of this bundle, or remove the row"
            problems.append({"kind": "unknown_row", "where": f"{name} {key}", "message": told})
            continue
        problems += [
            {"kind": "decision", "where": f"{name} {key}", "message": fault}
            for fault in _find_reviewer_faults(row, known[key], find_access(known[key]))
        ]
        if until and str(row["date"]) > until:
            told = f"the date {row['date']} is after today, {until}"
            problems.append({"kind": "decision", "where": f"{name} {key}", "message": told})
    problems += [
        {"kind": "no_decision", "where": f"{name} {key}", "message": f"has no decision: {describe_row(row)}"}
        for key, row in known.items()
        if key not in decided
    ]
    raise_problems(problems, name)


def index_access(access: t.Sequence[Row]) -> t.Callable[[Row], list[Row]]:
    """Return a function from a row of SIGN_OFF to the rows of ACCESS that it is about: by id, else by what both tell."""
    by_id = {str(row["id"]): row for row in access}
    by_values: dict[tuple[t.Any, ...], list[Row]] = {}
    for row in access:
        by_values.setdefault(tuple(row.get(column) or "" for column in _SAME_ROW), []).append(row)

    def find(row: Row) -> list[Row]:
        found = by_id.get(str(row["id"]))
        return [found] if found else by_values.get(tuple(row.get(column) or "" for column in _SAME_ROW), [])

    return find


def describe_row(row: Row) -> str:
    """Return a row of SIGN_OFF in words."""
    return (
        f"{row.get('person') or 'nobody'} through {row.get('principal')} on {row.get('entity')} of {row.get('commcell')}"
        f" as {row.get('role') or 'single permissions'}"
    )


def raise_problems(problems: t.Sequence[Problem], name: str) -> None:
    """Raise Problems for what is wrong with the decisions in the file *name*; nothing where there is nothing."""
    if not problems:
        return
    shown = list(problems[:_MOST_PROBLEMS])
    more = f", of which {_MOST_PROBLEMS} are listed" if len(problems) > _MOST_PROBLEMS else ""
    raise Problems(f"{name}: the decisions cannot be used, {len(problems)} problems{more}:", shown)


def _read_text(path: str) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with a byte order mark. Raises ConfigError."""
    name = os.path.basename(path)
    try:
        # Not blocking: a pipe that nobody writes to would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise ConfigError(f"{path}: is not a regular file; name the signoff.csv that was filled in")
            content = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{path}: cannot be read: {getattr(exc, 'strerror', None) or exc}") from None
    if len(content) > _MOST_BYTES:
        raise ConfigError(f"{name}: is larger than {_MOST_BYTES // 1024 // 1024} MiB, the limit for such a file")
    return decode_sheet(content, name)


def decode_sheet(content: bytes, name: str) -> str:
    """Return the text of a sheet in UTF-8, or in UTF-16 with a byte order mark. *name*: of the file. Raises ConfigError."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as exc:
        told = f"{name}: is not UTF-8 text (byte {exc.start}): save it as 'CSV UTF-8', so that names are not changed"
        raise ConfigError(told) from None


def find_table(text: str, tables: t.Sequence[Table]) -> Table | None:
    """Return the table of which the first line of a sheet has the most columns, None where it has not half of those of any."""
    named = _SEPARATOR_LINE.match(text)
    body = text[named.end() :] if named else text
    separators = (named[1],) if named else _SEPARATORS

    def count(table: Table) -> float:
        return max(_count_columns(body, table, separator) for separator in separators) / len(table.columns)

    found = max(tables, key=count)
    return found if count(found) >= 0.5 else None


def _find_separator(text: str, table: Table) -> str:
    """Return the separator by which the first line has the most columns of the table."""
    return max(_SEPARATORS, key=lambda separator: _count_columns(text, table, separator))


def _count_columns(text: str, table: Table, separator: str) -> int:
    """Return how many columns of the table the first line has with this separator."""
    try:
        cells = next(csv.reader([text.split("\n", 1)[0].rstrip("\r")], delimiter=separator), [])
    except (csv.Error, ValueError, TypeError):
        return 0
    return len({fold_case(restore_cell(cell).strip()) for cell in cells} & set(table.columns))


def _check_head(head: t.Sequence[str], table: Table, needed: t.Sequence[str], name: str) -> None:
    """Raise ConfigError for a header without the columns that are *needed*, or with one of them twice."""
    missing = [column for column in needed if column not in head]
    if missing:
        raise ConfigError(
            f"{name}: the first line has no column {', '.join(missing)}; it must be the header of {table.name}.csv, "
            "separated by commas, semicolons or tabs"
        )
    twice = [column for column in table.columns if head.count(column) > 1]
    if twice:
        raise ConfigError(f"{name}: the column {', '.join(twice)} is twice in the first line; keep one of them")


def _read_rows(reader: t.Any, head: t.Sequence[str], table: Table, name: str, shift: int) -> list[FilledRow]:
    """Return the rows below the header. Raises csv.Error as the reader does, Problems, and ConfigError for too many rows."""
    rows: list[FilledRow] = []
    problems: list[Problem] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        line = reader.line_num + shift
        if len(rows) >= _MOST_ROWS:
            raise ConfigError(f"{name}: has more than {_MOST_ROWS:,} rows, the limit for such a file")
        if any(cell.strip() for cell in cells[len(head) :]):
            told = "has more cells than the first line: put quotes around a cell that contains a separator"
            problems.append(make_problem(name, line, told))
            continue
        if any(len(cell) > _LONGEST_CELL for cell in cells):
            problems.append(make_problem(name, line, f"has a cell of more than {_LONGEST_CELL} characters"))
            continue
        found = dict(zip(head, cells, strict=False))
        rows.append(FilledRow(line, {column: restore_cell(found.get(column, "")).strip() for column in table.columns}))
    raise_problems(problems, name)
    return rows


def _read_decision(filled: FilledRow) -> tuple[Row, list[str]]:
    """Return the row with its decision and date in one form, and what is wrong with it."""
    cells = filled.cells
    decision, date = fold_case(cells["decision"]), parse_date(cells["date"])
    faults = []
    if not cells["id"]:
        faults.append("has no id: do not change the first column")
    if not any(cells[name] for name in _SAID):
        return {**cells, "date": date}, [*faults, "has no decision, reviewer and date: it was not filled in"]
    if not decision:
        faults.append(f"has no decision: one of {', '.join(DECISIONS)}")
    elif decision not in DECISIONS:
        faults.append(f"the decision {cells['decision'][:40]!r} is not one of {', '.join(DECISIONS)}")
    if not cells["reviewer"]:
        faults.append("has no reviewer")
    if not cells["date"]:
        faults.append("has no date")
    elif date is None:
        faults.append(f"the date {cells['date'][:40]!r} is not valid: write it as 2026-11-27")
    if decision in _NEED_REASON and not cells["reason"]:
        faults.append(f"has no reason, but {decision} needs one")
    return {**cells, "decision": decision, "date": date}, faults


def get_said(cells: t.Mapping[str, str], names: t.Sequence[str]) -> tuple[str, ...]:
    """Return what people wrote into the columns *names*, so that the same in another form is equal."""
    return tuple(_unify(name, cells[name]) for name in names)


def _unify(name: str, text: str) -> str:
    if name == "decision":
        return fold_case(text)
    return (parse_date(text) or text) if name == "date" else text


def parse_date(text: str) -> str | None:
    """Return a date as YYYY-MM-DD; None for what is none. With dots the day comes first; with slashes it may be either, so it is refused."""
    if found := _ISO_DATE.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DOTTED_DATE.fullmatch(text):
        day, month, year = found.groups()
    else:
        return None
    try:
        return datetime.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _find_reviewer_faults(decision: Row, asked: Row, access: t.Sequence[Row]) -> list[str]:
    """Return that the reviewer has the access that the row is about, or is likely to have it."""
    reviewer = str(decision["reviewer"]).strip()
    named = _ADDRESS.sub("", reviewer).strip()
    last, _comma, first = named.partition(",")
    given = [reviewer, *_ADDRESS.findall(reviewer), named, f"{first.strip()} {last.strip()}".strip()]
    grantees = {str(row[column]) for row in [*access, asked] for column in _GRANTEE if row.get(column)}
    folded = set(map(fold_case, grantees))
    if any(fold_case(name.strip()) in folded for name in given if name.strip()):
        return [
            f"the reviewer {reviewer!r} holds this access, and nobody may decide on their own access. Another person has to decide."
        ]
    near = sorted(name for name in grantees if any(is_lookalike(one, name) for one in given if one))
    if not near and fold_case(_get_login(reviewer)) == fold_case(reviewer):  # a login without its domain
        near = sorted(name for name in grantees if fold_case(_get_login(name)) == fold_case(reviewer))
    if near:
        return [
            f"the name of the reviewer {reviewer!r} looks like {near[0]!r}, who has this access: write the reviewer's address"
        ]
    return []


def _get_login(name: str) -> str:
    r"""Return a login name without its domain: ``p1`` of ``CORP\p1`` and of ``p1@corp.example``."""
    return name.rpartition("\\")[2].partition("@")[0]


def make_problem(name: str, line: int, told: str, key: str = "") -> Problem:
    """Return what is wrong on a line of the file *name*; *key*: the id of the row."""
    return {"kind": "decision", "where": f"{name} line {line}" + (f" ({key[:60]})" if key else ""), "message": told}
