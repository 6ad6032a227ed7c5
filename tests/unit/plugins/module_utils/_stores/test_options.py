# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option that names a token store: one place and one way to sign in, and nothing is touched before it is used."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError
from ansible_collections.cvops.identity.plugins.module_utils._stores.file import FileStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.hashi_vault import VaultStore
from ansible_collections.cvops.identity.plugins.module_utils._stores.options import open_token_store, token_store_option

VAULT = {"path": "commvault/cs01", "url": "https://vault.example"}


def validate(store: t.Any) -> t.Any:
    return ArgumentSpecValidator({"store": token_store_option()}).validate({"store": store})


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ({}, "one of the following is required: file, hashi_vault"),
        ({"file": "/x", "hashi_vault": VAULT}, "mutually exclusive: file|hashi_vault"),
        ({"hashi_vault": {}}, "path"),
        ({"hashi_vault": {**VAULT, "role_id": "r"}}, "secret_id"),
        (
            {"hashi_vault": {**VAULT, "token": "t", "role_id": "r", "secret_id": "s"}},
            "mutually exclusive: token|role_id",
        ),
        ({"consul": {}}, "consul"),
    ],
)
def test_what_is_refused(store: t.Any, said: str) -> None:
    assert any(said in message for message in validate(store).errors.messages)


def test_secrets_of_the_option_are_hidden() -> None:
    found = validate({"hashi_vault": {**VAULT, "token": "hvs.4711"}})
    assert not found.errors.messages
    assert "hvs.4711" in found._no_log_values
    found = validate({"hashi_vault": {**VAULT, "role_id": "r", "secret_id": "secret-4711"}})
    assert "secret-4711" in found._no_log_values


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
