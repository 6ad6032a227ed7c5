# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option that names a store of a key: one place, and what the guide shows is accepted."""

from __future__ import annotations

import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from collection_tree import ROOT
from documented import blocks_of

from ansible_collections.cvops.identity.plugins.module_utils._stores.options import token_store_option
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.base import KEY_FACTS
from ansible_collections.cvops.identity.plugins.module_utils._stores.secret_versions.options import secret_store_option

GUIDE = ROOT / "docs" / "docsite" / "rst" / "guide_secret_stores.rst"
VAULT = {"path": "keys/azure-prod", "url": "https://vault.example"}
KEY_VAULT = {"vault_url": "https://cvops.vault.azure.net", "name": "azure-prod"}


def validate(store: t.Any) -> t.Any:
    return ArgumentSpecValidator({"store": secret_store_option()}).validate({"store": store})


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ({}, "one of the following is required: file, hashi_vault, azure_key_vault"),
        ({"file": {"path": "/x"}, "azure_key_vault": KEY_VAULT}, "mutually exclusive"),
        ({"file": {}}, "path"),
        ({"hashi_vault": {**VAULT, "role_id": "r"}}, "secret_id"),
        ({"azure_key_vault": {"name": "x"}}, "vault_url"),
        ({"aws": {}}, "aws"),
    ],
)
def test_what_is_refused(store: t.Any, said: str) -> None:
    assert any(said in message for message in validate(store).errors.messages)


def test_secrets_of_the_option_are_hidden() -> None:
    found = validate({"hashi_vault": {**VAULT, "token": "hvs.4711"}})
    assert not found.errors.messages
    assert "hvs.4711" in found._no_log_values
    assert found.validated_parameters["store"]["hashi_vault"]["field"] == "value"


def test_what_the_guide_shows_is_accepted() -> None:
    shown = [yaml.safe_load(block.text) for block in blocks_of(GUIDE) if block.language == "yaml"]
    assert {name for store in shown for name in store} == set(secret_store_option()["options"])
    for store in shown:
        assert validate(store).errors.messages == [], store


def test_the_guide_names_what_lies_beside_a_value() -> None:
    text = GUIDE.read_text()
    assert [name for name in KEY_FACTS.values() if f"``{name}``" not in text] == []


def test_a_secret_in_hashi_vault_is_named_as_for_a_token_store() -> None:
    own = dict(secret_store_option()["options"]["hashi_vault"]["options"])
    assert own.pop("field")["default"] == "value"
    assert own == token_store_option()["options"]["hashi_vault"]["options"]
