# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps members of a mapped group from the Commvault group although the group itself is right."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from preflight_examples import (
    ANNA,
    ASSIGNED,
    ENTRA,
    ENTRY,
    FACTS,
    GONE,
    HERE,
    NESTED,
    ONLY_NESTED,
    OTHER,
    PAUL,
    UNREAD,
    application,
)

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    DirectoryGroup,
    Emission,
    GroupClaim,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import GroupMember, GroupMembers
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import Finding
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.members import check_members

BY_ID, BY_NAME = Emission(("value",), "object_id"), Emission(("Ops",), "display_name")
BY_ROLE, NOTHING = Emission(("Ops",), "app_role"), Emission(reason="not assigned", remedy="assign")


def check(
    members: GroupMembers | None = ENTRY.members,
    emitted: Emission | None = BY_ID,
    entra: DirectoryGroup = ENTRA,
    namesakes: tuple[str, ...] = (),
    **changes: t.Any,
) -> list[Finding]:
    mapped = dataclasses.replace(ENTRY, members=members, namesakes=namesakes)
    return list(check_members(dataclasses.replace(FACTS, **changes), mapped, entra, emitted))


def names(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.verdict for finding in findings}


def test_a_group_with_a_member_that_is_enabled_has_no_finding() -> None:
    assert check() == []
    assert check(emitted=None, application=None) == []


def test_members_that_were_not_read_are_not_no_members() -> None:
    assert check(members=None) == []
    assert names(check(members=GroupMembers())) == {"no_members": "warning"}
    assert check(members=GroupMembers(inherited=frozenset({PAUL}), nested=("Inner",))) == []


@pytest.mark.parametrize(
    ("emitted", "told"), [(BY_NAME, True), (BY_ID, False), (BY_ROLE, False), (NOTHING, False), (None, False)]
)
def test_namesakes_matter_where_display_names_are_emitted(emitted: Emission | None, told: bool) -> None:
    findings = check(emitted=emitted, namesakes=(OTHER, "0"))
    assert names(findings) == ({"twin": "warning"} if told else {})
    if told:
        assert f"(0, {OTHER})" in findings[0].reason


@pytest.mark.parametrize(
    ("entra", "emitted", "told"),
    [(ENTRA, BY_ID, True), (HERE, BY_ID, False), (ENTRA, NOTHING, False), (ENTRA, None, False)],
)
def test_a_required_assignment_is_missed_where_something_is_emitted(
    entra: DirectoryGroup, emitted: Emission | None, told: bool
) -> None:
    findings = check(entra=entra, emitted=emitted, **application(assignment_required=True))
    assert names(findings) == ({"assignment": "warning"} if told else {})


@pytest.mark.parametrize(
    ("changes", "emitted", "told"),
    [
        ({}, BY_ID, False),
        (application(ASSIGNED), BY_ID, True),
        (application(assignment_required=True), BY_ID, True),
        ({}, BY_ROLE, True),
        (application(ASSIGNED), NOTHING, False),
        (application(ASSIGNED), None, False),
        ({"application": None}, BY_ROLE, False),
        (application(GroupClaim(frozenset({"ApplicationGroup", "SecurityGroup"}))), BY_ID, False),
    ],
)
def test_nesting_is_not_followed_by_assignments_and_app_roles(
    changes: dict[str, t.Any], emitted: Emission | None, told: bool
) -> None:
    some = check(NESTED, emitted, HERE, **changes)
    nobody = check(ONLY_NESTED, emitted, HERE, **changes)
    assert names(some) == ({"nested": "warning"} if told else {})
    assert names(nobody) == ({"nested": "broken"} if told else {}), "nobody gets anything where all are nested"
    if told:
        assert "1 members that are only in Inner" in some[0].reason


def test_an_empty_inner_group_takes_nothing_from_nobody() -> None:
    empty = GroupMembers(frozenset(), frozenset(), ("Inner",))
    assert names(check(empty, **application(ASSIGNED))) == {"no_members": "warning", "nested": "warning"}


@pytest.mark.parametrize(
    ("members", "verdict", "said"),
    [
        ({ANNA}, None, ""),
        ({ANNA, GONE}, "warning", "1 of 2 members are disabled and cannot sign in: gone@x"),
        ({GONE, UNREAD}, "warning", "; for 1 more this cannot be read"),
        ({ANNA, UNREAD}, "unknown", "this identity is not allowed to read whether 1 of 2 members are disabled"),
        ({GroupMember("z", None, False)}, "warning", ": z"),
    ],
)
def test_disabled_members_are_told_and_unread_ones_are_unknown(
    members: set[GroupMember], verdict: str | None, said: str
) -> None:
    findings = check(GroupMembers(frozenset(members)))
    assert names(findings) == ({"disabled_members": verdict} if verdict else {})
    assert said in "".join(finding.reason for finding in findings)
    assert check(GroupMembers(frozenset(), frozenset(members), ("Inner",))) == findings, "nested ones count as well"


def test_five_names_of_disabled_members_are_enough() -> None:
    many = frozenset(GroupMember(str(number), f"u{number}@x", False) for number in range(7))
    (finding,) = check(GroupMembers(many))
    assert finding.reason.endswith("7 of 7 members are disabled and cannot sign in: u0@x, u1@x, u2@x, u3@x, u4@x, …")
