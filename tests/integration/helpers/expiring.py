# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A site in which something of every kind expires: on the day, soon, later, and never."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from cvops_simulator.entra.seeding import add_application
from cvops_simulator.entra.tenant import format_graph_time

DAY = 86400.0
SERVICE = "https://commvault.corp.example:443/webconsole"
#: Unique names of the applications that are made.
APPLICATIONS = ("commvault-backup", "commvault-sso")
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
    backup = add_application(
        site.tenant,
        {"displayName": "Backup", "uniqueName": APPLICATIONS[0], "signInAudience": "AzureADMyOrg", "secrets": secrets},
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
    add_application(
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
    cell: t.Any = commcell.cell
    owner = cell.user(cell.admin[0]).id
    cell.sessions.store.create("ci", owner, 2, now + 1800, now + 20.5 * DAY)
