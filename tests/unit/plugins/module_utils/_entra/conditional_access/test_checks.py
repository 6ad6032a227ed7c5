# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a conditional access policy cannot be: every conflict is told by the option that has it, all of them together."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Problems
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.checks import (
    check_policy,
    list_licences,
    parse_address,
)

BASE: dict[str, t.Any] = {
    "users.include.users": frozenset({"all"}),
    "applications.include": frozenset({"all"}),
    "grant.controls": frozenset({"mfa"}),
    "client_app_types": frozenset({"all"}),
}
FOR_PRINCIPALS = {
    "client_applications.include": frozenset({guid(1)}),
    "applications.include": frozenset({"all"}),
    "grant.controls": frozenset({"block"}),
    "grant.operator": "or",
    "client_app_types": frozenset({"all"}),
    "locations.include": frozenset({"all"}),
    "service_principal_risk": frozenset({"high"}),
}


def places_of(form: dict[str, t.Any], name: str | None = "CA1", had: dict[str, t.Any] | None = None) -> list[str]:
    try:
        check_policy(name, form, had)
    except Problems as exc:
        return [problem["where"] for problem in exc.facts["problems"]]
    return []


@pytest.mark.parametrize("form", [BASE, FOR_PRINCIPALS])
def test_what_makes_sense_is_no_problem(form: dict[str, t.Any]) -> None:
    assert places_of(form) == []


def test_what_is_missing_is_told_together() -> None:
    assert places_of({"client_app_types": frozenset({"all"})}, name=None) == [
        "display_name",
        "users.include",
        "applications",
        "grant",
    ]
    assert places_of(BASE, name=None, had={}) == []


def test_what_entra_id_has_taken_already_is_no_problem_of_a_change() -> None:
    """An exclusion can be added to a policy that is odd in another place."""
    odd = {**BASE, "grant.controls": frozenset({"block", "mfa"}), "locations.exclude": frozenset({guid(1)})}
    assert places_of({**odd, "users.exclude.users": frozenset({guid(2)})}, had=odd) == []
    assert places_of(odd, had={**odd, "grant.controls": frozenset({"mfa"})}) == ["grant.controls"]
    by_rule = {name: value for name, value in BASE.items() if name != "applications.include"}
    by_rule |= {"applications.filter.mode": "include", "applications.filter.rule": "x"}
    assert places_of(by_rule) == []


F = "session.sign_in_frequency"


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({"client_applications.include": frozenset({guid(1)})}, "client_applications"),
        ({"grant.controls": frozenset({"block", "mfa"})}, "grant.controls"),
        ({"grant.controls": frozenset({"block"}), "grant.terms_of_use": frozenset({guid(1)})}, "grant.controls"),
        ({"users.include.users": frozenset({"all", guid(1)})}, "users.include.users"),
        ({"applications.include": frozenset({"none", guid(1)})}, "applications.include"),
        ({"platforms.include": frozenset({"all", "ios"})}, "platforms.include"),
        ({"platforms.exclude": frozenset({"ios"})}, "platforms.include"),
        ({"locations.exclude": frozenset({guid(1)})}, "locations.include"),
        ({"users.exclude.guests.tenants": frozenset({guid(1)})}, "users.exclude.guests.tenants"),
        ({f"{F}.interval": "every_time", f"{F}.value": 3}, f"{F}.value"),
        (
            {f"{F}.interval": "every_time", "session.disable_resilience_defaults": True},
            "session.disable_resilience_defaults",
        ),
        (
            {f"{F}.interval": "every_time", "session.application_enforced_restrictions": True},
            "session.application_enforced_restrictions",
        ),
        ({f"{F}.interval": "time_based", f"{F}.value": 3}, f"{F}.value"),
        ({f"{F}.value": 3, f"{F}.unit": "days"}, f"{F}.interval"),
        ({f"{F}.interval": "time_based", f"{F}.value": 0, f"{F}.unit": "days"}, f"{F}.value"),
        ({"device_filter.rule": "x"}, "device_filter"),
        ({"device_filter.mode": "include"}, "device_filter"),
        ({"device_filter.mode": "include", "device_filter.rule": "x" * 3073}, "device_filter.rule"),
        ({"applications.authentication_contexts": frozenset({"c100"})}, "applications.authentication_contexts"),
    ],
)
def test_each_conflict_is_told_by_its_option(part: dict[str, t.Any], where: str) -> None:
    assert places_of({**BASE, **part}) == [where]


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ({"grant.controls": frozenset({"mfa"})}, "grant.controls"),
        ({"platforms.include": frozenset({"ios"})}, "platforms.include"),
        ({"session.persistent_browser": "never"}, "session.persistent_browser"),
    ],
)
def test_policies_for_service_principals_can_do_less(part: dict[str, t.Any], where: str) -> None:
    assert places_of({**FOR_PRINCIPALS, **part}) == [where]


def test_licences() -> None:
    """Each condition by itself, and all together."""
    by_part = {
        "user_risk": "Entra ID P2",
        "sign_in_risk": "Entra ID P2",
        "insider_risk": "Purview",
        "client_applications.include": "Workload Identities",
        "client_applications.filter.rule": "Workload Identities",
        "service_principal_risk": "Workload Identities",
    }
    assert list_licences(BASE) == ("Microsoft Entra ID P1",)
    for option, licence in by_part.items():
        first, second = list_licences({**BASE, option: frozenset({"high"})})
        assert first == "Microsoft Entra ID P1" and licence in second
    assert len(list_licences({**BASE, **dict.fromkeys(by_part, "x")})) == 4


def test_addresses() -> None:
    assert str(parse_address(" 2001:DB8::1 ", "caller_address")) == "2001:db8::1"
    with pytest.raises(Problems) as caught:
        parse_address("office", "caller_address")
    assert caught.value.facts["problems"][0]["where"] == "caller_address"
