# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of the transports: where they may go, through which proxy, with which CA, how long and how often."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import commvault_spec
from ansible_collections.cvops.identity.plugins.module_utils._signin.transport_settings import (
    LARGEST_TOKEN_ANSWER,
    build_commvault_settings,
    build_graph_settings,
    build_key_vault_settings,
    build_token_service_settings,
)

DEFAULTS = {name: option.get("default") for name, option in commvault_spec().options.items()}
Build = t.Callable[[dict[str, t.Any]], HttpSettings]
VAULT = "https://cvops.vault.azure.net"
ENTRA = [
    build_graph_settings,
    build_token_service_settings,
    lambda options: build_key_vault_settings(options, VAULT),
]


def options(**given: t.Any) -> dict[str, t.Any]:
    return {**DEFAULTS, "commvault_url": "https://cs01.example/commandcenter/api", **given}


def test_each_goes_to_its_own_service_only() -> None:
    graph, sign_in, vault, cell = (build(options()) for build in (*ENTRA, build_commvault_settings))
    assert graph.origins == {"https://graph.microsoft.com"}
    assert "https://login.microsoftonline.com" in sign_in.origins
    assert "https://graph.microsoft.com" not in sign_in.origins
    assert cell.origins == {"https://cs01.example"}
    assert vault.origins == {VAULT}
    services = ["Microsoft Graph", "Entra sign-in", "Azure Key Vault", "Commvault"]
    assert [found.service for found in (graph, sign_in, vault, cell)] == services


def test_without_an_address_a_commserve_gets_nothing() -> None:
    assert build_commvault_settings(options(commvault_url=None)).origins == frozenset()


@pytest.mark.parametrize("build", ENTRA)
def test_options_of_entra_are_not_those_of_commvault(build: Build) -> None:
    given = options(
        ca_path="/ca/entra.pem",
        validate_certs=False,
        proxy="http://entra-proxy:3128",
        timeout=7,
        commvault_ca_path="/ca/cv.pem",
        commvault_proxy="http://cv-proxy:3128",
        commvault_timeout=9,
    )
    found, cell = build(given), build_commvault_settings(given)
    assert (found.ca_path, found.validate_certs, found.proxy, found.timeout_s) == (
        "/ca/entra.pem",
        False,
        "http://entra-proxy:3128",
        7.0,
    )
    assert (cell.ca_path, cell.validate_certs, cell.proxy, cell.timeout_s) == (
        "/ca/cv.pem",
        True,
        "http://cv-proxy:3128",
        9.0,
    )


def test_the_proxy_of_the_environment_leads_to_microsoft_and_not_to_a_commserve() -> None:
    assert all(build(options()).environment_proxies for build in ENTRA)
    assert not build_commvault_settings(options()).environment_proxies


def test_answers_of_the_token_service_are_small() -> None:
    assert build_token_service_settings(options()).largest == LARGEST_TOKEN_ANSWER
    assert build_graph_settings(options()).largest is None


@pytest.mark.parametrize("build", [*ENTRA, build_commvault_settings])
@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (4, 5), (-3, 1)])
def test_retries_are_tries_after_the_first(build: Build, retries: int, tries: int) -> None:
    assert build(options(retries=retries)).policy.tries == tries


@pytest.mark.parametrize(
    ("option", "build"), [("proxy", build_graph_settings), ("commvault_proxy", build_commvault_settings)]
)
def test_a_proxy_keeps_its_user_and_shows_it_nowhere(option: str, build: Build) -> None:
    assert build(options(**{option: "http://svc:pw-4711@proxy.example:3128/"})).proxy == (
        "http://svc:pw-4711@proxy.example:3128"
    )
    with pytest.raises(ConfigError, match=option) as refused:
        build(options(**{option: "ftp://svc:pw-4711@proxy.example"}))
    assert "pw-4711" not in str(refused.value)


def test_wrong_addresses_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="graph_url"):
        build_graph_settings(options(graph_url="http://graph.example"))
    with pytest.raises(ConfigError, match="authority_url"):
        build_token_service_settings(options(authority_url="http://login.example"))
    with pytest.raises(ConfigError, match="commvault_url"):
        build_commvault_settings(options(commvault_url="http://cs01.example"))
