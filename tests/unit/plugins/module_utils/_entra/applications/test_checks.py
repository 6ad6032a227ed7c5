# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Entra ID would refuse of an application is refused before anything is written."""

from __future__ import annotations

import pytest
from application_model import APP_ID, OBJECT_ID, Wire, role, scope
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ConfigError, Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import canonical_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.checks import (
    check_application_options,
    check_desired_application,
    find_rule_problems,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import desired_application
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.interrupted_change import OWN_TAGS


def check_desired(options: Wire, wire: Wire) -> None:
    """Check *options* on an application that is *wire*."""
    current = canonical_application(wire)
    check_desired_application(options, desired_application(options, None, current, False), current)


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
        check_desired(options, wire)


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
        check_desired_application({"unique_name": "u"}, nothing, nothing)
    assert caught.value.facts["source"] == "option display_name"
    check_desired_application({"unique_name": "u"}, nothing, {**nothing, "object_id": OBJECT_ID})
    check_desired_application({"display_name": "x"}, nothing, nothing)


CALLBACK = "https://a.example/cb"
PERSONAL = "AzureADandPersonalMicrosoftAccount"
SAME = {"admin_consent_display_name": "text", "admin_consent_description": "text"}
TEXTS = {"display_name": "text", "description": "text"}


def find_places(options: Wire, wire: Wire | None = None) -> list[str]:
    """Return where the problems of *options* are, on an application that is *wire* or new."""
    try:
        check_desired({"display_name": "x", **options}, wire or {})
    except Problems as exc:
        return [problem["where"] for problem in exc.facts["problems"]]
    return []


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"sign_in_audience": PERSONAL}, []),
        ({"sign_in_audience": PERSONAL, "access_token_version": 2}, []),
        ({"sign_in_audience": PERSONAL, "access_token_version": 1}, ["access_token_version"]),
        ({"sign_in_audience": "PersonalMicrosoftAccount", "access_token_version": 1}, ["access_token_version"]),
        ({"sign_in_audience": "AzureADMultipleOrgs", "access_token_version": 1}, []),
        ({"sign_in_audience": PERSONAL, "app_roles": [{"value": "A"}]}, ["app_roles"]),
        ({"sign_in_audience": PERSONAL, "api_scopes": [{"value": "A"}]}, []),
        ({"sign_in_audience": PERSONAL, "identifier_uris": ["api://" + "x" * 115]}, ["identifier_uris"]),
        ({"sign_in_audience": PERSONAL, "identifier_uris": [f"api://{n}" for n in range(51)]}, ["identifier_uris"]),
        ({"identifier_uris": [f"api://{n}" for n in range(51)]}, []),
        ({"identifier_uris": ["api://" + "x" * 250]}, ["identifier_uris"]),
        ({"identifier_uris": ["no-uri", "api://{app_id}/x"]}, ["identifier_uris"]),
        ({"web": {"redirect_uris": ["http://a.example"]}, "spa": {"redirect_uris": ["x:/y"]}}, ["web.redirect_uris", "spa.redirect_uris"]),
        ({"public_client": {"redirect_uris": ["x:/y", "http://localhost"]}}, []),
        ({"identifier_uris": ["api://{app_id}/a", "api://{app_id}/A", "api://{app_id}/b"]}, ["identifier_uris"]),
        ({"web": {"redirect_uris": [CALLBACK]}, "spa": {"redirect_uris": [CALLBACK]}}, ["web.redirect_uris"]),
        ({"web": {"logout_url": "http://a.example", "home_page_url": "a"}}, ["web.logout_url", "web.home_page_url"]),
        ({"web": {"logout_url": "https://a.example", "home_page_url": "http://a.example"}}, []),
        ({"web": {"logout_url": "", "home_page_url": ""}}, []),
        ({"sign_in_audience": PERSONAL, "web": {"redirect_uris": ["https://a.example/?x=1"]}}, ["web.redirect_uris"]),
        ({"web": {"redirect_uris": [f"https://a.example/{n}" for n in range(256)]}}, []),
        ({"web": {"redirect_uris": [f"https://a.example/{n}" for n in range(257)]}}, ["redirect_uris"]),
        ({"app_roles": [{"value": f"A{n}"} for n in range(701)]}, ["app_roles"]),
        ({"app_roles": [{"value": "A", **TEXTS}], "api_scopes": [{"value": "A", **SAME}]}, []),
        ({"app_roles": [{"value": "A"}], "api_scopes": [{"value": "A", **SAME}]}, ["app_roles and api_scopes, value A"]),
        ({"app_roles": [{"value": "A", "enabled": False}], "api_scopes": [{"value": "A"}]}, ["app_roles and api_scopes, value A"]),
        ({"app_roles": [{"value": "A", "id": guid(1)}], "api_scopes": [{"value": "A", "id": guid(2)}]}, ["app_roles and api_scopes, value A"]),
        ({"app_roles": [{"value": "A", "id": guid(1)}], "api_scopes": [{"value": "B", "id": guid(1)}]}, ["app_roles and api_scopes, value A"]),
    ],
)  # fmt: skip
def test_fixed_rules_are_known_before_anything_is_created(options: Wire, where: list[str]) -> None:
    assert find_places(options) == where


def test_several_problems_are_told_together() -> None:
    options = {
        "display_name": "x",
        "sign_in_audience": PERSONAL,
        "access_token_version": 1,
        "identifier_uris": [""],
        "web": {"redirect_uris": ["", "http://a.example"]},
    }
    with pytest.raises(Problems) as caught:
        check_application_options(options)
    assert [problem["where"] for problem in caught.value.facts["problems"]] == [
        "identifier_uris[0]",
        "web.redirect_uris[0]",
        "access_token_version",
        "web.redirect_uris",
    ]


LEGACY = {
    "id": OBJECT_ID,
    "appId": APP_ID,
    "displayName": "x",
    "signInAudience": PERSONAL,
    "web": {"redirectUris": ["http://old.example"]},
    "identifierUris": ["old"],
    "appRoles": [role(1, "A")],
    "api": {"oauth2PermissionScopes": [scope(1, "A")]},
}


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"notes": "n", "web": {"redirect_uris": ["http://old.example"]}, "identifier_uris": ["old"]}, []),
        ({"web": {"redirect_uris": ["http://new.example"]}}, ["web.redirect_uris"]),
        ({"identifier_uris": ["OLD"]}, ["identifier_uris", "identifier_uris"]),
        ({"spa": {"redirect_uris": ["http://old.example"]}}, ["web.redirect_uris", "spa.redirect_uris"]),
        ({"sign_in_audience": "AzureADMyOrg"}, []),
        ({"app_roles": [{"value": "A", "description": "new"}]}, ["app_roles", "app_roles and api_scopes, value A"]),
    ],
)
def test_what_is_there_already_is_not_judged(options: Wire, where: list[str]) -> None:
    assert find_places(options, LEGACY) == where


def test_letting_personal_accounts_in_is_judged_as_a_whole() -> None:
    wire = {**LEGACY, "signInAudience": "AzureADMyOrg", "web": {"redirectUris": ["https://*.example"]}}
    found = find_places({"sign_in_audience": PERSONAL}, wire)
    assert found == ["access_token_version", "app_roles", "identifier_uris", "web.redirect_uris"]


@pytest.mark.parametrize(
    ("counts", "audience", "problems"),
    [
        ([400], "AzureADMyOrg", 0),
        ([401], "AzureADMyOrg", 1),
        ([1] * 50, "AzureADMyOrg", 0),
        ([1] * 51, "AzureADMyOrg", 1),
        ([30] * 6, PERSONAL, 0),
        ([31], PERSONAL, 1),
        ([30] * 7, PERSONAL, 1),
    ],
)
def test_permissions_have_limits(counts: list[int], audience: str, problems: int) -> None:
    nothing = canonical_application({})
    listed = [{"api": str(n), "application": ["x"] * count, "delegated": []} for n, count in enumerate(counts)]
    after = {**nothing, "sign_in_audience": audience, "access_token_version": 2, "api_permissions": listed}
    assert len(find_rule_problems(after, nothing)) == problems
    assert (
        find_rule_problems(
            after, {**nothing, "api_permissions": listed, "sign_in_audience": audience, "access_token_version": 2}
        )
        == []
    )


@pytest.mark.parametrize("tag", OWN_TAGS)
def test_tags_of_our_own_are_not_given_by_users(tag: str) -> None:
    with pytest.raises(Problems, match="uses"):
        check_application_options({"tags": [f"{tag}x"]})
