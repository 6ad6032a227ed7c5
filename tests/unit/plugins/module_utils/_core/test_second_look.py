# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be absent and was not found is looked for once more; nothing else costs a second look."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.second_look import plan_with_second_look

NOTHING, DELETION = Plan({}, {}), Plan({"name": "a"}, {}, (Step("delete", "a"),))


@pytest.mark.parametrize(
    ("state", "looks", "planned", "left"),
    [
        ("absent", [NOTHING, DELETION], DELETION, 0),
        ("absent", [NOTHING, NOTHING, DELETION], NOTHING, 1),
        ("absent", [DELETION, NOTHING], DELETION, 1),
        ("present", [NOTHING, DELETION], NOTHING, 1),
        (None, [NOTHING, DELETION], NOTHING, 1),
    ],
)
def test_only_an_absence_is_looked_at_twice(state: str | None, looks: list[Plan], planned: Plan, left: int) -> None:
    looks = list(looks)
    assert plan_with_second_look({"state": state}, lambda: looks.pop(0)) is planned
    assert len(looks) == left
