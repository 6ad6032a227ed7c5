# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What tasks have read of logs, on several hosts: checked, and as rows that say where they come from. Pure."""

from __future__ import annotations

import typing as t

from ..._core.values import parse_time

ENTRA, COMMVAULT = "entra", "commvault"
#: Nouns of entra_log_info and commvault_audit_info, which hold rows.
NOUNS = ("sign_ins", "directory_audits", "audit_trail", "events")
#: The host whose result is that of Entra ID.
ENTRA_HOST = "localhost"

Row = t.Mapping[str, t.Any]

_TEXTS = ("time", "service", "log", "activity", "operation", "outcome", "record_id")
_TEXTS_OR_NULL = ("reason", "address")
_OF_ACTOR = ("kind", "name", "entra_id", "app_id", "commvault_id")
_OBJECTS = ("actor", "object", "before", "after", "details")


class ReadingError(ValueError):
    """What was given is not what a module that reads logs returns. The message says what, never the value."""


def get_commcell(row: Row) -> str:
    """Return the CommCell whose log the entry is of, empty for one of Entra ID."""
    return str(row.get("commcell") or "")


def take_rows(result: Row, commcell: str | None) -> list[dict[str, t.Any]]:
    """Return the entries of a result, with *commcell*. Raises ReadingError for what is none, such as what a query has made of it."""
    rows = []
    for noun in NOUNS:
        listed = result.get(noun) or []
        if not isinstance(listed, list):
            raise ReadingError(f"{noun} must be a list of entries, as the module returns it without a query")
        for row in listed:
            check_row(row, noun)
            if (row["service"] == ENTRA) is not (commcell is None):
                raise ReadingError(
                    f"{noun} has entries of the wrong service: localhost is for Entra ID, every other name for a CommCell"
                )
            rows.append({**row, "commcell": commcell})
    return rows


def check_row(row: t.Any, noun: str) -> None:
    """Raise ReadingError for what is no entry of a log."""
    if not isinstance(row, t.Mapping):
        raise ReadingError(f"{noun} must be a list of entries, as the module returns it without a query")
    missing = [name for name in _TEXTS if not isinstance(row.get(name), str)]
    missing += [name for name in _OBJECTS if not isinstance(row.get(name), t.Mapping)]
    missing += [name for name in _TEXTS_OR_NULL if not isinstance(row.get(name, 0), (str, type(None)))]
    actor = row.get("actor")
    if isinstance(actor, t.Mapping):
        missing += [f"actor.{name}" for name in _OF_ACTOR if not isinstance(actor.get(name, 0), (str, type(None)))]
    if missing:
        raise ReadingError(f"an entry of {noun} is without a usable {', '.join(missing)}")
    try:
        parse_time(row["time"])
    except ValueError:
        raise ReadingError(f"an entry of {noun} has no date as time") from None
