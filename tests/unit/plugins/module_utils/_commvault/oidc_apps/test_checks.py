# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused of an app before it is planned."""

from __future__ import annotations

import typing as t

import pytest
from oidc_examples import APPLICATION, DISCOVERY, TENANT

from ansible_collections.cvops.identity.plugins.module_utils._commvault.oidc_apps.checks import (
    build_discovery_url,
    check_application_id,
    check_discovery_url,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError

HOST = "https://login.microsoftonline.com"
END = "/v2.0/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (DISCOVERY, {}),
        (DISCOVERY, {"tenant_id": TENANT}),
        (DISCOVERY.upper().replace(END.upper(), END), {"tenant_id": TENANT}),
        (f"{HOST}:443/corp.example{END}", {"tenant_id": TENANT}),
        (f"{HOST}/{TENANT}/.well-known/openid-configuration", {}),
        (f"{DISCOVERY}?appid={APPLICATION}", {}),
        (f"https://login.microsoftonline.us/{TENANT}{END}", {"cloud": "usgov"}),
        (f"https://sts.corp.example:8443/{TENANT}{END}", {"authority_url": "https://sts.corp.example:8443"}),
    ],
)
def test_the_configuration_of_a_tenant_is_taken(url: str, options: dict[str, t.Any]) -> None:
    check_discovery_url({"cloud": "public", **options}, url, APPLICATION)


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        (DISCOVERY.replace("https", "http"), {}, "http://login"),
        (DISCOVERY.removeprefix("https://"), {}, "not begin with https://"),
        (f"https://login.microsoftonline.com.evil.example/{TENANT}{END}", {}, "its host is"),
        (f"https://login.microsoftonline.com:444/{TENANT}{END}", {}, "its host is"),
        (DISCOVERY, {"cloud": "china"}, "its host is"),
        (f"{HOST}/common{END}", {}, "every tenant"),
        (f"{HOST}/Organizations{END}", {}, "every tenant"),
        (f"{HOST}/corp{END}", {}, "neither the id nor a domain"),
        (f"{HOST}/{TENANT}/v2.0", {}, "not the address of an Entra ID OpenID configuration"),
        (f"{DISCOVERY}/", {}, "not the address of an Entra ID OpenID configuration"),
        (f"{HOST}/a/{TENANT}{END}", {}, "not the address of an Entra ID OpenID configuration"),
        (f"{DISCOVERY}?appid=other", {}, "only appid="),
        (f"{DISCOVERY}?", {}, "only appid="),
        (DISCOVERY, {"tenant_id": "22222222-2222-4333-8444-555555555555"}, "is not the tenant_id"),
    ],
)
def test_another_place_cannot_say_who_is_signed_in(url: str, options: dict[str, t.Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_discovery_url({"cloud": "public", **options}, url, APPLICATION)


def test_the_configuration_follows_from_the_tenant() -> None:
    assert build_discovery_url({"cloud": "public", "tenant_id": TENANT}) == DISCOVERY
    assert build_discovery_url({"cloud": "public"}) is None


def test_an_application_id_is_a_guid() -> None:
    check_application_id(APPLICATION)
    with pytest.raises(ConfigError, match="not the application"):
        check_application_id("entra")
