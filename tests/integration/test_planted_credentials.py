# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials inside the values of any option are in nothing that a run prints, returns, logs or records.

What is sent to a service is what was given. Options whose values are secret as a whole are in test_secrets, refusals in test_addresses.
"""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from helpers.checks import assert_no_writes
from helpers.planting import Planted, plant_all_at_once, plant_in_new_objects, plant_one_by_one
from helpers.playing import Player, Run

from ansible_collections.cvops.identity.plugins.module_utils._core.option_values import list_option_secrets

PREFIX = "cvops.identity"
QUICK = {"retries": 0, "token_cache": "none", "timeout": 5}


def run_planted(play: Player, planted: t.Sequence[Planted], **how: t.Any) -> Run:
    """Run the tasks; their options come by variables, so that no playbook on the disk holds them."""
    variables = {f"case{number}": {**QUICK, **one.options} for number, one in enumerate(planted)}
    tasks = [
        {"name": one.name, f"{PREFIX}.{one.module}": f"{{{{ case{number} }}}}", "ignore_errors": True}
        for number, one in enumerate(planted)
    ]
    environment = {
        "ANSIBLE_LOG_PATH": "ansible.log",
        "ANSIBLE_INJECT_INVOCATION": "true",
        "CVOPS_RUN_RECORD_DIR": "records",
    }
    return play(tasks, extra_vars=variables, verbosity=4, diff=True, env=environment, seconds=900, **how).ok()


def find_leaks(run: Run, planted: t.Sequence[Planted]) -> list[str]:
    """Return the tasks whose credentials are shown, and where."""
    records = [path.read_text() for path in (run.folder / "records").rglob("*") if path.is_file()]
    places = {
        "results": repr([dict(result) for result in run.results]),
        "output": run.text,
        "log": (run.folder / "ansible.log").read_text(),
        "records": "".join(records),
    }
    assert len(run.results) == len(planted) and len(places["log"]) > 1000
    return [
        f"{one.name}: {place}"
        for one in planted
        for place, text in places.items()
        if any(secret in text for secret in one.secrets)
    ]


#: So many tests are made of all options, of which ``make test`` runs one.
PARTS = 12


@pytest.mark.whole
@pytest.mark.any_core
@pytest.mark.parametrize("part", range(PARTS))
def test_credentials_inside_each_option_are_shown_nowhere(site: Simulator, play: Player, part: int) -> None:
    planted = plant_one_by_one(site)[part::PARTS]
    assert len(planted) > 30
    run = run_planted(play, planted, check=True)
    assert find_leaks(run, planted) == []
    assert_no_writes(site)
    worked = [result.task for result in run.results if not result.failed]
    assert len(worked) > 3, "not all of them are refused at once"


@pytest.mark.any_core
def test_credentials_inside_all_options_are_shown_nowhere(site: Simulator, play: Player, in_process: bool) -> None:
    planted = plant_all_at_once(site)
    assert find_leaks(run_planted(play, planted, check=True, in_process=in_process), planted) == []


@pytest.mark.whole
@pytest.mark.any_core
def test_what_is_written_holds_them_and_nothing_else_does(site: Simulator, play: Player, in_process: bool) -> None:
    looked_at = {"entra_group description", "entra_application notes"}
    planted = [one for one in plant_in_new_objects(site) if in_process or one.name in looked_at]
    run = run_planted(play, planted, in_process=in_process)
    assert find_leaks(run, planted) == []
    written = repr([*site.tenant.applications.values(), *site.tenant.groups.values()])
    sent = [one.name for one in planted if all(secret in written for secret in one.secrets)]
    assert looked_at <= set(sent)
    assert list((run.folder / "records").rglob("*")) != []
    assert "********" in run.one("entra_application notes")["application"]["notes"]


@pytest.mark.any_core
def test_credentials_inside_each_option_are_known_before_a_task_begins(site: Simulator) -> None:
    """All that is shown is masked by what is known then."""
    planted = plant_one_by_one(site)
    assert len(planted) > 400
    assert [one.name for one in planted if not set(one.secrets) <= list_option_secrets(one.options, ())] == []
