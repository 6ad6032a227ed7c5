# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store that an option names: nothing is touched before it is used."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._stores.file import FileStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault import VaultStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.opening import open_token_store

VAULT = {"path": "commvault/cs01", "url": "https://vault.example"}


def test_each_option_opens_its_store_and_touches_nothing(make_ctx: t.Any, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "kept" / "pair.json"
    found = open_token_store(make_ctx(), {"file": str(path)})
    assert isinstance(found, FileStore) and found.location == f"file {path}"
    assert not path.parent.exists()
    found = open_token_store(make_ctx(), {"file": None, "hashi_vault": VAULT})
    assert isinstance(found, VaultStore)
    assert found.location == "secret/commvault/cs01 in HashiCorp Vault at vault.example"
    assert str(found.custodian) == "secret/commvault/cs01 on HashiCorp Vault"


def test_mount_and_namespace_are_part_of_the_place(make_ctx: t.Any) -> None:
    option = {"hashi_vault": {**VAULT, "mount": "/kv/", "path": "/a/b/", "namespace": "team/"}}
    assert open_token_store(make_ctx(), option).location == "team/kv/a/b in HashiCorp Vault at vault.example"


def test_an_unusable_address_is_refused_at_once(make_ctx: t.Any) -> None:
    with pytest.raises(ConfigError, match="https only"):
        open_token_store(make_ctx(), {"hashi_vault": {**VAULT, "url": "http://vault.example"}})
