# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many roles in one task: each list once, all problems together, and each role as the module for one role does it."""

from __future__ import annotations

import typing as t

import pytest
from fake_commvault import make_resource
from fake_graph import carry_out
from fake_roles import USUAL_ROLE, RolesSite

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource_list import RolesResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems, WaitTimeout


def make(make_ctx: t.Any, *roles: dict[str, t.Any], names: t.Sequence[str] = (), **more: t.Any) -> t.Any:
    site = RolesSite(make_ctx({"roles": [{**USUAL_ROLE, **role} for role in roles]}), *names, **more)
    return make_resource(RolesResource, site), site


def test_roles_that_are_as_asked_for_cost_one_read_each_and_one_of_each_list(make_ctx: t.Any) -> None:
    names = [f"R{number}" for number in range(9)]
    resource, site = make(make_ctx, *({"name": name.lower()} for name in names), names=names)
    assert not resource.plan().changed
    assert sorted(site.paths) == sorted(
        ["GET V4/Role", "GET V4/Permissions", *(f"GET V4/Role/{number}" for number in range(40, 49))]
    )
    assert [item["name"] for item in resource.result()] == names


def test_created_and_deleted_roles_are_looked_for_in_one_list(make_ctx: t.Any) -> None:
    wanted = [{"name": "Old", "state": "absent"}, *({"name": f"N{number}"} for number in range(5))]
    resource, site = make(make_ctx, *wanted, names=["Old"])
    planned = resource.plan()
    assert [step.action for step in planned.steps] == ["create"] * 5 + ["delete"]
    carry_out(resource, planned)
    site.sent.clear()
    assert resource.verify() == []
    assert set(site.paths) == {"GET V4/Role", "GET Security/Roles"} and len(site.paths) == 2
    assert [item.get("id") for item in resource.result()] == [None, *(str(number) for number in range(41, 46))]
    assert [item["changed"] for item in resource.result()] == [True] * 6


def test_a_list_that_lags_is_read_again(make_ctx: t.Any) -> None:
    resource, site = make(make_ctx, {"name": "N1"}, {"name": "N2"}, names=["Old"], lags=2)
    carry_out(resource, resource.plan())
    assert resource.verify() == []


def test_a_role_that_no_list_shows_is_told_for_that_role(make_ctx: t.Any) -> None:
    resource, site = make(make_ctx, {"name": "Old"}, {"name": "New"}, names=["Old"], lags=1000)
    carry_out(resource, resource.plan())
    assert resource.verify() == [{"field": "list"}]
    assert [item["not_confirmed"] for item in resource.result()] == [[], [{"field": "list"}]]


def test_a_deleted_role_that_is_still_there_fails(make_ctx: t.Any) -> None:
    resource, site = make(make_ctx, {"name": "Old", "state": "absent"}, names=["Old"])
    resource.plan()
    with pytest.raises(WaitTimeout):
        resource.verify()


def test_everything_that_is_wrong_is_told_together(make_ctx: t.Any) -> None:
    wrong = [{"name": "A", "permissions": ["Vew", "Brwse"]}, {"name": "B"}, {"name": "C", "categories": ["Nope"]}]
    resource, site = make(make_ctx, *wrong)
    with pytest.raises(Problems) as told:
        resource.plan()
    assert [item["where"] for item in told.value.facts["problems"]] == [
        "roles[0].permissions[0]",
        "roles[0].permissions[1]",
        "roles[2].categories[0]",
    ]
    assert site.writes == []


@pytest.mark.parametrize(
    "twice",
    [
        ({"name": "Old"}, {"name": "OLD"}),
        ({"name": "Old"}, {"name": "Old", "state": "absent"}),
        ({"name": "New"}, {"name": "new"}),
        ({"name": "Old"}, {"name": "Old", "company": "Commcell"}),
    ],
)
def test_a_role_is_listed_once(make_ctx: t.Any, twice: t.Any) -> None:
    with pytest.raises(Problems, match="names the same role"):
        make(make_ctx, *twice, names=["Old"])[0].plan()


def test_a_role_of_a_company_is_another_one(make_ctx: t.Any) -> None:
    resource, dummy = make(make_ctx, {"name": "Old"}, {"name": "Old", "company": "corp"}, names=["Old"])
    assert [step.action for step in resource.plan().steps] == ["create"]


def test_roles_that_cannot_be_planned_are_told_together_with_their_places(make_ctx: t.Any) -> None:
    wanted = [{"name": "Bare", "exclusive": False}, {"name": "N" * 256}, {"name": "Fine"}]
    resource, site = make(make_ctx, *wanted, names=["Bare"])
    site.answers["GET V4/Role/40"] = {"id": 40, "name": "Bare", "status": "ENABLED", "permissions": []}
    with pytest.raises(Problems) as caught:
        resource.plan()
    assert [(problem["where"], problem["kind"]) for problem in caught.value.facts["problems"]] == [
        ("roles[0].exclusive", "config"),
        ("roles[1].name", "config"),
    ]
    assert "Commvault shows no permissions of role Bare" in str(caught.value) and site.writes == []
