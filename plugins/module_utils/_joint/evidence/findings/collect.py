# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""All findings of a bundle, with what earlier bundles and people say of them. Pure."""

from __future__ import annotations

import typing as t

from ..facts import Facts, get_day
from ..review import ACCEPT, get_text, is_word
from ..tables import ACCEPTED, IDENTITIES, LEAVERS, OPEN, POPULATION, Row
from .access import find_on_access
from .break_glass import find_on_break_glass
from .groups import find_on_groups
from .mapping import find_on_mapping
from .model import Finding
from .people import find_on_people
from .programs import find_on_programs
from .pseudonyms import find_on_pseudonyms
from .reviews import find_on_reviews, is_acceptance_valid
from .segregation import find_conflicts
from .visibility import find_left_out, find_not_visible


def list_findings(facts: Facts, rows: t.Mapping[str, t.Sequence[Row]]) -> list[Row]:
    """Return the findings, each once. *rows*: the tables that are made already: population, leavers and identities."""
    found: dict[str, Row] = {}
    for finding in _find_all(facts, rows):
        row = finding.as_row()
        found.setdefault(str(row["id"]), row)
    previous = facts.inputs.previous or {}
    earlier = {str(row["id"]): row for row in previous.get("findings") or ()}
    sheet = {str(row.get("id")): row for row in facts.inputs.actions}
    for key, row in found.items():
        before = earlier.get(key)
        # its own day for a new one, so that the next bundle of an unchanged site has the same cell
        first = facts.date if before is None else before.get("first_seen") or facts.inputs.previous_date
        row["first_seen"] = str(first or "")[:10] or None
        _accept(row, before, sheet.get(key), facts.date)
    return list(found.values())


def _find_all(facts: Facts, rows: t.Mapping[str, t.Sequence[Row]]) -> t.Iterator[Finding]:
    yield from find_not_visible(rows[POPULATION.name])
    yield from find_left_out((facts.inputs.previous or {}).get(POPULATION.name) or (), rows[POPULATION.name])
    yield from find_on_pseudonyms(facts)
    yield from find_on_access(facts)
    yield from find_conflicts(facts)
    yield from find_on_groups(facts)
    yield from find_on_mapping(facts)
    yield from find_on_break_glass(facts)
    yield from find_on_people(facts, rows[LEAVERS.name])
    yield from find_on_programs(facts, rows[IDENTITIES.name])
    yield from find_on_reviews(facts)


def _accept(row: Row, before: Row | None, sheet: t.Mapping[str, t.Any] | None, day: str) -> None:
    """Mark a finding as accepted where somebody accepted it for a time that is not over: on the last sheet, or on an earlier one."""
    if row["status"] != OPEN:
        return
    accepted: dict[str, t.Any] | None = None
    if sheet is not None and get_text(sheet.get("decision")):
        if is_word(sheet.get("decision"), ACCEPT) and is_acceptance_valid(sheet, day):
            names = (("accepted_by", "owner"), ("accepted_until", "date"), ("accept_reason", "reason"))
            accepted = {column: get_text(sheet.get(name)) or None for column, name in names}
    elif before is not None and before.get("status") == ACCEPTED:
        until, today = get_day(before.get("accepted_until")), get_day(day)
        if until is not None and today is not None and until > today:
            accepted = {name: before.get(name) for name in ("accepted_by", "accepted_until", "accept_reason")}
    if accepted is not None:
        row.update(accepted)
        row["status"] = ACCEPTED
