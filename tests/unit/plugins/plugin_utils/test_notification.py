# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a webhook is told: how it went and how much, and nothing that names people or quotes a service."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.notification import (
    build_notification,
    is_notification_wanted,
)

HOSTILE = "a\x1b[2K\n<!channel> ana@corp.example s3cr3t"


def host(status: str = "applied", planned: int = 3, **more: t.Any) -> dict[str, t.Any]:
    usual = {
        "status": status,
        "message": HOSTILE,
        "planned": planned,
        "written": 2,
        "left": [],
        "problems": [],
        "gone": 0,
    }
    return {**usual, **more}


def test_a_run_in_one_message() -> None:
    conclusion = {
        "localhost": host(planned=1),
        "emea-cs01": host("failed", left=[HOSTILE], problems=[]),
        "amer-cs01": host("unchanged", 0, written=0),
    }
    mapped = {
        "commcells": {
            "emea-cs01": {"mappings": {"surplus": [{"removed": False}, {"removed": True}], "unmanaged": "unknown"}}
        }
    }
    found = build_notification(conclusion, {"digest": "ab12", "steps": 4}, mapped, "site", True)
    assert found == {
        "text": "site (check mode): failed, 4 changes planned, 4 write requests, 1 change left, surplus 1, unmanaged unknown\n"
        "Entra ID: applied, 1 change planned, 2 write requests\n"
        "emea-cs01: failed, 3 changes planned, 2 write requests, 1 change left\n"
        "amer-cs01: unchanged",
        "source": "cvops.identity",
        "playbook": "site",
        "check_mode": True,
        "status": "failed",
        "digest": "ab12",
        "counts": {
            "hosts": 3,
            "planned": 4,
            "written": 4,
            "left": 1,
            "problems": 0,
            "surplus": 1,
            "unmanaged": None,
            "pending_consent": 0,
        },
        "hosts": [
            {
                "host": name,
                "status": status,
                "planned": planned,
                "written": written,
                "left": left,
                "problems": 0,
                "line": line,
            }
            for name, status, planned, written, left, line in (
                ("Entra ID", "applied", 1, 2, 0, "Entra ID: applied, 1 change planned, 2 write requests"),
                (
                    "emea-cs01",
                    "failed",
                    3,
                    2,
                    1,
                    "emea-cs01: failed, 3 changes planned, 2 write requests, 1 change left",
                ),
                ("amer-cs01", "unchanged", 0, 0, 0, "amer-cs01: unchanged"),
            )
        ],
    }


def test_a_run_without_changes_has_no_digest() -> None:
    found = build_notification({"cs": host("unchanged", 0, written=0)}, {"digest": "ab12", "steps": 0}, {}, "site")
    assert (found["status"], found["digest"], found["text"]) == ("unchanged", "", "site: unchanged\ncs: unchanged")


@pytest.mark.parametrize(
    ("commcells", "expected", "told"),
    [
        ({}, None, ""),
        ({"cs": {"mappings": {}}}, None, ""),
        ({"cs": {"mappings": {"surplus": [], "unmanaged": []}}}, 0, ""),
        (
            {"cs": {"mappings": {"surplus": [{}], "unmanaged": [{}]}}, "failed": {"mappings": {}}},
            None,
            ", surplus unknown, unmanaged unknown",
        ),
    ],
)
def test_access_beyond_the_mapping_is_no_number_where_it_was_not_looked_at(
    commcells: dict[str, t.Any], expected: int | None, told: str
) -> None:
    found = build_notification({"cs": host("unchanged", 0, written=0)}, {}, {"commcells": commcells}, "site")
    assert (found["counts"]["surplus"], found["counts"]["unmanaged"]) == (expected, expected)
    assert found["text"].splitlines()[0] == f"site: unchanged{told}"


def test_no_text_of_a_run_and_no_name_of_a_person_is_sent() -> None:
    conclusion = {"cs": host("problems", problems=[HOSTILE], left=[HOSTILE])}
    mapped = {"commcells": {"cs": {"mappings": {"surplus": [{"principal": HOSTILE}], "unmanaged": []}}}}
    sent = json.dumps(build_notification(conclusion, {"problems": [HOSTILE]}, mapped, "site", drift=[HOSTILE]))
    assert "ana@" not in sent and "s3cr3t" not in sent


def test_the_name_of_a_host_calls_nobody_and_writes_no_line_of_its_own() -> None:
    text = build_notification({HOSTILE: host()}, playbook="site")["text"]
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text and "<" not in text


STATUSES = st.sampled_from(
    ["failed", "plan_changed", "not_applied", "problems", "refused", "postponed", "applied", "planned", "unchanged"]
)
FAILING = {"failed", "plan_changed", "not_applied", "problems", "refused", "drift"}


@given(st.dictionaries(st.sampled_from("abcd"), STATUSES, min_size=1), st.booleans())
def test_a_run_with_one_host_that_fails_has_failed(statuses: dict[str, str], drifts: bool) -> None:
    conclusion = {name: host(status, 0, written=0) for name, status in statuses.items()}
    found = build_notification(conclusion, drift=["x"] if drifts else None)
    assert (found["status"] in FAILING) == (drifts or bool(FAILING.intersection(statuses.values())))
    assert is_notification_wanted(found, "problems") == (found["status"] in FAILING)
    assert is_notification_wanted(found, "always") and is_notification_wanted(found, None)


@pytest.mark.parametrize(
    ("status", "planned", "written", "expected"),
    [("unchanged", 0, 0, False), ("planned", 1, 0, True), ("applied", 1, 1, True), ("problems", 0, 0, True)],
)
def test_changes_are_told_planned_or_done(status: str, planned: int, written: int, expected: bool) -> None:
    found = build_notification({"cs": host(status, planned, written=written)})
    assert is_notification_wanted(found, "Changes ") is expected


def test_another_word_is_refused() -> None:
    with pytest.raises(FilterInputError, match="cvops_notify_when must be one of always, changes, problems"):
        is_notification_wanted({}, "never")


def test_a_rotation_is_told_with_the_outcome_by_which_the_runbook_is_found() -> None:
    conclusion = {"backup of job": {**host("failed", 2, written=1), "outcome": "switch_partial"}}
    found = build_notification(conclusion, playbook="rotate_secrets")
    assert found["text"].splitlines()[1].endswith(" - switch_partial")
    assert found["hosts"][0]["outcome"] == "switch_partial"
    assert "outcome" not in build_notification({"cs01": host("applied")})["hosts"][0]


@pytest.mark.parametrize(
    ("consent", "count", "told"),
    [
        (
            {
                "status": "pending_consent",
                "missing": [{"api": HOSTILE, "application": ["A", "B"]}, {"delegated": ["C"]}],
            },
            3,
            "3 permissions are",
        ),
        ({"status": "pending_consent", "missing": [{"application": ["A"]}]}, 1, "1 permission is"),
        ({"status": "granted", "missing": [{"application": ["A"]}]}, 0, ""),
        ({}, 0, ""),
        (None, 0, ""),
    ],
)
def test_a_consent_that_waits_for_an_administrator_is_counted(consent: t.Any, count: int, told: str) -> None:
    found = build_notification({"localhost": host()}, playbook="site", consent=consent)
    assert found["counts"]["pending_consent"] == count
    assert (f", consent to {told} pending" in found["text"]) is bool(told) and "ana@" not in found["text"]
