# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the words of the audit trail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.wording import (
    Details,
    classify_operation,
    judge_outcome,
    parse_details,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import OPERATIONS, OUTCOMES, Target


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        ("Login", "sign_in"),
        ("Login Failed", "sign_in"),
        ("User Logged In", "sign_in"),
        ("Log in", "sign_in"),
        ("Logout", "sign_out"),
        ("User logged out", "sign_out"),
        ("Add User", "add"),
        ("Create Company", "add"),
        ("User Group Created", "add"),
        ("Modify User Group", "change"),
        ("Modify Login Settings", "change"),
        ("Enable User", "change"),
        ("Delete Role", "remove"),
        ("Credential deleted", "remove"),
        ("Add Security Association", "assign"),
        ("Delete Security Association", "unassign"),
        ("Remove Owner", "unassign"),
        ("Grant Permission", "assign"),
        ("View Report", "use"),
        ("Restore", "use"),
        ("Add-on licence", "add"),
        ("Blog internal", "other"),
        ("Kill Job", "other"),
        ("", "other"),
    ],
)
def test_operations(activity: str, expected: str) -> None:
    assert classify_operation(activity) == expected


@given(st.text(max_size=300))
def test_any_words_have_an_operation_and_an_outcome(text: str) -> None:
    operation = classify_operation(text)
    assert operation in OPERATIONS and judge_outcome(text, operation, text) in OUTCOMES
    parse_details(text)


@pytest.mark.parametrize(
    ("activity", "operation", "text", "expected"),
    [
        ("Login", "sign_in", "User [a]", "success"),
        ("Login", "sign_in", "Login failed for user [a]", "unknown"),
        ("Login Failed", "sign_in", "", "failure"),
        ("Modify Role", "change", "Role [access denied]", "success"),
        ("Failed to delete Role", "other", "", "failure"),
    ],
)
def test_outcomes(activity: str, operation: str, text: str, expected: str) -> None:
    assert judge_outcome(activity, operation, text) == expected


def test_details_that_are_certain() -> None:
    found = parse_details(
        "User Group [Night]\nDescription: Old value [], New value [nights]\nMembers added: [a], [b\\c]\nMembers removed: [d]\nNothing to see"
    )
    assert found.target == Target("user_group", "Night")
    assert (found.before, found.after) == ({"description": ""}, {"description": "nights"})
    assert found.others == (Target("user", "a"), Target("user", "b\\c"), Target("user", "d"))
    grant = parse_details("External User Group [CORP\\ops]\nRole: [View]\nEntity: [CLIENT_ENTITY] [srv 1]")
    assert grant.target == Target("external_group", "CORP\\ops")
    assert grant.others == (Target("role", "View"), Target("client", "srv 1"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "User Group [Night] was changed",
        "User Group [Night]]",
        "User Group [[Night]",
        "User Group []",
        "Spaceship [x]",
        "the User Group [Night]",
        "Old value [a], New value [b]",
    ],
)
def test_other_texts_say_nothing_for_certain(text: str) -> None:
    assert parse_details(text) == Details()


def test_a_value_with_brackets_is_no_value() -> None:
    found = parse_details("Role [x]\nDescription: Old value [a], New value [b], New value [c]\nRole: [a] or [b]")
    assert (found.target, found.before, found.after, found.others) == (Target("role", "x"), {}, {}, ())


def test_a_text_without_end_is_left_as_it_is() -> None:
    assert parse_details("Role [x]\n" * 5000) == Details()
