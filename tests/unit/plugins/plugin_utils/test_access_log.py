# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The joined logs as lines, as a table, and read from a file."""

from __future__ import annotations

import csv
import datetime
import io
import json
import pathlib
import typing as t

import pytest
from ocsf_requirements import find_faults

from ansible_collections.cvops.identity.plugins.module_utils._core.log_events import Actor, LogEvent, Target
from ansible_collections.cvops.identity.plugins.plugin_utils import access_log as subject
from ansible_collections.cvops.identity.plugins.plugin_utils.access_log import (
    build_log_csv,
    build_log_ocsf,
    find_log_start,
    read_log_file,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.access_log import join_logs as join_all
from ansible_collections.cvops.identity.plugins.plugin_utils.access_log_lines import format_log
from ansible_collections.cvops.identity.plugins.plugin_utils.data_reading import Limits
from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError

START = datetime.datetime(2026, 11, 3, 8, 0, tzinfo=datetime.timezone.utc)
JANA = Actor("user", "jana@contoso.example", "11111111-0000-4000-8000-000000000001")


def join_logs(results: t.Any, users: t.Any = None, links: t.Any = None, **more: t.Any) -> dict[str, t.Any]:
    """Join logs of a site whose console is known."""
    return join_all(results, users, links, consoles=["commvault management"], **more)


def event(seconds: int, service: str, log: str, **changes: t.Any) -> dict[str, t.Any]:
    """Return an entry of a log, *seconds* after the start."""
    given = {"actor": JANA, "outcome": "success", "record_id": f"{log}{seconds}", "activity": "Sign-in", **changes}
    return LogEvent(START + datetime.timedelta(seconds=seconds), service, log, **given).as_row()


SIGN_IN = event(
    0,
    "entra",
    "sign_ins",
    operation="sign_in",
    address="203.0.113.20",
    target=Target("application", "Commvault Management"),
    details={
        "conditional_access_policies": [{"name": "CA210", "result": "success"}, {"name": "CA1", "result": "notApplied"}]
    },
)
REFUSED = event(
    300,
    "entra",
    "sign_ins",
    operation="sign_in",
    outcome="failure",
    address="198.51.100.9",
    reason="blocked by conditional access",
    details={"conditional_access_policies": [{"name": "CA210", "result": "failure"}]},
)
ACCOUNT = Actor("user", "jana@contoso.example", commvault_id="7")
LOG_IN = event(3, "commvault", "audit_trail", operation="sign_in", actor=ACCOUNT, activity="Login")
DEED = event(
    60,
    "commvault",
    "audit_trail",
    operation="change",
    actor=ACCOUNT,
    activity="Edit role",
    target=Target("role", "Backup Operators", "12"),
    before={"permissions": "View"},
    after={"permissions": "View, Backup"},
)
LOG_OUT = event(90, "commvault", "audit_trail", operation="sign_out", actor=ACCOUNT, activity="Logout")
OTHER = event(
    500,
    "commvault",
    "audit_trail",
    operation="remove",
    actor=Actor("user", "admin", commvault_id="1"),
    activity="Delete user",
    target=Target("user", "=cmd()"),
)
GAP = {
    "log": "audit_trail",
    "from": "2026-11-01T00:00:00Z",
    "to": "2026-11-02T00:00:00Z",
    "reason": "retention",
    "message": "too old",
}
RESULTS = {
    "localhost": {"sign_ins": [SIGN_IN, REFUSED], "directory_audits": [], "gaps": [], "since": "2026-11-01T00:00:00Z"},
    "cs01": {
        "audit_trail": [LOG_IN, DEED, LOG_OUT, OTHER],
        "gaps": [GAP],
        "since": "2026-11-01T00:00:00Z",
        "complete_until": "2026-11-03T12:00:00Z",
    },
    "cs02": {"failed": True, "msg": "could not be reached"},
}


def test_lines_for_a_siem() -> None:
    """One line for each entry, in the same order each time; a next run repeats none and loses none."""
    first = join_logs(RESULTS)
    lines = [json.loads(line) for line in build_log_ocsf(first).splitlines()]
    assert [line["type_uid"] for line in lines] == [300201, 300201, 300403, 300202, 300201, 300106]
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert not [fault for line in lines for fault in find_faults(line)]
    assert build_log_ocsf(json.loads(json.dumps(first))) == build_log_ocsf(first)
    late = event(30, "commvault", "audit_trail", operation="add", actor=ACCOUNT, target=Target("user", "new"))
    again = join_logs({"cs01": {**RESULTS["cs01"], "audit_trail": [LOG_IN, late]}}, previous=first)
    then = [json.loads(line)["metadata"]["uid"] for line in build_log_ocsf(again).splitlines()]
    assert len(then) == len(set(then)) == len(lines) + 1
    assert {line["metadata"]["uid"] for line in lines} < set(then)


def test_lines_hold_no_raw_control_characters_and_read_back_equal() -> None:
    name = "a\u2028b\u202e\x1b[2J\x00\x7f\ud800 {{ x }}"
    row = event(
        1, "entra", "directory_audits", operation="add", target=Target("group", name), details={"n": float("nan")}
    )
    text = build_log_ocsf(join_logs({"localhost": {"directory_audits": [row], "gaps": []}}))
    assert text.count("\n") == 1 and text.endswith("\n") and text[:-1].isprintable()
    text.encode("utf-8")
    assert json.loads(text, parse_constant=pytest.fail)["entity"]["name"] == name.replace("\ud800", "\ufffd")


def test_what_is_no_joined_log_is_no_event() -> None:
    joined = join_logs(RESULTS)
    joined["events"] = [{"time": "now"}]
    with pytest.raises(FilterInputError, match="an entry of events is without"):
        build_log_ocsf(joined)


def test_lines_for_people() -> None:
    assert format_log(join_logs(RESULTS)) == [
        "6 events: 2 of Entra ID, 4 of CommCells; 1 refused or failed; 2 who acted; 1 log-ins, 1 of them followed "
        "from Entra ID for certain",
        "cs02: not read: could not be reached",
        "cs01: audit trail not known from 2026-11-01T00:00:00Z until 2026-11-02T00:00:00Z: too old",
        "2026-11-03T08:00:00Z  jana@contoso.example from 203.0.113.20",
        "  08:00:00  Entra ID: signed in to Commvault Management [CA210 success]",
        "  08:00:03  cs01: logged in",
        "  08:01:00  cs01: Edit role: Backup Operators (permissions)",
        "  08:01:30  cs01: logged out",
        "Changed               Who    Where  What",
        "2026-11-03T08:08:20Z  admin  cs01   Delete user: =cmd()",
        "refused: jana@contoso.example, sign-in at Entra ID from 198.51.100.9, 1 times, last 2026-11-03T08:05:00Z:"
        " blocked by conditional access [CA210 failure]",
        "cs01: admin is not named in Entra ID's log",
    ]


def test_only_the_latest_are_told_and_how_many_are_not() -> None:
    rows = [event(n * 100, "commvault", "audit_trail", operation="sign_in", actor=ACCOUNT) for n in range(5)]
    lines = format_log(join_logs({"cs01": {"audit_trail": rows}}), 2)
    assert "3 earlier handshakes, see the file" in lines
    assert sum("logged in" in line and "again" not in line for line in lines) == 2
    assert not any("earlier" in line for line in format_log(join_logs({"cs01": {"audit_trail": rows}}), 0))


def test_what_steers_a_terminal_is_shown() -> None:
    hostile = event(1, "commvault", "audit_trail", operation="remove", activity="Delete\x1b[2J", actor=ACCOUNT)
    assert any("Delete\\x1b[2J" in line for line in format_log(join_logs({"cs01": {"audit_trail": [hostile]}})))


def test_the_table_has_every_event_and_no_formula() -> None:
    head, *rows = csv.reader(io.StringIO(build_log_csv(join_logs(RESULTS)), newline=""))
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["handshake"] for row in found] == ["1", "1", "1", "1", "", ""]
    assert found[2]["after"] == '{"permissions": "View, Backup"}'
    assert (found[2]["person"], found[2]["entra_id"], found[2]["commvault_id"]) == (
        "jana@contoso.example",
        JANA.entra_id,
        "7",
    )
    assert found[-1]["object"] == "'=cmd()"


def test_users_and_links_name_people() -> None:
    robot = event(
        2, "commvault", "audit_trail", operation="sign_in", actor=Actor("user", "CONTOSO\\jana", commvault_id="9")
    )
    results = {"localhost": {"sign_ins": [SIGN_IN]}, "cs01": {"audit_trail": [robot]}}
    users = {
        "cs01": {
            "security": {"users": [{"id": "9", "name": "CONTOSO\\jana", "user_principal_name": "JANA@contoso.example"}]}
        }
    }
    links = [{"commvault_user": "contoso\\jana", "identity": "jana@contoso.example"}]
    for joined in (join_logs(results, users), join_logs(results, None, links)):
        assert joined["handshakes"][0]["entra_id"] == JANA.entra_id
    assert join_logs(results)["handshakes"][0]["entra_id"] is None


@pytest.mark.parametrize(
    "links",
    [[{"commvault_user": "x"}], [{"identity": "x"}], [{"commvault_user": "x", "identity": "y", "also": 1}], "x", [1]],
)
def test_links_that_are_none(links: t.Any) -> None:
    with pytest.raises(FilterInputError):
        join_logs(RESULTS, None, links)


def test_more_deeds_than_are_told_are_counted() -> None:
    deeds = [event(10 + n, "commvault", "audit_trail", operation="change", actor=ACCOUNT) for n in range(9)]
    lines = format_log(join_logs({"cs01": {"audit_trail": [LOG_IN, *deeds]}}), 4)
    assert "            5 more, see the file" in lines and len(lines) < 12


def test_more_than_is_read_again_is_refused_before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "LOG_LIMITS", Limits(1000, 100))
    with pytest.raises(FilterInputError, match="6 events, more than the next run can read again"):
        join_logs(RESULTS)


@pytest.mark.parametrize("value", [None, {}, [], {"events": []}, {"x": 1}, "text"])
def test_what_is_no_joined_log(value: t.Any) -> None:
    for compute in (format_log, build_log_csv):
        with pytest.raises(FilterInputError):
            compute(value)
    with pytest.raises(FilterInputError):
        join_logs({})


def test_a_file_is_read_on(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "access"
    assert read_log_file(str(file)) == ({}, [])
    joined = join_logs(RESULTS)
    file.write_text(json.dumps(joined), encoding="utf-8")
    found, problems = read_log_file(str(file))
    assert (problems, found) == ([], joined)
    assert find_log_start(found, "cs01") == "2026-11-02T12:00:00Z"
    assert [find_log_start(given, "cs01") for given in ({}, None)] == ["", ""]
    assert join_logs(RESULTS, previous=found) == joined


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        "[]",
        '{"events": []}',
        '"x"',
        "a: b",
        '{"events": [], "sources": [{"host": "a", "complete_until": "x"}], "gaps": []}',
    ],
)
def test_a_file_that_is_no_log_is_told_and_not_written_over(text: str, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "access.json"
    file.write_text(text, encoding="utf-8")
    found, problems = read_log_file(str(file))
    assert found == {} and len(problems) == 1


def test_the_same_names_in_another_order_are_the_same_scope() -> None:
    one = {"localhost": {"applications": ["b", "a"], "users": []}, "commcells": {"users": ["x", "y"]}}
    other = {"commcells": {"users": ["y", "x"]}, "localhost": {"applications": ["a", "b"]}}
    joined = join_logs(RESULTS, scope=one)
    assert find_log_start(joined, "cs01", other) and not find_log_start(
        joined, "cs01", {"localhost": {"applications": ["a"]}}
    )
