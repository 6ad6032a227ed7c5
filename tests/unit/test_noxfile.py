# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the steps run pytest: which are measured, that the step coverage finds what they wrote, and that none hangs.

noxfile.py runs with a stand-in for nox.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest
from collection_tree import ROOT

#: Imports noxfile.py, as if two Pythons were at hand.
IMPORTED = """
import json, pathlib, sys, time, types
from unittest import mock

root, build, tag = sys.argv[1:]
sys.path[:0] = [root, root + "/scripts"]
sessions = []

def session(**settings):
    return lambda function: sessions.append((settings, function)) or function

nox = mock.MagicMock(session=session)
sys.modules |= {"nox": nox, "nox.command": mock.MagicMock(CommandFailed=OSError), "antsibull_nox": mock.MagicMock()}
import environments, interpreters

environments.BUILD = pathlib.Path(build)
python = pathlib.Path(sys.executable)
interpreters.find_pythons = lambda: {(3, 11): python, (3, 13): python}
import noxfile

noxfile.atexit._clear()
"""
#: Runs the steps of a tag; prints what pytest would measure, what coverage would combine, and pytest's arguments.
PROGRAM = """
measured, combined, arguments = [], [], {}

def run(step, program, *words, variables=None, cwd=root, minutes=30):
    variables = variables or {}
    if "pytest" in words:
        arguments[step.session.name] = [str(word) for word in words]
    if "combine" in words:
        combined.extend(word.name for word in words if isinstance(word, pathlib.Path) and word.parent == noxfile.COVERAGE)
    elif "COVERAGE_FILE" in variables and "report" not in words:
        measured.append(step.session.name)
        pathlib.Path(variables["COVERAGE_FILE"] + f".host.{step.session.name}").touch()
    return "TOTAL 1 0 100.0%" if "report" in words else "1 passed in 1.00s"

noxfile.Step.run = run
noxfile.COVERAGE.mkdir(parents=True, exist_ok=True)
for settings, function in sessions:
    name = settings["name"]
    if tag in settings.get("tags", ()) and name.startswith(("unit", "integration", "simulator", "coverage")):
        function(types.SimpleNamespace(name=name, log=lambda text: None, error=sys.exit))
print(json.dumps([measured, combined, arguments]))
"""
#: Prints the sessions: their names, their tags, the sessions that they need.
SESSIONS = """
print(json.dumps([[each["name"], *(each.get(key, []) for key in ("tags", "requires"))] for each, _function in sessions]))
"""
#: Runs a program that does not end, with a limit, and one that does; prints how each ended.
HANGING = """
noxfile.ROOT = pathlib.Path("/")
step = noxfile.Step(types.SimpleNamespace(name="lint", run=lambda *words, **settings: time.sleep(float(words[-1]))), "x")
try:
    step.run("sleep", "60", minutes=1 / 120)
except noxfile.CommandFailed as failed:
    print(failed)
step.run("sleep", "0", minutes=1 / 120)
time.sleep(1)
print("no alarm is left")
"""
#: Runs the session of a release with stand-ins for what it makes; prints the programs that it runs.
RELEASING = """
ran = []
noxfile.Step.run = lambda step, *words, **settings: ran.append([str(word) for word in words]) or ""
noxfile.build_artifact = lambda step, folder: pathlib.Path("x.tar.gz")
for name in ("check_reproducible", "check_import", "install_image_layers", "build_simulator"):
    setattr(noxfile, name, lambda *words, **settings: None)
noxfile.staging = mock.MagicMock(artifact_faults=lambda names: [])
noxfile.release_files = mock.MagicMock(release_faults=lambda tag: [], read_version=lambda: "1.2.3")
(release,) = (function for settings, function in sessions if settings["name"] == "release")
release(types.SimpleNamespace(name="release", log=lambda text: None, error=sys.exit))
print(json.dumps(ran))
"""


def run_program(program: str, build: pathlib.Path, tag: str = "", environment: str = "all") -> list[str]:
    """Return the lines that a program wrote which runs after IMPORTED."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED + program, str(ROOT), str(build), tag],
        env={**os.environ, "ENV": environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


class Ran(t.NamedTuple):
    """The sessions that were measured, the files that coverage combined after them, and the arguments of pytest by session."""

    measured: list[str]
    combined: list[str]
    arguments: dict[str, list[str]]


def run_steps(build: pathlib.Path, tag: str, environment: str) -> Ran:
    """Run the sessions of *tag* that use pytest, with this ENV."""
    return Ran(*json.loads(run_program(PROGRAM, build, tag, environment)[-1]))


@pytest.mark.parametrize(
    ("environment", "role"),
    [("all", "newest"), ("oldest", "oldest"), ("newest", "newest"), ("", "newest"), ("2.18", "named")],
)
def test_one_environment_is_measured_whichever_was_chosen(tmp_path: pathlib.Path, environment: str, role: str) -> None:
    measured, combined, dummy = run_steps(tmp_path, "test", environment)
    assert measured == [f"unit-{role}"]
    assert combined == [f"unit-{role}.host.unit-{role}"]


def test_only_what_the_last_run_measured_is_reported(tmp_path: pathlib.Path) -> None:
    run_steps(tmp_path, "test", "newest")
    measured, combined, dummy = run_steps(tmp_path, "test-all", "all")
    assert combined == [f"{name.replace('-whole', '')}.host.{name}" for name in reversed(measured)]
    assert {name.partition("-")[0] for name in measured} == {"unit", "integration"}
    assert run_steps(tmp_path, "test", "all").combined == ["unit-newest.host.unit-newest"]


def test_every_run_of_pytest_ends(tmp_path: pathlib.Path) -> None:
    """The limit of a session is looked at between tests: alone, it lets a test that hangs go on for ever."""
    arguments = run_steps(tmp_path, "test", "all").arguments | run_steps(tmp_path, "test-all", "all").arguments
    assert {"simulator", "unit-oldest", "integration-newest", "integration-whole-newest"} <= set(arguments)
    assert [name for name, words in arguments.items() if not {"--timeout=600", "--session-timeout"} <= set(words)] == []


def test_a_program_that_does_not_end_fails_its_step(tmp_path: pathlib.Path) -> None:
    *dummy, told, after = run_program(HANGING, tmp_path)
    assert told.startswith("sleep did not end within")
    assert after == "no alarm is left"


def test_a_release_checks_what_is_kept_of_it(tmp_path: pathlib.Path) -> None:
    ran = json.loads(run_program(RELEASING, tmp_path)[-1])
    assert ["python", "scripts/keep_release.py", "1.2.3", "--check"] in ran


@pytest.mark.parametrize("environment", ["all", "oldest", "2.16", "2.18", "2.22"])
def test_what_a_session_needs_is_there(tmp_path: pathlib.Path, environment: str) -> None:
    sessions = json.loads(run_program(SESSIONS, tmp_path, "", environment)[-1])
    names = [name for name, _tags, _needed in sessions]
    assert len(names) == len(set(names))
    assert {need for _name, _tags, needed in sessions for need in needed} <= set(names)


def test_make_test_runs_every_step_of_make_test_all_or_a_sample_of_it(tmp_path: pathlib.Path) -> None:
    """A step that some other step runs beside others stands in its list; what only `make test-all` has is named here."""
    sessions = {name: tags for name, tags, _needed in json.loads(run_program(SESSIONS, tmp_path)[-1])}
    beside = json.loads(run_program("print(json.dumps(noxfile.ALONGSIDE))", tmp_path)[-1])
    assert set(beside) <= set(sessions)
    assert [name for name in beside if "test" in sessions[name]] == []
    run = {name for name, tags in sessions.items() if "test" in tags} | set(beside)
    samples = {name.replace("-whole", "") for name, tags in sessions.items() if "test-all" in tags and "-whole" in name}
    others = {name for name, tags in sessions.items() if "test-all" in tags and "-whole" not in name}
    assert samples <= run
    only_whole = {"faults", "devel", "minimums", "molecule", "browser", "adversarial-oldest", "adversarial-newest"}
    assert others - run == only_whole


def test_every_step_of_the_makefile_is_a_session(tmp_path: pathlib.Path) -> None:
    """The session that antsibull-nox brings is part of `lint`."""
    (steps,) = re.findall(r"^STEPS = (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    sessions = json.loads(run_program(SESSIONS, tmp_path)[-1])
    assert set(steps.split()) <= {tag for _name, tags, _needed in sessions for tag in tags}
