# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Addresses of the token service, of Microsoft Graph and of Azure Key Vault in the public and the national clouds."""

from __future__ import annotations

import typing as t

from .._core.addresses import split_address
from .._core.errors import ConfigError

#: The token service and Microsoft Graph, by cloud (Microsoft Learn: national cloud deployments).
_HOSTS = {
    "public": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "usgov": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "usgovdod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
}

#: The domain of the vaults, which names the scope of their tokens too, by cloud (Microsoft Learn: Azure Key Vault DNS suffixes).
_VAULT_DOMAINS = {
    "public": "vault.azure.net",
    "usgov": "vault.usgovcloudapi.net",
    "usgovdod": "vault.usgovcloudapi.net",
    "china": "vault.azure.cn",
}

#: The audience of a token of another issuer that stands for an application, by cloud (Microsoft Learn: federated identity credentials).
TOKEN_EXCHANGE_AUDIENCES = {
    "public": "api://AzureADTokenExchange",
    "usgov": "api://AzureADTokenExchangeUSGov",
    "usgovdod": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}


def get_authority_url(options: t.Mapping[str, t.Any]) -> str:
    """Return the base address of the token service, without tenant and trailing slash. Raises ConfigError unless it is https."""
    return _require_https("authority_url", options.get("authority_url") or _HOSTS[options["cloud"]][0])


def get_graph_url(options: t.Mapping[str, t.Any]) -> str:
    """Return the base address of Microsoft Graph, without version and trailing slash. Raises ConfigError unless it is https."""
    return _require_https("graph_url", options.get("graph_url") or _HOSTS[options["cloud"]][1])


def get_graph_scope(options: t.Mapping[str, t.Any]) -> str:
    """Return the scope of a token for Graph: that of the cloud's own host, also where graph_url names another address."""
    return _HOSTS[options["cloud"]][1] + "/.default"


def get_key_vault_scope(options: t.Mapping[str, t.Any]) -> str:
    """Return the scope of a token for the vaults of the cloud."""
    return f"https://{_VAULT_DOMAINS[options['cloud']]}/.default"


def parse_vault_url(options: t.Mapping[str, t.Any], url: str) -> str:
    """Return the address of a Key Vault, its host in small letters. Raises ConfigError unless it is https, and in the cloud's domain of vaults.

    A token for one vault opens all vaults of the identity, so it is sent to no other host than those, and this one (loopback).
    """
    option, domain = "vault_url of azure_key_vault", _VAULT_DOMAINS[options["cloud"]]
    found = split_address(option, f"option {option}", url, why="tokens and secrets are sent over https only")
    if found.path:
        raise ConfigError(
            f"option {option} must be only the address of the vault, {found.origin}, without {found.path}"
        )
    if not found.is_loopback and not found.host.lower().endswith(f".{domain}"):
        raise ConfigError(
            f"option {option}: {found.host_and_port} is not a vault of cloud {options['cloud']}, whose vaults have "
            f"addresses like NAME.{domain}; a token for one gives access to all vaults of the identity, so it is "
            "sent nowhere else.",
            source=f"option {option}",
        )
    return found.origin.lower()


def _require_https(option: str, url: str) -> str:
    return split_address(option, f"option {option}", url, why="tokens and secrets are sent over https only").text


def list_sign_in_origins(options: t.Mapping[str, t.Any]) -> frozenset[str]:
    """Return the origins to which credentials and browsers may be sent, whatever a discovery document names.

    These are the authority's own and, unless instance_discovery is off, those of Microsoft, where MSAL asks for known authorities.
    """
    own = parse_origin("authority_url", get_authority_url(options))
    known = {login for login, _graph in _HOSTS.values()}
    return frozenset({own} | (known if own in known or options.get("instance_discovery", True) else set()))


def parse_origin(option: str, url: str) -> str:
    """Return scheme, host and port of the address that *option* gives, in small letters. Raises ConfigError."""
    return split_address(option, f"option {option}", url).origin.lower()
