# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_application against the simulator."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.playing import Player

APPLICATION: dict[str, t.Any] = {
    "unique_name": "reporting-api",
    "display_name": "Reporting API",
    "description": "Reads reports",
    "tags": ["team:backup"],
    "identifier_uris": ["api://{app_id}"],
    "web": {"redirect_uris": ["https://reports.corp.example/callback"], "implicit_grant": {"id_tokens": True}},
    "app_roles": [
        {"value": "Report.Read", "allowed_member_types": ["User", "Application"]},
        {"value": "Report.Write", "display_name": "Write reports", "description": "Write any report"},
    ],
    "api_scopes": [{"value": "Report.View", "type": "User", "admin_consent_display_name": "View reports"}],
    "api_permissions": [
        {"api": "Microsoft Graph", "application": ["User.Read.All", "GroupMember.Read.All"], "delegated": ["User.Read"]}
    ],
    "group_claims": ["ApplicationGroup"],
    "optional_claims": {"id_token": [{"name": "email", "essential": True}], "access_token": [{"name": "idtyp"}]},
    "access_token_version": 2,
}


def task(**options: t.Any) -> list[dict[str, t.Any]]:
    """One task of the module."""
    return [{"name": "application", "cvops.identity.entra_application": options}]


def stored(site: Simulator, unique_name: str = "reporting-api") -> dict[str, t.Any]:
    """The application as the simulator holds it."""
    (found,) = [row for row in site.tenant.applications.values() if row.get("uniqueName") == unique_name]
    return found


def test_rhythm(site: Simulator, play: Player, in_process: bool) -> None:
    """Predict, create, leave alone, delete, leave alone."""
    site.journal.clear()
    predicted = play(task(**APPLICATION), check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert predicted.result["changed"]
    assert predicted.result["application"]["app_id"] is None

    real = play(task(**APPLICATION), diff=True, in_process=in_process).ok()
    assert_diff_agrees(predicted, real)
    application = real.result["application"]
    row = stored(site)
    assert (application["object_id"], application["app_id"]) == (row["id"], row["appId"])
    assert application["identifier_uris"] == [f"api://{row['appId']}"] == row["identifierUris"]
    assert {role["value"]: role["id"] for role in application["app_roles"]} == {
        role["value"]: role["id"] for role in row["appRoles"]
    }
    assert len(writes(site)) == 2

    site.journal.clear()
    again = play(task(**APPLICATION), diff=True, in_process=in_process).ok()
    assert not again.result["changed"]
    assert again.result["application"] == application
    assert_no_writes(site)

    gone = task(unique_name="reporting-api", state="absent")
    predicted = play(gone, check=True, diff=True, in_process=in_process).ok()
    assert_no_writes(site)
    assert_diff_agrees(predicted, play(gone, diff=True, in_process=in_process).ok())
    site.journal.clear()
    assert not play(gone, in_process=in_process).ok().result["changed"]
    assert_no_writes(site)
