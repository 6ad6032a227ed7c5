# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_groups: many groups as one plan, in few requests; on good days and on bad ones."""

from __future__ import annotations

import pathlib
import time
import typing as t
from collections.abc import Callable, Iterator

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.replication import Replication
from cvops_simulator.testing import running_simulator
from helpers.checks import writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import entra_group, entra_groups

pytestmark = pytest.mark.any_core
GROUPS = "cvops.identity.entra_groups"


@pytest.fixture(scope="module")
def large() -> Iterator[Simulator]:
    with running_simulator(set="M", seed=1) as running:
        yield running


def requests(site: Simulator) -> list[t.Any]:
    """The requests that reached Graph, without the parts of batches."""
    return [entry for entry in site.journal.entries() if entry.service == "graph" and entry.user_agent != "$batch"]


def declare(site: Simulator) -> list[dict[str, t.Any]]:
    return [dict(group) for group in site.variables()["cvops_entra_groups"]]


def people(site: Simulator, count: int) -> list[str]:
    return sorted(user["userPrincipalName"] for user in site.tenant.users.values())[:count]


def test_set_m_without_change_costs_at_most_ten_requests(large: Simulator) -> None:
    wanted = declare(large)
    assert len(wanted) == 60 and any(group.get("members") for group in wanted)
    first = run_body(entra_groups, large, {"groups": wanted})
    assert not first.get("failed"), first
    large.journal.clear()
    result = run_body(entra_groups, large, {"groups": wanted})
    assert not result["changed"] and len(result["groups"]) == 60
    assert len(requests(large)) == result["stats"]["reads"] <= 10
    assert result["stats"]["writes"] == 0
    assert result["stats"]["batch_parts"] == len(large.journal.entries()) - len(
        [entry for entry in large.journal.entries() if entry.user_agent != "$batch"]
    )


def test_many_groups_are_as_one_after_another_would_be(site: Simulator, play: Player, in_process: bool) -> None:
    upns = people(site, 4)
    wanted = [
        {"display_name": "GG-A", "unique_name": "gg-a", "members": upns[:2], "owners": upns[3:]},
        {"display_name": "GG-B", "members": upns[2:3]},
        {"display_name": "GG-C", "state": "absent"},
    ]
    tasks = [
        {"name": "predict", GROUPS: {"groups": wanted}, "check_mode": True},
        {"name": "create", GROUPS: {"groups": wanted}},
        {"name": "again", GROUPS: {"groups": wanted}},
        *({"name": f"one {n}", "cvops.identity.entra_group": group} for n, group in enumerate(wanted)),
        {"name": "gone", GROUPS: {"groups": [{**group, "state": "absent"} for group in wanted]}},
    ]
    run = play(tasks)
    assert [item.get("changed") for item in run.results] == [True, True, False, False, False, False, True]
    predicted, made = run.one("predict"), run.one("create")
    assert predicted["steps"] == made["steps"]
    assert [group.get("members") for group in predicted["groups"]] == [group.get("members") for group in made["groups"]]
    for number in range(2):
        single = dict(run.one(f"one {number}")["group"])
        assert {**single, "changed": False} == run.one("again")["groups"][number]


def test_parts_that_are_throttled_are_waited_for(site: Simulator) -> None:
    wanted = [{"display_name": f"GG-{number}", "unique_name": f"gg-{number}"} for number in range(4)]
    assert not run_body(entra_groups, site, {"groups": wanted}).get("failed")
    site.faults.add(Fault("graph", "GET", "/v1.0/groups(*", "status", status=429, retry_after=1, times=2))
    site.journal.clear()
    result = run_body(entra_groups, site, {"groups": wanted})
    assert not result["changed"]
    assert result["stats"]["waited_s"] >= 1
    assert [entry.path for entry in requests(site)] == ["/v1.0/$batch"] * 2


def test_nothing_is_written_while_anything_is_wrong(site: Simulator) -> None:
    wanted = [
        {"display_name": "GG-Fine", "members": people(site, 1)},
        {"display_name": "GG-Wrong", "members": ["nobody@corp.example"]},
        {"display_name": "GG-Odd", "mail_nickname": "a b"},
    ]
    site.journal.clear()
    result = run_body(entra_groups, site, {"groups": wanted})
    assert [problem["where"] for problem in result["error"]["problems"]] == [
        "groups[1].members[0]",
        "groups[2].mail_nickname",
    ]
    assert all(entry.read for entry in site.journal.entries())


def test_only_what_was_approved_is_written(site: Simulator) -> None:
    wanted = [{"display_name": f"GG-{name}", "unique_name": f"gg-{name}", "members": people(site, 2)} for name in "ab"]
    steps = [step["id"] for step in run_body(entra_groups, site, {"groups": wanted}, check=True)["steps"]]
    assert len(set(steps)) == len(steps) >= 4
    refused = run_body(entra_groups, site, {"groups": wanted, "approved_steps": steps[:-1]})
    assert refused["error"]["kind"] == "plan_changed"
    assert run_body(entra_groups, site, {"groups": wanted, "approved_steps": steps})["changed"]


@pytest.mark.parametrize("place", range(5))
def test_half_done_work_is_told_and_goes_on(site: Simulator, place: int) -> None:
    upns = people(site, 2)
    wanted = [{"display_name": f"GG-{name}", "unique_name": f"gg-{name}", "members": upns} for name in "abc"]
    site.faults.add(Fault("graph", "PATCH", "*", "status", status=400, after=place))
    first = run_body(entra_groups, site, {"groups": wanted})
    assert first["failed"]
    assert len(first["steps_done"]) == place and len(first["steps_left"]) == 5 - place
    second = run_body(entra_groups, site, {"groups": wanted})
    assert second["changed"] and not second.get("failed")
    assert not run_body(entra_groups, site, {"groups": wanted})["changed"]
    for group in wanted:
        one = run_body(entra_group, site, group)
        assert not one["changed"] and len(one["group"]["members"]) == 2


def test_replicas_that_lag_make_no_twins(
    make_site: Callable[..., Simulator],
    make_player: Callable[[Simulator], Player],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> None:
    """Created, asked for again at once, deleted and created again: each group is there once, and nothing is taken for gone."""
    site = make_site(set="S", replication=Replication(object_lag=2.0))
    upns = people(site, 2)
    wanted = [{"display_name": f"GG-{name}", "unique_name": f"gg-{name}", "members": upns} for name in "abc"]
    gone = [{**group, "state": "absent"} for group in wanted[:1]]
    titles = {"create": wanted, "again": wanted, "delete": gone, "anew": wanted}
    tasks = [{"name": title, GROUPS: {"groups": groups}} for title, groups in titles.items()]
    run = make_player(site)(tasks).ok()
    first, again = run.one("create")["groups"], run.one("again")["groups"]
    assert [group["object_id"] for group in again] == [group["object_id"] for group in first]
    names = [group["displayName"] for group in site.tenant.groups.values()]
    assert [names.count(group["display_name"]) for group in wanted] == [1, 1, 1]


def test_groups_that_are_gone_are_asked_for_together(site: Simulator) -> None:
    """Their ids may be of something else, which is told; that takes one request for all, and one look more finds the rest."""
    gone = [{"object_id": f"99999999-0000-4000-8000-{number:012d}", "state": "absent"} for number in range(40)]
    site.journal.clear()
    result = run_body(entra_groups, site, {"groups": gone})
    assert not result.get("failed") and not result["changed"]
    assert len(requests(site)) <= 4
    other = {"object_id": next(iter(site.tenant.users)), "state": "absent"}
    result = run_body(entra_groups, site, {"groups": [*gone, other]})
    assert "groups[40]" in str(result["error"]["problems"]) and "the object id of the user" in result["msg"]


@pytest.mark.whole
def test_groups_of_more_than_ten_thousand_members(empty_site: Simulator) -> None:
    """Several at once: read in pages of 999, each page once, and changed by difference; nothing is written for the others."""
    tenant, most = empty_site.tenant, 10_050
    rows = [
        tenant.add("user", {"displayName": f"P{number}", "userPrincipalName": f"p{number}@corp.example"})
        for number in range(most + 1)
    ]
    groups = [tenant.add("group", {"displayName": f"GG-{name}", "securityEnabled": True}) for name in "ABC"]
    for group in groups:
        tenant.relate("members", group["id"], [row["id"] for row in rows[:-1]])
    upns = [row["userPrincipalName"] for row in rows]
    wanted = [
        {"object_id": group["id"], "members": members, "exclusive": True}
        for group, members in zip(groups, (upns[1:], upns[:-1], upns[:-1]), strict=True)
    ]

    def run() -> dict[str, t.Any]:
        empty_site.journal.clear()
        result = run_body(entra_groups, empty_site, {"groups": wanted})
        assert not result.get("failed"), result["msg"]
        return result

    result = run()
    (joined,), (left,) = result["groups"][0]["members_added"], result["groups"][0]["members_removed"]
    assert (joined["object_id"], left["object_id"]) == (rows[-1]["id"], rows[0]["id"])
    assert [entry.method for entry in writes(empty_site)] == ["PATCH", "DELETE"]
    # The groups, the first pages in one batch, ten more of each, and the one who joins; then three looks: a batch and ten pages each.
    assert len(requests(empty_site)) == (1 + 1 + 3 * 10 + 1) + 2 + 3 * (1 + 10)
    pages = [entry.path for entry in empty_site.journal.reads("graph") if entry.path.endswith("/members")]
    assert [sum(group["id"] in path for path in pages) for group in groups] == [4 * 11, 11, 11]
    result = run()
    assert not result["changed"] and result["stats"]["reads"] == len(requests(empty_site)) == 1 + 1 + 3 * 10


@pytest.mark.whole
def test_each_look_at_long_lists_of_members_is_a_new_one(make_site: Callable[..., Simulator]) -> None:
    """While replicas lag, what one look has shown of a list of several pages is not taken for what the next one shows."""
    site = make_site(set="S", replication=Replication(object_lag=0.0, property_lag=1.5, tail=0.0))
    rows = [
        site.tenant.add("user", {"displayName": f"P{number}", "userPrincipalName": f"p{number}@corp.example"})
        for number in range(1_100)
    ]
    groups = [site.tenant.add("group", {"displayName": f"GG-{name}", "securityEnabled": True}) for name in "ABC"]
    for group in groups:
        site.tenant.relate("members", group["id"], [row["id"] for row in rows])
    members = [row["userPrincipalName"] for row in rows[1:]]
    wanted = [{"object_id": group["id"], "members": members, "exclusive": True} for group in groups]
    time.sleep(1.5)  # until all replicas know what was there before
    result = run_body(entra_groups, site, {"groups": wanted})
    assert not result.get("failed"), result["msg"]
    assert [group["not_confirmed"] for group in result["groups"]] == [[], [], []]
