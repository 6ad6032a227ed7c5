# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Examples of earlier releases that documentation does not show any more still run; those that it shows run in test_examples.py."""

from __future__ import annotations

import pathlib
import re
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
TASK = "- name: Find it\n  cvops.identity.entra_group_info:\n    {}: {}\n"
#: How Ansible and modules refuse what they do not know, on every release of ansible-core.
REFUSALS = re.compile(
    r"Unsupported parameters|value of \S+ must be|missing (?:required|parameter)|is required: |mutually exclusive|is of type|unable to convert to"
    r"|[Cc]ouldn't resolve|[Cc]ould not load|[Nn]o filter named|lookup plugin \W?cvops\.identity\.\w+\W? (?:was )?not found|[Nn]o (?:lookup|filter|test) plugin"
)


def run_examples(
    blocks: t.Sequence[CodeBlock], site: Simulator, play: Player, folder: pathlib.Path
) -> tuple[list[str], dict[str, str]]:
    """Run the tasks of the blocks in one play; return the names of those that were taken, and what refused the others.

    An example may fail, since it may need a variable or an object that is not here. It must not be refused: by Ansible or the module, because
    that does not know an action, a plugin, an option or a value any more; nor may it meet a fault of the code.
    """
    tasks = shown_tasks(blocks, site, folder)
    if not tasks:
        return [], {}
    run = play(tasks, extra_vars={"cvops_role_mappings": []}, env={"SSL_CERT_FILE": site.ca_path})
    assert len(run.results) >= len(tasks), run.text
    refused = {
        result.task: str(result.get("msg"))
        for result in run.results
        if result.failed
        and (REFUSALS.search(str(result.get("msg"))) or result.get("error", {}).get("kind") == "internal")
    }
    return [result.task for result in run.results if result.task not in refused], refused


def test_examples_of_releases_that_are_shown_no_more_still_run(
    site: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    releases = [one for one in kept_versions(VERSION) if one.split(".")[0] == VERSION.split(".")[0]]
    blocks = leave_out_current(block for kept in releases for block in read_examples(kept))
    _ran, refused = run_examples(blocks, site, play, tmp_path)
    assert refused == {}


def test_an_example_that_runs_no_more_is_told(site: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    debug = "- ansible.builtin.debug:\n    msg: {}\n"
    examples = {
        "good": TASK.format("display_name", "GG-Commvault-hq-vm-Operator"),
        "an undefined variable": TASK.format("display_name", '"{{ a_group }}"'),
        "no object": TASK.format("object_id", "3b7e0c54-6a1d-4f0e-9d52-8c41aa0f7e16"),
        "an option": TASK.format("display_nam", "GG-Commvault-hq-vm-Operator"),
        "a value": "- cvops.identity.entra_group:\n    display_name: GG-x\n    state: gone\n",
        "a filter": debug.format("\"{{ 'x' | cvops.identity.no_such_filter }}\""),
        "a lookup": debug.format("\"{{ lookup('cvops.identity.no_such_lookup') }}\""),
    }
    blocks = [CodeBlock(name, "yaml", text) for name, text in examples.items()]
    ran, refused = run_examples(blocks, site, play, tmp_path)
    assert ran == ["good 0", "an undefined variable 0", "no object 0"], refused
    assert list(refused) == ["an option 0", "a value 0", "a filter 0", "a lookup 0"]
