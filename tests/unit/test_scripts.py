# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts behind `make test`: they choose well, and see when something is wrong."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import typing as t

import environments
import generated_files
import pytest
import side_by_side
import staging
from environments import minimum_core, minimum_pins
from interpreters import NEWEST_CORE, OLDEST, PYTHONS_OF, choose_targets, name_target, probe
from pytest_counts import Counts


def chosen(*versions: tuple[int, int]) -> list[tuple[str, str]]:
    targets = choose_targets({version: pathlib.Path("python") for version in versions})
    return [(target.role, target.label) for target in targets]


def test_both_ends_are_tested_when_both_pythons_are_there() -> None:
    assert chosen((3, 11), (3, 12), (3, 13)) == [
        ("oldest", "core 2.16 on Python 3.11"),
        ("newest", "core 2.22 on Python 3.13"),
    ]


def test_else_the_newest_core_for_the_python_at_hand() -> None:
    assert chosen((3, 11)) == [("only", "core 2.19 on Python 3.11")]
    assert chosen((3, 12)) == [("only", "core 2.21 on Python 3.12")]
    assert chosen((3, 11), (3, 12)) == [("only", "core 2.21 on Python 3.12")]


def test_no_python_is_an_error() -> None:
    with pytest.raises(SystemExit, match=r"3\.11"):
        chosen()


def test_an_interpreter_that_does_not_run_is_not_taken(tmp_path: pathlib.Path) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    assert probe(shim) is None
    assert probe(tmp_path / "absent") is None
    found = probe(sys.executable)
    assert found is not None
    assert found[0] == sys.version_info[:2]


HERE = {version: pathlib.Path("python") for version in [(3, 11), (3, 12), (3, 13)]}


@pytest.mark.parametrize("core", PYTHONS_OF)
def test_every_supported_core_can_be_named(core: str) -> None:
    target = name_target(core, HERE)
    assert (target.role, target.core) == ("named", core)
    assert target.version == max(set(PYTHONS_OF[core]) & set(HERE))


@pytest.mark.parametrize(
    ("core", "pythons", "told"),
    [
        ("2.15", HERE, "there is no environment of ansible-core '2.15': there are 2.16, "),
        (
            "2.22",
            {(3, 11): pathlib.Path("python")},
            "ansible-core 2.22 runs on none of the Pythons here; it needs one of 3.13",
        ),
    ],
)
def test_a_core_that_cannot_be_tested_is_told(
    core: str, pythons: dict[tuple[int, int], pathlib.Path], told: str
) -> None:
    with pytest.raises(SystemExit, match=re.escape(told)):
        name_target(core, pythons)


def test_the_tables_of_cores_agree() -> None:
    for version, core in [*NEWEST_CORE.items(), OLDEST]:
        assert version in PYTHONS_OF[core]
    newest = {version: max(c for c, pythons in PYTHONS_OF.items() if version in pythons) for version in NEWEST_CORE}
    assert newest == NEWEST_CORE


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        ("3 passed in 0.10s", "3 passed in 0.10s"),
        ("=== 1 failed, 2 passed, 1 error in 61.50s (0:01:01) ===", "1 failed, 2 passed, 1 error in 61.50s"),
    ],
)
def test_the_summary_of_pytest_is_found(line: str, summary: str) -> None:
    assert Counts().add(f"....\n{line}\n") == summary


def test_the_tests_of_all_runs_are_summed_up() -> None:
    counts = Counts()
    assert str(counts) == ""
    for output in ("3 passed in 0.10s", "1 failed, 2 passed in 61.50s (0:01:01)", "no tests at all"):
        counts.add(output)
    assert str(counts) == "5 passed, 1 failed in 61.60s"


SHIPPED = {*staging.SHIPPED, "plugins/modules/a.py"}


def test_an_artifact_with_what_it_must_have_has_no_faults() -> None:
    assert staging.artifact_faults(SHIPPED) == []


@pytest.mark.parametrize("name", ["scripts/a.py", "demo/a.py", "simulator/README.md", "tests/unit/a.py", ".build/x"])
def test_what_must_not_be_shipped_is_seen(name: str) -> None:
    assert staging.artifact_faults({*SHIPPED, name}) == [f"must not be in the artifact: {name}"]


def test_what_is_missing_from_the_artifact_is_seen() -> None:
    assert staging.artifact_faults(SHIPPED - {"SECURITY.md"}) == ["not in the artifact: SECURITY.md"]


def test_environments_lie_where_no_path_has_a_blank_and_none_is_long(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    for name in ("a b", "x" * 80):
        monkeypatch.setattr(environments, "BUILD", tmp_path / name)
        folder = environments.environments_folder()
        assert re.fullmatch(r"/tmp/cvops-venvs-[0-9a-f]{12}", str(folder))
        assert folder.resolve() == (tmp_path / name / "venvs").resolve()
        folder.unlink()
    monkeypatch.setattr(environments, "BUILD", pathlib.Path(tempfile.mkdtemp(dir="/tmp")))
    assert environments.environments_folder() == environments.BUILD / "venvs"
    shutil.rmtree(environments.BUILD)


def test_tests_see_nothing_of_the_caller_and_tools_nothing_that_misleads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_CLIENT_SECRET", "HTTPS_PROXY", "PYTHONPATH", "SSL_CERT_FILE", "LC_ALL"):
        monkeypatch.setenv(name, "theirs")
    tests = environments.testing_variables(pathlib.Path("/venv"))
    assert "theirs" not in tests.values()
    tools = environments.tool_variables(pathlib.Path("/venv"), pathlib.Path("/stage"))
    assert {name for name, value in tools.items() if value == "theirs"} == {"AZURE_CLIENT_SECRET", "HTTPS_PROXY"}
    assert tools["ANSIBLE_COLLECTIONS_PATH"] == "/stage"
    assert tools["PATH"] == tests["PATH"] == "/venv/bin:/usr/local/bin:/usr/bin:/bin"


def test_the_oldest_declared_releases_become_exact() -> None:
    assert minimum_pins("# why\nmsal>=1.37.0\n\nPyJWT>=2.13.0\n") == ["msal==1.37.0", "PyJWT==2.13.0"]


@pytest.mark.parametrize(
    "line", ["msal", "msal>1", "msal>=1,<2", "msal~=1.0", "-r other.txt", "msal>=1; python_version<'3'"]
)
def test_a_library_without_an_oldest_release_is_a_fault(line: str) -> None:
    with pytest.raises(ValueError, match="oldest release"):
        minimum_pins(line)


def beside(folder: pathlib.Path, name: str, script: str) -> dict[str, t.Any]:
    """A program for side_by_side that runs a shell script in *folder*."""
    log = str(folder / f"{name}.log")
    return {
        "name": name,
        "command": ["sh", "-c", script],
        "variables": dict(os.environ),
        "cwd": str(folder),
        "log": log,
    }


def test_the_oldest_core_is_the_one_that_is_declared() -> None:
    assert minimum_core('---\nrequires_ansible: ">=2.16.0"\naction_groups: {}\n') == "ansible-core==2.16.0"
    with pytest.raises(ValueError, match="requires_ansible"):
        minimum_core("requires_ansible: '<3'\n")


def test_programs_run_side_by_side(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each waits for what the other one makes; what fails is shown, and nothing else."""
    wait = "touch {}; for dummy in $(seq 200); do [ -e {} ] && exit {}; sleep 0.05; done; exit 9"
    programs = [
        beside(tmp_path, "one", f"echo from one; {wait.format('1', '2', 0)}"),
        beside(tmp_path, "two", f"echo from two; {wait.format('2', '1', 3)}"),
    ]
    path = tmp_path / "programs.json"
    path.write_text(json.dumps(programs))
    assert side_by_side.main(str(path)) == 1
    shown = capsys.readouterr().out
    assert "from two" in shown and "two failed" in shown and "from one" not in shown
    path.write_text(json.dumps([beside(tmp_path, "three", "echo fine")]))
    assert side_by_side.main(str(path)) == 0


def test_each_program_is_told_when_it_has_ended(tmp_path: pathlib.Path) -> None:
    """The first one waits for a file that the second one makes."""
    wait = "for dummy in $(seq 200); do [ -e done ] && exit 3; sleep 0.05; done"
    programs = [beside(tmp_path, "slow", wait), beside(tmp_path, "quick", "exit 0")]
    told: list[str] = []

    def tell(name: str) -> None:
        told.append(name)
        (tmp_path / "done").touch()

    assert side_by_side.run_together(programs, tell) == ["slow"]
    assert told == ["quick", "slow"]


def test_files_that_scripts_write_are_checked_and_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is right is left alone, and one that should not be there goes."""
    monkeypatch.setattr(generated_files, "ROOT", tmp_path)
    for name, text in (("right", "ü"), ("wrong", "old"), ("left over", "old")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    wanted = {"right": "ü", "wrong": "new", "left over": None, "folder/missing": "new"}
    files = {tmp_path / name: text for name, text in wanted.items()}
    codes = []
    for word in ("--check", "--write", "--check"):
        monkeypatch.setattr(sys, "argv", ["script", word])
        codes.append(generated_files.check_or_write(files, "A script."))
    assert codes == [1, 0, 0]
    assert capsys.readouterr().err.splitlines() == [
        f"{name} is out of date: run make generate" for name in ("wrong", "left over", "folder/missing")
    ]
    assert not (tmp_path / "left over").exists()
