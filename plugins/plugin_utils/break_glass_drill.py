# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The break-glass drill: with which options an account logs in without Entra ID, what came of it, and the file that keeps the dates."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.cvops.identity.plugins.module_utils._core.data_text import unmark_unsafe_texts
from ansible_collections.cvops.identity.plugins.module_utils._core.values import parse_time

from .data_reading import DataFileError, abbreviate_text, read_data_file
from .filter_values import FilterInputError, make_visible, require_mapping, require_mappings, to_text

Mapping = t.Mapping[str, t.Any]
Drill = dict[str, t.Any]

WORKED, NOT_PROVEN, FAILED = "worked", "not_proven", "failed"
_OUTCOMES = (WORKED, NOT_PROVEN, FAILED)
_TOLD = {
    WORKED: "logged in with its own password, and has administrator rights on the CommCell",
    NOT_PROVEN: "signed in; its administrator rights are not proven",
    FAILED: "failed the drill",
}
#: How the CommCell is reached; who signs in, and a gateway that asks Entra ID, are left out.
_WAY = ("ca_path", "proxy", "timeout", "token_header", "url", "validate_certs")
#: Permission "Administrative Management" (Commvault documentation: permissions).
_ADMINISTRATION = "1"
_KEYS = ("commcell", "user", "outcome", "date")
_TOO_MANY = 100_000


def build_drill_options(options: t.Any, account: t.Any) -> dict[str, t.Any]:
    """Return the module options by which a break-glass account logs in: those that say how the CommCell is reached, and the account's own.

    *options*: as the lookup connection_options returns them; *account*: ``username``, ``password``, and ``pin`` or none. Nothing is left to
    the environment, whose PIN would make the password wrong, and nothing is tried again: each wrong password brings the lock nearer.
    """
    given = require_mapping(options, "the options")
    own = require_mapping(account, "the account")
    return {
        **{f"commvault_{name}": given[f"commvault_{name}"] for name in _WAY if f"commvault_{name}" in given},
        "commvault_auth_method": "password",
        "commvault_username": own.get("username"),
        "commvault_password": own.get("password"),
        "commvault_pin": own.get("pin") or "",
        "retries": 0,
    }


def build_drill(result: t.Any, commcell: t.Any, user: t.Any, date: t.Any) -> Drill:
    """Return what came of one drill: ``commcell``, ``user``, ``outcome``, ``date``, and ``why`` it has not worked, never a secret.

    An account that logs in and does not administer the CommCell has failed: nobody could repair the sign-in with it. Where the CommServe does not
    show the account's rights, that is not proven.

    *result*: of connection_info with the account's options, also a failed one; *user*: the name that was given.
    """
    found = require_mapping(result, "the result")
    side = require_mapping(require_mapping(found.get("connection"), "connection").get("commvault"), "commvault")
    got_in = side.get("status") == "ok"
    error = require_mapping(side.get("error"), "error")
    rights = [to_text(right.get("id")) for right in require_mappings(side.get("rights"), "rights")]
    why = "" if got_in else to_text(error.get("msg") or found.get("msg") or "nothing was tried")
    outcome = WORKED if got_in else FAILED
    if got_in and side.get("rights") is None:
        outcome, why = NOT_PROVEN, "the CommServe does not show the account's rights"
    elif got_in and _ADMINISTRATION not in rights:
        outcome, why = (
            FAILED,
            "it can log in but has no administrator rights on the CommCell, so it could not repair the sign-in",
        )
    return {
        "commcell": to_text(commcell),
        "user": to_text(require_mapping(side.get("identity"), "identity").get("user_name") or user),
        "outcome": outcome,
        "date": to_text(date),
        "why": to_text(make_visible(why))[:500],
    }


def add_drills(drills: t.Any, earlier: t.Any = None) -> list[Drill]:
    """Return *earlier* drills and *drills* as access evidence takes them, without ``why``, oldest first, each once."""
    rows = [{name: row[name] for name in _KEYS} for row in [*_list_drills(earlier), *_list_drills(drills)]]
    unique = [row for number, row in enumerate(rows) if row not in rows[:number]]
    return sorted(unique, key=lambda row: [to_text(row.get(name)) for name in ("date", "commcell", "user")])


def format_drills(drills: t.Any) -> list[str]:
    """Return a line for each drill."""
    return [
        f"{row['commcell']}: {row['user']} {_TOLD[row['outcome']]}" + (f": {row['why']}" if row.get("why") else "")
        for row in map(make_visible, _list_drills(drills))
    ]


def read_drills(path: str) -> tuple[list[Drill], list[str]]:
    """Return the drills in a file that the playbook has written, and the problems with it; nothing where there is no file yet."""
    if not os.path.lexists(path):
        return [], []
    try:
        found = unmark_unsafe_texts(read_data_file(path, only_json=True))
        rows = [dict(row) for row in _list_drills(found)]
    except DataFileError as exc:
        return [], [f"{abbreviate_text(path)}: {problem}" for problem in exc.args]
    except FilterInputError as exc:
        return [], [f"{abbreviate_text(path)}: {exc}"]
    return rows, []


def _list_drills(value: t.Any) -> list[Mapping]:
    """Return a list of drills. Raises FilterInputError for anything else."""
    if value is not None and not isinstance(value, (list, tuple)):
        raise FilterInputError("is not a list of drills as the playbook break_glass_drill writes it")
    rows = require_mappings(value, "drills")
    if len(rows) > _TOO_MANY:
        raise FilterInputError(f"holds more than {_TOO_MANY:,} drills")
    for number, row in enumerate(rows):
        if not all(isinstance(row.get(name), str) for name in _KEYS) or row["outcome"] not in _OUTCOMES:
            raise FilterInputError(
                f"drills[{number}] has no commcell, user, outcome ({WORKED}, {NOT_PROVEN} or {FAILED}) and date"
            )
        try:
            parse_time(str(row["date"]))
        except ValueError:
            raise FilterInputError(f"drills[{number}].date is not a date such as 2026-11-27") from None
    return rows
