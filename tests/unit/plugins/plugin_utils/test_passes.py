# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes from play to play: scopes, plans, decisions and conclusions."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.passes import (
    collect_pass,
    collect_run_results,
    conclude_run,
    decide_run,
    describe_failure,
    find_result_failure,
    format_conclusion,
    format_decision,
    list_approved_ids,
    merge_options_of_localhost,
    select_scope,
    split_entra_tasks,
)

STATS = {"reads": 3, "writes": 0, "sign_ins": 1}
WROTE = {"reads": 3, "writes": 2, "sign_ins": 1}
SCOPE = select_scope(["cs01", "cs02"])


def step(name: str, sign: str = "+", kind: str = "grant") -> dict[str, str]:
    return {"id": name, "action": "add", "sign": sign, "kind": kind, "principal": "GG-A", "sentence": f"gets {name}"}


def planned(*names: str) -> dict[str, t.Any]:
    return collect_pass({"mappings": {"stats": STATS, "changed": True, "steps": [step(name) for name in names]}})


def wrote(*names: str) -> dict[str, t.Any]:
    return collect_pass({"mappings": {"stats": WROTE, "changed": True, "steps": [step(name) for name in names]}})


def failure(kind: str = "api", **more: t.Any) -> dict[str, t.Any]:
    return {"stats": STATS, "failed": True, "msg": "no answer", "error": {"kind": kind}, **more}


def statuses(decision: t.Any, plans: t.Any, outcomes: t.Any) -> dict[str, str]:
    return {host: found["status"] for host, found in conclude_run(decision, plans, outcomes, SCOPE).items()}


def test_without_a_selection_everything_is_done() -> None:
    scope = select_scope(["b", "a"], run_tags=["all"])
    assert (scope["commcells"], scope["parts"], scope["narrowed"]) == (
        ["b", "a"],
        ["entra", "sso", "roles", "mappings"],
        False,
    )
    assert scope["problems"] == []


@pytest.mark.parametrize(
    ("more", "commcells", "parts"),
    [
        ({"only": "EMEA-*"}, ["emea-1"], 4),
        ({"only": ["emea-1", "apac-1"]}, ["emea-1", "apac-1"], 4),
        ({"grouped": ["emea-1", "apac-1"], "limited": ["apac-1", "localhost"]}, ["apac-1"], 4),
        ({"run_tags": ["mappings"]}, ["emea-1", "apac-1"], 1),
        ({"skip_tags": ["entra", "sso"]}, ["emea-1", "apac-1"], 2),
        ({"grouped": ["emea-1"]}, ["emea-1"], 4),
    ],
)
def test_a_narrowed_run_says_so(more: dict[str, t.Any], commcells: list[str], parts: int) -> None:
    scope = select_scope(["emea-1", "apac-1"], **more)
    assert (scope["commcells"], len(scope["parts"]), scope["problems"]) == (commcells, parts, [])
    assert scope["narrowed"] == (len(commcells) < 2 or parts < 4)


@pytest.mark.parametrize(
    ("names", "more", "told"),
    [
        (["localhost"], {}, "localhost needs another name"),
        (["cs01:8080"], {}, "cs01:8080 needs another name"),
        (["cs01"], {"only": "cs02"}, "cvops_only=cs02 matches no CommCell; there are: cs01"),
        (["cs01", "cs02"], {"limited": ["localhost"], "only": "cs02"}, "--limit leaves out cs02: "),
        (["cs01"], {"run_tags": ["mapings"]}, "the tags leave nothing to do; this playbook has: entra, sso"),
    ],
)
def test_a_selection_that_cannot_be_is_a_problem(names: list[str], more: dict[str, t.Any], told: str) -> None:
    (problem,) = select_scope(names, **more)["problems"]
    assert told in problem


def test_a_limit_to_localhost_is_enough_for_entra_id_alone() -> None:
    scope = select_scope(["cs01"], limited=["localhost"], run_tags=["entra"])
    assert (scope["commcells"], scope["problems"], scope["narrowed"]) == ([], [], True)


def test_a_pass_keeps_steps_counts_and_problems_and_no_object() -> None:
    results = {
        "groups": {"results": [{"stats": WROTE, "group": {"secret": 1}, "steps": [step("one")]}, {"skipped": True}]},
        "mappings": None,
    }
    found = collect_pass(results)
    assert found["steps"] == {"groups": [step("one")], "mappings": []}
    assert (found["reads"], found["writes"], found["problems"], found["changed"]) == (3, 2, [], True)
    assert "secret" not in str(found)


def test_problems_of_a_failure_that_was_taken_back_are_told_with_the_item() -> None:
    """In the planning pass failed_when says that nothing failed, and only the error is left."""
    problems = [{"kind": "not_found", "where": "mappings[50]", "principal": "GG-A", "message": "no role Viewer"}]
    result = {
        "stats": STATS,
        "failed": False,
        "failed_when_result": False,
        "msg": "x",
        "error": {"kind": "config", "problems": problems},
    }
    assert collect_pass({"mappings": result})["problems"] == ["mappings[50] (GG-A): no role Viewer"]
    item = {
        "failed": False,
        "failed_when_result": False,
        "msg": "display_name is missing",
        "item": {"name": "Oper\u202eator"},
    }
    assert collect_pass({"roles": {"results": [item]}})["problems"] == ["Oper\\u202eator: display_name is missing"]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("error was 'vault_x' is undefined in {'password': 'S3cret'}", "vault_x is not defined"),
        (
            "templating '{password: S3cret}': cvops.identity.commcell_options: there is no CommCell 'x'",
            "there is no CommCell 'x'",
        ),
        ("boom S3cret", "the task 'Do it' failed unexpectedly"),
    ],
)
def test_what_ansible_says_is_not_repeated(message: str, told: str) -> None:
    text = describe_failure({"msg": message}, "Do it")
    assert text.startswith(told)
    assert "S3cret" not in text
    assert describe_failure({"msg": message}, "Do it", "cvops.identity.entra_group") == ""


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


def test_a_service_that_changed_in_between_and_steps_that_somebody_else_did() -> None:
    plans = {"localhost": planned(), "cs01": planned("a"), "cs02": planned("b", "c")}
    gone = wrote("b")
    gone["steps_gone"] = ["c"]
    outcomes = {"cs01": collect_pass({"mappings": failure("plan_changed")}), "cs02": gone}
    conclusion = conclude_run(decide_run(plans, SCOPE), plans, outcomes, SCOPE)
    assert conclusion["cs01"]["status"] == "plan_changed"
    assert conclusion["cs01"]["left"] == ["+ GG-A: gets a"]
    assert (conclusion["cs02"]["status"], conclusion["cs02"]["left"]) == ("applied", [])
    assert "  done already, somebody else was faster: 1 change" in format_conclusion(conclusion)


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
    assert split_entra_tasks(plan(application=[], groups=[])) == {"first": [], "last": [], "waiting": []}


def test_what_leaves_entra_id_waits_for_the_commcells_and_for_a_run_of_all_of_them() -> None:
    leaving = collect_pass({"groups_absent": {"stats": STATS, "steps": [step("g", "-")]}})
    plans = {"localhost": leaving, "cs01": planned("a"), "cs02": planned()}
    decision = decide_run(plans, SCOPE)
    good = {"cs01": wrote("a")}
    assert split_entra_tasks(leaving, conclude_run(decision, plans, good, SCOPE), SCOPE)["last"] == ["groups_absent"]
    narrowed = {**SCOPE, "narrowed": True}
    assert split_entra_tasks(leaving, {}, narrowed) == {"first": [], "last": [], "waiting": ["groups_absent"]}
    told = conclude_run(decision, plans, good, narrowed)["localhost"]
    assert (told["status"], told["left"]) == ("postponed", ["- GG-A: gets g"])
    bad = {"cs01": collect_pass({"mappings": failure()})}
    assert split_entra_tasks(leaving, conclude_run(decision, plans, bad, SCOPE), SCOPE)["last"] == []
    assert find_result_failure(conclude_run(decision, plans, bad, SCOPE), "localhost") == ""


def test_only_the_steps_of_a_task_are_approved_for_it() -> None:
    plan = collect_pass({"groups": {"stats": STATS, "steps": [step("a")]}, "mappings": {"stats": STATS, "steps": []}})
    assert list_approved_ids(plan) == {"groups": ["a"], "mappings": []}
    assert list_approved_ids(plan, ["mappings", "other"]) == {"mappings": []}


def test_results_of_all_hosts_make_those_of_the_roles() -> None:
    groups = {"stats": WROTE, "changed": True, "groups": [{"display_name": "GG-A", "object_id": "1", "changed": True}]}
    roles = {
        "stats": WROTE,
        "changed": True,
        "roles": [{"name": "R", "changed": True}, {"name": "S", "changed": False}],
    }
    results = {
        "localhost": [{"stats": STATS, "changed": False, "application": {"app_id": "7"}}, {}, groups],
        "cs01": [roles, {"stats": WROTE, "changed": False, "role_mappings": {"grants": [1]}}],
    }
    found = collect_run_results(results)
    assert found["registration"]["application"] == {"app_id": "7"}
    assert found["role_mappings"]["entra_groups"] == {"GG-A": "1"}
    assert found["role_mappings"]["writes"] == 6
    assert found["role_mappings"]["commcells"]["cs01"]["roles_changed"] == ["R"]
    assert found["role_mappings"]["commcells"]["cs01"]["mappings"] == {"grants": [1]}
    assert collect_run_results({"localhost": [{}], "cs01": []}) == {"registration": {}, "role_mappings": {}}


def test_options_that_only_localhost_has_hold_for_its_commcells() -> None:
    options = {"exclusive": False, "canary": False, "match_by": "azure_guid"}
    variables = {"role_mappings_exclusive": True, "role_mappings_canary": True, "other": 1}
    found = merge_options_of_localhost(options, "role_mappings_", variables, ["role_mappings_canary"])
    assert found == {"exclusive": True, "canary": False, "match_by": "azure_guid"}
