# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a credential: what cannot be right is told before anything is read."""

from __future__ import annotations

import base64
import typing as t

import pytest
from credential_examples import APPLICATION, SECRET, TENANT

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.desired import (
    build_credential_spec,
    check_application,
    check_is_complete,
    desired_credential,
    looks_encoded,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.secret_marks import ROTATED, SECRET_POLICIES
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems

OPTIONS: dict[str, t.Any] = {"name": "azure-prod"}


def test_what_is_not_given_is_not_managed() -> None:
    found = desired_credential(OPTIONS)
    assert (found.description, found.azure_tenant_id, found.environment, found.endpoints) == (None, None, None, None)
    assert (found.has_secret, found.secret_policy, found.exclusive) == (False, "on_create", False)


def test_ids_are_compared_in_small_letters_and_descriptions_without_blanks_at_the_end() -> None:
    given = {
        "description": "one\r\ntwo\n",
        "azure_tenant_id": TENANT.upper(),
        "azure_application_id": APPLICATION.upper(),
        "endpoints": {"storage": "blob.corp.example", "resource_manager": None},
        "secret": SECRET,
        "exclusive": True,
    }
    found = desired_credential({**OPTIONS, **given})
    assert (found.description, found.azure_tenant_id, found.azure_application_id) == ("one\ntwo", TENANT, APPLICATION)
    assert (found.endpoints, found.has_secret, found.exclusive) == ({"storage": "blob.corp.example"}, True, True)
    assert SECRET not in repr(found)
    assert desired_credential({**OPTIONS, "description": ""}).description == ""


def test_all_that_is_wrong_is_told_together() -> None:
    wrong = {
        "azure_tenant_id": "contoso",
        "azure_application_id": "x",
        "endpoints": {"storage": "https://x", "resource_manager": "x"},
    }
    with pytest.raises(Problems) as caught:
        desired_credential({**OPTIONS, **wrong})
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [
        "azure_tenant_id",
        "azure_application_id",
        "endpoints.storage",
        "endpoints.resource_manager",
    ]


@pytest.mark.parametrize("given", [{"name": " x"}, {"secret_policy": "always"}, {"secret_fingerprint": "[x]"}])
def test_names_and_secrets_are_checked(given: dict[str, t.Any]) -> None:
    with pytest.raises(ConfigError):
        desired_credential({**OPTIONS, **given})


def test_a_new_credential_needs_ids_and_a_secret() -> None:
    with pytest.raises(Problems, match="does not exist") as caught:
        check_is_complete({**OPTIONS, "azure_tenant_id": TENANT})
    assert [problem["where"] for problem in caught.value.facts["problems"]] == ["azure_application_id", "secret"]
    check_is_complete({"azure_tenant_id": TENANT, "azure_application_id": APPLICATION, "secret": SECRET, **OPTIONS})


def test_a_rotation_brings_the_secret_of_a_new_credential() -> None:
    given = {**OPTIONS, "secret_policy": ROTATED, "azure_tenant_id": TENANT}
    check_is_complete({**given, "azure_application_id": APPLICATION})
    with pytest.raises(Problems) as caught:
        check_is_complete(given)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == ["azure_application_id"]


def test_an_application_that_is_to_be_registered_is_known_by_its_name_in_check_mode_only() -> None:
    given = {**OPTIONS, "azure_tenant_id": TENANT, "secret": SECRET, "pending_application": True}
    named = {**given, "azure_application_name": "Backup"}
    wanted = desired_credential(named)
    assert wanted.is_application_pending
    check_is_complete(named, wanted.is_application_pending)
    check_application(wanted, True)
    with pytest.raises(ConfigError, match="application Backup should have been registered"):
        check_application(wanted, False)
    with pytest.raises(Problems, match="azure_application_name"):
        desired_credential(given)
    known = desired_credential({**named, "azure_application_id": APPLICATION})
    assert not known.is_application_pending
    check_application(known, False)


def test_only_a_secret_that_is_encoded_already_looks_like_that() -> None:
    once = base64.b64encode(SECRET.encode()).decode()
    assert looks_encoded(once)
    assert not looks_encoded(SECRET)
    assert not looks_encoded(base64.b64encode(b"just a word").decode())
    assert not looks_encoded(base64.b64encode(bytes(range(200, 220))).decode())


def test_the_secret_is_hidden_and_what_tells_of_it_is_not() -> None:
    options = build_credential_spec().options
    assert [name for name in options if "secret" in name and options[name]["no_log"]] == ["secret"]
    assert options["secret_policy"]["choices"] == [*SECRET_POLICIES, ROTATED]
