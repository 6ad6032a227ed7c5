# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopped in the middle of a write: nothing is left behind, and the next run finishes the job."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import time
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.playing import Player, Running

ROLE = "cvops.identity.commvault_role"
GROUP = "cvops.identity.entra_group"
SLOW_S = 8.0
#: How long an answer is held back that the test lets go itself, after its signal.
HELD_S = 300.0
#: Timeouts of a task that is to run out while a request waits for its answer, from the shortest on: a busy machine needs the longer ones
#: to get there.
TIMEOUTS_S = (4, 16, 64)
#: After a signal or the end of a timeout, and within the grace period.
LATER_S = 0.5
LOOKUP = "cvops.identity.commvault_token"
#: Guards against hanging.
GONE_AFTER_S = 120.0
BEGUN_AFTER_S = 240.0


def role(**keywords: t.Any) -> list[dict[str, t.Any]]:
    return [{"name": "role", ROLE: {"name": "Night shift", "permissions": ["View"]}, **keywords}]


def cell(site: Simulator) -> t.Any:
    return next(iter(site.commcells.values()))


def slow_login(site: Simulator, seconds: float = HELD_S) -> Fault:
    return site.faults.add(Fault(cell(site).name, "POST", "*/Login", "slow", seconds=seconds))


def logins_and_logouts(site: Simulator) -> tuple[int, int]:
    paths = [entry.path for entry in site.journal.entries(cell(site).name)]
    return len([path for path in paths if path.endswith("/Login")]), len(
        [path for path in paths if path.endswith("/Logout")]
    )


def assert_logged_out(site: Simulator) -> None:
    """The log-in that was on its way has come through by now, and was ended."""
    wait_for(GONE_AFTER_S, lambda: logins_and_logouts(site) == (1, 1), "one log-in and its log-out")
    wait_for(GONE_AFTER_S, lambda: not cell(site).sessions.logins, "the end of the session")


def slow_write(site: Simulator) -> Fault:
    return site.faults.add(Fault(cell(site).name, "POST", "*/Role*", "slow", seconds=SLOW_S))


def wait_for(seconds: float, condition: t.Callable[[], t.Any], what: str) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"{what} did not come within {seconds} s"
        time.sleep(0.05)


def processes_of(running: Running) -> list[str]:
    """Command lines of all processes of this run: they carry its folder in their environment."""
    mark = f"CVOPS_TEST_RESULTS={running.folder}/".encode()
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (
                mark in (entry / "environ").read_bytes()
                and (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            ):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def assert_nothing_is_left(site: Simulator, running: Running) -> None:
    give_up_at = time.monotonic() + GONE_AFTER_S
    while processes_of(running) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    assert processes_of(running) == []
    wait_for(GONE_AFTER_S, lambda: not cell(site).sessions.logins, "the end of every session, whatever ended the task")


def assert_the_next_run_converges(site: Simulator, play: Player, in_process: bool) -> None:
    """The slow write may have come through after all: either way there is one role in the end."""
    time.sleep(0.2)
    site.faults.clear()
    result = play(role(), in_process=in_process).ok().one("role")
    assert [item.name for item in cell(site).state.roles].count("Night shift") == 1
    assert result["role"]["permissions"] == ["View"]
    assert not play(role(), in_process=in_process).ok().one("role")["changed"]


SIGNALS = pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["SIGINT", "SIGTERM", "SIGHUP"]
)


@pytest.mark.any_core
@SIGNALS
def test_signals(site: Simulator, play: Player, in_process: bool, number: signal.Signals) -> None:
    """As Ctrl-C at a terminal and as a job scheduler do it: the whole process group is told."""
    fault = slow_write(site)
    running = play.start(role(), in_process=in_process)
    wait_for(BEGUN_AFTER_S, lambda: fault.hits, "the slow write")
    time.sleep(0.2)
    os.killpg(running.process.pid, number)
    run = running.wait()
    assert run.rc != 0
    assert "Traceback" not in run.text, run.text
    shown = [result for result in run.results if result.task == "role"]
    for result in shown:
        assert result["cancelled"] is True
        assert f"Stopped by {number.name}" in result["msg"]
        assert result["error"]["kind"] == "cancelled"
    # Workers of ansible-core 2.19 and later have sessions of their own: nobody tells them of a hangup, and they end their work.
    assert_nothing_is_left(site, running)
    assert_the_next_run_converges(site, play, in_process)


@pytest.mark.any_core
def test_a_task_timeout(site: Simulator, play: Player, in_process: bool) -> None:
    """In process the result tells what was done; as a module core answers in our place, and the module still tidies up."""
    fault = site.faults.add(Fault(cell(site).name, "POST", "*/Role*", "slow", seconds=HELD_S))

    def start(seconds: int) -> Running:
        return play.start([*role(timeout=seconds, ignore_errors=True), *after()], in_process=in_process)

    running, seconds = run_out_of_time(start, fault, "role")
    run = running.wait().ok()
    result = run.one("role")
    assert result.failed
    if in_process:
        assert result["cancelled"] is True
        assert f"Stopped by the task's timeout of {seconds} s" in result["msg"]
        assert result["step_failed"]
        assert result["steps_done"] == []
        assert result["stats"]["waited_s"] < HELD_S
    else:
        assert "timed" in str(dict(result)).lower() or "expected time frame" in result["msg"]
    assert run.one("goes on").status == "ok"
    fault.release()
    assert_nothing_is_left(site, running)
    assert_the_next_run_converges(site, play, in_process)


def run_out_of_time(start: t.Callable[[int], Running], fault: Fault, task: str) -> tuple[Running, int]:
    """Start a run whose *task* runs out of time while *fault* holds its request back: that run, a little later, and the timeout."""
    for seconds in TIMEOUTS_S:
        running = start(seconds)
        while not fault.hits and running.process.poll() is None:
            time.sleep(0.02)
        if fault.hits:
            time.sleep(max(0.0, running.begun_at(task) + seconds + LATER_S - time.time()))
            return running, seconds
        running.wait()
    raise AssertionError(f"no request within {TIMEOUTS_S[-1]} s")


def after() -> list[dict[str, t.Any]]:
    return [{"name": "goes on", "cvops.identity.entra_group_info": {"display_name": "nobody"}}]


@pytest.mark.whole
@pytest.mark.any_core
def test_handlers_are_restored(site: Simulator, play: Player) -> None:
    """The timeout of one item of a loop, in a process that all items share, leaves the next items alone."""
    fault = site.faults.add(Fault("graph", "PATCH", "*/groups*", "slow", seconds=HELD_S))

    def start(seconds: int) -> Running:
        group = {"display_name": "GG {{ item }}", "unique_name": "gg-{{ item }}"}
        limits = {"loop": ["one", "two"], "timeout": seconds, "ignore_errors": True}
        rest = {"name": "sleep", "ansible.builtin.pause": {"seconds": 1}}
        return play.start([{"name": "groups", GROUP: group, **limits}, rest])

    running, _seconds = run_out_of_time(start, fault, "groups")
    run = running.wait().ok()
    assert fault.hits == 1
    first, second = run.of("groups")
    assert (first.status, first["cancelled"]) == ("failed", True)
    assert second.status == "ok"
    assert second["changed"] is True


@pytest.mark.any_core
def test_waiting_between_tries_is_cut_short(site: Simulator, play: Player) -> None:
    """Told to wait a minute by the service, told to stop by the user: the user wins."""
    site.faults.add(Fault("graph", "GET", "*/groups*", "status", status=429, retry_after=60, times=0))
    running = play.start([{"name": "look", "cvops.identity.entra_group_info": {"display_name": "nobody"}}])
    wait_for(BEGUN_AFTER_S, lambda: site.journal.entries("graph"), "the first answer")
    time.sleep(0.2)
    os.killpg(running.process.pid, signal.SIGINT)
    running.wait()
    assert len(site.journal.entries("graph")) == 1
    assert_nothing_is_left(site, running)


@pytest.mark.whole
@pytest.mark.any_core
@SIGNALS
def test_signals_while_logging_in(site: Simulator, play: Player, in_process: bool, number: signal.Signals) -> None:
    """The answer is awaited for the grace period; a session that nobody knows of would stay open."""
    fault = slow_login(site)
    running = play.start([{"name": "look", "cvops.identity.commvault_security_info": {}}], in_process=in_process)
    wait_for(BEGUN_AFTER_S, lambda: fault.hits, "the log-in")
    time.sleep(0.2)
    os.killpg(running.process.pid, number)
    time.sleep(LATER_S)
    fault.release()
    run = running.wait()
    assert run.rc != 0
    assert "Traceback" not in run.text, run.text
    assert_logged_out(site)
    assert_nothing_is_left(site, running)


@pytest.mark.whole
@pytest.mark.any_core
def test_a_task_timeout_while_logging_in(site: Simulator, play: Player, in_process: bool) -> None:
    fault = slow_login(site)

    def start(seconds: int) -> Running:
        limits = {"timeout": seconds, "ignore_errors": True}
        look = {"name": "look", "cvops.identity.commvault_security_info": {}, **limits}
        return play.start([look, {"name": "goes on", "ansible.builtin.pause": {"seconds": 3}}], in_process=in_process)

    running, _seconds = run_out_of_time(start, fault, "look")
    fault.release()
    run = running.wait().ok()
    assert run.one("look").failed
    assert_logged_out(site)
    assert_nothing_is_left(site, running)


@pytest.mark.any_core
@SIGNALS
def test_signals_while_a_lookup_logs_in(site: Simulator, play: Player, number: signal.Signals) -> None:
    """Its session is for use after the lookup; one that nobody was given is ended."""
    fault = slow_login(site)
    fact = {"name": "look up", "ansible.builtin.set_fact": {"there": "{{ lookup('" + LOOKUP + "') | length }}"}}
    running = play.start([fact, {"name": "never", "ansible.builtin.pause": {"seconds": 30}}])
    wait_for(BEGUN_AFTER_S, lambda: fault.hits, "the log-in")
    time.sleep(0.2)
    os.killpg(running.process.pid, number)
    time.sleep(LATER_S)
    fault.release()
    run = running.wait()
    assert run.rc != 0
    assert "never" not in [result.task for result in run.results]
    assert_logged_out(site)
    assert_nothing_is_left(site, running)


@pytest.mark.whole
@pytest.mark.any_core
def test_a_lookup_in_a_task_with_a_timeout(site: Simulator, play: Player) -> None:
    """Here Ansible's own alarm ends the lookup, in the middle of the wait for the answer; it covers what an action evaluates itself."""
    fault = slow_login(site)

    def start(seconds: int) -> Running:
        looking = {"ansible.builtin.assert": {"that": "lookup('" + LOOKUP + "') | length > 0"}}
        fact = {"name": "look up", **looking, "timeout": seconds, "ignore_errors": True}
        return play.start([fact, {"name": "goes on", "ansible.builtin.pause": {"seconds": 3}}])

    running, _seconds = run_out_of_time(start, fault, "look up")
    fault.release()
    assert running.wait().ok().one("look up").failed
    assert_logged_out(site)
    assert_nothing_is_left(site, running)


@pytest.mark.any_core
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_secret_that_was_added_while_the_run_was_stopped(
    site: Simulator, play: Player, tmp_path: pathlib.Path, number: signal.Signals
) -> None:
    """It is shown once: the answer is awaited, and the record and the result know what was done."""
    fault = site.faults.add(Fault("graph", "POST", "*/addPassword", "slow", seconds=HELD_S))
    secret = {"application": {"app_id": site.identity(name="job").client_id}, "name": "stopped"}
    running = play.start(
        [{"name": "add", "cvops.identity.entra_application_secret": secret}],
        env={"CVOPS_RUN_RECORD_DIR": str(tmp_path / "records")},
    )
    wait_for(BEGUN_AFTER_S, lambda: fault.hits, "the request")
    time.sleep(0.2)
    os.killpg(running.process.pid, number)
    time.sleep(LATER_S)
    fault.release()
    running.wait()
    wait_for(GONE_AFTER_S, lambda: list((tmp_path / "records").glob("*.json")), "the record")
    (path,) = (tmp_path / "records").glob("*.json")
    wait_for(GONE_AFTER_S, lambda: json.loads(path.read_text())["outcome"] != "begun", "the end of the record")
    record = json.loads(path.read_text())
    assert record["outcome"] == "cancelled"
    assert record["applied"] == ["secret stopped"]


@pytest.mark.whole
@pytest.mark.any_core
def test_a_secret_that_was_added_while_the_time_of_the_task_ran_out(site: Simulator, play: Player) -> None:
    fault = site.faults.add(Fault("graph", "POST", "*/addPassword", "slow", seconds=HELD_S))

    def start(seconds: int) -> Running:
        secret = {"application": {"app_id": site.identity(name="job").client_id}, "name": "stopped"}
        limits = {"timeout": seconds, "ignore_errors": True}
        return play.start([{"name": "add", "cvops.identity.entra_application_secret": secret, **limits}])

    running, _seconds = run_out_of_time(start, fault, "add")
    fault.release()
    run = running.wait().ok()
    result = run.one("add")
    assert result["cancelled"] is True
    assert result["changed"] is True
    assert result["steps_done"] == ["secret stopped"]
    assert result["salvaged"]["secret"]["value"]
