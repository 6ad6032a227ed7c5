# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store that an option names: nothing is touched before it is used."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._core.http_settings import HttpSettings
from ansible_collections.cvops.identity.plugins.module_utils._stores.azure_key_vault_access import KeyVaultAccess
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.opening import open_secret_store

VAULT = {"path": "keys/azure-prod", "url": "https://vault.example"}
KEY_VAULT = {"vault_url": "https://cvops.vault.azure.net", "name": "azure-prod"}


def connect(url: str) -> KeyVaultAccess:
    return KeyVaultAccess(url, HttpSettings("Azure Key Vault"), t.cast(t.Any, None))


def test_each_option_opens_its_store_and_touches_nothing(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "kept" / "key.json"
    labels = {
        "file": ({"path": str(path)}, f"file {path}"),
        "hashi_vault": (VAULT, "secret/keys/azure-prod in HashiCorp Vault at vault.example"),
        "azure_key_vault": (KEY_VAULT, "secret azure-prod in Azure Key Vault cvops.vault.azure.net"),
    }
    for kind, (option, label) in labels.items():
        ctx = make_ctx()
        found = open_secret_store(ctx, {**dict.fromkeys(labels), kind: option}, connect)
        assert (found.kind, found.label, ctx.reporter.lines) == (kind, label, [])
    assert not path.parent.exists()


def test_what_cannot_be_used_is_refused_at_once(make_ctx: t.Any) -> None:
    for option, said in (
        ({"hashi_vault": {**VAULT, "url": "http://vault.example"}}, "https only"),
        ({"hashi_vault": {**VAULT, "path": "/"}}, "path is empty"),
        ({"azure_key_vault": {**KEY_VAULT, "name": "a_b"}}, "is not the name of a secret"),
        ({}, "names none of"),
    ):
        with pytest.raises(ConfigError, match=said):
            open_secret_store(make_ctx(), option, connect)
    with pytest.raises(ConfigError, match="cannot be used here"):
        open_secret_store(make_ctx(), {"azure_key_vault": KEY_VAULT})
