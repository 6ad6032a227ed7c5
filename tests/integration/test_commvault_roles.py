# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_roles: many roles as one plan, under one log-in; on good days and on bad ones."""

from __future__ import annotations

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import commvault_roles

pytestmark = pytest.mark.any_core
ROLES = "cvops.identity.commvault_roles"


WANTED = [{"name": f"Role {name}", "permissions": ["View", "Browse"]} for name in "abc"]


def paths(site: Simulator) -> list[str]:
    cell = next(iter(site.commcells))
    return [entry.path.partition("/api/")[2] for entry in site.journal.entries() if entry.service == cell]


def test_many_roles_are_as_one_after_another_would_be(site: Simulator, play: Player, in_process: bool) -> None:
    wanted = [*WANTED, {"name": "Role d", "state": "absent"}]
    tasks = [
        {"name": "predict", ROLES: {"roles": wanted}, "check_mode": True},
        {"name": "create", ROLES: {"roles": wanted}},
        {"name": "again", ROLES: {"roles": wanted}},
        *({"name": f"one {n}", "cvops.identity.commvault_role": role} for n, role in enumerate(WANTED)),
        {"name": "gone", ROLES: {"roles": [{"name": role["name"], "state": "absent"} for role in wanted]}},
    ]
    run = play(tasks)
    assert [item.get("changed") for item in run.results] == [True, True, False, False, False, False, True]
    assert run.one("predict")["steps"] == run.one("create")["steps"]
    for number in range(3):
        assert {**run.one(f"one {number}")["role"], "changed": False} == run.one("again")["roles"][number]


def test_one_log_in_and_one_of_each_list(site: Simulator) -> None:
    assert not run_body(commvault_roles, site, {"roles": WANTED}).get("failed")
    site.journal.clear()
    result = run_body(commvault_roles, site, {"roles": WANTED})
    assert not result["changed"]
    asked = paths(site)
    assert [asked.count(path) for path in ("Login", "Logout", "V4/Role", "V4/Permissions")] == [1, 1, 1, 1]
    assert len(asked) == 4 + len(WANTED)


def test_nothing_is_written_while_anything_is_wrong(site: Simulator) -> None:
    wrong = [
        {"name": "Role a", "permissions": ["View"]},
        {"name": "Role b", "permissions": ["Fly"]},
        {"name": "Master", "enabled": False},
    ]
    site.journal.clear()
    result = run_body(commvault_roles, site, {"roles": wrong})
    assert [problem["where"] for problem in result["error"]["problems"]] == ["roles[1].permissions[0]", "roles[2].name"]
    assert all(entry.read for entry in site.journal.entries() if entry.path.endswith("/Role"))


@pytest.mark.parametrize("place", range(3))
def test_half_done_work_is_told_and_goes_on(site: Simulator, place: int) -> None:
    cell = next(iter(site.commcells))
    site.faults.add(Fault(cell, "POST", "*/V4/Role", "status", status=403, after=place))
    first = run_body(commvault_roles, site, {"roles": WANTED})
    assert first["failed"]
    assert len(first["steps_done"]) == place and len(first["steps_left"]) == 2 - place
    assert run_body(commvault_roles, site, {"roles": WANTED})["changed"]
    assert not run_body(commvault_roles, site, {"roles": WANTED})["changed"]
