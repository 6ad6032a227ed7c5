# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Your access document against a simulated site, before it meets a real one. Run with pytest; ACCESS_DOCUMENT names another document."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml
from cvops_simulator import Fault
from cvops_simulator.commvault.model import CLIENT_GROUP, PLAN, Entity
from cvops_simulator.testing import running_simulator

DOCUMENT = pathlib.Path(os.environ.get("ACCESS_DOCUMENT") or pathlib.Path(__file__).with_name("access.yml"))
KINDS = {"server_groups": CLIENT_GROUP, "plans": PLAN}


@pytest.fixture
def site():
    """An empty tenant, and a CommCell that has the server groups and plans of the document."""
    with running_simulator(set="S", seed=1, empty=True) as simulator:
        cell = simulator.commcells["cs01"]
        number = 9000
        for entry in yaml.safe_load(DOCUMENT.read_text())["cvops_role_mappings"]:
            for grant in entry["grants"]:
                for kind, names in grant["entities"].items():
                    for name in names:
                        number += 1
                        cell.state.entities[KINDS[kind]].add(Entity(KINDS[kind], number, name))
        yield simulator


@pytest.fixture
def run(site, tmp_path):
    """Runs the playbook with the document, and returns its summary."""

    def run_playbook(*words):
        connection, summary = tmp_path / "connection.json", tmp_path / "summary.json"
        connection.write_text(json.dumps({"cvops_connection": site.variables()["cvops_connection"]}))
        command = [pathlib.Path(sys.executable).with_name("ansible-playbook"), "cvops.identity.site", *words]
        command += ["-e", f"@{DOCUMENT}", "-e", f"@{connection}", "-e", f"cvops_summary_file={summary}"]
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return json.loads(summary.read_text())

    return run_playbook


def test_the_plan_is_what_the_run_does_and_a_second_run_does_nothing(site, run):
    planned = run("--check")
    assert site.journal.writes() == []
    done = run()
    assert done["changed"] and done["grants"] == planned["grants"]
    site.journal.clear()
    assert not run()["changed"]
    assert site.journal.writes() == []


def test_answers_that_get_lost_do_no_harm(site, run):
    site.faults.add(Fault("cs01", method="POST", path="*/Security", action="drop_after"))
    site.faults.add(Fault("graph", method="*", path="*/groups*", action="status", status=503, times=2))
    assert run()["changed"]
    assert not run()["changed"]
