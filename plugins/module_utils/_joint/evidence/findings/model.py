# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings: what a rule says, what it was found on, and the row that both make. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..tables import NOT_EVALUABLE, OPEN, Row, make_row_id
from ..words import join_words


class FindingRule(t.NamedTuple):
    """``id``: stable. ``severity``: critical, high, medium or low. ``remedy``: what to do, in words."""

    id: str
    severity: str
    title: str
    remedy: str


@dataclass(frozen=True)
class Finding:
    """A rule and what it was found on. ``subject_id``: what identifies the subject, so that the finding is the same in the next bundle.

    ``is_evaluable``: False where something keeps it from being judged, which is no pass. ``severity``: in place of the rule's.
    """

    rule: FindingRule
    commcell: str
    subject_kind: str
    subject_id: str
    subject: str
    description: str
    rows: t.Sequence[t.Any] = ()
    is_evaluable: bool = True
    severity: str = ""

    def as_row(self) -> Row:
        """Return the row of ``findings``, before acceptance and first sight are known."""
        return {
            "id": make_row_id("finding", self.rule.id, self.commcell, self.subject_kind, self.subject_id),
            "rule": self.rule.id,
            "severity": self.severity or self.rule.severity,
            "status": OPEN if self.is_evaluable else NOT_EVALUABLE,
            "title": self.rule.title,
            "description": self.description,
            "commcell": self.commcell,
            "subject_kind": self.subject_kind,
            "subject_id": self.subject_id,
            "subject": self.subject,
            "rows": sorted({str(row) for row in self.rows}),
            "remedy": self.rule.remedy,
            "first_seen": None,
            "accepted_by": None,
            "accepted_until": None,
            "accept_reason": None,
        }


def count_words(number: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun, such as ``3 grants``. *nouns*: of several, where it is not made with an s."""
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"


def list_words(names: t.Iterable[str], most: int = 5) -> str:
    """Return names in words, the first few of them, sorted, each once."""
    return join_words(sorted(set(names)), most)
