# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles beside a mapping: which pending one is which, what they contain afterwards, and when they are there."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from fake_graph import carry_out
from fake_roles import USUAL_ROLE, RolesSite

from ansible_collections.cvops.identity.plugins.module_utils._commvault.references import ObjectReference
from ansible_collections.cvops.identity.plugins.module_utils._commvault.roles.directory import RoleDirectory
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import InternalFault, WaitTimeout
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import Pending, PlannedGrant
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.declared_roles import DeclaredRoles

NEW = Pending("role", "New", 1)
OTHER = Pending("role", "Other", 2)
GROUP, GOLD = Principal("user_group", 3), Entity("plans", 4)


def make(
    make_ctx: t.Any, *roles: dict[str, t.Any], names: t.Sequence[str] = (), **more: t.Any
) -> tuple[DeclaredRoles, RolesSite]:
    options = {"roles": [{**USUAL_ROLE, **role} for role in roles], "exclusive": "managed"}
    site = RolesSite(make_ctx(options), *names, **more)
    return DeclaredRoles(site.ctx, RoleDirectory(t.cast(t.Any, site))), site


def find_new(reference: ObjectReference) -> Pending | None:
    return NEW if reference.name == "New" else None


def test_what_a_role_contains_is_what_it_will_contain(make_ctx: t.Any) -> None:
    roles, dummy = make(
        make_ctx,
        {"name": "New", "permissions": ["Browse"]},
        {"name": "Old", "permissions": ["Browse"]},
        {"name": "More", "permissions": ["Browse"], "exclusive": False},
        {"name": "Kept", "permissions": None},
        names=["Old", "More", "Kept", "Foreign"],
    )
    assert roles.plan()[1] == []
    roles.note_pending(find_new)
    assert roles.has_contents(NEW) and not roles.has_contents(OTHER)
    told = [roles.read_permission_ids(role) for role in (NEW, 40, 41, 42, 43, OTHER)]
    assert told == [{13}, {13}, {13, 31}, {31}, {31}, None]


def test_an_option_of_the_mapping_is_not_taken_for_one_of_the_same_name_of_a_role(make_ctx: t.Any) -> None:
    roles, dummy = make(make_ctx, {"name": "Old", "permissions": ["Browse"], "exclusive": False}, names=["Old"])
    roles.plan()
    assert roles.read_permission_ids(40) == {13, 31}


def test_a_role_that_is_to_be_there_is_known_whether_or_not_it_can_be_planned(make_ctx: t.Any) -> None:
    roles, dummy = make(
        make_ctx,
        {"name": "New", "permissions": ["Vew"]},
        {"name": "Corp's", "company": "corp"},
        {"name": "Gone", "state": "absent"},
    )
    plan, problems = roles.plan()
    assert (plan.changed, [problem["where"] for problem in problems]) == (False, ["roles[0].permissions[0]"])
    assert roles.list_references() == (ObjectReference("New"), ObjectReference("Corp's", "corp"))
    roles.note_pending(find_new)
    assert not roles.has_contents(NEW)


def test_a_created_role_has_an_id_and_others_have_none(make_ctx: t.Any) -> None:
    roles, dummy = make(make_ctx, {"name": "New"}, {"name": "Old"}, names=["Old"])
    plan, dummy_problems = roles.plan()
    roles.note_pending(find_new)
    for role in (NEW, OTHER):
        with pytest.raises(InternalFault, match="before it was created"):
            roles.get_role_id(role)
    carry_out(roles, plan)
    assert [roles.get_role_id(role) for role in (NEW, 40)] == [41, 40]
    with pytest.raises(InternalFault):
        roles.get_role_id(OTHER)


def test_a_line_that_grants_what_is_deleted_is_a_problem(make_ctx: t.Any) -> None:
    roles, dummy = make(make_ctx, {"name": "Old", "state": "absent"}, {"name": "Kept"}, names=["Old", "Kept"])
    roles.plan()
    assert roles.list_deleted_ids() == {40}
    present = {PlannedGrant(GROUP, number, GOLD): f"mappings[{number}].grants[0]" for number in (40, 41)}
    assert [(problem["where"], problem["message"]) for problem in roles.find_contradictions(present)] == [
        ("mappings[40].grants[0].role", "role Old is granted here, and roles[0] deletes it")
    ]


def test_written_roles_are_looked_for_once_and_deleted_ones_at_the_end(make_ctx: t.Any) -> None:
    wanted = [{"name": "New"}, {"name": "Old", "state": "absent"}]
    roles, site = make(make_ctx, *wanted, names=["Old"], lags=1)
    plan, dummy = roles.plan()
    carry_out(roles, dataclasses.replace(plan, steps=plan.steps[:1]))
    known = len(site.paths)
    roles.wait_until_written_show()
    looked = len(site.paths)
    roles.wait_until_written_show()
    assert looked > known and len(site.paths) == looked
    carry_out(roles, dataclasses.replace(plan, steps=plan.steps[1:]))
    roles.verify()
    assert len(site.paths) > looked and site.roles == {41: "New"}
    assert [item["not_confirmed"] for item in roles.result() if "id" in item] == [[]]


def test_a_deleted_role_that_stays_is_no_success(make_ctx: t.Any) -> None:
    roles, site = make(make_ctx, {"name": "Old", "state": "absent"}, names=["Old"])
    site.answers["DELETE V4/Role/40"] = {}
    carry_out(roles, roles.plan()[0])
    with pytest.raises(WaitTimeout, match="Old"):
        roles.verify()


def test_a_role_whose_deletion_is_put_off_stays_as_it_is(make_ctx: t.Any) -> None:
    roles, site = make(make_ctx, {"name": "Old", "state": "absent"}, {"name": "New"}, names=["Old"])
    roles.plan()
    kept = roles.put_off_deletions()
    assert [step.action for step in kept.steps] == ["create"] and all(map(roles.is_step, kept.steps))
    carry_out(roles, kept)
    roles.wait_until_written_show()
    roles.verify()
    assert site.roles == {40: "Old", 41: "New"}
    assert [(item["name"], item["changed"], item["id"]) for item in roles.result()] == [
        ("Old", False, "40"),
        ("New", True, "41"),
    ]


def test_without_the_option_nothing_is_read(make_ctx: t.Any) -> None:
    site = RolesSite(make_ctx({}))
    roles = DeclaredRoles(site.ctx, RoleDirectory(t.cast(t.Any, site)))
    plan, problems = roles.plan()
    roles.wait_until_written_show()
    roles.verify()
    assert (plan.changed, problems, roles.list_references(), roles.is_given, site.paths) == (False, [], (), False, [])
