# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of the planner: what is written is what was planned, in an order that keeps access, and nobody else is touched."""

from __future__ import annotations

import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_fakes import (
    DESIRED_GRANTS,
    DESIRED_SETS,
    EXISTING_GRANTS,
    EXISTING_SETS,
    PENDING_GROUPS,
    apply_schedule,
)

from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.batches import Batch
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Names,
    Pending,
    PlannedGrant,
    PrincipalReference,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.plan import (
    ChangeGrants,
    CreateGroup,
    Differences,
    LinkGroup,
    Schedule,
    Unit,
    choose_canary,
    describe_request,
    find_differences,
    fit_budget,
    make_plan,
    order_canary,
    order_requests,
)

Grants = frozenset[PlannedGrant]
GROUP, OTHER = Principal("user_group", 5), Principal("user_group", 6)
NEW, NEWER = Pending("user_group", "new", 1, 0), Pending("user_group", "newer", 2, 0)
GOLD, SILVER = Entity("plans", 1), Entity("plans", 2)
VIEW, MASTER, OPERATOR = 7, 1, 9
OBJECT_ID = "11111111-2222-4333-8444-555555555555"


def find_mapped(*sets: Grants) -> frozenset[PrincipalReference]:
    return frozenset(grant.principal for grants in sets for grant in grants)


def plan_units(
    present: Grants, current: Grants, exclusive: bool, absent: Grants = frozenset(), mapped: t.Any = None
) -> list[Unit]:
    mapped = find_mapped(present, absent) if mapped is None else mapped
    return order_requests(find_differences(present, absent, current, exclusive, mapped), [], {})


def apply_all(units: list[Unit], before: Grants) -> Grants:
    return apply_schedule(fit_budget(units, None), before)


@given(DESIRED_SETS, DESIRED_SETS, EXISTING_SETS, st.booleans())
def test_applying_a_plan_and_planning_again_gives_nothing(
    present: Grants, absent: Grants, current: Grants, exclusive: bool
) -> None:
    absent -= present
    after = apply_all(plan_units(present, current, exclusive, absent), current)
    assert plan_units(present, after, exclusive, absent) == []


@given(DESIRED_SETS, DESIRED_SETS, EXISTING_SETS, st.booleans())
def test_grants_of_principals_without_an_entry_stay(
    present: Grants, absent: Grants, current: Grants, exclusive: bool
) -> None:
    mapped = find_mapped(present, absent)
    after = apply_all(plan_units(present, current, exclusive, absent - present), current)
    assert {grant for grant in current if grant.principal not in mapped} == {
        grant for grant in after if grant.principal not in mapped
    }


@given(DESIRED_SETS, DESIRED_SETS, EXISTING_SETS)
def test_an_additive_plan_removes_only_what_is_named_as_absent(
    present: Grants, absent: Grants, current: Grants
) -> None:
    absent -= present
    assert apply_all(plan_units(present, current, False, absent), current) == (current | present) - absent


@given(DESIRED_SETS, EXISTING_SETS)
def test_an_exclusive_plan_leaves_mapped_principals_with_the_mapping_alone(present: Grants, current: Grants) -> None:
    after = apply_all(plan_units(present, current, True), current)
    assert {grant for grant in after if grant.principal in find_mapped(present)} == present


@given(EXISTING_SETS, EXISTING_SETS, st.booleans())
def test_requests_write_exactly_the_planned_grants(present: Grants, current: Grants, exclusive: bool) -> None:
    changes = find_differences(present, [], current, exclusive, find_mapped(present))
    schedule = fit_budget(order_requests(changes, [], {}), None)
    assert schedule.list_grants("add") == sorted(changes.add)
    assert schedule.list_grants("remove") == sorted(changes.remove)


@given(DESIRED_SETS, EXISTING_SETS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_is_irrelevant(present: Grants, current: Grants, chance: random.Random) -> None:
    shuffled = sorted(present)
    chance.shuffle(shuffled)
    mapped = sorted(find_mapped(present), reverse=True)
    links = dict.fromkeys(mapped, OBJECT_ID)
    new = [principal for principal in mapped if isinstance(principal, Pending)]
    first = find_differences(shuffled, [], sorted(current, reverse=True), True, mapped)
    second = find_differences(present, [], current, True, frozenset(mapped))
    assert order_requests(first, new, links) == order_requests(
        second, frozenset(new), dict(sorted(links.items(), key=lambda item: item[0]))
    )


@given(DESIRED_SETS, EXISTING_SETS, st.integers(0, 12))
def test_a_budget_is_kept_and_runs_converge(present: Grants, current: Grants, spare: int) -> None:
    units = plan_units(present, current, True)
    budget = max((len(unit.requests) for unit in units), default=0) + spare
    held = current
    for dummy in range(200):
        units = plan_units(present, held, True)
        if not units:
            break
        chosen = fit_budget(units, budget)
        assert len(chosen.requests) <= budget
        assert chosen.units, "every run gets on"
        assert [*chosen.units, *chosen.postponed] == units
        held = apply_schedule(chosen, held)
    assert plan_units(present, held, True) == []


@given(DESIRED_SETS, EXISTING_SETS)
def test_nobody_is_without_a_role_while_it_is_exchanged(present: Grants, current: Grants) -> None:
    """At each moment a principal that had and keeps access to an entity holds some role there."""
    kept = {(grant.principal, grant.entity) for grant in present} & {
        (grant.principal, grant.entity) for grant in current
    }
    held = current
    for unit in plan_units(present, current, True):
        for request in unit.requests:
            held = apply_schedule(Schedule((Unit(unit.phase, (request,)),)), held)
            assert kept <= {(grant.principal, grant.entity) for grant in held}


@given(DESIRED_SETS, EXISTING_SETS)
def test_revocations_come_first_and_additions_last(present: Grants, current: Grants) -> None:
    links = dict.fromkeys(find_mapped(present), OBJECT_ID)
    changes = find_differences(present, [], current, True, find_mapped(present))
    phases = [unit.phase for unit in order_requests(changes, [], links)]
    assert phases == sorted(phases, key=["revoke", "replace", "group", "add"].index)


@given(DESIRED_SETS, EXISTING_SETS)
def test_each_group_is_created_and_linked_once_and_before_its_grants(present: Grants, current: Grants) -> None:
    mapped = find_mapped(present)
    new = {principal for principal in mapped if isinstance(principal, Pending)}
    changes = find_differences(present, [], current, True, mapped)
    requests = fit_budget(order_requests(changes, new, dict.fromkeys(mapped, OBJECT_ID)), None).requests
    created = [request.principal for request in requests if isinstance(request, CreateGroup)]
    linked = [request.principal for request in requests if isinstance(request, LinkGroup)]
    assert sorted(created) == sorted(new)
    assert sorted(linked) == sorted(mapped)
    granted: set[PrincipalReference] = set()
    for request in requests:
        if isinstance(request, ChangeGrants) and request.operation == "add":
            granted |= {grant.principal for grant in request.batch.grants}
        elif not isinstance(request, ChangeGrants):
            assert request.principal not in granted


def test_a_group_with_two_kinds_of_exchange_is_linked_once() -> None:
    """View becomes Operator on one plan and Master on another: two units, and the first begins with the link."""
    changes = Differences(
        frozenset([PlannedGrant(GROUP, OPERATOR, GOLD), PlannedGrant(GROUP, MASTER, SILVER)]),
        frozenset([PlannedGrant(GROUP, VIEW, GOLD), PlannedGrant(GROUP, VIEW, SILVER)]),
    )
    units = order_requests(changes, [], {GROUP: OBJECT_ID})
    assert [[request.operation for request in unit.requests] for unit in units] == [
        ["link_group", "add", "remove"],
        ["add", "remove"],
    ]


def test_principals_that_exchange_roles_on_the_same_entities_share_requests() -> None:
    changes = Differences(
        frozenset(PlannedGrant(who, OPERATOR, where) for who in (GROUP, OTHER) for where in (GOLD, SILVER)),
        frozenset(
            [
                *(PlannedGrant(GROUP, VIEW, where) for where in (GOLD, SILVER)),
                *(PlannedGrant(OTHER, MASTER, where) for where in (GOLD, SILVER)),
            ]
        ),
    )
    assert order_requests(changes, [], {}) == [
        Unit(
            "replace",
            (
                ChangeGrants("add", Batch((GOLD, SILVER), ((GROUP, OPERATOR), (OTHER, OPERATOR)))),
                ChangeGrants("remove", Batch((GOLD, SILVER), ((GROUP, VIEW), (OTHER, MASTER)))),
            ),
        )
    ]


def test_groups_are_created_and_linked_in_one_unit_the_last_found_first() -> None:
    changes = Differences(frozenset([PlannedGrant(NEW, VIEW, GOLD)]), frozenset())
    assert order_requests(changes, {NEW, NEWER}, {NEW: OBJECT_ID, GROUP: None}) == [
        Unit("group", (CreateGroup(NEWER),)),
        Unit("group", (CreateGroup(NEW), LinkGroup(NEW, OBJECT_ID))),
        Unit("group", (LinkGroup(GROUP, None),)),
        Unit("add", (ChangeGrants("add", Batch((GOLD,), ((NEW, VIEW),))),)),
    ]


def test_the_canary_is_one_grant_of_a_principal_that_exists() -> None:
    pending, first, second = (
        PlannedGrant(who, VIEW, where) for who, where in ((NEW, GOLD), (GROUP, GOLD), (GROUP, SILVER))
    )
    surplus = frozenset([PlannedGrant(OTHER, VIEW, GOLD)])
    assert choose_canary(Differences(frozenset([pending, second, first]), surplus)) == Differences(
        frozenset([first]), frozenset()
    )
    assert choose_canary(Differences(frozenset([pending]), surplus)).add == {pending}
    assert choose_canary(Differences(frozenset(), surplus)) == Differences(frozenset(), frozenset())


@given(
    st.frozensets(DESIRED_GRANTS, max_size=8), st.frozensets(EXISTING_GRANTS, max_size=8), st.frozensets(PENDING_GROUPS)
)
def test_what_a_canary_leaves_is_all_the_rest(
    add: frozenset[PlannedGrant], remove: frozenset[PlannedGrant], groups: frozenset[Pending]
) -> None:
    links: dict[t.Any, str | None] = {group: OBJECT_ID for group in groups}
    first, now, later = order_canary(Differences(add, remove - add), groups, links)
    assert first == choose_canary(Differences(add, remove - add))
    schedule = fit_budget(now, None, later)
    assert (schedule.list_grants("add"), schedule.list_grants("remove")) == (sorted(first.add), [])
    rest = Schedule(tuple(later))
    assert {*schedule.list_grants("add"), *rest.list_grants("add")} == add and not first.add & {
        *rest.list_grants("add")
    }
    assert set(rest.list_grants("remove")) == remove - add
    for kind in (CreateGroup, LinkGroup):
        assert sorted([*schedule.list_groups(kind), *rest.list_groups(kind)]) == sorted(groups)
    assert schedule.count_postponed() == len(rest.requests)


def make_units(*sizes: int) -> list[Unit]:
    return [Unit("group", tuple(LinkGroup(Principal("user_group", at), None) for at in range(size))) for size in sizes]


@pytest.mark.parametrize(("budget", "now"), [(None, 4), (7, 4), (6, 4), (5, 3), (4, 2), (3, 2), (2, 1)], ids=str)
def test_units_are_never_split_and_none_overtakes(budget: int | None, now: int) -> None:
    units = make_units(2, 1, 2, 1)
    schedule = fit_budget(units, budget)
    assert (schedule.units, schedule.postponed) == (tuple(units[:now]), tuple(units[now:]))
    assert schedule.count_postponed() + len(schedule.requests) == 6


@pytest.mark.parametrize("budget", [1, 0, -1])
def test_a_budget_that_can_never_finish_is_refused(budget: int) -> None:
    with pytest.raises(ConfigError, match=f"max_writes {budget} .* needs 2 requests"):
        fit_budget(make_units(1, 2), budget)
    assert fit_budget([], budget) == Schedule()


def make_resolved() -> Resolved:
    resolved = Resolved(
        names=Names(roles={VIEW: "View", OPERATOR: "Operator"}, entities={GOLD: "gold", SILVER: "silver"})
    )
    resolved.add_principal(MappedPrincipal(GROUP, "ops", "mappings[0]", company="corp"))
    resolved.add_principal(MappedPrincipal(NEW, "new", "mappings[1]"))
    return resolved


def test_steps_say_what_is_written_and_how_much_is_left() -> None:
    ordered = order_requests(
        Differences(
            frozenset([PlannedGrant(NEW, VIEW, GOLD), PlannedGrant(NEW, VIEW, SILVER)]),
            frozenset([PlannedGrant(GROUP, OPERATOR, GOLD)]),
        ),
        [NEW],
        {NEW: OBJECT_ID},
    )
    plan = make_plan(fit_budget(ordered, 3), make_resolved(), [PlannedGrant(GROUP, OPERATOR, GOLD)], {}.get)
    assert [(step.action, step.subject) for step in plan.steps] == [
        ("remove", "revoke ops (company corp): Operator on plans gold"),
        ("create_group", "create user group new"),
        ("link_group", "link user group new"),
    ]
    assert [(step.data["position"], step.data["total"]) for step in plan.steps] == [(0, 4), (1, 4), (2, 4)]
    assert describe_request(ordered[-1].requests[0], make_resolved()) == "grant new: View on plans gold and 1 more"


def test_the_diff_has_the_grants_and_links_of_what_changes() -> None:
    kept, gone, foreign = (
        PlannedGrant(GROUP, VIEW, GOLD),
        PlannedGrant(GROUP, OPERATOR, GOLD),
        PlannedGrant(OTHER, VIEW, GOLD),
    )
    changes = Differences(frozenset([PlannedGrant(NEW, VIEW, GOLD)]), frozenset([gone]))
    links = {GROUP: OBJECT_ID, NEW: None}
    schedule = fit_budget(order_requests(changes, [NEW], links), None)
    plan = make_plan(schedule, make_resolved(), [kept, gone, foreign], {GROUP.id: "old"}.get)
    assert plan.before == {
        "grants": {"ops (company corp)": ["Operator on plans gold", "View on plans gold"]},
        "user_groups": {"ops (company corp)": {"entra_group_id": "old"}},
    }
    assert plan.after == {
        "grants": {"new": ["View on plans gold"], "ops (company corp)": ["View on plans gold"]},
        "user_groups": {
            "new": {"entra_group_id": "(of the Entra group that is created before)"},
            "ops (company corp)": {"entra_group_id": OBJECT_ID},
        },
    }


def test_a_group_that_is_created_without_a_link_shows_none() -> None:
    schedule = fit_budget(order_requests(Differences(frozenset(), frozenset()), [NEW], {}), None)
    plan = make_plan(schedule, make_resolved(), [], {}.get)
    assert plan.after["user_groups"] == {"new": {"entra_group_id": None}}


def test_nothing_to_write_is_no_change() -> None:
    plan = make_plan(Schedule(), make_resolved(), [PlannedGrant(GROUP, VIEW, GOLD)], {}.get)
    assert plan.before == plan.after == {"grants": {}, "user_groups": {}}
    assert plan.steps == ()
