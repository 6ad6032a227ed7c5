# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller as a listener: TLS, faults, journal, control routes, reset; and its place in the simulator."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cvops_simulator import Fault, Simulator
from cvops_simulator.controller.engine import JobRun
from cvops_simulator.testing import running_simulator


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    """A simulator with a controller."""
    with running_simulator(set="S", controller=True) as simulator:
        yield simulator


@pytest.fixture
def sim(running: Simulator) -> Simulator:
    """The same in its seeded state."""
    running.reset()
    return running


def send(sim: Simulator, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Return status and body of a request with the administrator's token."""
    headers = {"Authorization": f"Bearer {sim.controller.make_token()}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{sim.controller.url}/api/v2{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=sim.ca_path)) as answer:
            content = answer.read()
            assert answer.headers["X-API-Product-Name"] == "AWX"
            return answer.status, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def control(sim: Simulator, path: str, body: Any = None) -> Any:
    """Return the answer of a control route of the controller."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{sim.control_url}/services/controller{path}", data) as answer:
        return json.load(answer)


def test_faults_and_journal_are_those_of_all_services(sim: Simulator) -> None:
    sim.faults.add(Fault("controller", method="POST", path="*/labels/", action="drop_after"))
    with pytest.raises((ConnectionError, urllib.error.URLError)):
        send(sim, "POST", "/labels/", {"name": "x", "organization": 1})
    assert [row["name"] for row in sim.controller.state.list_all("labels")] == ["x"]
    sim.faults.add(Fault("controller", status=503))
    assert send(sim, "GET", "/labels/") == (503, {"detail": "A fault injected on request"})
    assert sim.journal.counts()["controller"] == {"reads": 1, "writes": 1, "total": 2}


def test_a_post_without_the_last_slash_loses_its_body(sim: Simulator) -> None:
    status, shown = send(sim, "POST", "/labels", {"name": "x", "organization": 1})
    assert (status, shown["count"]) == (200, 0)  # the client has followed with a GET


def test_reset_forgets_all(sim: Simulator) -> None:
    send(sim, "POST", "/labels/", {"name": "x", "organization": 1})
    sim.controller.artifacts["x"] = {}
    sim.controller.behaviours.polls = 7
    sim.reset()
    assert send(sim, "GET", "/labels/")[1]["count"] == 0
    assert (sim.controller.artifacts, sim.controller.behaviours.polls) == ({}, 2)


def test_control_routes(sim: Simulator) -> None:
    assert control(sim, "/behaviours", {"polls": 0})["polls"] == 0
    assert control(sim, "/playbooks", {"*": ["a.yml"]}) == {"*": ["a.yml"]}
    assert control(sim, "/artifacts", {"t": {"x": 1}}) == {"t": {"x": 1}}
    user = control(sim, "/users", {"username": "plain", "password": "plain-password"})["id"]
    assert sim.controller.state.get("users", user)["is_superuser"] is False
    assert control(sim, "/nodes") == {"nodes": []}
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(sim, "/playbooks", {"*": "a.yml"})
    assert refused.value.code == 400


def test_jobs_of_a_hook_may_use_the_simulator_and_are_waited_for(sim: Simulator) -> None:
    def run(job: JobRun) -> dict[str, Any]:
        status, shown = send(sim, "GET", f"/jobs/{job.id}/")
        return {"artifacts": {"status": status, "seen": shown["status"]}}

    sim.controller.runner = run
    project = {"name": "p", "organization": 1, "scm_type": "git", "scm_url": "https://x.example.com", "scm_branch": "b"}
    sim.controller.behaviours.polls = 0
    _status, made = send(sim, "POST", "/projects/", project)
    _status, inventory = send(sim, "POST", "/inventories/", {"name": "i", "organization": 1})
    template = {"name": "t", "project": made["id"], "inventory": inventory["id"], "playbook": "playbooks/site.yml"}
    _status, template = send(sim, "POST", "/job_templates/", template)
    status, job = send(sim, "POST", f"/job_templates/{template['id']}/launch/", {})
    assert (status, job["status"]) == (201, "pending")
    sim.controller.wait_for_jobs(30)
    shown = send(sim, "GET", f"/jobs/{job['id']}/")[1]
    assert (shown["status"], shown["artifacts"]) == ("successful", {"status": 200, "seen": "running"})


def test_a_simulator_has_no_controller_unless_it_is_asked_for(tmp_path: Path) -> None:
    simulator = Simulator(set="S", directory=tmp_path)
    assert "controller" not in [service.name for service in simulator.services]
    with pytest.raises(AttributeError, match="without a controller"):
        simulator.controller  # noqa: B018 - reading it is the test


def test_clients_are_told_how_to_reach_it(sim: Simulator) -> None:
    found = sim.controller_environment()
    assert found["CONTROLLER_HOST"] == sim.controller.url
    assert found["SSL_CERT_FILE"] == found["REQUESTS_CA_BUNDLE"] == sim.ca_path


def test_serve_writes_what_clients_need_for_its_owner_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cvops_simulator.cli", "serve", "--controller", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            lines = [next(process.stdout).split() for _service in range(9)]
        finally:
            process.terminate()
    path = tmp_path / "controller.env"
    variables = dict(line.partition("=")[::2] for line in path.read_text(encoding="utf-8").splitlines())
    assert ["controller", variables["CONTROLLER_HOST"]] in lines
    assert variables["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
    assert path.stat().st_mode & 0o777 == 0o600
