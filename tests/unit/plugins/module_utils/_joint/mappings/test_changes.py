# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A mapping's plan in words: one line per grant, and the same ids while objects are pending as when they exist."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import DESIRED_SETS, EXISTING_SETS

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import (
    ALL_OF_KIND,
    Entity,
    Principal,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import PlannedChange, list_planned_changes
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Pending,
    PlannedGrant,
    PrincipalReference,
    Resolved,
    RoleReference,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.changes import ChangeWriter
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    find_differences,
    fit_budget,
    make_plan,
    order_requests,
)

Grants = frozenset[PlannedGrant]
OPERATORS, AUDITORS = Pending("user_group", "Operators", 1, 0), Principal("user_group", 6)
GOLD, SILVER = Entity("plans", 1), Entity("plans", 2)
WHERE = {"plans": "plan entity {}", "servers": "server entity {}", "commcell": "the CommCell"}
OBJECT_ID = "11111111-2222-4333-8444-555555555555"


def name(reference: PrincipalReference | RoleReference) -> str:
    if isinstance(reference, Pending):
        return reference.name
    return f"{reference.kind} {reference.id}" if isinstance(reference, Principal) else f"role no {reference}"


def resolve(*sets: Grants) -> Resolved:
    resolved = Resolved()
    for grant in (grant for grants in sets for grant in grants):
        if grant.principal not in resolved.principals:
            resolved.add_principal(MappedPrincipal(grant.principal, name(grant.principal), "mappings[0]"))
        resolved.names.roles[grant.role] = name(grant.role)
        resolved.names.entities[grant.entity] = f"entity {grant.entity.id}"
    return resolved


def list_steps(
    present: Grants, current: Grants, exclusive: bool, resolved: Resolved, approved: t.Collection[str] = ()
) -> list[PlannedChange]:
    changes = find_differences(present, frozenset(), current, exclusive, resolved.principals)
    new = {item for item in resolved.principals if isinstance(item, Pending)}
    schedule = fit_budget(order_requests(changes, new, dict.fromkeys(new)), None)
    return list_planned_changes("role_mappings", make_plan(schedule, resolved, current, lambda number: None), approved)


@given(DESIRED_SETS, EXISTING_SETS, st.booleans())
def test_every_grant_that_is_written_is_one_step_and_every_group(
    present: Grants, current: Grants, exclusive: bool
) -> None:
    resolved = resolve(present, current)
    steps = list_steps(present, current, exclusive, resolved)
    changes = find_differences(present, frozenset(), current, exclusive, resolved.principals)

    def tell(grants: Grants, verb: str) -> list[tuple[str, str]]:
        return [
            (name(grant.principal), f"{verb} {name(grant.role)} on {WHERE[grant.entity.kind].format(grant.entity.id)}")
            for grant in grants
        ]

    told = [
        (step["principal"], re.sub(r" \(id \d+\)$", "", step["sentence"])) for step in steps if step["kind"] == "grant"
    ]
    assert sorted(told) == sorted([*tell(changes.add, "grant"), *tell(changes.remove, "revoke")])
    created = [step["principal"] for step in steps if step["action"] == "create_group"]
    assert sorted(created) == sorted(item.name for item in resolved.principals if isinstance(item, Pending))
    assert len({step["id"] for step in steps}) == len(steps)


@given(DESIRED_SETS, st.sampled_from([str.upper, str.lower]))
def test_what_was_pending_while_it_was_planned_has_the_same_steps_once_it_exists(
    present: Grants, respell: t.Callable[[str], str]
) -> None:
    """Roles are created between the plan and the run, and the service may spell them in another letter case."""

    def create(role: RoleReference) -> RoleReference:
        return 900 + role.number if isinstance(role, Pending) else role

    existing = frozenset(grant._replace(role=create(grant.role)) for grant in present)
    before, after = resolve(present), resolve(existing)
    after.names.roles = {create(role): respell(label) for role, label in before.names.roles.items()}
    planned = sorted(step["id"] for step in list_steps(present, frozenset(), False, before))
    run = list_steps(existing, frozenset(), False, after, planned)
    assert planned == sorted(step["id"] for step in run)


@pytest.mark.parametrize(("principal", "role", "is_same"), [(6, 7, True), (9, 7, False), (6, 9, False)])
def test_a_grant_to_another_group_or_of_another_role_of_the_same_name_is_another_step(
    principal: int, role: int, is_same: bool
) -> None:
    """What was approved is deleted, and somebody makes another one of its name."""

    def plan(principal: int, role: int, approved: t.Collection[str] = ()) -> str:
        grants = frozenset({PlannedGrant(Principal("user_group", principal), role, GOLD)})
        resolved = resolve(grants)
        resolved.names.principals = dict.fromkeys(resolved.names.principals, "Operators")
        resolved.names.roles = dict.fromkeys(resolved.names.roles, "View")
        (step,) = list_steps(grants, frozenset(), False, resolved, approved)
        return step["id"]

    shown = plan(6, 7)
    assert (plan(principal, role, [shown]) == shown) == is_same


def test_entities_and_roles_of_one_name_are_told_apart() -> None:
    grants = frozenset(PlannedGrant(AUDITORS, role, entity) for role in (7, 8) for entity in (GOLD, SILVER))
    resolved = resolve(grants)
    resolved.names.roles = {7: "View", 8: "view"}
    resolved.names.entities = {GOLD: "gold", SILVER: "gold"}
    resolved.names.companies[SILVER] = "corp"
    writer = ChangeWriter(resolved)
    assert [change.sentence for change in writer.describe_grants("add", sorted(grants))] == [
        "grant View (id 7) on plan gold",
        "grant View (id 7) on plan gold (company corp)",
        "grant view (id 8) on plan gold",
        "grant view (id 8) on plan gold (company corp)",
    ]


def test_a_grant_on_all_of_a_kind_says_that_future_ones_are_among_them() -> None:
    grant = PlannedGrant(AUDITORS, 7, Entity("servers", ALL_OF_KIND))
    resolved = resolve(frozenset({grant}))
    (change,) = ChangeWriter(resolved).describe_grants("remove", [grant])
    assert (change.sign, change.sentence) == ("-", "revoke role no 7 on all servers, future ones included")


def test_a_link_is_known_by_the_name_of_the_group_and_by_an_id_that_people_typed() -> None:
    def describe(
        object_id: str | None, typed: t.Collection[str] = (), approved: t.Collection[str] = ()
    ) -> PlannedChange:
        resolved = Resolved()
        group = EntraGroup(object_id, "GG-Operators", "Operators", is_pending=object_id is None)
        resolved.add_principal(MappedPrincipal(OPERATORS, "Operators", "mappings[0]", None, group))
        schedule = fit_budget(order_requests(find_differences([], [], [], False, []), [], {OPERATORS: object_id}), None)
        plan = make_plan(schedule, resolved, [], lambda number: None, typed_object_ids=typed)
        (step,) = list_planned_changes("role_mappings", plan, approved)
        return step

    pending, known = describe(None), describe(OBJECT_ID)
    assert describe(OBJECT_ID, approved=[pending["id"]]) == pending
    other = "22222222-2222-4333-8444-555555555555"
    assert describe(other, approved=[known["id"]])["id"] != known["id"], "another Entra group of the name"
    assert describe(OBJECT_ID)["sentence"] == "link to the Entra group GG-Operators"
    assert describe(OBJECT_ID, [OBJECT_ID])["id"] != describe(OBJECT_ID)["id"]
