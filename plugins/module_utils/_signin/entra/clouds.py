# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""Hosts of the national clouds, and how to reach what stands there."""

from __future__ import annotations

import typing as t

from ..._core.addresses import PROXY_SCHEMES, split_address
from ..._core.answers import MIB
from ..._core.http_settings import HttpSettings
from ..._core.retry import RetryPolicy

SIGN_IN = "Entra sign-in"
#: Tokens and discovery documents are below 100 KiB, and libraries parse them several times.
LARGEST_TOKEN_ANSWER = MIB
_HOSTS = {
    "public": ("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "usgov": ("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "usgovdod": ("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": ("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
}


def get_authority_url(options: t.Mapping[str, t.Any]) -> str:
    """Base address of the token service, without tenant and trailing slash. Raises ConfigError unless it is https."""
    return _require_https("authority_url", options.get("authority_url") or _HOSTS[options["cloud"]][0])


def get_graph_url(options: t.Mapping[str, t.Any]) -> str:
    """Base address of Microsoft Graph, without version and trailing slash. Raises ConfigError unless it is https."""
    return _require_https("graph_url", options.get("graph_url") or _HOSTS[options["cloud"]][1])


def get_graph_scope(options: t.Mapping[str, t.Any]) -> str:
    """The scope of a token for Graph: the cloud's own host, whatever address leads to it."""
    return _HOSTS[options["cloud"]][1] + "/.default"


def _require_https(option: str, url: str) -> str:
    return split_address(option, f"option {option}", url, why="tokens and secrets are sent over https only").text


def _parse_proxy(options: t.Mapping[str, t.Any], option: str) -> str | None:
    """The proxy that *option* names, with its user and password, and a scheme. Raises ConfigError, which shows neither."""
    if not options.get(option):
        return None
    found = split_address(option, f"option {option}", options[option], PROXY_SCHEMES, user=True)
    return f"{found.scheme}://{found.user_information}{'@' if found.user_information else ''}{found.host_and_port}"


def list_sign_in_origins(options: t.Mapping[str, t.Any]) -> frozenset[str]:
    """Where secrets and people may be sent to get a token, whatever a discovery document names, and where MSAL asks for known authorities."""
    own = _parse_origin("authority_url", get_authority_url(options))
    known = {login for login, _graph in _HOSTS.values()}
    return frozenset({own} | (known if own in known or options.get("instance_discovery", True) else set()))


def _parse_origin(option: str, url: str) -> str:
    return split_address(option, f"option {option}", url).origin.lower()


def build_entra_settings(options: t.Mapping[str, t.Any], service: str) -> HttpSettings:
    """How to reach Microsoft Graph, or as ``Entra sign-in`` the token service; no request of either goes anywhere else."""
    signing_in = service == SIGN_IN
    return HttpSettings(
        service=service,
        largest=LARGEST_TOKEN_ANSWER if signing_in else None,
        origins=list_sign_in_origins(options)
        if signing_in
        else frozenset([_parse_origin("graph_url", get_graph_url(options))]),
        ca_path=options.get("ca_path"),
        validate_certs=options.get("validate_certs", True),
        proxy=_parse_proxy(options, "proxy"),
        timeout_s=float(options.get("timeout") or 30),
        policy=_build_retry_policy(options),
    )


def build_commvault_settings(options: t.Mapping[str, t.Any]) -> HttpSettings:
    """How to reach a CommServe: by default without the proxy that leads to the internet; no request goes anywhere else."""
    url = options.get("commvault_url")
    return HttpSettings(
        service="Commvault",
        origins=frozenset([_parse_origin("commvault_url", url)] if url else ()),
        ca_path=options.get("commvault_ca_path"),
        ca_option="commvault_ca_path",
        validate_certs=options.get("commvault_validate_certs", True),
        proxy=_parse_proxy(options, "commvault_proxy"),
        environment_proxies=False,
        timeout_s=float(options.get("commvault_timeout") or 60),
        correlation_header="traceparent",
        policy=_build_retry_policy(options),
    )


def _build_retry_policy(options: t.Mapping[str, t.Any]) -> RetryPolicy:
    return RetryPolicy(tries=1 + max(0, options.get("retries", 4)))
