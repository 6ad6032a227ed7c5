# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a copy is not able to hold of its snapshot, collected to be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cvops_simulator.snapshots.files import make_visible

_MOST_NAMED = 3


class Notes:
    """Texts for people, one line for each reason; `place`: the CommCell, or the tenant."""

    def __init__(self, place: str) -> None:
        self._place = place
        self._found: dict[str, list[str]] = {}

    def tell(self, reason: str, *subjects: object) -> None:
        """Note something; the subjects are counted and the first ones named."""
        self._found.setdefault(reason, []).extend(str(one) for one in subjects)

    def tell_sources(self, provenance: Mapping[str, Any]) -> None:
        """Note which lists of the snapshot are not complete, and why."""
        for source in provenance["sources"]:
            if source["complete"] is False:
                self.tell(f"{source['name']} is not complete in the snapshot: {source['why'] or 'no reason given'}")
            elif source["complete"] is None:
                self.tell(f"{source['name']} may not be complete in the snapshot{_add_reason(source['why'])}")

    @property
    def lines(self) -> list[str]:
        """All notes, in the order in which they came."""
        return [f"{make_visible(self._place)}: {self._format(*item)}" for item in self._found.items()]

    def _format(self, reason: str, subjects: list[str]) -> str:
        shown = make_visible(reason) if len(reason) < 200 else make_visible(reason[:199])
        if not subjects:
            return shown
        named = ", ".join(make_visible(one) for one in subjects[:_MOST_NAMED])
        more = f" and {len(subjects) - _MOST_NAMED} more" if len(subjects) > _MOST_NAMED else ""
        return f"{shown} ({len(subjects)}): {named}{more}"


def _add_reason(why: str | None) -> str:
    return f": {why}" if why else ""
