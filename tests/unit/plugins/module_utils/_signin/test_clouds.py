# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of the clouds: https only, without a trailing slash, and the origins that may get a credential."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.clouds import (
    get_authority_url,
    get_graph_scope,
    get_graph_url,
    get_key_vault_scope,
    list_sign_in_origins,
    parse_origin,
    parse_vault_url,
)
from ansible_collections.cvops.identity.plugins.module_utils._signin.options import CLOUDS

MICROSOFT = {
    "https://login.microsoftonline.com",
    "https://login.microsoftonline.us",
    "https://login.partner.microsoftonline.cn",
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_has_its_own_hosts(cloud: str) -> None:
    options = {"cloud": cloud}
    assert get_authority_url(options) in MICROSOFT
    assert get_graph_scope(options) == get_graph_url(options) + "/.default"


def test_the_clouds_of_the_united_states_share_the_token_service_and_not_graph() -> None:
    first, second = {"cloud": "usgov"}, {"cloud": "usgovdod"}
    assert get_authority_url(first) == get_authority_url(second)
    assert get_graph_url(first) == "https://graph.microsoft.us"
    assert get_graph_url(second) == "https://dod-graph.microsoft.us"


@pytest.mark.parametrize(("option", "get"), [("authority_url", get_authority_url), ("graph_url", get_graph_url)])
def test_an_option_overrides_the_cloud(option: str, get: t.Callable[..., str]) -> None:
    assert get({"cloud": "china", option: "https://proxy.example:8443/base/"}) == "https://proxy.example:8443/base"
    assert get({"cloud": "china", option: "proxy.example"}) == "https://proxy.example"
    for wrong in ("http://proxy.example", "ftp://proxy.example", "https://svc:pw-4711@proxy.example", "https://"):
        with pytest.raises(ConfigError, match=option) as refused:
            get({"cloud": "public", option: wrong})
        assert "pw-4711" not in str(refused.value)


def test_a_token_for_graph_is_that_of_the_cloud_whatever_address_leads_there() -> None:
    options = {"cloud": "public", "graph_url": "https://proxy.example"}
    assert get_graph_scope(options) == "https://graph.microsoft.com/.default"


@pytest.mark.parametrize(
    ("options", "origins"),
    [
        ({}, MICROSOFT),
        ({"instance_discovery": False}, MICROSOFT),
        ({"authority_url": "https://sts.example/adfs"}, MICROSOFT | {"https://sts.example"}),
        ({"authority_url": "https://sts.example/adfs", "instance_discovery": False}, {"https://sts.example"}),
        ({"authority_url": "https://STS.example:8443", "instance_discovery": False}, {"https://sts.example:8443"}),
    ],
)
def test_where_credentials_may_be_sent(options: dict[str, t.Any], origins: set[str]) -> None:
    assert list_sign_in_origins({"cloud": "public", **options}) == origins


def test_an_origin_is_scheme_host_and_port() -> None:
    assert parse_origin("commvault_url", "https://CS01.example:8443/webconsole/api/") == "https://cs01.example:8443"
    with pytest.raises(ConfigError, match="commvault_url"):
        parse_origin("commvault_url", "http://cs01.example")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_token_for_vaults_is_sent_to_vaults_of_its_cloud(cloud: str) -> None:
    options = {"cloud": cloud}
    domain = get_key_vault_scope(options).removeprefix("https://").removesuffix("/.default")
    for given in (f"https://Cvops.{domain}", f"cvops.{domain.upper()}/"):
        assert parse_vault_url(options, given) == f"https://cvops.{domain}"
    assert parse_vault_url(options, "https://localhost:8443") == "https://localhost:8443"
    others = {get_key_vault_scope({"cloud": other})[8:-10] for other in CLOUDS} - {domain}
    for host in (domain, f"x{domain}", f"cvops.{domain}.example.com", "vault.example", *(f"cvops.{o}" for o in others)):
        with pytest.raises(ConfigError, match=f"not a vault of cloud {cloud}"):
            parse_vault_url(options, f"https://{host}")
    for given in (f"http://cvops.{domain}", f"https://cvops.{domain}/secrets/x", f"https://a:pw-4711@cvops.{domain}"):
        with pytest.raises(ConfigError, match="vault_url") as refused:
            parse_vault_url(options, given)
        assert "pw-4711" not in str(refused.value)
