# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in which something of every kind expires: on the day, soon, later, and never."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from cvops_simulator.commvault.model import IdentityApp, KeyServer, OfficeClient
from cvops_simulator.entra.seeding import add_application
from cvops_simulator.entra.tenant import format_graph_time

DAY = 86400.0
SERVICE = "https://commvault.corp.example:443/webconsole"
#: Unique names of the applications that are made.
APPLICATIONS = ("commvault-backup", "commvault-sso")
#: Clients of Microsoft 365: name, number of the agent, and whether they keep the key themselves or share that of a credential.
HOLDERS = (
    ("OneDrive", 134, "shared"),
    ("Dynamics", 134, "own"),
    ("Exchange", 137, "own"),
    ("SharePoint", 78, "own"),
)
#: Texts that nobody may see.
VALUES = tuple(f"~very-secret-value-{number}" for number in range(3))


def seed_expiring(site: Simulator) -> None:
    """Give the site two applications with keys, a credential and a SAML app that use one each, and an access token."""
    now = site.clock.now()

    def ends(days: float) -> str:
        return format_graph_time(now + days * DAY)

    secrets = [
        {"displayName": name, "value": value, "startDateTime": ends(-200), "endDateTime": ends(days)}
        for name, value, days in zip(("ended", "soon"), VALUES, (-3.5, 12.5), strict=False)
    ]
    hidden = {"keyId": site.tenant.new_id(), "displayName": "hidden", "hint": "~ve", "secretText": None}
    backup = add_application(
        site.tenant,
        {
            "displayName": "Backup",
            "uniqueName": APPLICATIONS[0],
            "signInAudience": "AzureADMyOrg",
            "secrets": secrets,
            "servicePrincipal": {
                "passwordCredentials": [{**hidden, "startDateTime": ends(-9), "endDateTime": ends(13.5)}]
            },
        },
        {},
    )
    credential = {
        "id": site.tenant.new_id(),
        "description": None,
        "name": "awx",
        "issuer": "https://awx.corp.example",
        "subject": "job",
        "audiences": ["api://AzureADTokenExchange"],
    }
    site.tenant.store.put("federatedIdentityCredentials", backup["id"], {"items": [credential]}, replicated=True)
    certificate = {
        "customKeyIdentifier": "3q2+7w==",
        "displayName": "CN=Commvault",
        "endDateTime": ends(25.5),
        "keyId": "0a0a0a0a-1111-4222-8333-444444444444",
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
        "key": None,
        "startDateTime": ends(-9),
    }
    sign_on = add_application(
        site.tenant,
        {
            "displayName": "Sign-on",
            "uniqueName": APPLICATIONS[1],
            "signInAudience": "AzureADMyOrg",
            "identifierUris": [SERVICE],
            "secrets": [
                {"displayName": "later", "value": VALUES[2], "startDateTime": ends(-9), "endDateTime": ends(200.5)},
            ],
            "keyCredentials": [
                {**certificate, "displayName": "for ever", "endDateTime": None, "keyId": site.tenant.new_id()}
            ],
            "servicePrincipal": {
                "preferredSingleSignOnMode": "saml",
                "keyCredentials": [certificate],
                "preferredTokenSigningKeyThumbprint": "DEADBEEF",
            },
        },
        {},
    )
    commcell = site.commcells["cs01"]
    (held,) = commcell.state.credentials.named("azure-prod")
    held.fields["applicationId"] = backup["appId"]
    (soon,) = (key for key in backup["passwordCredentials"] if key["displayName"] == "soon")
    held.description = f"{held.description}\n[cvops secret: {soon['keyId']}]"
    app = next(app for app in commcell.state.apps if app.name == "corp.example")
    app.document["serviceProviderMetaData"] = {"serviceProviderEndpoint": SERVICE}
    (later,) = sign_on["passwordCredentials"]
    issuer = f"https://login.microsoftonline.com/{site.tenant.id}/v2.0/.well-known/openid-configuration"
    values = [{"name": "clientId", "value": sign_on["appId"]}, {"name": "endPointUrl", "value": issuer}]
    document = {"props": {"nameValues": values}}
    mark = f"[cvops secret: {later['keyId']}]"
    commcell.state.apps.add(IdentityApp(6001, "console", "0a0b0c", 5, mark, document=document))
    own = {"azureAppId": sign_on["appId"], "azureDirectoryId": site.tenant.id}
    shared = {"credentialEntity": {"credentialId": held.id, "credentialName": held.name}}
    for number, (name, agent, app) in enumerate(HOLDERS):
        row = {"own": own, "shared": shared}[app]
        commcell.state.office_clients.add(OfficeClient(7001 + number, name, agent, name == "Dynamics", [row]))
    access = {"authType": 2, "applicationId": sign_on["appId"], "tenantId": site.tenant.id}
    commcell.state.key_servers.add(KeyServer(101, "vault-kms", access=access))
    cell: t.Any = commcell.cell
    owner = cell.user(cell.admin[0]).id
    cell.sessions.store.create("ci", owner, 2, now + 1800, now + 20.5 * DAY)
