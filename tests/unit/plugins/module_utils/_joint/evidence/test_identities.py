# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs by power, with permissions, credentials, and what uses them."""

from __future__ import annotations

import fnmatch
import typing as t

import pytest
from cvops_simulator.entra.wellknown import list_resources
from evidence_examples import build, find_rows, make_commcell, make_entra, make_entra_user, make_id

from ansible_collections.cvops.identity.plugins.module_utils._entra.overview.power import (
    PERMISSIONS,
    ROLES,
    get_permission_power,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import PRESETS
from ansible_collections.cvops.identity.plugins.module_utils._joint.evidence.tiers import (
    find_permission_power,
    find_role_power,
)

GRAPH_APP = "00000003-0000-0000-c000-000000000000"
GRAPH, BACKUP, READER = make_id(1, 5), make_id(2, 5), make_id(3, 5)
BACKUP_APP, READER_APP = make_id(2, 4), make_id(3, 4)
ROLE_ALL, ROLE_READ, SCOPE = make_id(1, 6), make_id(2, 6), make_id(3, 6)
GRAPH_PRINCIPAL = {
    "id": GRAPH,
    "appId": GRAPH_APP,
    "displayName": "Microsoft Graph",
    "accountEnabled": True,
    "appRoles": [{"id": ROLE_ALL, "value": "Application.ReadWrite.All"}, {"id": ROLE_READ, "value": "User.Read.All"}],
    "oauth2PermissionScopes": [{"id": SCOPE, "value": "User.Read"}],
}


def make_program(number: int, name: str, role: str | None = None, **more: t.Any) -> tuple[t.Any, t.Any]:
    """Return application and service principal."""
    app_id = make_id(number, 4)
    application = {"id": make_id(number, 3), "appId": app_id, "displayName": name, "owners": [], **more}
    held = [{"id": f"a{number}", "resourceId": GRAPH, "appRoleId": role}] if role else []
    principal = {
        "id": make_id(number, 5),
        "appId": app_id,
        "displayName": name,
        "accountEnabled": True,
        "appRoleAssignments": held,
    }
    return application, principal


def make_tenant(*programs: tuple[t.Any, t.Any], **more: t.Any) -> t.Any:
    return make_entra(
        users=[make_entra_user(1, "owner@corp.example")],
        applications=[application for application, _principal in programs],
        service_principals=[GRAPH_PRINCIPAL, *(principal for _application, principal in programs)],
        **more,
    )


SECRET = {
    "keyId": make_id(1, 7),
    "displayName": "s1",
    "startDateTime": "2026-01-01T00:00:00Z",
    "endDateTime": "2026-12-20T00:00:00Z",
}
ENDED = {**SECRET, "keyId": make_id(2, 7), "endDateTime": "2026-11-26T00:00:00Z"}
FAR = {**SECRET, "keyId": make_id(3, 7), "endDateTime": "2027-11-26T00:00:00Z"}
BACKUP_CREDENTIAL = {"id": "1", "name": "entra backup", "azure_application_id": BACKUP_APP}


def test_a_program_is_told_with_all_that_it_has() -> None:
    backup = make_program(
        2,
        "Backup app",
        ROLE_ALL,
        owners=[make_id(1)],
        passwordCredentials=[SECRET],
        federatedIdentityCredentials=[{"id": "f1", "name": "aap", "issuer": "https://aap", "subject": "job:1"}],
        requiredResourceAccess=[
            {
                "resourceAppId": GRAPH_APP,
                "resourceAccess": [{"id": ROLE_READ, "type": "Role"}, {"id": SCOPE, "type": "Scope"}],
            }
        ],
    )
    report = {
        "policies": [
            {"display_name": "Require MFA", "reach": [{"app_id": BACKUP_APP, "reaches": "may"}]},
            {"display_name": "Other", "reach": [{"app_id": READER_APP, "reaches": "yes"}]},
        ]
    }
    cell = make_commcell(credentials=[BACKUP_CREDENTIAL])
    tables = build(cell, entra=make_tenant(backup, policy_report=report))
    rows = {row["credential_kind"]: row for row in tables.rows["identities"]}
    assert set(rows) == {"secret", "federated"}
    row = rows["secret"]
    assert (row["tier"], row["tier_because"]) == (
        "0",
        [
            "Microsoft Graph: Application.ReadWrite.All (can add a secret to any application, and act with all that application may do)"
        ],
    )
    assert row["permissions_granted"] == ["Microsoft Graph: Application.ReadWrite.All"]
    assert row["permissions_requested"] == ["Microsoft Graph: User.Read (delegated)", "Microsoft Graph: User.Read.All"]
    assert (row["owners"], row["used_by"], row["policies"]) == (
        ["owner@corp.example"],
        ["cs01: credential entra backup"],
        ["Require MFA (may)"],
    )
    assert (row["expires"], rows["federated"]["subject"]) == ("2026-12-20T00:00:00Z", "https://aap job:1")


def test_the_most_powerful_come_first_and_of_a_tier_what_a_commcell_uses() -> None:
    programs = [
        make_program(3, "A reader", ROLE_READ),
        make_program(4, "A tool", ROLE_ALL),
        make_program(2, "Z backup", ROLE_ALL),
        make_program(5, "Nothing"),
    ]
    tables = build(make_commcell(credentials=[BACKUP_CREDENTIAL]), entra=make_tenant(*programs))
    assert [(row["tier"], row["display_name"]) for row in tables.rows["identities"]] == [
        ("0", "Z backup"),
        ("0", "A tool"),
        ("1", "A reader"),
        ("2", "Nothing"),
    ]
    assert {row["credential_kind"] for row in tables.rows["identities"]} == {"none"}
    assert [row["subject"] for row in find_rows(tables, "findings", rule="tier_0_not_listed")] == ["A tool"]


@pytest.mark.parametrize(
    "document",
    [
        {"cvops_evidence": {"tier_0_applications": ["a TOOL"]}},
        {"cvops_evidence": {"tier_0_applications": [make_id(4, 4).upper()]}},
        {"cvops_application": {"display_name": "A tool"}},
    ],
)
def test_a_listed_program_is_no_finding(document: t.Any) -> None:
    tables = build(make_commcell(), entra=make_tenant(make_program(4, "A tool", ROLE_ALL)), document=document)
    assert not find_rows(tables, "findings", rule="tier_0_not_listed")


def test_directory_roles_make_a_program_powerful() -> None:
    role = {
        "roleTemplateId": "62e90394-69f5-4237-9190-012177145e10",
        "displayName": "Global Administrator",
        "members": [BACKUP],
    }
    tables = build(make_commcell(), entra=make_tenant(make_program(2, "app"), directory_roles=[role]))
    (row,) = tables.rows["identities"]
    assert (row["tier"], row["tier_because"], row["directory_roles"]) == (
        "0",
        ["Global Administrator (can do everything)"],
        ["Global Administrator"],
    )


def test_credentials_that_ended_or_end_soon_are_told() -> None:
    backup = make_program(2, "app", passwordCredentials=[SECRET, FAR], keyCredentials=[ENDED])
    tables = build(make_commcell(credentials=[BACKUP_CREDENTIAL]), entra=make_tenant(backup))
    (soon,) = find_rows(tables, "findings", rule="credential_ends_soon")
    (ended,) = find_rows(tables, "findings", rule="credential_ended")
    assert (soon["severity"], ended["severity"]) == ("high", "medium")
    assert "2026-12-20" in str(soon["description"]) and "2026-11-26" in str(ended["description"])


@pytest.mark.parametrize(
    ("ends", "rule"),
    [
        ("2026-11-26T23:00:00Z", "credential_ended"),
        ("2026-11-27T00:00:00Z", "credential_ends_soon"),
        ("2026-12-27T00:00:00Z", "credential_ends_soon"),
        ("2026-12-28T00:00:00Z", None),
    ],
)
def test_soon_is_within_thirty_days_of_the_snapshot(ends: str, rule: str | None) -> None:
    backup = make_program(2, "app", passwordCredentials=[{**SECRET, "endDateTime": ends}])
    found = build(make_commcell(), entra=make_tenant(backup)).rows["findings"]
    assert [row["rule"] for row in found if row["subject_kind"] == "credential"] == ([rule] if rule else [])


def test_sign_on_apps_of_commcells_are_uses_too() -> None:
    saml = make_program(2, "saml", identifierUris=["https://cs01/webconsole"])
    providers = [
        {"kind": "saml", "name": "Entra", "service_provider_endpoint": "https://CS01/webconsole/"},
        {"kind": "oidc", "name": "OIDC", "application_id": READER_APP},
    ]
    tables = build(make_commcell(identity_providers=providers), entra=make_tenant(saml, make_program(3, "oidc")))
    assert {row["display_name"]: row["used_by"] for row in tables.rows["identities"]} == {
        "saml": ["cs01: identity provider Entra"],
        "oidc": ["cs01: identity provider OIDC"],
    }


@pytest.mark.parametrize(
    ("kind", "name", "tier"),
    [
        ("application", "RoleManagement.ReadWrite.Directory", "0"),
        ("delegated", "RoleManagement.ReadWrite.Directory", "1"),
        ("delegated", "Directory.AccessAsUser.All", "1"),
        ("application", "User.Read.All", "1"),
        ("application", "Mail.Send", "1"),
        ("delegated", "Mail.Send", "2"),
        ("application", "Unheard.ReadWrite.Of", "1"),
        ("delegated", "User.Read", "2"),
    ],
)
def test_tiers_of_permissions(kind: str, name: str, tier: str) -> None:
    power = find_permission_power(GRAPH_APP, kind, name)
    assert power.tier == tier
    assert bool(power.because) is (tier != "2")


#: Patterns by which permissions were of tier 1 before there was a table.
_MUCH = ("*.ReadWrite*", "*.Read.All", "*FullControl*", "full_access*", "*AccessAsUser*", "Mail.Read*", "Files.Read*")


def test_no_permission_that_reads_or_writes_much_falls_to_tier_2() -> None:
    presets = [entry for preset in PRESETS.values() for entry in preset.permissions]
    known = {(entry.api, name) for entry in presets for name in entry.names}
    known |= {(api["appId"], role["value"]) for api in list_resources() for role in api["appRoles"]} | set(PERMISSIONS)
    assert len(known) > 100
    for api, name in known:
        power = find_permission_power(api, "application", name)
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in _MUCH):
            assert power.tier in ("0", "1") and power.because, name
        assert power.tier <= get_permission_power(api, name).tier
        if name != "Directory.AccessAsUser.All":  # which is delegated alone
            delegated = find_permission_power(api, "delegated", name)
            assert int(delegated.tier) == min(2, int(get_permission_power(api, name).tier) + 1), name


def test_an_active_directory_role_is_of_tier_1_at_least() -> None:
    assert find_role_power("x").tier == "1"
    for template, (_name, power) in ROLES.items():
        assert find_role_power(template.upper()) == power


def test_findings_about_policies_are_taken_over() -> None:
    report = {
        "findings": [
            {
                "kind": "exclusion_gap",
                "severity": "error",
                "text": "A gap.",
                "remedy": "Close it.",
                "policies": [],
                "object": None,
            }
        ],
        "not_evaluable": [{"what": "sign-ins", "reason": "no licence", "needs": ["AuditLog.Read.All"], "kinds": []}],
    }
    tables = build(make_commcell(), entra=make_tenant(policy_report=report))
    (gap,) = find_rows(tables, "findings", rule="conditional_access_exclusion_gap")
    assert (gap["severity"], gap["description"], gap["remedy"]) == ("high", "A gap.", "Close it.")
    (unread,) = find_rows(tables, "findings", rule="conditional_access_not_evaluable")
    assert (unread["status"], "AuditLog.Read.All" in str(unread["description"])) == ("not_evaluable", True)
