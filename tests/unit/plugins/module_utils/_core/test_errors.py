# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a failed task shows of an error."""

from __future__ import annotations

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core import errors


def test_unknown_facts_are_left_out() -> None:
    error = errors.ApiError("no", service="Graph", status=500, code=None, may_have_acted=True)
    assert error.as_result() == {"msg": "no", "error": {"kind": "api", "service": "Graph", "status": 500}}
    assert (error.status, error.code, error.may_have_acted) == (500, None, True)


def test_problems_are_told_together() -> None:
    found = [
        {"kind": "not_found", "where": "mappings[0].grants[1].role", "message": "no role X"},
        {"kind": "config", "where": "members[2]", "message": "blank"},
    ]
    error = errors.Problems("2 problems", found)
    assert str(error) == "2 problems\n- mappings[0].grants[1].role: no role X\n- members[2]: blank"
    assert error.as_result()["error"] == {"kind": "config", "problems": found}
    assert error.facts["problems"][0] is not found[0], "a later change of the caller's dicts must not reach the result"


@pytest.mark.parametrize(
    ("name", "kind", "parent"),
    [
        ("ConfigError", "config", errors.CvopsError),
        ("InternalFault", "internal", errors.CvopsError),
        ("ApiError", "api", errors.CvopsError),
        ("GuardRefused", "guard", errors.ConfigError),
        ("AmbiguousMatch", "ambiguous", errors.ConfigError),
        ("MissingLibrary", "missing_library", errors.CvopsError),
        ("WaitTimeout", "timeout", errors.CvopsError),
        ("Cancelled", "cancelled", errors.CvopsError),
        ("Unreachable", "unreachable", errors.ApiError),
        ("AuthError", "auth", errors.ApiError),
        ("BlockedByConditionalAccess", "conditional_access", errors.AuthError),
        ("Forbidden", "forbidden", errors.ApiError),
        ("NotFound", "not_found", errors.ApiError),
        ("Throttled", "throttled", errors.ApiError),
        ("BadAnswer", "bad_answer", errors.ApiError),
    ],
)
def test_every_error_has_its_kind_and_its_parent(name: str, kind: str, parent: type[Exception]) -> None:
    """Playbooks branch on ``error.kind``: these words are part of the interface."""
    error = getattr(errors, name)("x")
    assert error.as_result()["error"]["kind"] == kind
    assert isinstance(error, parent)


def test_a_message_is_one_line_without_control_characters_and_has_an_end() -> None:
    said = str(errors.ApiError("bad\n  \x1b[31mtext \u202e"))
    assert "\n" not in said and said.startswith("bad \\x1b[31mtext")
    assert len(str(errors.ApiError("x" * 20_000))) == 8001


def test_the_message_of_many_problems_shows_the_first_and_their_number() -> None:
    found = [{"kind": "config", "where": f"a[{number}]", "message": "no\nline"} for number in range(30)]
    error = errors.Problems("30 problems", found)
    lines = str(error).splitlines()
    assert lines[:2] == ["30 problems", "- a[0]: no line"]
    assert lines[-2:] == ["- a[24]: no line", "- … and 5 more, see error.problems"]
    assert error.facts["problems"] == found
    assert "more" not in str(errors.Problems("25 problems", found[:25]))


def test_what_a_failed_look_leaves_is_unknown() -> None:
    with pytest.raises(errors.Unreachable) as failed, errors.mark_outcome_unknown():
        raise errors.Unreachable("no answer", service="Graph")
    assert failed.value.facts == {"service": "Graph", "outcome": "unknown"}


def test_an_outcome_that_is_known_stays_and_a_good_look_says_nothing() -> None:
    with pytest.raises(errors.ApiError) as failed, errors.mark_outcome_unknown():
        raise errors.ApiError("no", outcome="undone")
    assert failed.value.facts["outcome"] == "undone"
    with errors.mark_outcome_unknown():
        pass


def test_a_fault_of_the_code_is_not_taken_for_an_unknown_outcome() -> None:
    with pytest.raises(ZeroDivisionError), errors.mark_outcome_unknown():
        1 / 0  # noqa: B018
