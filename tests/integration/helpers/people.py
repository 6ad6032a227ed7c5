# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""People of the simulated tenant who sign in by themselves."""

from __future__ import annotations

import typing as t

from cvops_simulator import Simulator
from cvops_simulator.entra.login.clients import Client
from cvops_simulator.entra.wellknown import GRAPH_APP_ID

#: What the command line client of a person may do on their behalf.
SCOPES = (
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
)


def persons_token(site: Simulator, *scopes: str) -> tuple[dict[str, t.Any], str]:
    """A user, and the token that they got from a command line client with these delegated permissions for Graph."""
    tenant = site.tenant
    user = next(iter(tenant.users.values()))
    graph = tenant.service_principal_of(GRAPH_APP_ID)
    client = site.identity(name="command line client")
    assert graph is not None
    grant = {"clientId": client.object_id, "resourceId": graph["id"], "principalId": None, "scope": " ".join(scopes)}
    row = {"id": "of the command line client", "consentType": "AllPrincipals", **grant}
    tenant.store.put("oauth2PermissionGrants", row["id"], row, "object", True)
    asked = " ".join(f"https://graph.microsoft.com/{scope}" for scope in scopes)
    principal = tenant.service_principals[client.object_id]
    answer, _refreshable = site.login.issuer.for_user(tenant.store.view(), Client(principal, None, "none"), user, asked)
    return user, str(answer["access_token"])
