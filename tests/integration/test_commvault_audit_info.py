# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_audit_info against the simulator: what was done there is found, and what cannot be read is told."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.audit_trail import HIGH, LOW, MEDIUM
from cvops_simulator.commvault.model import USER, Grant, User
from cvops_simulator.core.faults import Fault
from helpers.cases import CASES
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.signing_on import Browser, set_up_sign_on
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import commvault_audit_info as module
from ansible_collections.cvops.identity.plugins.modules import commvault_user_group

pytestmark = pytest.mark.any_core

NAME = "cvops.identity.commvault_audit_info"
PATH = "*/reportsplusengine/*"
DAY = 86400.0


def cell(site: Simulator) -> t.Any:
    return site.commcells["cs01"]


def look(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def fill(
    site: Simulator, count: int, *, every: float = 1.0, activity: str = "Modify Plan", user: str = "admin"
) -> None:
    """Write entries that end two hours ago."""
    last = site.clock.now() - 2 * 3600
    for number in range(count):
        moment = last - every * (count - number)
        cell(site).cell.trail.write(moment, MEDIUM, (1, user), activity, f"Plan [p{number}]")


def count_pages(site: Simulator, path: str = "/data") -> int:
    return sum(path in entry.path for entry in site.journal.entries("cs01", "GET"))


def reasons(result: t.Mapping[str, t.Any]) -> list[str]:
    """Of the gaps, without what is always so."""
    return [gap["reason"] for gap in result["gaps"] if gap["reason"] != "late"]


# -- what was done is found --------------------------------------------------------------------------------------------


def test_reading(site: Simulator, play: Player, in_process: bool) -> None:
    """One page, the users for their ids, the retention; both nouns take the query."""
    fill(site, 3)
    run = play([{NAME: {"operations": ["change"]}}], in_process=in_process).ok()
    rows = run.result["audit_trail"]
    assert [row["object"] for row in rows] == [
        {"kind": "plan", "name": f"p{number}", "id": None} for number in range(3)
    ]
    assert {(row["operation"], row["outcome"], row["actor"]["commvault_id"]) for row in rows} == {
        ("change", "success", "1")
    }
    assert run.result["events"] == [] and run.result["stats"]["reads"] == 3 and not run.result["changed"]
    assert run.result["sources"] == [{"log": "audit_trail", "pages": 1, "rows": 3}]
    assert run.result["retention_days"] == {"critical": 365, "high": 365, "medium": 240, "low": 120}
    queried = play([{NAME: {"logs": ["events"], "query": "[].details.text"}}], in_process=in_process).ok()
    assert (queried.result["events"], queried.result["audit_trail"]) == ([], [])
    assert_no_writes(site)


#: What the cases of the writing modules leave in the trail: operation, kind and name of the object. Of others it is enough that there is an entry.
TOLD = {
    "commvault_role: create": ("add", "role", "New role"),
    "commvault_role: change": ("change", "role", "Backup Operator"),
    "commvault_user_group: create": ("add", "user_group", "New group"),
    "commvault_user_group: link": ("add", "user_group", "Linked group"),
    "commvault_user_group: delete": ("remove", "user_group", "NOC Night Shift"),
    "commvault_oidc_app: create": ("add", "oidc_app", "entra-oidc"),
    "commvault_saml_app: create": ("add", "saml_app", "entra-saml"),
    "commvault_role_mappings: one grant more": ("assign", "user_group", "NOC Night Shift"),
    "commvault_access_token: create": ("add", "access_token", "nightly"),
    "commvault_credential: create": ("add", "credential", "azure-new"),
}
WRITING = [case for case in CASES if case.changes and not case.is_local and case.module.startswith("commvault_")]


def test_the_table_names_cases() -> None:
    assert set(TOLD) <= {case.name for case in WRITING}


@pytest.mark.parametrize("case", WRITING, ids=[case.name for case in WRITING])
def test_what_every_module_does_is_found_with_who_did_it(site: Simulator, case: t.Any) -> None:
    options = case.options(site)
    cell(site).cell.trail.entries.clear()
    done = run_body(case.load(), site, options)
    assert not done.get("failed"), done["msg"]
    name = cell(site).automation[0]
    found = look(site, users=[name])
    changes = [row for row in found["audit_trail"] if row["operation"] not in ("sign_in", "sign_out")]
    assert changes and {row["actor"]["name"] for row in changes} == {name}
    assert {row["actor"]["commvault_id"] for row in changes} == {str(cell(site).user(name).id)}
    assert [row["operation"] for row in found["audit_trail"]].count("sign_out") == 1
    if case.name in TOLD:
        operation, kind, called = TOLD[case.name]
        assert (operation, kind, called) in {
            (row["operation"], row["object"]["kind"], row["object"]["name"]) for row in changes
        }
    secrets = [str(options[key]) for key in ("secret", "password") if options.get(key)]
    assert not any(secret in json.dumps(found, default=str) for secret in secrets)


def test_people_and_applications_of_entra(empty_site: Simulator) -> None:
    """Who signs on with SAML is found under the name that Entra ID has, an application's token under the user that it acts as."""
    site = empty_site
    set_up_sign_on(site)
    assert "userName" in Browser(site).sign_on("sam.signer@corp.example")
    site.tenant.add("user", {"displayName": "X", "userPrincipalName": "x@other.example", "mail": "x@other.example"})
    assert "creates none" in Browser(site).sign_on("x@other.example")["errorMessage"]
    behaviours, (name, _password) = cell(site).behaviours, cell(site).automation
    behaviours.oauth, behaviours.oauth_app_users = True, {site.automation.client_id: name}
    scope = f"{site.automation.client_id}/.default"
    result = look(site, operations=["sign_in", "add"], commvault_auth_method="entra", commvault_entra_scope=scope)
    rows = result["audit_trail"]
    (person,) = [row for row in rows if row["actor"]["name"] == "sam.signer@corp.example"]
    assert (person["operation"], person["outcome"]) == ("sign_in", "success") and "[SAML]" in person["details"]["text"]
    assert person["actor"]["commvault_id"] == str(cell(site).user("sam.signer@corp.example").id)
    assert ("add", "sam.signer@corp.example") in {(row["operation"], row["object"]["name"]) for row in rows}
    (refused,) = [row for row in rows if row["outcome"] == "failure"]
    assert refused["actor"]["kind"] == "unknown" and "x@other.example" in refused["details"]["text"]
    (token,) = [row for row in rows if "External token" in row["details"]["text"]]
    assert token["actor"]["name"] == name


def test_before_after_and_who_took_part(site: Simulator) -> None:
    made = run_body(
        commvault_user_group, site, {"name": "NOC Night Shift", "description": "nights", "members": ["breakglass"]}
    )
    assert made["changed"]
    rows = [
        row for row in look(site, operations=["change"])["audit_trail"] if row["object"]["name"] == "NOC Night Shift"
    ]
    merged = {name: row["after"][name] for row in rows for name in row["after"]}
    assert merged["description"] == "nights" and all(set(row["before"]) == set(row["after"]) for row in rows)
    assert {"kind": "user", "name": "breakglass", "id": None} in [other for row in rows for other in row["others"]]


def test_operations_users_and_severities(site: Simulator) -> None:
    fill(site, 2)
    fill(site, 1, activity="Login Failed", user="gone.by.now")
    cell(site).cell.trail.write(site.clock.now() - 7200, HIGH, (1, "admin"), "Delete Role", "Role [x]")
    assert [row["activity"] for row in look(site, operations=["modify*"])["audit_trail"]] == ["Modify Plan"] * 2
    assert [row["activity"] for row in look(site, severities=["high"])["audit_trail"]] == ["Delete Role"]
    failed = look(site, users=["GONE.by.now", "nobody"], operations=["sign_in"])
    assert [(row["outcome"], row["actor"]["commvault_id"]) for row in failed["audit_trail"]] == [("failure", None)]
    assert failed["users"] == [
        {"name": "GONE.by.now", "commvault_id": None, "exists": False, "rows": 1},
        {"name": "nobody", "commvault_id": None, "exists": False, "rows": 0},
    ]
    assert any("'nobody'" in text and "no user" in text for text in failed["warnings"])
    assert not any("GONE" in text for text in failed["warnings"])
    state = cell(site).state
    user = state.users.add(User(state.users.new_id(), "nina", email="nina@corp.example", upn="n@corp.example"))
    fill(site, 1, user="nina")
    for wanted in ("Nina", "NINA@corp.example", "n@corp.example"):
        (row,) = look(site, users=[wanted])["audit_trail"]
        assert row["actor"]["commvault_id"] == str(user.id)
    misspelt = look(site, operations=["Modfy*", "add"])
    assert [text for text in misspelt["warnings"] if "Modfy" in text]
    assert not [text for text in misspelt["warnings"] if "'add'" in text]


def test_events(site: Simulator) -> None:
    for number, severity in enumerate((0, 3, 6, 9, 12)):
        cell(site).cell.trail.report(site.clock.now() - 3600 + number, severity, "19:1", f"event {number}")
    found = look(site, logs=["events", "audit_trail"])
    assert [row["details"]["severity"] for row in found["events"]] == ["information", "minor", "major", "critical"]
    assert {(row["operation"], row["outcome"], row["actor"]["kind"]) for row in found["events"]} == {
        ("other", "unknown", "service")
    }
    assert [row["log"] for row in found["sources"]] == ["audit_trail", "events"]
    grave = look(site, logs=["events"], severities=["critical", "major"])
    assert [row["details"]["text"] for row in grave["events"]] == ["event 2", "event 3"]
    assert grave["retention_days"] is None


# -- pages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (999, 1), (1000, 2), (1001, 2), (2500, 3)])
def test_one_read_for_a_page(site: Simulator, count: int, pages: int) -> None:
    """A full page may be followed by another one, whatever the count says."""
    fill(site, count)
    cell(site).cell.trail.entries.sort(key=lambda entry: entry.time)
    until = datetime.datetime.fromtimestamp(site.clock.now() - 3600, datetime.timezone.utc).isoformat()
    found = look(site, until=until)
    assert len(found["audit_trail"]) == count and found["complete"]
    assert found["complete_until"] == found["until"]
    assert count_pages(site) == found["sources"][0]["pages"] == pages


@pytest.mark.parametrize(
    "behaviours",
    [
        {"audit_page_size": 100},
        {"audit_columns": "shuffled"},
        {"audit_columns": "extra"},
        {"audit_times": "milliseconds"},
        {"audit_times": "iso", "time_zone": "Europe/Berlin"},
        {"audit_times": "text", "time_zone": "America/New_York"},
        {"audit_repeated_pages": 1, "audit_page_size": 100},
        {"audit_repeated_pages": 7, "audit_page_size": 100},
        {"audit_count_error": -5},
        {"audit_most_rows": 100},
        {"audit_most_rows": 20, "audit_page_size": 10, "audit_count_error": 3},
        {"audit_most_rows": 90, "audit_repeated_pages": 3, "audit_page_size": 50},
    ],
    ids=lambda behaviours: ",".join(f"{name}={value}" for name, value in behaviours.items()),
)
def test_the_same_rows_however_they_are_served(site: Simulator, behaviours: dict[str, t.Any]) -> None:
    fill(site, 350, every=60.0)
    usual = look(site, operations=["change"])["audit_trail"]
    assert len(usual) == 350
    cell(site).behaviours.change(behaviours)
    found = look(site, operations=["change"])
    for row in found["audit_trail"]:
        assert row["details"].pop("columns", None) == (
            {"Data Source": "cs01"} if behaviours.get("audit_columns") == "extra" else None
        )
    assert found["audit_trail"] == usual
    assert set(reasons(found)) <= {"missing_rows"} and ("missing_rows" in reasons(found)) == (
        behaviours.get("audit_count_error", 0) > 0
    )


def test_pages_that_never_go_on(site: Simulator) -> None:
    """What is in single pages of shorter periods is read; the rest of one that is as short as it can be is a gap."""
    fill(site, 40, every=0.1)
    fill(site, 5, every=3600.0, activity="Modify Role")
    cell(site).behaviours.change({"audit_page_size": 10, "audit_repeated_pages": 10**6})
    found = look(site, operations=["change"])
    assert {row["activity"] for row in found["audit_trail"]} == {"Modify Plan", "Modify Role"}
    assert sum(row["activity"] == "Modify Role" for row in found["audit_trail"]) == 5
    assert 10 <= sum(row["activity"] == "Modify Plan" for row in found["audit_trail"]) < 40
    assert "unanswered" in reasons(found) and not found["complete"]
    assert any("same page again" in text for text in found["warnings"])
    (gap,) = [gap for gap in found["gaps"] if gap["reason"] == "unanswered"][:1]
    assert found["complete_until"] <= gap["from"]


def test_a_service_that_never_gets_through_is_an_error(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    share_clock(monkeypatch, site)
    site.faults.add(Fault("cs01", "GET", PATH, status=504, times=0))
    result = run_body(module, site, {})
    assert result["failed"] and result["error"]["status"] == 504 and "audit_trail" not in result
    assert count_pages(site) < 30


def test_a_service_that_becomes_too_slow_is_left_alone_and_what_it_gave_is_kept(
    site: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_clock(monkeypatch, site)
    fill(site, 300, every=60.0)
    cell(site).behaviours.audit_page_size = 100
    site.faults.add(Fault("cs01", "GET", PATH, status=504, times=0, after=1))
    found = look(site, since="7d")
    assert len(found["audit_trail"]) == 100 and count_pages(site) < 40
    assert set(reasons(found)) == {"unanswered"} and found["gaps"][2]["to"] == found["until"]
    assert found["complete_until"] == found["since"] and not found["complete"]
    assert any("There are more such gaps." in told for told in found["warnings"])


def test_events_without_pages(site: Simulator) -> None:
    for number in range(30):
        cell(site).cell.trail.report(site.clock.now() - 3600 + number, 6, "19:1", f"event {number}")
    usual = look(site, logs=["events"])
    assert (len(usual["events"]), usual["sources"][0]["pages"]) == (30, 2)
    cell(site).behaviours.events_without_pages = True
    assert look(site, logs=["events"])["events"] == usual["events"]
    cell(site).behaviours.change({"events_without_pages": False, "audit_page_size": 7})
    assert look(site, logs=["events"])["events"] == usual["events"]


def test_more_rows_than_are_wanted(site: Simulator) -> None:
    """The oldest are told, and the next run reads on."""
    fill(site, 50)
    site.clock.advance(3600)
    told: list[str] = []
    since = "12h"
    for _ in range(20):
        found = look(site, operations=["change"], since=since, until="1m", max_rows=20, late_by="0m")
        told += [row["record_id"] for row in found["audit_trail"]]
        since = found["complete_until"]
        if "max_rows" not in reasons(found):
            break
        assert any("max_rows" in text for text in found["warnings"]) and len(found["audit_trail"]) == 20
    assert len(set(told)) == 50


# -- what is missing is told -------------------------------------------------------------------------------------------


def test_retention_late_entries_and_the_next_run(site: Simulator) -> None:
    fill(site, 3)
    found = look(site, since="300d")
    gaps = {(gap["reason"], gap["severity"]) for gap in found["gaps"]}
    assert gaps == {("retention", "medium"), ("retention", "low"), ("late", None)} and not found["complete"]
    assert found["complete_until"] > found["since"]
    (late,) = [gap for gap in found["gaps"] if gap["reason"] == "late"]
    assert late["from"] == found["complete_until"]
    cell(site).cell.trail.retention[LOW] = 400
    assert {gap["severity"] for gap in look(site, since="300d")["gaps"]} == {"medium", None}
    cell(site).behaviours.audit_delay = 600.0
    cell(site).cell.trail.write(site.clock.now() - 60, HIGH, (1, "admin"), "Delete Role", "Role [late]")
    first = look(site, severities=["high"])
    assert first["audit_trail"] == []
    cell(site).behaviours.audit_delay = 0.0
    (row,) = look(site, severities=["high"], since=first["complete_until"])["audit_trail"]
    assert row["object"]["name"] == "late"


def test_an_account_that_may_not_see_it_and_a_report_that_is_not_there(site: Simulator) -> None:
    state = cell(site).state
    user = state.users.add(User(state.users.new_id(), "viewer", password="viewer-1"))
    role = next(role for role in state.roles if role.name == "View")
    state.grants.add(Grant(USER, user.id, role.id, 1, 2))
    who = {"commvault_username": "viewer", "commvault_password": "viewer-1"}
    result = run_body(module, site, who)
    assert result["error"]["kind"] == "forbidden" and "user group master" in result["msg"]
    assert not run_body(module, site, {**who, "logs": ["events"]}).get("failed")
    cell(site).behaviours.audit_missing = True
    result = run_body(module, site, {})
    assert result["error"]["kind"] == "not_found" and "remove audit_trail from logs" in result["msg"]
    assert "audit_trail" not in result


def test_a_source_of_the_report_that_fails(site: Simulator) -> None:
    """With rows it is a gap, without any an error: it is never "nothing there"."""
    cell(site).behaviours.change({"audit_failure": "query timed out", "audit_warning": "old data"})
    found = look(site)
    assert reasons(found) == ["unanswered"] and found["complete_until"] == found["since"]
    assert any("old data" in text for text in found["warnings"])
    result = run_body(module, site, {"since": "9d", "until": "8d"})
    assert result["error"]["kind"] == "bad_answer" and "cs01: query timed out" in result["msg"]


def test_what_is_not_shown_is_unknown(site: Simulator) -> None:
    fill(site, 1)
    for path in ("*/CommServ/AuditTrail", "*/user"):
        site.faults.add(Fault("cs01", "GET", path, status=403, times=0))
    found = look(site, users=["admin"], since="200d")
    assert found["retention_days"]["low"] == 120 and found["audit_trail"][0]["actor"]["commvault_id"] is None
    assert found["users"] == [{"name": "admin", "commvault_id": None, "exists": None, "rows": 1}]
    assert any("unless that was changed" in gap["message"] for gap in found["gaps"])


@pytest.mark.parametrize("action", ["status", "empty", "html", "garbage", "drop_before", "truncated"])
def test_a_fault_at_each_request_ends_the_task_or_costs_nothing(site: Simulator, action: str) -> None:
    fill(site, 5)
    options = {"logs": ["audit_trail", "events"], "retries": 0}
    usual = look(site, **options)
    site.journal.clear()
    look(site, **options)
    requests = len([entry for entry in site.journal.entries("cs01", "GET")])
    assert requests >= 4
    for number in range(requests):
        site.faults.add(Fault("cs01", "GET", "*", action, status=500 if action == "status" else 200, after=number))
        result = run_body(module, site, options)
        site.faults.clear()
        if result.get("failed"):
            assert result["error"]["kind"] in ("api", "bad_answer", "unreachable") and "audit_trail" not in result
        else:
            assert {row["record_id"] for row in usual["audit_trail"]} <= {
                row["record_id"] for row in result["audit_trail"]
            }


# -- times -------------------------------------------------------------------------------------------------------------


def test_local_times_where_summer_time_ends(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """02:30 is shown twice on 25 October 2026 in Berlin: the first is told, and that it may be the second."""
    cell(site).behaviours.change({"audit_times": "text", "time_zone": "Europe/Berlin"})
    moments = [datetime.datetime(2026, 10, 25, hour, 30, tzinfo=datetime.timezone.utc) for hour in (0, 1, 3)]
    for moment in moments:
        cell(site).cell.trail.write(moment.timestamp(), HIGH, (1, "admin"), "Delete Role", f"Role [{moment.hour}]")
    share_clock(monkeypatch, site)
    site.clock.advance(moments[-1].timestamp() + DAY - site.clock.now())
    found = look(site, since="2d", severities=["high"])
    rows = {row["object"]["name"]: row for row in found["audit_trail"]}
    assert {name: row["time"][11:16] for name, row in rows.items()} == {"0": "00:30", "1": "00:30", "3": "03:30"}
    assert {name for name, row in rows.items() if row["details"].get("time_is_doubtful")} == {"0", "1"}
    assert any("show twice" in text for text in found["warnings"])


@pytest.mark.parametrize("most", [0, 2], ids=["in runs", "in parts of one run"])
def test_the_hour_that_clocks_show_twice_is_not_lost_between_two_periods(
    site: Simulator, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """The moment is the one that lies in the period that was asked for."""
    utc = datetime.timezone.utc
    cell(site).behaviours.change({"audit_times": "text", "time_zone": "Europe/Berlin"})
    for hour, minute in ((0, 30), (1, 30), (2, 40), (3, 30), (4, 40)):
        moment = datetime.datetime(2026, 10, 25, hour, minute, tzinfo=utc)
        cell(site).cell.trail.write(moment.timestamp(), HIGH, (1, "admin"), "Delete Role", f"Role [{hour}]")
    share_clock(monkeypatch, site)
    site.clock.advance(datetime.datetime(2026, 10, 25, 8, 0, tzinfo=utc).timestamp() - site.clock.now())
    cell(site).behaviours.audit_most_rows = most
    edges = ["2026-10-24T22:00:00Z", *(() if most else ("2026-10-25T01:10:00Z",)), "2026-10-25T04:45:00Z"]
    times: dict[str, str] = {}
    for since, until in zip(edges, edges[1:], strict=False):
        found = look(site, since=since, until=until, severities=["high"])
        assert found["complete"]
        times |= {row["object"]["name"]: row["time"][11:16] for row in found["audit_trail"]}
    assert times.keys() == {"0", "1", "2", "3", "4"}
    assert most or times["1"] == "01:30"


def test_a_zone_that_is_not_known_here(site: Simulator) -> None:
    """Windows' names of zones are no names of the IANA database."""
    cell(site).behaviours.audit_times = "text"
    fill(site, 1)
    site.faults.add(
        Fault(
            "cs01",
            "GET",
            "*/CommServ",
            status=200,
            times=0,
            body={"csTimeZone": {"TimeZoneName": "W. Europe Standard Time"}, "commcell": {}},
        )
    )
    result = run_body(module, site, {})
    assert result["error"]["kind"] == "config" and "'W. Europe Standard Time'" in result["msg"]
    assert look(site, time_zone="UTC", operations=["change"])["sources"][0]["rows"] == 1


@pytest.mark.parametrize("ahead", [3600, -3600])
def test_a_commserve_with_another_clock(site: Simulator, ahead: int) -> None:
    """What it has just noted is told whichever clock is ahead, and the next run begins before it."""
    site.clock.advance(ahead)
    cell(site).cell.trail.write(site.clock.now() - 5, HIGH, (1, "admin"), "Delete Role", "Role [now]")
    found = look(site, severities=["high"], since="3h")
    assert [row["object"]["name"] for row in found["audit_trail"]] == ["now"]
    assert found["complete_until"] < found["audit_trail"][0]["time"]
    assert any("clock shows" in text for text in found["warnings"])


# -- what a service may say --------------------------------------------------------------------------------------------

HOSTILE = [
    "Role [x]\nDescription: Old value [a], New value [b], New value [c]",
    "Role [x] [y]",
    "Role [x]]",
    "\x1b[2J\u202eRole [x]",
    "{{ lookup('pipe', 'id') }}",
    "x" * 100_000,
    "\n" * 5000,
    "",
]


def test_texts_that_try_to_look_like_more(site: Simulator, play: Player) -> None:
    for text in HOSTILE:
        cell(site).cell.trail.write(site.clock.now() - 7200, HIGH, (1, "admin"), "Modify Role", text)
    cell(site).cell.trail.write(site.clock.now() - 7200, HIGH, (1, "{{ 7 * 7 }}"), "Modify {{ 7 * 7 }}\x1b", "")
    found = play([{NAME: {"severities": ["high"]}}]).ok().result["audit_trail"]
    assert len(found) == len(HOSTILE) + 1
    assert all(not row["before"] and row["object"]["name"] in (None, "x") for row in found)
    texts = [row["details"].get("text", "") for row in found]
    assert max(map(len, texts)) <= 4000 and [row["details"].get("text_is_cut") for row in found].count(True) == 2
    assert {"{{ lookup('pipe', 'id') }}"} <= set(texts)
    assert "49" not in {row["actor"]["name"] for row in found}


ROW = [1, "Low", "admin", 1790000000, "Login", "", "", "CommCell"]
COLUMNS = [
    {"name": name} for name in ("Audit ID", "Severity", "User", "Time", "Operation", "Details", "Notes", "Company")
]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "no list of records"),
        ({"records": None, "totalRecordCount": 3, "columns": COLUMNS}, "no list of records"),
        ({"records": {"0": ROW}, "columns": COLUMNS}, "something else than a list"),
        ({"records": [ROW[:3]], "columns": COLUMNS}, "does not fit the 8 columns"),
        ({"records": [ROW], "columns": []}, "does not fit the 0 columns"),
        (
            {"records": [ROW[:2]], "columns": COLUMNS[:2]},
            "no column for time, user, operation (its columns: Audit ID, Severity)",
        ),
        ({"records": [[*ROW[:3], "yesterday", *ROW[4:]]], "columns": COLUMNS}, "no valid time in entry 1: 'yesterday'"),
        ({"records": [[*ROW[:3], None, *ROW[4:]]], "columns": COLUMNS}, "no valid time in entry 1"),
        ({"records": [[*ROW[:3], 10**30, *ROW[4:]]], "columns": COLUMNS}, "no valid time in entry 1"),
    ],
)
def test_answers_that_are_not_the_report(site: Simulator, body: t.Any, said: str) -> None:
    site.faults.add(Fault("cs01", "GET", PATH, status=200, body=body, times=0))
    result = run_body(module, site, {})
    assert result["error"]["kind"] == "bad_answer", result
    assert said in result["msg"]


def test_options_that_ask_for_nothing(site: Simulator) -> None:
    def refuse(**options: t.Any) -> str:
        result = run_body(module, site, options)
        assert result["failed"] and result["error"]["kind"] == "config", result
        assert not site.journal.entries("cs01")
        return str(result["msg"])

    assert "2 options cannot be used" in refuse(since="soon", late_by="x")
    assert "is not before until" in refuse(since="1h", until="2h")
    assert "max_rows" in refuse(max_rows=0)
    assert "time_zone" in refuse(time_zone="Mars/Olympus")
    assert "none of major is in audit_trail" in refuse(severities=["major"])
    assert "does not contain who" in refuse(users=["x"], logs=["events"])
    for name in ("users", "operations", "severities", "logs"):
        assert "selects nothing" in refuse(**{name: []})
