# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a playbook could not write at its end are told before it begins."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.plugin_utils import output_files
from ansible_collections.cvops.identity.plugins.plugin_utils.output_files import WRITTEN, find_unwritable_files
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_document import NEEDED, check_variables
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA


def find(value: t.Any, folder: pathlib.Path | None = None, playbook: str = "rotate_secrets") -> list[str]:
    values = {"cvops_summary_file": value}
    return [str(problem) for problem in find_unwritable_files(values, playbook, str(folder) if folder else None)]


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a folder that cannot write to, with a file; also for root, who may everything."""
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "there.json").write_text("{}")
    real = os.access
    monkeypatch.setattr(output_files.os, "access", lambda path, mode: str(path) != str(folder) and real(path, mode))
    return folder


@pytest.mark.parametrize("value", [None, "", " ", "new.json", "there/new.json", "~/new.json", ["x"], 7])
def test_what_can_be_written_or_names_nothing_is_no_problem(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, value: t.Any
) -> None:
    (tmp_path / "there").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find(value, tmp_path) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("there", "is a folder"),
        ("gone/new.json", "its folder does not exist; create the folder"),
        ("file/new.json", "is a file"),
        ("~/gone/new.json", "its folder does not exist"),
    ],
)
def test_what_cannot_be_written_is_told_without_its_value(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, value: str, told: str
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path))
    (problem,) = find(value, tmp_path)
    assert problem.startswith("cvops_summary_file: ") and told in problem
    assert "new.json" not in problem and str(tmp_path) not in problem


def test_a_folder_that_may_not_be_written_to_is_told(locked: pathlib.Path) -> None:
    """Also for a file that is there: it is replaced by a new one."""
    for name in ("new.json", "there.json"):
        assert "cannot write to" in find(str(locked / name))[0]


def test_relative_paths_begin_where_the_playbook_says(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    assert find("sub/new.json") == []
    assert find("sub/new.json", tmp_path) != []


def test_a_playbook_is_told_of_the_files_that_it_writes(tmp_path: pathlib.Path) -> None:
    missing = str(tmp_path / "gone" / "x")
    for playbook in NEEDED:
        document = {name: missing for names in WRITTEN.values() for name in names}
        told = check_variables(document, SCHEMA, lambda value: value, playbook).problems
        found = [line.partition(":")[0] for line in told if "its folder does not exist" in line]
        assert found == list(WRITTEN.get(playbook, ())), playbook


def test_every_file_is_written_by_the_playbooks_that_are_told_to() -> None:
    """A variable that a playbook takes for the place of a file is in the table, and in the schema."""
    root = pathlib.Path(__file__).parents[4] / "playbooks"
    shared = {"rotate_secrets": ["tasks/report_rotations.yml"], "preflight": ["tasks/preflight.yml"]}
    plan = ["plays/plan_and_apply.yml", "tasks/report.yml", "tasks/report_more.yml"]
    for playbook, names in WRITTEN.items():
        files = [
            f"{playbook}.yml",
            *shared.get(playbook, plan if playbook in ("site", "converge_role_mappings") else []),
        ]
        text = "".join((root / name).read_text() for name in files)
        assert sorted(names) == sorted({name for name in SCHEMA if f"{name} | cvops.identity.to_path" in text}), (
            playbook
        )
