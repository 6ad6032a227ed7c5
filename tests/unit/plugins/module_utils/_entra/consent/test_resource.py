# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resource of module entra_admin_consent: grants what the caller may, tells what he may not."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, carry_out, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import (
    ApiError,
    ConfigError,
    Forbidden,
    Problems,
    WaitTimeout,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.app_role_assignments.writer import DEFAULT_ACCESS
from ansible_collections.cvops.identity.plugins.module_utils._entra.consent.resource import ConsentResource

APPLICATION = f"/applications/{guid(1)}"
PRINCIPAL = f"/servicePrincipals(appId='{guid(2)}')"
CLIENT = f"/servicePrincipals/{guid(3)}"
ROLES, GRANTS = f"{CLIENT}/appRoleAssignments", f"{CLIENT}/oauth2PermissionGrants"
API = {
    "id": guid(5),
    "appId": guid(6),
    "displayName": "An API",
    "appRoles": [{"id": guid(11), "value": "Run.All"}, {"id": guid(12), "value": "See.All"}],
    "oauth2PermissionScopes": [{"id": guid(21), "value": "Read"}, {"id": guid(22), "value": "Write"}],
}
REQUIRED = [
    {
        "resourceAppId": guid(6),
        "resourceAccess": [{"id": guid(11), "type": "Role"}, {"id": guid(21), "type": "Scope"}],
    }
]
ALL = {"roles": ["AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"]}


def make_consent(
    make_ctx: t.Any,
    answers: dict[str, t.Any],
    *replies: t.Any,
    claims: t.Any = ALL,
    check_mode: bool = False,
    **options: t.Any,
) -> tuple[ConsentResource, FakeGraph]:
    """Return the resource for a client that holds nothing and requests one role and one scope, unless told otherwise."""
    usual = {
        "app_id": None,
        "application": {"object_id": guid(1)},
        "api_permissions": None,
        "exclusive": False,
        "tenant_id": "corp.example",
        "cloud": "public",
        "authority_url": None,
    }
    known = {
        APPLICATION: {"id": guid(1), "appId": guid(2), "requiredResourceAccess": REQUIRED},
        PRINCIPAL: {"id": guid(3), "appId": guid(2)},
        f"/servicePrincipals(appId='{guid(6)}')": API,
        ROLES: [],
        GRANTS: [],
    }
    graph = FakeGraph(make_ctx({**usual, **options}, check_mode=check_mode), {**known, **answers}, *replies)
    graph.claims = claims
    return call_with_graph(ConsentResource, graph), graph


def grant(*scopes: str, **more: t.Any) -> dict[str, t.Any]:
    return {"id": "grant/1", "resourceId": guid(5), "consentType": "AllPrincipals", "scope": " ".join(scopes), **more}


def assignment(number: int, role_id: str) -> dict[str, t.Any]:
    return {"id": f"assignment{number}", "resourceId": guid(5), "appRoleId": role_id}


def test_what_the_registration_requests_is_granted(make_ctx: t.Any) -> None:
    consent, graph = make_consent(make_ctx, {})
    carry_out(consent, consent.plan())
    assert graph.writes == [
        (
            "POST",
            f"/servicePrincipals/{guid(5)}/appRoleAssignedTo",
            {"principalId": guid(3), "resourceId": guid(5), "appRoleId": guid(11)},
        ),
        (
            "POST",
            "/oauth2PermissionGrants",
            {"clientId": guid(3), "consentType": "AllPrincipals", "resourceId": guid(5), "scope": "Read"},
        ),
    ]
    assert graph.expired == [guid(2), guid(2)]
    result = consent.result()
    assert (result["status"], result["missing"]) == ("granted", [])
    assert result["consent_url"] == (f"https://login.microsoftonline.com/corp.example/adminconsent?client_id={guid(2)}")


def test_what_is_held_is_left_alone(make_ctx: t.Any) -> None:
    """Foreign roles and scopes, the role of default access, and grants for one person are no business of ours."""
    held = {
        ROLES: [assignment(1, guid(11)), assignment(2, guid(12)), assignment(3, DEFAULT_ACCESS)],
        GRANTS: [
            grant("Write", id="personal", consentType="Principal"),
            grant("Read", "Write"),
            grant("x", resourceId="y"),
        ],
    }
    consent, _graph = make_consent(make_ctx, held)
    assert not consent.plan().changed and consent.result()["status"] == "granted"
    consent, graph = make_consent(make_ctx, held, exclusive=True)
    carry_out(consent, consent.plan())
    assert graph.writes == [
        ("DELETE", f"{ROLES}/assignment2", None),
        ("PATCH", "/oauth2PermissionGrants/grant%2F1", {"scope": "Read"}),
    ]


def test_ids_are_the_same_in_any_letter_case(make_ctx: t.Any) -> None:
    access = [{"id": guid(11).upper(), "type": "Role"}, {"id": guid(21).upper(), "type": "Scope"}]
    required = [{"resourceAppId": guid(6).upper(), "resourceAccess": access}]
    wire = {"id": guid(1), "appId": guid(2), "requiredResourceAccess": required}
    held = {APPLICATION: wire, ROLES: [assignment(1, guid(11).upper())], GRANTS: [grant("Read")]}
    consent, _graph = make_consent(make_ctx, held)
    assert not consent.plan().changed and consent.result()["status"] == "granted"


def test_a_grant_without_scopes_goes_as_a_whole(make_ctx: t.Any) -> None:
    permissions = [{"api": guid(6), "application": None, "delegated": []}]
    consent, graph = make_consent(make_ctx, {GRANTS: [grant("Read")]}, api_permissions=permissions)
    carry_out(consent, consent.plan())
    assert graph.sent() == ["DELETE /oauth2PermissionGrants/grant%2F1"]
    assert ROLES not in graph.reads


@pytest.mark.parametrize(
    ("claims", "actions"),
    [
        (ALL, ["assign", "consent"]),
        ({"roles": ["DelegatedPermissionGrant.ReadWrite.All"]}, ["consent"]),
        ({"roles": ["Application.Read.All"]}, []),
        ({}, ["assign", "consent"]),
    ],
)
def test_only_what_the_token_may_allow_is_planned(make_ctx: t.Any, claims: t.Any, actions: list[str]) -> None:
    consent, _graph = make_consent(make_ctx, {}, claims=claims)
    assert [step.action for step in consent.plan().steps] == actions


def test_surplus_that_the_caller_may_not_revoke_is_told(make_ctx: t.Any) -> None:
    held = {ROLES: [assignment(1, guid(11)), assignment(2, guid(12))], GRANTS: [grant("Read")]}
    consent, graph = make_consent(make_ctx, held, claims={"roles": ["x"]}, exclusive=True)
    assert not consent.plan().changed
    assert graph.ctx.warnings == [
        "The signed-in identity is not allowed to revoke, so this was not done: revoke application permission See.All of An API"
    ]


def test_a_refused_step_is_a_warning_and_its_kind_is_not_tried_again(make_ctx: t.Any) -> None:
    permissions = [{"api": guid(6), "application": ["Run.All", "See.All"], "delegated": ["Read"]}]
    consent, graph = make_consent(
        make_ctx, {}, Forbidden("Cannot assign", status=403), None, claims={}, api_permissions=permissions
    )
    planned = consent.plan()
    carry_out(consent, planned)
    assert graph.sent() == [f"POST /servicePrincipals/{guid(5)}/appRoleAssignedTo", "POST /oauth2PermissionGrants"]
    assert graph.ctx.warnings == ["Still to be consented: Cannot assign"]
    assert [step.action for step in consent.get_applied_plan().steps] == ["consent"]
    result = consent.result()
    assert result["status"] == "pending_consent"
    assert result["missing"] == [{"api": "An API", "application": ["Run.All", "See.All"], "delegated": []}]
    assert graph.expired == [guid(2)]


def test_in_check_mode_the_result_is_that_of_the_whole_plan(make_ctx: t.Any) -> None:
    consent, graph = make_consent(make_ctx, {}, check_mode=True)
    consent.plan()
    assert consent.result()["status"] == "granted" and graph.writes == []


def test_permissions_that_may_not_be_read_count_as_missing_and_are_not_granted(make_ctx: t.Any) -> None:
    consent, graph = make_consent(make_ctx, {ROLES: Forbidden("Cannot list", status=403)})
    assert [step.action for step in consent.plan().steps] == ["consent"]
    assert graph.ctx.warnings == ["All application permissions count as missing: Cannot list"]
    carry_out(consent, consent.plan())
    assert consent.result()["status"] == "pending_consent"


def test_reads_that_fail_are_errors(make_ctx: t.Any) -> None:
    with pytest.raises(ApiError, match="HTTP 500"):
        make_consent(make_ctx, {GRANTS: refusal("HTTP 500", 500)})[0].plan()


@pytest.mark.parametrize(
    "text", ["Permission being assigned already exists on the object", "EntitlementGrant entry already exists."]
)
def test_a_role_that_is_assigned_already_is_fine(make_ctx: t.Any, text: str) -> None:
    consent, _graph = make_consent(make_ctx, {}, refusal(text))
    carry_out(consent, consent.plan())
    assert consent.result()["status"] == "granted"


def test_an_assignment_that_is_gone_already_is_fine_and_other_refusals_are_not(make_ctx: t.Any) -> None:
    held = {ROLES: [assignment(1, guid(11)), assignment(2, guid(12))], GRANTS: [grant("Read")]}
    consent, _graph = make_consent(
        make_ctx, held, refusal("EntitlementGrant being updated or deleted is not found."), exclusive=True
    )
    carry_out(consent, consent.plan())
    for more in (held, {}):
        consent, _graph = make_consent(make_ctx, more, refusal("else"), exclusive=True)
        with pytest.raises(ApiError, match="else"):
            carry_out(consent, consent.plan())


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        (grant("Read", "openid"), []),
        (grant("openid"), [("PATCH", "/oauth2PermissionGrants/grant%2F1", {"scope": "Read openid"})]),
    ],
)
def test_a_grant_that_somebody_made_meanwhile_is_widened(make_ctx: t.Any, shown: t.Any, sent: list[t.Any]) -> None:
    consent, graph = make_consent(make_ctx, {}, None, refusal("it exists", 409))
    planned = consent.plan()
    graph.answers[GRANTS] = [grant("Write", id="personal", consentType="Principal"), shown]
    carry_out(consent, planned)
    assert graph.writes[2:] == sent
    assert consent.result()["status"] == "granted"


@pytest.mark.parametrize("shown", [[], [grant("Read", resourceId="other")]])
def test_a_grant_that_exists_and_is_not_shown_is_not_given(make_ctx: t.Any, shown: t.Any) -> None:
    consent, graph = make_consent(make_ctx, {}, None, refusal("it exists", 409))
    planned = consent.plan()
    graph.answers[GRANTS] = shown
    with pytest.raises(ApiError, match="does not show it"):
        carry_out(consent, planned)


def test_consent_is_given_to_a_service_principal(make_ctx: t.Any) -> None:
    consent, _graph = make_consent(make_ctx, {PRINCIPAL: None})
    with pytest.raises(ConfigError, match="create it with entra_service_principal"):
        consent.plan()
    consent, graph = make_consent(make_ctx, {PRINCIPAL: None}, check_mode=True)
    assert [step.action for step in consent.plan().steps] == ["assign", "consent"]
    assert ROLES not in graph.reads


def test_in_check_mode_the_registration_may_not_be_there_yet(make_ctx: t.Any) -> None:
    consent, graph = make_consent(make_ctx, {}, check_mode=True, application={"unique_name": "ops"})
    assert not consent.plan().changed
    assert len(graph.ctx.warnings) == 1 and "not known" in graph.ctx.warnings[0]
    assert consent.result()["consent_url"] is None


def test_a_registration_of_another_tenant_tells_nothing(make_ctx: t.Any) -> None:
    options = {"app_id": guid(2), "application": None}
    consent, _graph = make_consent(make_ctx, {}, **options)
    with pytest.raises(ConfigError, match="give api_permissions"):
        consent.plan()
    permissions = [{"api": guid(6), "application": ["Run.All"], "delegated": None}]
    consent, graph = make_consent(make_ctx, {}, **options, api_permissions=permissions)
    assert [step.action for step in consent.plan().steps] == ["assign"]
    consent, graph = make_consent(
        make_ctx,
        {f"/applications(appId='{guid(2)}')": {"id": guid(1), "appId": guid(2), "requiredResourceAccess": REQUIRED}},
        **options,
    )
    assert len(consent.plan().steps) == 2


@pytest.mark.parametrize(
    ("required", "text"),
    [
        ([{"resourceAppId": guid(7), "resourceAccess": []}], f"API {guid(7)} has no service principal"),
        (
            [{"resourceAppId": guid(6), "resourceAccess": [{"id": guid(n), "type": "Role"} for n in (99, 95, 11, 97)]}],
            f"An API does not offer the application permissions {guid(95)}, {guid(97)}, {guid(99)} (any more)",
        ),
    ],
)
def test_what_is_requested_and_cannot_be_granted_is_told(make_ctx: t.Any, required: t.Any, text: str) -> None:
    wire = {"id": guid(1), "appId": guid(2), "requiredResourceAccess": required}
    with pytest.raises(Problems) as caught:
        make_consent(make_ctx, {APPLICATION: wire})[0].plan()
    (problem,) = caught.value.facts["problems"]
    assert problem["where"] == "api_permissions of the application[0]" and text in problem["message"]


def test_a_kind_that_is_not_requested_is_managed_only_where_surplus_shall_go(make_ctx: t.Any) -> None:
    required = [{"resourceAppId": guid(6), "resourceAccess": [{"id": guid(11), "type": "Role"}]}]
    wire = {"id": guid(1), "appId": guid(2), "requiredResourceAccess": required}
    held = {APPLICATION: wire, ROLES: [assignment(1, guid(11))], GRANTS: [grant("Read")]}
    consent, graph = make_consent(make_ctx, held)
    assert not consent.plan().changed and GRANTS not in graph.reads
    consent, graph = make_consent(make_ctx, held, exclusive=True)
    carry_out(consent, consent.plan())
    assert graph.sent() == ["DELETE /oauth2PermissionGrants/grant%2F1"]


@pytest.mark.parametrize(
    ("tenant_id", "claims", "tenant"),
    [("a b", ALL, "a%20b"), (None, {**ALL, "tid": guid(7)}, guid(7)), (None, ALL, "organizations")],
)
def test_the_address_for_consent_names_the_tenant(
    make_ctx: t.Any, tenant_id: str | None, claims: t.Any, tenant: str
) -> None:
    consent, _graph = make_consent(make_ctx, {}, claims=claims, tenant_id=tenant_id)
    consent.plan()
    assert f"/{tenant}/adminconsent?" in str(consent.result()["consent_url"])


HELD = {ROLES: [assignment(1, guid(11))], GRANTS: [grant("Read")]}


@pytest.mark.parametrize(
    ("shown", "found"), [(HELD, []), ({GRANTS: HELD[GRANTS]}, ["granted"]), ({ROLES: HELD[ROLES]}, ["granted"])]
)
def test_what_was_granted_is_read_back(make_ctx: t.Any, shown: dict[str, t.Any], found: list[str]) -> None:
    consent, graph = make_consent(make_ctx, {})
    carry_out(consent, consent.plan())
    graph.answers.update(shown)
    assert consent.verify() == [{"field": field} for field in found]


def test_what_was_revoked_must_show(make_ctx: t.Any) -> None:
    surplus = {ROLES: [*HELD[ROLES], assignment(2, guid(12))], GRANTS: HELD[GRANTS]}
    consent, graph = make_consent(make_ctx, surplus, exclusive=True)
    carry_out(consent, consent.plan())
    with pytest.raises(WaitTimeout, match=f"the consent to {guid(2)}") as caught:
        consent.verify()
    assert caught.value.facts["unproven"] == ["revoked"]
    graph.answers.update(HELD)
    assert consent.verify() == []


def test_what_was_refused_is_not_waited_for(make_ctx: t.Any) -> None:
    consent, graph = make_consent(make_ctx, {ROLES: HELD[ROLES]}, Forbidden("Cannot", status=403))
    carry_out(consent, consent.plan())
    graph.reads.clear()
    assert consent.verify() == [] and graph.reads == []
