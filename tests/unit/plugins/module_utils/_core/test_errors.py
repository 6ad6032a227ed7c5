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
        ("GuardRefused", "guard", errors.ConfigError),
        ("AmbiguousMatch", "ambiguous", errors.ConfigError),
        ("MissingLibrary", "missing_library", errors.CvopsError),
        ("WaitTimeout", "timeout", errors.CvopsError),
        ("Cancelled", "cancelled", errors.CvopsError),
        ("Unreachable", "unreachable", errors.ApiError),
        ("AuthError", "auth", errors.ApiError),
        ("Forbidden", "forbidden", errors.ApiError),
        ("NotFound", "not_found", errors.ApiError),
        ("Throttled", "throttled", errors.ApiError),
        ("BadAnswer", "bad_answer", errors.ApiError),
    ],
)
def test_kinds(name: str, kind: str, parent: type[Exception]) -> None:
    """Playbooks branch on ``error.kind``: these words are part of the interface."""
    error = getattr(errors, name)("x")
    assert error.as_result()["error"]["kind"] == kind
    assert isinstance(error, parent)
