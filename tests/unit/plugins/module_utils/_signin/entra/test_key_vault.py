# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way into a vault: the token of the task's sign-in, for the vaults of its cloud, and nothing sent before it is used."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._signin.entra.key_vault import connect_key_vault


class SignIn:
    """A sign-in that notes the scopes that it is asked for."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, scope: str) -> t.Any:
        self.scopes.append(scope)
        return type("Token", (), {"value": "the-token"})

    def forget_token(self, scope: str) -> bool:
        self.scopes.append(f"forget {scope}")
        return True


def test_tokens_are_those_of_the_sign_in_for_the_scope_of_the_cloud(make_ctx: t.Any) -> None:
    sign_in = SignIn()
    options = {"cloud": "usgov", "ca_path": "/ca.pem", "timeout": 7, "retries": 2}
    url = "https://Cvops.vault.usgovcloudapi.net/"
    access = connect_key_vault(make_ctx(options), t.cast(t.Any, sign_in), url)
    assert (access.url, sign_in.scopes) == ("https://cvops.vault.usgovcloudapi.net", [])
    assert access.settings.origins == {access.url}
    assert (access.settings.ca_path, access.settings.timeout_s, access.settings.policy.tries) == ("/ca.pem", 7.0, 3)
    assert access.credentials.build_headers() == {"Authorization": "Bearer the-token"}
    assert access.credentials.renew()
    scope = "https://vault.usgovcloudapi.net/.default"
    assert sign_in.scopes == [scope, f"forget {scope}"]


def test_an_address_of_another_cloud_is_refused(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="not a vault of cloud usgov"):
        connect_key_vault(make_ctx({"cloud": "usgov"}), t.cast(t.Any, SignIn()), "https://x.vault.azure.net")
