# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on people: those who left, passwords beside SSO, access tokens. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case
from ..facts import CellFacts, Facts
from ..leavers import is_leaver
from ..people import UNCLEAR
from ..tables import Row
from .break_glass import list_kept_users
from .model import Finding, count_words, list_words
from .rules import RULES

#: What stands before the name of what a leaver holds; the others say what they are.
_HELD = {
    "account": "the account",
    "user_group": "membership in",
    "access_token": "the access token",
    "entra_group": "membership in the Entra group",
    "group_owner": "ownership of the Entra group",
    "application_owner": "ownership of the application",
}


def find_on_people(facts: Facts, leavers: t.Sequence[Row]) -> t.Iterator[Finding]:
    """Yield the findings of all CommCells and of Entra ID. *leavers*: rows of the table."""
    yield from _find_leavers(leavers)
    kept = {fold_case(name) for name in list_kept_users(facts.inputs.document)}
    for cell in facts.cells:
        yield from _find_unclear(cell)
        yield from _find_passwords(cell, kept, is_known=not (kept and facts.inputs.are_people_hidden))
        yield from _find_tokens(cell)


def _find_leavers(leavers: t.Sequence[Row]) -> t.Iterator[Finding]:
    found: dict[tuple[str, str], list[Row]] = {}
    for row in leavers:
        key = str(row["commvault_user_id"] or row["entra_user_id"])
        found.setdefault((str(row["commcell"]), key), []).append(row)
    for (commcell, key), rows in sorted(found.items()):
        name = str(rows[0]["person"] or rows[0]["commvault_user"] or rows[0]["user_principal_name"] or key)
        since = f" since {rows[0]['since']}" if rows[0]["since"] else ""
        state = str(rows[0]["state"]).replace("_", " ")
        held = list_words(f"{_HELD.get(str(row['holds']), '')} {row['what']}".strip() for row in rows)
        told = f"{name} is {state} in Entra ID{since} and holds {count_words(len(rows), 'thing')}: {held}."
        is_privileged = any(row["privileged"] for row in rows)
        severity = "critical" if is_privileged and commcell else "high" if commcell else "medium"
        if {row["holds"] for row in rows} == {"account"}:
            severity = "low"  # an account without any right, whose password nobody checks any more
        ids = [row["id"] for row in rows]
        yield Finding(RULES["leaver_holds_access"], commcell, "person", key, name, told, ids, True, severity)


def _find_unclear(cell: CellFacts) -> t.Iterator[Finding]:
    people = [cell.people.get_user(user_id) for user_id in sorted(cell.side.users)]
    unclear = [one for one in people if one.state == UNCLEAR and one.uses_entra is not False]
    if unclear:
        why = list_words(one.doubt for one in unclear)
        told = f"Of {count_words(len(unclear), 'user')} it is not known who they are in Entra ID: {list_words(one.label for one in unclear)}. Why: {why}."
        ids = {one.key for one in unclear}
        rows = [made.row["id"] for made in cell.access if made.holder.person.key in ids]
        rule = RULES["leavers_not_evaluable"]
        yield Finding(rule, cell.name, "commcell", cell.name, cell.name, told, rows, False)


def _find_passwords(cell: CellFacts, kept: t.AbstractSet[str], *, is_known: bool) -> t.Iterator[Finding]:
    """*is_known*: whether it can be told who of them is kept for emergencies."""
    for user_id, user in sorted(cell.side.users.items()):
        person = cell.people.get_user(user_id)
        is_kept = fold_case(str(user.get("name"))) in kept
        if (
            user.get("local_password") is True
            and person.entra is not None
            and user.get("enabled") is not False
            and not is_kept
        ):
            told = f"{person.label} is {person.columns['user_principal_name']} in Entra ID, and has a password of Commvault's own."
            if not is_known:
                told += " Whether it is a break-glass account is not known."
            yield Finding(
                RULES["local_password_beside_sso"], cell.name, "user", user_id, person.label, told, (), is_known
            )


def _find_tokens(cell: CellFacts) -> t.Iterator[Finding]:
    for token in cell.side.document.get("access_tokens") or ():
        number, name = str(token.get("id")), str(token.get("name") or token.get("id"))
        owner = token.get("owner") or {}
        whose = str(owner.get("name") or "somebody unknown")
        if not token.get("expires"):
            told = f"The access token {name} of {whose} has no end."
            yield Finding(RULES["token_without_end"], cell.name, "access_token", number, name, told)
        user_id = str(owner.get("id"))
        if user_id in cell.side.users and is_leaver(cell.people.get_user(user_id)):
            state = cell.people.get_user(user_id).state.replace("_", " ")
            told = f"The access token {name} acts as {whose}, who is {state} in Entra ID."
            yield Finding(RULES["token_of_leaver"], cell.name, "access_token", number, name, told)
