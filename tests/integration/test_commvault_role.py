# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_role against the simulator."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.commvault.model import Company, User
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import commvault_role

pytestmark = pytest.mark.any_core

ROLE: dict[str, t.Any] = {
    "name": "Tape courier",
    "description": "Carries tapes",
    "permissions": ["View", "browse"],
    "categories": ["Alert"],
    "enabled": False,
}
HELD = ["Browse", "Create Alert", "Delete Alert", "Edit Alert", "Edit Alert Associations", "View"]


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "role", "cvops.identity.commvault_role": options}]


def stored(site: Simulator, name: str = "Tape courier") -> list[t.Any]:
    """The roles of this name on the first CommCell."""
    return list(site.commcells["cs01"].state.roles.named(name))


@pytest.fixture
def site(empty_site: Simulator) -> Simulator:
    """A CommCell with its built-in roles alone."""
    return empty_site


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, change, delete, leave alone."""
    site.journal.clear()
    predicted = play(task(**ROLE), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["changed"]
    assert predicted.result["role"]["id"] is None

    real = play(task(**ROLE), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    (row,) = stored(site)
    assert real.result["role"] == {
        "not_confirmed": [],
        "id": str(row.id),
        "name": "Tape courier",
        "company": None,
        "description": "Carries tapes",
        "enabled": False,
        "visible_to_all": False,
        "permissions": HELD,
    }
    assert (row.permission_ids, row.category_ids, row.enabled) == ({31, 13}, {117}, False)
    assert [entry.method for entry in writes(site)] == ["POST"]

    site.journal.clear()
    again = play(task(**{**ROLE, "name": "TAPE COURIER"}), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["role"] == real.result["role"]
    assert_no_writes(site)

    changed = task(name="Tape courier", permissions=["View"], enabled=True)
    predicted = play(changed, check=True, diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, play(changed, diff=True, in_process=in_process).ok())
    (row,) = stored(site)
    assert (row.permission_ids, row.category_ids, row.enabled) == ({31}, set(), True)
    assert row.description == "Carries tapes"
    assert [entry.method for entry in writes(site)] == ["PUT"]

    gone = task(name="Tape courier", state="absent")
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert stored(site)
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    assert stored(site) == []
    site.journal.clear()
    last = play(gone, in_process=in_process).ok()
    assert not last.result["changed"]
    assert last.result["role"] == {}
    assert_no_writes(site)


def test_what_is_not_listed_stays_when_not_exclusive(site: Simulator, play: Player) -> None:
    play(task(**ROLE)).ok()
    added = play(task(name="Tape courier", permissions=["Download"], exclusive=False)).ok()
    assert added.result["role"]["permissions"] == sorted([*HELD, "Download"])
    (row,) = stored(site)
    assert (row.permission_ids, row.category_ids) == ({31, 13, 23}, {117})


def test_roles_of_a_company(site: Simulator, play: Player) -> None:
    """Names are unique within a company: the same name at CommCell level is another role."""
    company = site.commcells["cs01"].state.companies.add(Company(9100, "Corp Ltd", "corp"))
    play(task(**ROLE)).ok()
    here = play(task(**ROLE, company=company.name.upper())).ok()
    assert here.result["changed"]
    assert sorted(role.company_id for role in stored(site)) == [0, company.id]
    assert not play(task(**ROLE, company=str(company.id))).ok().result["changed"]
    assert not play(task(**ROLE, company="corp")).ok().result["changed"]
    scoped = play(task(**ROLE, commvault_company=company.name)).ok()
    assert not scoped.result["changed"]
    assert scoped.result["role"]["company"] == company.name
    play(task(name="Tape courier", company=company.name, state="absent")).ok()
    assert [role.company_id for role in stored(site)] == [0]


def test_the_same_name_in_two_companies(site: Simulator) -> None:
    """Each company has its own role: what is asked of one leaves the other, and a bare name means neither."""
    state = site.commcells["cs01"].state
    numbers = [state.companies.add(Company(9100 + n, f"Company {n}", f"c{n}")).id for n in range(2)]
    for n in range(2):
        assert run_body(commvault_role, site, {**ROLE, "company": f"c{n}"})["changed"]
    assert sorted(role.company_id for role in stored(site)) == numbers
    changed = {**ROLE, "company": "c1", "description": "of the second one"}
    assert run_body(commvault_role, site, changed)["changed"]
    shown = {role.company_id: role.description for role in stored(site)}
    assert shown == {9100: ROLE["description"], 9101: "of the second one"}
    assert not run_body(commvault_role, site, {**ROLE, "company": "c0"})["changed"]
    assert not run_body(commvault_role, site, {"name": ROLE["name"], "state": "absent"})["changed"]
    assert run_body(commvault_role, site, {"name": ROLE["name"], "company": "c0", "state": "absent"})["changed"]
    assert [role.company_id for role in stored(site)] == [9101]


def test_entries_that_mean_the_same_are_no_change(site: Simulator) -> None:
    """A category, its permissions one by one, both together, by name or id, twice: one set, which is written once."""
    assert run_body(commvault_role, site, {"name": ROLE["name"], "categories": ["Alert"]})["changed"]
    (row,) = stored(site)
    held = run_body(commvault_role, site, {"name": ROLE["name"]})["role"]["permissions"]
    assert len(held) > 1 and row.category_ids
    (category,) = row.category_ids
    for given in (
        {"permissions": held},
        {"permissions": list(reversed(held)) + held},
        {"permissions": held[:1], "categories": ["Alert"]},
        {"categories": ["alert", str(category), "Alert"]},
        {"permissions": held, "exclusive": False},
        {"permissions": [name.upper() for name in held]},
    ):
        again = run_body(commvault_role, site, {"name": ROLE["name"], **given})
        assert not again["changed"] and again["role"]["permissions"] == held, given
    assert row.category_ids == {category}


@pytest.mark.parametrize(
    "name",
    ["it's / \\ a, #role %41 & more", "Grüße 😀", '"quoted" <b>', "x" * 255],
    ids=["signs", "unicode", "quotes", "long"],
)
def test_odd_names(site: Simulator, play: Player, name: str) -> None:
    assert play(task(name=name, permissions=["View"])).ok().result["role"]["name"] == name
    assert len(stored(site, name)) == 1
    assert not play(task(name=name, permissions=["View"])).ok().result["changed"]


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"name": "R", "permissions": ["Viev", "Nothing"], "categories": ["Alerts"]}, "config", "permissions[1]"),
        ({"name": "R"}, "config", "at least one permission"),
        ({"name": "R", "permissions": []}, "config", "at least one permission"),
        ({"name": " R", "permissions": ["View"]}, "config", "blank"),
        ({"name": "", "permissions": ["View"]}, "config", "empty"),
        ({"name": "R", "permissions": ["View"], "company": "Nobody Ltd"}, "not_found", "Nobody Ltd"),
        ({"name": "master", "description": "mine"}, "config", "Master"),
        ({"name": "Master", "state": "absent"}, "config", "Master"),
        ({"name": "x" * 256, "permissions": ["View"]}, "config", "256 characters"),
    ],
)
def test_bad_input(site: Simulator, play: Player, options: dict[str, t.Any], kind: str, said: str) -> None:
    count = len(site.commcells["cs01"].state.roles)
    run = play(task(**options))
    assert run.result.failed
    assert run.result["error"]["kind"] == kind
    assert said in run.result["msg"]
    assert len(site.commcells["cs01"].state.roles) == count


def test_problems_come_together(site: Simulator, play: Player) -> None:
    run = play(task(name="R", permissions=["Viev", "Nothing at all"], categories=["Alerts"]))
    assert [problem["where"] for problem in run.result["error"]["problems"]] == [
        "permissions[0]",
        "permissions[1]",
        "categories[0]",
    ]
    assert "Near: View" in run.result["msg"]
    assert "Near: Alert" in run.result["msg"]


@pytest.mark.parametrize(
    ("fault", "methods"),
    [
        ({"method": "POST", "action": "drop_after"}, ["POST"]),
        ({"method": "POST", "action": "status", "status": 429, "retry_after": 0.1}, ["POST", "POST"]),
        ({"method": "POST", "action": "status_after", "status": 429, "retry_after": 0.1}, ["POST"]),
        ({"method": "POST", "action": "status_after", "status": 503, "retry_after": 0.1}, ["POST"]),
        ({"method": "POST", "action": "status_after", "status": 500, "body": {}}, ["POST"]),
    ],
    ids=["lost answer", "throttled", "429 and done", "503 and done", "500 and done"],
)
def test_a_bad_day_while_creating(site: Simulator, play: Player, fault: dict[str, t.Any], methods: list[str]) -> None:
    site.journal.clear()
    site.faults.add(Fault(service="cs01", path="*/V4/Role", **fault))
    run = play(task(**ROLE)).ok()
    (row,) = stored(site)
    assert run.result["role"]["id"] == str(row.id)
    assert [entry.method for entry in writes(site)] == methods


def test_a_request_that_never_arrived(site: Simulator, play: Player) -> None:
    """The list does not show the role afterwards, so the outcome is called unknown; the next run creates it."""
    site.faults.add(Fault(service="cs01", method="POST", path="*/V4/Role", action="drop_before"))
    run = play(task(**ROLE))
    assert run.result["error"]["outcome"] == "unknown"
    assert play(task(**ROLE)).ok().result["changed"]
    assert len(stored(site)) == 1


@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
def test_lost_answers_to_update_and_delete(site: Simulator, play: Player, action: str) -> None:
    play(task(**ROLE)).ok()
    site.faults.add(Fault(service="cs01", method="PUT", path="*/V4/Role/*", action=action))
    assert play(task(name="Tape courier", description="new")).ok().result["changed"]
    assert stored(site)[0].description == "new"
    site.faults.add(Fault(service="cs01", method="DELETE", path="*/V4/Role/*", action=action))
    play(task(name="Tape courier", state="absent")).ok()
    assert stored(site) == []


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (
            {"action": "status", "status": 200, "body": {"errorCode": 12, "errorMessage": "cache is down"}},
            "api",
            "cache is down",
        ),
        ({"action": "html"}, "api", "HTML page"),
        ({"action": "empty"}, "bad_answer", "empty body"),
        ({"action": "garbage"}, "bad_answer", "instead of JSON"),
    ],
)
def test_lists_that_are_no_lists(site: Simulator, play: Player, fault: dict[str, t.Any], kind: str, said: str) -> None:
    """An error inside an answer of 200 must not look like an empty list: the role would be created twice."""
    play(task(**ROLE)).ok()
    site.faults.add(Fault(service="cs01", method="GET", path="*/V4/Role", times=0, **fault))
    site.journal.clear()
    run = play(task(**ROLE))
    assert (run.result["error"]["kind"], run.result.failed) == (kind, True)
    assert said in run.result["msg"]
    assert_no_writes(site)


def test_without_the_right(site: Simulator, make_player: Callable[[Simulator], Player]) -> None:
    """A user without the permission to create roles is told so."""
    play = make_player(site)
    state = site.commcells["cs01"].state
    user = state.users.add(User(state.users.new_id(), "reader", password="Reader#1"))
    play.connection.update(CVOPS_COMMVAULT_USERNAME=user.name, CVOPS_COMMVAULT_PASSWORD="Reader#1")
    run = play(task(**ROLE))
    assert run.result["error"]["kind"] == "forbidden"
    assert stored(site) == []
