# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must hold before the first write: links, object ids where they matter, limits, and guards that protect nobody on a guess."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._commvault.catalogue import Catalogue, Entry, OwnLevel
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.administrators import MASTER_ROLE
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Entity, Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings import checks
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.canonical import (
    MappedPrincipal,
    Names,
    Pending,
    PlannedGrant,
    PrincipalReference,
    Resolved,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.entra_groups import EntraGroup
from ansible_collections.cvops.identity.plugins.module_utils._joint.mappings.read import UnmanagedGroup

CELL, COMPANY, PLAN = Entity("commcell", 2), Entity("company", 30), Entity("plans", 12)
USER, GROUP, NEW = Principal("user", 8), Principal("user_group", 21), Pending("user_group", "new", 1, 0)
ROLE, PENDING_ROLE = 35, Pending("role", "Restore", 1)
OBJECT_ID, OTHER_ID = "abcdef11-2222-4333-8444-555555555555", "66666666-2222-4333-8444-555555555555"
ACCEPTED = {"accept_risk": ["last_admin", "own_rights", "break_glass"], "accept_reason": "drill"}


def resolve(
    reference: PrincipalReference,
    *grants: PlannedGrant,
    group: EntraGroup | None = None,
    relink: bool = False,
    name: str = "ops",
) -> Resolved:
    """One principal, for this Entra group, that is to hold *grants*."""
    resolved = Resolved(present=dict.fromkeys(grants, "mappings[0]"), names=Names(roles={ROLE: "Operator"}))
    resolved.add_principal(MappedPrincipal(reference, name, "mappings[0]", None, group, relink))
    return resolved


def entra_group(object_id: str | None = OBJECT_ID, *, given: bool = False, pending: bool = False) -> EntraGroup:
    return EntraGroup(object_id, "GG-Ops", "GG-Ops", given, pending)


@pytest.mark.parametrize(
    ("reference", "group", "linked", "expected"),
    [
        (GROUP, entra_group(), None, {GROUP: OBJECT_ID}),
        (GROUP, entra_group(), OBJECT_ID, {}),
        (GROUP, entra_group(None, pending=True), None, {GROUP: None}),
        (GROUP, entra_group(None), None, {}),
        (GROUP, entra_group(None), OTHER_ID, {}),
        (NEW, entra_group(), OTHER_ID, {NEW: OBJECT_ID}),
        (GROUP, None, None, {}),
    ],
    ids=["missing", "right", "pending", "gone", "gone and linked", "new group", "no Entra group"],
)
def test_groups_are_linked_to_what_their_names_mean(
    reference: PrincipalReference, group: EntraGroup | None, linked: str | None, expected: dict[t.Any, t.Any]
) -> None:
    """A group whose Entra group is gone has nothing that it could be linked to."""
    assert checks.plan_links(resolve(reference, group=group), lambda dummy: linked, True) == (expected, [])


@pytest.mark.parametrize("group", [entra_group(), entra_group(None, pending=True)])
def test_no_group_is_linked_where_links_are_switched_off(group: EntraGroup) -> None:
    assert checks.plan_links(resolve(GROUP, group=group), lambda dummy: None, False) == ({}, [])


@pytest.mark.parametrize("may_link", [True, False])
def test_a_group_that_is_linked_to_another_object_is_relinked_only_when_the_entry_says_so(may_link: bool) -> None:
    links, problems = checks.plan_links(resolve(GROUP, group=entra_group()), lambda dummy: OTHER_ID, may_link)
    assert links == {}
    assert [(item["kind"], item["where"]) for item in problems] == [("recreated", "mappings[0]")]
    assert OTHER_ID in problems[0]["message"] and OBJECT_ID in problems[0]["message"]
    resolved = resolve(GROUP, group=entra_group(), relink=True)
    assert checks.plan_links(resolved, lambda dummy: OTHER_ID, may_link) == ({GROUP: OBJECT_ID}, [])


@pytest.mark.parametrize(
    ("rule", "grant", "refused"),
    [
        ("privileged", PlannedGrant(GROUP, 36, CELL), True),
        ("privileged", PlannedGrant(GROUP, 36, COMPANY), True),
        ("privileged", PlannedGrant(GROUP, MASTER_ROLE, PLAN), True),
        ("privileged", PlannedGrant(GROUP, ROLE, PLAN), True),
        ("privileged", PlannedGrant(GROUP, 36, PLAN), False),
        ("privileged", PlannedGrant(GROUP, PENDING_ROLE, PLAN), False),
        ("privileged", PlannedGrant(GROUP, PENDING_ROLE, CELL), True),
        ("all", PlannedGrant(GROUP, 36, PLAN), True),
        ("none", PlannedGrant(GROUP, MASTER_ROLE, CELL), False),
    ],
    ids=["commcell", "company", "master", "privileged", "harmless", "pending", "pending on commcell", "all", "none"],
)
def test_what_gives_much_needs_the_object_id(rule: str, grant: PlannedGrant, refused: bool) -> None:
    found = checks.find_missing_object_ids(resolve(GROUP, grant, group=entra_group()), rule, lambda role: role == ROLE)
    assert [item["where"] for item in found] == ["mappings[0]"] * refused
    assert all(f"require_object_id: {rule}" in item["message"] for item in found)


@pytest.mark.parametrize("group", [None, entra_group(given=True), entra_group(None, pending=True)])
def test_who_is_certain_or_not_there_yet_needs_no_object_id(group: EntraGroup | None) -> None:
    resolved = resolve(GROUP, PlannedGrant(GROUP, MASTER_ROLE, CELL), group=group)
    assert checks.find_missing_object_ids(resolved, "all", lambda role: True) == []


def test_no_role_is_read_where_the_place_decides() -> None:
    asked: list[int] = []
    resolved = resolve(GROUP, PlannedGrant(GROUP, ROLE, CELL), PlannedGrant(GROUP, ROLE, PLAN), group=entra_group())
    assert checks.find_missing_object_ids(resolved, "privileged", lambda role: bool(asked.append(role)))
    assert asked == []


def make_grants(count: int, principal: Principal = GROUP, role: int = ROLE) -> list[PlannedGrant]:
    return [PlannedGrant(principal, role, Entity("plans", number)) for number in range(count)]


def test_rights_of_the_caller_are_kept_until_the_risk_is_accepted(make_ctx: t.Any) -> None:
    with pytest.raises(GuardRefused, match="own_rights") as caught:
        checks.check_own_rights(make_ctx(), make_grants(1), lambda: {USER, GROUP}, Names())
    assert caught.value.facts["risk"] == "own_rights"
    checks.check_own_rights(make_ctx(), make_grants(1), lambda: {USER}, Names())
    ctx = make_ctx(ACCEPTED)
    checks.check_own_rights(ctx, make_grants(1), lambda: {GROUP}, Names())
    assert ["drill" in warning for warning in ctx.warnings] == [True]


def test_the_caller_is_not_asked_for_where_nothing_is_removed(make_ctx: t.Any) -> None:
    def never() -> t.Any:
        raise AssertionError("nothing is removed")

    checks.check_own_rights(make_ctx(), [], never, Names())


@pytest.mark.parametrize(
    ("grant", "left", "refused"),
    [
        (PlannedGrant(GROUP, MASTER_ROLE, CELL), 0, True),
        (PlannedGrant(GROUP, MASTER_ROLE, CELL), 1, False),
        (PlannedGrant(GROUP, MASTER_ROLE, PLAN), 0, False),
        (PlannedGrant(GROUP, ROLE, CELL), 0, False),
    ],
)
def test_the_last_administrator_stays(make_ctx: t.Any, grant: PlannedGrant, left: int, refused: bool) -> None:
    ctx = make_ctx()
    if refused:
        with pytest.raises(GuardRefused, match="last_admin"):
            checks.check_last_admin(ctx, [grant], lambda removed: left)
        ctx = make_ctx(ACCEPTED)
    checks.check_last_admin(ctx, [grant], lambda removed: left)
    assert bool(ctx.warnings) is refused


def remove_grant_of_user(
    ctx: t.Any, *entries: Entry, reference: Principal = USER, names: t.Any = ("emergency",)
) -> None:
    """Remove a grant of user 8 while the users of *names* are kept."""
    users = Catalogue("user", list(entries))
    kept = checks.BreakGlass(users=names)
    checks.check_break_glass(ctx, make_grants(1, reference), resolve(reference, name="emergency"), kept, lambda: users)


def test_a_break_glass_name_that_nobody_has_is_told(make_ctx: t.Any) -> None:
    ctx = make_ctx()
    with pytest.raises(GuardRefused, match="break_glass"):
        remove_grant_of_user(ctx, Entry(8, "Emergency"))
    assert ctx.warnings == []
    remove_grant_of_user(ctx, Entry(8, "emergency-2"))
    assert len(ctx.warnings) == 1 and "emergency" in ctx.warnings[0]


def test_a_user_of_the_name_in_another_company_is_somebody_else(make_ctx: t.Any) -> None:
    remove_grant_of_user(make_ctx(), Entry(7, "emergency"), Entry(8, "emergency", "corp"))
    with pytest.raises(GuardRefused):
        remove_grant_of_user(make_ctx(), Entry(7, "emergency"), Entry(8, "emergency"))


@pytest.mark.parametrize(("user_id", "is_kept"), [(7, True), (8, True), (9, False)])
def test_within_a_company_its_users_and_those_of_the_commcell_are_kept(
    make_ctx: t.Any, user_id: int, is_kept: bool
) -> None:
    entries = [Entry(7, "emergency"), Entry(8, "emergency", "corp", company_id=30), Entry(9, "emergency", "acme")]
    users = Catalogue("user", entries, own_level=OwnLevel(30, "corp"))
    reference = Principal("user", user_id)
    resolved, kept = resolve(reference, name="emergency"), checks.BreakGlass(users=("emergency",))
    ctx = make_ctx(ACCEPTED)
    checks.check_break_glass(ctx, make_grants(1, reference), resolved, kept, lambda: users)
    assert [warning.startswith("Accepted risk break_glass") for warning in ctx.warnings] == [True] * is_kept


def test_a_group_of_the_name_is_no_user(make_ctx: t.Any) -> None:
    remove_grant_of_user(make_ctx(), Entry(8, "emergency"), reference=Principal("user_group", 8))
    remove_grant_of_user(make_ctx(), Entry(8, "emergency"), names=())


@pytest.mark.parametrize("kept", ["OPS", "gg-ops", OBJECT_ID.upper()], ids=["Commvault", "Entra", "object id"])
def test_break_glass_groups_are_known_by_each_of_their_names(make_ctx: t.Any, kept: str) -> None:
    def never() -> t.Any:
        raise AssertionError("no user is looked up for a group")

    removed, listed = make_grants(1), checks.BreakGlass(entra_groups=(kept,))
    resolved = resolve(GROUP, group=entra_group())
    with pytest.raises(GuardRefused, match="ops: Operator on plans 0"):
        checks.check_break_glass(make_ctx(), removed, resolved, listed, never)
    checks.check_break_glass(make_ctx(), [], resolved, listed, never)
    checks.check_break_glass(make_ctx(ACCEPTED), removed, resolved, listed, never)


def test_a_group_without_a_link_may_be_fed_by_its_name(make_ctx: t.Any) -> None:
    def check(name: str) -> None:
        checks.check_break_glass(
            make_ctx(), make_grants(1), resolve(GROUP), checks.BreakGlass(entra_groups=(name,)), lambda: None
        )

    check("gg-ops")
    with pytest.raises(GuardRefused, match="ops: Operator on plans 0"):
        check("OPS")


@pytest.mark.parametrize(("count", "told"), [(1, "1 group of managed_groups"), (2, "2 groups of managed_groups")])
def test_groups_that_would_lose_everything_are_all_named(make_ctx: t.Any, count: int, told: str) -> None:
    grants = frozenset(make_grants(3))
    groups = [UnmanagedGroup(Principal("user_group", number), f"GG-{number}", grants) for number in range(count)]
    with pytest.raises(GuardRefused, match=told) as caught:
        checks.check_first_managed_run(make_ctx(), groups)
    assert caught.value.facts["risk"] == "first_managed_run"
    assert all(f"{group.name} (3)" in str(caught.value) for group in groups)
    accepted = {"accept_risk": ["first_managed_run"], "accept_reason": "tidied up"}
    checks.check_first_managed_run(make_ctx(accepted), groups)
    checks.check_first_managed_run(make_ctx(), [])
