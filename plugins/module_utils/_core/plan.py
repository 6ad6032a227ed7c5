# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Plans: what is, what shall be, and the steps between. Check mode, diff and ``changed`` follow from them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One write. ``action``: the key of the resource's ``actions`` that does it with ``data``; ``subject`` names it for people."""

    action: str
    subject: str
    data: t.Mapping[str, t.Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What a run changes. ``before`` and ``after``: canonical forms without secrets; equal forms with steps are a programming error."""

    before: t.Any
    after: t.Any
    steps: tuple[Step, ...] = ()

    @property
    def changed(self) -> bool:
        """True when there is something to write; the same in check mode and in the real run."""
        return bool(self.steps)


def find_changed_fields(desired: t.Mapping[str, t.Any], current: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the fields that the user manages (not None) and whose canonical value differs from the service's."""
    return {name: value for name, value in desired.items() if value is not None and value != current.get(name)}
