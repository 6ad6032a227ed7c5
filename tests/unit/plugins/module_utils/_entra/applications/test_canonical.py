# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canonical form of an application, and the PATCH that leads from one form to another."""

from __future__ import annotations

import typing as t

import pytest
from application_model import APP_ID, OBJECT_ID, Model, Wire, options_strategy, requests, role, scope, wires
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.canonical import (
    build_api_patch,
    build_application_patch,
    canonical_application,
    canonical_optional_claim,
    get_claim_key,
    keep_order,
    sort_optional_claims,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.applications.desired import desired_application


def test_a_removed_scope_leaves_the_pre_authorized() -> None:
    """Graph refuses pre-authorization of a scope that is gone; other pre-authorizations stay."""
    wire = {
        "id": OBJECT_ID,
        "appId": APP_ID,
        "displayName": "x",
        "api": {
            "oauth2PermissionScopes": [scope(1, "A", enabled=False), scope(2, "B")],
            "preAuthorizedApplications": [
                {"appId": guid(3), "delegatedPermissionIds": [guid(1), guid(2)]},
                {"appId": guid(4), "delegatedPermissionIds": [guid(1)]},
            ],
        },
    }
    current = canonical_application(wire)
    after = desired_application({"api_scopes": [{"value": "B"}]}, None, current, True)
    assert build_api_patch(current, after, wire)["preAuthorizedApplications"] == [
        {"appId": guid(3), "delegatedPermissionIds": [guid(2)]}
    ]


def test_order_of_lists_is_kept() -> None:
    """Redirect URIs have an order in the portal."""
    assert keep_order(["c", "a", "b"], {"b", "c", "e", "d"}) == ["c", "b", "d", "e"]


def test_nothing_has_a_canonical_form() -> None:
    nothing = canonical_application({})
    assert nothing["object_id"] is None and nothing["display_name"] is None
    assert (nothing["access_token_version"], nothing["tags"], nothing["group_claims"]) == (1, [], [])
    assert nothing["web"] == {
        "redirect_uris": [],
        "logout_url": None,
        "home_page_url": None,
        "implicit_grant": {"access_tokens": False, "id_tokens": False},
    }
    assert nothing["optional_claims"] == {"access_token": [], "id_token": [], "saml2_token": []}


@pytest.mark.parametrize("said", [None, "", "None", "None, None"])
def test_no_group_claims_are_said_in_several_ways(said: str | None) -> None:
    assert canonical_application({"groupMembershipClaims": said})["group_claims"] == []


def test_group_claims_are_a_set() -> None:
    wire = {"groupMembershipClaims": "SecurityGroup, ApplicationGroup"}
    assert canonical_application(wire)["group_claims"] == ["ApplicationGroup", "SecurityGroup"]


@pytest.mark.parametrize(
    "odd",
    [{"web": 7}, {"api": ["x"]}, {"optionalClaims": "x"}, {"tags": "x"}, {"appRoles": [7]}, {"identifierUris": [7]}],
)
def test_parts_of_another_kind_are_not_taken_for_nothing(odd: Wire) -> None:
    with pytest.raises(BadAnswer):
        canonical_application({"id": OBJECT_ID, **odd})


def test_parts_that_are_null_are_nothing() -> None:
    nulls = dict.fromkeys(
        ["web", "api", "optionalClaims", "tags", "appRoles", "identifierUris", "groupMembershipClaims"]
    )
    assert canonical_application(nulls) == canonical_application({})
    assert canonical_application({"groupMembershipClaims": 7})["group_claims"] == ["7"]


def test_permissions_of_one_api_are_one_entry() -> None:
    """Graph may list an API twice, in any letter case, and list one without a permission."""
    resources = [
        {
            "resourceAppId": guid(1).upper(),
            "resourceAccess": [{"id": "B", "type": "Role"}, {"id": "a", "type": "Scope"}],
        },
        {"resourceAppId": guid(1), "resourceAccess": [{"id": "a", "type": "Role"}, {"id": "a", "type": "Role"}]},
        {"resourceAppId": guid(2), "resourceAccess": []},
    ]
    assert canonical_application({"requiredResourceAccess": resources})["api_permissions"] == [
        {"api": guid(1), "application": ["a", "b"], "delegated": ["a"]}
    ]


def test_claims_are_identified_by_name_and_source() -> None:
    wires_ = [
        {"name": "upn", "source": "user", "essential": None, "additionalProperties": ["b", "a"]},
        {"name": "upn", "source": "", "essential": True, "additionalProperties": None},
        {"name": "email"},
    ]
    claims = sort_optional_claims(canonical_optional_claim(item) for item in wires_)
    assert [get_claim_key(claim) for claim in claims] == [("email", ""), ("upn", ""), ("upn", "user")]
    assert claims[2] == {"name": "upn", "source": "user", "essential": False, "additional_properties": ["a", "b"]}


@given(wires(), st.randoms(use_true_random=False))
def test_the_order_that_graph_lists_in_does_not_matter(wire: Wire, chance: t.Any) -> None:
    def shuffled(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {name: shuffled(item) for name, item in value.items()}
        return chance.sample([shuffled(item) for item in value], len(value)) if isinstance(value, list) else value

    assert canonical_application(shuffled(wire)) == canonical_application(wire)


@given(wires(), options_strategy, requests, st.booleans())
def test_a_patch_leads_to_the_form_that_it_was_built_for(
    wire: Wire, options: Wire, requested: t.Any, exclusive: bool
) -> None:
    """Graph's rules on enabled roles apart: these are the plan's."""
    current = canonical_application(wire)
    after = desired_application(options, requested, current, exclusive)
    model = Model(wire)
    body = build_application_patch(current, after, wire)
    for name, value in body.items():
        model.wire[name] = {**model.wire[name], **value} if isinstance(value, dict) and model.wire.get(name) else value
    assert canonical_application(model.wire) == after
    assert build_application_patch(after, after, model.wire) == {}
    assert not body or after != current


def test_a_patch_of_one_part_leaves_the_others_out() -> None:
    wire = {
        "id": OBJECT_ID,
        "appId": APP_ID,
        "appRoles": [role(1, "A")],
        "api": {"oauth2PermissionScopes": [scope(2, "B")]},
    }
    current = canonical_application(wire)
    assert build_application_patch(current, {**current, "notes": "x"}, wire) == {"notes": "x"}
    assert build_application_patch(current, {**current, "group_claims": []}, wire) == {}
    assert build_application_patch({**current, "group_claims": ["All"]}, current, wire) == {
        "groupMembershipClaims": None
    }


def test_what_the_collection_does_not_manage_of_the_api_goes_back_as_it_was() -> None:
    kept = {"acceptMappedClaims": True, "knownClientApplications": [guid(9)]}
    wire = {"api": {**kept, "requestedAccessTokenVersion": None, "preAuthorizedApplications": []}}
    current = canonical_application(wire)
    assert build_api_patch(current, current, wire) == {}
    patch = build_api_patch(current, {**current, "access_token_version": 2}, wire)
    assert patch == {**kept, "oauth2PermissionScopes": [], "requestedAccessTokenVersion": 2}


@given(st.lists(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_keeping_the_order_changes_no_set(had: list[str], desired: set[str]) -> None:
    found = keep_order(had, desired)
    assert set(found) == desired and len(found) == len(desired)
    assert [item for item in dict.fromkeys(had) if item in desired] == found[: len(set(had) & desired)]
    assert keep_order(None, desired) == sorted(desired)
