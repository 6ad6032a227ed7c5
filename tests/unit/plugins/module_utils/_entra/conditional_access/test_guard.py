# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard: who has to get in does, for certain, or the risk is accepted by name."""

from __future__ import annotations

import typing as t

import pytest
from fake_graph import FakeGraph, guid

from ansible_collections.cvops.identity.plugins.module_utils._core.errors import GuardRefused
from ansible_collections.cvops.identity.plugins.module_utils._core.plan import Plan
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import Policy
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import SignIn
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.guard import (
    LockOutGuard,
    has_to_be_judged,
    read_places,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.plan import PolicyPlan
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.sign_ins import TriedSignIn

FORM: dict[str, t.Any] = {
    "users.include.users": frozenset({"all"}),
    "users.exclude.groups": frozenset({guid(9)}),
    "applications.include": frozenset({"all"}),
    "client_app_types": frozenset({"all"}),
    "grant.controls": frozenset({"block"}),
}
EXCLUDED = SignIn("glass", guid(1), groups=frozenset({guid(9)}))
CALLER = TriedSignIn("caller", SignIn("the identity that runs this", guid(2), True))


def make_planned(form: dict[str, t.Any] | None = None, state: str = "enabled", had: Policy | None = None) -> PolicyPlan:
    return PolicyPlan(Plan({}, {"x": 1}), had, "CA1", state, FORM if form is None else form)


def had_policy(form: dict[str, t.Any], state: str = "enabled") -> Policy:
    return Policy(guid(50), "CA1", state, form, {})


def check(make_ctx: t.Any, planned: PolicyPlan, *tried: TriedSignIn, **options: t.Any) -> tuple[LockOutGuard, t.Any]:
    ctx = make_ctx(options)
    guard = LockOutGuard(ctx, t.cast(t.Any, FakeGraph(ctx)), {})
    guard.check(planned, tried, None)
    return guard, ctx


def test_a_location_that_the_same_run_changes_is_told(make_ctx: t.Any) -> None:
    """It is judged as it is, so the run would be refused however often it is run."""
    ctx = make_ctx({})
    guard = LockOutGuard(ctx, t.cast(t.Any, FakeGraph(ctx)), {}, ["Offices"])
    with pytest.raises(GuardRefused, match="makes or changes the named location Offices, .* run that first"):
        guard.check(make_planned(), [CALLER], None)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (make_planned(), True),
        (make_planned(state="report_only"), False),
        (make_planned(state="disabled"), False),
        (make_planned(had=had_policy(FORM)), False),
        (make_planned(had=had_policy(FORM, "report_only")), True),
        (make_planned(had=had_policy({})), True),
    ],
)
def test_only_what_is_in_force_is_judged(planned: PolicyPlan, expected: bool) -> None:
    assert has_to_be_judged(planned) is expected


def test_who_is_left_out_gets_in(make_ctx: t.Any) -> None:
    guard, ctx = check(make_ctx, make_planned(), TriedSignIn("break_glass", EXCLUDED), CALLER)
    assert [row["gets_in"] for row in guard.evaluation] == [True, True] and not ctx.warnings


@pytest.mark.parametrize(
    ("sign_in", "told"),
    [
        (SignIn("glass", guid(1), groups=frozenset()), "it applies to glass"),
        (SignIn("glass", guid(1)), r"it may apply to glass \(break_glass\) \(users not known\)"),
    ],
)
def test_a_break_glass_account_is_left_out_for_certain(make_ctx: t.Any, sign_in: SignIn, told: str) -> None:
    with pytest.raises(GuardRefused, match=told) as caught:
        check(make_ctx, make_planned(), TriedSignIn("break_glass", sign_in), CALLER)
    assert caught.value.facts["risk"] == "lock_out"
    mfa = {**FORM, "grant.controls": frozenset({"mfa"})}
    able = SignIn("glass", guid(1), groups=frozenset(), abilities=frozenset({"mfa"}))
    with pytest.raises(GuardRefused):
        check(make_ctx, make_planned(mfa), TriedSignIn("break_glass", able), CALLER)


def test_nobody_for_emergencies_and_nobody_known_are_dangers(make_ctx: t.Any) -> None:
    with pytest.raises(GuardRefused, match="break_glass names no account"):
        check(make_ctx, make_planned(), CALLER)
    with pytest.raises(GuardRefused, match="who runs this is not known"):
        check(make_ctx, make_planned(), TriedSignIn("break_glass", EXCLUDED))
    _guard, ctx = check(make_ctx, make_planned(), accept_risk=["lock_out"], accept_reason="CHG1")
    assert "CHG1" in ctx.warnings[0]


def test_a_policy_for_programs_needs_nobody_for_emergencies(make_ctx: t.Any) -> None:
    """Others write beside the programs that it is for no user."""
    form = {**FORM, "users.include.users": frozenset({"none"}), "client_applications.include": frozenset({guid(8)})}
    for one in (form, {**FORM, "users.include.users": frozenset({"none"})}):
        check(make_ctx, make_planned(one), CALLER)


def test_one_of_several_is_enough(make_ctx: t.Any) -> None:
    mfa = {**FORM, "grant.controls": frozenset({"mfa"}), "grant.operator": "or"}
    out = TriedSignIn("one_must_get_in", SignIn("a", guid(3), groups=frozenset()))
    able = TriedSignIn("one_must_get_in", SignIn("b", guid(4), groups=frozenset(), abilities=frozenset({"mfa"})))
    glass = TriedSignIn("break_glass", EXCLUDED)
    check(make_ctx, make_planned(mfa), glass, CALLER, out, able)
    with pytest.raises(GuardRefused, match="it is not certain that any of those in one_must_get_in"):
        check(make_ctx, make_planned(mfa), glass, CALLER, out)
    must = TriedSignIn("must_get_in", out.sign_in)
    with pytest.raises(GuardRefused, match=r"it applies to a \(must_get_in\)"):
        check(make_ctx, make_planned(mfa), glass, CALLER, must)


def test_what_was_so_before_is_told_and_does_not_keep_a_change_from_being_made(make_ctx: t.Any) -> None:
    """Else an exclusion could not be added to a policy that lacks another one."""
    out = TriedSignIn("break_glass", SignIn("glass", guid(1), groups=frozenset()))
    had = {name: value for name, value in FORM.items() if name != "users.exclude.groups"}
    _guard, ctx = check(make_ctx, make_planned(had=had_policy(had)), out, CALLER)
    assert "was true before" in ctx.warnings[0]
    with pytest.raises(GuardRefused):
        check(make_ctx, make_planned(had=had_policy(had, "report_only")), out, CALLER)


def test_locations_as_they_are_judged() -> None:
    ip, country = "#microsoft.graph.ipNamedLocation", "#microsoft.graph.countryNamedLocation"
    found = read_places(
        [
            {
                "@odata.type": ip,
                "id": guid(1).upper(),
                "isTrusted": True,
                "ipRanges": [{"cidrAddress": "203.0.113.1/24"}],
            },
            {"@odata.type": ip, "id": guid(2), "ipRanges": [{"cidrAddress": "a new form"}]},
            {
                "@odata.type": country,
                "id": guid(3),
                "countriesAndRegions": ["CH"],
                "countryLookupMethod": "authenticatorAppGps",
            },
            {"@odata.type": "#microsoft.graph.compliantNetworkNamedLocation", "id": guid(4)},
        ]
    )
    assert set(found) == {guid(1), guid(3)}, "what cannot be read is not known, and may hold any address"
    assert found[guid(1)].is_trusted and str((found[guid(1)].networks or ())[0]) == "203.0.113.0/24"
    assert found[guid(3)].is_by_position
