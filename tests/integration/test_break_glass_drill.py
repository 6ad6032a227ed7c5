# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook break_glass_drill: a real log-in with the account's own password, tried once, logged out, and noted."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import User
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_secrets, assert_no_writes
from helpers.playing import Player, Run, connection_of

pytestmark = pytest.mark.any_core

DRILL = "cvops.identity.break_glass_drill"
PASSWORD = "Break~glass.password-of-the-drill"
WRONG = "Wrong~password.of-the-drill"


@pytest.fixture
def sealed(site: Simulator) -> Simulator:
    """A site with a local administrator for the day when Entra ID is away."""
    state = site.commcells["cs01"].state
    user = state.users.add(User(state.users.new_id(), "break-glass"))
    user.password = PASSWORD
    state.groups.named("master")[0].member_ids.add(user.id)
    return site


def drill(site: Simulator, play: Player, *words: str, account: dict[str, str] | None = None, **more: t.Any) -> Run:
    document = {
        "cvops_connection": site.variables()["cvops_connection"],
        "break_glass_drill_accounts": {"cs01": account or {"username": "break-glass", "password": PASSWORD}},
    }
    site.journal.clear()
    # without any CVOPS_* variable, so that nobody else signs in
    options = {name: more.pop(name) for name in ("check",) if name in more}
    nothing = dict.fromkeys(connection_of(site), "")
    return play(DRILL, *words, extra_vars={**document, **more}, env=nothing, **options)


def log_ins(site: Simulator) -> list[str]:
    return [
        entry.path.rsplit("/", 1)[-1] for entry in site.journal.entries() if entry.path.endswith(("/Login", "/Logout"))
    ]


def failure(run: Run) -> str:
    """What the task that failed said."""
    return str([result for result in run.results if result.failed][-1]["msg"])


@pytest.mark.every_core
def test_the_account_gets_in_and_out_and_the_date_is_kept(
    sealed: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "drills.json"
    earlier = {"commcell": "cs01", "user": "break-glass", "outcome": "failed", "date": "2026-05-01"}
    file.write_text(json.dumps([{**earlier, "user": {"__ansible_unsafe": "{{ x }}"}}]))
    run = drill(sealed, play, "-vvv", break_glass_drill_file=str(file)).ok()
    assert log_ins(sealed) == ["Login", "Logout"]
    assert not [entry for entry in sealed.journal.entries() if "/oauth2/" in entry.path]
    assert_no_writes(sealed)
    rows = json.loads(file.read_text())
    assert rows[0]["user"] == {"__ansible_unsafe": "{{ x }}"} and len(rows) == 2
    assert {**rows[1], "date": ""} == {"commcell": "cs01", "user": "break-glass", "outcome": "worked", "date": ""}
    assert file.stat().st_mode & 0o777 == 0o600
    assert run.one("Report")["msg"] == [
        "cs01: break-glass logged in with its own password, and has administrator rights on the CommCell"
    ]
    assert_no_secrets(run, [file, run.folder / "results.jsonl"], [PASSWORD])
    assert run.stats["changed"] == 0


def test_a_wrong_password_is_tried_once_and_is_a_failure_that_is_kept(
    sealed: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "drills.json"
    account = {"username": "break-glass", "password": WRONG}
    run = drill(sealed, play, account=account, break_glass_drill_file=str(file))
    assert run.rc != 0
    assert log_ins(sealed) == ["Login"]
    (row,) = json.loads(file.read_text())
    assert row["outcome"] == "failed"
    assert "failed the drill" in failure(run)
    assert "cvops_connection.commcells" not in failure(run), (
        "the account's own password is wrong, not that of the connection"
    )
    assert_no_secrets(run, [file], [WRONG, PASSWORD])


@pytest.mark.whole
def test_an_account_whose_rights_are_not_shown_is_not_proven_to_administer(
    sealed: Simulator, play: Player, tmp_path: pathlib.Path
) -> None:
    """It signed in, and a check that could not be made is none that passed: the run fails, and the evidence says what is not proven."""
    file, evidence = tmp_path / "drills.json", tmp_path / "evidence"
    fault = sealed.faults.add(Fault("cs01", "GET", "*Security/COMMCELL_ENTITY*", "status", status=403, times=0))
    run = drill(sealed, play, break_glass_drill_file=str(file))
    assert run.rc != 0 and fault.hits and log_ins(sealed) == ["Login", "Logout"]
    assert "break-glass signed in; its administrator rights are not proven" in failure(run)
    (row,) = json.loads(file.read_text())
    assert row["outcome"] == "not_proven"
    sealed.faults.clear()
    more = {"access_evidence_dir": str(evidence), "cvops_break_glass": {"commvault_users": ["break-glass"]}}
    document = {"cvops_connection": sealed.variables()["cvops_connection"], "break_glass_drill_file": str(file), **more}
    play("cvops.identity.access_evidence", extra_vars=document).ok()
    (bundle,) = evidence.iterdir()
    rows = json.loads((bundle / "findings.json").read_text())["rows"]
    (found,) = [row for row in rows if row["subject"] == "break-glass" and row["rule"].startswith("break_glass")]
    assert (found["rule"], found["status"]) == ("break_glass_drill_not_proven", "not_evaluable")


def test_a_second_factor_that_is_asked_for_is_told_and_can_be_given(sealed: Simulator, play: Player) -> None:
    sealed.commcells["cs01"].behaviours.two_factor_pin = "424242"
    run = drill(sealed, play)
    assert run.rc != 0
    assert log_ins(sealed) == ["Login"] and "failed the drill" in failure(run)
    account = {"username": "break-glass", "password": PASSWORD, "pin": "424242"}
    assert log_ins(sealed) == ["Login"]
    drill(sealed, play, account=account).ok()


def test_check_mode_logs_nobody_in(sealed: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "drills.json"
    run = drill(sealed, play, check=True, break_glass_drill_file=str(file)).ok()
    assert sealed.journal.entries() == [] and not file.exists()
    assert run.one("Report")["msg"] == ["Check mode: nobody logged in. To be tried: cs01"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"break_glass_drill_accounts": {"cs09": {"username": "a", "password": "b"}}}, "commcells has no cs09"),
        ({"break_glass_drill_accounts": {"cs01": {"username": "a"}}}, "break_glass_drill_accounts.cs01.password"),
        ({"cvops_only": "cs07"}, "cs07"),
    ],
)
def test_what_cannot_be_tried_is_told_before_anything_is(
    sealed: Simulator, play: Player, more: dict[str, t.Any], told: str
) -> None:
    run = drill(sealed, play, **more)
    assert run.rc != 0
    assert told in failure(run) and sealed.journal.entries() == []


def test_a_broken_file_is_told_before_anybody_logs_in(sealed: Simulator, play: Player, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "drills.json"
    file.write_text("{}")
    run = drill(sealed, play, break_glass_drill_file=str(file))
    assert run.rc != 0
    assert "not a list of drills" in failure(run) and log_ins(sealed) == [] and file.read_text() == "{}"
