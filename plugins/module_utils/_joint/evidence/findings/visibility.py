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
_NO_RIGHT = "No permission makes this certain. If it matters, ask the owners of such objects whether any is missing."


def find_left_out(before: t.Iterable[Row], after: t.Sequence[Row]) -> t.Iterator[Finding]:
    """Yield a finding for each CommCell that the previous bundle is about and this one is not. *before*, *after*: their populations."""
    known = {str(row["commcell"]) for row in before if row["side"] == "commvault"}
    for name in sorted(known - {str(row["commcell"]) for row in after}):
        told = f"The previous bundle contains CommCell {name}, but this one does not: changes there are not reported."
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
        why = str(row["why"] or "no reason is given").rstrip(".")
        if is_whole:
            how, severity = "was not read, so nothing is reported about it", "high"
        elif row["complete"] is None:
            how, severity = "was read, but it cannot be determined whether that is all", "low"
            rule = rule._replace(title="It cannot be determined whether everything was visible", remedy=_NO_RIGHT)
        else:
            how, severity = "was not read in full, so that something may be missing", ""
        ids = [one["id"] for one in rows]
        subject = f"{row['side']} {row['source']}"
        told = f"{thing} {how}: {why}."
        yield Finding(rule, str(row["commcell"]), "source", subject, name, told, ids, False, severity)
