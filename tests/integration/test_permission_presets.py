# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Presets of API permissions: requested, granted, told where they are of tier 0, taken away, and refused where they are misspelt."""

from __future__ import annotations

import sys
import typing as t
from collections.abc import Callable

import pytest
from collection_tree import ROOT
from cvops_simulator import Simulator
from cvops_simulator.entra.wellknown import EXCHANGE_APP_ID, GRAPH_APP_ID
from helpers.checks import assert_no_writes
from helpers.playing import Player, Run

from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import (
    EXCHANGE,
    GRAPH,
    PRESETS,
)

sys.path.insert(0, str(ROOT / "tests" / "unit"))
from documented import blocks_of, parsed, tasks_in  # noqa: E402 - it lies beside the unit tests

pytestmark = pytest.mark.any_core

APPLICATION, CONSENT = "cvops.identity.entra_application", "cvops.identity.entra_admin_consent"
PRINCIPAL = "cvops.identity.entra_service_principal"
KEY = {"unique_name": "backup-app"}
DANGER = "tier 0: whoever has it can give itself or anybody the role Global Administrator"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_permissions.rst"
Make = Callable[..., Simulator]


def request(title: str, *presets: str, **options: t.Any) -> dict[str, t.Any]:
    keywords = {"check_mode": options.pop("check_mode")} if "check_mode" in options else {}
    wanted = [{"preset": name} for name in presets]
    given = {**KEY, "display_name": "Backup", "api_permissions": wanted, **options}
    return {"name": title, APPLICATION: given, "ignore_errors": True, **keywords}


def grant(title: str, *presets: str, **options: t.Any) -> dict[str, t.Any]:
    keywords = {"check_mode": options.pop("check_mode")} if "check_mode" in options else {}
    given = {"application": KEY, "api_permissions": [{"preset": name} for name in presets], **options}
    return {"name": title, CONSENT: given, "ignore_errors": True, **keywords}


def names_by_id(site: Simulator, app_id: str) -> dict[str, str]:
    api = site.tenant.service_principal_of(app_id)
    assert api is not None
    return {item["id"]: item["value"] for item in (*api["appRoles"], *api["oauth2PermissionScopes"])}


def requested(site: Simulator, app_id: str, kind: str, unique_name: str = "backup-app") -> set[str]:
    """Names that the registration requests, as the directory has them."""
    (row,) = [row for row in site.tenant.applications.values() if row.get("uniqueName") == unique_name]
    names = names_by_id(site, app_id)
    return {
        names[access["id"]]
        for entry in row["requiredResourceAccess"]
        if entry["resourceAppId"] == app_id
        for access in entry["resourceAccess"]
        if access["type"] == kind
    }


def held(site: Simulator, app_id: str) -> set[str]:
    """Names of the application permissions that the backup application holds."""
    api, names = site.tenant.service_principal_of(app_id), names_by_id(site, app_id)
    assert api is not None
    (client,) = [row for row in site.tenant.service_principals.values() if row["displayName"] == "Backup"]
    return {
        names[row["appRoleId"]]
        for row in site.tenant.app_role_assignments.values()
        if row["principalId"] == client["id"] and row["resourceId"] == api["id"]
    }


def sentences(run: Run, title: str) -> str:
    return "\n".join(step["sentence"] for step in run.one(title)["steps"])


def outline(run: Run) -> list[tuple[str, bool]]:
    return [(result.task, result["changed"]) for result in run.results]


def test_a_preset_is_requested_once_and_said_to_be_of_tier_0(site: Simulator, play: Player, in_process: bool) -> None:
    run = play(
        [
            request("predict", "entra_backup_restore", check_mode=True),
            request("create", "entra_backup_restore"),
            request("again", "entra_backup_restore"),
            request("more", "entra_backup", "exchange_backup_restore"),
            request("only predicted", "entra_backup", exclusive=True, check_mode=True),
            request("only", "entra_backup", exclusive=True),
            request("only again", "entra_backup", exclusive=True),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert outline(run) == [
        ("predict", True),
        ("create", True),
        ("again", False),
        ("more", True),
        ("only predicted", True),
        ("only", True),
        ("only again", False),
    ]
    for predicted, real in (("predict", "create"), ("only predicted", "only")):
        assert run.one(predicted)["diff"] == run.one(real)["diff"]
        assert sentences(run, predicted) == sentences(run, real)
    line = "add requested permission RoleManagement.ReadWrite.Directory of Microsoft Graph (application)"
    assert f"{line}; {DANGER}" in sentences(run, "create").splitlines()
    (warned,) = run.one("create")["warnings"]
    assert warned.startswith("Tier 0: application Backup requests AdministrativeUnit.ReadWrite.All, ")
    assert not run.one("again").get("warnings"), "nothing new is requested"
    assert "tier 0" not in sentences(run, "only"), "what goes away is no danger"
    assert requested(site, GRAPH_APP_ID, "Role") == PRESETS["entra_backup"].select_names(GRAPH, "application")
    assert requested(site, GRAPH_APP_ID, "Scope") == set(), "exclusive takes away what the preset does not name"
    assert requested(site, EXCHANGE_APP_ID, "Role") == set()


def test_a_preset_is_granted_and_revoked(site: Simulator, play: Player, in_process: bool) -> None:
    none_of_exchange = {"api": "Office 365 Exchange Online", "application": [], "delegated": []}
    less = [{"preset": "teams_backup"}, none_of_exchange]
    run = play(
        [
            request("create", "teams_backup_restore"),
            {"name": "principal", PRINCIPAL: {"application": KEY}},
            grant("predict", "teams_backup_restore", check_mode=True),
            grant("grant", "teams_backup_restore"),
            grant("again", "teams_backup_restore"),
            grant("revoke predicted", api_permissions=less, exclusive=True, check_mode=True),
            grant("revoke", api_permissions=less, exclusive=True),
            grant("revoke again", api_permissions=less, exclusive=True),
        ],
        in_process=in_process,
        diff=True,
    ).ok()
    assert outline(run)[2:] == [
        ("predict", True),
        ("grant", True),
        ("again", False),
        ("revoke predicted", True),
        ("revoke", True),
        ("revoke again", False),
    ]
    for predicted, real in (("predict", "grant"), ("revoke predicted", "revoke")):
        assert sentences(run, predicted) == sentences(run, real)
    told = sentences(run, "grant")
    assert (
        "grant application permission Application.ReadWrite.All of Microsoft Graph; tier 0: whoever has it can" in told
    )
    assert "Directory.AccessAsUser.All of Microsoft Graph; tier 0 when an administrator signs in: it can then" in told
    (warned,) = run.one("grant")["warnings"]
    assert warned.startswith("Tier 0: application backup-app is granted Application.ReadWrite.All, ")
    assert not run.one("again").get("warnings")
    assert "tier 0" not in sentences(run, "revoke")
    assert held(site, GRAPH_APP_ID) == PRESETS["teams_backup"].select_names(GRAPH, "application")
    assert held(site, EXCHANGE_APP_ID) == set()


def test_tier_0_is_told_without_a_preset_and_to_whom_asks_for_consent(
    site: Simulator, play: Player, in_process: bool
) -> None:
    limited = site.identity("Application.ReadWrite.All", "DelegatedPermissionGrant.Read.All", name="limited")
    by_hand = [{"api": "Microsoft Graph", "application": ["RoleManagement.ReadWrite.Directory"]}]
    signed_in = {"client_id": limited.client_id, "client_secret": limited.client_secret}
    run = play(
        [
            request("create", api_permissions=by_hand),
            {"name": "principal", PRINCIPAL: {"application": KEY}},
            grant("ask", api_permissions=by_hand, **signed_in),
        ],
        in_process=in_process,
    ).ok()
    assert DANGER in sentences(run, "create")
    assert run.one("ask")["consent"]["status"] == "pending_consent"
    assert any(
        text.startswith("Tier 0: application backup-app asks an administrator for RoleManagement.ReadWrite.Directory.")
        for text in run.one("ask")["warnings"]
    )


def test_what_a_purpose_needs_beside_permissions_is_told_until_it_is_there(
    site: Simulator, play: Player, in_process: bool
) -> None:
    site.identity("Group.Create", name="api")
    complete = {
        "access_token_version": 2,
        "web": {"redirect_uris": ["https://mcp.corp.example/auth/callback"]},
        "api_scopes": [{"value": "Api.Access"}],
    }
    run = play(
        [
            request("bare", "mcp_server", "management_api"),
            request("complete", "mcp_server", "management_api", **complete),
        ],
        in_process=in_process,
    ).ok()
    warned = run.one("bare")["warnings"]
    assert [text.partition(":")[0] for text in warned] == ["Preset management_api", *["Preset mcp_server"] * 3]
    assert not run.one("complete").get("warnings")


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"preset": "entra_backups"}, "value of preset must be one of: entra_backup, "),
        ({"preset": "entra_backup", "api": "Microsoft Graph"}, "mutually exclusive: preset|api"),
        ({"preset": "entra_backup", "application": []}, "mutually exclusive: preset|application"),
        ({"application": ["User.Read.All"]}, "one of the following is required: preset, api"),
        ({"preset": "entra_backup", "purpose": "x"}, "purpose"),
    ],
)
def test_a_wrong_item_is_refused_before_any_request(
    site: Simulator, play: Player, item: dict[str, t.Any], told: str
) -> None:
    site.journal.clear()
    run = play([request("wrong", api_permissions=[item]), grant("wrong too", api_permissions=[item])])
    for title in ("wrong", "wrong too"):
        assert run.one(title).failed and told in run.one(title)["msg"]
    assert site.journal.entries() == []


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ([{"preset": "entra_bakup"}], "[0].preset: must be one of entra_backup, ", "; did you mean entra_backup?"),
        (
            [{"preset": "sign_on", "api": "Microsoft Graph"}],
            "[0] (Microsoft Graph): takes only one of preset, api",
            "remove the others",
        ),
        ([{"application": ["User.Read.All"]}], "[0]: needs one of preset, api", ""),
        ([{"presets": "sign_on"}], "[0].presets: there is no such key", "did you mean preset?"),
        ({"preset": "sign_on"}, ": must be a list, not a mapping; put '- ' before it", ""),
    ],
)
@pytest.mark.parametrize("variable", ["cvops_application", "cvops_bootstrap"])
def test_a_wrong_document_is_told_with_the_nearest_preset(
    bare: Player, variable: str, wanted: t.Any, start: str, end: str
) -> None:
    document = {variable: {"application": {"display_name": "x"}, "api_permissions": wanted}}
    if variable == "cvops_application":
        document = {variable: {"display_name": "x", "api_permissions": wanted}}
    run = bare("cvops.identity.validate", extra_vars=document)
    assert run.rc != 0
    (line,) = [line for line in run.text.splitlines() if f"{variable}.api_permissions{start}" in line][:1]
    assert end in line


@pytest.mark.whole
def test_the_site_registers_and_grants_a_preset(make_site: Make, bare: Player) -> None:
    """The plan for people says what is of tier 0, before and while it is applied; the second run changes nothing."""
    site = make_site(set="S", empty=True)
    document = {name: site.variables()[name] for name in ("cvops_connection", "cvops_application")}
    document["cvops_application"] |= {
        "api_permissions": [{"preset": "onedrive_backup_restore"}, {"preset": "sign_on"}],
        "grant_admin_consent": True,
    }
    plan = bare("cvops.identity.site", extra_vars=document, check=True).ok()
    assert_no_writes(site)
    assert (
        "permission Application.ReadWrite.All of Microsoft Graph (application); tier 0: whoever has it can" in plan.text
    )
    bare("cvops.identity.site", extra_vars=document).ok()
    unique = document["cvops_application"]["unique_name"]
    wanted = PRESETS["onedrive_backup_restore"].select_names(GRAPH, "application")
    assert requested(site, GRAPH_APP_ID, "Role", unique) == wanted
    assert requested(site, GRAPH_APP_ID, "Scope", unique) == {"openid", "profile", "email"}
    assert bare("cvops.identity.site", extra_vars=document).ok().stats["changed"] == 0


def test_the_examples_of_the_guide_work_in_their_order(site: Simulator, play: Player) -> None:
    """All of them together, as somebody tries them out, and none warns that something is missing."""
    tasks: list[dict[str, t.Any]] = [
        {"name": "before", APPLICATION: {"unique_name": "commvault-teams", "display_name": "Backup"}},
        {"name": "its principal", PRINCIPAL: {"application": {"unique_name": "commvault-teams"}}},
    ]
    for block in blocks_of(GUIDE):
        tasks += [task for document in parsed(block) for task in tasks_in(document)]
    assert len(tasks) > 8
    run = play(tasks).ok()
    assert len(run.results) == len(tasks)
    warned = [text for result in run.results for text in result.get("warnings") or () if text.startswith("Preset")]
    assert warned == []
    assert held(site, EXCHANGE_APP_ID) == set() and EXCHANGE == EXCHANGE_APP_ID
    assert held(site, GRAPH_APP_ID) == PRESETS["teams_backup"].select_names(GRAPH, "application")
