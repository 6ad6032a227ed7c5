# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tokens say about groups."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    GROUPS_CLAIM,
    ROLES_CLAIM,
    DirectoryGroup,
    EmittedCount,
    GroupClaim,
    count_emitted_groups,
    count_emitted_kinds,
    find_kind,
    parse_group_claim,
    predict_emission,
)

GUID = "5d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11"
CLOUD = DirectoryGroup(GUID, "Operators")
SYNCED = DirectoryGroup(GUID, "Operators", True, "operators", "CORP", "corp.example")
SYNCED_TOO = dataclasses.replace(SYNCED, object_id="6d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11")
NO_NAME = DirectoryGroup(GUID, "Operators", True)


def claim(scopes: str | None, *properties: str) -> t.Any:
    groups = [{"name": "email"}, {"name": "groups", "additionalProperties": list(properties)}]
    return parse_group_claim({"groupMembershipClaims": scopes, "optionalClaims": {"saml2Token": groups}})


@pytest.mark.parametrize(
    ("scopes", "properties", "group", "values", "form"),
    [
        ("SecurityGroup", (), CLOUD, (GUID,), "object_id"),
        ("SecurityGroup", (), SYNCED, (GUID,), "object_id"),
        ("All", (), dataclasses.replace(CLOUD, security_enabled=False), (GUID,), "object_id"),
        ("SecurityGroup", (), dataclasses.replace(CLOUD, security_enabled=False), (), None),
        (None, (), CLOUD, (), None),
        ("None", (), CLOUD, (), None),
        ("DirectoryRole", (), CLOUD, (), None),
        ("SecurityGroup", ("sam_account_name",), SYNCED, ("operators",), "sam_account_name"),
        ("SecurityGroup", ("sam_account_name",), CLOUD, (), None),
        ("SecurityGroup", ("sam_account_name",), NO_NAME, (), None),
        (
            "All",
            ("netbios_domain_and_sam_account_name", "sam_account_name"),
            SYNCED,
            ("CORP\\operators",),
            "netbios_domain_and_sam_account_name",
        ),
        (
            "All",
            ("dns_domain_and_sam_account_name",),
            SYNCED,
            ("corp.example\\operators",),
            "dns_domain_and_sam_account_name",
        ),
        ("ApplicationGroup", (), CLOUD, (), None),
        ("ApplicationGroup", (), dataclasses.replace(CLOUD, assigned=True), (GUID,), "object_id"),
        (
            "ApplicationGroup",
            ("cloud_displayname",),
            dataclasses.replace(CLOUD, assigned=True),
            ("Operators",),
            "display_name",
        ),
        ("ApplicationGroup", ("cloud_displayname",), dataclasses.replace(SYNCED, assigned=True), (), None),
        (
            "ApplicationGroup",
            ("sam_account_name", "cloud_displayname"),
            dataclasses.replace(SYNCED, assigned=True),
            ("operators",),
            "sam_account_name",
        ),
        ("SecurityGroup", ("cloud_displayname",), CLOUD, (GUID,), "object_id"),
        ("SecurityGroup, ApplicationGroup", (), CLOUD, (GUID,), "object_id"),
    ],
)
def test_what_is_emitted(
    scopes: str | None, properties: tuple[str, ...], group: DirectoryGroup, values: tuple[str, ...], form: str | None
) -> None:
    found = predict_emission(claim(scopes, *properties), group, GROUPS_CLAIM)
    assert (found.values, found.form) == (values, form)
    assert bool(found.values) != bool(found.reason and found.remedy)
    assert form is None or form in claim(scopes, *properties).forms


def test_app_roles_are_read_where_the_claim_of_roles_is() -> None:
    """Unless groups are emitted as roles."""
    group = dataclasses.replace(CLOUD, assigned=True, app_roles=("Restore", "Operate"))
    assert predict_emission(claim("SecurityGroup"), group, ROLES_CLAIM).values == ("Operate", "Restore")
    assert predict_emission(claim("SecurityGroup"), CLOUD, ROLES_CLAIM).values == ()
    as_roles = claim("SecurityGroup", "emit_as_roles")
    assert as_roles.uri == ROLES_CLAIM
    assert predict_emission(as_roles, group, ROLES_CLAIM).values == (GUID,)


@pytest.mark.parametrize(("scopes", "number"), [("SecurityGroup", 2), ("All", 3), ("ApplicationGroup", 1), (None, 0)])
def test_what_counts_against_the_limit(scopes: str | None, number: int) -> None:
    groups = [DirectoryGroup(name, name, security_enabled=name != "c") for name in "abc"]
    assert count_emitted_groups(claim(scopes), groups, {"b", "z"}) == EmittedCount(number, number)


@pytest.mark.parametrize(
    ("scopes", "properties", "least", "most"),
    [
        ("All", (), 2, 3),
        ("SecurityGroup", ("sam_account_name",), 1, 2),
        ("ApplicationGroup", ("cloud_displayname",), 1, 2),
        ("ApplicationGroup", (), 2, 2),
    ],
)
def test_what_may_count_or_not(scopes: str, properties: tuple[str, ...], least: int, most: int) -> None:
    """A group without the name that is emitted, and a Microsoft 365 group that All may mean or not."""
    plain = DirectoryGroup("m", "m", security_enabled=False, unified=True)
    counted = count_emitted_groups(claim(scopes, *properties), [CLOUD, SYNCED_TOO, plain], {GUID, SYNCED_TOO.object_id})
    assert counted == EmittedCount(least, most)


@pytest.mark.parametrize(("scopes", "most"), [("SecurityGroup", 2), ("All", 2), ("ApplicationGroup", 0)])
def test_directory_roles_may_count_among_the_groups(scopes: str, most: int) -> None:
    """Microsoft Learn: SecurityGroup and All emit them by object id; whether the limit means them it does not say."""
    role = DirectoryGroup("r", "Global Reader", is_role=True)
    assert count_emitted_groups(claim(scopes), [CLOUD, role], {}) == EmittedCount(most // 2, most)


@given(
    scopes=st.sampled_from([None, "SecurityGroup", "All", "ApplicationGroup", "SecurityGroup, ApplicationGroup"]),
    groups=st.lists(
        st.builds(DirectoryGroup, st.just("g"), st.just("G"), security_enabled=st.booleans(), unified=st.booleans())
    ),
    roles=st.integers(0, 3),
)
def test_counts_by_kind_say_the_same_as_the_groups(
    scopes: str | None, groups: list[DirectoryGroup], roles: int
) -> None:
    every = [*groups, *[DirectoryGroup("r", "R", is_role=True)] * roles]
    counts: dict[str, int] = {}
    for group in every:
        counts[find_kind(group)] = counts.get(find_kind(group), 0) + 1
    assert count_emitted_kinds(claim(scopes), counts) == count_emitted_groups(claim(scopes), every, ())
    # Which of them have a name on-premises is not known.
    named = count_emitted_kinds(claim(scopes, "sam_account_name"), counts)
    assert named.least == 0 and named.most == count_emitted_groups(claim(scopes), every, ()).most


def test_what_may_be_emitted_and_is_not_documented() -> None:
    plain = dataclasses.replace(CLOUD, security_enabled=False, unified=True)
    assert predict_emission(claim("All"), plain, GROUPS_CLAIM).possible == (GUID,)
    assert predict_emission(claim("SecurityGroup"), plain, GROUPS_CLAIM).possible == ()
    assert predict_emission(claim("SecurityGroup", "sam_account_name"), CLOUD, GROUPS_CLAIM).possible == (GUID,)
    assert predict_emission(claim("SecurityGroup"), CLOUD, GROUPS_CLAIM).possible == ()
    here = dataclasses.replace(plain, assigned=True)
    found = predict_emission(claim("All,ApplicationGroup"), here, GROUPS_CLAIM)
    assert (found.values, found.direct_only) == ((GUID,), False)


scopes_of_claims = st.sampled_from(
    [None, "None", "SecurityGroup", "All", "ApplicationGroup", "SecurityGroup,ApplicationGroup"]
)
properties_of_claims = st.lists(
    st.sampled_from(
        ["sam_account_name", "netbios_domain_and_sam_account_name", "cloud_displayname", "emit_as_roles", "x"]
    ),
    unique=True,
)
groups_of_tokens = st.builds(
    DirectoryGroup,
    st.just(GUID),
    st.just("Operators"),
    st.booleans(),
    st.sampled_from([None, "operators"]),
    st.sampled_from([None, "CORP"]),
    st.none(),
    st.booleans(),
    st.booleans(),
    st.sampled_from([(), ("Operate",)]),
)


@given(scopes_of_claims, properties_of_claims, groups_of_tokens, st.sampled_from([GROUPS_CLAIM, ROLES_CLAIM]))
def test_a_group_is_emitted_in_one_form_or_it_is_said_why_not(
    scopes: str | None, properties: list[str], group: DirectoryGroup, read_claim: str
) -> None:
    configured = claim(scopes, *properties)
    found = predict_emission(configured, group, read_claim)
    assert bool(found.values) != bool(found.reason) and bool(found.reason) == bool(found.remedy)
    assert all(found.values)
    if found.form == "app_role":
        assert found.values == group.app_roles and read_claim == ROLES_CLAIM
    elif found.values:
        assert found.form in configured.forms and configured.scopes
        assert group.assigned or not configured.assigned_only


@given(scopes_of_claims, st.permutations(["sam_account_name", "cloud_displayname", "emit_as_roles"]))
def test_the_order_of_scopes_and_of_other_properties_does_not_matter(scopes: str | None, properties: list[str]) -> None:
    turned = None if scopes is None else ", ".join(reversed(scopes.split(",")))
    expected = claim(scopes, "sam_account_name", "cloud_displayname", "emit_as_roles")
    assert claim(turned, *properties) == expected


@pytest.mark.parametrize("odd", [None, {}, {"saml2Token": None}, {"saml2Token": []}, {"idToken": [{"name": "groups"}]}])
def test_a_claim_without_properties_carries_object_ids(odd: t.Any) -> None:
    found = parse_group_claim({"groupMembershipClaims": "All", "optionalClaims": odd})
    assert (found.forms, found.uri, found.assigned_only) == (frozenset({"object_id"}), GROUPS_CLAIM, False)


def test_nothing_is_emitted_unless_it_is_configured() -> None:
    assert GroupClaim().forms == frozenset() and GroupClaim().uri == GROUPS_CLAIM
    assigned = GroupClaim(frozenset({"ApplicationGroup"}))
    assert (assigned.forms, assigned.assigned_only) == (frozenset({"object_id"}), True)
    bare = DirectoryGroup(GUID, "Operators")
    assert (bare.synced, bare.security_enabled, bare.assigned, bare.app_roles) == (False, True, False, ())
