# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys out of what Graph and Commvault answer; never key material, and each key once."""

from __future__ import annotations

import typing as t

import pytest
from expiry_examples import application, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._core.values import AnswerObject
from ansible_collections.cvops.identity.plugins.module_utils._joint.expiry.keys import (
    canonical_application,
    describe_missing_application,
    list_application_keys,
    list_federated_keys,
    list_principal_keys,
    list_token_keys,
)

APP = application(1)
SECRET = {
    "keyId": "ABCDEF00-0000-4000-8000-000000000001",
    "displayName": "cvops/backup/1f",
    "startDateTime": "2026-01-01T00:00:00Z",
    "endDateTime": "2026-12-31T23:59:59.1234567Z",
    "hint": "q8Q",
    "secretText": None,
}
CERTIFICATE = {"keyId": guid(2), "displayName": "CN=x", "endDateTime": None, "usage": "Verify", "key": "cHVibGlj"}


def wire(**members: t.Any) -> AnswerObject:
    return AnswerObject({"id": guid(101), "appId": guid(1), "displayName": "Backup", **members})


def test_the_keys_of_an_application() -> None:
    secret, certificate = list_application_keys(
        wire(passwordCredentials=[SECRET], keyCredentials=[CERTIFICATE]), canonical_application(wire())
    )
    assert (secret["kind"], secret["key_id"], secret["name"]) == ("secret", SECRET["keyId"].lower(), "cvops/backup/1f")
    assert (secret["starts"], secret["expires"]) == ("2026-01-01T00:00:00Z", "2026-12-31T23:59:59Z")
    assert (certificate["kind"], certificate["expires"], certificate["application"]) == ("certificate", None, "Backup")
    told = str([secret, certificate])
    assert "q8Q" not in told
    assert "cHVibGlj" not in told


def test_a_certificate_with_two_entries_is_one() -> None:
    both = [CERTIFICATE, {**CERTIFICATE, "usage": "Encrypt"}]
    assert len(list_application_keys(wire(keyCredentials=both), APP)) == 1


@pytest.mark.parametrize("odd", [{"endDateTime": "soon"}, {"keyId": None, "endDateTime": 7}])
def test_an_end_that_is_no_date_is_no_missing_end(odd: dict[str, t.Any]) -> None:
    with pytest.raises(BadAnswer):
        list_application_keys(wire(passwordCredentials=[{**SECRET, **odd}]), APP)


def test_a_key_without_an_id_is_no_answer_of_graph() -> None:
    with pytest.raises(BadAnswer):
        list_application_keys(wire(passwordCredentials=[{"displayName": "x"}]), APP)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"uniqueName": "backup", "displayName": "Backup"}, "backup"),
        ({"displayName": "Backup"}, "Backup"),
        ({"displayName": None}, guid(1)),
        ({"displayName": None, "appId": None}, guid(101)),
    ],
)
def test_an_application_is_called_by_the_best_name_it_has(members: dict[str, t.Any], expected: str) -> None:
    assert canonical_application(wire(**members))["application"] == expected


def test_both_kinds_of_names_identify_an_application() -> None:
    found = canonical_application(wire(identifierUris=["b", "a"], servicePrincipalNames=["a", "c"]))
    assert found["identifiers"] == ["a", "b", "c"]


@pytest.mark.parametrize(("name", "value"), [("app_id", guid(1).upper()), ("object_id", guid(1)), ("unique_name", "x")])
def test_an_application_that_is_not_there_is_known_by_what_was_asked(name: str, value: str) -> None:
    found = describe_missing_application(name, value)
    assert not found["is_found"]
    assert found["application"] == value
    ids = {"app_id": found["app_id"], "object_id": found["object_id"]}
    assert ids == {"app_id": None, "object_id": None} | ({name: value.lower()} if name in ids else {})


SIGN = {"keyId": guid(3), "customKeyIdentifier": "3q2+7w==", "usage": "Sign", "endDateTime": "2027-01-01T00:00:00Z"}
SAML = {
    "preferredSingleSignOnMode": "saml",
    "preferredTokenSigningKeyThumbprint": "DEADBEEF",
    "keyCredentials": [SIGN, {**SIGN, "keyId": guid(4), "usage": "Verify"}],
    "passwordCredentials": [{**SECRET, "customKeyIdentifier": "3q2+7w=="}],
}


def test_a_signing_certificate_with_its_password_is_one_key() -> None:
    (found,) = list_principal_keys(wire(**SAML), APP)
    assert (found["kind"], found["thumbprint"], found["active"]) == ("saml_signing_certificate", "DEADBEEF", True)
    assert (found["expires"], found["application"], found["object_id"]) == ("2027-01-01T00:00:00Z", "app-1", guid(101))


@pytest.mark.parametrize("mode", [None, "oidc"])
def test_what_signs_is_a_signing_certificate_whatever_the_mode_says(mode: str | None) -> None:
    members = {**SAML, "preferredSingleSignOnMode": mode, "preferredTokenSigningKeyThumbprint": None}
    assert [key["kind"] for key in list_principal_keys(wire(**members), APP)] == ["saml_signing_certificate"]


def test_other_secrets_and_certificates_of_a_service_principal() -> None:
    found = list_principal_keys(wire(passwordCredentials=[SECRET], keyCredentials=[CERTIFICATE]), APP)
    assert [key["kind"] for key in found] == ["service_principal_secret", "service_principal_certificate"]
    assert {key["app_id"] for key in found} == {guid(1)}


def test_a_secret_of_a_saml_application_that_belongs_to_no_certificate_is_a_secret() -> None:
    found = list_principal_keys(wire(**{**SAML, "passwordCredentials": [SECRET]}), APP)
    assert [key["kind"] for key in found] == ["service_principal_secret", "saml_signing_certificate"]


def test_a_signing_certificate_without_an_end_has_none() -> None:
    (found,) = list_principal_keys(wire(**{**SAML, "keyCredentials": [{**SIGN, "endDateTime": None}]}), APP)
    assert found["expires"] is None


def test_federated_credentials_have_no_end() -> None:
    (found,) = list_federated_keys([AnswerObject({"id": guid(5), "name": "awx"})], APP)
    assert (found["kind"], found["key_id"], found["name"], found["expires"]) == (
        "federated_credential",
        guid(5),
        "awx",
        None,
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (2, "2026-05-31T00:00:00Z"),
        (3, "2026-05-31T00:00:00Z"),
        (1, "2026-03-02T00:00:00Z"),
        (4, "2026-03-02T00:00:00Z"),
    ],
)
def test_an_access_token_ends_when_it_can_be_renewed_no_more(kind: int, expected: str) -> None:
    row = {
        "accessTokenId": 9,
        "tokenName": "ci",
        "tokenType": kind,
        "tokenExpiryTimestamp": 1772409600,
        "renewableUntilTimestamp": 1780185600,
    }
    (found,) = list_token_keys([row], "cs01", "svc")
    assert (found["key_id"], found["name"], found["expires"], found["commcell"]) == ("9", "ci", expected, "cs01")
    assert found["owner"] == "svc"


def test_an_access_token_of_which_nothing_is_shown_has_no_end() -> None:
    (found,) = list_token_keys([{"id": 9, "name": "ci"}], "cs01", "")
    assert (found["expires"], found["owner"]) == (None, None)
