# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source in ansible-rulebook, with the rulebooks of the collection, against the simulator."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Iterator

import pytest
import yaml
from collection_tree import ROOT
from controller_api import Controller
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.tenant import format_graph_time
from cvops_simulator.testing import running_simulator
from helpers.playing import Player
from helpers.rotating import DAY, Rotating

EDA = ROOT / "extensions" / "eda"
RULEBOOKS = sorted((EDA / "rulebooks").glob("*.yml"))
_LIMIT_S = 240
#: ansible-rulebook takes JAVA_HOME, or the Java on the path.
HAS_JAVA = bool(os.environ.get("JAVA_HOME") or shutil.which("java"))
needs_java = pytest.mark.skipif(
    not HAS_JAVA and not os.environ.get("CI"),
    reason="ansible-rulebook needs Java, and there is none: default-jre-headless",
)


class Rulebook:
    """Runs of ansible-rulebook with one rulebook of the collection, one after another in the same folder."""

    def __init__(self, name: str, folder: pathlib.Path, play: Player, document: dict[str, t.Any]) -> None:
        self._name, self.folder, self._play = name, folder, play
        self.state_file = folder / "state.json"
        (folder / "inventory" / "group_vars").mkdir(parents=True)
        (folder / "inventory" / "hosts.yml").write_text(
            "all: {hosts: {localhost: {ansible_connection: local, ansible_python_interpreter: '{{ ansible_playbook_python }}'}}}\n"
        )
        text = json.dumps(document)
        for path in (folder / "inventory" / "group_vars" / "all.json", folder / "document.json"):
            path.write_text(text)
        self.variables: dict[str, t.Any] = {
            "cvops_events_state_file": str(self.state_file),
            "cvops_events_variables_files": [str(folder / "document.json")],
            "cvops_events_interval": 5,
        }
        self._output = folder / "output.txt"

    @property
    def text(self) -> str:
        """Everything printed so far, by all runs."""
        return self._output.read_text(errors="replace")

    @contextlib.contextmanager
    def running(self, *more: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run the program, until the block ends; nothing that it has started may be left then. *more*: words of the command line."""
        (self.folder / "rulebook.yml").write_text(yaml.safe_dump(self.variables))
        words = [
            "-r",
            f"cvops.identity.{self._name}",
            "-i",
            str(self.folder / "inventory"),
            "-e",
            "rulebook.yml",
            *more,
        ]
        variables = self._play.environment(
            self.folder / "run", {"CVOPS_RETRIES": "0", "TEST_MARK": str(self.folder), **env}
        )
        for name in ("home", "tmp", "remote"):
            (self.folder / "run" / name).mkdir(parents=True, exist_ok=True)
        with self._output.open("ab") as stream:
            process = subprocess.Popen(
                [str(pathlib.Path(sys.executable).with_name("ansible-rulebook")), *words],
                cwd=self.folder,
                env={**variables, **{name: os.environ[name] for name in ("JAVA_HOME",) if name in os.environ}},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
            assert process.poll() is None, f"ansible-rulebook has ended:\n{self.text}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
        self.wait(lambda: not self._list_processes(), "what it has started ends")

    def _list_processes(self) -> list[str]:
        """Return the programs that run with the environment of this test."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"TEST_MARK={self.folder}\0".encode() in (path / "environ").read_bytes():
                    found.append((path / "cmdline").read_text().replace("\0", " "))
        return found

    def wait(self, condition: t.Callable[[], t.Any], what: str) -> None:
        """Wait until the condition holds."""
        end = time.monotonic() + _LIMIT_S
        while not condition():
            assert time.monotonic() < end, f"not within {_LIMIT_S} s: {what}\n{self.text}\n{self._list_processes()}"
            time.sleep(0.1)


@pytest.mark.whole
@needs_java
def test_a_secret_that_is_about_to_expire_is_rotated_once(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    """Expiry is an event, the event a rotation; a restart remembers it, and tells that the secret is renewed and nothing else."""
    rotating = Rotating(site, tmp_path / "stores")
    (key_id,) = rotating.keys()
    rotating.wire()["passwordCredentials"][0]["endDateTime"] = format_graph_time(site.clock.now() + 10.5 * DAY)
    target = rotating.credential(key=(key_id, rotating.value(key_id)))
    rotation = {"rotation_name": "backup", "application": {"app_id": rotating.app_id}, "targets": [target]}
    rotation["prove"] = {"successes": 2, "over_seconds": 2}  # as it is, a proof takes two minutes of real time
    document = {"cvops_connection": site.variables()["cvops_connection"], "cvops_rotations": [rotation]}
    rulebook = Rulebook("rotate_expiring", tmp_path, play, document)
    rulebook.variables["cvops_events_interval"] = 3600  # one look in each run
    with rulebook.running():
        rulebook.wait(lambda: "PLAY RECAP" in rulebook.text, "a rotation")
    (new_key,) = rotating.own_keys()
    told = len(rulebook.text)
    with rulebook.running():
        rulebook.wait(lambda: "renewed: secret:" in rulebook.text[told:], "an event about it")
    assert rulebook.text.count("renewed: secret:") == 1 and "PLAY" not in rulebook.text[told:]
    assert rotating.own_keys() == [new_key]


class Tickets(http.server.ThreadingHTTPServer):
    """A ticket system: what it was told, in order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[dict[str, t.Any]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Note a ticket."""
        tickets = t.cast("Tickets", self.server)
        tickets.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        tickets.told[-1]["authorization"] = self.headers["Authorization"]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_words: t.Any) -> None:
        """Print nothing."""


@pytest.fixture
def tickets() -> Iterator[Tickets]:
    with Tickets() as server:
        yield server
        server.shutdown()


@needs_java
def test_a_ticket_for_each_change_also_when_a_commcell_was_down(
    site: Simulator, play: Player, tmp_path: pathlib.Path, tickets: Tickets
) -> None:
    """A grant is missing and comes back while the CommCell is down, which ends nothing: each change is one ticket, and one when it is settled.

    The webhook of the document is that of the tickets: of the looks themselves it is told nothing.
    """
    document, state = site.variables(), site.commcells["cs01"].state
    names = {group["display_name"] for group in document["cvops_entra_groups"]}
    mapped = {group.id for group in state.groups if group.name in names}
    lost = next(grant for grant in sorted(state.grants, key=repr) if grant.role_id and grant.principal_id in mapped)
    env = {"TICKET_URL": f"http://127.0.0.1:{tickets.server_address[1]}/tickets", "TICKET_TOKEN": "~ticket-token"}
    document["cvops_notify_url"] = env["TICKET_URL"]
    state.grants.remove(lost)
    rulebook = Rulebook("open_tickets", tmp_path, play, document)
    rulebook.variables["cvops_events_ticket_playbook"] = str(ROOT / "docs" / "examples" / "open_ticket.yml")
    with rulebook.running(**env):
        rulebook.wait(lambda: len(tickets.told) >= 3, "tickets about the grant and the seed's anomalies")
        site.faults.add(Fault("cs01", "*", "*", "drop_before", times=0))
        rulebook.wait(lambda: len(tickets.told) >= 4, "a ticket about what could not be checked")
        state.grants.add(lost)
        site.faults.clear()
        rulebook.wait(lambda: len(tickets.told) >= 6, "tickets about what is settled")
    kinds = [ticket["title"].partition(":")[0] for ticket in tickets.told]
    assert kinds[:4] == [*["drift found"] * 3, "check failed"]
    assert sorted(kinds[4:]) == ["check recovered", "drift cleared"]
    by_key: dict[str, list[bool]] = {}
    for ticket in tickets.told:
        assert ticket["authorization"] == "Bearer ~ticket-token"
        by_key.setdefault(ticket["key"], []).append(ticket["is_open"])
    assert sorted(by_key.values()) == [[True], [True], [True, False], [True, False]]
    assert not any(secret in rulebook.text for secret in ("~ticket-token", site.automation.client_secret))


@pytest.fixture
def controlled(tmp_path: pathlib.Path) -> Iterator[Simulator]:
    """A controller with the job templates that the rulebook launches, both of which take variables; its jobs end at once."""
    (tmp_path / "controlled").mkdir()
    with running_simulator(set="S", empty=True, directory=tmp_path / "controlled", controller=True) as simulator:
        controller = Controller(simulator)
        project = {"name": "access", "organization": 1, "scm_type": "git", "scm_url": "https://git.corp.example/a.git"}
        made = controller.call("POST", "projects/", project)
        controller.wait("projects", made["id"], "successful")
        inventory = controller.call("POST", "inventories/", {"name": "access", "organization": 1})["id"]
        for name in ("Rotate secrets", "Open a ticket"):
            template = {"name": name, "project": made["id"], "inventory": inventory, "playbook": "playbooks/site.yml"}
            controller.call("POST", "job_templates/", {**template, "ask_variables_on_launch": True})
        yield simulator


#: Of files that jobs write, what the source takes: a key that ends soon, and a grant that no line names.
EXPIRY = {
    "state": "warning",
    "checked_at": "2026-11-28T06:00:00Z",
    "sources": [{"service": "entra", "commcell": None, "what": "applications", "status": "read"}],
    "rows": [
        {"commcell": None, "kind": "secret", "name": "backup", "key_id": "6f1c", "app_id": "0b2d", "application": "job"}
        | {"state": "critical", "days_left": 5, "expires": "2026-12-03T06:00:00Z", "findings": []}
    ],
}
SURPLUS = {
    "principal": "GG-View",
    "principal_kind": "user_group",
    "role": "View",
    "entity_type": "plan",
    "entity": "gold",
}
HOST = {"status": "unchanged", "planned": 0, "problems": [], "left": [], "remaining": 0, "held": 0, "message": ""}
SUMMARY = {
    "status": "planned",
    "check_mode": True,
    "hosts": {"localhost": HOST, "cs01": HOST},
    "registration": {},
    "role_mappings": {"commcells": {"cs01": {"mappings": {"surplus": [SURPLUS], "unmanaged": [], "added": []}}}},
}


@needs_java
def test_job_templates_are_launched_with_the_variables_of_the_event(
    controlled: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    """One job for a secret that ends soon, one with the id of the grant that differs, over TLS and with a token that may write."""
    rulebook = Rulebook("run_job_templates", tmp_path, play, {})
    for name, document in (("expiry", EXPIRY), ("summary", SUMMARY)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
        rulebook.variables[f"cvops_events_{name}_file"] = str(tmp_path / f"{name}.json")
    service = controlled.controller
    token = service.make_token()
    words = ("--controller-url", service.url, "--controller-ssl-verify", controlled.ca_path)
    with rulebook.running(*words, EDA_CONTROLLER_TOKEN=token, EDA_JOB_TEMPLATE_REFRESH_DELAY="0.1"):
        rulebook.wait(lambda: len(service.state.list_all("jobs")) >= 2, "both jobs")
    jobs = {job["name"]: json.loads(job["extra_vars"]) for job in service.state.list_all("jobs")}
    assert sorted(job["name"] for job in service.state.list_all("jobs")) == ["Open a ticket", "Rotate secrets"]
    ticket, event = jobs["Open a ticket"], jobs["Open a ticket"]["ansible_eda"]["event"]["cvops"]
    assert (ticket["ticket_id"], ticket["ticket_type"]) == (event["id"], "drift_found")
    assert (event["principal"], event["role"], event["entity"]) == ("GG-View", "View", "gold")
    assert "ticket_id" not in jobs["Rotate secrets"]
    assert jobs["Rotate secrets"]["ansible_eda"]["event"]["cvops"]["type"] == "secret_expiring"
    assert token not in rulebook.text


@pytest.mark.parametrize("path", RULEBOOKS, ids=lambda path: path.stem)
def test_rulebooks_are_valid(path: pathlib.Path) -> None:
    """By the schema of ansible-rulebook; conditions parse, and arguments are those of the source."""
    from ansible_rulebook.condition_parser import parse_condition
    from ansible_rulebook.validators import Validate

    rulesets = yaml.safe_load(path.read_text())
    Validate.rulebook(rulesets)
    allowed = json.loads((EDA / "plugins/event_source/schemas/state_changes.json").read_text())["properties"]
    for ruleset in rulesets:
        for rule in ruleset["rules"]:
            parse_condition(rule["condition"])
        for described in ruleset["sources"]:
            assert described["cvops.identity.state_changes"].keys() <= allowed.keys()


def test_the_linters_of_a_hub_have_nothing_to_say() -> None:
    """The words of galaxy-importer's own file, so that its log is empty; pylint runs in ansible-test."""
    import galaxy_importer

    settings = pathlib.Path(galaxy_importer.__file__).parent / "ansible_test/container/eda/tox.ini"
    (line,) = (line for line in settings.read_text().splitlines() if "ruff check" in line)
    words = line.partition("ruff ")[2].replace("{posargs}", str(ROOT)).split()
    ruff = str(pathlib.Path(sys.executable).with_name("ruff"))
    found = subprocess.run([ruff, *words, "--isolated"], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (0, ""), found.stdout + found.stderr
