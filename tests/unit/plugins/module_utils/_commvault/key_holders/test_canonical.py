# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Applications that clients and key management servers sign in as, wherever an answer shows them."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._commvault.key_holders.canonical import (
    KeyHolder,
    list_shown_secrets,
    parse_key_servers,
    parse_office_holders,
)
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer

APP, OTHER, TENANT = (f"ABCDEF00-0000-4000-8000-00000000000{number}" for number in range(3))
ROW = {"azureAppId": APP, "azureDirectoryId": TENANT, "azureAppType": 1}
OWN = KeyHolder("office365_client", "corp", APP.lower(), TENANT.lower())


def apps(*rows: t.Any) -> dict[str, t.Any]:
    return {"azureAppList": {"azureApps": list(rows)}}


@pytest.mark.parametrize(
    "document",
    [
        {"cloudAppsInstance": {"oneDriveInstance": apps(ROW)}},
        {"cloudAppsInstance": {"v2CloudAppsInstance": apps(ROW)}},
        {"sharepointBackupSet": {"spOffice365BackupSetProp": apps(ROW)}},
        {"onePassProperties": {"onePassProp": apps(ROW, ROW)}},
        {"onePassProp": {"azureDetails": {"azureAppKeyID": APP, "azureTenantName": TENANT}}},
        {"cloudAppsInstance": {"oneDriveInstance": {"clientId": APP, "tenant": TENANT}}},
    ],
)
def test_an_application_is_found_where_each_kind_and_release_has_it(document: t.Any) -> None:
    assert parse_office_holders("corp", document) == parse_office_holders("corp", [[document]]) == [OWN]


def test_a_client_may_sign_in_as_several_applications_and_through_a_credential() -> None:
    shared = {"credentialEntity": {"credentialId": 7, "credentialName": "azure-prod"}}
    found = parse_office_holders("corp", apps(ROW, {"azureAppId": OTHER}, shared))
    assert found == [
        OWN,
        KeyHolder("office365_client", "corp", OTHER.lower()),
        KeyHolder("office365_client", "corp", credential="azure-prod"),
    ]


@pytest.mark.parametrize(
    "document",
    [{}, None, [], apps(), apps({"azureAppId": ""}), {"oneDriveInstance": {"clientId": 17}}, {"azureAppList": None}],
)
def test_ids_of_commvault_are_no_applications(document: t.Any) -> None:
    assert parse_office_holders("corp", document) == []


@pytest.mark.parametrize("odd", [{"azureAppList": {"azureApps": "x"}}, {"azureAppList": [1]}, apps(1)])
def test_what_is_no_list_of_applications_is_not_taken_for_none(odd: t.Any) -> None:
    with pytest.raises(BadAnswer):
        parse_office_holders("corp", odd)


def server(kind: t.Any = 4, **access: t.Any) -> dict[str, t.Any]:
    properties = {"accessNodes": [{"keyVaultCredential": access}]} if access else {}
    return {"keyProviderType": kind, "provider": {"keyProviderName": "kms"}, "properties": properties}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (server(applicationId=APP, tenantId=TENANT, authType=2), (APP.lower(), TENANT.lower())),
        (server("4", applicationId=APP, authType="1"), (APP.lower(), None)),
        (server(), (None, None)),
        (server(resourceName="vault"), (None, None)),
    ],
)
def test_a_key_management_server_signs_in_as_an_application(row: t.Any, expected: tuple[t.Any, t.Any]) -> None:
    assert parse_key_servers({"keyProviders": [row]}) == [KeyHolder("key_management_server", "kms", *expected)]


@pytest.mark.parametrize("row", [server(3), server(None), server(authType=3), server(authType="3")])
def test_of_another_kind_or_as_a_managed_identity_it_holds_no_key(row: t.Any) -> None:
    assert parse_key_servers({"keyProviders": [row]}) == []


def test_a_key_management_server_without_a_name_is_no_answer() -> None:
    with pytest.raises(BadAnswer):
        parse_key_servers({"keyProviders": [{"keyProviderType": 4}]})


@pytest.mark.parametrize(
    ("value", "expected"), [("aHVzaA==", ["aHVzaA=="]), ("******", []), ("", []), (None, []), (7, [])]
)
def test_what_an_answer_shows_of_secrets_is_found(value: t.Any, expected: list[str]) -> None:
    assert list_shown_secrets([{"a": apps({**ROW, "azureAppKeyValue": value})}]) == expected


def test_an_answer_that_goes_very_deep_ends() -> None:
    document: t.Any = {}
    for _number in range(5000):
        document = {"inner": [document]}
    assert parse_office_holders("corp", document) == list_shown_secrets(document) == []


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just(APP)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["azureAppList", "azureApps", "azureDetails", "oneDriveInstance", "azureAppId", "clientId", "x"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_answer_is_understood_or_refused(document: t.Any) -> None:
    try:
        found = parse_office_holders("corp", document)
    except BadAnswer:
        return
    assert all(holder.app_id == APP.lower() or holder.credential for holder in found)
