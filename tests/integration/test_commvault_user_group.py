# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_user_group against the simulator."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, User, UserGroup
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.defaults import make_row
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import commvault_user_group

pytestmark = pytest.mark.any_core

GUID = "5B1C2F0E-0000-4000-8000-1a2b3c4d5e6f"
GROUP: dict[str, t.Any] = {
    "name": "tape couriers",
    "description": "Carry tapes",
    "members": ["anna", "Ben"],
    "restricted_consoles": ["api", "MOBILE"],
    "two_factor": True,
    "enabled": False,
}
HEIR = {"transfer_to_group": "master"}


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "group", "cvops.identity.commvault_user_group": options}]


@pytest.fixture
def site(empty_site: Simulator) -> Simulator:
    """A CommCell with its built-in groups, a company, and three users of known names."""
    state = empty_site.commcells["cs01"].state
    state.companies.add(Company(9100, "Corp Ltd", "corp"))
    for name in ("anna", "ben", "cleo"):
        state.users.add(User(state.users.new_id(), name))
    return empty_site


def stored(site: Simulator, name: str = "tape couriers") -> list[UserGroup]:
    """The groups of this name on the first CommCell."""
    return list(site.commcells["cs01"].state.groups.named(name))


def members(site: Simulator, name: str = "tape couriers") -> list[str]:
    """Names of the members of the only group of this name."""
    (group,) = stored(site, name)
    users = site.commcells["cs01"].state.users
    return sorted(user.name for user in users if user.id in group.member_ids)


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, change, delete, leave alone."""
    site.journal.clear()
    predicted = play(task(**GROUP), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["user_group"]["id"] is None

    real = play(task(**GROUP), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    (row,) = stored(site)
    assert real.result["user_group"] == {
        "not_confirmed": [],
        "unverified": [],
        "id": str(row.id),
        "name": "tape couriers",
        "company": None,
        "description": "Carry tapes",
        "enabled": False,
        "entra_group_id": "",
        "restricted_consoles": ["API", "MOBILE"],
        "two_factor": True,
        "members": ["anna", "ben"],
    }
    assert (row.description, row.enabled, row.two_factor) == ("Carry tapes", False, "ON")
    assert members(site) == ["anna", "ben"]
    assert [entry.method for entry in writes(site)] == ["POST", "PUT", "PUT"]

    site.journal.clear()
    again = play(task(**{**GROUP, "name": "Tape Couriers"}), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["user_group"] == real.result["user_group"]
    assert_no_writes(site)

    changed = task(
        name="tape couriers", members=["cleo", "anna"], exclusive=True, description="", restricted_consoles=[]
    )
    predicted = play(changed, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(changed, diff=True, in_process=in_process).ok())
    assert members(site) == ["anna", "cleo"]
    (row,) = stored(site)
    assert (row.description, row.restricted_console_types, row.enabled) == ("", [], False)
    assert [entry.method for entry in writes(site)] == ["PUT", "PUT", "PUT"]

    gone = task(name="tape couriers", state="absent", **HEIR)
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert stored(site) == []
    assert site.journal.writes()[-1].query == "newUserId=0&newUserGroupId=1"
    site.journal.clear()
    assert not play(gone, in_process=in_process).ok().result["changed"]
    assert_no_writes(site)


def test_the_link_to_an_entra_group(site: Simulator, play: Player) -> None:
    """Letter case of the id means nothing; members of a linked group are refused; an empty id takes the link away."""
    linked = task(name="GG-x", entra_group_id=GUID)
    unknown = play(linked, check=True)
    assert f"no Entra group has the object id {GUID.lower()}" in unknown.result["msg"]
    site.tenant.add("group", make_row("group", {"id": GUID.lower(), "displayName": "GG-x", "securityEnabled": True}))
    predicted = play(linked, check=True, diff=True).ok()
    run = play(linked, diff=True).ok()
    assert_diff_agrees(predicted, run)
    assert run.result["user_group"]["entra_group_id"] == GUID.lower()
    assert stored(site, "GG-x")[0].azure_guid.lower() == GUID.lower()
    site.journal.clear()
    assert not play(task(name="GG-x", entra_group_id=GUID.lower())).ok().result["changed"]
    refused = play(task(name="GG-x", members=["anna"]))
    assert refused.result["error"]["kind"] == "config"
    assert "identity provider" in refused.result["msg"]
    assert_no_writes(site)
    play(task(name="GG-x", entra_group_id="", members=["anna"])).ok()
    assert stored(site, "GG-x")[0].azure_guid == ""
    assert members(site, "GG-x") == ["anna"]


def test_groups_of_a_company(site: Simulator, play: Player) -> None:
    play(task(name="tape couriers")).ok()
    here = play(task(name="tape couriers", company="corp")).ok()
    assert here.result["user_group"]["company"] == "corp"
    again = play(task(name="tape couriers", company="Corp Ltd")).ok()
    assert not again.result["changed"]
    assert again.result["user_group"]["company"] == "Corp Ltd"
    assert not play(task(name="tape couriers", commvault_company="corp")).ok().result["changed"]
    assert sorted(group.company_id for group in stored(site)) == [0, 9100]


def test_the_same_name_in_two_companies(site: Simulator) -> None:
    """Each company has its own group: members of one leave the other, and a bare name means neither."""
    state = site.commcells["cs01"].state
    numbers = [state.companies.add(Company(9200 + n, f"Company {n}", f"c{n}")).id for n in range(2)]
    for n in range(2):
        assert run_body(commvault_user_group, site, {"name": "tape couriers", "company": f"c{n}"})["changed"]
    assert sorted(group.company_id for group in stored(site)) == numbers
    changed = {"name": "Tape Couriers", "company": "c1", "description": "of the second one", "members": ["anna"]}
    assert run_body(commvault_user_group, site, changed)["changed"]
    shown = {group.company_id: (group.description, len(group.member_ids)) for group in stored(site)}
    assert shown == {9200: ("", 0), 9201: ("of the second one", 1)}
    gone = {"name": "tape couriers", "state": "absent", **HEIR}
    assert not run_body(commvault_user_group, site, gone)["changed"]
    assert run_body(commvault_user_group, site, {**gone, "company": "c0"})["changed"]
    assert [group.company_id for group in stored(site)] == [9201]


def test_no_update_empties_a_group(site: Simulator) -> None:
    """Members are never sent with other fields, nor as a whole; a list that has lost its contents removes no more than the limit."""
    names = ["anna", "ben", "cleo"]
    assert run_body(commvault_user_group, site, {"name": "g", "members": names})["changed"]
    for change in ({"description": "new"}, {"enabled": False}, {"restricted_consoles": ["api"]}, {"members": ["anna"]}):
        run_body(commvault_user_group, site, {"name": "g", **change})
        assert members(site, "g") == names, change
    site.journal.clear()
    for lost in ({"members": []}, {"members": ["anna"], "exclusive": True}):
        refused = run_body(commvault_user_group, site, {"name": "g", "max_removals": 1, **lost})
        assert refused["error"]["kind"] == "guard" and members(site, "g") == names, refused
    assert_no_writes(site)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"name": "g", "entra_group_id": "GG-x"}, "config", "object id"),
        ({"name": "CORP\\cv-ops"}, "config", "directory group"),
        ({"name": "g "}, "config", "blank"),
        ({"name": "g", "members": ["ann", "nobody"]}, "config", "members[1]"),
        ({"name": "g", "entra_group_id": GUID, "members": ["anna"]}, "config", "identity provider"),
        ({"name": "master", "state": "absent", "transfer_to_user": "admin"}, "config", "built in"),
        ({"name": "old", "state": "absent", "transfer_to_user": "nobody"}, "config", "transfer_to_user"),
        ({"name": "old", "state": "absent", "transfer_to_group": "OLD"}, "config", "give another one"),
        ({"name": "master", "enabled": False}, "guard", "last_admin"),
        ({"name": "mine", "enabled": False}, "guard", "own_rights"),
        ({"name": "mine", "state": "absent", **HEIR}, "guard", "own_rights"),
        ({"name": "mine", "members": ["anna"], "exclusive": True}, "guard", "own_rights"),
    ],
)
def test_bad_input(site: Simulator, play: Player, options: dict[str, t.Any], kind: str, said: str) -> None:
    state = site.commcells["cs01"].state
    me = state.users.named(play.connection["CVOPS_COMMVAULT_USERNAME"])[0].id
    state.groups.add(UserGroup(8001, "mine", member_ids={me}))
    state.groups.add(UserGroup(8002, "old"))
    site.journal.clear()
    run = play(task(**options))
    assert run.result.failed
    assert (run.result["error"]["kind"], said in run.result["msg"]) == (kind, True), run.result["msg"]
    assert_no_writes(site)


def test_an_accepted_risk(site: Simulator, play: Player) -> None:
    state = site.commcells["cs01"].state
    me = state.users.named(play.connection["CVOPS_COMMVAULT_USERNAME"])[0].id
    state.groups.add(UserGroup(8001, "mine", member_ids={me}))
    run = play(task(name="mine", enabled=False, accept_risk=["own_rights"], accept_reason="replaced by another")).ok()
    assert "replaced by another" in str(run.result["warnings"])
    assert not stored(site, "mine")[0].enabled


def test_absent_needs_an_heir(site: Simulator, play: Player) -> None:
    run = play(task(name="tape couriers", state="absent"))
    assert "transfer_to_user, transfer_to_group" in run.result["msg"]


def test_a_lost_answer_to_every_write(site: Simulator, play: Player) -> None:
    """Created once although no answer came; the rest may be sent again."""
    site.journal.clear()
    site.faults.add(Fault(service="cs01", method="POST", path="*/V4/UserGroup", action="drop_after"))
    site.faults.add(Fault(service="cs01", method="PUT", path="*/V4/UserGroup/*", action="drop_after", times=2, every=2))
    play(task(**GROUP)).ok()
    assert members(site) == ["anna", "ben"]
    assert [entry.method for entry in writes(site)].count("POST") == 1
    site.faults.add(Fault(service="cs01", method="DELETE", path="*/V4/UserGroup/*", action="drop_after"))
    play(task(name="tape couriers", state="absent", **HEIR)).ok()
    assert stored(site) == []


def test_a_stale_list(site: Simulator, play: Player) -> None:
    """A group that the cached list does not show yet is found by the second look, not created twice."""
    site.commcells["cs01"].behaviours.change({"list_lag": 600, "list_lag_v4": True})
    play(task(name="tape couriers")).ok()
    site.journal.clear()
    assert not play(task(name="tape couriers")).ok().result["changed"]
    assert_no_writes(site)


def test_a_failure_in_the_middle(site: Simulator, play: Player) -> None:
    """What was done and what is left is told, and the next run finishes."""
    site.faults.add(Fault(service="cs01", method="PUT", path="*/V4/UserGroup/*", action="status", status=500, times=0))
    run = play(task(**GROUP))
    assert run.result["changed"]
    assert run.result["steps_done"] == ["user group tape couriers"]
    assert len(run.result["steps_left"]) == 1
    site.faults.clear()
    play(task(**GROUP)).ok()
    assert members(site) == ["anna", "ben"]
    assert len(stored(site)) == 1
