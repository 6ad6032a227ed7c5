# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_log_info against the simulator: what really happened there is found again, and what cannot be read is told."""

from __future__ import annotations

import typing as t

import pytest
import requests
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.identities import Identity
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.playing import Player
from helpers.virtual_time import share_clock

from ansible_collections.cvops.identity.plugins.modules import (
    entra_application,
    entra_application_secret,
    entra_group,
)
from ansible_collections.cvops.identity.plugins.modules import entra_log_info as module

pytestmark = pytest.mark.any_core

NAME = "cvops.identity.entra_log_info"
ADDRESSES = ("203.0.113.7", "198.51.100.20")


@pytest.fixture
def clocked(site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The site, for runs in this process, where waits take no time."""
    share_clock(monkeypatch, site)
    return site


def sign_in(site: Simulator, identity: Identity, address: str, **changes: str) -> requests.Response:
    """A sign-in of an application by itself, from *address*."""
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{site.graph_url}/.default",
        **changes,
    }
    url = f"{site.login_url}/{site.tenant_id}/oauth2/v2.0/token"
    return requests.post(url, data=form, headers={"x-client-address": address}, verify=site.ca_path, timeout=30)


def look(site: Simulator, **options: t.Any) -> dict[str, t.Any]:
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    return result


def job(site: Simulator) -> Identity:
    """An application with a secret that has signed in from two addresses, once with a wrong secret."""
    found = site.identity(name="backup job")
    for address in ADDRESSES:
        assert sign_in(site, found, address).status_code == 200
        site.clock.advance(60)
    assert sign_in(site, found, ADDRESSES[0], client_secret="wrong").status_code == 401
    site.clock.advance(60)
    return found


def test_sign_ins_of_an_application_by_every_key(clocked: Simulator) -> None:
    made = job(clocked)
    registration = clocked.tenant.applications[made.app_object_id]
    row = None
    for key in (made.client_id, made.client_id.upper(), made.object_id, made.app_object_id, "Backup Job"):
        result = look(clocked, applications=[key], logs=["sign_ins"])
        found = result["sign_ins"]
        assert [(item["address"], item["outcome"]) for item in found] == [
            (ADDRESSES[0], "success"),
            (ADDRESSES[1], "success"),
            (ADDRESSES[0], "failure"),
        ]
        row = found[1]
    assert row is not None
    assert row["actor"] == {
        "kind": "application",
        "name": "backup job",
        "entra_id": made.object_id,
        "app_id": made.client_id,
        "commvault_id": None,
    }
    assert row["object"]["name"] == "Microsoft Graph" and row["operation"] == "sign_in"
    details = row["details"]
    assert (details["api"], details["sign_in_type"], details["country"]) == ("beta", "service_principal", "DE")
    assert details["credential_key_id"] == registration["passwordCredentials"][0]["keyId"].lower()
    assert details["conditional_access_policies"] == []
    (wrong,) = (item for item in found if item["outcome"] == "failure")
    assert wrong["reason"].startswith("7000215")
    apis = {source["sign_in_type"]: source["api"] for source in result["sources"]}
    assert apis.pop("interactive_user") == "v1.0" and set(apis.values()) == {"beta"} and len(apis) == 3


def test_who_changed_a_secret_and_a_role(clocked: Simulator) -> None:
    made = clocked.identity(name="backup job")
    options = {"application": {"app_id": made.client_id}, "name": "by test"}
    result = run_body(entra_application_secret, clocked, options)
    assert not result.get("failed"), result["msg"]
    clocked.clock.advance(5)
    renamed = run_body(entra_application, clocked, {"app_id": made.client_id, "display_name": "job 2"})
    assert not renamed.get("failed"), renamed["msg"]
    clocked.clock.advance(5)
    found = look(clocked, applications=[made.client_id], operations=["change"])
    assert found["sign_ins"] == [] and [source["log"] for source in found["sources"]] == ["directory_audits"]
    secret, name = found["directory_audits"]
    assert secret["activity"] == "Update application – Certificates and secrets management"
    added = secret["details"]["credentials_added"]
    assert [key["key_id"] for key in added] == [result["secret"]["key_id"]] and added[0]["type"] == "Password"
    assert secret["details"]["credentials_removed"] == []
    assert (name["before"]["displayName"], name["after"]["displayName"]) == (["backup job"], ["job 2"])
    assert name["actor"]["app_id"] == clocked.automation.client_id and name["object"]["id"] == made.app_object_id
    own = look(clocked, applications=[clocked.automation.client_id], logs=["directory_audits"])
    assert {row["record_id"] for row in found["directory_audits"]} <= {
        row["record_id"] for row in own["directory_audits"]
    }


def test_objects_by_name_also_those_that_are_gone(clocked: Simulator) -> None:
    options: dict[str, t.Any] = {"display_name": "GG Log", "members": [], "exclusive": True}
    for state in ("present", "absent"):
        done = run_body(entra_group, clocked, {**options, "state": state})
        assert not done.get("failed"), done["msg"]
        clocked.clock.advance(5)
    found = look(clocked, objects=["GG Log"])
    assert [row["operation"] for row in found["directory_audits"]][0] == "add"
    assert found["directory_audits"][-1]["operation"] == "remove"
    assert {row["object"]["kind"] for row in found["directory_audits"]} == {"group"}
    words = look(clocked, objects=["GG Log"], operations=["delete GROUP"])
    assert [row["activity"] for row in words["directory_audits"]] == ["Delete group"]


def test_very_many_objects_are_chosen_from_all_changes(clocked: Simulator) -> None:
    """The same rows as with a request for each, in few requests; of nobody else."""
    made = clocked.identity(name="backup job")
    clocked.tenant.applications[made.app_object_id]["uniqueName"] = "backup-job"
    for name in ("GG Log", "GG Other"):
        done = run_body(entra_group, clocked, {"display_name": name, "members": [], "exclusive": True})
        assert not done.get("failed"), done["msg"]
    renamed = run_body(entra_application, clocked, {"app_id": made.client_id, "display_name": "job 2"})
    assert not renamed.get("failed"), renamed["msg"]
    clocked.clock.advance(60)
    asked = {"applications": ["backup-job"], "objects": ["gg log"], "logs": ["directory_audits"]}
    few = look(clocked, **asked)
    many = look(clocked, **{**asked, "objects": ["gg log", *(f"nothing {number}" for number in range(100))]})
    assert [row["record_id"] for row in many["directory_audits"]] == [
        row["record_id"] for row in few["directory_audits"]
    ]
    assert {row["object"]["name"] for row in few["directory_audits"]} == {"GG Log", "backup job"}
    assert many["stats"]["reads"] <= few["stats"]["reads"]


def test_both_logs_of_all(site: Simulator, play: Player) -> None:
    """A real run in Ansible's worker; a query shapes both."""
    job(site)
    site.journal.clear()
    run = play([{NAME: {"everything": True, "since": "2h", "query": "[].operation"}}]).ok()
    assert "sign_in" in run.result["sign_ins"] and run.result["directory_audits"] == []
    assert run.result["complete"] is False and run.result["retention_days"] == 30
    assert_no_writes(site)


def test_as_a_module(site: Simulator, play: Player, in_process: bool) -> None:
    site.clock.advance(1)
    options = {"users": [next(iter(site.tenant.users.values()))["userPrincipalName"]], "logs": ["directory_audits"]}
    run = play([{NAME: options}], in_process=in_process).ok()
    assert run.result["directory_audits"] == [] and run.result["sources"][0]["pages"] == 2


def test_what_has_to_be_asked_for(site: Simulator) -> None:
    for options, told in (
        ({}, "everything: true"),
        ({"everything": True, "users": ["a@corp.example"]}, "cannot be combined with"),
        ({"everything": True, "since": "yesterday"}, "since"),
        ({"everything": True, "since": "1h", "until": "2h"}, "so the period is empty"),
        ({"everything": True, "since": "2099-01-01T00:00:00Z", "until": "2099-01-02T00:00:00Z"}, "not in the past"),
        ({"everything": True, "late_by": "x", "max_rows": 0}, "2 options"),
        ({"applications": ["no such"], "users": ["nobody"]}, "2 names"),
    ):
        result = run_body(module, site, options)
        assert result["failed"] and told in result["msg"], (options, result["msg"])


def test_names_that_several_have_or_that_are_gone(clocked: Simulator) -> None:
    first, second = clocked.identity(name="twin"), clocked.identity(name="twin")
    result = run_body(module, clocked, {"applications": ["twin"]})
    assert result["failed"] and first.client_id in result["msg"] and second.client_id in result["msg"]
    gone = "00000000-0000-4000-8000-000000000009"
    result = look(clocked, applications=[gone], users=["left@corp.example"])
    assert sum("may have been deleted" in told for told in result["warnings"]) == 2


def test_an_unknown_name_does_not_make_the_rest_unreadable(clocked: Simulator) -> None:
    twins = [clocked.identity(name="twin") for _ in range(2)]
    for twin in twins:
        sign_in(clocked, twin, ADDRESSES[0])
    done = run_body(entra_group, clocked, {"display_name": "GG Gone", "members": [], "exclusive": True})
    assert not done.get("failed"), done["msg"]
    clocked.clock.advance(3 * 3600)
    options = {"applications": ["twin", "GG Gone", "no such"], "users": ["nobody"], "until": "2h"}
    found = look(clocked, **options, unknown_names="tell")
    assert {row["actor"]["app_id"] for row in found["sign_ins"]} == {twin.client_id for twin in twins}
    assert [row["object"]["name"] for row in found["directory_audits"]] == ["GG Gone"]
    assert [(gap["log"], gap["reason"], gap["from"], gap["to"]) for gap in found["gaps"]] == [
        (log, "unknown_name", found["since"], found["until"]) for log in ("directory_audits", "sign_ins")
    ]
    for gap in found["gaps"]:
        assert all(name in gap["message"] for name in ("'GG Gone'", "'no such'", "'nobody'"))
        assert any(gap["message"] in told for told in found["warnings"])
    assert not found["complete"] and found["complete_until"] == found["until"]
    refused = run_body(module, clocked, options)
    assert refused["failed"] and "4 names" in refused["msg"]


def test_times_in_zones(clocked: Simulator) -> None:
    job(clocked)
    now = clocked.clock.datetime()
    zoned = (now.replace(microsecond=0)).isoformat().replace("+00:00", "")
    result = look(clocked, everything=True, until=zoned, logs=["sign_ins"])
    assert any("names no time zone" in told for told in result["warnings"])
    clocked.tenant.behaviours.log_offset = "+05:30"
    shifted = look(clocked, everything=True, logs=["sign_ins"])
    assert [row["time"] for row in shifted["sign_ins"]][: len(result["sign_ins"])] == [
        row["time"] for row in result["sign_ins"]
    ]
    assert all(row["time"].endswith("Z") for row in shifted["sign_ins"])


def test_a_log_that_arrives_late_is_read_again_by_the_next_run(clocked: Simulator) -> None:
    made = job(clocked)
    clocked.tenant.behaviours.log_lag = 5400
    clocked.clock.advance(600)
    options = {"applications": [made.client_id], "logs": ["sign_ins"]}
    first = look(clocked, **options)
    assert first["sign_ins"] == [] and [gap["reason"] for gap in first["gaps"]] == ["late"]
    assert first["complete_until"] < first["until"] and not first["complete"]
    clocked.clock.advance(5400)
    second = look(clocked, **options, since=first["complete_until"])
    assert len(second["sign_ins"]) == 3
    third = look(clocked, **options, since=second["complete_until"])
    assert {row["record_id"] for row in third["sign_ins"]} <= {row["record_id"] for row in second["sign_ins"]}


def test_pages_that_are_given_twice(make_site: t.Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch) -> None:
    clocked = make_site(set="S", page_size=1)
    share_clock(monkeypatch, clocked)
    made = job(clocked)
    clocked.tenant.behaviours.log_repeats_pages = True
    result = look(clocked, applications=[made.client_id], logs=["sign_ins"])
    assert len(result["sign_ins"]) == 3
    assert any("2 entries of the logs more than once" in told for told in result["warnings"])
    (source,) = (item for item in result["sources"] if item["sign_in_type"] == "service_principal")
    assert source["pages"] == 5 + 1 and source["rows"] == 3


@pytest.mark.parametrize("limit", [{"log_longest_hours": 3.0}, {"log_most_entries": 3}])
def test_periods_that_time_out_are_split(clocked: Simulator, limit: dict[str, t.Any]) -> None:
    made = job(clocked)
    for _ in range(3):
        clocked.clock.advance(3600)
        assert sign_in(clocked, made, ADDRESSES[1]).status_code == 200
    clocked.clock.advance(60)
    whole = look(clocked, applications=[made.client_id], logs=["sign_ins"])
    for name, value in limit.items():
        setattr(clocked.tenant.behaviours, name, value)
    split = look(clocked, applications=[made.client_id], logs=["sign_ins"])
    assert [row["record_id"] for row in split["sign_ins"]] == [row["record_id"] for row in whole["sign_ins"]]
    assert len(split["sign_ins"]) == 6 and [gap["reason"] for gap in split["gaps"]] == ["late"]
    assert split["stats"]["reads"] > whole["stats"]["reads"]


def test_what_is_never_answered_is_a_gap(clocked: Simulator) -> None:
    made = job(clocked)
    clocked.tenant.behaviours.log_most_entries = 1
    for _ in range(3):
        assert sign_in(clocked, made, ADDRESSES[1]).status_code == 200
    clocked.clock.advance(60)
    result = look(clocked, applications=[made.client_id], sign_in_types=["service_principal"], logs=["sign_ins"])
    (gap,) = (gap for gap in result["gaps"] if gap["reason"] == "unanswered")
    assert gap["log"] == "sign_ins" and gap["from"] < gap["to"] and "UnknownError" in gap["message"]
    assert result["complete_until"] <= gap["from"]
    assert any("Not read from" in told for told in result["warnings"])
    clocked.tenant.behaviours.log_most_entries = 0
    again = look(clocked, applications=[made.client_id], logs=["sign_ins"], since=result["complete_until"])
    assert len(again["sign_ins"]) >= 3


def test_a_log_that_never_answers_ends_soon(clocked: Simulator) -> None:
    clocked.faults.add(Fault("graph", "GET", "*auditLogs*", status=504, times=0))
    result = look(clocked, everything=True, since="30d", logs=["directory_audits"])
    assert {gap["reason"] for gap in result["gaps"]} >= {"unanswered"}
    assert clocked.journal is not None and result["stats"]["reads"] < 40


def test_more_rows_than_wanted(clocked: Simulator) -> None:
    made = job(clocked)
    options = {"applications": [made.client_id], "sign_in_types": ["service_principal"], "logs": ["sign_ins"]}
    result = look(clocked, **options, max_rows=2)
    assert len(result["sign_ins"]) == 2
    assert "max_rows" in [gap["reason"] for gap in result["gaps"]]
    rest = look(clocked, **options, max_rows=3, since=result["complete_until"])
    known = {row["record_id"] for row in [*result["sign_ins"], *rest["sign_ins"]]}
    assert len(known) == 3


@pytest.mark.parametrize("ordered", [True, False])
def test_runs_of_few_rows_get_on_and_miss_nothing(clocked: Simulator, ordered: bool) -> None:
    """The oldest rows of all queries of a log are kept, so that the next run reads on from what was lost."""
    first, second = clocked.identity(name="first job"), clocked.identity(name="second job")
    for number in range(12):
        sign_in(clocked, second if number % 3 else first, ADDRESSES[0])
        clocked.clock.advance(600)
    clocked.clock.advance(3 * 3600)
    options = {"applications": [first.client_id, second.client_id], "logs": ["sign_ins"]}
    whole = [row["record_id"] for row in look(clocked, **options)["sign_ins"]]
    assert len(whole) == 12
    known = list[str]()
    since, until = (str(look(clocked, **options)[name]) for name in ("since", "until"))
    refusal = {"error": {"code": "BadRequest", "message": "Ordering is not supported."}}
    for _run in range(6):
        for path in () if ordered else ("*/v1.0/auditLogs/signIns*", "*/beta/auditLogs/signIns*"):
            clocked.faults.add(Fault("graph", "GET", path, status=400, body=refusal))
        result = look(clocked, **options, since=since, until=until, max_rows=4)
        assert len(result["sign_ins"]) <= 4
        assert sum(source["rows"] for source in result["sources"]) == len(result["sign_ins"])
        assert result["complete_until"] > since
        known += [row["record_id"] for row in result["sign_ins"] if row["record_id"] not in known]
        since = result["complete_until"]
        lost = [gap for gap in result["gaps"] if gap["reason"] == "max_rows"]
        if not lost:
            break
        assert [(gap["from"], gap["to"], gap["sign_in_type"]) for gap in lost] == [(since, until, None)]
    assert known == whole


def test_no_licence_and_retention(clocked: Simulator) -> None:
    clocked.tenant.behaviours.licences.clear()
    done = run_body(entra_group, clocked, {"display_name": "GG Log"})
    assert not done.get("failed"), done["msg"]
    clocked.clock.advance(5)
    result = look(clocked, everything=True, since="10d")
    assert result["sign_ins"] == [] and len(result["directory_audits"]) == 1 and result["retention_days"] == 7
    reasons = {(gap["log"], gap["reason"]) for gap in result["gaps"]}
    assert reasons == {("sign_ins", "licence"), ("directory_audits", "retention"), ("directory_audits", "late")}
    assert any("premium license" in told and "P1 or P2" in told for told in result["warnings"])
    audits = look(clocked, everything=True, since="10d", logs=["directory_audits"])
    assert audits["retention_days"] == 7
    short = look(clocked, everything=True, since="1d", logs=["directory_audits"])
    assert short["retention_days"] is None


def test_who_may_not_read(clocked: Simulator) -> None:
    little = clocked.identity("Application.Read.All")
    who = {"client_id": little.client_id, "client_secret": little.client_secret}
    result = run_body(module, clocked, {**who, "everything": True})
    assert result["failed"] and result["error"]["kind"] == "forbidden" and "AuditLog.Read.All" in result["msg"]
    clocked.tenant.behaviours.logs_need_directory_read = True
    reader = clocked.identity("AuditLog.Read.All")
    who = {"client_id": reader.client_id, "client_secret": reader.client_secret}
    result = run_body(module, clocked, {**who, "everything": True})
    assert result["failed"] and "Directory.Read.All" in result["msg"]
    clocked.tenant.behaviours.logs_need_directory_read = False
    job(clocked)
    result = look(clocked, **who, everything=True, logs=["sign_ins"])
    assert {row["details"]["conditional_access_policies"] for row in result["sign_ins"]} == {None}


@pytest.mark.parametrize("tells", [True, False])
def test_the_pace_of_the_logs(clocked: Simulator, tells: bool) -> None:
    """Five requests in ten seconds are what the service takes, and nothing is refused; a refusal is waited for."""
    made = job(clocked)
    clocked.tenant.behaviours.log_rate = 5
    clocked.journal.clear()
    result = look(clocked, applications=[made.client_id])
    assert len(result["sign_ins"]) == 3 and result["stats"]["retries"] == 0
    clocked.faults.add(
        Fault("graph", "GET", "*auditLogs*", status=429, times=1, **({"retry_after": 10} if tells else {}))
    )
    result = look(clocked, applications=[made.client_id])
    assert len(result["sign_ins"]) == 3 and result["stats"]["retries"] == 1
