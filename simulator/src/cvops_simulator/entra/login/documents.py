# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discovery documents of the token service."""

from __future__ import annotations

from typing import Any

from cvops_simulator.entra.login.errors import TokenError

_HOSTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "login.microsoftonline.com",
        "login.windows.net",
        ("login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"),
    ),
    (
        "login.partner.microsoftonline.cn",
        "login.partner.microsoftonline.cn",
        ("login.partner.microsoftonline.cn", "login.chinacloudapi.cn"),
    ),
    (
        "login.microsoftonline.us",
        "login.microsoftonline.us",
        ("login.microsoftonline.us", "login.usgovcloudapi.net"),
    ),
)


def make_openid_configuration(origin: str, tenant_id: str, issuer_tenant: str, graph_host: str) -> dict[str, Any]:
    """Return the document at `.well-known/openid-configuration`; URLs carry the tenant's GUID whatever was asked."""
    base = f"{origin}/{tenant_id}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{origin}/{issuer_tenant}/v2.0",
        "request_uri_parameter_supported": False,
        "userinfo_endpoint": f"https://{graph_host}/oidc/userinfo",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "kerberos_endpoint": f"{base}/kerberos",
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": graph_host,
        "rbac_url": "https://pas.windows.net",
    }


def make_instance_metadata(origin: str, own_host: str, asked_host: str, api_version: str) -> dict[str, Any]:
    """Return the answer of instance discovery for the known hosts and the simulator's own."""
    metadata: list[dict[str, Any]] = [
        {"preferred_network": network, "preferred_cache": cache, "aliases": list(aliases)}
        for network, cache, aliases in _HOSTS
    ]
    metadata.append({"preferred_network": own_host, "preferred_cache": own_host, "aliases": [own_host]})
    known = {alias for item in metadata for alias in item["aliases"]}
    if asked_host not in known:
        raise TokenError(50049)
    return {
        "tenant_discovery_endpoint": f"{origin}/common/.well-known/openid-configuration",
        "api-version": api_version,
        "metadata": metadata,
    }
