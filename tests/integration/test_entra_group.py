# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_group and entra_group_info: created once, changed by difference, found exactly; on good days and on bad ones."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player, Run

from ansible_collections.cvops.identity.plugins.modules import entra_group

pytestmark = pytest.mark.any_core

GROUP, INFO = "cvops.identity.entra_group", "cvops.identity.entra_group_info"
NEW = {"display_name": "GG-Test-Operator", "unique_name": "gg-test-operator", "description": "Operators, for tests"}
NAMES = [
    'O\'Brien "the" \\ one, / two',
    "100 % & #1 + x=y?",
    "Größe Ω 日本",
    "🚀 launch",
    " leading and trailing ",
    "N" * 256,
]


def task(title: str, /, module: str = GROUP, **options: t.Any) -> dict[str, t.Any]:
    keywords = {key: options.pop(key) for key in ("check_mode", "register", "loop", "environment") if key in options}
    return {"name": title, module: options, "ignore_errors": True, **keywords}


def outline(run: Run) -> list[tuple[str, bool, t.Any, int]]:
    return [(item.task, item.failed, item.get("changed"), item["stats"]["writes"]) for item in run.results]


def people(site: Simulator, count: int) -> tuple[list[str], list[str]]:
    """User principal names and object ids of *count* users."""
    users = sorted(site.tenant.users.values(), key=lambda user: user["userPrincipalName"])[:count]
    return [user["userPrincipalName"] for user in users], [user["id"] for user in users]


def named(site: Simulator, name: str) -> list[dict[str, t.Any]]:
    return [group for group in site.tenant.groups.values() if group["displayName"] == name]


def test_the_life_of_a_group(site: Simulator, play: Player, in_process: bool) -> None:
    upns, ids = people(site, 3)
    key = {"unique_name": NEW["unique_name"]}
    site.journal.clear()
    run = play(
        [
            task("predict", **NEW, members=upns[:2], check_mode=True),
            task("create", **NEW, members=upns[:2]),
            task("again", **NEW, members=[ids[1], upns[0], upns[0]]),
            task("describe", **key, description="", check_mode=True),
            task("describe for real", **key, description=""),
            task("one more", **key, members=upns[2:]),
            task("predict exclusive", **key, members=upns[:1], exclusive=True, check_mode=True),
            task("exclusive", **key, members=upns[:1], exclusive=True),
            task("nobody", **key, members=[]),
            task("nobody again", **key, members=[]),
            task("predict absent", **key, state="absent", check_mode=True),
            task("absent", **key, state="absent"),
            task("absent again", **key, state="absent"),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert outline(run) == [
        ("predict", False, True, 0),
        ("create", False, True, 2),
        ("again", False, False, 0),
        ("describe", False, True, 0),
        ("describe for real", False, True, 1),
        ("one more", False, True, 1),
        ("predict exclusive", False, True, 0),
        ("exclusive", False, True, 2),
        ("nobody", False, True, 1),
        ("nobody again", False, False, 0),
        ("predict absent", False, True, 0),
        ("absent", False, True, 1),
        ("absent again", False, False, 0),
    ]
    assert run.one("absent again")["stats"]["waited_s"] == 0, "what this run has deleted is not waited for"
    assert len(writes(site)) == 8
    pairs = [("predict", "create"), ("predict exclusive", "exclusive"), ("predict absent", "absent")]
    for predicted, real in [*pairs, ("describe", "describe for real")]:
        assert run.one(predicted)["diff"] == run.one(real)["diff"]
    created = run.one("create")["group"]
    assert created.keys() == run.one("predict")["group"].keys()
    assert run.one("predict")["group"]["object_id"] is None
    assert created["members"] == sorted(ids[:2])
    assert {**created, "members_added": []} == run.one("again")["group"]
    assert run.one("one more")["group"]["members"] == sorted(ids)
    assert named(site, NEW["display_name"]) == []


@pytest.mark.whole
def test_names_of_all_kinds(site: Simulator, play: Player) -> None:
    """Created by display name alone, found again by it, and by the prefix and the name that the information module takes."""
    run = play(
        [
            task("create", display_name="{{ item }}", loop=NAMES),
            task("again", display_name="{{ item }}", loop=NAMES),
            task("read", INFO, display_name="{{ item }}", loop=NAMES),
            task("read by prefix", INFO, prefix='O\'Brien "the" \\'),
        ]
    ).ok()
    assert [item["changed"] for item in run.of("create")] == [True] * len(NAMES)
    assert [item["changed"] for item in run.of("again")] == [False] * len(NAMES)
    assert [len(item["groups"]) for item in run.of("read")] == [1] * len(NAMES)
    assert [group["display_name"] for group in run.one("read by prefix")["groups"]] == [NAMES[0]]
    unique = play([task("unique", display_name="a/b 'c' #%&ü", unique_name="a/b 'c' #%&ü")] * 2).ok()
    assert [item["changed"] for item in unique.results] == [True, False]


def test_twins_and_dangers_are_refused(site: Simulator, play: Player) -> None:
    play([task("one", display_name="GG-Twin", unique_name="one"), task("two", display_name="gg-twin x")]).ok()
    twin = next(group for group in named(site, "gg-twin x"))
    site.tenant.store.put("groups", twin["id"], {**twin, "displayName": "gg-twin"})
    site.journal.clear()
    run = play(
        [
            task("ambiguous", display_name="GG-TWIN", description="x"),
            task("adopt by unique name", display_name="GG-Twin", unique_name="other"),
            task("rename", unique_name="one", display_name="GG-Other"),
            task("risk without reason", unique_name="one", display_name="GG-Other", accept_risk=["rename"]),
            task("unknown members", unique_name="one", members=["nobody@corp.example", "just a name"]),
            task("unknown id", object_id="0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"),
            task("nothing named", description="x"),
            task("unknown option", display_name="x", owner="x"),
            task("no name for a new one", unique_name="three"),
        ]
    )
    assert all(result.failed for result in run.results)
    error = {result.task: result.get("error", {}) for result in run.results}
    assert len(error["ambiguous"]["candidates"]) == 2
    assert error["adopt by unique name"]["kind"] == "ambiguous"
    assert (error["rename"]["kind"], error["rename"]["risk"]) == ("guard", "rename")
    assert "accept_reason" in run.one("risk without reason")["msg"]
    assert [item["where"] for item in error["unknown members"]["problems"]] == ["members[0]", "members[1]"]
    assert "object_id" in run.one("unknown id")["msg"]
    assert "one of the following is required" in run.one("nothing named")["msg"]
    assert "Unsupported parameters" in run.one("unknown option")["msg"]
    assert "display_name" in run.one("no name for a new one")["msg"]
    assert_no_writes(site)


@pytest.mark.parametrize("options", [NEW, {"display_name": NEW["display_name"]}], ids=["unique-name", "display-name"])
def test_a_lost_answer_makes_no_second_group(site: Simulator, play: Player, options: dict[str, str]) -> None:
    site.faults.add(Fault("graph", "PATCH" if "unique_name" in options else "POST", "*/groups*", "drop_after"))
    upns, ids = people(site, 2)
    run = play([task("create", **options, members=upns), task("again", **options, members=upns)]).ok()
    assert [item["changed"] for item in run.results] == [True, False]
    (group,) = named(site, NEW["display_name"])
    assert run.one("create")["group"]["object_id"] == group["id"]
    assert sorted(site.tenant.members(group["id"])) == sorted(ids)


def test_throttling_is_waited_for_and_too_much_of_it_is_told(site: Simulator, play: Player) -> None:
    site.faults.add(Fault("graph", "*", "*/groups*", "status", status=429, retry_after=1))
    site.faults.add(Fault("graph", "PATCH", "*/groups*", "status", status=503, after=1))
    patient = play([task("create", **NEW)]).ok().result
    assert patient["changed"]
    assert patient["stats"]["retries"] == 1
    assert patient["stats"]["waited_s"] >= 1
    site.faults.clear()
    site.faults.add(Fault("graph", "*", "*/groups*", "status", status=429, retry_after=3600, times=0))
    refused = play([task("create", **NEW)]).result
    assert refused["error"]["kind"] == "throttled"
    assert refused["error"]["retry_after_s"] == 3600


def test_answers_that_are_none_of_graphs(site: Simulator, play: Player) -> None:
    """An HTML page, nothing at all, no JSON, a page that lies elsewhere: one clear message, and nothing is written."""
    foreign = {"value": [], "@odata.nextLink": "https://collector.example/v1.0/groups?$skiptoken=1"}
    answers: list[tuple[str, dict[str, t.Any]]] = [("html", {"status": 404}), ("empty", {}), ("garbage", {})]
    for action, more in [*answers, ("status", {"status": 200, "body": foreign})]:
        site.faults.add(Fault("graph", "GET", "*/groups", action, **more))
    titles = ["html", "empty", "garbage", "foreign page"]
    run = play([task(title, INFO, prefix="GG-") for title in titles])
    assert all(result.failed for result in run.results)
    messages = {result.task: result["msg"] for result in run.results}
    assert "HTML page" in messages["html"]
    assert "empty body" in messages["empty"]
    assert "instead of JSON" in messages["garbage"]
    assert "collector.example" in messages["foreign page"]
    assert "its next page is not below the address that was asked" in messages["foreign page"]
    assert_no_writes(site)


def test_a_missing_permission_is_named(site: Simulator, play: Player) -> None:
    reader = site.identity("GroupMember.Read.All", name="reader")
    who = {"client_id": reader.client_id, "client_secret": reader.client_secret}
    site.journal.clear()
    run = play(
        [
            task("read", INFO, prefix="GG-", **who),
            task("check", **NEW, **who, check_mode=True),
            task("write", **NEW, **who),
        ]
    )
    assert not run.one("read").failed
    assert not run.one("check").failed
    refused = run.one("write")
    assert refused["error"]["kind"] == "forbidden"
    assert "Group.Create" in refused["msg"]
    assert refused["error"]["needs"] == ["Group.Create", "Group.ReadWrite.All"]
    assert refused["steps_done"] == []
    assert named(site, NEW["display_name"]) == []


def test_reading_groups(make_site: t.Any, make_player: t.Any, in_process: bool) -> None:
    """Small pages are read to the end; what is selected is what there is."""
    site = make_site(set="S", page_size=3)
    play = make_player(site)
    expected = sorted(group["displayName"] for group in site.tenant.groups.values())
    folded = [name.casefold() for name in expected]
    single = next(name for name in expected if folded.count(name.casefold()) == 1)
    (one,) = named(site, single)
    run = play(
        [
            task("all", INFO),
            task("by id", INFO, object_id=one["id"]),
            task("by name", INFO, display_name=single.upper(), members=True),
            task("by filter", INFO, filter="displayName eq '" + single.replace("'", "''") + "'"),
            task("query", INFO, query="[].display_name"),
            task("nothing", INFO, unique_name="never-was"),
            task("bad query", INFO, query="[?"),
            task("two ways", INFO, prefix="GG", display_name="x"),
            task("no GUID", INFO, object_id="x"),
        ],
        in_process=in_process,
    )
    assert sorted(group["display_name"] for group in run.one("all")["groups"]) == expected
    assert run.one("all")["stats"]["reads"] > len(expected) // 3
    assert [group["object_id"] for group in run.one("by id")["groups"]] == [one["id"]]
    (by_name,) = run.one("by name")["groups"]
    assert by_name["members"] == sorted(site.tenant.members(one["id"]))
    assert run.one("by filter")["groups"] == run.one("by id")["groups"]
    assert sorted(run.one("query")["groups"]) == expected
    assert run.one("nothing")["groups"] == []
    assert "JMESPath" in run.one("bad query")["msg"]
    assert "mutually exclusive" in run.one("two ways")["msg"]
    assert "GUID" in run.one("no GUID")["msg"]
    assert_no_writes(site)


@pytest.mark.whole
def test_a_group_of_more_than_ten_thousand_members(empty_site: Simulator) -> None:
    """Read in pages of 999, changed by difference: one joins and one leaves in two writes."""
    tenant = empty_site.tenant
    group = tenant.add("group", {"displayName": "GG-Everybody", "securityEnabled": True})
    rows = [
        tenant.add("user", {"displayName": f"P{number}", "userPrincipalName": f"p{number}@corp.example"})
        for number in range(10_051)
    ]
    tenant.relate("members", group["id"], [row["id"] for row in rows[:-1]])
    wanted = [row["userPrincipalName"] for row in rows[1:]]
    options = {"object_id": group["id"], "members": wanted, "exclusive": True}
    empty_site.journal.clear()
    result = run_body(entra_group, empty_site, options)
    assert not result.get("failed"), result["msg"]
    (joined,), (left,) = result["group"]["members_added"], result["group"]["members_removed"]
    assert (joined["object_id"], left["object_id"]) == (rows[-1]["id"], rows[0]["id"])
    assert [entry.method for entry in writes(empty_site)] == ["PATCH", "DELETE"]
    pages = [entry for entry in empty_site.journal.reads("graph") if entry.path.endswith("/members")]
    assert len(pages) == 4 * 11  # once to plan; three times in a row to see that somebody is removed
    again = run_body(entra_group, empty_site, options)
    assert not again.get("failed") and not again["changed"]
