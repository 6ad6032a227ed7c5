# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook access_evidence tells people."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.evidence_lines import (
    find_grave_findings,
    format_evidence,
    list_unread_sources,
    select_evidence_document,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

BUNDLE: dict[str, t.Any] = {
    "path": "/e/b",
    "name": "b",
    "as_of": "2026-11-27T20:15:00Z",
    "manifest_sha256": "0" * 64,
    "counts": {"access": 7, "leavers": 1, "identities": 2},
    "findings": {"critical": 0, "high": 2, "medium": 0, "low": 1},
    "changes": 3,
    "partial": [],
    "pseudonymised": False,
    "named_in": [],
    "previous": None,
    "report": "/e/b/report.html",
}


def test_a_bundle_in_lines() -> None:
    assert format_evidence({"evidence": BUNDLE, "steps": [1]}) == [
        "b: 7 rows about access, 1 about leavers, 2 about identities; as of 2026-11-27T20:15:00Z",
        "Open findings: 2 high, 1 low",
        "The first bundle of its chain",
        "Report: /e/b/report.html",
        f"SHA-256 of the manifest: {'0' * 64}",
    ]


def test_what_is_missing_is_told_first_and_names_are_visible() -> None:
    partial = [f"reason {number}" for number in range(22)]
    found = {**BUNDLE, "partial": partial, "previous": {"name": "a"}, "report": None, "pseudonymised": True}
    told = format_evidence({"evidence": found}, {"localhost": "no", "x\x1b[31m": "gone"})
    assert told[:2] == ["Entra ID was not read: no", "CommCell x\\x1b[31m was not read: gone"]
    assert "Not complete, 22 reasons:" in told and "  and 2 more, see population.csv" in told
    assert "Changes since a: 3" in told and "Bundle: /e/b" in told
    assert told[-1] == "The bundle existed already" and "People have pseudonyms" in told
    named = format_evidence({"evidence": {**found, "named_in": ["document", "drills"]}})
    assert "People have pseudonyms, and their names in what comes from: document, drills" in named
    assert format_evidence({}, {"localhost": "no"}) == ["Entra ID was not read: no"]
    assert format_evidence({"msg": "nothing"}) == ["nothing"]


def test_what_was_not_read_back_as_it_was_written_is_told() -> None:
    faults = [
        {"bundle": "b", "path": f"f{number}\u202e", "kind": "changed", "message": "has changed"} for number in range(22)
    ]
    lines = format_evidence({"evidence": {**BUNDLE, "not_confirmed": faults}, "steps": [{}]})
    start = lines.index("Changed after they were written, 22 files:")
    assert lines[start + 1] == "  f0\\u202e: has changed"
    assert lines[start + 21] == "  and 2 more, see evidence.not_confirmed of the result"
    assert not any(
        "Changed after they were" in line for line in format_evidence({"evidence": {**BUNDLE, "not_confirmed": []}})
    )


def test_verifying_in_lines() -> None:
    problem = {"bundle": "b", "path": "access.csv", "message": "was changed"}
    found = {"path": "/e", "manifest_sha256": "0" * 64, "verified": ["a", "b"], "problems": [], "problem_count": 0}
    assert format_evidence({"evidence": found})[0] == "Bundles: 2, a to b"
    assert "changed after it was sealed" in format_evidence({"evidence": found})[-1]
    broken = format_evidence({"evidence": {**found, "problems": [problem] * 30, "problem_count": 30}})
    assert broken[2:4] == ["CHANGED after it was sealed, 30 problems:", "  b: access.csv was changed"]
    assert broken[-1] == "  and 10 more, see evidence.problems of the result"


def test_grave_findings() -> None:
    assert find_grave_findings(BUNDLE, "medium") == ["2 high"]
    assert find_grave_findings(BUNDLE, "low") == ["2 high", "1 low"]
    assert find_grave_findings(BUNDLE, "critical") == []
    with pytest.raises(FilterInputError):
        find_grave_findings(BUNDLE, "grave")


def test_what_was_not_read() -> None:
    results = {"a": {"snapshot": {}}, "b": {"failed": True, "msg": "x\ty"}, "localhost": {}, "c": None}
    assert list_unread_sources(results) == {
        "b": "x y",
        "localhost": "it was not read, and the reason is not known",
        "c": "it was not read, and the reason is not known",
    }


def test_secrets_of_a_document_stay_out() -> None:
    document = {
        "cvops_connection": {"entra": {"client_secret": "s"}},
        "cvops_role_mappings": [],
        "role_mappings_match_by": ["x"],
        "cvops_rotations": [1],
        "cvops_break_glass": {},
    }
    assert set(select_evidence_document(document)) == {
        "cvops_role_mappings",
        "role_mappings_match_by",
        "cvops_break_glass",
    }
    assert select_evidence_document(None) == {}
