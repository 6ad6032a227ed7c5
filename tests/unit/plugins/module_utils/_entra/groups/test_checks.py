# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID would refuse of a group is refused before anything is written."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan, Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.groups.checks import check_group_plan

UPDATE = Plan({}, {"x": 1}, (Step("update", "x", {"fields": {"description": "x"}}),))
RENAME = Plan({}, {"x": 1}, (Step("update", "x", {"fields": {"unique_name": "x"}}),))
FILL = Plan({}, {"x": 1}, (Step("add", "x", {"relation": "members", "ids": ["x"]}),))
OWNERS = Plan({}, {"x": 1}, (Step("add", "x", {"relation": "owners", "ids": ["x"]}),))
DELETE = Plan({"x": 1}, {}, (Step("delete", "x", {"unique_name": None}),))
SYNCED = {"displayName": "GG", "onPremisesSyncEnabled": True}
DYNAMIC = {"displayName": "GG", "groupTypes": ["DynamicMembership"]}


def find_places(plan: Plan, wire: dict[str, t.Any], **options: t.Any) -> list[str]:
    """Return where the problems are."""
    try:
        check_group_plan(plan, {"state": "present", **options}, wire)
    except Problems as exc:
        return [problem["where"] for problem in exc.facts["problems"]]
    return []


@pytest.mark.parametrize("plan", [UPDATE, FILL, OWNERS, DELETE])
def test_a_group_from_on_premises_is_left_alone(plan: Plan) -> None:
    assert find_places(plan, SYNCED) == ["group"]
    assert find_places(plan, {**SYNCED, "onPremisesSyncEnabled": None}) == []


def test_a_group_that_does_not_change_is_not_judged() -> None:
    assert find_places(Plan({}, {}), SYNCED, mail_nickname="a b") == []


def test_members_of_a_dynamic_group_follow_its_rule() -> None:
    assert find_places(FILL, DYNAMIC) == ["members"]
    assert find_places(OWNERS, DYNAMIC) == find_places(UPDATE, DYNAMIC) == []


def test_a_unique_name_is_given_once() -> None:
    assert find_places(RENAME, {"uniqueName": "old"}, unique_name="x") == ["unique_name"]
    assert find_places(RENAME, {"uniqueName": None}, unique_name="x") == []


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"display_name": "x" * 256, "description": "x" * 1024, "mail_nickname": "a.b-C_1"}, []),
        ({"display_name": "x" * 257, "description": "x" * 1025}, ["display_name", "description"]),
        ({"mail_nickname": ""}, ["mail_nickname"]),
        ({"mail_nickname": "a b"}, ["mail_nickname"]),
        ({"mail_nickname": "a@b"}, ["mail_nickname"]),
        ({"mail_nickname": "x" * 65}, ["mail_nickname"]),
        ({"mail_nickname": "grün"}, ["mail_nickname"]),
        ({"owners": [str(n) for n in range(100)]}, []),
        ({"owners": [str(n) for n in range(101)]}, ["owners"]),
    ],
)
def test_limits_are_those_of_entra(options: dict[str, t.Any], where: list[str]) -> None:
    assert find_places(UPDATE, {}, **options) == where


def test_several_problems_are_told_together() -> None:
    wire = {**SYNCED, **DYNAMIC, "uniqueName": "old"}
    plan = Plan({}, {"x": 1}, (*RENAME.steps, *FILL.steps))
    found = find_places(plan, wire, unique_name="x", mail_nickname="a b")
    assert found == ["mail_nickname", "group", "members", "unique_name"]
    assert find_places(DELETE, {}, state="absent", mail_nickname="a b") == []
