# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Examples of earlier releases that documentation does not show any more still run; those that it shows run in test_examples.py."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from cvops_simulator import Simulator
from helpers.playing import Player
from helpers.shown_tasks import shown_tasks
from keep_release import kept_versions, leave_out_current, read_examples
from shown_code import CodeBlock

pytestmark = pytest.mark.any_core

VERSION = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["version"]
TASK = "- name: Find it\n  cvops.identity.entra_group_info:\n    {}: GG-Commvault-hq-vm-Operator\n"


def run_examples(
    blocks: t.Sequence[CodeBlock], site: Simulator, play: Player, folder: pathlib.Path
) -> tuple[list[str], list[str]]:
    """Run the tasks of the blocks in one play; return the names of those that came to an end of their own, and of those that were refused.

    An example may fail, since it may need what the simulated site lacks. Then the module says so, with ``error``. What Ansible or the
    module refuses, because it does not know an option, or a value, has none; a fault of the code has the kind ``internal``.
    """
    tasks = shown_tasks(blocks, site, folder)
    if not tasks:
        return [], []
    run = play(tasks, extra_vars={"cvops_role_mappings": []}, env={"SSL_CERT_FILE": site.ca_path})
    assert len(run.results) >= len(tasks), run.text
    own = [result for result in run.results if result.action.startswith("cvops.identity.")]
    refused = [
        result.task for result in own if result.failed and result.get("error", {}).get("kind") in (None, "internal")
    ]
    return [result.task for result in own if result.task not in refused], refused


def test_examples_of_releases_that_are_shown_no_more_still_run(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    releases = [one for one in kept_versions(VERSION) if one.split(".")[0] == VERSION.split(".")[0]]
    blocks = leave_out_current(block for kept in releases for block in read_examples(kept))
    _ran, refused = run_examples(blocks, site, play, tmp_path)
    assert refused == []


def test_an_example_that_runs_no_more_is_told(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    names = ("display_name", "display_nam")
    ran, refused = run_examples([CodeBlock(name, "yaml", TASK.format(name)) for name in names], site, play, tmp_path)
    assert (ran, refused) == (["display_name 0"], ["display_nam 0"])
