# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What was read, how much of it, and what could not be seen. Pure."""

from __future__ import annotations

import re
import typing as t

from ..._entra.overview.group_counts import SOURCE as GROUP_COUNTS
from .facts import Facts
from .tables import Row, make_row_id

_ENTITIES = "entities."
_HUMP = re.compile("[A-Z]")


def list_population(facts: Facts) -> list[Row]:
    """Return every source of every document, CommCells that were not read first."""
    missing = [
        _build_row("commvault", str(name), {"name": "commcell", "complete": False, "why": why}, is_counted=False)
        for name, why in sorted(facts.inputs.missing.items())
    ]
    if not facts.entra.is_read:
        source = {"name": "tenant", "complete": False, "why": "Entra ID was not read."}
        missing.append(_build_row("entra", "", source, is_counted=False))
    rows = [
        _build_row("commvault", cell.name, source) for cell in facts.cells for source in cell.side.visibility.sources
    ]
    rows += [_build_row("entra", "", source) for source in facts.entra.visibility.sources]
    if facts.entra.is_read and not facts.entra.visibility.has_source(GROUP_COUNTS):
        source = {
            "name": GROUP_COUNTS,
            "complete": False,
            "why": "The snapshot does not say in how many groups people are.",
        }
        rows.append(_build_row("entra", "", source))
    return missing + sorted(
        rows, key=lambda row: (str(row["side"]), str(row["commcell"]), str(row["source"]), str(row["id"]))
    )


def _build_row(side: str, commcell: str, source: t.Mapping[str, t.Any], *, is_counted: bool = True) -> Row:
    name, complete = str(source.get("name")), source.get("complete")
    return {
        "id": make_row_id("population", side, commcell, name),
        "side": side,
        "commcell": commcell,
        "source": name,
        "count": str(source.get("count", 0)) if is_counted else None,
        "complete": complete if isinstance(complete, bool) else None,
        "why": str(source.get("why") or ""),
    }


def list_read_commcells(population: t.Iterable[Row]) -> set[str]:
    """Return the names of the CommCells that a bundle has read."""
    rows = [row for row in population if row["side"] == "commvault"]
    return {str(row["commcell"]) for row in rows} - {str(row["commcell"]) for row in rows if row["count"] is None}


def join_doubles(population: t.Iterable[Row]) -> list[list[Row]]:
    """Return the sources that are not complete, those together that are one list read for two purposes, as credentials are: none is told twice."""
    found: dict[tuple[t.Any, ...], list[Row]] = {}
    for row in population:
        if row["complete"] is not True:
            name = str(row["source"]).removeprefix(_ENTITIES)
            key = (row["side"], row["commcell"], name, row["count"] is None, row["complete"], row["why"])
            found.setdefault(key, []).append(row)
    return list(found.values())


def name_source(name: str) -> str:
    """Return a source in words: ``server groups`` for ``entities.server_groups``, ``app role assignments`` for ``appRoleAssignments``."""
    return _HUMP.sub(lambda found: f" {found[0].lower()}", name.removeprefix(_ENTITIES)).replace("_", " ").strip()


def list_partial(population: t.Iterable[Row]) -> list[str]:
    """Return in words why the bundle is not complete, one sentence for each source of which something was certainly not seen.

    Where the service lets nobody know whether it has shown everything (``complete`` None), that stands in the population and is a finding: a bundle
    that is partial for ever would say nothing.
    """
    found = []
    for row, *_doubles in join_doubles(population):
        if row["complete"] is not False:
            continue
        where = f"CommCell {row['commcell']}" if row["side"] == "commvault" else "Entra ID"
        source = "" if row["count"] is None else f", {name_source(str(row['source']))}"
        how = "was not read" if row["count"] is None else "was not seen in full"
        found.append(f"{where}{source} {how}: {row['why'] or 'no reason is told'}")
    return found
