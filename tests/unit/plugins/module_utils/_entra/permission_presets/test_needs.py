# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a registration lacks for the purpose of its preset."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.needs import find_unmet_needs
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH, PRESETS

SCOPE = {"id": guid(21), "value": "Api.Access", "isEnabled": True, "type": "Admin"}
ROLE = {"id": guid(22), "value": "Report.Read", "isEnabled": True, "allowedMemberTypes": ["User"]}
REQUEST = [{"resourceAppId": guid(9), "resourceAccess": [{"id": guid(31), "type": "Scope"}]}]
OF_GRAPH = [{"resourceAppId": GRAPH, "resourceAccess": [{"id": guid(32), "type": "Scope"}]}]
ROLES_ONLY = [{"resourceAppId": guid(9), "resourceAccess": [{"id": guid(33), "type": "Role"}]}]
MCP: dict[str, t.Any] = {
    "web": {"redirectUris": ["https://mcp.corp.example/auth/callback"]},
    "requiredResourceAccess": REQUEST,
    "api": {"requestedAccessTokenVersion": 2},
}


def needs_of(preset: str, **wire: t.Any) -> list[str]:
    return find_unmet_needs([preset], canonical_application(wire))


def test_an_api_needs_roles_or_scopes_of_its_own() -> None:
    (text,) = needs_of("management_api")
    assert text.startswith("Preset management_api: ") and "Add app_roles" in text
    assert needs_of("management_api", appRoles=[ROLE]) == []
    assert needs_of("management_api", api={"oauth2PermissionScopes": [SCOPE]}) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"web": {"redirectUris": ["https://mcp.corp.example/callback"]}}, "/auth/callback"),
        ({"requiredResourceAccess": OF_GRAPH}, "delegated permission of the Commvault API"),
        ({"requiredResourceAccess": ROLES_ONLY}, "delegated permission of the Commvault API"),
        ({"api": {}}, "access_token_version: 2"),
        (
            {
                "requiredResourceAccess": [],
                "api": {"requestedAccessTokenVersion": 2, "oauth2PermissionScopes": [SCOPE]},
            },
            None,
        ),
    ],
)
def test_the_mcp_server_needs_a_redirect_uri_a_scope_and_tokens_of_version_2(
    change: dict[str, t.Any], said: str | None
) -> None:
    found = needs_of("mcp_server", **{**MCP, **change})
    assert (len(found), said is None or said in found[0]) == (0 if said is None else 1, True)


def test_all_that_is_missing_is_told_together() -> None:
    assert len(needs_of("mcp_server")) == 3


def test_a_preset_that_needs_permissions_only_asks_for_nothing() -> None:
    asking = {name for name in PRESETS if needs_of(name)}
    assert asking == {"management_api", "mcp_server"}
