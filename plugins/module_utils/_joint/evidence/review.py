# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The sheets that people fill in: who keeps which access, and what is done about findings. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._core.names import fold_case
from .facts import Facts, get_day
from .grants import MANAGED
from .tables import OPEN, Row
from .words import describe_entity

REVOKE, ACCEPT = "revoke", "accept"
#: Kinds of grants that people review: those that people give and take away.
REVIEWED = (MANAGED, "permissions")
_LAST = re.compile(r"(.*) \((\d{4}-\d\d-\d\d|no date), (.*)\)", re.DOTALL)


class Decision(t.NamedTuple):
    """The last decision about a row that any bundle of the chain has; ``date`` is empty where none was given."""

    word: str
    date: str
    reviewer: str

    def __str__(self) -> str:
        return f"{self.word} ({self.date or 'no date'}, {self.reviewer or 'nobody named'})"

    @property
    def is_revocation(self) -> bool:
        """Whether the access was to go."""
        return is_word(self.word, REVOKE)


def is_word(text: t.Any, word: str) -> bool:
    """Return whether what somebody typed is *word*, whatever its case and the blanks around it."""
    return fold_case(get_text(text)) == word


def get_text(value: t.Any) -> str:
    """Return a cell that somebody typed, without blanks around it."""
    return "" if value is None else str(value).strip()


def find_last_decision(row: t.Mapping[str, t.Any]) -> Decision | None:
    """Return the decision that a row of an earlier sheet has, else the last one that it was printed with; None for neither."""
    word = get_text(row.get("decision"))
    if word:
        day = get_day(get_text(row.get("date")))
        return Decision(word, day.isoformat() if day else "", get_text(row.get("reviewer")))
    found = _LAST.fullmatch(get_text(row.get("last_decision")))
    if found is None:
        return None
    date, reviewer = found.group(2), found.group(3)
    return Decision(found.group(1), "" if date == "no date" else date, "" if reviewer == "nobody named" else reviewer)


def list_sign_off(facts: Facts) -> list[Row]:
    """Return a row for each row of ``access`` that a person is to review. Its id is that of the row of ``access``."""
    earlier = {str(row.get("id")): row for row in facts.inputs.decisions}
    rows: list[Row] = []
    for cell in facts.cells:
        for made in cell.access:
            access = made.row
            if access["grant_kind"] not in REVIEWED or access["person_kind"] == "nobody":
                continue
            last = find_last_decision(earlier[str(access["id"])]) if access["id"] in earlier else None
            rows.append(
                {
                    "id": access["id"],
                    "commcell": access["commcell"],
                    "person": made.holder.person.label,
                    "principal": access["principal"],
                    "role": access["role"] or ", ".join(t.cast("list[str]", access["permissions"])),
                    "entity": describe_entity(access["entity_kind"], access["entity_id"], access["entity"]),
                    "privileged": access["privileged"],
                    "last_decision": str(last) if last else "",
                    "decision": "",
                    "reviewer": "",
                    "date": "",
                    "reason": "",
                }
            )
    return rows


def list_action_plan(findings: t.Iterable[Row]) -> list[Row]:
    """Return a row for each open finding, with its id, for people to fill in."""
    return [
        {
            "id": row["id"],
            "rule": row["rule"],
            "severity": row["severity"],
            "title": row["title"],
            "commcell": row["commcell"],
            "subject": row["subject"],
            "remedy": row["remedy"],
            "decision": "",
            "owner": "",
            "date": "",
            "reason": "",
        }
        for row in findings
        if row["status"] == OPEN
    ]
