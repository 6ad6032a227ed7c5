# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module's ``run`` hands to the runner: facts that were read, or work that is planned."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .plan import Plan, Step


@dataclass
class Facts:
    """The answer of an ``_info`` module: *value* under the key *noun*."""

    noun: str
    value: t.Any
    extra: t.Mapping[str, t.Any] = field(default_factory=dict)


def _nothing() -> dict[str, t.Any]:
    return {}


@dataclass
class Work:
    """A plan and the hands that carry it out.

    ``apply`` performs exactly one step and is never called in check mode. ``value`` gives the noun's value afterwards
    (in check mode: as predicted, unknown ids None). ``extra`` adds documented keys beside the noun. ``salvage`` adds what must
    not be lost when a later step fails, such as a secret that the service shows once. ``actual`` is for work in which a step
    may be refused without failing the task: the plan as it was carried out in the end; not asked in check mode.
    """

    noun: str
    plan: Plan
    apply: t.Callable[[Step], None]
    value: t.Callable[[], t.Any]
    extra: t.Callable[[], t.Mapping[str, t.Any]] = _nothing
    salvage: t.Callable[[], t.Mapping[str, t.Any]] = _nothing
    actual: t.Callable[[], Plan] | None = None


Outcome: t.TypeAlias = "Facts | Work"
