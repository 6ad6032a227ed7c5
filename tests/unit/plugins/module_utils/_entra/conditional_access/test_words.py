# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies in words: whom, what, from where, what is required; and a change of the state that nobody overlooks."""

from __future__ import annotations

import re
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.fields import BY_OPTION
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.words import (
    describe_policy_changes,
    describe_policy_creation,
    describe_policy_removal,
    list_policy_words,
)

PLACES: dict[str, t.Any] = {
    "users.include.users": ["all"],
    "users.exclude.groups": ["GG-Break-Glass"],
    "users.exclude.users": ["glass@corp.example"],
    "applications.include": ["Backup console"],
    "locations.include": ["all"],
    "locations.exclude": ["Offices"],
    "client_app_types": ["all"],
    "grant.controls": ["block"],
    "grant.operator": "or",
}


def test_a_policy_is_told_as_people_ask_for_it() -> None:
    assert list_policy_words(PLACES) == [
        ("for", "all users, except glass@corp.example and group GG-Break-Glass"),
        ("signing in to", "Backup console"),
        ("from", "everywhere, except Offices"),
        ("effect", "sign-in is blocked"),
    ]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (
            {"grant.controls": ["compliant_device", "mfa"], "grant.operator": "and"},
            ("requires", "a compliant device and multifactor authentication"),
        ),
        (
            {"grant.controls": ["mfa"], "grant.authentication_strength": "Phishing-resistant", "grant.operator": "or"},
            ("requires", "multifactor authentication or authentication strength Phishing-resistant"),
        ),
        ({"grant.controls": ["new_control"]}, ("requires", "new_control")),
        (
            {
                "users.include.guests.types": ["b2b_collaboration_guest"],
                "users.include.guests.tenants": ["t1"],
                "users.exclude.guests.types": ["service_provider"],
                "users.exclude.guests.tenants": ["t2", "t3"],
            },
            (
                "for",
                "guests of kind b2b_collaboration_guest of tenant t1, except guests of kind service_provider of tenants t2, t3",
            ),
        ),
        (
            {"users.include.roles": ["Global Administrator"], "users.include.guests.types": ["internal_guest"]},
            ("for", "directory role Global Administrator and guests of kind internal_guest"),
        ),
        ({"users.include.groups": ["A", "B", "C"]}, ("for", "groups A, B and C")),
        (
            {"client_applications.include": ["all_in_tenant"]},
            ("for", "all service principals of the tenant"),
        ),
        (
            {"client_applications.include": ["Backup"], "client_applications.exclude": ["Other"]},
            ("for", "service principal Backup, except service principal Other"),
        ),
        (
            {"applications.include": ["all"], "applications.exclude": ["HR"]},
            ("signing in to", "all applications, except HR"),
        ),
        (
            {"applications.filter.rule": "x -eq 1", "applications.filter.mode": "exclude"},
            ("signing in to", ", except by the rule x -eq 1"),
        ),
        ({"locations.include": ["all_trusted"]}, ("from", "all trusted locations")),
        ({}, ("from", "everywhere")),
        (
            {"platforms.include": ["ios", "android"], "sign_in_risk": ["high"]},
            ("only with", "platforms include ios, android; sign in risk high"),
        ),
        ({"session.sign_in_frequency.value": 8}, ("session", "sign in frequency value 8")),
        ({"session.secure_sign_in_session": True}, ("session", "secure sign in session true")),
    ],
)
def test_each_part_in_words(fields: dict[str, t.Any], told: tuple[str, str]) -> None:
    assert told in list_policy_words(fields)


def test_a_creation_is_one_change_and_in_force_another_one() -> None:
    (created,) = describe_policy_creation("CA1", "report_only", PLACES)
    assert created.sentence.startswith('create the conditional access policy with state "report-only", for "all users')
    assert (created.sign, created.kind) == ("+", "conditional access policy")
    assert [change.kind for change in describe_policy_creation("CA1", "enabled", PLACES)][1:] == ["enforcement"]
    # A state that is new may refuse sign-ins.
    assert len(describe_policy_creation("CA1", "enforced_softly", PLACES)) == 2


@pytest.mark.parametrize(
    ("had", "has", "kind", "told"),
    [
        ("report_only", "enabled", "enforcement", "put in force: report-only -> in force"),
        ("disabled", "enabled", "enforcement", "put in force: off -> in force"),
        ("enabled", "report_only", "end of enforcement", "take out of force: in force -> report-only"),
        ("enabled", "disabled", "end of enforcement", "take out of force: in force -> off"),
        ("disabled", "report_only", "setting", "change the state: off -> report-only"),
    ],
)
def test_a_change_of_the_state_comes_first(had: str, has: str, kind: str, told: str) -> None:
    before = {"policy_state": had, **PLACES}
    after = {"policy_state": has, **PLACES, "applications.include": ["Backup console", "Other"]}
    found = describe_policy_changes("CA1", before, after)
    assert (found[0].kind, found[0].sentence) == (kind, told)
    assert [change.sentence for change in found[1:]] == ["add included application Other"]


def test_other_changes_and_a_deletion() -> None:
    (told,) = describe_policy_changes("CA1", PLACES, {**PLACES, "grant.operator": "and"})
    assert told.sentence == "require all of the controls"
    assert describe_policy_changes("CA1", PLACES, PLACES) == ()
    assert [change.sentence for change in describe_policy_removal("CA1", "report_only", "1")] == [
        "delete the conditional access policy"
    ]
    assert describe_policy_removal("CA1", "enabled", "1")[1].sentence == "take out of force: in force -> deleted"


_NAMES = st.text(st.sampled_from("ab\", '->"), min_size=1, max_size=12)


@given(_NAMES, st.sampled_from(sorted(name for name, item in BY_OPTION.items() if item.is_set)))
def test_no_name_passes_for_another_part_and_every_field_counts(name: str, option: str) -> None:
    """A name that holds quotes cannot look as if the policy required something; and two policies that differ are two changes."""
    (change,) = describe_policy_creation("CA1", "report_only", {**PLACES, option: [name]})
    plain = re.sub('"[^"]*"', '""', change.sentence)
    keys = re.findall('([a-z ]+) ""', plain.partition(" with ")[2])
    allowed = {"state", "for", "signing in to", "from", "only with", "requires", "effect", "session"}
    assert {key.strip() for key in keys} <= allowed and plain.count('"') % 2 == 0
    assert change.facts["fields"][option] == [name]
