# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_app_role_assignment against the simulator, and what a token carries of it."""

from __future__ import annotations

import typing as t

import pytest
import requests
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.module_utils._signin.tokens import decode_claims
from ansible_collections.cvops.identity.plugins.modules import entra_app_role_assignment as module

pytestmark = pytest.mark.any_core

APPLICATION = {"unique_name": "commvault-management"}


def task(**options: t.Any) -> dict[str, t.Any]:
    """One task of the module."""
    return {"name": "roles", "cvops.identity.entra_app_role_assignment": {"application": APPLICATION, **options}}


def group_names(site: Simulator) -> list[str]:
    """Two groups of the mapping."""
    names = (str(group["displayName"]) for group in site.tenant.groups.values() if group.get("uniqueName"))
    return [next(names), next(names)]


def held(site: Simulator) -> list[tuple[str, str]]:
    """Who holds which role of the application, as the directory has it."""
    (application,) = (
        row for row in site.tenant.applications.values() if row.get("uniqueName") == APPLICATION["unique_name"]
    )
    principal = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(application["appId"]))
    names = {role["id"]: role["value"] for role in principal["appRoles"]}
    rows = [row for row in site.tenant.app_role_assignments.values() if row["resourceId"] == principal["id"]]
    return sorted((row["principalDisplayName"], names[row["appRoleId"]]) for row in rows)


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, assign, leave alone, change, take away, leave alone."""
    one, two = group_names(site)
    user = next(iter(site.tenant.users.values()))
    wanted = [
        {"group": one, "app_role": "Backup.Operate"},
        {"group": two, "app_role": "Read backup state"},
        {"user": user["userPrincipalName"], "app_role": "Backup.Read"},
    ]
    site.journal.clear()
    predicted = play([task(assignments=wanted)], check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    real = play([task(assignments=wanted)], diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    expected = sorted([(one, "Backup.Operate"), (two, "Backup.Read"), (user["displayName"], "Backup.Read")])
    assert held(site) == expected
    assert predicted.result["app_role_assignments"] == real.result["app_role_assignments"]

    site.journal.clear()
    again = play([task(assignments=wanted)], diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["app_role_assignments"] == real.result["app_role_assignments"]
    assert_no_writes(site)

    fewer = task(assignments=[{"group": one, "app_role": "Backup.Read"}], exclusive=True)
    assert_diff_agrees(
        play([fewer], check=True, diff=True, in_process=in_process).ok(),
        play([fewer], diff=True, in_process=in_process).ok(),
    )
    assert held(site) == [(one, "Backup.Read")]

    gone = task(
        assignments=[{"group": one, "app_role": "Backup.Read"}],
        state="absent",
        accept_risk=["lock_out"],
        accept_reason="the application goes",
    )
    assert play([gone], in_process=in_process).ok().result["app_role_assignments"] == []
    site.journal.clear()
    assert not play([gone], in_process=in_process).ok().result["changed"]
    assert_no_writes(site)


@pytest.mark.whole
def test_an_application_from_nothing_is_planned_whole(site: Simulator, play: Player) -> None:
    """Application, service principal, group and assignment: check mode tells all of it, and the run does it."""
    role = {"value": "Audit", "display_name": "Audit", "description": "Reads", "allowed_member_types": ["User"]}
    named = {"unique_name": "new-app"}
    tasks = [
        {
            "name": "application",
            "cvops.identity.entra_application": {**named, "display_name": "New app", "app_roles": [role]},
        },
        {"name": "principal", "cvops.identity.entra_service_principal": {"application": named}},
        {"name": "group", "cvops.identity.entra_group": {"display_name": "GG New", "unique_name": "gg-new"}},
        {
            "name": "roles",
            "cvops.identity.entra_app_role_assignment": {
                "application": named,
                "assignments": [{"group": "GG New", "app_role": "Audit"}],
                "pending_entra_groups": ["GG New"],
                "pending_app_roles": ["Audit"],
            },
        },
    ]
    site.journal.clear()
    predicted = play(tasks, check=True, diff=True).ok()
    assert_no_writes(site)
    told = [[step["sentence"] for step in result["steps"]] for result in predicted.results]
    assert told[-1] == ["assign app role Audit of new-app"]
    approved = [step["id"] for step in predicted.results[-1]["steps"]]
    tasks[-1]["cvops.identity.entra_app_role_assignment"]["approved_steps"] = approved
    real = play(tasks).ok()
    assert [[step["sentence"] for step in result["steps"]] for result in real.results] == told
    site.journal.clear()
    assert play(tasks).ok().stats["changed"] == 0
    assert_no_writes(site)


def test_a_service_has_its_role_in_its_token(site: Simulator) -> None:
    identity = site.identity(name="reports")
    wanted = {"assignments": [{"service_principal": "reports", "app_role": "Backup.Read"}], "application": APPLICATION}
    assert run_body(module, site, wanted)["changed"]
    (application,) = (
        row for row in site.tenant.applications.values() if row.get("uniqueName") == APPLICATION["unique_name"]
    )
    form = {
        "grant_type": "client_credentials",
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "scope": f"{application['appId']}/.default",
    }
    address = f"{site.login_url}/{site.tenant_id}/oauth2/v2.0/token"
    answer = requests.post(address, data=form, verify=str(site.ca_path), timeout=60).json()
    assert decode_claims(answer["access_token"])["roles"] == ["Backup.Read"]


@pytest.mark.parametrize("status", [200, 500])
def test_a_lost_answer_makes_no_second_assignment(site: Simulator, status: int) -> None:
    one, two = group_names(site)
    wanted = {
        "application": APPLICATION,
        "assignments": [{"group": name, "app_role": "Backup.Read"} for name in (one, two)],
    }
    action: dict[str, t.Any] = (
        {"action": "drop_after"} if status == 200 else {"action": "status_after", "status": status}
    )
    site.faults.add(Fault(service="graph", method="POST", path="*appRoleAssignedTo", **action))
    result = run_body(module, site, wanted)
    if result.get("failed"):
        result = run_body(module, site, wanted)
    assert not result.get("failed"), result["msg"]
    assert held(site) == sorted([(one, "Backup.Read"), (two, "Backup.Read")])


def test_bad_input_is_told_before_anything_is_written(site: Simulator) -> None:
    one, _two = group_names(site)
    application = next(
        row for row in site.tenant.applications.values() if row.get("uniqueName") == APPLICATION["unique_name"]
    )
    service = t.cast("dict[str, t.Any]", site.tenant.service_principal_of(application["appId"]))
    site.journal.clear()
    for entry, said in (
        ({"group": one, "app_role": "Backup.Reed"}, "near: Backup.Read"),
        ({"group": "GG-None", "app_role": "Backup.Read"}, "no group 'GG-None'"),
        ({"group": one}, "app_role is missing"),
        (
            {"service_principal": application["appId"], "app_role": "Backup.Read"},
            f"(service principal) is {service['id']}",
        ),
        (
            {"service_principal": application["id"], "app_role": "Backup.Read"},
            f"(service principal) is {service['id']}",
        ),
        ({"app_role": "Backup.Read"}, "one of the following"),
        ({"group": one, "user": "x@y", "app_role": "Backup.Read"}, "mutually exclusive"),
    ):
        result = run_body(module, site, {"application": APPLICATION, "assignments": [entry]})
        assert result["failed"] and said in result["msg"], (said, result["msg"])
    assert writes(site) == []


def test_an_identity_that_may_not_assign_is_told_what_it_needs(site: Simulator) -> None:
    reader = site.identity("Application.Read.All", "Group.Read.All", name="reader")
    one, _two = group_names(site)
    options = {"application": APPLICATION, "assignments": [{"group": one, "app_role": "Backup.Read"}]}
    result = run_body(module, site, {**options, "client_id": reader.client_id, "client_secret": reader.client_secret})
    assert result["error"]["kind"] == "forbidden" and "AppRoleAssignment.ReadWrite.All" in result["msg"]
