# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ids that derive from the application id: the same in requests and in results, and only where there was none."""

from __future__ import annotations

from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import APP_ID_TEXT
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.late_ids import (
    complete_ids,
    fill_in_ids,
)

APPLICATION = {
    "unique_name": None,
    "identifier_uris": [f"api://{APP_ID_TEXT}", "api://fixed"],
    "app_roles": [{"value": "Run", "id": None}, {"value": "Old", "id": "abcdef00-0000-4000-8000-000000000001"}],
    "api_scopes": [{"value": "See", "id": None}],
}
APP_ID = "abcdef00-0000-4000-8000-000000000009"


def test_what_is_sent_has_the_ids_of_the_result() -> None:
    body = {
        "identifierUris": APPLICATION["identifier_uris"],
        "appRoles": [dict(item) for item in APPLICATION["app_roles"]],
        "api": {"oauth2PermissionScopes": [{"value": "See", "id": None}], "requestedAccessTokenVersion": 2},
        "description": "x",
    }
    filled, complete = fill_in_ids(body, APPLICATION, APP_ID), complete_ids(APPLICATION, APP_ID)
    assert filled["identifierUris"] == complete["identifier_uris"] == [f"api://{APP_ID}", "api://fixed"]
    assert {item["value"]: item["id"] for item in filled["appRoles"]} == {
        item["value"]: item["id"] for item in complete["app_roles"]
    }
    assert filled["appRoles"][1]["id"] == APPLICATION["app_roles"][1]["id"]
    assert filled["api"]["oauth2PermissionScopes"][0]["id"] == complete["api_scopes"][0]["id"] is not None
    assert (filled["api"]["requestedAccessTokenVersion"], filled["description"]) == (2, "x")


def test_the_ids_are_those_of_this_application() -> None:
    other = "abcdef00-0000-4000-8000-000000000008"
    first, second = complete_ids(APPLICATION, APP_ID)["app_roles"], complete_ids(APPLICATION, other)["app_roles"]
    assert first[0]["id"] != second[0]["id"] and first[1] == second[1]
    named = {**APPLICATION, "unique_name": "ops"}
    assert complete_ids(named, APP_ID)["app_roles"] == complete_ids(named, other)["app_roles"]
