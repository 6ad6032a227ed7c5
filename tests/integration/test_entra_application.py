# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""entra_application against the simulator."""

from __future__ import annotations

import pathlib
import typing as t
from collections.abc import Callable

import pytest
from cvops_simulator import Simulator
from cvops_simulator.core.faults import Fault
from cvops_simulator.entra.grants import assign_role
from cvops_simulator.entra.replication import Replication
from helpers.checks import assert_diff_agrees, assert_no_writes, writes
from helpers.playing import Player

pytestmark = pytest.mark.any_core

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


def test_role_removal_disables_first_and_tells_who_loses_it(site: Simulator, play: Player) -> None:
    """Two PATCHes, ids kept, and the diff names the holders in check mode and in the real run alike."""
    made = play(task(**APPLICATION)).ok().result["application"]
    principal = {"name": "sp", "cvops.identity.entra_service_principal": {"app_id": made["app_id"]}}
    resource = play([principal]).ok().result["service_principal"]["object_id"]
    role_id = next(role["id"] for role in made["app_roles"] if role["value"] == "Report.Write")
    user = next(iter(site.tenant.users.values()))
    assign_role(site.tenant, user["id"], resource, role_id)

    fewer = task(
        unique_name="reporting-api", app_roles=[{"value": "Report.Read", "description": "Any"}], exclusive=True
    )
    predicted = play(fewer, check=True, diff=True).ok()
    assert user["displayName"] in predicted.result["diff"]["before"]
    site.journal.clear()
    real = play(fewer, diff=True).ok()
    assert_diff_agrees(predicted, real)
    assert [entry.method for entry in writes(site)] == ["PATCH", "PATCH"]
    assert stored(site)["appRoles"] == [
        {
            "allowedMemberTypes": ["Application", "User"],
            "description": "Any",
            "displayName": "Report.Read",
            "id": next(role["id"] for role in made["app_roles"] if role["value"] == "Report.Read"),
            "isEnabled": True,
            "origin": "Application",
            "value": "Report.Read",
        }
    ]


def test_disabled_roles_and_scopes_from_the_start(site: Simulator, play: Player) -> None:
    """Entra ID takes new ones only enabled; they end disabled, and a second run changes nothing."""
    options = {
        "unique_name": "reporting-api",
        "display_name": "Reporting API",
        "app_roles": [{"value": "Later", "enabled": False}],
        "api_scopes": [{"value": "Later.View", "enabled": False}],
    }
    play(task(**options)).ok()
    assert [role["isEnabled"] for role in stored(site)["appRoles"]] == [False]
    site.journal.clear()
    assert not play(task(**options)).ok().result["changed"]
    assert_no_writes(site)


def test_adoption_keeps_what_is_not_named(site: Simulator, play: Player) -> None:
    """Found by app_id, one new redirect URI: everything else, credentials included, is as it was."""
    row = next(row for row in site.tenant.applications.values() if row.get("uniqueName") == "commvault-management")
    for role in row["appRoles"]:
        role.setdefault("origin", "Application")
    before = {name: value for name, value in row.items() if name != "web"}
    uri = "https://second.corp.example/callback"
    run = play(task(app_id=row["appId"], web={"redirect_uris": [uri]})).ok()
    assert run.result["changed"]
    after = site.tenant.applications[row["id"]]
    assert {name: value for name, value in after.items() if name != "web"} == before
    assert after["web"] == {**row["web"], "redirectUris": [*row["web"]["redirectUris"], uri]}


def test_without_unique_name(site: Simulator, play: Player) -> None:
    """Created once even when the answer is lost; role ids derive from the application id and stay."""
    site.faults.add(Fault(service="graph", method="POST", path="*/applications", action="drop_after"))
    options = {"display_name": "Solitary", "app_roles": [{"value": "Do.It"}]}
    made = play(task(**options)).ok().result["application"]
    rows = [row for row in site.tenant.applications.values() if row["displayName"] == "Solitary"]
    assert [row["id"] for row in rows] == [made["object_id"]]
    assert rows[0]["appRoles"][0]["id"] == made["app_roles"][0]["id"]
    site.journal.clear()
    assert play(task(**options)).ok().result["application"] == made
    assert_no_writes(site)


@pytest.mark.parametrize("action", ["drop_before", "drop_after"])
def test_lost_answers_of_upsert_and_delete(site: Simulator, play: Player, action: str) -> None:
    """Upsert and delete are repeated: one application, then none."""
    site.faults.add(Fault(service="graph", method="PATCH", path="*uniqueName*", action=action))
    made = play(task(**APPLICATION)).ok().result["application"]
    assert stored(site)["id"] == made["object_id"]
    site.faults.add(Fault(service="graph", method="DELETE", path="*applications*", action=action))
    assert play(task(unique_name="reporting-api", state="absent")).ok().result["changed"]
    assert made["object_id"] not in site.tenant.applications


def test_restore(site: Simulator, play: Player) -> None:
    """A deleted namesake is an error that says what to do; with restore_deleted it comes back with its service principal."""
    made = play(task(**APPLICATION)).ok().result["application"]
    principal = {"name": "sp", "cvops.identity.entra_service_principal": {"app_id": made["app_id"]}}
    service_principal = play([principal]).ok().result["service_principal"]
    play(task(unique_name="reporting-api", state="absent")).ok()

    refused = play(task(**APPLICATION))
    assert refused.result.failed
    assert made["object_id"] in refused.result["msg"]
    assert "restore_deleted" in refused.result["msg"]

    restoring = task(**{**APPLICATION, "description": "Back again", "restore_deleted": True})
    site.journal.clear()
    predicted = play(restoring, check=True, diff=True).ok()
    assert_no_writes(site)
    site.faults.add(Fault(service="graph", method="POST", path="*restore", action="drop_after"))
    real = play(restoring, diff=True).ok()
    assert_diff_agrees(predicted, real)
    assert real.result["application"] == {**made, "description": "Back again"}
    stored_principal = site.tenant.service_principal_of(made["app_id"])
    assert stored_principal is not None
    assert stored_principal["id"] == service_principal["object_id"]
    site.journal.clear()
    assert not play(restoring).ok().result["changed"]
    assert_no_writes(site)


def test_owners_exactly(site: Simulator, play: Player) -> None:
    """Exclusive owners at creation leave nobody else; an additive owner joins them."""
    first, second = [user["id"] for user in list(site.tenant.users.values())[:2]]
    options = {"unique_name": "reporting-api", "display_name": "Reporting API"}
    play(task(**options, owners=[first], exclusive=True)).ok()
    site.journal.clear()
    assert not play(task(**options, owners=[first], exclusive=True)).ok().result["changed"]
    assert_no_writes(site)
    assert play(task(**options, owners=[second])).ok().result["application"]["owners"] == sorted([first, second])


def test_the_kill_switch(site: Simulator, play: Player) -> None:
    """Deactivating needs the risk; nobody gets a token then, and the message says what to do; activating again needs none."""
    identity = site.identity("User.Read.All", name="job")
    stop = {"app_id": identity.client_id, "enabled": False}
    accepted = {**stop, "accept_risk": ["kill_switch"], "accept_reason": "INC0012345"}
    job = {"client_id": identity.client_id, "client_secret": identity.client_secret}
    signing_in = [{"cvops.identity.entra_application_info": {"app_id": identity.client_id, **job}}]

    refused = play(task(**stop)).result
    assert refused["error"]["kind"] == "guard" and refused["error"]["risk"] == "kill_switch"
    predicted = play(task(**accepted), check=True, diff=True).ok()
    assert_no_writes(site)
    real = play(task(**accepted), diff=True).ok()
    assert_diff_agrees(predicted, real)
    assert real.result["application"]["enabled"] is False
    assert [step["sign"] for step in real.result["steps"]] == ["-"]
    assert writes(site)
    site.journal.clear()
    assert not play(task(**stop)).ok().result["changed"]
    assert_no_writes(site)

    said = play(signing_in).result["msg"]
    assert "AADSTS7000112" in said and "activate the registration again" in said
    activated = play(task(app_id=identity.client_id, enabled=True)).ok().result
    assert activated["changed"] and activated["application"]["enabled"] is True
    assert "AADSTS" not in str(play(signing_in).result.get("msg"))


def test_ambiguous_and_unknown(site: Simulator, play: Player) -> None:
    """Names that are not unique list the ids; all unknown permissions come together, with what was probably meant."""
    for name in ("twin-a", "twin-b"):
        site_options = {"unique_name": name, "display_name": "Twin" if name == "twin-a" else "Other"}
        play(task(**site_options)).ok()
    twin, other = stored(site, "twin-a"), stored(site, "twin-b")
    play(task(object_id=other["id"], display_name="Twin")).ok()
    site.journal.clear()

    found = play(task(display_name="twin", notes="x")).result
    assert found["error"]["kind"] == "ambiguous"
    assert found["error"]["candidates"] == sorted([twin["id"], other["id"]])

    asked = [
        {"api": "Microsoft Graph", "application": ["User.Read.Al", "User.Read"], "delegated": ["Nope"]},
        {"api": "No API"},
    ]
    found = play(task(unique_name="x", display_name="X", api_permissions=asked)).result
    assert [problem["where"] for problem in found["error"]["problems"]] == [
        "api_permissions[0].application[0]",
        "api_permissions[0].application[1]",
        "api_permissions[0].delegated[0]",
        "api_permissions[1].api",
    ]
    assert "near: User.Read.All" in found["msg"]
    assert "it is a delegated permission" in found["msg"]

    for options, said in (
        ({"app_id": "11111111-2222-3333-4444-555555555555"}, "No application has the app_id"),
        ({"object_id": "x"}, "is not a GUID"),
        ({"unique_name": "x"}, "needs display_name"),
        ({"object_id": twin["id"], "unique_name": "another"}, "cannot be changed"),
        ({"unique_name": "x", "display_name": "Twin"}, "give object_id in addition to unique_name"),
    ):
        result = play(task(**options)).result
        assert result.failed
        assert said in result["msg"]
    assert_no_writes(site)


def test_replication(
    make_site: Callable[..., Simulator],
    make_player: Callable[[Simulator], Player],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
) -> None:
    """On replicas that lag, create, change and role removal end well, and no application is made twice."""
    site = make_site(set="S", replication=Replication(object_lag=2.0, property_lag=2.0))
    fewer = {"unique_name": "reporting-api", "app_roles": [{"value": "Report.Read"}], "exclusive": True}
    make_player(site)([*task(**APPLICATION), *task(**fewer)]).ok()
    assert [role["value"] for role in stored(site)["appRoles"]] == ["Report.Read"]


def test_info(site: Simulator, play: Player, in_process: bool) -> None:
    """By key, by filter, all; credentials with days left and nothing secret; a query shapes the answer."""
    row = site.tenant.applications[site.automation.app_object_id]
    site.journal.clear()
    run = play([{"cvops.identity.entra_application_info": {"app_id": row["appId"]}}], in_process=in_process).ok()
    (application,) = run.result["applications"]
    assert application["object_id"] == row["id"]
    assert [set(item) for item in application["passwords"]] == [{"key_id", "name", "starts", "expires", "days_left"}]
    assert application["passwords"][0]["days_left"] > 0
    assert site.automation.client_secret[:3] not in str(application["passwords"])
    assert run.result["stats"]["reads"] == 1

    everything = play(
        [{"cvops.identity.entra_application_info": {"query": "[].object_id"}}], in_process=in_process
    ).ok()
    assert sorted(everything.result["applications"]) == sorted(site.tenant.applications)
    some = {"filter": f"displayName eq '{row['displayName']}'"}
    listed = play([{"cvops.identity.entra_application_info": some}], in_process=in_process).ok()
    assert [item["object_id"] for item in listed.result["applications"]] == [row["id"]]
    none = play([{"cvops.identity.entra_application_info": {"unique_name": "no-such"}}], in_process=in_process).ok()
    assert none.result["applications"] == []
