# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tokens say about groups, and which certificate signs them."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.certificates import list_signing_certificates
from ansible_collections.cvops.identity.plugins.module_utils._entra.claims.group_claim import (
    GROUPS_CLAIM,
    ROLES_CLAIM,
    DirectoryGroup,
    count_emitted_groups,
    parse_group_claim,
    predict_emission,
)

GUID = "5d2f0b1e-3b3a-4a0a-9a0e-2f7a9c1b6d11"
CLOUD = DirectoryGroup(GUID, "Operators")
SYNCED = DirectoryGroup(GUID, "Operators", True, "operators", "CORP", "corp.example")
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
    groups = [{"id": name, "security_enabled": name != "c"} for name in "abc"]
    assert count_emitted_groups(claim(scopes), groups, {"b", "z"}) == number


def key(identifier: str, ends: str, usage: str = "Verify") -> dict[str, str]:
    return {"customKeyIdentifier": identifier, "endDateTime": ends, "keyId": f"{identifier}-{usage}", "usage": usage}


def test_the_active_certificate() -> None:
    """Both halves of a certificate are one; the preferred one signs, else the one that ends last."""
    keys = [
        key("3q2+7w==", "2027-01-01T00:00:00Z", "Sign"),
        key("3q2+7w==", "2027-01-01T00:00:00Z"),
        key("AAAA", "2028-01-01T00:00:00.1234567Z"),
    ]
    found = list_signing_certificates({"preferredTokenSigningKeyThumbprint": "deadbeef", "keyCredentials": keys})
    assert [(item.thumbprint, item.active) for item in found] == [("DEADBEEF", True), ("000000", False)]
    found = list_signing_certificates({"keyCredentials": keys})
    assert [item.active for item in found] == [False, True]
    assert list_signing_certificates({}) == ()


@pytest.mark.parametrize("ends", ["", None])
def test_a_certificate_without_an_end_is_the_one_that_ends_last(ends: t.Any) -> None:
    keys = [{**key("AAAA", ""), "endDateTime": ends}, key("3q2+7w==", "2027-01-01T00:00:00Z")]
    found = list_signing_certificates({"keyCredentials": keys})
    assert [(item.thumbprint, item.active) for item in found] == [("DEADBEEF", False), ("000000", True)]


@pytest.mark.parametrize("ends", ["never", 7, False, ["x"]])
def test_a_certificate_without_a_readable_end_is_not_left_out(ends: t.Any) -> None:
    """Else another one would be taken for the one that signs."""
    keys = [key("3q2+7w==", "2027-01-01T00:00:00Z"), {**key("AAAA", ""), "endDateTime": ends}]
    with pytest.raises(BadAnswer, match="endDateTime"):
        list_signing_certificates({"preferredTokenSigningKeyThumbprint": "000000", "keyCredentials": keys})
