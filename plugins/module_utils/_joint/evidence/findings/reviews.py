# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on the decisions that people wrote into the sheets of the previous bundle. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case
from ..facts import AccessRow, Facts, get_day
from ..review import ACCEPT, find_last_decision, get_text, is_word
from .model import Finding
from .rules import BULK_DECISIONS, RULES

Sheet = t.Mapping[str, t.Any]


def find_on_reviews(facts: Facts) -> t.Iterator[Finding]:
    """Yield what is wrong with decisions, and what was decided and not done."""
    by_id = {str(made.row["id"]): made for cell in facts.cells for made in cell.access}
    for row in facts.inputs.decisions:
        # A decision about a row that is gone has been carried out, or has nothing left to decide.
        made = by_id.get(str(row.get("id")))
        if made is not None:
            yield from _judge_decision(row, made)
    yield from _find_bulk(facts.inputs.decisions)
    for row in facts.inputs.actions:
        if is_word(row.get("decision"), ACCEPT) and not is_acceptance_valid(row, facts.date):
            told = f"{get_text(row.get('title'))} ({get_text(row.get('subject'))}) was accepted"
            told += f" until {get_text(row.get('date')) or 'no date'}, {'with' if get_text(row.get('reason')) else 'without'} a reason."
            number = str(row.get("id"))
            rule = RULES["acceptance_not_valid"]
            yield Finding(rule, str(row.get("commcell") or ""), "finding", number, get_text(row.get("subject")), told)


def is_acceptance_valid(row: Sheet, day: str) -> bool:
    """Return whether a row of an action plan accepts a finding: with a reason, until a date after *day*."""
    until, today = get_day(get_text(row.get("date"))), get_day(day)
    return bool(get_text(row.get("reason"))) and until is not None and today is not None and until > today


def _judge_decision(row: Sheet, made: AccessRow) -> t.Iterator[Finding]:
    access = made.row
    number, label = str(access["id"]), f"{made.holder.person.label}: {made.grant.label}"

    def build(rule: str, told: str) -> Finding:
        return Finding(RULES[rule], str(access["commcell"]), "access", number, label, told, [number])

    word, reviewer = get_text(row.get("decision")), get_text(row.get("reviewer"))
    last = find_last_decision(row)
    if not word:
        yield build("decision_blank", f"{label} was not decided.")
    elif not reviewer:
        yield build("decision_without_reviewer", f"{label} was decided ({word}), and nobody is named as reviewer.")
    elif fold_case(reviewer) in _list_names(made):
        yield build("reviewed_own_access", f"{label} was decided ({word}) by {reviewer}, who holds it.")
    if last is not None and last.is_revocation:
        when = f" on {last.date}" if last.date else ", without a date"
        yield build("revoked_access_remains", f"{label} was to be revoked{when}, and is still there.")


def _list_names(made: AccessRow) -> set[str]:
    names = [made.row[key] for key in ("person", "user_principal_name", "commvault_user", "entra_user_id")]
    names += [(made.holder.person.entra or {}).get("mail"), (made.holder.person.user or {}).get("email")]
    return {fold_case(str(name)) for name in names if name}


def _find_bulk(decisions: t.Iterable[Sheet]) -> t.Iterator[Finding]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in decisions:
        is_privileged = row.get("privileged") is True or fold_case(get_text(row.get("privileged"))) == "true"
        word, reviewer = get_text(row.get("decision")), get_text(row.get("reviewer"))
        last = find_last_decision(row)
        if is_privileged and word and reviewer and last is not None and not last.is_revocation:
            found.setdefault((reviewer, last.date, get_text(row.get("reason"))), []).append(str(row.get("id")))
    for (reviewer, date, reason), ids in sorted(found.items()):
        if len(ids) >= BULK_DECISIONS:
            told = f"{reviewer} kept {len(ids)} privileged rows on {date or 'no date'} with one reason: {reason or 'none'}."
            yield Finding(RULES["bulk_approval"], "", "reviewer", f"{reviewer} {date} {reason}", reviewer, told, ids)
