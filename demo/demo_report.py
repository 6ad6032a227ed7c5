# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo prints at its end: what each run cost, and who got which role."""

from __future__ import annotations

import collections
import dataclasses
import typing as t

Grant = t.Mapping[str, str]


@dataclasses.dataclass
class Run:
    """One run of the playbook: from its recap, from the summary that it wrote, and from what the simulator saw."""

    title: str
    seconds: float
    changed: int
    counts: t.Mapping[str, t.Mapping[str, int]]
    summary: t.Mapping[str, t.Any]

    @property
    def writes(self) -> int:
        """Return how many writes the services saw."""
        return sum(service.get("writes", 0) for service in self.counts.values())


def faults(preview: Run, apply: Run, again: Run) -> list[str]:
    """Where the three runs broke what the collection promises; one sentence each."""
    found = []
    if preview.writes:
        found.append(f"check mode sent {preview.writes} writes")
    if not preview.changed:
        found.append("check mode announced no change on an empty tenant")
    if not apply.changed or not apply.writes:
        found.append("the first apply changed nothing")
    if again.changed or again.summary.get("changed"):
        found.append(f"the second apply reports changes: {again.changed} tasks")
    if again.writes:
        found.append(f"the second apply sent {again.writes} writes")
    if not any(grants_by_commcell(apply).values()):
        found.append("the summary of the apply names no grants")
    return found


def grants_by_commcell(run: Run) -> dict[str, list[Grant]]:
    """Return the grants that a run reported, per CommCell."""
    return {name: list(grants) for name, grants in sorted((run.summary.get("grants") or {}).items())}


def costs(runs: t.Sequence[Run]) -> list[str]:
    """Return a table: per run its seconds, changed tasks, and per service reads, writes and sign-ins as the simulator counted."""
    services = sorted({service for run in runs for service in run.counts if service not in ("control", "imds")})
    rows = [["run", "seconds", "changed", *(f"{service} r/w/s" for service in services)]]
    for run in runs:
        cells = [
            "/".join(str(run.counts.get(service, {}).get(kind, 0)) for kind in ("reads", "writes", "sign-ins"))
            for service in services
        ]
        rows.append([run.title, f"{run.seconds:.1f}", str(run.changed), *cells])
    return [*table(rows), "(r/w/s: reads, writes and sign-ins, counted by the simulator)"]


def access(grants: t.Sequence[Grant], limit: int | None = None) -> list[str]:
    """Return a table: who got which role on what, entities of one kind in one line; at most ``limit`` rows."""
    grouped: dict[tuple[str, str, str], list[str]] = collections.defaultdict(list)
    for grant in grants:
        grouped[grant["principal"], grant["role"], grant["entity_type"]].append(grant["entity"])
    rows = [[who, role, kind, _shortened(sorted(names), limit)] for (who, role, kind), names in sorted(grouped.items())]
    shown = rows if limit is None else rows[:limit]
    lines = table([["principal", "role", "on", "entities"], *shown])
    if len(rows) > len(shown):
        lines.append(f"... and {len(rows) - len(shown)} rows more")
    return lines


def _shortened(names: t.Sequence[str], limit: int | None, most: int = 3) -> str:
    if limit is None or len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def table(rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell, a line below the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def report(runs: t.Sequence[Run], limit: int | None = None) -> list[str]:
    """Return the whole summary; without ``limit`` every grant is in it."""
    lines = costs(runs)
    for name, grants in grants_by_commcell(runs[1]).items():
        who = len({grant["principal"] for grant in grants})
        lines += ["", f"{name}: {len(grants)} grants to {who} principals", *access(grants, limit)]
    return lines
