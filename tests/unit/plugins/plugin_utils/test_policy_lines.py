# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional access policies as lines: grave findings first, what is not judged, policies in sentences; names made visible."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.policy_lines import format_policies

HOSTILE, SHOWN = "GG-\u202eAdmins\x1b[31m", r"GG-\u202eAdmins\x1b[31m"


def finding(kind: str, severity: str) -> dict[str, t.Any]:
    return {"kind": kind, "severity": severity, "text": f"About {HOSTILE}.", "remedy": "Do it."}


RESULT: dict[str, t.Any] = {
    "counts": {"policies": 3, "policies_returned": 1, "in_force": 1, "report_only": 2, "disabled": 0},
    "security_defaults": True,
    "findings": [finding("dead_reference", "error"), finding("near_miss", "info")],
    "not_evaluable": [{"what": "named locations", "reason": "Cannot list.", "kinds": ["near_miss"], "needs": ["P"]}],
    "evaluation": [
        {
            "policy": "CA1",
            "policy_state": "report_only",
            "applies": "yes",
            "who": "one",
            "gets_in": False,
            "conditions": [],
        },
        {"policy": "CA2", "policy_state": "enabled", "applies": "no", "who": "one", "gets_in": True, "conditions": []},
        {
            "policy": "CA3",
            "policy_state": "enabled",
            "applies": "may",
            "who": "one",
            "gets_in": True,
            "conditions": ["users"],
        },
    ],
    "policies": [
        {
            "object_id": "1",
            "display_name": HOSTILE,
            "created": "2026-01-01T00:00:00Z",
            "modified": None,
            "summary": ["In force.", "Demands mfa."],
            "exclusions": [
                {"id": "2", "name": None, "status": "may_be_covered", "covered_by": [], "may_be_covered_by": ["CA2"]}
            ],
        }
    ],
}


def test_all_of_it() -> None:
    assert format_policies(RESULT) == [
        "3 conditional access policies, 1 in force, 2 report only, 0 disabled; 1 of them below",
        "Security defaults are on.",
        f"ERROR dead_reference: About {SHOWN}. Do it.",
        f"note near_miss: About {SHOWN}. Do it.",
        "NOT JUDGED named locations: Cannot list. Not told for it: near_miss.",
        "CA1 (report only) applies to one, who is not known to get in",
        "CA3 (enabled) may apply to one (not known: users), who gets in",
        f"{SHOWN} (1, created 2026-01-01T00:00:00Z)",
        "  In force.",
        "  Demands mfa.",
        "  Excluded: 2: may be covered by CA2",
    ]


@pytest.mark.parametrize(("severity", "hidden"), [("error", 1), ("warning", 1), ("info", 0), ("nonsense", 0)])
def test_findings_that_are_less_grave_are_counted(severity: str, hidden: int) -> None:
    lines = format_policies(RESULT, severity)
    assert (f"{hidden} more findings with a lower severity" in lines) is bool(hidden)
    assert any(line.startswith("ERROR") for line in lines)


def test_nothing_and_what_is_no_result() -> None:
    assert format_policies({})[0].startswith("0 conditional access policies")
    with pytest.raises(FilterInputError, match="the result"):
        format_policies(["x"])
