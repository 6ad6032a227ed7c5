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
