# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tests of entries in the form of all logs, of the calls that read them, and of whom their names are."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from fake_commvault import FakeCommvault

from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.calls import LogCalls
from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.canonical import (
    canonical_audit_row,
    canonical_event,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.pages import AuditRow
from ansible_collections.cvops.identity.plugins.module_utils._commvault.audit_trail.users import LogUsers, WantedUsers
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    BadAnswer,
    Forbidden,
    NotFound,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.periods import Period
from ansible_collections.cvops.identity.plugins.module_utils._core.retry import Repeat
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject

UTC = datetime.timezone.utc
REPORT = "cr/reportsplusengine/datasets/5e7dfa05-07cd-4beb-be9c-181a1722c2e8:571a5443-fb35-435e-b013-ecd1a6dcfb65/data"
PERIOD = Period(datetime.datetime(2026, 11, 1, tzinfo=UTC), datetime.datetime(2026, 11, 2, tzinfo=UTC))
VALUES = {
    "time": 1794000000,
    "user": "admin",
    "operation": "Modify Role",
    "severity": "Medium",
    "details": "Role [x]",
    "id": 7,
}


class Talk:
    """As much of a context as is needed."""

    def debug(self, level: int, message: str) -> None:
        return


def make_row(**values: t.Any) -> dict[str, t.Any]:
    found = canonical_audit_row(AuditRow({**VALUES, **values}, {"Source": "cs01", "Odd": [1]}), lambda: UTC)
    return found.event.as_row()


def test_an_entry_of_the_audit_trail() -> None:
    row = make_row(notes=None, company="CommCell", user_id=44, address="10.0.0.1")
    assert row["time"] == "2026-11-06T21:20:00Z" and row["record_id"] == "7"
    assert (row["operation"], row["outcome"], row["address"]) == ("change", "success", "10.0.0.1")
    assert row["actor"]["name"] == "admin" and row["actor"]["commvault_id"] == "44"
    assert row["object"] == {"kind": "role", "name": "x", "id": None}
    assert row["details"] == {
        "severity": "medium",
        "text": "Role [x]",
        "company": "CommCell",
        "columns": {"Source": "cs01", "Odd": ""},
    }


def test_an_entry_with_nothing_but_a_time() -> None:
    found = canonical_audit_row(AuditRow({"time": 5, "user": None, "operation": None}), lambda: UTC).event.as_row()
    assert found["actor"]["kind"] == "unknown" and found["operation"] == "other"
    assert found["record_id"].startswith("sha256:") and found["details"] == {}


def test_texts_without_end_are_cut() -> None:
    row = make_row(details="x" * 5000, user="u" * 5000)
    assert len(row["details"]["text"]) == 4000 and row["details"]["text_is_cut"] is True
    assert len(row["actor"]["name"]) == 300


@pytest.mark.parametrize("value", [{"a": 1}, ["x"], True, 4.5, 10**40])
def test_cells_of_any_kind(value: t.Any) -> None:
    row = make_row(user=value, operation=value, details=value, severity=value, id=value)
    assert isinstance(row["activity"], str) and isinstance(row["record_id"], str)


@pytest.mark.parametrize(
    ("given", "expected"), [(0, "information"), ("6", "major"), (9, "critical"), (4, "4"), (None, ""), ("Odd", "odd")]
)
def test_severities_of_events(given: t.Any, expected: str) -> None:
    found = canonical_event(AnswerObject({"id": 5, "timeSource": 5, "severity": given, "jobId": 9}), lambda: UTC)
    assert found.severity == expected and found.event.as_row()["details"]["job_id"] == "9"


def test_an_event_without_a_time() -> None:
    with pytest.raises(BadAnswer, match="no valid time in event 5"):
        canonical_event(AnswerObject({"id": 5}), lambda: UTC)


# -- calls -------------------------------------------------------------------------------------------------------------


def test_what_is_asked_for() -> None:
    """A second more on both sides, and a day more of a period that ends now, whatever the clock of the CommServe says."""
    client = FakeCommvault(Talk(), {REPORT: {"records": [], "columns": []}, "Events": {}})
    calls = LogCalls(t.cast("t.Any", client))
    calls.fetch_audit_page(PERIOD, 2000, 1000, Repeat.BY_METHOD)
    calls.fetch_audit_page(Period(PERIOD.since, PERIOD.until, True), 0, 1000, Repeat.IF_UNDONE)
    assert client.sent[0].params == {
        "limit": 1000,
        "offset": 2000,
        "parameter.TimeRange": "2026-10-31T23:59:59Z 2026-11-02T00:00:01Z",
        "parameter.timeZone": 0,
        "parameter.i_anomalous": 0,
    }
    assert client.sent[1].params["parameter.TimeRange"] == "2026-10-31T23:59:59Z 2026-11-03T00:00:00Z"
    assert calls.fetch_event_page(("major", "critical"), PERIOD, 5, 10, Repeat.BY_METHOD).rows == []
    assert client.sent[2].headers == {"pagingInfo": "5,10"}
    shown = {name: value for name, value in client.sent[2].params.items() if name.startswith("show")}
    assert shown == {"showInfo": "false", "showMinor": "false", "showMajor": "true", "showCritical": "true"}


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (Forbidden("no", status=403), Forbidden, "user group master"),
        (NotFound("none", status=404), NotFound, "It is read from the report Audit Trail"),
        (ApiError("none", status=405), NotFound, "It is read from the report Audit Trail"),
        (ApiError("broken", status=500), ApiError, "broken"),
    ],
)
def test_refusals_say_what_to_do(error: ApiError, kind: type[ApiError], said: str) -> None:
    calls = LogCalls(t.cast("t.Any", FakeCommvault(Talk(), {REPORT: error})))
    with pytest.raises(kind, match=said) as refused:
        calls.fetch_audit_page(PERIOD, 0, 10, Repeat.BY_METHOD)
    assert refused.value.status == error.status


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"auditTrailInfo": {"retentionForLow": 30, "retentionForHigh": "90"}}, {"low": 30, "high": 90}),
        ({"retentionForCritical": 700}, {"critical": 700}),
        ({"auditTrailInfo": {"retentionForLow": 0, "retentionForHigh": 10**9, "retentionForMedium": "x"}}, None),
        ({}, None),
        (Forbidden("no", status=403), None),
    ],
)
def test_retention(answer: t.Any, expected: dict[str, int] | None) -> None:
    client = FakeCommvault(Talk(), {"CommServ/AuditTrail": answer})
    assert LogCalls(t.cast("t.Any", client)).read_retention() == expected


def test_a_retention_that_cannot_be_read_is_an_error() -> None:
    client = FakeCommvault(Talk(), {"CommServ/AuditTrail": ApiError("broken", status=500)})
    with pytest.raises(ApiError, match="broken"):
        LogCalls(t.cast("t.Any", client)).read_retention()


# -- users -------------------------------------------------------------------------------------------------------------

LISTED = {
    "users": [
        {"id": 4, "name": "Anna", "email": "anna@corp.example", "company": {"id": 0, "name": "Commcell"}},
        {"id": 5, "name": "ben", "userPrincipalName": "ben@corp.example", "company": {"id": 0, "name": "Commcell"}},
        {"id": 6, "name": "ben", "company": {"id": 30, "name": "corp"}},
    ]
}


def make_users(answer: t.Any = LISTED) -> LogUsers:
    return LogUsers(t.cast("t.Any", FakeCommvault(Talk(), {"v4/user": answer})))


def test_ids_of_names() -> None:
    users = make_users()
    assert [users.find_id(name) for name in ("ANNA", "anna@corp.example", "ben", "gone")] == ["4", None, None, None]


def test_users_by_any_name_and_gone_ones() -> None:
    said: list[str] = []
    wanted = WantedUsers(["ANNA@corp.example", "gone", "nobody", "ben"], make_users())
    assert [wanted.take(name) for name in ("anna", "gone", "ben", "other", "")] == [True, True, True, False, False]
    assert wanted.describe(said.append) == [
        {"name": "ANNA@corp.example", "commvault_id": "4", "exists": True, "rows": 1},
        {"name": "gone", "commvault_id": None, "exists": False, "rows": 1},
        {"name": "nobody", "commvault_id": None, "exists": False, "rows": 0},
        {"name": "ben", "commvault_id": None, "exists": True, "rows": 1},
    ]
    assert len(said) == 1 and "'nobody'" in said[0]


def test_users_that_are_not_shown_are_unknown_and_a_list_that_fails_is_an_error() -> None:
    hidden = WantedUsers(["anna"], make_users(Forbidden("no", status=403)))
    assert hidden.describe(lambda text: None) == [{"name": "anna", "commvault_id": None, "exists": None, "rows": 0}]
    with pytest.raises(ApiError, match="broken"):
        make_users(ApiError("broken", status=500)).find_id("anna")
