# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of the tasks of a pass: steps, counts and problems, and no object."""

from __future__ import annotations

import typing as t

import pytest
from pass_fakes import STATS, WROTE, step

from ansible_collections.cvops.identity.plugins.plugin_utils.filter_values import FilterInputError
from ansible_collections.cvops.identity.plugins.plugin_utils.passes import (
    collect_pass,
    collect_run_results,
    describe_failure,
    group_results_by_host,
    list_approved_ids,
    merge_options_of_localhost,
)


def test_a_pass_keeps_steps_counts_and_problems_and_no_object() -> None:
    results = {
        "groups": {"results": [{"stats": WROTE, "group": {"secret": 1}, "steps": [step("one")]}, {"skipped": True}]},
        "mappings": None,
    }
    found = collect_pass(results)
    assert found["steps"] == {"groups": [step("one")], "mappings": []}
    assert (found["reads"], found["writes"], found["problems"], found["changed"]) == (3, 2, [], True)
    assert "secret" not in str(found)
    assert found["remaining"] == 0


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
    told = collect_run_results(results, ["GG-*"])["role_mappings"]["commcells"]["cs01"]
    assert told["managed_groups"] == ["GG-*"]
    for own, patterns in (({"cs01": [], "cs02": ["GG-*"]}, []), ({"cs01": ["CV-*"]}, ["CV-*"])):
        told = collect_run_results(results, own)["role_mappings"]["commcells"]["cs01"]
        assert told["managed_groups"] == patterns
    assert collect_run_results({"localhost": [{}], "cs01": []}) == {
        "registration": {},
        "role_mappings": {},
        "sign_on": {},
        "credentials": {},
        "conditional_access": {},
    }


@pytest.mark.parametrize(("part", "noun"), [("sign_on", "saml_app"), ("credentials", "credential")])
def test_saml_apps_and_credentials_are_results_of_their_own(part: str, noun: str) -> None:
    made = {"changed": True, noun: {"name": "people"}, "stats": {"reads": 1, "writes": 2, "sign_ins": 0}}
    found = collect_run_results({"localhost": [{}], "cs01": [{"results": [made]}], "cs02": []})
    assert [name for name, told in found.items() if told] == [part]
    assert found[part]["changed"] and found[part]["writes"] == 2
    assert found[part]["commcells"] == {"cs01": [{"name": "people"}]}


def test_results_of_tasks_are_grouped_by_host() -> None:
    variables = [{"first": {"a": 1}, "secret": "s"}, {"second": {"b": 3}, "first": {"a": 2}}]
    found = group_results_by_host(variables, ["localhost", "cs01"], ["first", "second"])
    assert found == {"localhost": [{"a": 1}, {}], "cs01": [{"a": 2}, {"b": 3}]}
    assert group_results_by_host([], [], ["first"]) == {}
    with pytest.raises(FilterInputError, match="variables of 1 hosts, and 2 hosts"):
        group_results_by_host([{}], ["localhost", "cs01"], ["first"])
    with pytest.raises(FilterInputError, match="cs01 is not a host of this run"):
        group_results_by_host([{}, "a text"], ["localhost", "cs01"], ["first"])


def test_only_the_named_variables_of_a_host_are_evaluated() -> None:
    class Variables(dict[str, t.Any]):
        def __getitem__(self, name: str) -> t.Any:
            assert name != "secret"
            return super().__getitem__(name)

    found = group_results_by_host([Variables(first={"a": 1}, secret="s")], ["cs01"], ["first"])
    assert found == {"cs01": [{"a": 1}]}


def test_options_that_only_localhost_has_hold_for_its_commcells() -> None:
    options = {"exclusive": False, "canary": False, "match_by": "azure_guid"}
    variables = {"role_mappings_exclusive": True, "role_mappings_canary": True, "other": 1}
    found = merge_options_of_localhost(options, "role_mappings_", variables, ["role_mappings_canary"])
    assert found == {"exclusive": True, "canary": False, "match_by": "azure_guid"}


def test_optional_options_are_left_out_where_they_are_empty_and_others_are_kept() -> None:
    options = {"document": "", "max_writes": 7, "accept_risk": ["x"], "canary": False, "match_by": ""}
    variables = {"role_mappings_accept_risk": []}
    optional = ["document", "max_writes", "accept_risk"]
    found = merge_options_of_localhost(options, "role_mappings_", variables, [], optional)
    assert found == {"max_writes": 7, "canary": False, "match_by": ""}


def test_conditional_access_is_a_result_of_its_own() -> None:
    made = {"changed": True, "policy": {"display_name": "CA1"}, "stats": {"reads": 1, "writes": 2, "sign_ins": 0}}
    location = {
        "changed": False,
        "named_location": {"display_name": "L"},
        "stats": {"reads": 1, "writes": 0, "sign_ins": 0},
    }
    found = collect_run_results({"localhost": [{"results": [location, made]}], "cs01": []})
    assert [name for name, told in found.items() if told] == ["conditional_access"]
    access = found["conditional_access"]
    assert access["changed"] and access["writes"] == 2
    assert access["named_locations"] == [{"display_name": "L", "planned": False}]
    assert access["policies"] == [{"display_name": "CA1", "planned": False}]


@pytest.mark.parametrize(
    "kind", ["named location ", "conditional access policy ", "credential ", "SAML app ", "reply URL of SAML app "]
)
def test_problems_say_which_task_of_several_they_are_of(kind: str) -> None:
    def fail(**error: t.Any) -> dict[str, t.Any]:
        return {"failed": True, "msg": "refused", "stats": STATS, "error": {"kind": "config", **error}}

    problem = {"where": "applications.include", "message": "two are called Console"}
    tasks = {f"{kind}A\u202e": fail(), f"{kind}B": fail(problems=[problem]), f"{kind}C": fail(problems=[problem])}
    said = f"{kind.capitalize()}D would be in force"
    assert collect_pass({**tasks, f"{kind}D": {**fail(), "msg": said}})["problems"] == [
        f"{kind}A\\u202e: refused",
        f"{kind}B: applications.include: two are called Console",
        f"{kind}C: applications.include: two are called Console",
        said,
    ]
