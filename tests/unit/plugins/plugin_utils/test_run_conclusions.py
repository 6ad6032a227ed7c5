# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether plans are carried out, in which order, and what came of it on each host."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pass_fakes import STATS, failure, planned, step, wrote

from ansible_collections.cvops.identity.plugins.plugin_utils.passes import (
    collect_pass,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.run_conclusions import (
    conclude_run,
    decide_run,
    find_result_failure,
    format_conclusion,
    format_decision,
    split_entra_tasks,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.run_scope import (
    select_scope,
)

SCOPE = select_scope(["cs01", "cs02"])


def statuses(decision: t.Any, plans: t.Any, outcomes: t.Any) -> dict[str, str]:
    return {host: found["status"] for host, found in conclude_run(decision, plans, outcomes, SCOPE).items()}


def test_any_problem_of_any_host_stops_everything_and_all_are_told() -> None:
    bad = collect_pass({"mappings": failure()})
    decision = decide_run({"localhost": bad, "cs01": planned("a"), "cs02": bad}, SCOPE, "d")
    assert decision["write"] is False
    assert decision["problems"] == ["Entra ID: no answer", "cs02: no answer"]
    assert statuses(decision, {"localhost": bad, "cs01": planned("a"), "cs02": bad}, {}) == {
        "localhost": "problems",
        "cs01": "not_applied",
        "cs02": "problems",
    }
    assert format_decision(decision, ["Plan"])[0] == "2 problems; nothing was written"


def test_a_host_without_a_plan_is_a_problem() -> None:
    assert "cs02: was not planned" in decide_run({"localhost": planned(), "cs01": planned()}, SCOPE)["problems"][0]


@pytest.mark.parametrize(
    ("names", "more", "status"),
    [
        ((), {}, "unchanged"),
        (("a",), {}, "go"),
        (("a",), {"check_mode": True}, "planned"),
        (("a",), {"approved": " ABC "}, "go"),
        (("a",), {"approved": "abd"}, "refused"),
        (("a",), {"approved": "Nothing"}, "planned"),
        ((), {"approved": "nothing"}, "planned"),
        (("a",), {"approved": "abd", "check_mode": True}, "refused"),
    ],
)
def test_only_an_approved_plan_with_steps_is_written(
    names: tuple[str, ...], more: dict[str, t.Any], status: str
) -> None:
    decision = decide_run({"localhost": planned(), "cs01": planned(*names), "cs02": planned()}, SCOPE, "abc", **more)
    assert (decision["status"], decision["write"]) == (status, status == "go")


def test_the_digest_stands_below_the_plan() -> None:
    decision = decide_run({"localhost": planned("a"), "cs01": planned(), "cs02": planned()}, SCOPE, "abc")
    assert format_decision(decision, ["Plan: 1"]) == ["Plan: 1", "Digest: abc"]
    assert format_decision(decision, ["Plan: 1"], markdown=True) == ["Plan: 1", "", "Digest: `abc`"]


def test_a_run_that_is_not_in_check_mode_and_writes_nothing_says_so() -> None:
    plans = {"localhost": planned(), "cs01": planned("roles"), "cs02": planned()}
    note = "Note: cvops_approved_plan is nothing, so the run ends with its plan: nothing is written"
    decision = decide_run(plans, SCOPE, "d", " Nothing")
    assert format_decision(decision, ["Plan"]) == ["Plan", note, "Digest: d"]
    for approved, check_mode in (("nothing", True), ("", True), ("d", False), ("", False), ("e", False)):
        assert note not in format_decision(decide_run(plans, SCOPE, "d", approved, check_mode))


def test_where_nothing_was_to_be_done_anywhere_it_is_said_once() -> None:
    plans = {"localhost": planned(), "cs01": planned(), "cs02": planned()}
    for check_mode in (False, True):
        decision = decide_run(plans, SCOPE, check_mode=check_mode)
        assert format_conclusion(conclude_run(decision, plans, {}, SCOPE)) == ["Nothing to do"]
    plans["cs02"] = planned("a")
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, {"cs02": wrote("a")}, SCOPE)
    assert format_conclusion(conclusion) == [
        "Entra ID: unchanged",
        "cs01: unchanged",
        "cs02: applied, 1 change planned, 2 write requests",
    ]


def test_each_host_ends_on_its_own() -> None:
    plans = {"localhost": planned(), "cs01": planned("a", "b"), "cs02": planned("c")}
    failed = collect_pass({"mappings": failure(steps_done=["gets a"], step_failed="gets b", steps_left=["gets d"])})
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, {"cs01": failed, "cs02": wrote("c")}, SCOPE)
    assert {host: found["status"] for host, found in conclusion.items()} == {
        "localhost": "unchanged",
        "cs01": "failed",
        "cs02": "applied",
    }
    assert conclusion["cs01"]["left"] == ["gets b", "gets d"]
    assert conclusion["cs02"]["left"] == []
    assert format_conclusion(conclusion)[1:3] == [
        "cs01: failed, 2 changes planned, 0 write requests: no answer",
        "  left: gets b",
    ]
    assert find_result_failure(conclusion, "cs01") == "failed: no answer"
    assert find_result_failure(conclusion, "cs02") == ""
    assert find_result_failure(conclusion, "cs09") == ""
    assert find_result_failure(conclusion) == "failed: no answer", "of any host"
    assert find_result_failure({"cs02": conclusion["cs02"]}) == find_result_failure({}) == ""


def test_what_was_never_begun_is_left_beside_what_a_task_that_failed_in_between_names() -> None:
    results = {"roles": [step("a"), step("b")], "mappings": [step("c")], "roles_absent": [step("d", "-")]}
    plan = collect_pass({name: {"stats": STATS, "steps": steps} for name, steps in results.items()})
    plans = {"localhost": planned(), "cs01": plan, "cs02": planned()}
    halfway = failure(steps_done=["role a"], step_failed="role b", steps_left=[])
    outcome = collect_pass({"roles": halfway, "mappings": {}, "roles_absent": {}})
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, {"cs01": outcome}, SCOPE)
    assert conclusion["cs01"]["left"] == ["role b", "+ GG-A: gets c", "- GG-A: gets d"]


def test_no_name_in_what_is_left_hides_or_writes_a_line_of_its_own() -> None:
    hostile = "a\x1b[2K\nok: \u202e"
    plan = collect_pass({"mappings": {"stats": STATS, "steps": [{**step("a"), "principal": hostile}]}})
    plans = {"localhost": planned(), "cs01": plan, "cs02": plan}
    halfway = collect_pass({"mappings": failure(steps_done=["b"], step_failed=hostile, steps_left=[hostile])})
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, {"cs01": halfway}, SCOPE)
    assert [len(conclusion[name]["left"]) for name in ("cs01", "cs02")] == [2, 1]
    assert not set("".join(format_conclusion(conclusion))) & set("\x1b\n\u202e")


def test_a_service_that_changed_in_between_and_steps_that_somebody_else_did() -> None:
    plans = {"localhost": planned(), "cs01": planned("a"), "cs02": planned("b", "c")}
    gone = wrote("b")
    gone["steps_gone"] = ["c"]
    outcomes = {"cs01": collect_pass({"mappings": failure("plan_changed")}), "cs02": gone}
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, outcomes, SCOPE)
    assert conclusion["cs01"]["status"] == "plan_changed"
    assert conclusion["cs01"]["left"] == ["+ GG-A: gets a"]
    assert (conclusion["cs02"]["status"], conclusion["cs02"]["left"]) == ("applied", [])
    assert "  already done by somebody else: 1 change" in format_conclusion(conclusion)


def test_a_policy_that_was_held_back_is_left_and_not_done_by_somebody_else() -> None:
    """Of its steps that are gone, the one that was to put it in force is held back; the other one was found done."""
    steps = [{**step("force"), "kind": "enforcement"}, step("name"), step("add")]
    task = "conditional access policy Egress"
    plan = collect_pass({task: {"stats": STATS, "steps": steps}})
    policy = {"display_name": "Egress", "policy_state": "report_only", "held_back": [{"why": "the log was not read"}]}
    result = {"stats": STATS, "steps": steps[2:], "steps_gone": ["force", "name"], "policy": policy}
    plans = {"localhost": plan, "cs01": planned(), "cs02": planned()}

    def conclude(done: dict[str, t.Any]) -> dict[str, t.Any]:
        return conclude_run(decide_run(plans, SCOPE), plans, {"localhost": [collect_pass({task: done})]}, SCOPE)

    conclusion = conclude(result)
    told = conclusion["localhost"]
    assert (told["status"], told["gone"], told["held"]) == ("applied", 1, 1)
    assert told["left"] == ["+ GG-A: gets force"]
    assert format_conclusion(conclusion)[1:4] == [
        "  stays in report-only, because it would have refused sign-ins: 1 policy",
        "  already done by somebody else: 1 change",
        "  left: + GG-A: gets force",
    ]
    # In force, whoever put it there.
    told = conclude({**result, "policy": {**policy, "policy_state": "enabled"}})["localhost"]
    assert (told["gone"], told["held"], told["left"]) == (2, 0, [])


def test_where_entra_failed_the_commcells_are_not_applied() -> None:
    plans = {"localhost": planned("g"), "cs01": planned("a"), "cs02": planned()}
    outcomes = {"localhost": [collect_pass({"mappings": failure()}), {}]}
    assert statuses(decide_run(plans, SCOPE), plans, outcomes) == {
        "localhost": "failed",
        "cs01": "not_applied",
        "cs02": "unchanged",
    }


@given(st.sets(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_what_is_done_and_what_is_left_are_the_plan(names: set[str], done: set[str]) -> None:
    plans = {"localhost": planned(*sorted(names)), "cs01": planned(), "cs02": planned()}
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, {"localhost": wrote(*sorted(names & done))}, SCOPE)
    assert conclusion["localhost"]["left"] == [f"+ GG-A: gets {name}" for name in sorted(names - done)]


def test_what_leaves_entra_id_goes_last() -> None:
    def plan(**steps: t.Any) -> dict[str, t.Any]:
        return collect_pass({name: {"stats": STATS, "steps": listed} for name, listed in steps.items()})

    order = split_entra_tasks(
        plan(application=[step("a")], consent=[], groups=[step("m", "-", "member")], groups_absent=[step("g", "-")])
    )
    assert order["first"] == ["application", "service_principal", "consent", "groups"]
    assert order["last"] == ["groups_absent"]
    order = split_entra_tasks(plan(application=[step("a", "-", "app role")], groups=[step("g")]))
    assert (order["first"], order["last"]) == (["groups"], ["application", "service_principal", "consent"])
    order = split_entra_tasks(
        plan(groups=[step("g")], app_role_assignments=[step("r")], groups_absent=[step("h", "-")])
    )
    assert (order["first"], order["last"]) == (["groups", "app_role_assignments"], ["groups_absent"])
    order = split_entra_tasks(plan(groups=[step("g")], app_role_assignments=[step("r"), step("s", "-")]))
    assert (order["first"], order["last"]) == (["groups"], ["app_role_assignments"])
    order = split_entra_tasks(plan(application=[step("a", "-", "app role")], app_role_assignments=[step("r")]))
    assert order["last"] == ["application", "service_principal", "consent", "app_role_assignments"]
    assert split_entra_tasks(plan(application=[], groups=[])) == {
        "first": [],
        "second": [],
        "access": [],
        "last": [],
        "waiting": [],
    }


def test_what_leaves_entra_id_waits_for_the_commcells_and_for_a_run_of_all_of_them() -> None:
    leaving = collect_pass({"groups_absent": {"stats": STATS, "steps": [step("g", "-")]}})
    plans = {"localhost": leaving, "cs01": planned("a"), "cs02": planned()}
    decision = decide_run(plans, SCOPE)
    good = {"cs01": wrote("a")}
    assert split_entra_tasks(leaving, conclude_run(decision, plans, good, SCOPE), SCOPE)["last"] == ["groups_absent"]
    narrowed = {**SCOPE, "narrowed": True}
    assert split_entra_tasks(leaving, {}, narrowed) == {
        "first": [],
        "second": [],
        "access": [],
        "last": [],
        "waiting": ["groups_absent"],
    }
    told = conclude_run(decision, plans, good, narrowed)["localhost"]
    assert (told["status"], told["left"]) == ("postponed", ["- GG-A: gets g"])
    bad = {"cs01": collect_pass({"mappings": failure()})}
    assert split_entra_tasks(leaving, conclude_run(decision, plans, bad, SCOPE), SCOPE)["last"] == []
    assert find_result_failure(conclude_run(decision, plans, bad, SCOPE), "localhost") == ""


@pytest.mark.parametrize("names", [(), ("a",)])
def test_what_leaves_entra_id_waits_for_what_a_commcell_leaves_to_a_later_run(names: tuple[str, ...]) -> None:
    leaving = collect_pass({"groups_absent": {"stats": STATS, "steps": [step("g", "-")]}})
    partial = {"stats": STATS, "steps": [step(name) for name in names], "role_mappings": {"remaining": 3}}
    plans = {"localhost": leaving, "cs01": collect_pass({"mappings": partial}), "cs02": planned()}
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, {"cs01": wrote(*names)} if names else {}, SCOPE)
    assert split_entra_tasks(leaving, conclusion, SCOPE)["waiting"] == ["groups_absent"]
    assert conclusion["localhost"]["status"] == "postponed"
    assert "  for a later run (max_writes, canary): 3 write requests" in format_conclusion(conclusion)


def test_nothing_was_to_be_done_is_not_said_where_something_is_left_to_a_later_run() -> None:
    rest = collect_pass({"mappings": {"stats": STATS, "steps": [], "role_mappings": {"remaining": 1}}})
    plans = {"localhost": planned(), "cs01": rest, "cs02": planned()}
    assert format_conclusion(conclude_run(decide_run(plans, SCOPE), plans, {}, SCOPE)) == [
        "Entra ID: unchanged",
        "cs01: unchanged",
        "  for a later run (max_writes, canary): 1 write request",
        "cs02: unchanged",
    ]


def test_what_the_scope_notes_is_told_beside_the_plan_and_beside_problems() -> None:
    scope = {**SCOPE, "notes": ["Entra ID is left out: `x` <b>"]}
    decision = decide_run({host: planned("one") for host in ("localhost", *SCOPE["commcells"])}, scope, "d1")
    assert format_decision(decision, ["Plan: x"]) == ["Plan: x", "Note: Entra ID is left out: `x` <b>", "Digest: d1"]
    assert format_decision(decision, ["# Plan: x"], markdown=True) == [
        "# Plan: x",
        "",
        r"Note: Entra ID is left out: \`x\` \<b\>",
        "",
        "Digest: `d1`",
    ]
    assert format_decision({**decision, "problems": ["cs01: no"]})[-1] == "Note: Entra ID is left out: `x` <b>"


def test_reply_urls_are_written_after_the_commcells_also_where_one_has_failed() -> None:
    url = "reply URL of SAML app people on cs01"
    step = {"id": "1", "sign": "+", "kind": "redirect URI", "sentence": "x"}
    found = split_entra_tasks(
        {"steps": {"application": [], url: [step]}}, {"cs02": {"status": "failed"}}, {"narrowed": True}
    )
    assert found == {"first": [], "second": [url], "access": [], "last": [], "waiting": []}


def test_conditional_access_comes_after_what_people_need_and_waits_for_no_commcell() -> None:
    location, policy = "named location Offices", "conditional access policy CA1"
    step = {"id": "1", "sign": "+", "kind": "conditional access policy", "sentence": "x"}
    gone = {**step, "id": "2", "sign": "-"}
    steps = {"application": [step], location: [step], policy: [gone], "named location Old": [], "groups_absent": [gone]}
    found = split_entra_tasks({"steps": steps}, {"cs02": {"status": "failed"}}, {"narrowed": True})
    assert found["access"] == [location, policy] and found["waiting"] == ["groups_absent"]
    assert "application" in found["first"] and not {location, policy} & {*found["first"], *found["last"]}


def test_conditional_access_alone_is_a_run_of_entra_id() -> None:
    scope = select_scope(["cs01"], run_tags=["conditional_access"])
    plans = {"localhost": planned("conditional access policy CA1"), "cs01": collect_pass({})}
    decision = decide_run(plans, scope, "d")
    assert decision["write"]
    assert conclude_run(decision, plans, {"localhost": []}, scope)["localhost"]["status"] == "not_applied"


def test_long_waits_for_quotas_are_told_by_host() -> None:
    def waited(seconds: float) -> dict[str, t.Any]:
        stats = {"reads": 1, "writes": 0, "sign_ins": 1, "waited_s": 60.0, "throttled_s": seconds}
        return collect_pass({"mappings": {"changed": False, "stats": stats}})

    def tell(*seconds: float) -> list[str]:
        plans = dict(zip(["localhost", "cs01", "cs02"], map(waited, seconds), strict=True))
        concluded = conclude_run(decide_run(plans, SCOPE, "d"), plans, {"cs01": waited(seconds[1])}, SCOPE)
        return format_conclusion(concluded)

    (dummy, line) = tell(40, 1, 0)
    assert line == (
        "Tasks waited 42 s for quotas (Entra ID 40 s, cs01 2 s): fewer forks or slices, or cvops_at_once, make it shorter"
    )
    assert tell(2, 1, 0.9) == ["Nothing to do"]
    many = {f"cs{number:02}": {"status": "unchanged", "throttled_s": 1.0 + number} for number in range(8)}
    assert "(cs07 8 s, cs06 7 s, cs05 6 s, cs04 5 s, cs03 4 s, 3 more)" in format_conclusion(many)[1]
