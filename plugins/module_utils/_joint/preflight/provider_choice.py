# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The choice of the SAML app that a preflight checks. Pure."""

from __future__ import annotations

import typing as t

from ..._commvault.identity_providers.read import AZURE_SAML_KIND, IdentityServer
from ..._core.errors import AmbiguousMatch
from ..._core.names import is_same_name


def choose_saml_app(
    servers: t.Sequence[IdentityServer], saml_app: str | None, oidc_app: str | None
) -> tuple[IdentityServer | None, str]:
    """Return the SAML app and no words, or None and the reason; without a reason there is no SAML app at all.

    Without a name it is the only SAML app for Entra ID, or the only enabled one. Raises AmbiguousMatch when there are several.
    """
    saml = [server for server in servers if server.kind == "saml"]
    if oidc_app:
        return None, _explain_oidc_app(servers, oidc_app)
    if saml_app:
        found = next((server for server in saml if is_same_name(server.name, saml_app)), None)
        return found, "" if found else f"Commvault has no SAML app {saml_app}; it has {_join_names(saml)}"
    entra = [server for server in saml if server.saml_kind in (AZURE_SAML_KIND, None, "UNKNOWN")]
    if not entra:
        return None, f"no SAML app is for Entra ID; there are {_join_names(saml)}" if saml else ""
    fitting = [server for server in entra if server.enabled is not False] if len(entra) > 1 else entra
    if len(fitting) > 1 or not fitting:
        raise AmbiguousMatch(
            f"several SAML apps may be the one for sign-ins, {len(entra)} in all ({_join_names(entra)}): give saml_app",
            candidates=[server.name for server in entra],
            source="option saml_app",
        )
    return fitting[0], ""


def _explain_oidc_app(servers: t.Sequence[IdentityServer], oidc_app: str) -> str:
    known = [server for server in servers if server.kind == "oidc"]
    if any(is_same_name(server.name, oidc_app) for server in known):
        return f"people sign in through OpenID Connect app {oidc_app}, which carries no groups"
    return f"Commvault has no OpenID Connect app {oidc_app}; it has {_join_names(known)}"


def _join_names(servers: t.Sequence[IdentityServer]) -> str:
    return ", ".join(server.name for server in servers) or "none"
