# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook expiry against the simulator: one report of Entra ID and all CommCells, and its files."""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import subprocess
import sys
import typing as t
from xml.etree import ElementTree

import icalendar
import pytest
import yaml
from collection_tree import ROOT, collections_path
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import IdentityApp, OfficeClient
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.seeding import add_application
from cvops_simulator.entra.tenant import format_graph_time
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.expiring import APPLICATIONS, DAY, VALUES, seed_expiring
from helpers.hostile import SPECIAL, commands
from helpers.playing import Player, Run
from loopback_guard import child_variables
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
    key_id = names["soon"]["key_id"]
    for _key, registration in site.tenant.applications.items():
        for key in registration.get("passwordCredentials", ()):
            if key["keyId"] == key_id:
                key["endDateTime"] = format_graph_time(site.clock.now() + 99.5 * DAY)
    site.clock.advance(120)
    again = run(site, play, expiry_calendar=str(files["expiry_calendar"])).ok()
    later = icalendar.Calendar.from_ical(files["expiry_calendar"].read_bytes()).walk("VEVENT")
    before, after = ({str(event["uid"]): event for event in found} for found in (events, later))
    assert before.keys() == after.keys()
    assert all(before[uid]["sequence"] < after[uid]["sequence"] for uid in before)
    (moved,) = (uid for uid in before if before[uid].decoded("dtstart") != after[uid].decoded("dtstart"))
    assert "soon" in str(after[moved]["summary"])
    assert "12 days left" not in again.text


def read_command(text: str, pattern: str) -> list[str]:
    """The command that a schedule runs, without its switches for mail and sign-in."""
    (found,) = re.findall(pattern, text, re.MULTILINE)
    return [word for word in shlex.split(found) if word not in ("chronic", "$CREDENTIALS")]


@pytest.mark.whole
@pytest.mark.parametrize("way", ["cron", "systemd"])
def test_the_schedules_of_the_guide_run_what_they_say(
    site: Simulator, play: Player, tmp_path: pathlib.Path, way: str
) -> None:
    """Both lines are run in surroundings like theirs, with the password where the guide puts it; the job template has the same options."""
    seed_expiring(site)
    guide = (ROOT / "docs" / "docsite" / "rst" / "guide_expiry.rst").read_text()
    examples = ROOT / "docs" / "examples" / "systemd"
    command = {
        "cron": read_command(guide, r"^ +15 6 \* \* \* (.*)$"),
        "systemd": read_command((examples / "cvops-expiry.service").read_text(), r"^ExecStart=(.*)$"),
    }[way]
    assert "``cvops.identity.expiry``" in guide and "``expiry_fail_below_days: 7``" in guide
    connection = site.variables()["cvops_connection"]
    password = connection["commcells"]["cs01"].pop("password")
    (tmp_path / "access.yml").write_text(yaml.safe_dump({"cvops_connection": connection}))
    (tmp_path / "secrets.yml").write_text(yaml.safe_dump({"cvops_commvault_password": password}))
    (tmp_path / "commvault-password").write_text(password)
    if way == "systemd":  # what the drop-in of the password sets
        handed = re.findall(
            r'^Environment="CREDENTIALS=(.*)"$', (examples / "commvault_password.conf").read_text(), re.M
        )
        command[2:2] = handed[0].split()
    real = {
        "/opt/cvops/bin/ansible-playbook": str(pathlib.Path(sys.executable).with_name("ansible-playbook")),
        "/opt/cvops/access.yml": str(tmp_path / "access.yml"),
        "/opt/cvops/secrets.yml": str(tmp_path / "secrets.yml"),
        "/opt/cvops/credentials.yml": str(examples / "credentials.yml"),
        "/var/lib/cvops/expiry.json": str(tmp_path / "expiry.json"),
    }
    for shown, path in real.items():
        command = [word.replace(shown, path) for word in command]
    assert not [word for word in command if "/opt/" in word or "/var/lib" in word]
    site.clock.advance(6 * DAY)
    surroundings = {**child_variables(), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    surroundings |= {"CREDENTIALS_DIRECTORY": str(tmp_path)} if way == "systemd" else {}
    given = {name: value for name, value in play.connection.items() if name != "CVOPS_COMMVAULT_PASSWORD"}
    outcome = subprocess.run(
        command,
        env={**surroundings, **given, "ANSIBLE_COLLECTIONS_PATH": str(collections_path())},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = outcome.stdout + outcome.stderr
    assert outcome.returncode == 2, said
    assert "6 days left" in said and "could not be read" not in said
    assert json.loads((tmp_path / "expiry.json").read_text())["state"] == "critical"
    assert not any(value in said for value in (*VALUES, password))


def plant(site: Simulator, names: list[str]) -> None:
    """Give everything that an output names one of the names: applications, keys, clients and apps of identity providers."""
    ends = format_graph_time(site.clock.now() + 5.5 * DAY)
    state = site.commcells["cs01"].state
    for number, name in enumerate(names):
        secret = {"displayName": name, "value": f"~value-{number}", "endDateTime": ends}
        made = add_application(
            site.tenant,
            {
                "displayName": name,
                "uniqueName": f"u{number}{name}",
                "signInAudience": "AzureADMyOrg",
                "secrets": [secret],
            },
            {},
        )
        (key,) = made["passwordCredentials"]
        values = [{"name": "clientId", "value": made["appId"]}]
        document = {"props": {"nameValues": values}}
        mark = f"{name}\n[cvops secret: {key['keyId']}]"
        state.apps.add(IdentityApp(6100 + number, name, f"hostile{number}", 5, mark, document=document))
        state.office_clients.add(OfficeClient(7100 + number, name, 137, apps=[{"azureAppId": made["appId"]}]))


@pytest.mark.whole
def test_names_of_a_whole_tenant_stay_text_in_every_output(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    """Nothing is run, no line is added, no file is broken, and every key is in every file."""
    marks = tmp_path / "ran"
    names = [*commands(marks), *SPECIAL, "=cmd|' /C calc'!A0", "a|b|c", "]]><x/>&amp;", 'q"\\\n', "x\r\nEND:VEVENT"]
    plant(site, names)
    files = {name: tmp_path / file for name, file in FILES.items()}
    made = run(
        site,
        play,
        expiry_applications=[],
        expiry_show_all=True,
        expiry_fail_below_days=7,
        **{name: str(path) for name, path in files.items()},
    )
    assert made.rc == 2
    assert sorted(marks.iterdir()) == []
    assert not any(character in made.text for character in "\x1b\x9b\u202e\u2066")
    found = json.loads(files["expiry_file"].read_text(), object_hook=lambda item: item.get("__ansible_unsafe", item))
    held = [row for row in found["rows"] if row["consumer_kind"] == "oidc_app" and row["state"] == "critical"]
    assert sorted(row["name"] for row in held) == sorted(names)
    ids = {row["key_id"] for row in held}
    ends = metrics(files["expiry_textfile"])["cvops_credential_expiry_timestamp_seconds"]
    assert ids <= {labels["key_id"] for labels, _value in ends}
    events = icalendar.Calendar.from_ical(files["expiry_calendar"].read_bytes()).walk("VEVENT")
    assert (
        len(events)
        == len({str(event["uid"]) for event in events})
        == len({row["key_id"] for row in found["rows"] if row["expires"]})
    )
    suite = ElementTree.parse(files["expiry_junit"]).find("testsuite")
    assert suite is not None
    assert int(suite.get("failures", "0")) >= len(names)


def test_several_commcells_are_one_report(
    make_site: t.Callable[..., Simulator], make_player: t.Callable[[Simulator], Player]
) -> None:
    """What they have under one name stays apart; one of them that cannot be read hides nothing of the other ones."""
    site = make_site(set="M", seed=1, empty=True)
    first, second, *others = site.commcells
    for name in (first, second):
        site.commcells[name].state.office_clients.add(OfficeClient(7001, "Exchange", 137))
    for name in others:
        site.faults.add(Fault(name, "*", "*", "status", status=403, times=0))
    made = run(site, make_player(site), expiry_applications=[], expiry_fail_below_days=0)
    assert made.rc == 2
    lines = [line for line in made.text.splitlines() if "Microsoft 365 client Exchange" in line]
    assert len(lines) == 2
    assert len({name for name in (first, second) for line in lines if name in line}) == 2
    for name in others:
        assert f"of Commvault ({name}) could not be read" in str(made.result["msg"])


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
