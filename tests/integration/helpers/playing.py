# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real ``ansible-playbook`` runs, and what came of them.

``play(...)`` forks them from a process that has ansible-core imported (see :mod:`helpers.forking`); ``play.start(...)`` starts the
program itself.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
import json
import os
import pathlib
import subprocess
import sys
import typing as t

import compiled_archives
import yaml
from cvops_simulator import Simulator
from loopback_guard import child_variables

from helpers import shared_clock
from helpers.forking import CONTROL_TASKS, ForkedProgram, fork_playbook

CALLBACKS = pathlib.Path(__file__).resolve().parent.parent / "plugins" / "callback"
#: What a run inherits from the tests: little. Without coverage's variables: to measure it would nearly double its time.
_KEPT = (
    "LANG",
    "LC_ALL",
    "TERM",
    "LOGNAME",
    "USER",
    "VIRTUAL_ENV",
    "PYTHONDONTWRITEBYTECODE",
    compiled_archives.FOLDER,
    shared_clock.VARIABLE,
    CONTROL_TASKS,
)
_KEPT_PREFIXES = ("ANSIBLE_WORKER_SHUTDOWN_",)
_LIMIT_S = 300
#: A variable of the tests' environment that makes every run start the program itself, in place of a fork.
PROGRAM_ONLY = "CVOPS_TEST_PROGRAM_ONLY"

Tasks = t.Sequence[t.Mapping[str, t.Any]]


class Result(dict[str, t.Any]):
    """A task's result as callbacks get it. ``status``: ok, failed, skipped or unreachable; ``item``: of a loop, else None."""

    def __init__(self, line: t.Mapping[str, t.Any]) -> None:
        super().__init__(line["result"])
        self.task: str = line["task"]
        self.action: str = line["action"]
        self.status: str = line["status"]
        self.item: t.Any = line["item"]
        self.host: str = line["host"]

    @property
    def failed(self) -> bool:
        """True also where the failure was ignored."""
        return self.status in ("failed", "unreachable")


@dataclasses.dataclass
class Run:
    """A finished run. ``results``: of every task and every item of a loop, in order; ``stats``: the recap, summed over all hosts."""

    rc: int
    text: str
    results: list[Result]
    stats: dict[str, int]
    folder: pathlib.Path

    @property
    def result(self) -> Result:
        """The last result; of a run that has failed not that of a task which was left out at its end, as in an ``always``."""
        ran = [result for result in self.results if result.status != "skipped"] if self.rc else []
        return ran[-1] if ran else self.results[-1]

    def of(self, task: str) -> list[Result]:
        """The results of the task (or the items of the loop) of this name; a name that did not run is an error."""
        found = [result for result in self.results if result.task == task]
        if not found:
            raise KeyError(
                f"no task named {task!r} ran; these did: {[result.task for result in self.results]}\n{self.text}"
            )
        return found

    def one(self, task: str) -> Result:
        """The only result of the task of this name."""
        (found,) = self.of(task)
        return found

    def last(self, key: str, host: str = "localhost") -> Result:
        """The last result of *host* with this key: playbooks that plan everything first run their tasks twice."""
        return [result for result in self.results if result.host == host and key in result][-1]

    def ok(self) -> Run:
        """This run, if it ended well; else the test fails with what was printed."""
        if self.rc != 0:
            raise AssertionError(f"ansible-playbook ended with {self.rc}:\n{self.text}")
        return self


@dataclasses.dataclass
class Running:
    """A run that has not ended: ``process`` may be sent signals."""

    process: subprocess.Popen[bytes]
    folder: pathlib.Path

    @property
    def text(self) -> str:
        """Everything printed so far."""
        return (self.folder / "output.txt").read_text(errors="replace")

    def begun_at(self, task: str) -> float:
        """When the task of this name began, in seconds since 1970; LookupError before that."""
        return {line["begun"]: float(line["at"]) for line in _lines(self.folder / "results.jsonl") if "begun" in line}[
            task
        ]

    def wait(self, seconds: float = _LIMIT_S) -> Run:
        """Wait for the end; a run that does not end is killed, and the test fails."""
        return _finished(self.process, self.folder, seconds)


def _finished(process: subprocess.Popen[bytes] | ForkedProgram, folder: pathlib.Path, seconds: float) -> Run:
    output = folder / "output.txt"
    try:
        rc = process.wait(seconds)
    except subprocess.TimeoutExpired as exc:
        process.kill()
        process.wait()
        text = output.read_text(errors="replace")
        raise AssertionError(f"ansible-playbook did not end within {seconds} s:\n{text}") from exc
    lines = _lines(folder / "results.jsonl")
    results = [Result(line) for line in lines if "result" in line]
    stats = next((line["stats"] for line in reversed(lines) if "stats" in line), {})
    sums: collections.Counter[str] = collections.Counter()
    for recap in stats.values():
        sums.update({name: count for name, count in recap.items() if isinstance(count, int)})
    return Run(rc, output.read_text(errors="replace"), results, sums, folder)


class Player:
    """``play(tasks)`` runs tasks, or a whole playbook, on localhost. Each run has a folder of its own below *folder*."""

    def __init__(self, folder: pathlib.Path, collections: pathlib.Path, connection: t.Mapping[str, str]) -> None:
        self._folder, self._collections, self.connection = folder, collections, dict(connection)
        self._numbers = itertools.count(1)

    def __call__(
        self,
        tasks: Tasks | str,
        *more: str,
        check: bool = False,
        diff: bool = False,
        in_process: bool = True,
        verbosity: int = 0,
        extra_vars: t.Mapping[str, t.Any] | None = None,
        env: t.Mapping[str, str] | None = None,
        seconds: float = _LIMIT_S,
    ) -> Run:
        """Run to the end. A failed task is no error here: look at ``rc``, or say ``.ok()``.

        *tasks*: a list of tasks, a list of plays, or the name of a playbook such as ``cvops.identity.site``. *more* goes to the
        command line as it is; an extra variable that is None is left out. *env* is added to the run's environment; an empty value
        takes a variable out.
        """
        words = ["-v"] * verbosity + ["--check"] * check + ["--diff"] * diff + list(more)
        prepared = self._prepare(tasks, words, in_process, extra_vars, env)
        process = None if os.environ.get(PROGRAM_ONLY) else fork_playbook(*prepared)
        return _finished(process or _start_program(*prepared), prepared.folder, seconds)

    def start(
        self,
        tasks: Tasks | str,
        *words: str,
        in_process: bool = True,
        extra_vars: t.Mapping[str, t.Any] | None = None,
        env: t.Mapping[str, str] | None = None,
    ) -> Running:
        """Begin a run, in a process group of its own; *words* go to the command line as they are."""
        prepared = self._prepare(tasks, words, in_process, extra_vars, env)
        return Running(_start_program(*prepared), prepared.folder)

    def _prepare(
        self,
        tasks: Tasks | str,
        words: t.Sequence[str],
        in_process: bool,
        extra_vars: t.Mapping[str, t.Any] | None,
        env: t.Mapping[str, str] | None,
    ) -> _Prepared:
        folder = self._folder / f"run{next(self._numbers)}"
        for name in ("home", "tmp", "remote"):
            (folder / name).mkdir(parents=True)
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "cvops_in_process": in_process,
            **(extra_vars or {}),
        }
        given = {name: value for name, value in variables.items() if value is not None}
        (folder / "variables.json").write_text(json.dumps(given))
        command = ["-i", "localhost,", "-e", f"@{folder / 'variables.json'}", *words, _playbook(tasks, folder)]
        return _Prepared(command, folder, self.environment(folder, env or {}), folder / "output.txt")

    def environment(self, folder: pathlib.Path, more: t.Mapping[str, str]) -> dict[str, str]:
        """The variables of a run with this folder; those of *more* win, and one that is empty is left out."""
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
        own = {
            "PATH": f"{pathlib.Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "ANSIBLE_HOME": str(folder / "home" / ".ansible"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "results_file",
            "CVOPS_TEST_RESULTS": str(folder / "results.jsonl"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "ANSIBLE_NOCOLOR": "1",
        }
        merged = {"LC_ALL": "C.UTF-8", **kept, **child_variables(), **own, **self.connection, **more}
        return {name: value for name, value in merged.items() if value != ""}


class _Prepared(t.NamedTuple):
    """What a run is started with."""

    words: list[str]
    folder: pathlib.Path
    environment: dict[str, str]
    output: pathlib.Path


def _start_program(
    words: t.Sequence[str], folder: pathlib.Path, environment: t.Mapping[str, str], output: pathlib.Path
) -> subprocess.Popen[bytes]:
    program = str(pathlib.Path(sys.executable).with_name("ansible-playbook"))
    with output.open("wb") as stream:
        return subprocess.Popen(
            [program, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def connection_of(simulator: Simulator) -> dict[str, str]:
    """The environment variables with which every task signs in as the automation, on both sides (the first CommCell)."""
    found = {
        "CVOPS_TENANT_ID": simulator.tenant_id,
        "CVOPS_CLIENT_ID": simulator.automation.client_id,
        "CVOPS_CLIENT_SECRET": simulator.automation.client_secret,
        "CVOPS_AUTHORITY_URL": simulator.login_url,
        "CVOPS_GRAPH_URL": simulator.graph_url,
        "CVOPS_INSTANCE_DISCOVERY": "false",
        "CVOPS_CA_PATH": simulator.ca_path,
    }
    for cell in list(simulator.commcells.values())[:1]:
        username, password = cell.admin
        found |= {
            "CVOPS_COMMVAULT_URL": cell.url,
            "CVOPS_COMMVAULT_USERNAME": username,
            "CVOPS_COMMVAULT_PASSWORD": password,
            "CVOPS_COMMVAULT_CA_PATH": simulator.ca_path,
        }
    return found


def _playbook(tasks: Tasks | str, folder: pathlib.Path) -> str:
    if isinstance(tasks, str):
        return tasks
    whole = any("hosts" in entry or "import_playbook" in entry for entry in tasks)
    plays = list(tasks) if whole else [{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]
    path = folder / "playbook.yml"
    path.write_text(yaml.safe_dump(plays, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return str(path)


def _lines(path: pathlib.Path) -> list[dict[str, t.Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
