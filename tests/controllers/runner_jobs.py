# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as a controller runs them: ansible-runner, each job with a private data directory and an inventory of its own."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from collection_tree import collections_path

PLAYBOOK = "cvops.identity.converge_role_mappings"


@dataclass
class Job:
    """A job that has been started; ``folder`` is its private data directory."""

    folder: pathlib.Path
    process: subprocess.Popen[str]

    def wait(self) -> Job:
        """Return it when it has ended. Its end is no check: see ``ok``."""
        self.text = self.process.communicate(timeout=400)[0]
        return self

    def ok(self) -> Job:
        """Return it when it has ended well."""
        self.wait()
        assert self.process.returncode == 0, self.text
        return self

    def events(self) -> list[tuple[int, dict[str, t.Any]]]:
        """The events of the job in their order, each with its size in bytes."""
        files = (self.folder / "artifacts" / "job" / "job_events").glob("*.json")
        found = [(path.stat().st_size, json.loads(path.read_text("utf-8"))) for path in files]
        return sorted(found, key=lambda pair: pair[1]["counter"])


def deal_hosts(hosts: Sequence[str], slices: int) -> list[list[str]]:
    """Return the hosts of each slice: sorted by name, dealt like cards."""
    return [sorted(hosts)[number::slices] for number in range(slices)]


def start_job(
    folder: pathlib.Path,
    variables: Mapping[str, t.Any],
    hosts: Sequence[str] | None,
    *words: str,
    playbook: str = PLAYBOOK,
) -> Job:
    """Start a job in *folder*. *hosts*: of the inventory's group ``cvops_commcells``; None: an inventory without the group."""
    for name in ("env", "inventory", "project"):
        (folder / name).mkdir(parents=True)
    (folder / "project" / "job.yml").write_text(f"- ansible.builtin.import_playbook: {playbook}\n", encoding="utf-8")
    grouped = {} if hosts is None else {"children": {"cvops_commcells": {"hosts": dict.fromkeys(hosts, {})}}}
    inventory = {"all": {"hosts": {"localhost": {"ansible_connection": "local"}}, **grouped}}
    (folder / "inventory" / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "env" / "extravars").write_text(json.dumps(dict(variables), default=str), encoding="utf-8")
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_HOME": str(folder / "home"),
        "HOME": str(folder),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CVOPS_", "ANSIBLE_"))}
    program = [sys.executable, "-m", "ansible_runner", "run", str(folder), "-p", "job.yml", "-i", "job"]
    process = subprocess.Popen(
        [*program, *([f"--cmdline={' '.join(words)}"] if words else [])],
        env={**kept, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Job(folder, process)
