# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints what the role mapping of set L costs, beside a careful script on the official SDK, and what a task costs."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile
import time
import typing as t

import sdk_script
import yaml
from measuring import HEADER, ROOT, Cost, Served, measure

TASKS = 20


def mapping(site: Served, commcell: str, **more: t.Any) -> dict[str, t.Any]:
    """Options of the mapping module."""
    common = {"mappings": site.document["cvops_role_mappings"], "commcell": commcell, "max_removals": 1000}
    return {**site.options(commcell), **common, **more}


def set_l(folder: pathlib.Path) -> None:
    """First apply, no change, exclusive, and the same by a script on the official SDK."""
    site = Served(folder / "l", "--set", "L", "--empty")
    cell = next(iter(site.document["cvops_connection"]["commcells"]))
    try:
        for role in site.document["cvops_commvault_roles"]:
            wanted = {name: value for name, value in role.items() if name != "commcells"}
            done = measure(site, "role", "commvault_role", {**site.options(cell), **wanted})
            check(done)
        names = ("first apply of L", "L again, nothing to do", "L again, exclusive")
        for what, more in zip(names, ({}, {}, {"exclusive": True}), strict=True):
            cost = measure(site, what, "commvault_role_mappings", mapping(site, cell, **more))
            check(cost)
            print(cost.line(), flush=True)
        site.counts()
        started = time.monotonic()
        sdk_script.apply(site, cell)
        reads, writes = site.counts()
        print(
            Cost(
                "the same by a script on the official SDK", reads, writes, 0.0, time.monotonic() - started, 0, {}
            ).line()
        )
    finally:
        site.close()


def check(cost: Cost) -> None:
    """A measurement of something that failed is none."""
    if cost.result.get("failed"):
        raise SystemExit(f"{cost.what}: {cost.result.get('msg')}")


def tasks(folder: pathlib.Path) -> None:
    """Seconds per task, in process and as a module, in one run each."""
    site = Served(folder / "s", "--set", "S")
    try:
        cell = next(iter(site.document["cvops_connection"]["commcells"]))
        connection = site.options(cell)
        environment = {
            **{name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name and "SSL_CERT" not in name},
            **{f"CVOPS_{name.upper()}": str(value) for name, value in connection.items()},
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".build" / "tree"),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_HOME": str(folder / "home"),
        }
        name = site.document["cvops_entra_groups"][0]["unique_name"]
        empty = play(folder, environment, 0, name, True)
        in_process = (play(folder, environment, TASKS, name, True) - empty) / TASKS
        as_module = (play(folder, environment, TASKS, name, False) - empty) / TASKS
        print(
            f"\none entra_group task: {in_process:.3f} s in process, {as_module:.3f} s as a module ({as_module / in_process:.1f} times)"
        )
    finally:
        site.close()


def play(folder: pathlib.Path, environment: dict[str, str], count: int, name: str, in_process: bool) -> float:
    """Seconds that a play of *count* tasks takes."""
    task = {"name": "one group", "cvops.identity.entra_group": {"unique_name": name}}
    playbook = folder / "play.yml"
    header = {"hosts": "localhost", "connection": "local", "gather_facts": False}
    playbook.write_text(
        yaml.safe_dump([{**header, "vars": {"cvops_in_process": in_process}, "tasks": [task] * count}]),
        encoding="utf-8",
    )
    started = time.monotonic()
    command = [str(pathlib.Path(sys.executable).parent / "ansible-playbook"), str(playbook)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.monotonic() - started


def main() -> None:
    """Everything, one table."""
    with tempfile.TemporaryDirectory() as folder:
        print(HEADER)
        set_l(pathlib.Path(folder))
        tasks(pathlib.Path(folder))


if __name__ == "__main__":
    main()
