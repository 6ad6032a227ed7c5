# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on what could not be seen. Pure."""

from __future__ import annotations

import typing as t

from ..population import join_doubles, name_source
from ..tables import Row
from .model import Finding
from .rules import RULES

#: What to do where no right shows more, so that nobody looks for one.
_NO_RIGHT = "No right makes this certain. Where it matters, ask those who own such objects whether any is missing."


def find_left_out(before: t.Iterable[Row], after: t.Sequence[Row]) -> t.Iterator[Finding]:
    """Yield a finding for each CommCell that the previous bundle is about and this one is not. *before*, *after*: their populations."""
    known = {str(row["commcell"]) for row in before if row["side"] == "commvault"}
    for name in sorted(known - {str(row["commcell"]) for row in after}):
        told = (
            f"The bundle before is about CommCell {name}, and this one is not: nothing is said of what changed there."
        )
        yield Finding(
            RULES["commcell_left_out"], name, "source", f"commvault {name}", f"CommCell {name}", told, (), False
        )


def find_not_visible(population: t.Iterable[Row]) -> t.Iterator[Finding]:
    """Yield a finding for each source that was certainly or possibly not seen in full. *population*: rows of the table."""
    for rows in join_doubles(population):
        row, rule = rows[0], RULES["not_visible"]
        where = f"CommCell {row['commcell']}" if row["side"] == "commvault" else "Entra ID"
        is_whole = row["count"] is None
        name = where if is_whole else f"{where}: {name_source(str(row['source']))}"
        thing = where if is_whole else f"The list of {name_source(str(row['source']))} of {where}"
        why = str(row["why"] or "no reason is told").rstrip(".")
        if is_whole:
            how, severity = "was not read, so nothing is said of it", "high"
        elif row["complete"] is None:
            how, severity = "was read, and whether that is all cannot be told", "low"
            rule = rule._replace(title="Whether everything was visible cannot be told", remedy=_NO_RIGHT)
        else:
            how, severity = "was not read in full, so that something may be missing", ""
        ids = [one["id"] for one in rows]
        subject = f"{row['side']} {row['source']}"
        told = f"{thing} {how}: {why}."
        yield Finding(rule, str(row["commcell"]), "source", subject, name, told, ids, False, severity)
