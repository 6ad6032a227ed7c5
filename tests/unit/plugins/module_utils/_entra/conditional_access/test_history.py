# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sign-ins of the last days say against a policy: nothing that the log does not tell is taken for certain."""

from __future__ import annotations

import ipaddress
import typing as t

import pytest
from example_counts import try_examples
from fake_graph import NOW, FakeGraph, guid, refusal
from hypothesis import given
from hypothesis import strategies as st
from reporters import RecordingReporter

from ansible_collections.cvops.identity.plugins.module_utils._core.context import Context
from ansible_collections.cvops.identity.plugins.module_utils._core.errors import Forbidden, NotFound, Problems
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access import history as history_code
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import Policy
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.checks import check_history
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import Place
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.history import (
    SignInHistory,
    describe_shut_out,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.names import NameResolver
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.plan import PolicyPlan
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.sign_ins import SignInFinder

JOB, APP, LOCATION, GROUP = guid(1), guid(2), guid(3), guid(4)
V1, BETA = "/auditLogs/signIns", "/beta/auditLogs/signIns"
PLACES = {LOCATION: Place((ipaddress.ip_network("203.0.113.0/24"),))}
BY_PLACE: dict[str, t.Any] = {
    "locations.include": frozenset({"all"}),
    "locations.exclude": frozenset({LOCATION}),
    "client_app_types": frozenset({"all"}),
    "grant.controls": frozenset({"block"}),
    "grant.operator": "or",
}
OF_JOB = {
    **BY_PLACE,
    "client_applications.include": frozenset({JOB}),
    "applications.include": frozenset({"all"}),
}
OF_PEOPLE = {
    **BY_PLACE,
    "users.include.users": frozenset({"all"}),
    "users.exclude.groups": frozenset({GROUP}),
    "applications.include": frozenset({APP}),
}


def entry(number: int, address: t.Any = "198.51.100.20", **more: t.Any) -> dict[str, t.Any]:
    """A sign-in of the job."""
    return {
        "id": f"s{number}",
        "createdDateTime": f"2026-03-01T{number % 24:02}:00:00Z",
        "servicePrincipalId": JOB.upper(),
        "servicePrincipalName": "backup job",
        "appId": APP,
        "resourceId": guid(8),
        "ipAddress": address,
        "status": {"errorCode": 0},
        "location": {"countryOrRegion": "de"},
        **more,
    }


def person(number: int, user: str, **more: t.Any) -> dict[str, t.Any]:
    own = {"homeTenantId": guid(90), "resourceTenantId": guid(90), "servicePrincipalId": "", "resourceId": APP}
    return entry(number, **{"userId": user, "userPrincipalName": f"{user[-2:]}@corp.example", **own, **more})


def registration(number: int) -> str:
    """The path of an application."""
    return f"/applications(appId='{guid(number)}')"


def look(
    make_ctx: t.Any,
    form: dict[str, t.Any],
    rows: t.Any,
    had: Policy | None = None,
    answers: dict[str, t.Any] | None = None,
) -> tuple[list[dict[str, t.Any]], FakeGraph]:
    ctx = make_ctx({"graph_url": "https://graph.example", "cloud": "public"})
    found = {f"/servicePrincipals/{JOB}": {"id": JOB, "appId": APP, "displayName": "backup job"}, V1: [], BETA: rows}
    found |= {registration(number): {"createdDateTime": "2020-01-01T00:00:00Z"} for number in (2, 7)}
    graph = FakeGraph(ctx, {**found, **(answers or {})})
    graph.get_service_time = lambda: NOW  # type: ignore[attr-defined]
    cast = t.cast(t.Any, graph)
    finder = SignInFinder(cast, NameResolver(cast, {}), {}, form, had.form if had else {})
    planned = PolicyPlan(Plan({}, {"x": 1}), had, "CA1", "enabled", form)
    return SignInHistory(ctx, cast, finder, PLACES).find_shut_out(planned, 7), graph


def test_what_is_read_of_a_service_principal(make_ctx: t.Any) -> None:
    found, graph = look(make_ctx, OF_JOB, [entry(1, "203.0.113.7")])
    assert found == []
    filters = [params["$filter"] for params in graph.parameters if "$filter" in params]
    assert filters == [
        "createdDateTime ge 2026-02-23T09:41:00Z and createdDateTime le 2026-03-02T09:41:00Z and"
        f" signInEventTypes/any(t: t eq 'servicePrincipal') and appId eq '{APP}'"
    ]


def test_sign_ins_that_tell_the_same_are_one_row(make_ctx: t.Any) -> None:
    rows = [entry(1), entry(2), entry(3, resourceId=guid(9)), entry(4, "203.0.113.7"), entry(5, "192.0.2.1")]
    found, _graph = look(make_ctx, OF_JOB, rows)
    assert [(row["address"], row["country"], row["count"], row["last_seen"]) for row in found] == [
        ("198.51.100.20", "DE", 3, "2026-03-01T03:00:00Z"),
        ("192.0.2.1", "DE", 1, "2026-03-01T05:00:00Z"),
    ]
    told = describe_shut_out(found, 7, most=1)
    assert "backup job from 198.51.100.20 (DE), 3 times, last at" in told and "and 1 more" in told


@pytest.mark.parametrize("address", [None, "", "not an address", "203.0.113.7:443", 7])
def test_an_address_that_is_not_told_may_be_any(make_ctx: t.Any, address: t.Any) -> None:
    (row,), _graph = look(make_ctx, OF_JOB, [entry(1, address)])
    assert row["address"] is None and row["why"] == "it may be blocked (locations not known)"


@pytest.mark.parametrize(("status", "counts"), [({"errorCode": 0}, 1), ({"errorCode": 50053}, 0), (None, 1)])
def test_only_what_has_failed_says_nothing(make_ctx: t.Any, status: t.Any, counts: int) -> None:
    found, _graph = look(make_ctx, OF_JOB, [entry(1, status=status), entry(2, "203.0.113.7")])
    assert len(found) == counts


def test_a_log_without_any_says_nothing_for_it(make_ctx: t.Any) -> None:
    (row,), _graph = look(make_ctx, OF_JOB, [])
    assert row["who"] is None and "shows no sign-in" in row["why"]


def test_service_principals_that_are_gone_sign_in_no_more(make_ctx: t.Any) -> None:
    (row,), graph = look(make_ctx, OF_JOB, [], answers={f"/servicePrincipals/{JOB}": None})
    assert "shows no sign-in" in row["why"] and BETA not in graph.reads


def test_all_of_a_tenant_are_read_without_a_name(make_ctx: t.Any) -> None:
    form = {**OF_JOB, "client_applications.include": frozenset({"all_in_tenant"})}
    (row, young), graph = look(make_ctx, form, [entry(1, servicePrincipalId=guid(7), servicePrincipalName="other")])
    assert young["why"].startswith("the log shows no sign-in before 2026-02-25T03:41:00Z")
    assert row["who"] == "other" and row["why"] == "it may be blocked (users not known)"
    assert "appId" not in graph.parameters[0]["$filter"]


def test_people_who_are_excluded_or_gone_get_in(make_ctx: t.Any) -> None:
    """Groups are read of those only whom the rest of the policy does not leave out already, once each."""
    glass, gone, other = guid(20), guid(21), guid(22)
    rows = [
        person(1, glass),
        person(2, gone),
        person(3, other),
        person(4, other, ipAddress="192.0.2.1"),
        person(5, guid(23), ipAddress="203.0.113.7"),
    ]
    answers = {
        V1: rows,
        f"/users/{glass}/transitiveMemberOf": [{"id": GROUP}],
        f"/users/{gone}/transitiveMemberOf": NotFound("gone", status=404),
        f"/users/{other}/transitiveMemberOf": [],
    }
    found, graph = look(make_ctx, OF_PEOPLE, [], answers=answers)
    assert [(row["who"], row["address"]) for row in found] == [
        ("22@corp.example", "192.0.2.1"),
        ("22@corp.example", "198.51.100.20"),
    ]
    assert len([path for path in graph.reads if "transitiveMemberOf" in path]) == 3
    asked = sorted({params["$filter"].split(" and ")[-1] for params in graph.parameters if "$filter" in params})
    assert asked == [f"appId eq '{APP}'", f"resourceId eq '{APP}'"]


def test_beyond_some_people_who_they_are_is_not_known(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_code, "_MOST_PEOPLE", 1)
    rows = [person(1, guid(20)), person(2, guid(21)), person(3, "no id")]
    answers = {V1: rows, f"/users/{guid(20)}/transitiveMemberOf": [{"id": GROUP}]}
    found, _graph = look(make_ctx, OF_PEOPLE, [], answers=answers)
    assert [row["who"] for row in found] == ["21@corp.example", "id@corp.example"]
    assert {row["why"] for row in found} == {"it may be blocked (users not known)"}


def test_groups_that_may_not_be_read_are_an_error(make_ctx: t.Any) -> None:
    answers = {V1: [person(1, guid(20))], f"/users/{guid(20)}/transitiveMemberOf": Forbidden("no", status=403)}
    with pytest.raises(Forbidden):
        look(make_ctx, OF_PEOPLE, [], answers=answers)


@pytest.mark.parametrize(
    ("controls", "device", "gets_in"),
    [
        ({"mfa"}, {}, True),
        ({"terms_of_use"}, {}, True),
        ({"compliant_device"}, {}, False),
        ({"compliant_device"}, {"isCompliant": True}, True),
        ({"hybrid_joined_device"}, {"trustType": "Hybrid Azure AD joined"}, True),
        ({"hybrid_joined_device"}, {"trustType": "Azure AD registered"}, False),
        ({"approved_application"}, {"isCompliant": True}, False),
        ({"something_new"}, {"isCompliant": True}, False),
    ],
)
def test_what_people_can_meet(make_ctx: t.Any, controls: set[str], device: t.Any, gets_in: bool) -> None:
    form = {**OF_PEOPLE, "grant.controls": frozenset(controls)}
    answers = {V1: [person(1, guid(20), deviceDetail=device)], f"/users/{guid(20)}/transitiveMemberOf": []}
    found, _graph = look(make_ctx, form, [], answers=answers)
    assert (found == []) is gets_in
    assert all(row["why"] == "it would not meet what is required" for row in found)


@pytest.mark.parametrize(
    ("condition", "told", "why"),
    [
        ({"platforms.include": frozenset({"linux"})}, {"deviceDetail": {"operatingSystem": "Linux"}}, "it would"),
        ({"platforms.include": frozenset({"linux"})}, {"deviceDetail": {"operatingSystem": "Windows10"}}, None),
        ({"platforms.include": frozenset({"linux"})}, {}, "it may be blocked (platforms not known)"),
        ({"platforms.include": frozenset({"linux"})}, {"deviceDetail": {"operatingSystem": "Plan 9"}}, "it may"),
        (
            {"platforms.include": frozenset({"all"}), "platforms.exclude": frozenset({"ios"})},
            {"deviceDetail": {"operatingSystem": "Ios 17.2"}},
            None,
        ),
        ({"client_app_types": frozenset({"browser"})}, {"clientAppUsed": "Browser"}, "it would"),
        ({"client_app_types": frozenset({"other"})}, {"clientAppUsed": "Browser"}, None),
        ({"client_app_types": frozenset({"other"})}, {"clientAppUsed": "IMAP4"}, "it may"),
        ({"sign_in_risk": frozenset({"high"})}, {}, "it may be blocked (sign_in_risk not known)"),
        ({"device_filter.rule": "x", "device_filter.mode": "include"}, {}, "it may"),
    ],
)
def test_conditions_that_the_log_tells_of(
    make_ctx: t.Any, condition: dict[str, t.Any], told: dict[str, t.Any], why: str | None
) -> None:
    """What it does not tell, or calls otherwise, is not known."""
    answers = {V1: [person(1, guid(20), **told)], f"/users/{guid(20)}/transitiveMemberOf": []}
    found, _graph = look(make_ctx, {**OF_PEOPLE, **condition}, [], answers=answers)
    assert [row["why"].startswith(str(why)) for row in found] == ([True] if why else [])


def test_somebody_of_another_tenant_is_not_taken_for_gone(make_ctx: t.Any) -> None:
    gone = NotFound("gone", status=404)
    rows = [person(1, guid(20), homeTenantId=guid(30), resourceTenantId=guid(31)), person(2, guid(21))]
    answers = {V1: rows, **{f"/users/{guid(number)}/transitiveMemberOf": gone for number in (20, 21)}}
    found, _graph = look(make_ctx, OF_PEOPLE, [], answers=answers)
    assert [(row["who"], row["why"]) for row in found] == [("20@corp.example", "it may be blocked (users not known)")]


@pytest.mark.parametrize("tenants", [{}, {"homeTenantId": ""}, {"resourceTenantId": None, "homeTenantId": None}])
def test_somebody_of_a_tenant_that_is_not_told_is_not_taken_for_gone(
    make_ctx: t.Any, tenants: dict[str, t.Any]
) -> None:
    rows = [person(1, guid(20), **{"homeTenantId": None, "resourceTenantId": None, **tenants})]
    answers = {V1: rows, f"/users/{guid(20)}/transitiveMemberOf": NotFound("gone", status=404)}
    found, _graph = look(make_ctx, OF_PEOPLE, [], answers=answers)
    assert [row["why"] for row in found] == ["it may be blocked (users not known)"]


NO_IDS = [None, "", "00000000-0000-0000-0000-000000000000"]


@pytest.mark.parametrize("no_id", NO_IDS)
def test_an_entry_without_id_is_of_the_application_that_was_asked_for(make_ctx: t.Any, no_id: t.Any) -> None:
    found, _graph = look(make_ctx, OF_JOB, [entry(1, servicePrincipalId=no_id), entry(2, "203.0.113.7")])
    assert [(row["address"], row["why"]) for row in found] == [("198.51.100.20", "it would be blocked")]


@pytest.mark.parametrize("no_id", NO_IDS)
def test_an_entry_that_does_not_tell_who_it_was_may_be_of_anybody(make_ctx: t.Any, no_id: t.Any) -> None:
    """It says nothing where the rest of the policy leaves it out, and where the policy was for the same ones before."""
    rows = [
        entry(1, servicePrincipalId=no_id, appId=no_id),
        entry(2, "203.0.113.7", servicePrincipalId=no_id, appId=None),
    ]
    found, _graph = look(make_ctx, OF_JOB, rows)
    assert [(row["address"], row["why"]) for row in found] == [("198.51.100.20", "it may be blocked (users not known)")]
    had = Policy(guid(50), "CA1", "enabled", OF_JOB, {})
    assert look(make_ctx, {**OF_JOB, "locations.include": frozenset({"all"})}, rows, had)[0] == []
    wider = {**OF_JOB, "client_applications.include": frozenset({"all_in_tenant"})}
    assert [row["address"] for row in look(make_ctx, wider, rows, had)[0] if row["who"]] == ["198.51.100.20"]
    for_one = {**BY_PLACE, "users.include.users": frozenset({guid(20)}), "applications.include": frozenset({APP})}
    found, _graph = look(make_ctx, for_one, [], answers={V1: [person(1, guid(20), userId=no_id)]})
    assert [row["why"] for row in found] == ["it may be blocked (users not known)"]


def test_a_new_application_has_not_shown_what_it_will_do(make_ctx: t.Any) -> None:
    for created, says in (("2026-02-23T09:40:59Z", False), ("2026-02-23T09:41:01Z", True)):
        answers = {registration(2): {"createdDateTime": created}}
        found, _graph = look(make_ctx, OF_JOB, [entry(1, "203.0.113.7")], answers=answers)
        assert [row["why"].startswith("application backup job was registered at 2026") for row in found] == [
            True
        ] * says


@pytest.mark.parametrize("answer", [None, {}, {"createdDateTime": "soon"}, Forbidden("no", status=403)])
def test_of_an_application_whose_age_is_not_known_the_log_shows_the_beginning(make_ctx: t.Any, answer: t.Any) -> None:
    for moment, says in (("2026-02-25T03:40:59Z", False), ("2026-02-25T03:41:01Z", True)):
        rows = [entry(1, "203.0.113.7", createdDateTime=moment), entry(2, "203.0.113.7")]
        found, _graph = look(make_ctx, OF_JOB, rows, answers={registration(2): answer})
        assert [row["why"].startswith("it is not known when application backup job was") for row in found] == [
            True
        ] * says


def test_a_policy_that_gets_to_apply_to_more_platforms_is_news(make_ctx: t.Any) -> None:
    rows = [person(1, guid(20), deviceDetail={"operatingSystem": "Linux"})]
    answers = {V1: rows, f"/users/{guid(20)}/transitiveMemberOf": []}
    had = Policy(guid(50), "CA1", "enabled", {**OF_PEOPLE, "platforms.include": frozenset({"ios"})}, {})
    found, _graph = look(make_ctx, OF_PEOPLE, [], had, answers)
    assert len(found) == 1
    had = Policy(guid(50), "CA1", "enabled", {**OF_PEOPLE, "platforms.include": frozenset({"linux"})}, {})
    assert look(make_ctx, OF_PEOPLE, [], had, answers)[0] == []


def test_what_the_policy_refused_before_is_no_news(make_ctx: t.Any) -> None:
    had = Policy(guid(50), "CA1", "enabled", OF_JOB, {})
    form = {**OF_JOB, "client_applications.include": frozenset({JOB, guid(6)})}
    rows = [entry(1), entry(2, servicePrincipalId=guid(6), servicePrincipalName="second")]
    answers = {f"/servicePrincipals/{guid(6)}": {"id": guid(6), "appId": guid(7), "displayName": "second"}}
    found, _graph = look(make_ctx, form, rows, had, answers)
    assert [row["who"] for row in found] == ["second"]
    idle = Policy(guid(50), "CA1", "report_only", OF_JOB, {})
    found, _graph = look(make_ctx, form, rows, idle, answers)
    assert {row["who"] for row in found} == {"backup job", "second"}


def test_policies_for_single_people_read_their_sign_ins_alone(make_ctx: t.Any) -> None:
    form = {
        **BY_PLACE,
        "users.include.users": frozenset({guid(20)}),
        "applications.include": frozenset({"all"}),
    }
    _found, graph = look(make_ctx, form, [])
    assert all(f"userId eq '{guid(20)}'" in params["$filter"] for params in graph.parameters)
    _found, graph = look(make_ctx, {**form, "users.include.groups": frozenset({GROUP})}, [])
    assert all("userId" not in params["$filter"] for params in graph.parameters)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (refusal("no", 403), "was not read"),
        (Forbidden("no", status=403, code="Authentication_RequestFromNonPremiumTenantOrB2CTenant"), "P1 or P2"),
        (refusal("bad filter", 400, code="BadRequest"), "not read"),
    ],
)
def test_a_log_that_is_not_read_is_a_finding(make_ctx: t.Any, failure: Exception, told: str) -> None:
    (row,), _graph = look(make_ctx, OF_JOB, failure)
    assert row["who"] is None and told in row["why"]


def test_more_kinds_than_are_judged_are_told(make_ctx: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_code, "_MOST_SIGN_INS", 2)
    monkeypatch.setattr(history_code, "_MOST_ROWS", 1)
    found, _graph = look(make_ctx, OF_JOB, [entry(number, f"192.0.2.{number}") for number in range(1, 6)])
    assert [row["who"] for row in found] == ["backup job", None, None]
    assert "1 more kinds" in found[1]["why"] and "more than 2 kinds" in found[2]["why"]


@try_examples(80)
@given(st.lists(st.ip_addresses(), max_size=12), st.lists(st.ip_addresses(network="203.0.113.0/24"), max_size=4))
def test_order_never_matters_and_only_places_outside_are_told(others: list[t.Any], inside: list[t.Any]) -> None:
    def make_ctx(options: t.Any) -> Context:
        return Context(options=options, reporter=RecordingReporter())

    rows = [entry(number, str(address)) for number, address in enumerate([*others, *inside])]
    found, _graph = look(make_ctx, OF_JOB, rows)
    again, _graph = look(make_ctx, OF_JOB, rows[::-1])
    assert found == again
    network = ipaddress.ip_network("203.0.113.0/24")
    outside = {str(address) for address in others if address not in network}
    assert {row["address"] for row in found if row["who"]} == outside
    assert any(row["who"] is None for row in found) is (not rows)


@pytest.mark.parametrize("days", [0, -1, 31])
def test_days_that_no_tenant_keeps(days: int) -> None:
    with pytest.raises(Problems):
        check_history({"days": days})
    check_history({"days": 30})
    check_history(None)
