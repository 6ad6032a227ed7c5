# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflows run steps that are there, on every release of ansible-core that is supported, and only what they name exactly.

`make lint` judges them by the schema of GitHub; that each step of the Makefile is a session says test_noxfile.py.
"""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from interpreters import PYTHONS_OF

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def jobs(path: pathlib.Path) -> dict[str, dict[str, t.Any]]:
    return t.cast("dict[str, dict[str, t.Any]]", yaml.safe_load(path.read_text("utf-8"))["jobs"])


STEPS = [
    pytest.param(step, id=f"{path.stem}-{name}-{number}")
    for path in WORKFLOWS
    for name, job in jobs(path).items()
    for number, step in enumerate(job["steps"])
]


def test_these_are_all() -> None:
    assert [path.stem for path in WORKFLOWS] == ["ci", "release"]


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_runs_is_there(step: dict[str, t.Any]) -> None:
    (steps,) = re.findall(r"^STEPS = (.+)$", MAKEFILE, re.MULTILINE)
    for words in re.findall(r"^make (.+)$", step.get("run", ""), re.MULTILINE):
        assert set(words.split()) <= {*steps.split(), "test", "test-all"}
    for script in re.findall(r"^\.\S+", step.get("run", ""), re.MULTILINE):
        assert (ROOT / script).stat().st_mode & 0o100


@pytest.mark.parametrize("step", STEPS)
def test_a_step_runs_exactly_one_version_and_takes_no_text_of_others(step: dict[str, t.Any]) -> None:
    """A tag can be moved, a commit cannot; an expression in a command is put into it before the shell reads it."""
    assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step.get("uses", "actions/none@" + "0" * 40))
    assert "${{" not in step.get("run", "")
    if "actions/checkout@" in step.get("uses", ""):
        assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_job_may_do_little_and_ends(path: pathlib.Path) -> None:
    assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {"contents": "read"}
    for name, job in jobs(path).items():
        assert job["timeout-minutes"] <= 90, name
        if job.get("permissions", {}).get("contents") == "write":
            assert job["environment"] == "release", f"{name} writes, and nobody is asked"
            assert not [step for step in job["steps"] if "checkout" in step.get("uses", "")]


def test_every_supported_core_is_tested() -> None:
    cores = jobs(FOLDER / "ci.yml")["cores"]
    rows = cores["strategy"]["matrix"]["include"]
    assert [row["core"] for row in rows] == list(PYTHONS_OF)
    for row in rows:
        assert tuple(map(int, row["python"].split("."))) in PYTHONS_OF[row["core"]], row
    assert [step["env"] for step in cores["steps"] if "make" in step.get("run", "")] == [{"ENV": "${{ matrix.core }}"}]


def test_the_variables_of_sessions_are_read() -> None:
    used = {
        name
        for path in WORKFLOWS
        for job in jobs(path).values()
        for step in job["steps"]
        for name in step.get("env", {})
    }
    ours = {name for name in used if name.startswith("CVOPS_")}
    noxfile = (ROOT / "noxfile.py").read_text("utf-8")
    assert ours and {name for name in ours if f'"{name}"' not in noxfile} == set()
