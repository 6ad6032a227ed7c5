# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""App management policies: which cap applies, and that a refusal tells it."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from fake_graph import NOW, FakeGraph, guid, refusal

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import ApiError, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.secrets.policy import (
    CERTIFICATE,
    SECRET,
    explain_lifetime_cap,
    find_lifetime_cap,
    is_addition_blocked,
    parse_duration_days,
    read_credential_rules,
)

PATH = f"/applications/{guid(1)}"
OWN = f"{PATH}/appManagementPolicies"
DEFAULT = "/policies/defaultAppManagementPolicy"
TOO_LONG = refusal("the lifetime", code="CredentialInvalidLifetimeAsPerAppPolicy", request_id="r")


def restriction(days: int, **more: t.Any) -> dict[str, t.Any]:
    return {"restrictionType": "passwordLifetime", "maxLifetime": f"P{days}D", "state": "enabled", **more}


def policy(days: int, enabled: bool = True) -> dict[str, t.Any]:
    return {"isEnabled": enabled, "restrictions": {"passwordCredentials": [restriction(days)]}}


def default_policy(days: int, enabled: bool = True) -> dict[str, t.Any]:
    return {"isEnabled": enabled, "applicationRestrictions": {"passwordCredentials": [restriction(days)]}}


def explain(make_ctx: t.Any, answers: dict[str, t.Any], error: ApiError = TOO_LONG) -> ApiError:
    return explain_lifetime_cap(t.cast("t.Any", FakeGraph(make_ctx(), answers)), guid(1), error)


@pytest.mark.parametrize(
    ("text", "days"),
    [("P90D", 90), ("P1Y", 365), ("P6M", 180), ("P2W", 14), ("PT36H", 1.5), ("P1DT12H", 1.5), ("P", None), ("x", None)],
)
def test_durations(text: str, days: float | None) -> None:
    assert parse_duration_days(text) == days


def test_the_shortest_cap_that_applies_counts() -> None:
    def restriction(kind: str, longest: str, **more: t.Any) -> dict[str, t.Any]:
        return {"restrictionType": kind, "maxLifetime": longest, "state": "enabled", **more}

    restrictions = [
        restriction("passwordLifetime", "P180D"),
        restriction("passwordLifetime", "P90D", restrictForAppsCreatedAfterDateTime="2026-01-01T00:00:00Z"),
        restriction("passwordLifetime", "P10D", state="disabled"),
        restriction("asymmetricKeyLifetime", "P1D"),
    ]
    assert find_lifetime_cap(restrictions, NOW) == 90
    assert find_lifetime_cap(restrictions, NOW - datetime.timedelta(days=365)) == 180
    assert find_lifetime_cap([], NOW) is None


@pytest.mark.parametrize(
    ("own", "default", "cap"),
    [
        ([policy(30)], default_policy(90), 30),
        ([policy(30, enabled=False)], default_policy(90), 90),
        ([], default_policy(90), 90),
        ([{"isEnabled": True}], default_policy(90), None),
        ([], default_policy(90, enabled=False), None),
        ([], None, None),
    ],
)
def test_a_policy_of_its_own_goes_before_the_tenants(
    make_ctx: t.Any, own: t.Any, default: t.Any, cap: int | None
) -> None:
    error = explain(make_ctx, {OWN: own, PATH: {"createdDateTime": "2026-01-01T00:00:00Z"}, DEFAULT: default})
    assert error.facts.get("cap_days") == cap
    assert ("The limit is" in str(error)) is (cap is not None)
    assert error.facts["request_id"] == "r" and error.code == TOO_LONG.code


def test_a_registration_older_than_the_restriction_is_not_restricted(make_ctx: t.Any) -> None:
    since = {"restrictForAppsCreatedAfterDateTime": "2026-01-01T00:00:00Z"}
    own = [{"isEnabled": True, "restrictions": {"passwordCredentials": [restriction(30, **since)]}}]
    for created, cap in (("2025-12-31T00:00:00Z", None), ("2026-01-01T00:00:00Z", 30), (None, 30)):
        error = explain(make_ctx, {OWN: own, PATH: {"createdDateTime": created}})
        assert error.facts.get("cap_days") == cap


def test_who_may_not_read_policies_gets_the_refusal_as_it_is(make_ctx: t.Any) -> None:
    assert explain(make_ctx, {OWN: Forbidden("no", status=403)}) is TOO_LONG


def test_other_refusals_are_not_explained(make_ctx: t.Any) -> None:
    other = refusal("else", code="Request_BadRequest")
    assert explain(make_ctx, {}, other) is other


CERTIFICATE_RULES = [
    {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P60D", "state": "enabled"},
    {"restrictionType": "trustedCertificateAuthority", "state": "enabled"},
]


@pytest.mark.parametrize(
    ("code", "said", "facts"),
    [
        ("CredentialInvalidLifetimeAsPerAppPolicy", "The limit is 60 days: give a certificate", {"cap_days": 60}),
        ("CredentialTypeNotAllowedAsPerAppPolicy", "certain issuers", {"trusted_issuers_only": True}),
    ],
)
def test_what_a_policy_demands_of_certificates_is_told(make_ctx: t.Any, code: str, said: str, facts: t.Any) -> None:
    both = {"keyCredentials": CERTIFICATE_RULES, "passwordCredentials": [restriction(7)]}
    graph = FakeGraph(make_ctx(), {OWN: [{"isEnabled": True, "restrictions": both}], PATH: {}})
    error = explain_lifetime_cap(t.cast("t.Any", graph), guid(1), refusal("no", code=code), CERTIFICATE)
    assert said in str(error) and "exception for the application" in str(error)
    assert facts.items() <= error.facts.items() and error.code == code


def test_each_kind_of_credential_has_rules_of_its_own(make_ctx: t.Any) -> None:
    blocked = {"restrictionType": "passwordAddition", "state": "enabled"}
    both = {"keyCredentials": CERTIFICATE_RULES[:1], "passwordCredentials": [blocked, {**CERTIFICATE_RULES[1]}]}
    graph = t.cast("t.Any", FakeGraph(make_ctx(), {OWN: [{"isEnabled": True, "restrictions": both}], PATH: {}}))
    secrets, keys = (read_credential_rules(graph, guid(1), kind) for kind in (SECRET, CERTIFICATE))
    assert secrets is not None and (secrets.is_addition_blocked, secrets.cap_days, secrets.must_have_issuer) == (
        True,
        None,
        False,
    )
    assert keys is not None and (keys.is_addition_blocked, keys.cap_days, keys.must_have_issuer) == (False, 60, False)
    assert not is_addition_blocked([{**blocked, "state": "disabled"}], NOW)
