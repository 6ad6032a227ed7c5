# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Findings on what could not be seen. Pure."""

from __future__ import annotations

import typing as t

from ..tables import Row
from .model import Finding
from .rules import RULES


def find_not_visible(population: t.Iterable[Row]) -> t.Iterator[Finding]:
    """Yield a finding for each source that was certainly or possibly not seen in full. *population*: rows of the table."""
    for row in population:
        if row["complete"] is True:
            continue
        where = f"CommCell {row['commcell']}" if row["side"] == "commvault" else "Entra ID"
        name = f"{where}: {row['source']}"
        how = (
            "was not read"
            if row["count"] is None
            else "may be incomplete"
            if row["complete"] is None
            else "is incomplete"
        )
        why = str(row["why"] or "no reason is told").rstrip(".")
        told = f"{name} {how}: {why}."
        severity = "high" if row["count"] is None else "low" if row["complete"] is None else ""
        subject = f"{row['side']} {row['source']}"
        yield Finding(
            RULES["not_visible"], str(row["commcell"]), "source", subject, name, told, [row["id"]], False, severity
        )
