# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID would refuse of an application is refused before anything is written."""

from __future__ import annotations

import pytest
from application_model import APP_ID, OBJECT_ID, Wire, role
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.checks import (
    check_application_options,
    check_desired_application,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import desired_application


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"display_name": "x" * 257}, ["display_name"]),
        ({"tags": ["ok", "not ok", ""]}, ["tags[1]", "tags[2]"]),
        ({"identifier_uris": ["api://x/"]}, ["identifier_uris[0]"]),
        ({"app_roles": [{"value": ".x"}, {"value": "a b"}]}, ["app_roles[0].value", "app_roles[1].value"]),
        ({"app_roles": [{"value": "A"}, {"value": "A"}]}, ["app_roles[1]"]),
        ({"api_scopes": [{"value": "A", "id": "X"}, {"value": "B", "id": "x"}]}, ["api_scopes[1]"]),
        ({"app_roles": [{"value": "A", "allowed_member_types": []}]}, ["app_roles[0].allowed_member_types"]),
    ],
)
def test_everything_wrong_is_told_at_once_by_option_path(options: Wire, where: list[str]) -> None:
    with pytest.raises(Problems) as caught:
        check_application_options(options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where


def test_two_entries_cannot_share_an_id() -> None:
    """One entry has the value of a role, another gives its id."""
    wire = {"id": OBJECT_ID, "appId": APP_ID, "displayName": "x", "appRoles": [role(1, "A")]}
    options = {"app_roles": [{"value": "A"}, {"value": "B", "id": guid(1)}]}
    with pytest.raises(ConfigError, match="two entries would have the id"):
        check_desired_application(options, desired_application(options, None, canonical_application(wire), False), True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"display_name": "x" * 256, "description": "x" * 1024, "notes": "x" * 1024},
        {"tags": ["x" * 256, "WindowsAzureActiveDirectoryIntegratedApp"]},
        {"identifier_uris": ["api://x", "https://x.example/y"]},
        {"app_roles": [{"value": "A", "id": guid(1)}, {"value": "a"}], "api_scopes": [{"value": "A"}]},
        {"api_scopes": [{"value": "x" * 120}]},
    ],
)
def test_what_entra_takes_is_taken(options: Wire) -> None:
    check_application_options(options)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"description": "x" * 1025, "notes": "x" * 1025}, ["description", "notes"]),
        ({"tags": ["x" * 257]}, ["tags[0]"]),
        (
            {"app_roles": [{"value": ""}], "api_scopes": [{"value": "x" * 121}]},
            ["app_roles[0].value", "api_scopes[0].value"],
        ),
    ],
)
def test_limits_are_those_of_entra(options: Wire, where: list[str]) -> None:
    with pytest.raises(Problems) as caught:
        check_application_options(options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == where
    assert all(problem["kind"] == "config" for problem in caught.value.facts["problems"])


def test_an_id_that_is_none_is_told_before_the_rest() -> None:
    with pytest.raises(ConfigError, match="app_id: 'x' is not a GUID"):
        check_application_options({"app_id": "x", "tags": [""]})


def test_a_new_application_needs_a_name() -> None:
    nothing = canonical_application({})
    with pytest.raises(ConfigError, match="No application u exists") as caught:
        check_desired_application({"unique_name": "u"}, nothing, exists=False)
    assert caught.value.facts["source"] == "option display_name"
    check_desired_application({"unique_name": "u"}, nothing, exists=True)
    check_desired_application({"display_name": "x"}, nothing, exists=False)
