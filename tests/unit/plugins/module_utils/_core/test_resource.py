# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource protocol: actions by name, and its optional parts."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import InternalFault
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Change, Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._core.resource import (
    RefusableResource,
    SalvagingResource,
    VerifyingResource,
    check_steps,
    collect_salvage,
)


def make_step(action: str, subject: str) -> Step:
    return Step(action, subject, changes=(Change("~", "setting", "A", subject),))


class Plain:
    noun = "thing"
    actions = {"create": lambda step: None, "delete": lambda step: None}

    def plan(self) -> Plan:
        return Plan({}, {})

    def result(self) -> dict[str, t.Any]:
        return {}


class Whole(Plain):
    def verify(self) -> list[t.Any]:
        return []

    def salvage(self) -> dict[str, t.Any]:
        return {"salvaged": 1}

    def get_applied_plan(self) -> Plan:
        return self.plan()


@pytest.mark.parametrize("action", ["delte", "DELETE", "", "create "])
def test_an_action_has_to_be_known(action: str) -> None:
    plan = Plan({}, {}, (make_step("create", "thing A"), make_step(action, "thing B")))
    with pytest.raises(InternalFault, match="thing B") as caught:
        check_steps(Plain(), plan)
    assert repr(action) in str(caught.value) and "create, delete" in str(caught.value)
    assert caught.value.facts == {"action": action}


def test_a_step_that_does_not_say_what_it_changes_is_refused_before_the_first_write() -> None:
    with pytest.raises(InternalFault, match="thing B.*does not say what it changes. Nothing was written"):
        check_steps(Plain(), Plan({}, {}, (make_step("create", "thing A"), Step("create", "thing B"))))


def test_known_actions_pass() -> None:
    check_steps(Plain(), Plan({}, {}, (make_step("create", "thing A"), make_step("delete", "thing A"))))
    check_steps(Plain(), Plan({}, {}))


@pytest.mark.parametrize("part", [VerifyingResource, SalvagingResource, RefusableResource])
def test_optional_parts_are_recognised(part: type) -> None:
    assert isinstance(Whole(), part) and not isinstance(Plain(), part)


def test_nothing_is_salvaged_where_nothing_is_held() -> None:
    assert (collect_salvage(Plain()), collect_salvage(Whole())) == ({}, {"salvaged": 1})


def test_the_whole_plan_is_looked_at_before_the_first_step() -> None:
    """An unknown action at the end is found before anything is written."""
    plan = Plan(
        {}, {}, (*(make_step("create", f"thing {number}") for number in range(5)), make_step("remove", "thing 9"))
    )
    with pytest.raises(InternalFault, match="thing 9"):
        check_steps(Plain(), plan)


def test_a_resource_without_actions_can_plan_nothing() -> None:
    class Silent(Plain):
        actions: t.Any = {}

    check_steps(Silent(), Plan({}, {}))
    with pytest.raises(InternalFault):
        check_steps(Silent(), Plan({}, {}, (make_step("create", "thing"),)))


def test_a_salvage_that_fails_is_not_taken_for_nothing() -> None:
    class Broken(Plain):
        def salvage(self) -> dict[str, t.Any]:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        collect_salvage(Broken())
