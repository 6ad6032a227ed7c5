# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report from reads of Graph: what is missing and what is not told are two things."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, call_with_graph, guid
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import BadAnswer, Forbidden
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.info import (
    read_conditional_access,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.rows import (
    KINDS,
    Unread,
    build_finding,
    sort_findings,
)

ROOT = "/identity/conditionalAccess"
DEFAULTS = "/policies/identitySecurityDefaultsEnforcementPolicy"
TERMS = "/identityGovernance/termsOfUse/agreements"
CONTEXTS = f"{ROOT}/authenticationContextClassReferences"
GROUP = {"id": guid(3), "displayName": "GG-Ops", "@odata.type": "#microsoft.graph.group"}
OPEN = {**GROUP, "isAssignableToRole": None, "isManagementRestricted": None, "groupTypes": []}


def make_wire(number: int = 1, **conditions: t.Any) -> dict[str, t.Any]:
    whole = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}, **conditions}
    return {
        "id": guid(number),
        "displayName": f"CA{number}",
        "state": "enabled",
        "conditions": whole,
        "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    }


def look(make_ctx: t.Any, *wires: dict[str, t.Any], answers: t.Any = None, **options: t.Any) -> tuple[t.Any, FakeGraph]:
    found = {f"{ROOT}/policies": list(wires), f"{ROOT}/namedLocations": [], DEFAULTS: {"isEnabled": False}}
    graph = FakeGraph(make_ctx({"report_only_days": 30, **options}), {**found, **(answers or {})})
    graph.claims = {"tid": guid(77)}
    return call_with_graph(read_conditional_access, graph), graph


def list_kinds(result: t.Any) -> list[str]:
    return [row["kind"] for row in result["findings"]]


def test_terms_of_use_are_told_to_people(make_ctx: t.Any) -> None:
    wire = make_wire()
    wire["grantControls"]["termsOfUse"] = [guid(5), guid(6)]
    result, _graph = look(make_ctx, wire, answers={TERMS: [{"id": guid(5), "displayName": "House rules"}]})
    (row,) = result["findings"]
    assert (row["kind"], row["object"]) == ("dead_reference", {"type": "terms of use", "id": guid(6), "name": None})
    assert "the terms of use House rules" in result["policies"][0]["summary"][-1]
    assert result["not_evaluable"] == []


def test_contexts_that_there_are(make_ctx: t.Any) -> None:
    wire = make_wire(applications={"includeAuthenticationContextClassReferences": ["c1", "c2"]})
    result, _graph = look(make_ctx, wire, answers={CONTEXTS: [{"id": "C1"}]})
    (row,) = result["findings"]
    assert (row["object"]["type"], row["object"]["id"]) == ("authentication context", "c2")


@pytest.mark.parametrize("hidden", ["isAssignableToRole", "isManagementRestricted"])
def test_what_is_not_shown_of_a_group_is_no_pass_and_no_finding(make_ctx: t.Any, hidden: str) -> None:
    """Null is "no"; a member that is not there at all says nothing."""
    wire = make_wire(users={"includeUsers": ["All"], "excludeGroups": [guid(3)]})
    answers = {
        "/directoryObjects/getByIds": [GROUP],
        "/groups": [OPEN],
        f"/groups/{guid(3)}/owners": [{"id": guid(4), "displayName": "one"}],
    }
    result, _graph = look(make_ctx, wire, answers=answers)
    assert "unprotected_group" in list_kinds(result) and result["not_evaluable"] == []
    less = {name: value for name, value in OPEN.items() if name != hidden}
    result, _graph = look(make_ctx, wire, answers={**answers, "/groups": [less]})
    assert "unprotected_group" not in list_kinds(result)
    assert [row["kinds"] for row in result["not_evaluable"]] == [["unprotected_group"]]


@pytest.mark.parametrize("told", [None, {}, {"isEnabled": "yes"}])
def test_security_defaults_that_are_not_told(make_ctx: t.Any, told: t.Any) -> None:
    result, _graph = look(make_ctx, answers={DEFAULTS: told})
    assert result["security_defaults"] is None and result["not_evaluable"][0]["what"] == "security defaults"


def test_no_policy_is_a_result(make_ctx: t.Any) -> None:
    result, graph = look(make_ctx)
    assert result["policies"] == [] and result["counts"]["policies"] == 0 and result["findings"] == []
    assert graph.reads == [f"{ROOT}/policies", f"{ROOT}/namedLocations", DEFAULTS]
    assert graph.writes == []


def test_names_that_the_caller_may_not_see_are_not_taken_for_missing(make_ctx: t.Any) -> None:
    """Of few rights Graph tells type and id of an object, and nothing else."""
    wire = make_wire(users={"includeUsers": [guid(8)]})
    bare = {"id": guid(8).upper(), "@odata.type": "#microsoft.graph.user"}
    result, _graph = look(make_ctx, wire, answers={"/directoryObjects/getByIds": [bare]})
    assert list_kinds(result) == [] and f"For {guid(8)} (name not known)." in result["policies"][0]["summary"]


def test_an_account_whose_last_sign_in_may_not_be_read(make_ctx: t.Any) -> None:
    """Whether it is enabled is read all the same."""
    user = {"id": guid(8), "userPrincipalName": "bg@corp.example", "accountEnabled": False, "userType": "Member"}

    def answer(params: dict[str, str]) -> t.Any:
        return Forbidden("no", status=403) if "signInActivity" in params["$select"] else user

    answers = {
        "/directoryObjects/getByIds": [{**user, "@odata.type": "#microsoft.graph.user"}],
        f"/users/{guid(8)}": answer,
        f"/users/{guid(8)}/transitiveMemberOf": [],
    }
    result, _graph = look(make_ctx, make_wire(), answers=answers, break_glass={"users": [guid(8)], "groups": None})
    assert list_kinds(result) == ["break_glass_not_excluded", "break_glass_disabled"]
    (row,) = result["not_evaluable"]
    assert row["kinds"] == ["break_glass_unused", "break_glass_used_last"]
    never = {**answers, f"/users/{guid(8)}": user}
    result, _graph = look(make_ctx, make_wire(), answers=never, break_glass={"users": [guid(8)], "groups": None})
    assert "break_glass_unused" in list_kinds(result) and result["not_evaluable"] == []


@pytest.mark.parametrize(
    ("activity", "kind", "told"),
    [
        ({"lastSuccessfulSignInDateTime": "2026-01-01T00:00:00Z"}, "break_glass_used_last", "last used on 2026-01-01"),
        (
            {"lastSuccessfulSignInDateTime": "2026-01-01T00:00:00Z", "lastSignInDateTime": "2026-02-01T00:00:00Z"},
            "break_glass_used_last",
            "last used on 2026-01-01",
        ),
        (
            {"lastSignInDateTime": "2026-02-01T00:00:00Z"},
            "break_glass_unused",
            "of 2026-02-01T00:00:00Z, may have failed",
        ),
        ({"lastNonInteractiveSignInDateTime": "2026-02-02T00:00:00Z"}, "break_glass_unused", "of 2026-02-02"),
        (None, "break_glass_unused", "so it is not known whether the account works"),
    ],
)
def test_only_a_sign_in_that_succeeded_is_a_use(make_ctx: t.Any, activity: t.Any, kind: str, told: str) -> None:
    user = {"id": guid(8), "userPrincipalName": "bg@corp.example", "accountEnabled": True, "userType": "Member"}
    answers = {
        "/directoryObjects/getByIds": [{**user, "@odata.type": "#microsoft.graph.user"}],
        f"/users/{guid(8)}": {**user, "signInActivity": activity},
        f"/users/{guid(8)}/transitiveMemberOf": [],
    }
    result, _graph = look(make_ctx, answers=answers, break_glass={"users": [guid(8)], "groups": None})
    (row,) = result["findings"]
    assert row["kind"] == kind and told in row["text"]


@pytest.mark.parametrize(
    ("more", "applies", "gets_in"),
    [
        ({}, "yes", True),
        ({"grantControls": {"operator": "OR", "builtInControls": ["mfa"], "newDemand": "x"}}, "yes", False),
        ({"newPart": {"x": 1}}, "may", True),
    ],
)
def test_a_sign_in_gets_in_for_certain_only_where_all_demands_are_known(
    make_ctx: t.Any, more: dict[str, t.Any], applies: str, gets_in: bool
) -> None:
    user = {"id": guid(8), "userPrincipalName": "one@corp.example", "@odata.type": "#microsoft.graph.user"}
    entry = {"user": guid(8), "can": ["mfa"]}
    answers = {"/directoryObjects/getByIds": [user]}
    result, _graph = look(make_ctx, {**make_wire(), **more}, answers=answers, sign_ins=[entry])
    (row,) = result["evaluation"]
    assert (row["applies"], row["gets_in"]) == (applies, gets_in)
    assert row["conditions"] == (["unknown_fields"] if applies == "may" else [])


@pytest.mark.parametrize(("owners", "count"), [([], 0), ([{"id": guid(4), "displayName": "one"}], 1)])
def test_owners_of_a_group_that_is_assignable_to_roles_change_its_members(
    make_ctx: t.Any, owners: t.Any, count: int
) -> None:
    wire = make_wire(users={"includeUsers": ["All"], "excludeGroups": [guid(3)]})
    answers = {
        "/directoryObjects/getByIds": [GROUP],
        "/groups": [{**OPEN, "isAssignableToRole": True}],
        f"/groups/{guid(3)}/owners": owners,
    }
    result, _graph = look(make_ctx, wire, answers=answers)
    rows = [row for row in result["findings"] if row["kind"] == "unprotected_group"]
    assert [row["details"]["owner_count"] for row in rows] == [count] * bool(owners)
    assert all("is role-assignable, but its owners" in row["text"] for row in rows)


def test_policies_for_programs_are_no_sign_ins_of_people(make_ctx: t.Any) -> None:
    """What keeps them from an application is their state, or that they exclude it; those of another program are no near miss."""
    application = {
        "id": guid(11),
        "appId": guid(12),
        "displayName": "Console",
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "appOwnerOrganizationId": guid(77),
    }
    nobody = {"includeUsers": ["None"]}

    def program(number: int, state: str, include: list[str], exclude: list[str]) -> dict[str, t.Any]:
        clients = {"includeServicePrincipals": include, "excludeServicePrincipals": exclude}
        wire = make_wire(number, users=nobody, clientApplications=clients)
        return {**wire, "state": state, "grantControls": {"operator": "OR", "builtInControls": ["block"]}}

    idle, everything = "enabledForReportingButNotEnforced", ["ServicePrincipalsInMyTenant"]
    wires = [
        program(1, idle, [guid(11)], []),
        program(2, "enabled", everything, [guid(11)]),
        program(3, idle, [guid(13)], []),
        program(4, "enabled", [guid(11)], []),
        program(5, idle, everything, [guid(11)]),
        {**make_wire(6, users=nobody), "state": idle},
    ]
    answers = {"/servicePrincipals": [application], "/directoryObjects/getByIds": []}
    result, _graph = look(make_ctx, *wires, answers=answers, applications=["Console"])
    misses = [row for row in result["findings"] if row["kind"] == "near_miss"]
    told = {row["policies"][0]["display_name"]: row["but_for"][0]["how"] for row in misses}
    assert told == {"CA1": "not_in_force", "CA2": "excluded"}
    assert all("Console when it signs in by itself but for" in row["text"] for row in misses)
    (unreached,) = [row for row in result["findings"] if row["kind"] == "no_policy_reaches_application"]
    assert unreached["policies"] == [], "none of them is for people"


@pytest.mark.parametrize(
    "more",
    [{"state": "enabledForPilot"}, {"state": None}, {"newPart": 1}, {"conditions": {"newCondition": "x"}}],
)
def test_what_is_not_known_reaches_no_application_for_certain(make_ctx: t.Any, more: dict[str, t.Any]) -> None:
    wire = make_wire()
    conditions = {**wire["conditions"], **more.get("conditions", {})}
    answers = {"/servicePrincipals": [{"id": guid(11), "appId": guid(12), "displayName": "Console"}]}
    for one, expected in ((wire, False), ({**wire, **more, "conditions": conditions}, True)):
        result, _graph = look(make_ctx, one, answers=answers, applications=["Console"])
        assert ("no_policy_reaches_application" in list_kinds(result)) is expected


@pytest.mark.parametrize(
    ("included_by", "excluded_by", "expected"),
    [
        ("enabled", "enabled", "error"),
        ("enabled", "disabled", "error"),
        ("disabled", "enabled", "warning"),
    ],
)
def test_who_a_policy_in_force_is_for_is_grave_whoever_leaves_it_out(
    make_ctx: t.Any, included_by: str, excluded_by: str, expected: str
) -> None:
    first = {**make_wire(1, users={"includeGroups": [guid(3)]}), "state": included_by}
    second = {**make_wire(2, users={"includeUsers": ["All"], "excludeGroups": [guid(3)]}), "state": excluded_by}
    result, _graph = look(make_ctx, first, second, answers={"/directoryObjects/getByIds": []})
    (row,) = [row for row in result["findings"] if row["kind"] == "dead_reference"]
    assert row["severity"] == expected and len(row["policies"]) == 2


def test_a_policy_that_is_none_fails_the_task(make_ctx: t.Any) -> None:
    """It is not left out of the report."""
    with pytest.raises(BadAnswer):
        look(make_ctx, make_wire(users={"includeUsers": "All"}))
    with pytest.raises(BadAnswer):
        look(make_ctx, {**make_wire(), "createdDateTime": "yesterday"})


_ROWS = st.lists(
    st.builds(
        build_finding,
        st.sampled_from(KINDS),
        st.sampled_from(["error", "warning", "info"]),
        st.sampled_from(["one", "two"]),
        st.just("remedy"),
        subject=st.none() | st.fixed_dictionaries({"type": st.just("user"), "id": st.sampled_from(["1", "2"])}),
    ),
    max_size=8,
)


@given(_ROWS, st.randoms())
def test_findings_have_one_order(rows: list[dict[str, t.Any]], random: t.Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert sort_findings(shuffled) == sort_findings(rows)
    grades = [["error", "warning", "info"].index(row["severity"]) for row in sort_findings(rows)]
    assert grades == sorted(grades)


def test_what_cannot_be_read_is_told_once_with_all_that_hangs_on_it() -> None:
    unread = Unread()
    for kind in ("near_miss", "dead_reference", "near_miss"):
        unread.note("named locations", Forbidden("no", status=403), ["Policy.Read.All"], [kind])
    (row,) = unread.list_rows()
    assert row["kinds"] == ["dead_reference", "near_miss"] and unread.no_licence is None
    code = "Authentication_RequestFromNonPremiumTenantOrB2CTenant"
    unread.note("last sign-ins", Forbidden("no licence", status=403, code=code), [], [])
    assert unread.no_licence == "no licence"
