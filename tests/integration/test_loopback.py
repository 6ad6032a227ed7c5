# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard reaches every process of a playbook run: whoever tries to leave the machine is refused, and the test fails."""

from __future__ import annotations

import pytest
from helpers.playing import Player
from loopback_guard import take_refusals

#: In Ansible's worker, and in a module's own process.
TASKS = {
    "worker": {"ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.url', 'http://192.0.2.1/', timeout=2) }}"}},
    "module": {"ansible.builtin.uri": {"url": "http://192.0.2.1/", "timeout": 2}},
}


@pytest.mark.any_core
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("forked", [True, False], ids=["forked", "program"])
def test_a_playbook_that_leaves_the_machine_is_refused(play: Player, task: dict[str, object], forked: bool) -> None:
    tasks = [{**task, "ignore_errors": True}]
    run = play(tasks) if forked else play.start(tasks).wait()
    assert run.result.failed
    refusals = take_refusals()
    assert refusals
    assert all("192.0.2.1" in refusal for refusal in refusals)
