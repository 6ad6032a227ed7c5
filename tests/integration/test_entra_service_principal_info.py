# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_service_principal_info against the simulator: the names that other modules take are those that it tells."""

from __future__ import annotations

import typing as t

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from helpers.checks import assert_no_writes
from helpers.direct import run_body
from helpers.playing import Player

from ansible_collections.cvops.identity.plugins.modules import entra_app_role_assignment, entra_application
from ansible_collections.cvops.identity.plugins.modules import entra_service_principal as writer
from ansible_collections.cvops.identity.plugins.modules import entra_service_principal_info as module

pytestmark = pytest.mark.any_core

NAME = "cvops.identity.entra_service_principal_info"
KEY = {"application": {"unique_name": "commvault-management"}}


def look(site: Simulator, **options: t.Any) -> list[dict[str, t.Any]]:
    result = run_body(module, site, options)
    assert not result.get("failed"), result["msg"]
    return t.cast("list[dict[str, t.Any]]", result["service_principals"])


def get_principal(site: Simulator) -> dict[str, t.Any]:
    rows = site.tenant.applications.values()
    (application,) = (row for row in rows if row.get("uniqueName") == "commvault-management")
    return t.cast("dict[str, t.Any]", site.tenant.service_principal_of(application["appId"]))


def test_reading(site: Simulator, play: Player, in_process: bool) -> None:
    """By key, by name, all; a query shapes the answer, and none is no error."""
    row = get_principal(site)
    site.journal.clear()
    (by_id,) = play([{NAME: {"object_id": row["id"]}}], in_process=in_process).ok().result["service_principals"]
    run = play([{NAME: {"app_id": row["appId"], "query": "[0].app_roles[].value"}}], in_process=in_process).ok()
    assert run.result["service_principals"] == sorted(role["value"] for role in row["appRoles"])
    assert run.result["stats"]["reads"] == 1 and not run.result["changed"]
    named = play([{NAME: {"display_name": row["displayName"].upper()}}], in_process=in_process).ok()
    assert [item["object_id"] for item in named.result["service_principals"]] == [by_id["object_id"]]
    everything = play([{NAME: {"query": "[].object_id"}}], in_process=in_process).ok()
    assert sorted(everything.result["service_principals"]) == sorted(site.tenant.service_principals)
    assert play([{NAME: {"display_name": "no such"}}], in_process=in_process).ok().result["service_principals"] == []
    assert_no_writes(site)


def test_the_permissions_that_it_names_can_be_requested(site: Simulator) -> None:
    (api,) = look(site, display_name="microsoft graph")
    roles = [role["value"] for role in api["app_roles"] if "Application" in role["allowed_member_types"]]
    scopes = [scope["value"] for scope in api["api_scopes"] if scope["enabled"]]
    assert "User.Read.All" in roles and "User.Read" in scopes
    permissions = [{"api": api["display_name"], "application": roles, "delegated": scopes}]
    wanted = {"display_name": "All of it", "api_permissions": permissions}
    result = run_body(entra_application, site, wanted, check=True)
    assert not result.get("failed"), result["msg"]


def test_who_holds_which_role_is_what_the_assigning_module_says(site: Simulator) -> None:
    group = next(row["displayName"] for row in site.tenant.groups.values() if row.get("uniqueName"))
    assignments = [{"group": group, "app_role": "Backup.Operate"}]
    made = run_body(entra_app_role_assignment, site, {**KEY, "assignments": assignments})["app_role_assignments"]
    (found,) = look(site, object_id=get_principal(site)["id"], assignments=True)
    assert [{**row, "not_confirmed": []} for row in found["assignments"]] == made


@pytest.mark.whole
def test_settings_certificates_and_owners_are_what_the_writing_module_says(site: Simulator) -> None:
    owner = next(iter(site.tenant.users.values()))
    options = {
        **KEY,
        "sign_on_mode": "saml",
        "relay_state": "https://cv.corp.example/start",
        "notification_emails": ["backup@corp.example"],
        "owners": [owner["userPrincipalName"]],
        "signing_certificate": {"activate": "first"},
    }
    written = run_body(writer, site, options)
    assert not written.get("failed"), written["msg"]
    made = written["service_principal"]
    (found,) = look(site, app_id=made["app_id"], owners=True)
    same = set(made) & set(found) - {"signing_certificates"}
    assert {name: found[name] for name in same} == {name: made[name] for name in same} and len(same) > 10
    (certificate,) = found["signing_certificates"]
    later = {"days_left": certificate["days_left"]}  # some time has passed, by which a day may have become incomplete
    assert certificate == {**made["signing_certificates"][0], **later}
    assert certificate["active"] and certificate["certificate"] and 1094 <= certificate["days_left"] <= 1095
    assert found["owner_details"][0]["name"] == owner["userPrincipalName"]
    (listed,) = look(site, display_name=made["display_name"])
    assert listed["signing_certificates"][0]["thumbprint"] == certificate["thumbprint"]
    assert listed["signing_certificates"][0]["certificate"] is None  # Graph gives no keys in lists


def test_a_list_of_holders_that_cannot_be_read_is_an_error(site: Simulator) -> None:
    """A failing read is never "nobody"."""
    site.faults.add(Fault("graph", "GET", "*appRoleAssignedTo*", status=403, times=0))
    result = run_body(module, site, {"object_id": get_principal(site)["id"], "assignments": True})
    assert result["failed"] and result["error"]["kind"] == "forbidden" and "Application.Read.All" in result["msg"]
