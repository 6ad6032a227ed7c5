# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Admin consent: plans converge, foreign grants stay, and the token decides what is planned."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Step
from ansible_collections.cvops.identity.plugins.module_utils._entra.consent.plan import (
    HeldPermissions,
    apply_grants,
    build_consent_plan,
    list_granted_names,
    list_tier_0_grants,
    list_tier_0_missing,
    may_grant,
    plan_grants,
    report_consent,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.permission_presets.presets import GRAPH
from ansible_collections.cvops.identity.plugins.module_utils._entra.permissions import (
    KINDS,
    RequestedPermissions,
    ResourceApi,
)

ROLES = {"A.Read": "id-a", "B.Read": "id-b", "C.Write": "id-c"}
SCOPES = {"User.Read": "id-u", "openid": "id-o", "offline_access": "id-f"}
APIS = [ResourceApi(f"app-{name}", f"object-{name}", f"API {name}", ROLES, SCOPES) for name in "xyz"]
GRANTING = {"roles": ["AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"]}

some_roles = st.lists(st.sampled_from(sorted(ROLES.values())), unique=True)
some_scopes = st.lists(st.sampled_from(sorted(SCOPES.values())), unique=True)


@st.composite
def requests(draw: t.Any) -> list[RequestedPermissions]:
    chosen = draw(st.lists(st.sampled_from(APIS), unique_by=lambda api: api.app_id))
    kinds = [[draw(st.none() | ids.map(tuple)) for ids in (some_roles, some_scopes)] for _api in chosen]
    return [RequestedPermissions(api, *pair) for api, pair in zip(chosen, kinds, strict=True)]


@st.composite
def holdings(draw: t.Any) -> dict[str, HeldPermissions]:
    """Every API may be held in part, with a role that it does not offer any more among them."""
    held = {}
    for api in APIS:
        roles = draw(st.lists(st.sampled_from([*ROLES.values(), "id-gone"]), unique=True))
        scopes = draw(st.none() | st.lists(st.sampled_from([*SCOPES, "Old.Scope"]), unique=True))
        assignments = {role: f"assignment of {role} at {api.app_id}" for role in roles}
        held[api.app_id] = HeldPermissions(
            assignments, None if scopes is None else f"grant at {api.app_id}", tuple(scopes or ())
        )
    return held


def applied(held: dict[str, HeldPermissions], done: t.Iterable[Step]) -> dict[str, HeldPermissions]:
    """The directory after the steps, by what each of them sends."""
    result = dict(held)
    for step in done:
        data, have = step.data, result[step.data["app_id"]]
        roles, scopes, grant_id = dict(have.assignments), have.scopes, have.grant_id
        if step.action == "assign":
            assert data["role_id"] not in roles
            roles[data["role_id"]] = "new assignment"
        elif step.action == "unassign":
            roles = {role: found for role, found in roles.items() if found != data["assignment_id"]}
            assert len(roles) == len(have.assignments) - 1
        elif step.action == "consent":
            assert grant_id is None
            grant_id, scopes = "new grant", tuple(data["scopes"])
        else:
            assert data["grant_id"] == grant_id is not None
            grant_id, scopes = (grant_id, tuple(data["scopes"])) if step.action == "rescope" else (None, ())
        result[data["app_id"]] = HeldPermissions(roles, grant_id, scopes)
    return result


@given(requests(), holdings(), st.booleans())
def test_a_plan_that_is_applied_leaves_nothing_to_do(
    wanted: list[RequestedPermissions], held: dict[str, HeldPermissions], exclusive: bool
) -> None:
    done = plan_grants(wanted, held, exclusive, KINDS)
    later = applied(held, done)
    assert plan_grants(wanted, later, exclusive, KINDS) == ()
    assert apply_grants(list_granted_names(wanted, held), done) == list_granted_names(wanted, later)
    assert report_consent(wanted, list_granted_names(wanted, later), None)["status"] == "granted"
    planned = build_consent_plan(wanted, list_granted_names(wanted, held), done)
    assert planned.changed == (planned.before != planned.after)


@given(requests(), holdings(), st.booleans())
def test_apis_and_kinds_that_are_not_named_stay_as_they_are(
    wanted: list[RequestedPermissions], held: dict[str, HeldPermissions], exclusive: bool
) -> None:
    later = applied(held, plan_grants(wanted, held, exclusive, KINDS))
    named = {request.api.app_id: request for request in wanted}
    for api in APIS:
        request = named.get(api.app_id)
        if request is None or request.application is None:
            assert later[api.app_id].assignments == held[api.app_id].assignments
        if request is None or request.delegated is None:
            assert later[api.app_id].scopes == held[api.app_id].scopes
        if request and request.application and not exclusive:
            assert held[api.app_id].assignments.keys() <= later[api.app_id].assignments.keys()


@given(requests(), holdings(), st.booleans(), st.randoms())
def test_order_does_not_matter(
    wanted: list[RequestedPermissions], held: dict[str, HeldPermissions], exclusive: bool, random: t.Any
) -> None:
    shuffled = list(wanted)
    random.shuffle(shuffled)
    assert plan_grants(shuffled, held, exclusive, KINDS) == plan_grants(wanted, held, exclusive, KINDS)
    state = list_granted_names(wanted, held)
    assert report_consent(shuffled, state, None) == report_consent(wanted, state, None)


@given(requests(), holdings(), st.sets(st.sampled_from(sorted(KINDS))))
def test_only_what_is_allowed_is_planned_and_the_rest_is_missing(
    wanted: list[RequestedPermissions], held: dict[str, HeldPermissions], allowed: set[str]
) -> None:
    done = plan_grants(wanted, held, False, allowed)
    assert {step.data["kind"] for step in done} <= allowed
    missing = report_consent(wanted, apply_grants(list_granted_names(wanted, held), done), None)["missing"]
    assert not any(entry[kind] for entry in missing for kind in allowed)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({}, (None, None)),
        (GRANTING, (True, True)),
        ({"roles": ["Application.Read.All"]}, (False, False)),
        ({"oid": "a token without any role"}, (False, False)),
        ({"roles": ["Directory.ReadWrite.All"]}, (False, None)),
        ({"scp": "User.Read DelegatedPermissionGrant.ReadWrite.All"}, (False, True)),
        ({"scp": "Directory.AccessAsUser.All"}, (True, True)),
        ({"roles": ["Directory.AccessAsUser.All"]}, (False, False)),
    ],
)
def test_what_a_token_allows(claims: dict[str, t.Any], expected: tuple[bool | None, bool | None]) -> None:
    assert (may_grant(claims, "application"), may_grant(claims, "delegated")) == expected


def test_a_report_names_what_is_missing_and_leaves_out_what_is_empty() -> None:
    api = APIS[0]
    wanted = [RequestedPermissions(api, ("id-a", "id-b"), None)]
    state = list_granted_names(wanted, {api.app_id: HeldPermissions({"id-b": "1", "id-c": "2"})})
    assert report_consent(wanted, state, "https://consent") == {
        "requested": [{"api": "API x", "application": ["A.Read", "B.Read"], "delegated": []}],
        "granted": [{"api": "API x", "application": ["B.Read"], "delegated": []}],
        "missing": [{"api": "API x", "application": ["A.Read"], "delegated": []}],
        "consent_url": "https://consent",
        "status": "pending_consent",
    }


def test_permissions_of_tier_0_are_told_where_they_are_granted_and_where_they_are_missing() -> None:
    roles = {"RoleManagement.ReadWrite.Directory": "id-r", "Group.Read.All": "id-g"}
    graph = ResourceApi(GRAPH, "object-graph", "Microsoft Graph", roles, {"Directory.AccessAsUser.All": "id-d"})
    wanted = [RequestedPermissions(graph, ("id-g", "id-r"), ("id-d",))]
    steps = plan_grants(wanted, {}, False, KINDS, "Backup")
    told = {change.sentence for step in steps for change in step.changes}
    assert {text for text in told if "tier 0" not in text} == {
        "grant application permission Group.Read.All of Microsoft Graph"
    }
    both = ["Directory.AccessAsUser.All", "RoleManagement.ReadWrite.Directory"]
    assert list_tier_0_grants(steps) == both
    granted = list_granted_names(wanted, {})
    assert list_tier_0_missing(wanted, granted) == both
    assert list_tier_0_missing(wanted, apply_grants(granted, steps)) == []
    held = {GRAPH: HeldPermissions({"id-r": "assignment"})}
    revoked = plan_grants([RequestedPermissions(graph, (), None)], held, True, KINDS, "Backup")
    assert list_tier_0_grants(revoked) == []
    assert all("tier 0" not in change.sentence for step in revoked for change in step.changes)
