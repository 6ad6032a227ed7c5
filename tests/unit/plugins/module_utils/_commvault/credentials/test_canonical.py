# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials as both generations of the API show them."""

from __future__ import annotations

import typing as t

import pytest
from credential_examples import APPLICATION, OLDER, TENANT, WIRE

from ansible_collections.cvops.identity.plugins.module_utils._commvault.credentials.canonical import (
    Credential,
    Holder,
    is_own_association,
    parse_credential,
)
from ansible_collections.cvops.identity.plugins.module_utils._commvault.security.grants import Principal
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

PUBLIC = {
    "active_directory": "https://login.microsoftonline.com/",
    "resource_manager": "https://management.azure.com/",
    "storage": "blob.core.windows.net",
}


def test_a_credential_of_the_newer_calls() -> None:
    found = parse_credential(WIRE)
    assert found == Credential(
        name="azure-prod",
        id=61,
        description="Backup",
        secret_fingerprint="key-1",
        azure_tenant_id=TENANT,
        azure_application_id=APPLICATION,
        environment="public",
        endpoints=PUBLIC,
        owner=Holder(Principal("user", 44)),
        shared_with=frozenset({Holder(Principal("user_group", 21))}),
        used_by_others=frozenset({Holder(Principal("user", 44))}),
    )
    assert [holder.label for holder in found.holders or ()] == ["user svc", "user group Storage Team"]


def test_a_credential_of_the_older_calls() -> None:
    found = parse_credential(OLDER)
    assert (found.name, found.id, found.kind) == ("azure-prod", 61, "azure_application")
    assert (found.description, found.secret_fingerprint) == ("Backup", "key-1")
    assert found.azure_application_id == APPLICATION
    assert (found.azure_tenant_id, found.environment, found.owner, found.shared_with, found.holders) == (None,) * 5
    more = {"azureCredInfo": {"tenantId": TENANT.upper(), "environment": "AzureUSGovernment"}}
    shown = parse_credential({**OLDER, "additionalInformation": more})
    assert (shown.azure_tenant_id, shown.environment) == (TENANT, "usgov")


@pytest.mark.parametrize(
    ("wire", "kind"),
    [
        ({"accountType": "WINDOWSACCOUNT", "userAccount": "x"}, "WINDOWSACCOUNT"),
        ({"accountType": "WINDOWSACCOUNT", "tenantId": "t", "applicationId": "a"}, "WINDOWSACCOUNT"),
        ({"accountType": "CLOUD_ACCOUNT", "authType": "MICROSOFT_AZURE"}, "CLOUD_ACCOUNT MICROSOFT_AZURE"),
        ({"accountType": "CLOUD_ACCOUNT", "authType": "AZUREACCOUNT_SECRET_CERTIFICATE"}, None),
        ({"accountType": "CLOUD_ACCOUNT"}, "CLOUD_ACCOUNT"),
        ({}, "unknown"),
        ({"credentialRecord": {}, "recordType": 1}, "WINDOWSACCOUNT"),
        ({"credentialRecord": {}, "recordType": 99}, "99"),
        ({"credentialRecord": {}}, "unknown"),
        ({"credentialRecord": {}, "recordType": "AZUREACCOUNT_SECRET_CERTIFICATE"}, None),
    ],
)
def test_other_kinds_are_told_apart(wire: dict[str, t.Any], kind: str | None) -> None:
    found = parse_credential(wire)
    assert not found.is_azure_application
    assert kind is None or found.kind == kind


@pytest.mark.parametrize(
    "wire",
    [
        {"authType": "azureaccount"},
        {"authType": 4},
        {"tenantId": "t", "applicationId": "a"},
        {"credentialRecord": {}, "recordType": "AzureAccount"},
        {"credentialRecord": {}, "recordType": 4},
    ],
)
def test_applications_are_known_by_word_and_by_number(wire: dict[str, t.Any]) -> None:
    assert parse_credential(wire).is_azure_application


def test_security_that_is_not_shown_is_not_nothing() -> None:
    hidden = parse_credential({**WIRE, "security": None})
    assert (hidden.owner, hidden.shared_with) == (None, None)
    assert parse_credential({**WIRE, "security": {}}).shared_with == frozenset()
    with pytest.raises(BadAnswer):
        parse_credential({**WIRE, "security": {"associations": "none"}})


@pytest.mark.parametrize(
    "row",
    [
        {"permissions": {"permissionId": 219}},
        {"permissions": {"permissionId": 218}, "isCreatorAssociation": True},
        {"permissions": [{"permissionId": 218}, {"permissionId": 219}]},
        {"permissions": {"permissionId": 218}, "role": {"id": 3}},
        {},
    ],
)
def test_other_associations_are_not_ours(row: dict[str, t.Any]) -> None:
    assert not is_own_association(row)


@pytest.mark.parametrize("permissions", [{"permissionId": "218"}, [{"id": 218}], 218])
def test_the_right_of_use_is_known_in_any_form(permissions: t.Any) -> None:
    assert is_own_association({"permissions": permissions})


def test_a_principal_that_is_neither_user_nor_group_is_left_out() -> None:
    row = {"externalGroup": {"id": 5}, "permissions": {"permissionId": 218}}
    found = parse_credential({**WIRE, "security": {"associations": [row, {"user": {"id": "x"}}]}})
    assert (found.shared_with, found.used_by_others) == (frozenset(), frozenset())


def test_only_a_company_has_a_name() -> None:
    assert parse_credential({**WIRE, "company": {"id": 30, "name": "corp"}}).company == "corp"
    assert parse_credential({**WIRE, "company": {"id": 0, "name": "Commcell"}}).company is None
