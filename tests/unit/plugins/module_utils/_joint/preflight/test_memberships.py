# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which groups somebody surely or perhaps has; the cases with both services are in tests/integration/sign_on_cases.yml."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from preflight_examples import (
    ANNA,
    APP,
    ASSIGNED,
    ENTRA,
    FACTS,
    HERE,
    ID,
    NESTED,
    OTHER,
    PAUL,
    all_facts,
    app,
    application,
    entry,
    group,
)

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.read import GroupMember, GroupMembers
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.facts import (
    Candidate,
    CountedUser,
    KnownUser,
    PreflightFacts,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.groups import GroupCheck
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.memberships import (
    is_over_limit,
    predict_memberships,
)
from ansible_collections.cvops.identity.plugins.module_utils._joint.preflight.sign_ons import SignOn

CREATED = SignOn("ok", created=True)
MEMBER = SignOn("ok", known=KnownUser(frozenset({"anna@x"}), True, frozenset({7})))
NO_MEMBER = SignOn("ok", known=KnownUser(frozenset({"anna@x"}), True, frozenset()))
UNREAD = SignOn("ok", known=KnownUser(frozenset({"anna@x"})))
NOBODY = entry(members=GroupMembers())
DEFAULT = app(default_groups=frozenset({7}))
OTHERS = entry(
    members=GroupMembers(),
    others=(Candidate(dataclasses.replace(ENTRA, object_id=OTHER), GroupMembers(frozenset({ANNA}))),),
)


def predict(
    changes: dict[str, t.Any], sign_on: SignOn = CREATED, who: GroupMember = ANNA, **counted: t.Any
) -> tuple[bool, bool]:
    facts = dataclasses.replace(FACTS, **changes)
    person = CountedUser(who, **{"groups": 1, "sampled": True, **counted})
    found = predict_memberships(facts, person, [GroupCheck(facts, item) for item in facts.mapped], sign_on)
    assert not set(found.sure) & set(found.possible)
    return bool(found.sure), bool(found.possible)


SURE, PERHAPS, NOT = (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("changes", "sign_on", "expected"),
    [
        ({}, CREATED, SURE),
        ({}, SignOn("broken"), NOT),
        ({}, SignOn("unknown"), PERHAPS),
        ({"app": None}, CREATED, NOT),
        ({"application": None}, CREATED, PERHAPS),
        ({"user_groups": ()}, CREATED, NOT),
        (NOBODY, CREATED, NOT),
        (NOBODY, UNREAD, PERHAPS),
        (NOBODY, NO_MEMBER, NOT),
        (NOBODY, MEMBER, NOT),
        ({**NOBODY, **group(azure_guid=None)}, MEMBER, PERHAPS),
        ({**NOBODY, **DEFAULT}, CREATED, PERHAPS),
        ({**NOBODY, **DEFAULT}, NO_MEMBER, NOT),
        (DEFAULT, CREATED, SURE),
        (app(attributes={}), CREATED, NOT),
        (app(attributes={}), MEMBER, SURE),
        (app(attributes={}, default_groups=frozenset({7})), CREATED, SURE),
        (app(attributes={"USER_GROUPS": "x"}), CREATED, NOT),
        (app(attributes={"USER_GROUPS": "x"}), MEMBER, PERHAPS),
        (app(attributes={**(APP.attributes or {}), "COMPANY_NAME": "c"}), CREATED, PERHAPS),
        (group(enabled=False), CREATED, PERHAPS),
        (group(enabled=None), CREATED, PERHAPS),
        ({**OTHERS, **group(azure_guid=OTHER)}, CREATED, SURE),
        (OTHERS, CREATED, NOT),
    ],
)
def test_memberships(changes: dict[str, t.Any], sign_on: SignOn, expected: tuple[bool, bool]) -> None:
    assert predict(changes, sign_on) == expected


def test_nested_members() -> None:
    """Groups in tokens follow nesting, assigned groups do not."""
    assert predict(entry(members=NESTED), who=PAUL) == SURE
    assert predict({**entry(members=NESTED, entra=HERE), **application(ASSIGNED)}, who=PAUL) == NOT


@pytest.mark.parametrize(
    ("counts", "over", "expected"),
    [
        ({"groups": 150}, False, SURE),
        ({"groups": 151}, True, NOT),
        ({"groups": 151, "surely": 150}, None, PERHAPS),
        ({"groups": 152, "surely": 151}, True, NOT),
    ],
)
def test_the_limit(counts: dict[str, t.Any], over: bool | None, expected: tuple[bool, bool]) -> None:
    assert is_over_limit(CountedUser(ANNA, **counts)) is over
    assert predict({}, **counts) == expected


@given(all_facts())
def test_a_verdict_of_ok_comes_true(facts: PreflightFacts) -> None:
    """Whoever is a direct member of a group with the verdict ok has its Commvault group, surely; nobody has one of a broken match."""
    for mapped in facts.mapped:
        check = GroupCheck(facts, mapped)
        if mapped.entra is None or mapped.members is None or check.user_group is None:
            continue
        for member in mapped.members.direct:
            found = predict_memberships(facts, CountedUser(member, 1, True), [check], CREATED)
            if not check.findings:
                assert found.sure == [check.user_group.name]
            if {"match", "claim", "attribute_mapping"} & {finding.check for finding in check.findings}:
                assert found.sure == [] or check.user_group.azure_guid not in (None, ID)
