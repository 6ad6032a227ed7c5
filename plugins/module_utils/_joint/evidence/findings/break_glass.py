# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on the accounts that are kept for the day when nothing else works. Pure."""

from __future__ import annotations

import typing as t

from ...._core.names import fold_case, is_same_name
from ..entra_side import fold_id
from ..facts import CellFacts, Facts, get_day, is_before
from .model import Finding
from .rules import DRILL_DAYS, RULES

_WORKED, _NOT_PROVEN = "worked", "not_proven"


def list_kept_users(document: t.Mapping[str, t.Any] | None, kind: str = "commvault_users") -> list[str]:
    """Return the names in ``cvops_break_glass`` of one kind."""
    kept = (document or {}).get("cvops_break_glass")
    listed = kept.get(kind) if isinstance(kept, t.Mapping) else None
    return sorted({str(name) for name in listed}) if isinstance(listed, (list, tuple)) else []


def find_on_break_glass(facts: Facts) -> t.Iterator[Finding]:
    """Yield the findings on each account on each CommCell, and on those of Entra ID."""
    if facts.inputs.are_people_hidden:
        return  # told as a whole
    for cell in facts.cells:
        for name in list_kept_users(facts.inputs.document):
            yield from _judge_user(cell, facts, name)
    for name in list_kept_users(facts.inputs.document, "entra_users"):
        yield from _judge_entra_user(facts, name)


def _judge_user(cell: CellFacts, facts: Facts, name: str) -> t.Iterator[Finding]:
    def build(rule: str, told: str, is_evaluable: bool = True) -> Finding:
        return Finding(RULES[rule], cell.name, "break_glass", fold_case(name), name, told, rows, is_evaluable)

    # A namesake in a company is somebody else.
    found = [
        user
        for user in cell.side.users.values()
        if is_same_name(str(user.get("name")), name) and not user.get("company")
    ]
    ids = {str(user["id"]) for user in found}
    rows = [str(made.row["id"]) for made in cell.access if made.row["commvault_user_id"] in ids]
    if not found:
        if cell.side.visibility.is_complete("users"):
            yield build("break_glass_missing", f"No user of {cell.name} is named {name}.")
        else:
            yield build(
                "break_glass_not_evaluable", f"{name} was not seen on {cell.name}, and not all users were.", False
            )
        return
    user = found[0]
    if user.get("enabled") is False or user.get("locked") is True:
        yield build(
            "break_glass_disabled",
            f"{name} is {'disabled' if user.get('enabled') is False else 'locked'} on {cell.name}, so nobody can sign in with it.",
        )
    if user.get("local_password") is False:
        yield build(
            "break_glass_without_password",
            f"{name} signs in with {_name_way(user)}, and has no password of Commvault's own.",
        )
    elif user.get("local_password") is None or user.get("enabled") is None:
        yield build(
            "break_glass_not_evaluable", f"It is not visible whether {name} can sign in with its own password.", False
        )
    yield from _judge_drills(cell, facts, name, build)


def _name_way(user: t.Mapping[str, t.Any]) -> str:
    return str(user.get("signs_in_with") or "something that is not shown").replace("_", " ")


def _judge_drills(cell: CellFacts, facts: Facts, name: str, build: t.Callable[..., Finding]) -> t.Iterator[Finding]:
    drills = sorted(
        (str(drill.get("date")), str(drill.get("outcome")))
        for drill in facts.inputs.drills
        if drill.get("commcell") == cell.name
        and is_same_name(str(drill.get("user")), name)
        and get_day(drill.get("date")) is not None
    )
    last, outcome = drills[-1] if drills else ("", "")
    worked = [date for date, came in drills if came == _WORKED]
    proven = f"The last successful drill was on {worked[-1][:10]}." if worked else "No successful drill is known."
    if outcome == _NOT_PROVEN and not is_before(last, cell.side.date, -DRILL_DAYS):
        told = f"{name} signed in on {last[:10]} with its own password. It is not proven that it administers {cell.name}: its rights were not visible."
        yield build("break_glass_drill_not_proven", f"{told} {proven}", False)
        return
    if drills and outcome not in (_WORKED, _NOT_PROVEN):
        yield build("break_glass_drill_failed", f"The drill of {name} on {last[:10]} failed. {proven}")
    if not worked:
        yield build(
            "break_glass_drill_due",
            f"No drill is known that proved that {name} can sign in and administer {cell.name}.",
        )
    elif is_before(worked[-1], cell.side.date, -DRILL_DAYS):
        yield build(
            "break_glass_drill_due", f"{name} was last tested on {worked[-1][:10]}, more than {DRILL_DAYS} days ago."
        )


def _judge_entra_user(facts: Facts, name: str) -> t.Iterator[Finding]:
    def build(rule: str, told: str, is_evaluable: bool = True) -> Finding:
        return Finding(RULES[rule], "", "break_glass", fold_case(name), name, told, rows, is_evaluable)

    entra = facts.entra
    user = entra.users.get(fold_id(name)) or next(iter(entra.by_name.get(fold_case(name), ())), None)
    key = fold_id(user["id"]) if user else ""
    rows = [
        str(made.row["id"])
        for cell in facts.cells
        for made in cell.access
        if key and fold_id(made.row["entra_user_id"]) == key
    ]
    if user is None:
        is_gone = fold_id(name) in entra.deleted_users or fold_case(name) in entra.deleted_by_name
        if is_gone:
            yield build("break_glass_missing", f"{name} was deleted in Entra ID.")
        else:
            # The document holds the users that bear on Commvault, so that one who is not in it may be there.
            yield build(
                "break_glass_not_evaluable", f"{name} is not among the users of Entra ID that were read.", False
            )
    elif user.get("accountEnabled") is False:
        yield build("break_glass_disabled", f"{name} is disabled in Entra ID.")
