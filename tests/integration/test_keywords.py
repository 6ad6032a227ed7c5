# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keywords of Ansible that change how a task is run: they mean in process what they mean for any module."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from helpers.playing import Player

INFO = "cvops.identity.entra_group_info"
GROUP = "cvops.identity.entra_group"
KNOWN = {"display_name": "GG-Commvault-hq-vm-Admin"}


def sign_ins(site: Simulator) -> int:
    return len([entry for entry in site.journal.entries(service="login") if entry.method == "POST"])


def hosts(count: int) -> dict[str, t.Any]:
    """A task that makes an inventory of several names, all of them this machine."""
    names = [f"node{number}" for number in range(count)]
    return {"name": "hosts", "ansible.builtin.add_host": {"name": "{{ item }}", "groups": "nodes"}, "loop": names}


def plays(*tasks: dict[str, t.Any], count: int = 4, **keywords: t.Any) -> list[dict[str, t.Any]]:
    first = {"hosts": "localhost", "gather_facts": False, "tasks": [hosts(count)]}
    return [first, {"hosts": "nodes", "gather_facts": False, "tasks": list(tasks), **keywords}]


def test_free_strategy_run_once_throttle_and_retries(site: Simulator, play: Player) -> None:
    site.journal.clear()
    run = play(
        plays(
            {"name": "each", INFO: KNOWN, "throttle": 2},
            {"name": "until", INFO: KNOWN, "register": "found", "until": "found.groups | length > 0", "retries": 2},
            strategy="ansible.builtin.free",
        )
    ).ok()
    assert len(run.of("each")) == len(run.of("until")) == 4
    assert sign_ins(site) == 1
    once = play(plays({"name": "once", GROUP: {"display_name": "GG-Once"}, "run_once": True}), env={}).ok()
    assert len(once.of("once")) == 1
    assert len([group for group in site.tenant.groups.values() if group["displayName"] == "GG-Once"]) == 1


def test_until_gives_up_and_keeps_the_last_result(play: Player) -> None:
    task = {"name": "never", INFO: {"display_name": "GG-None"}, "register": "found"}
    run = play([{**task, "until": "found.groups | length > 0", "retries": 1, "delay": 0}])
    assert run.rc != 0
    assert run.of("never")[-1]["attempts"] == 1 and run.of("never")[-1]["groups"] == []


def test_start_at_task_and_ignored_errors_go_on(play: Player) -> None:
    tasks = [
        {"name": "left out", INFO: {"display_name": "GG-One"}},
        {"name": "fails", INFO: {"object_id": "no guid"}, "ignore_errors": True, "register": "failed"},
        {
            "name": "tells",
            "ansible.builtin.assert": {"that": ["failed is failed", "failed.error.kind is defined"]},
        },
    ]
    run = play(tasks, "--start-at-task", "fails").ok()
    assert {result.task for result in run.results} == {"fails", "tells"}


def test_two_hundred_lookups_of_one_variable_sign_in_once(site: Simulator, play: Player) -> None:
    site.journal.clear()
    task = {
        "name": "look up",
        "ansible.builtin.debug": {
            "msg": "{{ range(100) | map('string') | map('regex_replace', '^', token[:0]) | list | length }}"
        },
        "loop": "{{ range(100) | list }}",
        "vars": {"token": "{{ lookup('cvops.identity.entra_token') }}{{ lookup('cvops.identity.entra_token') }}"},
    }
    run = play([task]).ok()
    assert len(run.of("look up")) == 100
    assert sign_ins(site) == 1
