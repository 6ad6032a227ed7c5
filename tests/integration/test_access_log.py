# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook access_log: a sign-in at Entra ID, the log-in that it led to, and what was done there, out of the logs of both services."""

from __future__ import annotations

import csv
import datetime
import json
import pathlib
import ssl
import sys
import typing as t
import urllib.request

import pytest
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import User
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.conditional_access.policies import add_location, add_policy
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.hostile import SPECIAL, commands
from helpers.playing import Player, Run
from helpers.signing_on import Browser, set_up_sign_on
from helpers.virtual_time import share_clock

sys.path.insert(0, str(ROOT / "tests" / "unit"))
from ocsf_requirements import find_faults  # noqa: E402 - it lies beside the unit tests

pytestmark = [pytest.mark.any_core, pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")]

ACCESS_LOG = "cvops.identity.access_log"
PERSON = "sam.signer@corp.example"
POLICY = "CA210 office only"
OFFICE, ABROAD = "203.0.113.20", "198.51.100.9"


def send(site: Simulator, token: str, method: str, path: str, body: dict[str, t.Any] | None = None) -> None:
    """A request of somebody who has logged in to the CommCell."""
    url = f"{site.commcells['cs01'].url}/{path}"
    headers = {"Authtoken": token, "Accept": "application/json", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body or {}).encode(), headers, method=method)
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=site.ca_path), timeout=30) as answer:
        assert answer.status == 200


@pytest.fixture
def lived_in(empty_site: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """A site with single sign-on, a person who has signed on from the office, made a user group and logged out, and was refused abroad."""
    site = empty_site
    share_clock(monkeypatch, site)
    set_up_sign_on(site)
    site.clock.advance(3600)
    site.tenant.behaviours.client_address = OFFICE
    found = Browser(site).sign_on(PERSON)
    state = site.commcells["cs01"].state
    (user,) = [user for user in state.users if user.name.lower() == PERSON]
    state.groups.named("master")[0].member_ids.add(user.id)
    site.clock.advance(60)
    send(site, found["token"], "POST", "V4/usergroup", {"name": "Night shift"})
    site.clock.advance(30)
    send(site, found["token"], "POST", "Logout")
    site.clock.advance(300)
    user = state.users.add(User(state.users.new_id(), "local-admin"))
    user.password = "L0cal~admin.password-of-nobody"
    site.tenant.behaviours.client_address = ABROAD
    block_abroad(site)
    assert "errorMessage" in Browser(site).sign_on(PERSON)
    site.tenant.behaviours.client_address = OFFICE
    site.clock.advance(4 * 3600)
    site.journal.clear()
    return site


def block_abroad(site: Simulator) -> None:
    """A policy in force that lets people in from the office only."""
    ranges = [{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": f"{OFFICE}/32"}]
    place = {"@odata.type": "#microsoft.graph.ipNamedLocation", "displayName": "Office", "ipRanges": ranges}
    office = add_location(site.tenant, place, replicated=True)["id"]
    conditions = {
        "applications": {"includeApplications": ["All"]},
        "users": {"includeUsers": ["All"]},
        "locations": {"includeLocations": ["All"], "excludeLocations": [office]},
    }
    grant = {"operator": "OR", "builtInControls": ["block"]}
    values = {"displayName": POLICY, "state": "enabled", "conditions": conditions, "grantControls": grant}
    add_policy(site.tenant, values, replicated=True)


def run(site: Simulator, play: Player, *words: str, **more: t.Any) -> Run:
    document = {"cvops_connection": site.variables()["cvops_connection"], **more}
    document.setdefault("access_log_applications", ["Commvault sign-on"])
    document.setdefault("access_log_consoles", ["Commvault sign-on"])
    return play(ACCESS_LOG, *words, extra_vars=document)


def lines(run_: Run) -> list[str]:
    """The report for people."""
    return t.cast("list[str]", run_.one("Report")["msg"])


@pytest.mark.every_core
def test_a_handshake_is_found_in_both_logs(lived_in: Simulator, make_player: t.Any, tmp_path: pathlib.Path) -> None:
    site = lived_in
    file, table, siem = (tmp_path / name for name in ("access.json", "access.csv", "access.jsonl"))
    files = {"access_log_file": str(file), "access_log_csv": str(table), "access_log_ocsf": str(siem)}
    made = run(site, make_player(site), **files).ok()
    assert_no_writes(site)
    connection = site.variables()["cvops_connection"]
    secrets = [connection["entra"]["client_secret"], connection["commcells"]["cs01"]["password"]]
    assert_no_secrets(made, [file, table, siem], secrets)
    log = json.loads(file.read_text())
    (shake,) = [one for one in log["handshakes"] if one["person"].lower() == PERSON]
    by_id = {row["record_id"]: row for row in log["events"]}
    assert (shake["certain"], shake["address"], shake["ends"]) == (True, OFFICE, "sign_out")
    assert by_id[shake["sign_in"]]["details"]["application"] == "Commvault sign-on"
    (deed,) = [by_id[key] for key in shake["actions"]]
    assert (deed["object"]["name"], deed["operation"], deed["entra_id"]) == ("Night shift", "add", shake["entra_id"])
    refused = [row for row in log["events"] if row["outcome"] == "failure" and row["service"] == "entra"]
    assert [(row["address"], row["person"].lower()) for row in refused] == [(ABROAD, PERSON)]
    assert refused[0]["details"]["conditional_access_policies"][0]["name"] == POLICY
    told = "\n".join(lines(made))
    assert f"{PERSON} from {OFFICE}" in told and "Night shift" in told
    assert f"refused: {PERSON}, sign-in at Entra ID from {ABROAD}" in told
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == len(log["events"])
    events = [json.loads(line) for line in siem.read_text().splitlines()]
    assert [event["metadata"]["uid"].rpartition("/")[2] for event in events] == [
        row["record_id"] for row in log["events"]
    ]
    assert not [fault for event in events for fault in find_faults(event)]
    assert "Night shift" in [event["entity"]["name"] for event in events if event["type_uid"] == 300401]
    assert {
        event["src_endpoint"]["ip"] for event in events if event["type_uid"] == 300201 and event["status_id"] == 2
    } == {ABROAD}
    for path in (file, table, siem):
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_next_night_reads_on_and_keeps_what_was_there(
    lived_in: Simulator, make_player: t.Any, tmp_path: pathlib.Path
) -> None:
    site, file, play = lived_in, tmp_path / "access.json", make_player(lived_in)
    run(site, play, access_log_file=str(file)).ok()
    first = json.loads(file.read_text())
    site.clock.advance(3 * 24 * 3600)
    again = run(site, play, access_log_file=str(file), access_log_since="1h").ok()
    second = json.loads(file.read_text())
    assert {row["record_id"] for row in first["events"]} <= {row["record_id"] for row in second["events"]}
    assert len(second["events"]) == len({(row["commcell"], row["log"], row["record_id"]) for row in second["events"]})
    # read on from where the first run has ended, a day before that, whatever access_log_since says
    read_since = {one["host"]: one["since"] for one in second["sources"]}
    assert read_since["cs01"] < first["sources"][0]["complete_until"]
    assert f"{PERSON} from {OFFICE}" in "\n".join(lines(again))


def test_what_cannot_be_read_is_told_and_kept_for_the_next_run(
    lived_in: Simulator, make_player: t.Any, tmp_path: pathlib.Path
) -> None:
    site, file = lived_in, tmp_path / "access.json"
    play = make_player(site)
    run(site, play, access_log_file=str(file)).ok()
    first = json.loads(file.read_text())
    site.tenant.behaviours.licences = []
    site.faults.add(Fault("cs01", "GET", "*reportsplusengine*", "status", status=503, times=0))
    failed = run(site, play, access_log_file=str(file), access_log_fail=True)
    assert failed.rc != 0
    told = "\n".join(lines(failed))
    assert "cs01" in told and "premium" in told
    second = json.loads(file.read_text())
    assert {row["record_id"] for row in first["events"]} <= {row["record_id"] for row in second["events"]}


def test_a_file_that_is_no_log_is_not_written_over(
    lived_in: Simulator, make_player: t.Any, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "access.json"
    file.write_text("{}")
    failed = run(lived_in, make_player(lived_in), access_log_file=str(file))
    assert failed.rc != 0 and "is not a log that the playbook access_log has written" in failed.text
    assert file.read_text() == "{}"


@pytest.mark.whole
def test_names_in_logs_run_nothing(lived_in: Simulator, make_player: t.Any, tmp_path: pathlib.Path) -> None:
    """Commands planted in names on both sides stay text, also when they are read back from the file."""
    site, file, trap = lived_in, tmp_path / "access.json", tmp_path / "trap"
    play, trail = make_player(site), site.commcells["cs01"].cell.trail
    for name in (*SPECIAL, *commands(trap)):
        trail.write(site.clock.now() - 7200, "High", (99, name), f"Delete {name}", f"Role [{name}]")
    siem, written = tmp_path / "access.jsonl", []
    for _again in range(2):
        files = {"access_log_file": str(file), "access_log_csv": str(tmp_path / "access.csv")}
        run(site, play, **files, access_log_ocsf=str(siem)).ok()
        written.append({json.loads(line)["metadata"]["uid"] for line in siem.read_text().splitlines()})
        assert len(written[-1]) == siem.read_text().count("\n")
    assert written[0] <= written[1]
    assert "lookup('pipe'" in file.read_text() and "lookup('pipe'" in siem.read_text()
    assert list(trap.iterdir()) == []


@pytest.mark.whole
def test_a_name_that_is_not_there_and_one_that_two_have_leave_the_rest_readable(
    lived_in: Simulator, make_player: t.Any
) -> None:
    """Anybody who may register an application may give it the console's name: the log of the real one is read all the same."""
    other = {"displayName": "Commvault sign-on", "appId": "0f0f0f0f-1111-4222-8333-444444444444"}
    for kind in ("application", "servicePrincipal"):
        lived_in.tenant.add(kind, dict(other), replicated=True)
    made = run(lived_in, make_player(lived_in), access_log_applications=["Commvault sign-on", "Gone for good"]).ok()
    told = "\n".join(lines(made))
    assert f"{PERSON} from {OFFICE}" in told and "Gone for good" in told


@pytest.mark.whole
def test_everything_of_a_period_also_with_a_document_that_names_applications(
    lived_in: Simulator, make_player: t.Any
) -> None:
    """The beginning and the end that are asked for count, not where an earlier run has ended."""
    moment = lived_in.clock.datetime()
    span = {
        "access_log_since": (moment - datetime.timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "access_log_until": (moment - datetime.timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    declared = {"cvops_application": {"unique_name": "commvault-sign-on", "display_name": "Commvault sign-on"}}
    play = make_player(lived_in)
    made = run(lived_in, play, access_log_applications=[], access_log_everything=True, **declared, **span).ok()
    told = "\n".join(lines(made))
    assert "not read" not in told and f"{PERSON} from {OFFICE}" in told
