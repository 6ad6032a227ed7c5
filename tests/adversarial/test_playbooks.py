# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole playbooks and lookups against a site in which everything has a hostile name and every refusal a hostile text, both ways to run them."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Callable, Iterator

import pytest
from collection_tree import collections_path
from cvops_simulator import Simulator
from cvops_simulator.testing import running_simulator
from helpers.playing import Player, Run
from hostile import attacks, oracles, planting, texts
from hostile.proxy import Exchange, Proxy, Target, is_write

pytestmark = pytest.mark.any_core

WHOLE = os.environ.get("CVOPS_ADVERSARIAL") == "whole"
CELL = "cs01"
_WAYS = [True, False] if WHOLE else [True]


class Stage:
    """A site with hostile names behind proxies, and what may not come of it."""

    def __init__(self, site: Simulator, folder: pathlib.Path) -> None:
        self.site, self.folder = site, folder
        self.markers = folder / "markers"
        self.markers.mkdir()
        self.count = planting.plant(site, self.markers)
        pem = pathlib.Path(site.ca_path)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pem.with_name("server.pem"))
        client = ssl.create_default_context(cafile=str(pem))
        serve = attacks.relayed(planting.with_halves)
        self.document = site.variables()
        connection = self.document["cvops_connection"]
        urls = {"graph": site.graph_url, "cell": next(iter(site.commcells.values())).origin}
        self.proxies = {name: Proxy(url, client, tls, Target(), serve) for name, url in urls.items()}
        connection["entra"]["graph_url"] = self.proxies["graph"].origin
        for cell in connection["commcells"].values():
            cell["url"] = cell["url"].replace(urls["cell"], self.proxies["cell"].origin)
        self.make_proxy = lambda url, answer: Proxy(url, client, tls, Target(), answer)
        self.play = Player(folder, collections_path(), {})

    def stop(self) -> None:
        for proxy in self.proxies.values():
            proxy.stop()

    def secrets(self) -> list[tuple[str, str]]:
        connection = self.document["cvops_connection"]
        found = [("the client secret", connection["entra"]["client_secret"])]
        found += [("the password", cell["password"]) for cell in connection["commcells"].values()]
        tokens = {token for proxy in self.proxies.values() for token in proxy.seen.secrets if len(token) >= 12}
        return found + [(f"a token of the run ({token[:4]}…)", token) for token in tokens]

    def options(self) -> dict[str, t.Any]:
        """Sign-in options for both sides."""
        connection = self.document["cvops_connection"]
        cell = next(iter(connection["commcells"].values()))
        return {**connection["entra"], **{f"commvault_{name}": value for name, value in cell.items()}}

    def run(self, tasks: t.Any, **more: t.Any) -> tuple[Run, list[str]]:
        """A run, and what is wrong with it."""
        with _command_lines(self.secrets()) as spied:
            run = self.play(tasks, **more)
        found = [f"evaluated: {path.name}" for path in self.markers.iterdir()]
        for path in self.markers.iterdir():
            path.unlink()
        found += oracles.crashes(run.text)
        found += oracles.unseen("the output", run.text)
        found += [f"in a command line: {name}" for name in spied]
        found += oracles.leaked("the output", run.text, self.secrets())
        for result in run.results:
            if result.action.startswith("cvops.identity."):
                found += [f"{result.task}: {finding}" for finding in oracles.of_result(result, "", "")]
        for path in (
            item
            for item in run.folder.rglob("*")
            if item.is_file() and item.name not in ("variables.json", "playbook.yml", "results.jsonl")
        ):
            text = path.read_bytes().decode("utf-8", "replace")
            found += oracles.leaked(f"the file {path.relative_to(run.folder)}", text, self.secrets())
            if path.suffix in (".json", ".yml", ".log") and path.name != "output.txt":
                found += oracles.unseen(f"the file {path.name}", text)
        return run, found


class _Descendants:
    """Processes that one started, and those started by them. What is known of a process is not read again: a look is a look at the new ones."""

    def __init__(self, root: int) -> None:
        self._root, self._parents = root, t.cast("dict[int, int]", {})

    def look(self) -> set[int]:
        """Return those that there are now."""
        there = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._parents = {process: parent for process, parent in self._parents.items() if process in there}
        for process in there - self._parents.keys():
            with contextlib.suppress(OSError):
                fields = pathlib.Path("/proc", str(process), "stat").read_text().rpartition(")")[2].split()
                self._parents[process] = int(fields[1])
        children: dict[int, list[int]] = {}
        for process, parent in self._parents.items():
            children.setdefault(parent, []).append(process)
        found, waiting = t.cast("set[int]", set()), [self._root]
        while waiting:
            new = [child for child in children.get(waiting.pop(), []) if child not in found]
            found.update(new)
            waiting += new
        return found


@contextlib.contextmanager
def _command_lines(secrets: list[tuple[str, str]]) -> Iterator[set[str]]:
    """Names of the secrets that were seen in a command line of any process meanwhile."""
    spied, ended = t.cast("set[str]", set()), threading.Event()
    wanted = [(name, form.encode()) for name, secret in secrets for form in oracles.forms(secret).values()]

    descendants = _Descendants(os.getpid())

    def watch() -> None:
        while not ended.is_set():
            for process in descendants.look():
                with contextlib.suppress(OSError):
                    words = pathlib.Path("/proc", str(process), "cmdline").read_bytes()
                    spied.update(secret for secret, form in wanted if form in words)
            time.sleep(0.02)

    thread = threading.Thread(target=watch, daemon=True)
    if pathlib.Path("/proc/self/cmdline").exists():
        thread.start()
    try:
        yield spied
    finally:
        ended.set()


@pytest.fixture
def stage(tmp_path: pathlib.Path) -> Iterator[Stage]:
    with running_simulator(set="S", directory=tmp_path / "site") as site:
        made = Stage(site, tmp_path)
        yield made
        made.stop()


def _judge(found: list[str]) -> None:
    if found:
        unique = list(dict.fromkeys(found))
        pytest.fail(f"{len(unique)} findings\n" + "\n".join(unique[:40]), pytrace=False)


def _read_again(stage: Stage, path: pathlib.Path, *, extra: bool = True) -> list[str]:
    """Give a written file back to Ansible in every way in which people do, and print all of it."""
    program = str(pathlib.Path(sys.executable).with_name("ansible"))
    show = [
        program,
        "localhost",
        "-m",
        "ansible.builtin.debug",
        "-a",
        "msg={{ cvops_role_mappings }}",
        "-e",
        f"@{path}",
    ]
    found: list[str] = []
    if extra:
        done = subprocess.run(
            show,
            capture_output=True,
            text=True,
            errors="replace",
            env={
                **os.environ,
                "LC_ALL": "C.UTF-8",
                "HOME": str(stage.folder),
                "ANSIBLE_HOME": str(stage.folder / "home"),
            },
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            found.append(f"{path.name} cannot be read again: {ascii((done.stdout + done.stderr)[-300:])}")
    tasks = [
        {"ansible.builtin.include_vars": {"file": str(path), "name": "again"}},
        {"ansible.builtin.debug": {"var": "again"}},
        {"ansible.builtin.set_fact": {"once_more": "{{ again }}"}},
        {
            "ansible.builtin.copy": {
                "content": "{{ once_more | to_nice_json }}",
                "dest": str(stage.folder / "again.json"),
                "mode": "0600",
            }
        },
    ]
    run = stage.play(tasks)
    if run.rc != 0:
        found.append(f"{path.name} cannot be included again: {ascii(run.text[-300:])}")
    found += [f"evaluated when {path.name} is read again: {marker.name}" for marker in stage.markers.iterdir()]
    for marker in stage.markers.iterdir():
        marker.unlink()
    return found


@pytest.mark.parametrize("in_process", _WAYS)
def test_the_site_playbook(stage: Stage, in_process: bool) -> None:
    records, summary = stage.folder / "records", stage.folder / "summary.json"
    more = {"cvops_run_record_dir": str(records), "cvops_summary_file": str(summary)}
    document = {**stage.document, **more}
    _run, found = stage.run("cvops.identity.site", extra_vars=document, check=True, diff=True, in_process=in_process)
    real, more_found = stage.run("cvops.identity.site", extra_vars=document, diff=True, in_process=in_process)
    found += more_found
    if real.rc != 0:
        found.append(f"a sane document does not converge: {ascii(real.text[-400:])}")
    if not records.is_dir():
        found.append("no run record was kept")
    found += oracles.of_files(records.parent / "records" if records.is_dir() else stage.markers, stage.secrets())
    for path in records.glob("*.json") if records.is_dir() else []:
        found += oracles.unseen(f"the record {path.name}", path.read_text())
    if summary.exists():
        found += _read_again(stage, summary, extra=False)
    _judge(found)


_REFUSING = {
    "all": " ".join(texts.TEMPLATES[name] for name in ("pipe", "pipe-block", "pipe-query", "env")),
    **{name: texts.TEMPLATES[name] for name in ("open", "open-block", "comment") if WHOLE},
}


def _refuse(stage: Stage, text: str, refused: str) -> t.Callable[[Exchange], None]:
    """Refuse ``reads`` or ``writes`` with the text."""
    body = json.dumps(attacks.error_shapes(texts.planted(text, stage.markers / "refused"), "x")).encode()
    pass_on = attacks.relayed(planting.with_halves)

    def serve(ex: Exchange) -> None:
        if is_write(ex.request) if refused == "writes" else ex.request.method == "GET":
            ex.answer(400, body)
        else:
            pass_on(ex)

    return serve


#: Playbooks that gather what every CommCell said, with what is refused and where they tell it; the first two are the sample.
_GATHERING = {
    "site-writes": ("writes", {"cvops_summary_file": "told.json"}),
    "expiry": ("reads", {"expiry_file": "told.json"}),
    "site": ("reads", {"cvops_summary_file": "told.json"}),
    "snapshot": ("reads", {"snapshot_dir": "snapshot"}),
    "access_log": ("reads", {"access_log_file": "told.json"}),
    "access": ("reads", {"access_person": "x"}),
    "access_evidence": ("reads", {"access_evidence_dir": "evidence"}),
    "doctor": ("reads", {"doctor_file": "told.json"}),
    "preflight": ("reads", {"preflight_file": "told.json"}),
}


@pytest.mark.whole
@pytest.mark.parametrize("text", _REFUSING.values(), ids=_REFUSING)
@pytest.mark.parametrize("kind", list(_GATHERING) if WHOLE else list(_GATHERING)[:2])
def test_playbooks_that_are_refused(stage: Stage, text: str, kind: str) -> None:
    """What a CommCell says in a refusal is gathered from host to host, is kept in facts, and ends in the lines and files."""
    refused, files = _GATHERING[kind]
    cell = next(iter(stage.site.commcells.values()))
    proxy = stage.make_proxy(cell.origin, _refuse(stage, text, refused))
    stage.proxies["refusing"] = proxy
    document = {**stage.document, **{name: str(stage.folder / value) for name, value in files.items()}}
    for options in document["cvops_connection"]["commcells"].values():
        options["url"] = options["url"].replace(stage.proxies["cell"].origin, proxy.origin)
    run, found = stage.run(f"cvops.identity.{kind.partition('-')[0]}", extra_vars=document)
    if text.strip("{#% ")[:12] not in run.text:
        found.append(f"the refusal is not told: {ascii(run.text[-400:])}")
    if (told := stage.folder / "told.json").exists():
        found += _read_again(stage, told, extra=False)
    _judge(found)


@pytest.mark.whole
@pytest.mark.parametrize("in_process", _WAYS)
def test_an_export_is_data(stage: Stage, in_process: bool) -> None:
    folder = stage.folder / "out"
    extra = {
        "cvops_connection": stage.document["cvops_connection"],
        "role_mappings_export_dest": str(folder),
        "role_mappings_export_users": ["*"],
    }
    run, found = stage.run("cvops.identity.export_role_mappings", extra_vars=extra, in_process=in_process)
    if run.rc != 0:
        found.append(f"the export failed: {ascii(run.text[-400:])}")
    for path in folder.glob("*.yml"):
        found += oracles.unseen(f"the file {path.name}", path.read_text())
        found += _read_again(stage, path)
        connection = {"cvops_connection": extra["cvops_connection"]}
        mappings = "cvops.identity.converge_role_mappings"
        again = stage.play(mappings, "-e", f"@{path}", check=True, extra_vars=connection)
        found += oracles.crashes(again.text) + oracles.unseen("the output of the next run", again.text)
        found += [f"evaluated in the next run: {marker.name}" for marker in stage.markers.iterdir()]
    _judge(found)


@pytest.mark.whole
@pytest.mark.parametrize("in_process", _WAYS)
def test_doctor_and_preflight(stage: Stage, in_process: bool) -> None:
    files = {name: stage.folder / f"{name}.json" for name in ("doctor", "preflight")}
    found: list[str] = []
    for name, path in files.items():
        document = {**stage.document, f"{name}_file": str(path)}
        _run, more = stage.run(f"cvops.identity.{name}", extra_vars=document, in_process=in_process)
        found += more
        if path.exists():
            found += oracles.unseen(f"the file {path.name}", path.read_text())
            found += _read_again(stage, path, extra=False)
    _judge(found)


def _info_tasks(stage: Stage) -> list[dict[str, t.Any]]:
    wanted = {
        "entra_group_info": {"members": True},
        "entra_application_info": {"unique_name": "commvault-management"},
        "entra_service_principal_info": {
            "display_name": "Commvault management API",
            "assignments": True,
            "owners": True,
        },
        "entra_log_info": {"everything": True, "logs": ["directory_audits"]},
        "entra_conditional_access_info": {"applications": ["Commvault management API"]},
        "commvault_security_info": {},
        "commvault_audit_info": {"logs": ["audit_trail", "events"]},
        "commvault_role_mappings_info": {"users": True},
        "connection_info": {},
        "expiry_info": {},
        "sso_preflight_info": {"mappings": stage.document["cvops_role_mappings"]},
    }
    tasks: list[dict[str, t.Any]] = []
    for name, options in wanted.items():
        accepted = importlib.import_module(f"ansible_collections.cvops.identity.plugins.modules.{name}").SPEC.options
        given = {key: value for key, value in {**stage.options(), "deadline": 60}.items() if key in accepted}
        task = {"name": name, f"cvops.identity.{name}": {**given, **options}, "register": "found"}
        tasks += [task, {"name": "use it", "ansible.builtin.set_fact": {"kept": "{{ found }}"}}]
    return tasks


@pytest.mark.whole
@pytest.mark.parametrize("in_process", _WAYS)
def test_what_is_read_may_be_used(stage: Stage, in_process: bool) -> None:
    """All info modules, their results used in other tasks; what is printed at -v is Ansible's own JSON of the data."""
    run, found = stage.run(_info_tasks(stage), in_process=in_process)
    if run.rc != 0:
        found.append(f"names keep a module from reading: {ascii(run.text[-400:])}")
    _judge(found)


def _said_texts() -> list[str]:
    """What is said in refusals, one in each run of a task."""
    return [text for text in (texts.all_texts() if WHOLE else texts.CONTROL).values() if len(text) < 100_000]


def _said(stage: Stage, make: Callable[[str], t.Any], status: int) -> t.Callable[[Exchange], None]:
    """Each request is refused with the next text."""
    queue = _said_texts()
    numbers = iter(range(10**9))
    lock = threading.Lock()

    def serve(ex: Exchange) -> None:
        with lock:
            number = next(numbers)
        text = texts.planted(queue[number % len(queue)], stage.markers / f"said-{number % len(queue)}")
        ex.answer(status, json.dumps(make(text)).encode())

    return serve


def _refusal_play(stage: Stage, origins: dict[str, str]) -> list[dict[str, t.Any]]:
    count = len(_said_texts())
    options = {**stage.options(), "retries": 0, "deadline": 20, "token_cache": "none"}
    site = stage.site
    ready = {
        name: value
        for name, value in options.items()
        if not name.startswith("commvault_") and name not in ("client_secret", "authority_url")
    }
    graph = {
        **ready,
        "graph_url": origins["graph"],
        "auth_method": "token",
        "access_token": "abc.def.ghi",
        "display_name": "x",
    }
    entra = {name: value for name, value in options.items() if not name.startswith("commvault_")}
    login = {**entra, "authority_url": origins["login"], "auth_method": "client_secret", "display_name": "x"}
    base = "/" + site.commcells[CELL].url.split("/", 3)[3]
    cell = {
        name: value
        for name, value in options.items()
        if name.startswith("commvault_") or name in ("retries", "deadline")
    }
    cell |= {"commvault_url": origins["cell"] + base, "subset": ["roles"]}
    loop = f"{{{{ range({count}) | list }}}}"
    defaults = {"ignore_errors": True, "loop": loop, "register": "refused"}
    entra_lookup = {f"cvops_{name}": value for name, value in login.items() if name != "display_name"}
    cell_lookup = {f"cvops_{name}": value for name, value in cell.items() if name != "subset"}
    tasks: list[dict[str, t.Any]] = [
        {"name": "graph", "cvops.identity.entra_group_info": graph, **defaults},
        {"name": "login", "cvops.identity.entra_group_info": login, **defaults},
        {"name": "cell", "cvops.identity.commvault_security_info": cell, **defaults},
        {"name": "use it", "ansible.builtin.set_fact": {"kept": "{{ refused.results | map(attribute='msg') | list }}"}},
        {
            "name": "lookup entra",
            "ansible.builtin.set_fact": {"kept": "{{ lookup('cvops.identity.entra_token') }}"},
            "vars": entra_lookup,
            **defaults,
        },
        {
            "name": "lookup commvault",
            "ansible.builtin.set_fact": {"kept": "{{ lookup('cvops.identity.commvault_token') }}"},
            "vars": cell_lookup,
            **defaults,
        },
    ]
    return [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]


@pytest.mark.parametrize("verbosity", [0, 4] if WHOLE else [0])
@pytest.mark.parametrize("in_process", [True])
def test_refusals_are_shown_as_text(stage: Stage, in_process: bool, verbosity: int) -> None:
    """Modules and lookups whose sign-in or first request is refused with each hostile text."""
    site = stage.site
    urls = {"graph": site.graph_url, "login": site.login_url, "cell": site.commcells[CELL].origin}

    def shape(text: str) -> t.Any:
        return attacks.error_shapes(text, text)

    def login_shape(text: str) -> t.Any:
        return attacks.token_error(text, text)

    proxies = {
        name: stage.make_proxy(url, _said(stage, login_shape if name == "login" else shape, 400))
        for name, url in urls.items()
    }
    stage.proxies.update({f"{name}-refusing": proxy for name, proxy in proxies.items()})
    origins = {name: proxy.origin for name, proxy in proxies.items()}
    run, found = stage.run(_refusal_play(stage, origins), in_process=in_process, verbosity=verbosity)
    for name, proxy in proxies.items():
        if not proxy.seen.attacked:
            found.append(f"{name} was never asked: {run.text[-300:]}")
    _judge(found)
