# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options laid over the present form of an application."""

from __future__ import annotations

import typing as t

import pytest
from application_model import APIS, APP_ID, Wire, options_strategy, requests, wires
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import (
    DEFAULT_AUDIENCE,
    desired_application,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import RequestedPermissions

NOTHING = canonical_application({})


@given(wires(), st.booleans())
def test_what_is_not_set_is_not_managed(wire: Wire, exclusive: bool) -> None:
    current = canonical_application(wire)
    assert desired_application({}, None, current, exclusive) == current


@given(
    wires(), options_strategy, requests, st.booleans(), st.sampled_from(["tags", "spa", "notes", "app_roles", "web"])
)
def test_each_option_is_managed_on_its_own(
    wire: Wire, options: Wire, requested: t.Any, exclusive: bool, name: str
) -> None:
    current = canonical_application(wire)
    after = desired_application({**options, name: None}, requested, current, exclusive)
    assert after[name] == current[name]


@given(wires(), options_strategy, requests, st.booleans())
def test_laying_the_options_over_again_changes_nothing(
    wire: Wire, options: Wire, requested: t.Any, exclusive: bool
) -> None:
    after = desired_application(options, requested, canonical_application(wire), exclusive)
    assert desired_application(options, requested, after, exclusive) == after


def test_a_new_application_is_for_one_tenant_unless_told_otherwise() -> None:
    assert desired_application({}, None, NOTHING, False)["sign_in_audience"] == DEFAULT_AUDIENCE
    other = {"sign_in_audience": "AzureADMultipleOrgs"}
    assert desired_application(other, None, NOTHING, False)["sign_in_audience"] == "AzureADMultipleOrgs"
    existing = canonical_application({"id": "x"})
    assert desired_application({}, None, existing, False)["sign_in_audience"] is None


def test_a_name_is_not_changed_in_letter_case_alone() -> None:
    existing = canonical_application({"id": "x", "displayName": "Backup", "uniqueName": "backup", "notes": "Same"})
    asked = {"display_name": "BACKUP", "unique_name": "Backup", "notes": "same"}
    found = desired_application(asked, None, existing, False)
    assert (found["display_name"], found["unique_name"], found["notes"]) == ("Backup", "backup", "same")
    assert desired_application({"display_name": "Backups"}, None, existing, False)["display_name"] == "Backups"
    assert desired_application(asked, None, NOTHING, False)["display_name"] == "BACKUP"


def test_empty_text_and_empty_lists_clear() -> None:
    current = canonical_application(
        {
            "id": "x",
            "notes": "n",
            "tags": ["t"],
            "web": {"redirectUris": ["https://a"], "logoutUrl": "https://out"},
            "optionalClaims": {"idToken": [{"name": "upn"}]},
        }
    )
    options = {
        "notes": "",
        "tags": [],
        "web": {"redirect_uris": [], "logout_url": ""},
        "optional_claims": {"id_token": []},
    }
    after = desired_application(options, [], current, False)
    assert (after["notes"], after["tags"], after["optional_claims"]["id_token"]) == (None, [], [])
    assert (after["web"]["redirect_uris"], after["web"]["logout_url"]) == ([], None)


def test_the_application_id_is_filled_in_once_it_is_known() -> None:
    options = {"identifier_uris": ["api://{app_id}/x"]}
    assert desired_application(options, None, NOTHING, False)["identifier_uris"] == ["api://{app_id}/x"]
    known = {**canonical_application({"id": "x", "appId": APP_ID})}
    assert desired_application(options, None, known, False)["identifier_uris"] == [f"api://{APP_ID}/x"]


def test_one_kind_of_token_of_the_implicit_grant_does_not_touch_the_other() -> None:
    current = canonical_application({"id": "x", "web": {"implicitGrantSettings": {"enableIdTokenIssuance": True}}})
    options = {"web": {"implicit_grant": {"access_tokens": True, "id_tokens": None}}}
    after = desired_application(options, None, current, True)
    assert after["web"]["implicit_grant"] == {"access_tokens": True, "id_tokens": True}


def test_a_claim_keeps_what_is_not_said_about_it() -> None:
    had = {"name": "upn", "source": None, "essential": True, "additionalProperties": ["a"]}
    current = canonical_application({"id": "x", "optionalClaims": {"accessToken": [had, {"name": "email"}]}})
    options = {"optional_claims": {"access_token": [{"name": "upn"}]}}
    merged = desired_application(options, None, current, False)["optional_claims"]["access_token"]
    assert merged == current["optional_claims"]["access_token"]
    (only,) = desired_application(options, None, current, True)["optional_claims"]["access_token"]
    assert (only["essential"], only["additional_properties"]) == (True, ["a"])


@pytest.mark.parametrize(
    ("delegated", "exclusive", "expected"),
    [(None, False, ["old"]), (("new",), False, ["new", "old"]), (("new",), True, ["new"]), ((), False, [])],
)
def test_permissions_of_a_kind_that_is_not_named_stay(delegated: t.Any, exclusive: bool, expected: list[str]) -> None:
    access = [{"id": "old", "type": "Scope"}, {"id": "role", "type": "Role"}]
    other = {"resourceAppId": guid(7), "resourceAccess": [{"id": "z", "type": "Role"}]}
    rows = [{"resourceAppId": APIS[0].app_id, "resourceAccess": access}, other]
    current = canonical_application({"id": "x", "requiredResourceAccess": rows})
    after = desired_application({}, [RequestedPermissions(APIS[0], None, delegated)], current, exclusive)
    by_api = {entry["api"]: entry for entry in after["api_permissions"]}
    assert by_api[APIS[0].app_id] == {"api": APIS[0].app_id, "application": ["role"], "delegated": expected}
    assert (guid(7) in by_api) is (not exclusive)
