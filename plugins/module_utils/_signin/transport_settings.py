# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# PRIVATE to this collection: no interface for others, it may change in any release.

"""The settings of a transport to Microsoft Graph, Entra's token service, a Key Vault and a CommServe, from the options of a task."""

from __future__ import annotations

import dataclasses
import typing as t

from .._core.addresses import PROXY_SCHEMES, split_address
from .._core.answers import MIB
from .._core.errors import ConfigError
from .._core.http_settings import HttpSettings
from .._core.retry import RepeatRules, RetryPolicy
from .._stores.azure_key_vault_access import LARGEST_ANSWER as LARGEST_KEY_VAULT_ANSWER
from .._stores.azure_key_vault_access import SERVICE as KEY_VAULT
from .clouds import get_graph_url, list_sign_in_origins, parse_origin
from .repeat_rules import COMMVAULT_RULES, GRAPH_RULES, KEY_VAULT_RULES, TOKEN_SERVICE_RULES

#: Tokens and discovery documents are below 100 KiB, and libraries parse them several times.
LARGEST_TOKEN_ANSWER = MIB


def build_graph_settings(options: t.Mapping[str, t.Any]) -> HttpSettings:
    """Return the settings of a transport that sends requests to Microsoft Graph only. Raises ConfigError."""
    origin = parse_origin("graph_url", get_graph_url(options))
    return _build_entra_settings(options, "Microsoft Graph", frozenset([origin]), None, GRAPH_RULES)


def build_token_service_settings(options: t.Mapping[str, t.Any]) -> HttpSettings:
    """Return the settings of a transport that sends requests to Entra's token service only. Raises ConfigError."""
    origins = list_sign_in_origins(options)
    return _build_entra_settings(options, "Entra sign-in", origins, LARGEST_TOKEN_ANSWER, TOKEN_SERVICE_RULES)


def build_key_vault_settings(options: t.Mapping[str, t.Any], url: str) -> HttpSettings:
    """Return the settings of a transport that sends requests to the vault at *url* only, as Microsoft's hosts are reached. Raises ConfigError."""
    found = split_address("vault_url of azure_key_vault", "option vault_url of azure_key_vault", url)
    settings = _build_entra_settings(
        options, KEY_VAULT, frozenset([found.origin.lower()]), LARGEST_KEY_VAULT_ANSWER, KEY_VAULT_RULES
    )
    return dataclasses.replace(settings, correlation_header="x-ms-client-request-id")


def build_commvault_settings(options: t.Mapping[str, t.Any]) -> HttpSettings:
    """Return the settings of a transport that sends requests to the CommServe only. Raises ConfigError.

    The proxy of the environment, which usually leads to the internet, is not used.
    """
    url = options.get("commvault_url")
    return HttpSettings(
        service="Commvault",
        origins=frozenset([parse_origin("commvault_url", url)] if url else ()),
        ca_path=options.get("commvault_ca_path"),
        ca_option="commvault_ca_path",
        validate_certs=options.get("commvault_validate_certs", True),
        proxy=_parse_proxy(options, "commvault_proxy"),
        proxy_option="commvault_proxy",
        address_source="commvault_url",
        environment_proxies=False,
        timeout_s=float(options.get("commvault_timeout") or 60),
        correlation_header="traceparent",
        policy=_build_retry_policy(options, COMMVAULT_RULES),
    )


def build_metadata_settings(options: t.Mapping[str, t.Any], origin: str) -> HttpSettings:
    """Return the settings of a transport that reads federation metadata at *origin* only, as Microsoft's hosts are reached. Raises ConfigError."""
    origins = frozenset([origin.lower()])
    return _build_entra_settings(options, "Federation metadata", origins, LARGEST_TOKEN_ANSWER, TOKEN_SERVICE_RULES)


def build_webhook_settings(options: t.Mapping[str, t.Any]) -> HttpSettings:
    """Return the settings of a transport to a webhook, which is reached as Microsoft's hosts are. Raises ConfigError."""
    return HttpSettings(
        service="The webhook",
        ca_path=options.get("ca_path"),
        validate_certs=options.get("validate_certs", True),
        proxy=_parse_proxy(options, "proxy"),
    )


def _build_entra_settings(
    options: t.Mapping[str, t.Any], service: str, origins: frozenset[str], largest: int | None, rules: RepeatRules
) -> HttpSettings:
    return HttpSettings(
        service=service,
        largest=largest,
        origins=origins,
        ca_path=options.get("ca_path"),
        validate_certs=options.get("validate_certs", True),
        proxy=_parse_proxy(options, "proxy"),
        timeout_s=float(options.get("timeout") or 30),
        policy=_build_retry_policy(options, rules),
    )


def _parse_proxy(options: t.Mapping[str, t.Any], option: str) -> str | None:
    """Return the proxy that *option* names, with a scheme, user and password. Raises ConfigError, which shows neither of these."""
    if not options.get(option):
        return None
    given = str(options[option]).strip()
    if "\\" in given:
        raise ConfigError(
            f"option {option}: the address of the proxy contains a backslash. Write http://user:password@host:port, in user and"
            " password %5C for a backslash (DOMAIN%5Cuser), %40 for an @ and %3A for a colon",
            source=f"option {option}",
        )
    found = split_address(f"option {option}", f"option {option}", given, PROXY_SCHEMES, user=True)
    return f"{found.scheme}://{found.user_information}{'@' if found.user_information else ''}{found.host_and_port}"


def _build_retry_policy(options: t.Mapping[str, t.Any], rules: RepeatRules) -> RetryPolicy:
    return RetryPolicy(tries=1 + max(0, options.get("retries", 4)), rules=rules)
