# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every role has a scenario of Molecule that goes through the same steps, and a run that leaves one out is no success."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from collection_tree import ROOT
from molecule_scenarios import ACTIONS, DEFAULT, FOLDER, SAMPLE, list_scenarios, recap_faults

ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
RECAP = """
SCENARIO RECAP
default                   : actions=1  successful=1  disabled=0  skipped=0  missing=0  failed=0
site                      : actions=6  successful=6  disabled=0  skipped=0  missing=0  failed=0
document                  : actions=6  successful=5  disabled=0  skipped=1  missing=0  failed=0
"""


def read(name: str) -> t.Any:
    return yaml.safe_load((FOLDER / name).read_text("utf-8"))


def test_every_role_and_the_playbook_have_one() -> None:
    assert list_scenarios() == sorted([*ROLES, "site"])
    assert set(SAMPLE) <= set(list_scenarios())


def test_the_steps_are_those_of_all() -> None:
    assert read("config.yml")["scenario"]["test_sequence"] == ["create", *ACTIONS, "destroy"]
    assert [name for name in list_scenarios() if "scenario" in (read(f"{name}/molecule.yml") or {})] == []
    assert read(f"{DEFAULT}/molecule.yml")["scenario"]["test_sequence"] == ["create", "destroy"]


@pytest.mark.parametrize("name", list_scenarios())
def test_a_scenario_runs_what_it_is_named_after_and_is_judged(name: str) -> None:
    """Its play ends with the check of what a run has done; what is there is looked at, with a check that can fail."""
    converge, verify = ((FOLDER / name / f"{part}.yml").read_text("utf-8") for part in ("converge", "verify"))
    assert f"cvops.identity.{name}\n" in converge
    assert converge.index("../shared/tasks/before.yml") < converge.index(f"cvops.identity.{name}\n")
    assert converge.index(f"cvops.identity.{name}\n") < converge.index("../shared/tasks/after.yml")
    assert "ansible.builtin.assert:" in verify


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("site", []),
        ("document", ["scenario document: 5 of 6 actions succeeded"]),
        ("validate", ["scenario validate: 0 of 6 actions succeeded"]),
    ],
)
def test_a_scenario_that_was_left_out_is_told(name: str, told: list[str]) -> None:
    assert recap_faults(RECAP, [name]) == told
