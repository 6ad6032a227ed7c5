# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""What a registration needs beside permissions to serve the purpose of a preset. Pure."""

from __future__ import annotations

import typing as t

from .presets import APIS

Application = t.Mapping[str, t.Any]
#: Where the MCP server takes the answer to a sign-in (its documentation: redirect URI).
MCP_CALLBACK = "/auth/callback"
#: Tokens of version 2 (Microsoft Learn, apiApplication: requestedAccessTokenVersion).
MCP_TOKEN_VERSION = 2


def find_unmet_needs(presets: t.Iterable[str], application: Application) -> list[str]:
    """Return what *application*, in its canonical form, lacks for the purposes of its presets, one sentence with its remedy each."""
    return [f"Preset {name}: {text}" for name in presets for text in _FINDERS.get(name, _find_nothing)(application)]


def _find_nothing(_application: Application) -> t.Iterator[str]:
    return iter(())


def _find_needs_of_api(application: Application) -> t.Iterator[str]:
    if not application["app_roles"] and not application["api_scopes"]:
        yield (
            "the application has neither app roles nor scopes of its own, so nobody can be given access to the API. Add app_roles"
            " (applications, people) or api_scopes (on behalf of people)."
        )


def _find_needs_of_mcp_server(application: Application) -> t.Iterator[str]:
    if not any(uri.endswith(MCP_CALLBACK) for uri in application["web"]["redirect_uris"]):
        yield (
            f"no redirect URI ends with {MCP_CALLBACK}, where the server receives sign-ins. Add the server's base address"
            f" followed by {MCP_CALLBACK} to web.redirect_uris."
        )
    of_others = any(entry["delegated"] for entry in application["api_permissions"] if entry["api"] not in APIS)
    if not of_others and not application["api_scopes"]:
        yield (
            "no delegated permission of the Commvault API is requested. Add an entry to api_permissions with your "
            "Commvault API application as api, and its scope under delegated."
        )
    if application["access_token_version"] != MCP_TOKEN_VERSION:
        yield (
            f"access tokens are not of version {MCP_TOKEN_VERSION}. Set access_token_version: {MCP_TOKEN_VERSION}, here and on the"
            " application that offers the scope of the Commvault API."
        )


_FINDERS: dict[str, t.Callable[[Application], t.Iterator[str]]] = {
    "management_api": _find_needs_of_api,
    "mcp_server": _find_needs_of_mcp_server,
}
