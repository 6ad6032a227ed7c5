# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report on a snapshot: what was read, what could not be seen, and what could not be read."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.snapshot_report import report_snapshot


def make_result(*not_visible: dict[str, t.Any], **counts: int) -> dict[str, t.Any]:
    return {"changed": True, "snapshot": {"path": "x", "counts": counts, "not_visible": list(not_visible)}}


def test_what_was_read_and_what_could_not_be_seen() -> None:
    lacking = {"name": "access_tokens", "complete": False, "why": "refused"}
    unsure = {"name": "credentials", "complete": None, "why": "who knows"}
    cell = make_result(lacking, unsure, users=3, user_groups=2, owners=0)
    assert report_snapshot({"emea": cell, "localhost": make_result(groups=7)}, "/srv/s") == {
        "lines": [
            "Snapshot in /srv/s",
            "CommCell emea: 3 users, 2 user groups",
            "- not complete: access tokens: refused",
            "- perhaps not complete: credentials: who knows",
            "Entra ID: 7 groups",
        ],
        "faults": [],
    }


@pytest.mark.parametrize(
    "failed", [{"failed": True, "msg": "no\x1b[31m answer"}, {}, {"msg": "no\x1b[31m answer", "snapshot": None}]
)
def test_what_was_not_read_is_a_fault_however_its_task_ended(failed: dict[str, t.Any]) -> None:
    found = report_snapshot({"apac": failed, "emea": make_result(users=1)}, "/srv/s")
    (fault,) = found["faults"]
    assert fault.startswith("CommCell apac: not read: ") and "\x1b" not in fault
    assert found["lines"][1] == "CommCell emea: 1 user" and fault in found["lines"]


def test_a_failed_task_with_a_snapshot_is_none_the_less_not_read() -> None:
    assert report_snapshot({"localhost": {**make_result(users=1), "failed": True}})["faults"] == [
        "Entra ID: not read: the task did not finish"
    ]


def test_pseudonyms_are_told() -> None:
    results = {"emea": make_result(users=1)}
    made = {"changed": True, "pseudonyms": {"count": 4, "table": "/srv/s/pseudonyms.json"}}
    assert any("4 in /srv/s/pseudonyms.json" in line for line in report_snapshot(results, "/srv/s", made)["lines"])
    for failed in ({"failed": True, "msg": "no key"}, {}):
        assert report_snapshot(results, "/srv/s", failed)["faults"][0].startswith("Pseudonyms: nothing was written: ")


def test_what_is_no_result() -> None:
    with pytest.raises(FilterInputError):
        report_snapshot({"emea": "text"})
