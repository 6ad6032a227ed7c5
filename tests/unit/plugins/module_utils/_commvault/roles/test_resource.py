# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One role from options to requests: found by name and company, written as a whole, and never Master."""

from __future__ import annotations

import typing as t

import pytest
from commvault_examples import PERMISSION_TREE
from fake_commvault import FakeCommvault, Sent, make_resource
from fake_graph import carry_out

from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.resource import RoleResource
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    AmbiguousMatch,
    ApiError,
    BadAnswer,
    ConfigError,
    NotFound,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import list_planned_changes

VIEW = {"permission": {"id": 31, "name": "View"}, "type": "PERMISSION_ENTITY"}
ROLE = {"id": 35, "name": "R", "status": "ENABLED", "visibleToAll": False, "permissions": [VIEW]}
COMMCELL, CORP = {"id": 0, "name": "Commcell"}, {"id": 30, "name": "corp"}
OPTIONS = {"name": "R", "state": "present", "exclusive": False, "company": None}


def site(
    make_ctx: t.Any,
    answers: dict[str, t.Any] | None = None,
    roles: t.Any = None,
    fields: t.Any = None,
    **options: t.Any,
) -> tuple[RoleResource, FakeCommvault]:
    listed = [{"id": 35, "name": "R", "company": COMMCELL}] if roles is None else roles
    known = {
        "V4/Role": {"roles": listed},
        "V4/Role/35": ROLE,
        "V4/Permissions": PERMISSION_TREE,
        "V4/company": {"companies": [{"id": 30, "name": "corp"}]},
        **(answers or {}),
    }
    client = FakeCommvault(make_ctx({**OPTIONS, **options}), known, **(fields or {}))
    return make_resource(RoleResource, client), client


def test_a_role_that_is_as_asked_for_is_left(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, permissions=["view"], enabled=True)
    assert not resource.plan().changed
    assert client.writes == []
    assert resource.result() == {
        "name": "R",
        "description": "",
        "enabled": True,
        "visible_to_all": False,
        "permissions": ["View"],
        "id": "35",
        "company": None,
    }


def test_a_new_role_is_created_with_everything_in_one_request(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, {"POST V4/Role": {"id": 36}}, [], permissions=["Browse"], description="d")
    carry_out(resource, resource.plan())
    body = {
        "name": "R",
        "description": "d",
        "enabled": True,
        "visibleToAll": False,
        "permissionList": [{"permission": {"id": 13}}],
    }
    assert client.writes == [Sent("POST", "V4/Role", body, None, {})]
    assert resource.result()["id"] == "36"


def test_a_company_is_named_in_the_request(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, {"POST V4/Role": {"id": 36}}, permissions=["View"], company="corp")
    carry_out(resource, resource.plan())
    assert client.writes[0].headers == {"operatorCompanyId": "30"}
    assert resource.result()["company"] == "corp"


def test_a_role_of_the_same_name_in_another_company_is_another_one(make_ctx: t.Any) -> None:
    there = [{"id": 35, "name": "R", "company": CORP}, {"id": 37, "name": "r", "company": COMMCELL}]
    resource, client = site(make_ctx, {"V4/Role/37": {**ROLE, "id": 37, "name": "r"}}, there, state="absent")
    carry_out(resource, resource.plan())
    assert [(one.method, one.path) for one in client.writes] == [("DELETE", "V4/Role/37")]


def test_what_differs_is_sent_and_nothing_else(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, description="new")
    carry_out(resource, resource.plan())
    assert client.writes == [Sent("PUT", "V4/Role/35", {"description": "new"}, None, None)]


def test_added_permissions_are_written_with_those_of_before(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, permissions=["Browse"])
    carry_out(resource, resource.plan())
    body = {
        "permissionList": [{"permission": {"id": 13}}, {"permission": {"id": 31}}],
        "permissionOperationType": "OVERWRITE",
    }
    assert client.writes[0].body == body
    assert resource.result()["permissions"] == ["Browse", "View"]


@pytest.mark.parametrize("options", [{"description": "mine"}, {"state": "absent"}])
def test_a_role_that_takes_the_place_of_another_one_has_other_steps(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    """What was approved for the one that is gone allows nothing for it."""

    def list_ids(number: int) -> set[str]:
        answers = {f"V4/Role/{number}": {**ROLE, "id": number}}
        roles = [{"id": number, "name": "R", "company": COMMCELL}]
        planned = site(make_ctx, answers, roles, **options)[0].plan()
        return {change["id"] for change in list_planned_changes("role", planned)}

    assert list_ids(35) == list_ids(35) and list_ids(35).isdisjoint(list_ids(36))


def test_a_role_that_is_absent_needs_no_permission_catalogue(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, roles=[], state="absent")
    assert not resource.plan().changed
    assert resource.result() == {}
    assert "GET V4/Permissions" not in client.paths and client.writes == []


@pytest.mark.parametrize("options", [{"state": "absent"}, {"description": "mine"}])
def test_master_is_neither_changed_nor_deleted(make_ctx: t.Any, options: dict[str, t.Any]) -> None:
    there = [{"id": 1, "name": "Master", "company": COMMCELL}]
    resource, client = site(make_ctx, {"V4/Role/1": {**ROLE, "name": "Master"}}, there, name="Master", **options)
    with pytest.raises(ConfigError, match="built-in"):
        resource.plan()
    assert client.writes == []


def test_master_may_be_looked_at(make_ctx: t.Any) -> None:
    there = [{"id": 1, "name": "Master", "company": COMMCELL}]
    resource, _client = site(make_ctx, {"V4/Role/1": {**ROLE, "name": "Master"}}, there, name="Master")
    assert not resource.plan().changed


def test_unknown_permissions_are_told_together_before_anything_is_written(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, permissions=["Viev", "View"], categories=["Globl"])
    with pytest.raises(Problems) as caught:
        resource.plan()
    assert [problem["where"] for problem in caught.value.facts["problems"]] == ["permissions[0]", "categories[0]"]
    assert client.writes == []


@pytest.mark.parametrize("name", ["", " R", "R" * 256])
def test_names_that_cannot_be_used_are_refused_before_anything_is_read(make_ctx: t.Any, name: str) -> None:
    resource, client = site(make_ctx, name=name)
    with pytest.raises(ConfigError):
        resource.plan()
    assert client.sent == []


def test_a_name_that_looks_like_another_role_is_warned_about(make_ctx: t.Any) -> None:
    there = [{"id": 35, "name": "R", "company": COMMCELL}, {"id": 36, "name": "R\u200b", "company": COMMCELL}]
    resource, client = site(make_ctx, roles=there)
    resource.plan()
    assert len(client.ctx.warnings) == 1 and "looks like" in client.ctx.warnings[0]
    absent, client = site(make_ctx, roles=there, state="absent")
    absent.plan()
    assert client.ctx.warnings == [], "who takes a right away needs no warning"


def test_two_roles_of_a_name_are_ambiguous(make_ctx: t.Any) -> None:
    there = [{"id": 35, "name": "R", "company": COMMCELL}, {"id": 36, "name": "r", "company": COMMCELL}]
    resource, _client = site(make_ctx, roles=there, name="R")
    assert resource.plan().before["name"] == "R", "letter case decides between names that differ in nothing else"
    twins = [*there, {"id": 37, "name": "R", "company": COMMCELL}]
    with pytest.raises(AmbiguousMatch):
        site(make_ctx, {"V4/Role/37": {**ROLE, "id": 37}}, roles=twins)[0].plan()


def test_a_twin_that_is_listed_and_was_deleted_makes_no_name_ambiguous(make_ctx: t.Any) -> None:
    twins = [{"id": 34, "name": "R", "company": COMMCELL}, {"id": 35, "name": "R", "company": COMMCELL}]
    resource, _client = site(make_ctx, roles=twins)
    assert not resource.plan().changed
    assert resource.result()["id"] == "35"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_role_that_is_listed_and_not_there_is_looked_for_and_taken_for_deleted(make_ctx: t.Any, state: str) -> None:
    resource, client = site(make_ctx, {"V4/Role/35": None}, state=state, permissions=["View"])
    planned = resource.plan()
    assert [step.action for step in planned.steps] == (["create"] if state == "present" else [])
    assert client.paths.count("GET V4/Role/35") == 4
    assert client.ctx.clock.monotonic() < 1010
    if state == "present":
        client.answers["POST V4/Role"] = [
            ApiError("Cannot create it: Commvault error 7: It already exists.", code="7"),
            {"id": 36},
        ]
        carry_out(resource, planned)
        assert resource.result()["id"] == "36", "the deleted one is not taken for the created one"


def test_a_new_role_that_is_listed_before_it_can_be_read_is_waited_for(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, {"V4/Role/35": [None, None, ROLE]})
    assert not resource.plan().changed
    assert client.paths.count("GET V4/Role/35") == 3


def test_what_was_written_is_waited_for(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx, permissions=["View"], description="new")
    carry_out(resource, resource.plan())
    client.answers["V4/Role/35"] = [ROLE, ROLE, {**ROLE, "description": "new"}]
    assert resource.verify() == []
    client.answers["V4/Role/35"] = ROLE
    assert resource.verify() == [{"field": "description"}]
    assert "does not show it yet: description" in client.ctx.warnings[-1]


def test_rights_that_are_not_shown_as_taken_away_fail_the_task(make_ctx: t.Any) -> None:
    resource, _client = site(make_ctx, permissions=["View"], enabled=False)
    carry_out(resource, resource.plan())
    with pytest.raises(WaitTimeout, match="may still be in force") as caught:
        resource.verify()
    assert caught.value.facts["unproven"] == ["enabled"]


@pytest.mark.parametrize(("detail", "raised"), [(None, False), (ROLE, True)])
def test_a_deleted_role_that_is_listed_is_told_and_one_that_is_left_fails(
    make_ctx: t.Any, detail: t.Any, raised: bool
) -> None:
    resource, client = site(make_ctx, state="absent")
    carry_out(resource, resource.plan())
    client.answers["V4/Role/35"] = detail
    if raised:
        with pytest.raises(WaitTimeout, match="state"):
            resource.verify()
    else:
        assert resource.verify() == [{"field": "list"}]


def test_a_role_that_was_left_is_not_looked_at_again(make_ctx: t.Any) -> None:
    resource, client = site(make_ctx)
    carry_out(resource, resource.plan())
    looked = len(client.sent)
    assert resource.verify() == []
    assert len(client.sent) == looked


def test_a_company_that_is_not_there_is_an_error(make_ctx: t.Any) -> None:
    resource, _client = site(make_ctx, permissions=["View"], company="none")
    with pytest.raises(NotFound, match="No company is named 'none'"):
        resource.plan()


@pytest.mark.parametrize(("category", "known"), [(None, {13, 31}), (999, None)])
def test_what_a_role_will_hold_is_not_known_where_a_category_of_it_is_not_shown(
    make_ctx: t.Any, category: int | None, known: t.Any
) -> None:
    rows = [VIEW, {"category": {"id": category, "name": "New"}, "type": "CATEGORY_ENTITY"}] if category else [VIEW]
    resource, dummy = site(make_ctx, {"V4/Role/35": {**ROLE, "permissions": rows}}, permissions=["Browse"])
    assert resource.plan().changed
    assert resource.permission_ids == known


def test_in_the_scope_of_a_company_the_role_is_one_of_the_company(make_ctx: t.Any) -> None:
    there = [{"id": 35, "name": "R", "company": COMMCELL}]
    fields = {"company_id": 30, "company_name": "corp"}
    resource, client = site(make_ctx, {"POST V4/Role": {"id": 36}}, there, fields, permissions=["View"])
    carry_out(resource, resource.plan())
    assert client.writes[0].headers == {}, "the scope of the task is in every request"
    assert resource.result()["company"] == "corp"


@pytest.mark.parametrize("shown", [{}, {"permissions": None}, {"permissions": []}, {"permissions": "all"}])
@pytest.mark.parametrize("exclusive", [True, False])
def test_permissions_that_are_not_shown_are_not_overwritten(make_ctx: t.Any, shown: t.Any, exclusive: bool) -> None:
    """Every role holds some, and what is added to those is written as a whole; with exclusive nothing of before matters."""
    resource, client = site(make_ctx, {"V4/Role/35": {"name": "R", **shown}}, permissions=["View"], exclusive=exclusive)
    if exclusive and shown.get("permissions") != "all":
        assert resource.plan().changed
        return
    with pytest.raises(BadAnswer if shown.get("permissions") == "all" else ConfigError, match="permissions"):
        resource.plan()
    assert client.writes == []
