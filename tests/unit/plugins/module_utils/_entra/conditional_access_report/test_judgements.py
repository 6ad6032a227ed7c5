# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exclusions, near misses and reach: each agrees with the evaluation of the same policy, for all policies and sign-ins."""

from __future__ import annotations

import dataclasses
import ipaddress
import itertools
import typing as t

import pytest
from example_counts import try_examples
from fake_graph import guid
from hypothesis import assume, given
from hypothesis import strategies as st
from policy_examples import ASKED, IDS

from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.canonical import Policy
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.evaluation import (
    Applies,
    Place,
    SignIn,
    evaluate_policy,
    judge_conditions,
    lets_in,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.options import ABILITIES
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access.plan import merge_form
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.exclusions import (
    EXCLUDING,
    Coverage,
    Exclusion,
    judge_coverage,
    list_demands,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.near_misses import (
    find_near_miss,
    lift_condition,
)
from ansible_collections.cvops.identity.plugins.module_utils._entra.conditional_access_report.reach import (
    Application,
    judge_reach,
)

PLACES = {
    IDS[0]: Place((ipaddress.ip_network("203.0.113.0/24"),)),
    IDS[1]: Place((ipaddress.ip_network("198.51.100.0/24"),)),
    IDS[2]: Place(countries=frozenset({"CH"})),
    IDS[3]: Place(countries=frozenset({"DE"})),
}
#: Sign-ins of which everything is known.
SIGN_INS = st.builds(
    SignIn,
    label=st.just("one"),
    object_id=st.sampled_from(IDS),
    is_service_principal=st.booleans(),
    groups=st.frozensets(st.sampled_from(IDS), max_size=2),
    roles=st.frozensets(st.sampled_from(IDS), max_size=1),
    is_guest=st.just(False),
    application=st.sampled_from(IDS),
    address=st.sampled_from(["203.0.113.9", "198.51.100.9", "192.0.2.9"]),
    country=st.sampled_from(["CH", "DE", "US"]),
)
STATES = st.sampled_from(["enabled", "report_only", "disabled", "somethingNew"])
#: Fields that decide whom and what a policy is about: only few at once meet.
_SCOPE = ("users.", "applications.", "locations.", "client_applications.")


def draw_form(*more: str) -> st.SearchStrategy[dict[str, t.Any]]:
    """Policies for everybody and everything, with random fields laid over them."""
    everything = {"users.include.users": frozenset({"all"}), "applications.include": frozenset({"all"})}

    def build(asked: dict[str, t.Any], is_plain: bool) -> dict[str, t.Any]:
        kept = {name: value for name, value in asked.items() if name.startswith((*_SCOPE, *more)) or not is_plain}
        if is_plain and not any(name.startswith("client_applications.") for name in kept):
            kept = {
                **everything,
                **{name: value for name, value in kept.items() if ".exclude" in name or "locations" in name},
            }
        return merge_form({}, kept, False)

    return st.builds(build, ASKED, st.sampled_from([True, True, False]))


def make_policy(form: dict[str, t.Any], state: str = "enabled", number: int = 1) -> Policy:
    return Policy(guid(number), f"CA{number}", state, form, {})


@given(draw_form(), SIGN_INS, STATES)
def test_a_near_miss_applies_when_its_one_condition_is_lifted(
    form: dict[str, t.Any], sign_in: SignIn, state: str
) -> None:
    policy = make_policy(form, state)
    miss = find_near_miss(policy, sign_in, PLACES)
    failing = [name for name, found in judge_conditions(form, sign_in, PLACES).items() if found is Applies.NO]
    is_idle = state in ("report_only", "disabled")
    if miss is None:
        assert len(failing) + is_idle != 1 or not is_idle
        return
    assert len(failing) + is_idle == 1
    assert miss.would_apply is not Applies.NO
    if miss.how == "not_in_force":
        assert miss.would_apply is evaluate_policy(form, sign_in, PLACES).applies
        return
    assert [miss.condition] == failing
    lifted, how, by = lift_condition(form, miss.condition, sign_in, PLACES)
    assert (how, by) == (miss.how, miss.by)
    assert evaluate_policy(lifted, sign_in, PLACES).applies is miss.would_apply
    if how == "excluded":
        # Each entry that is named shuts out by itself, and what is not named does not.
        assert by
        for option, entry in by:
            back = {**lifted, option: (lifted.get(option) or frozenset()) | {entry}}
            assert evaluate_policy(back, sign_in, PLACES).applies is Applies.NO


@given(draw_form(), SIGN_INS)
def test_what_applies_in_force_is_no_near_miss(form: dict[str, t.Any], sign_in: SignIn) -> None:
    assume(evaluate_policy(form, sign_in, PLACES).applies is not Applies.NO)
    assert find_near_miss(make_policy(form), sign_in, PLACES) is None


_SOME = st.frozensets(st.sampled_from(IDS[:3]), max_size=2)
#: Policies that differ little, so that many cover each other.
_NEAR = st.fixed_dictionaries(
    {
        "users.include.users": st.sampled_from(
            [frozenset({"all"}), frozenset({"all"}), frozenset({IDS[0]}), frozenset()]
        ),
        "users.include.groups": st.sampled_from([frozenset(), frozenset(), frozenset(IDS[:2])]),
        "users.exclude.users": _SOME,
        "users.exclude.groups": _SOME,
        "applications.include": st.sampled_from([frozenset({"all"}), frozenset({"all"}), frozenset(IDS[:2])]),
        "applications.exclude": _SOME,
        "locations.include": st.sampled_from([frozenset(), frozenset({"all"}), frozenset(IDS[:2])]),
        "locations.exclude": _SOME,
    },
    optional={
        "user_risk": st.just(frozenset({"high"})),
        "applications.filter.mode": st.just("exclude"),
        "applications.filter.rule": st.just("x"),
    },
)


@try_examples(1500)
@given(_NEAR, _NEAR, st.sets(st.sampled_from(["users", "applications", "locations"])), SIGN_INS)
def test_what_covers_for_certain_applies_to_each_sign_in_that_is_excluded(
    near: dict[str, t.Any], other: dict[str, t.Any], kept: set[str], sign_in: SignIn
) -> None:
    """Whoever the one policy would apply to but for the entry, the other one applies to."""
    same = {name: value for name, value in near.items() if name.partition(".")[0] in kept}
    form, other = merge_form({}, near, False), merge_form({}, {**other, **same}, False)
    sign_in = dataclasses.replace(sign_in, is_service_principal=False)
    for option in EXCLUDING:
        for entry in form.get(option) or ():
            if judge_coverage(form, other, option, entry, ()) is not Applies.YES:
                continue
            rest = {**form, option: form[option] - {entry}}
            only = {**rest, option: frozenset({entry})}
            was = evaluate_policy(rest, sign_in, PLACES).applies is Applies.YES
            if was and evaluate_policy(only, sign_in, PLACES).applies is Applies.NO:
                assert evaluate_policy(other, sign_in, PLACES).applies is Applies.YES, (option, entry)


_CONTROLS = st.frozensets(st.sampled_from(["mfa", "compliant_device", "block", "approved_application"]), min_size=1)


@given(_CONTROLS, st.sampled_from(["and", "or"]), _CONTROLS, st.sampled_from(["and", "or"]))
def test_what_is_covered_is_demanded_by_what_covers_it(
    controls: frozenset[str], operator: str, others: frozenset[str], other_operator: str
) -> None:
    """Whoever gets past the covering policy could have met the first one."""
    assume(("block" not in controls or len(controls) == 1) and ("block" not in others or len(others) == 1))
    scope = {"users.include.users": frozenset({"all"}), "applications.include": frozenset({"all"})}
    form = {
        **scope,
        "users.exclude.groups": frozenset({IDS[0]}),
        "grant.controls": controls,
        "grant.operator": operator,
    }
    other = {**scope, "grant.controls": others, "grant.operator": other_operator}
    (found,) = Coverage([make_policy(other, number=2)], ()).list_exclusions(make_policy(form))
    abilities = [frozenset(some) for size in range(4) for some in itertools.combinations(ABILITIES[:4], size)]
    is_as_strict = all(
        lets_in(form, SignIn("", "", abilities=some))
        for some in abilities
        if lets_in(other, SignIn("", "", abilities=some))
    )
    if found.status == "covered":
        assert is_as_strict
    if others == controls and other_operator == operator:
        assert found.status == "covered"


@given(draw_form(), st.permutations(range(2, 6)), st.data())
def test_the_order_of_other_policies_does_not_matter(form: dict[str, t.Any], order: list[int], data: t.Any) -> None:
    others = {number: make_policy(data.draw(draw_form()), number=number) for number in range(2, 6)}
    one = Coverage([others[number] for number in sorted(others)], ()).list_exclusions(make_policy(form))
    two = Coverage([others[number] for number in order], ()).list_exclusions(make_policy(form))

    def shape(rows: list[Exclusion]) -> list[t.Any]:
        return [(row.option, row.entry, row.status, {one.object_id for one in row.covered_by}) for row in rows]

    assert shape(one) == shape(two)


def test_who_is_for_emergencies_is_no_gap_and_a_blocked_place_is_let_in_on_purpose() -> None:
    scope = {"users.include.users": frozenset({"all"}), "applications.include": frozenset({"all"})}
    block = {**scope, "grant.controls": frozenset({"block"})}
    elsewhere = {
        **block,
        "users.exclude.groups": frozenset({IDS[0], IDS[1]}),
        "locations.include": frozenset({"all"}),
        "locations.exclude": frozenset({IDS[0]}),
    }
    mfa = {**scope, "grant.controls": frozenset({"mfa"}), "users.exclude.groups": frozenset({IDS[0]})}

    def judge(*others: Policy) -> dict[tuple[str, str], str]:
        rows = Coverage(others, {IDS[0]}).list_exclusions(make_policy(elsewhere))
        return {(row.option, row.entry): row.status for row in rows}

    group, place = ("users.exclude.groups", IDS[1]), ("locations.exclude", IDS[0])
    assert judge() == {("users.exclude.groups", IDS[0]): "break_glass", group: "gap", place: "gap"}
    # MFA is less than a block for those who are left out; at the place that is let in it is enough.
    assert judge(make_policy(mfa, number=2))[group] == "gap"
    assert judge(make_policy(mfa, number=2))[place] == "covered"
    assert judge(make_policy(mfa, "report_only", 2))[place] == "gap"
    assert judge(make_policy(block, number=3))[group] == "covered"


@given(draw_form(), st.sampled_from(IDS))
def test_reach_agrees_with_the_evaluation(form: dict[str, t.Any], app_id: str) -> None:
    """Of an application of which nothing else is known; actions in the middle of a sign-in reach, and are no sign-in."""
    application = Application(app_id, IDS[0], "one")
    found = {row.role: row for row in judge_reach(form, application)}
    judged = judge_conditions(form, SignIn("one", IDS[1], application=app_id), PLACES)["applications"]
    reaches = found["resource"].applies if "resource" in found else Applies.NO
    if "applications.user_actions" not in form:
        assert reaches is judged
    else:
        assert reaches >= judged or judged is Applies.NO
    program = SignIn("one", IDS[0], True)
    as_program = judge_conditions(form, program, PLACES)["users"]
    assert (as_program is not Applies.NO) == ("client" in found)


@pytest.mark.parametrize(
    ("kind", "is_own", "is_single", "expected"),
    [
        ("Application", True, True, True),
        ("Application", True, False, False),
        ("Application", False, True, False),
        ("ManagedIdentity", True, True, False),
        ("Application", None, True, None),
        ("Application", True, None, None),
        ("SocialIdp", True, True, None),
    ],
)
def test_which_programs_are_covered(
    kind: str, is_own: bool | None, is_single: bool | None, expected: bool | None
) -> None:
    application = Application(IDS[0], IDS[1], "one", kind, is_own, is_single)
    assert application.is_coverable is expected
    rows = judge_reach({"client_applications.include": frozenset({"all_in_tenant"})}, application)
    assert [row.applies for row in rows] == {True: [Applies.YES], None: [Applies.MAYBE], False: []}[expected]


def test_microsofts_suites_do_not_hold_what_is_registered_here() -> None:
    form = {"applications.include": frozenset({"office365"})}
    assert judge_reach(form, Application(IDS[0], IDS[1], "one", is_own=True)) == []
    (row,) = judge_reach(form, Application(IDS[0], IDS[1], "one", is_own=False))
    assert (row.applies, row.through) == (Applies.MAYBE, ("applications.include",))


def test_demands() -> None:
    assert list_demands({"grant.controls": frozenset({"mfa", "block"}), "grant.operator": "or"}) == [
        frozenset({"mfa", "block"})
    ]
    assert list_demands({"session.persistent_browser": "never"}) == [frozenset({"session.persistent_browser never"})]
    assert list_demands({}) == []
