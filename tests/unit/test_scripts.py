# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scripts behind `make test`: they choose well, end what they started, and see when something is wrong."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import time

import check
import pytest
from interpreters import choose_targets, probe
from processes import end_group, run
from steps import ON_MINIMUMS, PYTEST_SUMMARY, Failed, minimum_pins


def chosen(*versions: tuple[int, int]) -> list[tuple[str, str]]:
    targets = choose_targets({version: pathlib.Path("python") for version in versions})
    return [(target.role, target.label) for target in targets]


def test_both_ends_are_tested_when_both_pythons_are_there() -> None:
    assert chosen((3, 11), (3, 12), (3, 13)) == [
        ("oldest", "core 2.16 on Python 3.11"),
        ("newest", "core 2.21 on Python 3.13"),
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


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: pathlib.Path) -> None:
    child = tmp_path / "child"
    code = (
        f"import subprocess as s; p = s.Popen(['sleep', '60']); open({str(child)!r}, 'w').write(str(p.pid)); p.wait()"
    )
    outcome = run([sys.executable, "-c", code], env=os.environ, log=tmp_path / "log", seconds=2)
    assert outcome.code != 0
    assert "too slow" in outcome.text
    assert gone(int(child.read_text()))


def gone(pid: int) -> bool:
    """True once the process has ended; a zombie that init has not collected yet has ended too."""
    for _attempt in range(50):
        try:
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_the_log_holds_each_run_and_the_outcome_only_its_own(tmp_path: pathlib.Path) -> None:
    for word in ("first", "second"):
        outcome = run(["echo", word], env=os.environ, log=tmp_path / "log")
    assert outcome == (0, "$ echo second\nsecond\n")
    assert "first" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        ("3 passed in 0.10s", "3 passed in 0.10s"),
        ("=== 1 failed, 2 passed, 1 error in 61.50s (0:01:01) ===", "1 failed, 2 passed, 1 error in 61.50s"),
    ],
)
def test_the_summary_of_pytest_is_found(line: str, summary: str) -> None:
    assert PYTEST_SUMMARY.findall(f"....\n{line}\n") == [summary]


@pytest.mark.skipif(not pathlib.Path("/proc/self/stat").exists(), reason="needs a /proc")
def test_the_end_of_a_program_is_the_end_of_children_in_sessions_of_their_own(tmp_path: pathlib.Path) -> None:
    child = "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300)"
    parent = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True).pid, flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", parent], start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        left = int(process.stdout.readline())
        end_group(process, patience=5)
    assert process.returncode != 0
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and _runs(left):
        time.sleep(0.05)
    assert not _runs(left)


def _runs(pid: int) -> bool:
    """Whether it is there and no zombie."""
    stat = pathlib.Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_the_oldest_declared_releases_become_exact() -> None:
    assert minimum_pins("# why\nmsal>=1.37.0\n\nPyJWT>=2.13.0\n") == ["msal==1.37.0", "PyJWT==2.13.0"]


@pytest.mark.parametrize(
    "line", ["msal", "msal>1", "msal>=1,<2", "msal~=1.0", "-r other.txt", "msal>=1; python_version<'3'"]
)
def test_a_library_without_an_oldest_release_is_a_fault(line: str) -> None:
    with pytest.raises(Failed):
        minimum_pins(line)


def test_what_runs_on_the_oldest_releases_is_there() -> None:
    folder = pathlib.Path(__file__).parents[1] / "integration"
    assert [name for name in ON_MINIMUMS if not (folder / name).is_file()] == []


def test_everything_has_a_step() -> None:
    assert set(check.ORDER) < set(check.ORDER_ALL) <= {*check.ONCE, *check.PER_TARGET}
    assert check.parse(["test-all"]).step == "test-all"
