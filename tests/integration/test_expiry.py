# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook expiry against the simulator: one report of Entra ID and all CommCells, and its files."""

from __future__ import annotations

import json
import pathlib
import typing as t
from xml.etree import ElementTree

import icalendar
import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.expiring import APPLICATIONS, VALUES, seed_expiring
from helpers.playing import Player, Run
from prometheus_client.parser import text_string_to_metric_families

pytestmark = pytest.mark.any_core

EXPIRY = "cvops.identity.expiry"
FILES = {"expiry_file": "x.json", "expiry_textfile": "x.prom", "expiry_calendar": "x.ics", "expiry_junit": "x.xml"}


def run(site: Simulator, play: Player, **more: t.Any) -> Run:
    document = {"cvops_connection": site.variables()["cvops_connection"], **more}
    document.setdefault("expiry_applications", [{"unique_name": name} for name in APPLICATIONS])
    return play(EXPIRY, extra_vars=document)


def metrics(path: pathlib.Path) -> dict[str, list[t.Any]]:
    families = text_string_to_metric_families(path.read_text())
    return {family.name: [(sample.labels, sample.value) for sample in family.samples] for family in families}


@pytest.mark.every_core
def test_one_report_and_all_files(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    seed_expiring(site)
    files = {name: tmp_path / file for name, file in FILES.items()}
    made = run(site, play, **{name: str(path) for name, path in files.items()}).ok()
    assert_no_writes(site)
    assert_no_secrets(made, [made.folder, tmp_path], VALUES)
    found = json.loads(files["expiry_file"].read_text())
    names = {row["name"]: row for row in found["rows"]}
    assert names["CN=Commvault"]["consumer"] == "SAML app corp.example"
    assert names["CN=Commvault"]["application"] == APPLICATIONS[1]
    assert (names["soon"]["consumer"], names["soon"]["state"]) == ("credential azure-prod", "warning")
    told = metrics(files["expiry_textfile"])
    ends = told["cvops_credential_expiry_timestamp_seconds"]
    assert {labels["consumer"] for labels, _value in ends} >= {"credential azure-prod", "SAML app corp.example"}
    assert told["cvops_collect_success"] == [({}, 1.0)]
    assert not list(tmp_path.glob("*.new"))
    events = icalendar.Calendar.from_ical(files["expiry_calendar"].read_bytes()).walk("VEVENT")
    assert any("soon" in str(event["summary"]) for event in events)
    suite = ElementTree.parse(files["expiry_junit"]).find("testsuite")
    assert suite is not None
    assert suite.get("failures") == "0"
    again = run(site, play, expiry_calendar=str(files["expiry_calendar"])).ok()
    later = icalendar.Calendar.from_ical(files["expiry_calendar"].read_bytes()).walk("VEVENT")
    assert {str(event["uid"]) for event in later} == {str(event["uid"]) for event in events}
    assert "12 days left" in again.text


def test_a_threshold_fails_the_run_when_all_files_are_written(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    seed_expiring(site)
    made = run(site, play, expiry_fail_below_days=15, expiry_junit=str(tmp_path / "x.xml"))
    assert made.rc == 2
    assert "secret soon" in str(made.result["msg"])
    assert "<failure" in (tmp_path / "x.xml").read_text()
    quiet = run(site, play, expiry_fail_below_days=5, expiry_warn_below_days=0).ok()
    assert "12 days left" not in quiet.text


@pytest.mark.parametrize(("service", "path"), [("graph", "*/applications*"), ("cs01", "*/AccessToken*")])
def test_what_cannot_be_read_alarms(
    site: Simulator, play: Player, tmp_path: pathlib.Path, service: str, path: str
) -> None:
    site.faults.add(Fault(service, "GET", path, "status", status=403, times=0))
    made = run(site, play, expiry_textfile=str(tmp_path / "x.prom"), expiry_applications=[]).ok()
    assert "could not be read" in made.text
    assert metrics(tmp_path / "x.prom")["cvops_collect_success"] == [({}, 0.0)]
    assert run(site, play, expiry_fail_below_days=0, expiry_applications=[]).rc == 2


def test_where_nothing_can_be_read_the_run_fails(site: Simulator, play: Player) -> None:
    site.faults.add(Fault("*", "GET", "*", "status", status=403, times=0))
    made = run(site, play)
    assert made.rc == 2
    assert "Nothing could be read" in str(made.result["msg"])
