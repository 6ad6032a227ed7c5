# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option that names a token store: one place and one way to sign in."""

from __future__ import annotations

import subprocess
import sys
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from collection_tree import collections_path

from ansible_collections.cvops.identity.plugins.module_utils._stores.options import token_store_option

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


def test_who_needs_the_options_of_a_sign_in_alone_loads_no_library_of_a_store() -> None:
    """Each worker of Ansible that evaluates a lookup loads them anew."""
    program = (
        "import sys\n"
        "import ansible_collections.cvops.identity.plugins.module_utils._signin.options\n"
        "print([name for name in ('requests', 'urllib3', 'msal', 'hvac', 'azure') if name in sys.modules])"
    )
    folder = str(collections_path())
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": folder}, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
