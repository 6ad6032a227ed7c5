# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on people: those who left, passwords beside SSO, access tokens. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case
from ..facts import CellFacts, Facts
from ..leavers import find_end_of_token, is_leaver, is_token_over
from ..people import DELETED, DISABLED, UNCLEAR
from ..tables import Row
from ..words import join_words
from .break_glass import list_kept_users
from .model import Finding, count_words, list_words
from .rules import RULES

#: What leavers hold, the gravest first, with what stands before its name; the others say what they are.
_HELD = {
    "account": "the account",
    "local_password": "",
    "access_token": "the access token",
    "direct_grant": "",
    "user_group": "membership in the group",
    "owner": "",
    "group_owner": "ownership of the Entra group",
    "application_owner": "ownership of the application",
    "entra_group": "membership in the Entra group",
}
_ORDER = list(_HELD)
_LETS_IN = ("account", "local_password", "access_token")
#: What works although Entra ID lets the person in no more.
_WORKS = {"local_password": "the password", "access_token": "the access token"}
_SOURCES = {
    "entra_audit_log": "by the audit log of Entra ID",
    "deletion_date": "by the date of deletion in Entra ID",
    "previous_bundle": "as an earlier bundle knew",
}
_STATES = {DISABLED: "is disabled in Entra ID", DELETED: "was deleted in Entra ID"}
_IN_ENTRA = (
    "Remove the user from the groups in Entra ID and give the groups and applications other owners: if the account is enabled again,"
    " it gets all this back."
)


def find_on_people(facts: Facts, leavers: t.Sequence[Row]) -> t.Iterator[Finding]:
    """Yield the findings of all CommCells and of Entra ID. *leavers*: rows of the table."""
    held: dict[tuple[str, str], list[Row]] = {}
    for row in leavers:
        key = str(row["commvault_user_id"] or row["entra_user_id"])
        held.setdefault((str(row["commcell"]), key), []).append(row)
    yield from _find_leavers(held)
    kept = {fold_case(name) for name in list_kept_users(facts.inputs.document)}
    for cell in facts.cells:
        yield from _find_unclear(cell)
        rows: dict[str, list[str]] = {}
        for made in cell.access:
            rows.setdefault(str(made.row["commvault_user_id"] or ""), []).append(str(made.row["id"]))
        yield from _find_passwords(cell, kept, rows, is_known=not (kept and facts.inputs.are_people_hidden))
        yield from _find_tokens(cell, rows, held)


def _find_leavers(held: t.Mapping[tuple[str, str], t.Sequence[Row]]) -> t.Iterator[Finding]:
    for (commcell, key), rows in sorted(held.items()):
        first = rows[0]
        name = str(first["person"] or first["commvault_user"] or first["user_principal_name"] or key)
        found = sorted(rows, key=lambda row: (_ORDER.index(str(row["holds"])), str(row["what"])))
        things = [f"{_HELD[str(row['holds'])]} {row['what']}".strip() for row in found]
        where = f" on {commcell}" if commcell else ""
        told = f"{_name_person(first, name)} {_tell_state(first)}, and still holds{where}: {join_words(dict.fromkeys(things))}."
        working = [_WORKS[what] for what in _WORKS if any(row["holds"] == what for row in rows)]
        if working:
            told += f" Without Entra ID {join_words(working)} {'works' if len(working) == 1 else 'work'} as before."
        # What lets somebody in is as powerful as what it lets to: the latter is told.
        powerful = [
            what
            for row, what in zip(found, things, strict=True)
            if row["privileged"] is True and row["holds"] not in _LETS_IN
        ]
        told += f" Privileged: {join_words(dict.fromkeys(powerful))}." if powerful else ""
        is_privileged = any(row["privileged"] is True for row in rows)
        severity = ("critical" if commcell else "high") if is_privileged else ("high" if commcell else "medium")
        if {row["holds"] for row in rows} == {"account"}:
            severity = "low"  # an account without any right, whose password nobody checks any more
        rule = RULES["leaver_holds_access"] if commcell else RULES["leaver_holds_access"]._replace(remedy=_IN_ENTRA)
        yield Finding(rule, commcell, "person", key, name, told, [row["id"] for row in rows], True, severity)


def _name_person(row: Row, name: str) -> str:
    """Return a name with what tells the person from a namesake."""
    known = row["user_principal_name"] or row["commvault_user"]
    return f"{name} ({known})" if known and known != name else name


def _tell_state(row: Row) -> str:
    """Return what Entra ID says of somebody who left, since when, and where that comes from."""
    state = _STATES.get(str(row["state"]), "is not found in Entra ID")
    if not row["since"]:
        return f"{state} (it is not known since when)"
    how = "on" if row["state"] == DELETED else "since"
    return f"{state} {how} {row['since']} ({_SOURCES.get(str(row['since_source']), 'the source is not known')})"


def _find_unclear(cell: CellFacts) -> t.Iterator[Finding]:
    people = [cell.people.get_user(user_id) for user_id in sorted(cell.side.users)]
    unclear = [one for one in people if one.state == UNCLEAR and one.uses_entra is not False]
    if unclear:
        why = list_words(one.doubt for one in unclear)
        told = f"It is not known who {count_words(len(unclear), 'user')} are in Entra ID: {list_words(one.label for one in unclear)}. Reasons: {why}."
        ids = {one.key for one in unclear}
        rows = [made.row["id"] for made in cell.access if made.holder.person.key in ids]
        rule = RULES["leavers_not_evaluable"]
        yield Finding(rule, cell.name, "commcell", cell.name, cell.name, told, rows, False)


def _find_passwords(
    cell: CellFacts, kept: t.AbstractSet[str], rows: t.Mapping[str, t.Sequence[str]], *, is_known: bool
) -> t.Iterator[Finding]:
    """Yield who has a password beside SSO. A leaver's is told with everything else that the leaver holds.

    *rows*: of ``access``, by user; *is_known*: whether it can be told who of them is kept for emergencies.
    """
    for user_id, user in sorted(cell.side.users.items()):
        person = cell.people.get_user(user_id)
        is_kept = fold_case(str(user.get("name"))) in kept
        if (
            user.get("local_password") is True
            and person.entra is not None
            and user.get("enabled") is not False
            and not is_kept
            and not is_leaver(person)
        ):
            told = (
                f"{person.label} is {person.columns['user_principal_name']} in Entra ID, and also has a Commvault "
                "password. It works without Entra ID, so without multifactor authentication and conditional access."
            )
            if not is_known:
                told += " Whether it is a break-glass account is not known."
            rule, found = RULES["local_password_beside_sso"], rows.get(user_id, ())
            yield Finding(rule, cell.name, "user", user_id, person.label, told, found, is_known)


def _find_tokens(
    cell: CellFacts,
    rows: t.Mapping[str, t.Sequence[str]],
    held: t.Mapping[tuple[str, str], t.Sequence[Row]],
) -> t.Iterator[Finding]:
    """Yield the findings on access tokens. *rows*: of ``access``, by user; *held*: of ``leavers``, by CommCell and user."""
    for token in cell.side.document.get("access_tokens") or ():
        number, name = str(token.get("id")), str(token.get("name") or token.get("id"))
        owner = token.get("owner") or {}
        user_id, whose = str(owner.get("id")), str(owner.get("name") or "somebody unknown")
        ids, ends = rows.get(user_id, ()), find_end_of_token(token)
        if is_token_over(token, cell.side.date):
            continue
        if not ends:
            is_sure = not token.get("expires")
            told = f"The access token {name} of {whose} never expires: whoever has it can act as {whose} until somebody revokes it."
            if not is_sure:
                told = f"It is not visible until when the access token {name} of {whose} can be renewed: perhaps without limit."
            yield Finding(RULES["token_without_end"], cell.name, "access_token", number, name, told, ids, is_sure)
        if user_id in cell.side.users and is_leaver(cell.people.get_user(user_id)):
            listed = held.get((cell.name, user_id), ())
            state = _tell_state(listed[0]) if listed else "left"
            told = f"The access token {name} acts as {whose}, who {state}. It works without a sign-in{f' until {ends[:10]}' if ends else ''}."
            is_privileged = any(row["holds"] == "access_token" and row["privileged"] is True for row in listed)
            severity = "critical" if is_privileged else ""
            told += f" {whose} has privileged access." if is_privileged else ""
            links = [*ids, *(row["id"] for row in listed)]
            rule = RULES["token_of_leaver"]
            yield Finding(rule, cell.name, "access_token", number, name, told, links, True, severity)
