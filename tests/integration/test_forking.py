# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forked runs of the tests are what the program ``ansible-playbook`` does."""

from __future__ import annotations

import pathlib
import re
import time

import pytest
from cvops_simulator import Fault, Simulator
from helpers import playing
from helpers.forking import CONTROL_TASKS, OWN, fork_playbook
from helpers.playing import Player

TASKS = [
    {"name": "where", "ansible.builtin.command": "pwd", "changed_when": False},
    {
        "name": "settings",
        "ansible.builtin.debug": {
            "msg": [
                "{{ lookup('ansible.builtin.env', 'CVOPS_TENANT_ID') }}",
                "{{ lookup('ansible.builtin.config', 'DEFAULT_FORKS') }}",
                "{{ lookup('ansible.builtin.env', 'HOME') | basename }}",
                "{{ ansible_playbook_python }}",
            ]
        },
    },
    {"name": "unknown filter", "ansible.builtin.debug": {"msg": "{{ 'x' | no_such_filter }}"}, "ignore_errors": True},
    {"name": "wrong", "ansible.builtin.debug": {"msg": "{{ 'x' | }}"}, "ignore_errors": True},
    {"name": "condition", "ansible.builtin.debug": {}, "when": "1 +", "ignore_errors": True},
    {"name": "module", "cvops.identity.entra_group_info": {}},
    {"name": "fails", "ansible.builtin.fail": {"msg": "as it should"}},
]


@pytest.fixture(autouse=True)
def _forks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork here also where every other run is the program."""
    monkeypatch.delenv(playing.PROGRAM_ONLY, raising=False)


@pytest.mark.whole
@pytest.mark.any_core
def test_a_fork_and_the_program_tell_the_same(play: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str] = []
    real = playing._start_program
    monkeypatch.setattr(playing, "_start_program", lambda *prepared: started.append("program") or real(*prepared))
    play(TASKS)
    forked = play(TASKS)
    assert started == []
    monkeypatch.setenv(playing.PROGRAM_ONLY, "1")
    program = play(TASKS)
    assert started == ["program"]
    assert forked.rc == program.rc == 2
    assert forked.text.replace(str(forked.folder), str(program.folder)) == program.text
    for one, other in zip(forked.results, program.results, strict=True):
        told = str(one.get("msg")).replace(str(forked.folder), str(program.folder))
        assert (one.task, one.status, told) == (other.task, other.status, str(other.get("msg")))
    assert forked.one("where")["stdout"] == str(forked.folder)
    assert forked.one("settings")["msg"][2] == "home"
    assert not list((forked.folder / "home" / ".ansible" / "tmp").iterdir())


#: Tasks that need no process of their own, in all that may become of them.
CONTROLLING = [
    {"name": "kept", "ansible.builtin.set_fact": {"one": "{{ [1, 2] }}", "two": "{{ one | default('none') }}"}},
    {
        "name": "loop",
        "ansible.builtin.set_fact": {"sum": "{{ sum | default([]) + [item * 2] }}"},
        "loop": "{{ one }}",
        "register": "looped",
    },
    {"name": "shown", "ansible.builtin.debug": {"msg": ["{{ sum }}", "{{ two }}", "{{ looped.results | length }}"]}},
    {"name": "skipped", "ansible.builtin.debug": {"msg": "no"}, "when": "one | length > 2"},
    {"name": "each", "ansible.builtin.debug": {"var": "item"}, "loop": ["a", "b"], "when": "item == 'b'"},
    {"name": "hidden", "ansible.builtin.set_fact": {"secret": "S3CRET-0123456789"}, "no_log": True},
    {"name": "hidden failure", "ansible.builtin.fail": {"msg": "{{ secret }}"}, "no_log": True, "ignore_errors": True},
    {"name": "wrong", "ansible.builtin.assert": {"that": "1 > 2", "quiet": True}, "ignore_errors": True},
    {"name": "undefined", "ansible.builtin.debug": {"msg": "{{ gone }}"}, "ignore_errors": True},
    {"name": "given", "ansible.builtin.debug": {"msg": "{{ given }}"}, "vars": {"given": "{{ one + sum }}"}},
    {
        "block": [{"name": "fails", "ansible.builtin.fail": {"msg": "in a block"}, "register": "failure"}],
        "rescue": [{"name": "rescued", "ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}],
        "always": [{"name": "always", "ansible.builtin.debug": {"msg": "{{ failure.msg }}"}}],
    },
    {"name": "retried", "ansible.builtin.debug": {"msg": "x"}, "register": "r", "until": "r.attempts == 2", "delay": 0},
    {"name": "role", "ansible.builtin.include_role": {"name": "cvops.identity.validate"}},
]


def test_control_tasks_with_and_without_processes_tell_the_same(bare: Player) -> None:
    """Of the last role, which finds nothing to check, too."""
    runs = [bare(CONTROLLING, env=env, verbosity=1) for env in ({}, {CONTROL_TASKS: "1"})]
    apart, together = runs
    assert together.text.replace(str(together.folder), str(apart.folder)) == apart.text
    assert (together.rc, together.stats) == (apart.rc, apart.stats)
    told = [
        [
            (one.task, one.action, one.status, one.item, str(one.get("msg")).replace(str(run.folder), ""))
            for one in run.results
        ]
        for run in runs
    ]
    assert told[0] == told[1] and len(told[0]) > 20
    assert apart.one("shown")["msg"][0] == [2, 4]


@pytest.mark.parametrize("without", [False, True])
def test_no_process_is_begun_for_a_control_task(bare: Player, without: bool) -> None:
    process = (
        "{{ lookup('ansible.builtin.pipe', 'echo $PPID') }}"  # a template is evaluated where its task is carried out
    )
    tasks = [{"name": str(number), "ansible.builtin.debug": {"msg": process}} for number in range(2)]
    first, second = bare(tasks, env={CONTROL_TASKS: "1"} if without else {}).ok().results
    assert (first["msg"] == second["msg"]) is without


def test_what_ansible_reads_at_its_start_is_not_left_from_another_run(play: Player) -> None:
    tasks = [{"ansible.builtin.debug": {"msg": "{{ lookup('ansible.builtin.config', 'DEFAULT_FORKS') | int + 1 }}"}}]
    assert play(tasks, env={"ANSIBLE_FORKS": "3"}).ok().result["msg"] in (4, "4")
    assert play(tasks).ok().result["msg"] in (6, "6")


def test_other_settings_of_ansible_are_for_the_program(play: Player, tmp_path: pathlib.Path) -> None:
    play([{"ansible.builtin.meta": "noop"}]).ok()
    assert "ANSIBLE_FORKS" not in OWN
    assert fork_playbook([], tmp_path, {"ANSIBLE_FORKS": "3"}, tmp_path / "output") is None


@pytest.mark.whole
@pytest.mark.any_core
def test_a_log_is_written_as_the_program_does(
    play: Player, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logged(name: str) -> list[str]:
        path = tmp_path / name
        run = play(TASKS, env={"ANSIBLE_LOG_PATH": str(path)})
        lines = path.read_text().replace(str(run.folder), "folder").splitlines()
        return [re.sub(r"^.* p=\d+ ", "", line) for line in lines]

    forked = logged("forked.log")
    monkeypatch.setenv(playing.PROGRAM_ONLY, "1")
    assert forked == logged("program.log")
    assert any("as it should" in line for line in forked)


def test_a_fork_pushes_the_shared_clock_by_what_it_waits(
    play: Player, site: Simulator, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.faults.add(Fault("graph", "GET", "*/groups*", "status", status=429, retry_after=40))
    before, begun = site.clock.now(), time.monotonic()
    run = play([{"cvops.identity.entra_group_info": {}}]).ok()
    passed = site.clock.now() - before
    assert run.result["stats"]["waited_s"] >= 40
    assert passed - (time.monotonic() - begun) >= 39, "the wait was a real one"
