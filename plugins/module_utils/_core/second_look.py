# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""A second look for what is to be absent and was not found, before that counts as done.

One "not found", or one list without the object, may come from a replica that does not know the object yet; believed, it would leave
in place what was to be taken away, and nobody would be told. What is to be present needs none: creating it finds what is there.
"""

from __future__ import annotations

import typing as t

from .plan import Plan


def is_to_be_looked_for_again(options: t.Mapping[str, t.Any], planned: Plan) -> bool:
    """Return True where *options* ask for the absence of an object, and the look from which it was *planned* did not find it."""
    return options.get("state") == "absent" and not planned.steps


def plan_with_second_look(options: t.Mapping[str, t.Any], make_plan: t.Callable[[], Plan]) -> Plan:
    """Return what *make_plan* returns, which is called once more where the first look did not find what is to be absent."""
    planned = make_plan()
    return make_plan() if is_to_be_looked_for_again(options, planned) else planned
