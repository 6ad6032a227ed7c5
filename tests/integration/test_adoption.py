# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An application that somebody registered years ago becomes managed, and loses nothing that the variables do not name."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest
from cvops_simulator import Identity, Simulator
from helpers.checks import assert_diff_agrees, assert_no_writes
from helpers.direct import Words, connection
from helpers.playing import Player, Result, Run, connection_of

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._entra.client import GraphClient

pytestmark = pytest.mark.any_core

ROLE_ID, SCOPE_ID = "6f0f6f0a-2d6e-4c55-8e07-55f1c2b0a911", "0c5d7f41-93f0-4c9a-8f1e-2f4c1d6e9b70"
REGISTRATION, PRINCIPAL = "Application registration", "Service principal"
#: What has gathered on the registration over the years.
LEGACY: dict[str, t.Any] = {
    "displayName": "commvault PROD (do not delete!)",
    "notes": "Ask Jo before touching",
    "tags": ["legacy", "backup"],
    "identifierUris": ["api://corp.example/commvault"],
    "web": {
        "redirectUris": ["https://cs01.corp.example/webconsole", "https://old.corp.example/callback"],
        "logoutUrl": "https://cs01.corp.example/logout",
    },
    "spa": {"redirectUris": ["https://spa.corp.example"]},
    "appRoles": [
        {
            "id": ROLE_ID,
            "value": "Legacy.Operator",
            "displayName": "Operator",
            "description": "Operates",
            "allowedMemberTypes": ["User"],
            "isEnabled": True,
        }
    ],
    "api": {
        "oauth2PermissionScopes": [
            {
                "id": SCOPE_ID,
                "value": "legacy.read",
                "adminConsentDisplayName": "Read",
                "adminConsentDescription": "Reads",
                "type": "Admin",
                "isEnabled": True,
            }
        ]
    },
    "groupMembershipClaims": "SecurityGroup",
    "requiredResourceAccess": [
        {
            "resourceAppId": "00000003-0000-0000-c000-000000000000",
            "resourceAccess": [{"id": "df021288-bdef-4463-88db-98f22de89214", "type": "Role"}],
        }
    ],
}
#: What the document says about it: one more of some things, nothing about the rest.
WANTED: dict[str, t.Any] = {
    "tags": ["managed"],
    "web": {"redirect_uris": ["https://cs02.corp.example/webconsole"]},
    "app_roles": [{"value": "Backup.Operate", "display_name": "Operate", "description": "Operate backups"}],
    "api_permissions": [{"api": "Microsoft Graph", "application": ["GroupMember.Read.All"]}],
    "service_principal": {"notification_emails": ["backup@corp.example"]},
}


class Brownfield:
    """A tenant with the registration, and the playbook ``site`` on a document that names it by ``app_id``."""

    def __init__(self, site: Simulator, player: Player) -> None:
        self.site, self._player = site, player
        self.identity: Identity = site.identity("User.Read.All", name="made by hand")
        options = {"auth_method": "client_secret", "cloud": "public", "validate_certs": True, "retries": 0}
        graph = GraphClient(Context(options={**connection(site), **options}, reporter=Words()))
        path = f"/applications/{self.identity.app_object_id}"
        graph.write("PATCH", path, LEGACY, intent="make history")
        for name in ("Jo's laptop", "vendor"):
            body = {"passwordCredential": {"displayName": name}}
            graph.write("POST", f"{path}/addPassword", body, intent="make a foreign secret")
        self.owner = next(iter(site.tenant.users))
        reference = {"@odata.id": graph.format_reference(self.owner)}
        for owned in (path, f"/servicePrincipals/{self.identity.object_id}"):
            graph.write("POST", f"{owned}/owners/$ref", reference, intent="make an owner")
        self.document = {
            "cvops_connection": site.variables()["cvops_connection"],
            "cvops_application": {"app_id": self.identity.client_id, **WANTED},
        }

    def run(self, **options: t.Any) -> Run:
        """The playbook, with nothing in the environment."""
        self.site.journal.clear()
        nothing = dict.fromkeys(connection_of(self.site), "")
        return self._player("cvops.identity.site", extra_vars=self.document, env=nothing, diff=True, **options)

    def state(self) -> dict[str, t.Any]:
        """All that the tenant holds about it."""
        tenant = self.site.tenant
        return copy.deepcopy(
            {
                "application": tenant.applications[self.identity.app_object_id],
                "principal": tenant.service_principals[self.identity.object_id],
                "owners": sorted(tenant.owners(self.identity.app_object_id)),
                "owners of the principal": sorted(tenant.owners(self.identity.object_id)),
                "grants": sorted(
                    row["appRoleId"]
                    for row in tenant.app_role_assignments.values()
                    if row["principalId"] == self.identity.object_id
                ),
            }
        )


@pytest.fixture
def brownfield(site: Simulator, play: Player) -> Brownfield:
    """The registration is there before each test."""
    return Brownfield(site, play)


def shown(result: Result) -> dict[str, tuple[t.Any, t.Any]]:
    """The fields of a diff that differ, before and after."""
    before, after = json.loads(result["diff"]["before"]), json.loads(result["diff"]["after"])
    return {name: (before.get(name), after.get(name)) for name in after if before.get(name) != after.get(name)}


def changed(before: dict[str, t.Any], after: dict[str, t.Any]) -> set[str]:
    """Names of what differs."""
    return {name for name in before if before[name] != after[name]}


def test_the_first_diff_shows_exactly_what_would_change(brownfield: Brownfield) -> None:
    """What is there stays and is not shown; what the document adds is all that is."""
    predicted = brownfield.run(check=True).ok()
    assert_no_writes(brownfield.site)
    registration = shown(predicted.of(REGISTRATION)[-1])
    assert registration.keys() == {"tags", "web", "app_roles", "api_permissions"}
    assert registration["tags"] == ([], ["managed"])
    before, after = registration["web"]
    assert (before, after) == ({"redirect_uris": []}, {"redirect_uris": ["https://cs02.corp.example/webconsole"]})
    roles_before, roles_after = ([role["value"] for role in side] for side in registration["app_roles"])
    assert (roles_before, roles_after) == ([], ["Backup.Operate"])
    principal = shown(predicted.of(PRINCIPAL)[-1])
    # Entra ID shows an application's tags on its service principal too: those that the first task adds are not there yet.
    assert principal["notification_emails"] == ([], ["backup@corp.example"])
    assert principal.keys() <= {"notification_emails", "tags"}


def test_nothing_is_lost_that_the_document_does_not_name(brownfield: Brownfield) -> None:
    predicted, before = brownfield.run(check=True).ok(), brownfield.state()
    real, after = brownfield.run().ok(), brownfield.state()
    assert shown(real.of(REGISTRATION)[-1]) == shown(predicted.of(REGISTRATION)[-1])

    old, new = before["application"], after["application"]
    assert changed(old, new) == {"tags", "web", "appRoles", "requiredResourceAccess"}
    assert set(old["tags"]) < set(new["tags"])
    assert {name for name in old["web"] if old["web"][name] != new["web"][name]} <= {
        "redirectUris",
        "redirectUriSettings",
    }
    assert set(old["web"]["redirectUris"]) < set(new["web"]["redirectUris"])
    assert [role for role in new["appRoles"] if role["id"] == ROLE_ID] == old["appRoles"]
    permissions = {entry["id"] for api in new["requiredResourceAccess"] for entry in api["resourceAccess"]}
    assert permissions == {"df021288-bdef-4463-88db-98f22de89214", "98830695-27a2-44f7-8c18-0c3ebc9698f6"}
    assert len(new["passwordCredentials"]) == 3, "the automation's own and two foreign ones"
    assert [scope["value"] for scope in new["api"]["oauth2PermissionScopes"]] == ["legacy.read"]
    for untouched in ("owners", "owners of the principal", "grants"):
        assert after[untouched] == before[untouched]
    assert brownfield.owner in after["owners"]

    again = brownfield.run().ok()
    assert again.stats["changed"] == 0
    assert_no_writes(brownfield.site)
    assert brownfield.state() == after


@pytest.mark.whole
def test_what_was_predicted_is_what_is_done(brownfield: Brownfield) -> None:
    """The registration's task alone: the diffs are equal, letter by letter."""
    brownfield.document["cvops_application"].pop("service_principal")
    predicted, real = brownfield.run(check=True).ok(), brownfield.run().ok()
    for run in (predicted, real):
        run.results = [result for result in run.results if result.task == REGISTRATION and "diff" in result]
    assert_diff_agrees(predicted, real)


@pytest.mark.whole
def test_a_unique_name_can_be_given_to_it(brownfield: Brownfield) -> None:
    """From then on the document names it by that, and it is the same application."""
    brownfield.document["cvops_application"]["unique_name"] = "commvault-prod"
    assert shown(brownfield.run().ok().of(REGISTRATION)[-1])["unique_name"] == (None, "commvault-prod")
    brownfield.document["cvops_application"].pop("app_id")
    run = brownfield.run().ok()
    assert run.stats["changed"] == 0
    assert run.of(REGISTRATION)[-1]["application"]["app_id"] == brownfield.identity.client_id


@pytest.mark.whole
def test_exclusive_says_before_what_would_go(brownfield: Brownfield) -> None:
    """Taking over wholly is a decision of its own; its diff names everything that is lost, and secrets are never part of it."""
    brownfield.document["cvops_application"]["exclusive"] = True
    before = brownfield.state()
    predicted = shown(brownfield.run(check=True).ok().of(REGISTRATION)[-1])
    assert predicted["tags"] == (["backup", "legacy"], ["managed"])
    assert predicted["web"][1]["redirect_uris"] == ["https://cs02.corp.example/webconsole"]
    assert brownfield.state() == before
    brownfield.run().ok()
    after = brownfield.state()
    assert after["application"]["spa"] == before["application"]["spa"], "what is not named is not managed"
    assert after["application"]["passwordCredentials"] == before["application"]["passwordCredentials"]
    assert after["owners"] == before["owners"]


def test_an_application_that_is_not_there_is_not_made(brownfield: Brownfield) -> None:
    """A typing error in app_id must not register another application."""
    brownfield.document["cvops_application"]["app_id"] = "11111111-2222-3333-4444-555555555555"
    run = brownfield.run()
    assert run.rc != 0 and "11111111-2222-3333-4444-555555555555" in run.of(REGISTRATION)[-1]["msg"]
    assert_no_writes(brownfield.site)
