# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a bundle is made of, read from files: the log, decisions that people have filled in, and the bundle before."""

from __future__ import annotations

import os
import typing as t

from ...._core.answers import AnswerRefused, parse_json
from ...._core.data_text import unmark_unsafe_texts
from ...._core.errors import ConfigError, Problems
from ...._core.private_files import NotPrivate, read_ordinary_file
from ...._core.values import convert_to_builtins
from ..decisions import FilledRow, decode_sheet, find_table, get_said, make_problem, parse_date, parse_filled_table
from ..manifest import PreviousLink
from ..reading import Bundle, read_bundle, read_content
from ..review import find_last_decision
from ..table_text import read_back
from ..tables import ACTION_PLAN, SIGN_OFF, Row, Table

_LARGEST_LOG = 256 * 1024 * 1024
_LARGEST_SHEET = 64 * 1024 * 1024
#: What people fill in.
FILLED: t.Mapping[str, tuple[str, ...]] = {
    SIGN_OFF.name: ("decision", "reviewer", "date", "reason"),
    ACTION_PLAN.name: ("decision", "owner", "date", "reason"),
}


class Decisions(t.NamedTuple):
    """Rows that people have filled in, rows of the bundle before that they have not, and files of that bundle in which they did."""

    decisions: list[Row]
    actions: list[Row]
    unanswered: list[Row]
    in_place: list[str]


class _Sheet(t.NamedTuple):
    """The rows of one file, and its name for messages."""

    name: str
    table: Table
    rows: list[FilledRow]


def read_log(path: str) -> dict[str, t.Any]:
    """Return the log that the playbook access_log has written to *path*. Raises ConfigError."""
    content = read_given_file(path, "log", _LARGEST_LOG)
    try:
        found = unmark_unsafe_texts(convert_to_builtins(parse_json(content, has_unique_keys=True)))
    except (ValueError, AnswerRefused) as exc:
        raise ConfigError(f"option log: {path} cannot be read as JSON: {exc}", source="option log") from exc
    if not isinstance(found, dict) or not isinstance(found.get("events"), list):
        raise ConfigError(
            f"option log: {path} is not a log that the playbook access_log has written (access_log_file)",
            source="option log",
        )
    return found


def read_given_file(path: str, option: str, largest: int) -> bytes:
    """Return what the file *path* of *option* holds. Raises ConfigError."""
    try:
        return read_ordinary_file(path, largest)
    except NotPrivate as exc:
        limit = f"at most {largest // 1024 // 1024} MiB"
        raise ConfigError(
            f"option {option}: {path} is not an ordinary file of {limit}", source=f"option {option}"
        ) from exc
    except OSError as exc:
        raise ConfigError(f"option {option}: {path} cannot be read: {exc.strerror}", source=f"option {option}") from exc


def read_previous(folder: str) -> tuple[Bundle, PreviousLink]:
    """Return the bundle in *folder*, its hashes checked, and the link to it. Raises ConfigError."""
    bundle = read_bundle(folder)
    found = bundle.manifest
    name = os.path.basename(folder)
    return bundle, PreviousLink(
        name=name, bundle_id=found["bundle_id"], as_of=found["as_of"], manifest_sha256=bundle.manifest_sha256
    )


def read_decisions(paths: t.Sequence[str], before: Bundle | None) -> Decisions:
    """Return what stands in the files that were filled in: copies of signoff.csv or action_plan.csv. Raises ConfigError.

    *before*: the bundle before, whose rows nobody has left out unnoticed.
    """
    sheets = []
    for path in paths:
        content = read_given_file(path, "decisions", _LARGEST_SHEET)
        try:
            sheets.append(_read_sheet(os.path.basename(path), content))
        except Problems as exc:
            raise Problems(f"option decisions: {path}: cannot be used:", exc.facts["problems"]) from None
        except ConfigError as exc:
            raise ConfigError(f"option decisions: {path}: {exc}", source="option decisions") from None
    return _join_sheets(sheets, before, [])


def read_sealed_decisions(folder: str, bundle: Bundle) -> Decisions:
    """Return what was filled in, in the files of the bundle itself. Raises ConfigError where other columns were changed as well."""
    sheets, in_place = [], []
    for table in (SIGN_OFF, ACTION_PLAN):
        path = f"{table.name}.csv"
        sheet = _read_sheet(path, read_content(folder, path, _LARGEST_SHEET), table)
        filled = FILLED[table.name]
        sealed = {row["id"]: row for row in bundle.rows[table.name]}
        for _line, row in sheet.rows:
            before = sealed.get(row["id"])
            if before is None or any(
                row[name] != read_back(before[name]) for name in table.columns if name not in filled
            ):
                raise ConfigError(
                    f"{os.path.join(folder, path)}: row {row['id']} differs from the sealed one in columns other "
                    f"than {', '.join(filled)}. Fill in a copy, and name it in the option decisions.",
                    source="option decisions",
                )
        if any(row[name] != read_back(sealed[row["id"]][name]) for _line, row in sheet.rows for name in filled):
            in_place.append(path)
        sheets.append(sheet)
    return _join_sheets(sheets, bundle, in_place)


def _read_sheet(name: str, content: bytes, table: Table | None = None) -> _Sheet:
    """Return the rows of a sheet; *table*: what it is a copy of, None to recognise it by its first line. Raises ConfigError."""
    text = decode_sheet(content, name)
    table = table or find_table(text, (SIGN_OFF, ACTION_PLAN))
    if table is None:
        raise ConfigError("is not a copy of signoff.csv or action_plan.csv: do not change the first line")
    # All columns: the findings look at what was decided on, too.
    return _Sheet(name, table, parse_filled_table(text, table, table.columns, name))


def _join_sheets(sheets: t.Sequence[_Sheet], before: Bundle | None, in_place: list[str]) -> Decisions:
    """Return what was filled in, each row once. Raises Problems for a row that was filled in twice in different ways.

    What is wrong with a single row, such as a missing reviewer, the findings tell.
    """
    decisions, actions = (_take_filled(table, sheets) for table in (SIGN_OFF, ACTION_PLAN))
    blank = {row["id"]: row for sheet in sheets if sheet.table is SIGN_OFF for _line, row in sheet.rows}
    rows = {
        **t.cast("dict[str, Row]", blank),
        **{str(row["id"]): row for row in (before.rows if before else {}).get(SIGN_OFF.name, ())},
    }
    unanswered = [row for key, row in rows.items() if key not in decisions]
    if not decisions:  # There was no review since: what was decided before stays decided.
        unanswered = list(filter(None, map(_repeat_decision, unanswered)))
    return Decisions(list(decisions.values()), list(actions.values()), unanswered, in_place)


def _take_filled(table: Table, sheets: t.Sequence[_Sheet]) -> dict[str, Row]:
    """Return the rows of *table*, by id, in which something was filled in, dates as YYYY-MM-DD where they are dates. Raises Problems."""
    names = FILLED[table.name]
    found: dict[str, tuple[str, FilledRow]] = {}
    problems = []
    for sheet in sheets:
        for filled in sheet.rows if sheet.table is table else ():
            if not any(filled.cells[name] for name in names):
                continue
            where, first = found.setdefault(filled.cells["id"], (sheet.name, filled))
            if get_said(first.cells, names) != get_said(filled.cells, names):
                told = f"is also on line {first.line} of {where}, with another {', '.join(names[:-1])} or {names[-1]}: keep one of them"
                problems.append(make_problem(sheet.name, filled.line, told, filled.cells["id"]))
    if problems:
        raise Problems("option decisions: rows were filled in twice, in different ways:", problems)
    return {
        key: {**filled.cells, "date": parse_date(filled.cells["date"]) or filled.cells["date"]}
        for key, (_name, filled) in found.items()
    }


def _repeat_decision(row: Row) -> Row | None:
    """Return a row that nobody filled in as decided by its last decision, None where it has none."""
    last = find_last_decision(row)
    if last is None:
        return None
    # Not privileged: decisions in bulk are told once, when they are made; their reasons are not kept.
    return {**row, "decision": last.word, "date": last.date, "reviewer": last.reviewer, "privileged": None}
