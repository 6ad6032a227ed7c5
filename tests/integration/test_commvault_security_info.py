# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""commvault_security_info against the simulator."""

from __future__ import annotations

import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "security", "cvops.identity.commvault_security_info": options}]


def test_lists(site: Simulator, play: Player, in_process: bool) -> None:
    """By default one call per list, and nothing is written; group and directory group come from one call."""
    site.journal.clear()
    run = play(task(), in_process=in_process).ok()
    found, state = run.result["security"], site.commcells["cs01"].state
    assert not run.result["changed"]
    assert found["commcell"] == {"id": "2", "name": "cs01", "release": 44, "company": None}
    assert {row["name"] for row in found["users"]} == {user.name for user in state.users if user.approved}
    assert {row["id"] for row in found["roles"]} == {str(role.id) for role in state.roles}
    shown = {(row["name"], key) for key in ("user_groups", "external_groups") for row in found[key]}
    assert shown == {(group.name, "external_groups" if group.provider else "user_groups") for group in state.groups}
    assert {"id": "31", "name": "View"}.items() <= next(
        row for row in found["permissions"] if row["id"] == "31"
    ).items()
    assert [row["name"].casefold() for row in found["users"]] == sorted(
        row["name"].casefold() for row in found["users"]
    )
    assert "associations" not in found
    assert run.result["stats"]["reads"] == 6
    assert_no_writes(site)


def test_associations(site: Simulator, play: Player) -> None:
    """Every association of every user and group, with how it came to be."""
    found = play(task(subset=["associations"])).ok().result["security"]["associations"]
    state = site.commcells["cs01"].state
    shown = {
        (row["principal"]["kind"], int(row["principal"]["id"]), int(row["role"]["id"]), row["grant_kind"])
        for row in found
        if row["role"]
    }
    kinds = {13: "user", 15: "user_group", 62: "external_group"}
    held = [grant for grant in state.grants if grant.kind != "owner"]
    assert held
    assert shown == {
        (kinds[grant.principal_kind], grant.principal_id, grant.role_id, grant.kind)
        for grant in held
        if grant.role_id is not None
    }
    assert len(found) == len(held)
    assert [row["permissions"] for row in found if row["grant_kind"] == "permissions"] == [
        row["permissions"] for row in found if not row["role"]
    ]


def test_details_and_query(site: Simulator, play: Player) -> None:
    """Links and members of groups, permissions of roles; a query shapes the answer."""
    run = play(
        task(subset=["role_permissions", "user_group_details"], query="{r: roles[?id=='1'].name, g: user_groups}")
    ).ok()
    state = site.commcells["cs01"].state
    links = {row["name"]: row["entra_group_id"] for row in run.result["security"]["g"]}
    assert links == {group.name: group.azure_guid.lower() for group in state.groups if not group.provider}
    assert run.result["security"]["r"] == ["Master"]
    master = next(row for row in run.result["security"]["g"] if row["id"] == "1")
    assert master["members"] == sorted(user.name for user in state.users if user.id in state.groups.get(1).member_ids)


def test_only_some_principals(site: Simulator, play: Player) -> None:
    found = play(task(subset=["associations"], principals=["MASTER"])).ok().result["security"]["associations"]
    assert {row["principal"]["name"] for row in found} == {"master"}


def test_an_old_release(make_site: Callable[..., Simulator], make_player: Callable[[Simulator], Player]) -> None:
    """A release that may not list everything is not asked for everything."""
    site = make_site(set="S", release=40)
    run = make_player(site)(task(subset=["associations"]))
    assert run.result["error"]["kind"] == "config"
    assert "11.40" in run.result["msg"]


@pytest.mark.parametrize(
    ("path", "body"),
    [("*/v4/user", {"errorCode": 3, "errorMessage": "no answer"}), ("*/V4/Role", {"error": {"errorCode": 3}})],
)
def test_an_error_inside_a_list(site: Simulator, play: Player, path: str, body: dict[str, t.Any]) -> None:
    site.faults.add(Fault(service="cs01", method="GET", path=path, status=200, body=body))
    run = play(task())
    assert run.result["error"]["code"] == "3"
    assert run.result["error"]["service"] == "Commvault"


def test_a_commserve_that_hides_its_release(site: Simulator, play: Player) -> None:
    """A tenant user may not see the CommServe; everything else still works."""
    body = {"errorCode": 8, "errorMessage": "User does not have the permission [View]"}
    site.faults.add(Fault(service="cs01", method="GET", path="*/CommServ", status=200, body=body, times=0))
    found = play(task(subset=["roles"])).ok().result["security"]
    assert found["commcell"] == {"id": "2", "name": "", "release": None, "company": None}
    assert found["roles"]
