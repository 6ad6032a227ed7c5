# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a webhook is told by playbooks that report: a line of counts, whatever services and people have written."""

from __future__ import annotations

import ast
import contextlib
import json
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.rows import STATES
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.notification import is_notification_wanted
from ansible_collections.cvops.identity.plugins.plugin_utils.report_notifications import (
    build_evidence_notification,
    build_expiry_notification,
    build_refusal_notification,
    build_review_notification,
)

HOSTILE = "a\x1b[2K\n<!channel> ana@corp.example s3cr3t"
SEALED = {"findings": {"critical": 1, "high": 0, "medium": 2, "low": 0}, "changes": 4, "partial": [], "path": HOSTILE}


def expiring(*failed: bool, **counts: int) -> dict[str, t.Any]:
    sources = [{"name": HOSTILE, "status": "failed" if one else "read", "why": HOSTILE} for one in failed or (False,)]
    every = {**dict.fromkeys(STATES, 0), **counts}
    return {"rows": [{"consumer": HOSTILE}], "sources": sources, "checked_at": "2026-03-01T00:00:00Z", "counts": every}


@pytest.mark.parametrize(
    ("found", "status", "text"),
    [
        (expiring(ok=3), "ok", "expiry: ok, 3 ok"),
        (expiring(), "ok", "expiry: ok"),
        (expiring(ok=1, no_end=2, warning=1), "warning", "expiry: warning, 1 warning, 1 ok, 2 no end"),
        (expiring(unknown=1), "warning", "expiry: warning, 1 unknown"),
        (expiring(missing=1, expired=2, critical=3), "problems", "expiry: problems, 1 missing, 2 expired, 3 critical"),
        (expiring(True, False, ok=1), "problems", "expiry: problems, 1 ok, 1 source not read"),
        (expiring(True, True), "failed", "expiry: failed, 2 sources not read"),
    ],
)
def test_what_expires(found: dict[str, t.Any], status: str, text: str) -> None:
    message = build_expiry_notification(found)
    assert (message["status"], message["text"], message["playbook"]) == (status, text, "expiry")
    assert message["counts"]["expired"] == found["counts"]["expired"]
    assert is_notification_wanted(message, "problems") is (status in ("problems", "failed"))
    assert is_notification_wanted(message, "changes") is (status != "ok")


@pytest.mark.parametrize(
    ("result", "unread", "severity", "status", "text"),
    [
        ({"evidence": SEALED}, {}, "", "warning", "warning, 1 critical, 2 medium, 4 changes since the last bundle"),
        (
            {"evidence": SEALED},
            {},
            "high",
            "problems",
            "problems, 1 critical, 2 medium, 4 changes since the last bundle",
        ),
        ({"evidence": {**SEALED, "findings": {}, "changes": 0}}, {}, "low", "ok", "ok, no open finding"),
        (
            {"evidence": {**SEALED, "findings": {}, "changes": 0, "partial": [HOSTILE]}},
            {"cs01": HOSTILE},
            "",
            "warning",
            "warning, no open finding, not complete for 1 reasons, 1 source not read",
        ),
        (
            {"evidence": {**SEALED, "findings": {}, "changes": 0, "not_confirmed": [{"path": HOSTILE}]}},
            {},
            "",
            "problems",
            "problems, no open finding, 1 files were changed after they were written",
        ),
        ({"evidence": {"verified": ["a", "b"], "problem_count": 0}}, {}, "", "ok", "ok, 2 bundles verified"),
        # As failed_when of the playbook leaves it.
        (
            {"failed": False, "error": {"kind": "x"}, "evidence": {"verified": ["a"], "problem_count": 0}},
            {},
            "",
            "problems",
            "problems, 1 bundles verified",
        ),
        (
            {"failed": True, "msg": HOSTILE, "evidence": {"verified": ["a"], "problem_count": 3}},
            {},
            "",
            "problems",
            "problems, 1 bundles verified, 3 problems",
        ),
        ({}, {"localhost": HOSTILE}, "", "failed", "failed, no evidence, 1 source not read"),
        ({"failed": True, "msg": HOSTILE}, None, "high", "failed", "failed, no evidence"),
    ],
)
def test_evidence(result: t.Any, unread: t.Any, severity: str, status: str, text: str) -> None:
    message = build_evidence_notification(result, unread, True, severity)
    assert (message["status"], message["text"]) == (status, f"access_evidence (check mode): {text}")


def test_decisions_of_a_review() -> None:
    found = {"counts": {"keep": 5, "revoke": 2, "change": 0}, "removals": [{"what": HOSTILE}], "by_hand": [HOSTILE]}
    message = build_review_notification({**found, "patch": HOSTILE, "file": HOSTILE})
    assert message["text"] == "review: planned, 5 keep, 2 revoke, 0 change, 1 removals, 1 by hand"
    assert message["counts"]["planned"] == 2 and is_notification_wanted(message, "changes")
    quiet = build_review_notification({"counts": {"keep": 5}})
    assert quiet["status"] == "unchanged" and not is_notification_wanted(quiet, "changes")


@pytest.mark.parametrize(
    ("problems", "number", "told"),
    [
        ([HOSTILE], 1, "the variables are wrong, 1 problem: "),
        ([HOSTILE] * 50, 50, "the variables are wrong, 50 problems: "),
        ([*([HOSTILE] * 50), "and more"], 50, "the variables are wrong, more than 50 problems: "),
        (None, 0, "the variables could not be checked: "),
    ],
)
def test_a_run_that_does_not_begin(problems: t.Any, number: int, told: str) -> None:
    message = build_refusal_notification(problems, "expiry", True)
    assert message["text"] == f"expiry (check mode): failed, {told}nothing was done, see the output of the run"
    assert message["counts"] == {"problems": number} and is_notification_wanted(message, "problems")


def test_all_playbooks_that_tell_the_webhook_tell_it_that_they_do_not_begin() -> None:
    tasks = yaml.safe_load((ROOT / "playbooks/tasks/validate.yml").read_text())
    (chosen,) = [line for line in tasks[0]["always"][0]["when"] if line.startswith("__validate_for ")]
    # Those that have their report in a file of tasks include it by way of that, or import the plays that do.
    ways = ("tasks/notify.yml", "tasks/report_rotations.yml", "import_playbook: plays/plan_and_apply.yml")
    telling = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if any(way in path.read_text() for way in ways)}
    assert set(ast.literal_eval(chosen.partition(" in ")[2])) == telling


def test_nothing_that_people_and_services_have_written_is_told() -> None:
    messages = [
        build_expiry_notification(expiring(True, missing=1)),
        build_evidence_notification({"evidence": SEALED, "msg": HOSTILE}, {HOSTILE: HOSTILE}),
        build_review_notification({"counts": {}, "removals": [{"what": HOSTILE}], "bundle": HOSTILE}),
        build_refusal_notification([HOSTILE], "site"),
    ]
    assert not [word for word in ("ana@", "s3cr3t", "channel", "\x1b") if word in json.dumps(messages)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda one: st.lists(one) | st.dictionaries(st.text(), one),
    )
)
def test_other_input_is_one_clear_error_or_a_message(value: t.Any) -> None:
    for build in (
        build_expiry_notification,
        build_evidence_notification,
        build_refusal_notification,
        build_review_notification,
    ):
        for given_value in (value, {"evidence": value}, {"evidence": {"findings": value}}, {"counts": value}):
            with contextlib.suppress(FilterInputError):
                assert build(given_value)["source"] == "cvops.identity"
