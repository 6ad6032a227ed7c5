# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a policy applies to a sign-in: what is not known never lets anybody pass."""

from __future__ import annotations

import dataclasses
import ipaddress
import itertools
import typing as t

import pytest
from fake_graph import guid
from hypothesis import given
from hypothesis import strategies as st
from policy_examples import ASKED

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import (
    Applies,
    Place,
    SignIn,
    evaluate_policy,
    lets_in,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.plan import merge_form

USER = SignIn(
    "user",
    guid(1),
    groups=frozenset({guid(2)}),
    roles=frozenset({guid(3)}),
    is_guest=False,
    application=guid(4),
    address="203.0.113.7",
    country="CH",
)
PLACES = {
    guid(1): Place((ipaddress.ip_network("203.0.113.0/24"),), True),
    guid(2): Place((ipaddress.ip_network("2001:db8::/32"),)),
    guid(3): Place(countries=frozenset({"CH"})),
}
BASE: dict[str, t.Any] = {
    "users.include.users": frozenset({"all"}),
    "applications.include": frozenset({"all"}),
    "client_app_types": frozenset({"all"}),
    "grant.controls": frozenset({"block"}),
}
KNOWN = ("groups", "roles", "is_guest", "application", "address", "country")


@given(ASKED, st.sets(st.sampled_from(KNOWN)))
def test_knowing_less_never_turns_a_policy_off(asked: dict[str, t.Any], forgotten: set[str]) -> None:
    """Where the whole is known to apply, less knowledge says at least "may"."""
    form = merge_form({}, asked, False)
    whole = evaluate_policy(form, USER, PLACES).applies
    less = evaluate_policy(form, dataclasses.replace(USER, **dict.fromkeys(forgotten)), PLACES).applies
    assert less in (whole, Applies.MAYBE)
    fewer_places = evaluate_policy(form, USER, {}).applies
    assert not (whole is Applies.YES and fewer_places is Applies.NO and "all_trusted" not in _named(form))


def _named(form: dict[str, t.Any]) -> frozenset[str]:
    return (form.get("locations.include") or frozenset()) | (form.get("locations.exclude") or frozenset())


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({}, Applies.YES),
        ({"users.exclude.users": frozenset({guid(1)})}, Applies.NO),
        ({"users.exclude.groups": frozenset({guid(2)})}, Applies.NO),
        ({"users.exclude.roles": frozenset({guid(3)})}, Applies.NO),
        ({"users.exclude.guests.types": frozenset({"internal_guest"})}, Applies.YES),
        ({"users.include.users": frozenset({"guests_or_external_users"})}, Applies.NO),
        ({"applications.include": frozenset({guid(5)})}, Applies.NO),
        ({"applications.include": frozenset({"office365"})}, Applies.MAYBE),
        ({"applications.exclude": frozenset({"office365"})}, Applies.MAYBE),
        (
            {"applications.include": frozenset(), "applications.user_actions": frozenset({"register_device"})},
            Applies.NO,
        ),
        (
            {"applications.include": frozenset(), "applications.authentication_contexts": frozenset({"c1"})},
            Applies.MAYBE,
        ),
        ({"applications.filter.mode": "exclude", "applications.filter.rule": "x"}, Applies.MAYBE),
        ({"locations.include": frozenset({guid(1)})}, Applies.YES),
        ({"locations.include": frozenset({guid(2)})}, Applies.NO),
        ({"locations.include": frozenset({guid(9)})}, Applies.MAYBE),
        ({"locations.include": frozenset({"all"}), "locations.exclude": frozenset({guid(3)})}, Applies.NO),
        ({"locations.include": frozenset({"all"}), "locations.exclude": frozenset({"all_trusted"})}, Applies.NO),
        ({"locations.include": frozenset({"mfa_trusted_ips"})}, Applies.MAYBE),
        ({"user_risk": frozenset({"high"})}, Applies.MAYBE),
        ({"client_app_types": frozenset({"other"})}, Applies.MAYBE),
        ({"platforms.include": frozenset({"ios"})}, Applies.MAYBE),
        ({"device_filter.mode": "exclude", "device_filter.rule": "x"}, Applies.MAYBE),
        ({"authentication_flows": frozenset({"device_code_flow"})}, Applies.MAYBE),
    ],
)
def test_conditions(part: dict[str, t.Any], expected: Applies) -> None:
    verdict = evaluate_policy({**BASE, **part}, USER, PLACES)
    assert verdict.applies is expected
    assert bool(verdict.reasons) is (expected is not Applies.YES)


def test_service_principals_have_policies_of_their_own() -> None:
    job = SignIn("job", guid(7), True, application=guid(4), address="198.51.100.1")
    form = {name: value for name, value in BASE.items() if not name.startswith("users")}
    assert evaluate_policy(BASE, job, PLACES).applies is Applies.NO
    for included, excluded, expected in (
        ({guid(7)}, set(), Applies.YES),
        ({guid(8)}, set(), Applies.NO),
        ({"all_in_tenant"}, set(), Applies.MAYBE),
        ({"all_in_tenant"}, {guid(7)}, Applies.NO),
    ):
        named = {"client_applications.include": frozenset(included), "client_applications.exclude": frozenset(excluded)}
        assert evaluate_policy({**form, **named}, job, PLACES).applies is expected
        assert evaluate_policy({**form, **named}, USER, PLACES).applies is Applies.NO


@pytest.mark.parametrize(
    ("controls", "operator", "more", "abilities", "expected"),
    [
        ({"block"}, "or", {}, {"mfa"}, False),
        ({"mfa"}, "or", {}, {"mfa"}, True),
        ({"mfa"}, "or", {}, set(), False),
        ({"mfa", "compliant_device"}, "or", {}, {"mfa"}, True),
        ({"mfa", "compliant_device"}, "and", {}, {"mfa"}, False),
        ({"mfa", "compliant_device"}, "and", {}, {"mfa", "compliant_device"}, True),
        (set(), "or", {"grant.authentication_strength": guid(1)}, {"mfa"}, False),
        (set(), "or", {"grant.authentication_strength": guid(1)}, {"authentication_strength"}, True),
        ({"mfa"}, "and", {"grant.terms_of_use": frozenset({guid(1)})}, {"mfa"}, False),
        (set(), "or", {"session.persistent_browser": "never"}, set(), True),
    ],
)
def test_who_can_meet_what_is_demanded(
    controls: set[str], operator: str, more: dict[str, t.Any], abilities: set[str], expected: bool
) -> None:
    form = {"grant.operator": operator, **({"grant.controls": frozenset(controls)} if controls else {}), **more}
    assert lets_in(form, dataclasses.replace(USER, abilities=frozenset(abilities))) is expected


def test_applies_is_ordered() -> None:
    assert list(itertools.accumulate(Applies, max)) == [Applies.NO, Applies.MAYBE, Applies.YES]
