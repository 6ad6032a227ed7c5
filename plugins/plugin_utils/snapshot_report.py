# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What the playbook snapshot has read, and what it could not see, as lines for people. Names are made visible here."""

from __future__ import annotations

import typing as t

from .counts import count_named
from .filter_values import make_visible, require_mapping, require_mappings, to_text

#: The host of the result of Entra ID.
ENTRA_HOST = "localhost"
_LONGEST_REASON = 500


class SnapshotReport(t.TypedDict):
    """``lines``: what was read of which place; ``faults``: one line for each place that could not be read."""

    lines: list[str]
    faults: list[str]


def report_snapshot(results: t.Any, folder: t.Any = "", copied: t.Any = None) -> SnapshotReport:
    """Return the report on *results*, registered results by CommCell, ``localhost`` for Entra ID; *folder*: where the snapshot is.

    *copied*: the result of snapshot_pseudonyms, None where people are named. A result without its noun is a place that was not read, whatever came
    of its task. Raises FilterInputError for what is no result.
    """
    lines, faults = [], []
    for host, value in require_mapping(results, "the results").items():
        result = require_mapping(value, "a result")
        place = "Entra ID" if host == ENTRA_HOST else f"CommCell {to_text(host)}"
        found = result.get("snapshot")
        if result.get("failed") or not isinstance(found, t.Mapping):
            why = to_text(result.get("msg") or "the task did not finish")[:_LONGEST_REASON]
            faults.append(f"{place}: not read: {why}")
            continue
        counts = require_mapping(found.get("counts"), "counts")
        told = [count_named(count, to_text(name)) for name, count in counts.items() if count]
        lines.append(f"{place}: {', '.join(told) or 'nothing'}")
        for source in require_mappings(found.get("not_visible"), "not_visible"):
            word = "not complete" if source.get("complete") is False else "perhaps not complete"
            lines.append(f"- {word}: {to_text(source.get('name')).replace('_', ' ')}: {to_text(source.get('why'))}")
    if copied is not None:
        made = require_mapping(copied, "the copy")
        if made.get("failed") or not isinstance(made.get("pseudonyms"), t.Mapping):
            why = to_text(made.get("msg") or "the task did not finish")[:_LONGEST_REASON]
            faults.append(f"Pseudonyms: nothing was written: {why}")
        else:
            lines.append(
                f"People have pseudonyms, which the key can reverse: {made['pseudonyms'].get('count')} in {made['pseudonyms'].get('table')}"
            )
    if folder and lines:
        lines.insert(0, f"Snapshot in {to_text(folder)}")
    if faults:
        lines += [*faults, "The earlier data of these was kept."]
    return t.cast(SnapshotReport, make_visible({"lines": lines, "faults": faults}))
