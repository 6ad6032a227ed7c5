# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies that write credentials: the secret in base64, once, and what does not change in the service's own spelling."""

from __future__ import annotations

import base64
import dataclasses
import typing as t

from credential_examples import APPLICATION, OLDER, SECRET, TENANT, WIRE
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.bodies import (
    build_creation,
    build_older_creation,
    build_older_removal,
    build_older_update,
    build_update,
    encode_secret,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import (
    Credential,
    Holder,
    parse_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.environments import (
    list_default_endpoints,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Principal

NEW = Credential(
    "azure-new",
    description="Backup",
    secret_fingerprint="key-1",
    azure_tenant_id=TENANT,
    azure_application_id=APPLICATION,
    environment="china",
    endpoints=list_default_endpoints("china"),
    shared_with=frozenset({Holder(Principal("user", 7)), Holder(Principal("user_group", 21))}),
)
ANN = Holder(Principal("user", 45))


@given(st.text(max_size=60))
def test_a_secret_is_encoded_once(secret: str) -> None:
    assert base64.b64decode(encode_secret(secret), validate=True).decode() == secret


def test_a_new_credential_says_all_that_is_wanted() -> None:
    body = build_creation(NEW, SECRET)
    assert parse_credential({**body, "id": 0}) == NEW
    assert body["applicationSecret"] == encode_secret(SECRET)
    assert (body["environment"], sorted(body["endpoints"])) == (
        "AZURE_CHINACLOUD",
        ["activeDirectoryEndpoint", "resourceManagerEndpoint", "storageEndpoint"],
    )
    assert "security" not in build_creation(dataclasses.replace(NEW, shared_with=frozenset()), SECRET)


def test_an_update_repeats_what_the_service_shows() -> None:
    """A rotation changes the secret and its mark; sharing is not sent, so that nobody's change is lost."""
    before = parse_credential(WIRE)
    body = build_update(before, dataclasses.replace(before, secret_fingerprint="key-2"), SECRET)
    same = ("accountType", "vendorType", "authType", "environment", "endpoints")
    assert {name: body.pop(name) for name in same} == {name: WIRE[name] for name in same}
    assert body == {
        "name": "azure-prod",
        "newName": "azure-prod",
        "description": "Backup\n[cvops secret: key-2]",
        "tenantId": TENANT,
        "applicationId": APPLICATION,
        "newApplicationSecret": encode_secret(SECRET),
    }
    assert "newApplicationSecret" not in build_update(before, before, None)


def test_endpoints_that_are_not_shown_are_not_sent() -> None:
    before = parse_credential({name: value for name, value in WIRE.items() if name not in ("endpoints", "environment")})
    body = build_update(before, dataclasses.replace(before, description="other"), None)
    assert "endpoints" not in body
    assert "environment" not in body


def test_foreign_associations_are_sent_back_as_they_are() -> None:
    before = parse_credential(WIRE)
    body = build_update(before, dataclasses.replace(before, shared_with=frozenset({ANN})), None)
    rows = WIRE["security"]["associations"]
    own = {"user": {"id": 45}, "permissions": {"permissionId": 218}, "isCreatorAssociation": False}
    assert body["security"] == {"owner": {"user": {"id": 44}}, "associations": [rows[1], rows[2], own]}


def test_a_new_owner_is_sent_with_the_associations() -> None:
    before = parse_credential(WIRE)
    body = build_update(before, dataclasses.replace(before, owner=Holder(Principal("user_group", 3))), None)
    assert body["security"]["owner"] == {"userGroup": {"id": 3}}
    assert len(body["security"]["associations"]) == 3


def test_the_older_calls_take_the_same_in_their_words() -> None:
    (record,) = build_older_creation(NEW, SECRET)["credentialRecordInfo"]
    shown = parse_credential({**record, "credentialRecord": {**record["credentialRecord"], "credentialId": 5}})
    assert shown == dataclasses.replace(NEW, id=5, shared_with=None)
    assert record["record"] == {"userName": APPLICATION, "password": encode_secret(SECRET)}
    assert record["additionalInformation"]["azureCredInfo"]["environment"] == "AzureChinaCloud"


def _older_update(more: dict[str, t.Any], secret: str | None) -> dict[str, t.Any]:
    before = parse_credential({**OLDER, **more})
    after = dataclasses.replace(before, secret_fingerprint="key-2")
    (record,) = build_older_update(before, after, secret)["credentialRecordInfo"]
    return record


def test_an_older_update_sends_of_azure_what_is_shown() -> None:
    record = _older_update({}, SECRET)
    assert record == {
        "recordType": 4,
        "description": "Backup\n[cvops secret: key-2]",
        "credentialRecord": {"credentialId": 61, "credentialName": "azure-prod"},
        "record": {"userName": APPLICATION, "password": encode_secret(SECRET)},
    }
    azure = {"tenantId": TENANT, "environment": "AzureStack", "endpoints": {"storage": "blob.corp.example"}}
    record = _older_update({"additionalInformation": {"azureCredInfo": azure}}, None)
    assert record["additionalInformation"] == {"azureCredInfo": {**azure, "applicationId": APPLICATION}}
    assert record["record"] == {"userName": APPLICATION}


def test_an_older_removal_names_name_and_id() -> None:
    (record,) = build_older_removal(parse_credential(OLDER))["credentialRecordInfo"]
    assert record == {"credentialRecord": {"credentialId": 61, "credentialName": "azure-prod"}}
