# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of the pages of the audit trail's data set."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.pages import parse_audit_page
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

CELLS = {"Time": 5, "User": "admin", "Operation": "Login", "Details": "x", "Severity": "Low", "Audit ID": 7, "New": "y"}


def page(names: t.Sequence[t.Any], records: t.Any, **more: t.Any) -> dict[str, t.Any]:
    return {
        "columns": [name if isinstance(name, dict) else {"name": name} for name in names],
        "records": records,
        **more,
    }


@given(st.permutations(list(CELLS)))
def test_the_order_of_columns_does_not_matter(names: list[str]) -> None:
    (row,) = parse_audit_page(page(names, [[CELLS[name] for name in names]])).rows
    assert row.values == {"time": 5, "user": "admin", "operation": "Login", "details": "x", "severity": "Low", "id": 7}
    assert row.others == {"New": "y"}


@pytest.mark.parametrize(
    "time",
    [
        {"dataField": "[AuditTime]"},
        {"name": "c3", "dataField": "x", "displayName": "Time"},
        {"name": "audit_time", "displayName": ""},
        {"name": None, "dataField": "TIMESTAMP"},
    ],
)
def test_a_column_is_known_by_any_of_its_names(time: dict[str, t.Any]) -> None:
    (row,) = parse_audit_page(page([time, "User Name", "Op"], [[5, "admin", "Login"]])).rows
    assert row.values == {"time": 5, "user": "admin", "operation": "Login"}


def test_of_two_columns_that_could_mean_the_same_the_documented_name_wins() -> None:
    names = ["Date", "Time", "User", "User Name", "Operation Type", "Operation", "Level", "Severity"]
    (row,) = parse_audit_page(page(names, [list(range(8))])).rows
    assert row.values == {"time": 1, "user": 2, "operation": 5, "severity": 7}
    assert row.others == {"Date": 0, "User Name": 3, "Operation Type": 4, "Level": 6}


def test_records_may_be_objects() -> None:
    names = ["Time", "User", "Operation", "Details"]
    (row,) = parse_audit_page(page(names, [{"Operation": "Login", "Time": 5, "User": "admin", "Other": 1}])).rows
    assert row.values == {"time": 5, "user": "admin", "operation": "Login", "details": None}


def test_empty_pages_counts_failures_and_warnings() -> None:
    found = parse_audit_page(
        page([], [], totalRecordCount="12", failures={"cs01": "down\n"}, warnings={"cs02": {"code": 3}})
    )
    assert (found.rows, found.total) == ([], 12)
    assert found.failures == ("cs01: down",) and found.warnings == ("cs02: {'code': 3}",)
    assert parse_audit_page({"totalRecordCount": 0}).rows == []
    assert parse_audit_page(page(CELLS, [], failures=None)).total is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"totalRecordCount": 1},
        {"records": 7},
        {"records": {"a": 1}, "columns": []},
        page(["Time", "User", "Operation"], [[1, 2]]),
        page(["Time", "User", "Operation"], [[1, 2, 3, 4]]),
        page(["Time", "User", "Operation"], ["abc"]),
        page(["Time", "User"], [[1, 2]]),
        page(["Time", "User", "Operation", *map(str, range(300))], [[0] * 303]),
        page(["Time", "User", "Operation"], [[1, 2, 3]], failures=["x"]),
        {"columns": "Time", "records": [[1]]},
    ],
)
def test_what_is_not_the_report_is_never_taken_for_empty(body: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        parse_audit_page(body)
