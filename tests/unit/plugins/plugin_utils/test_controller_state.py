# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a controller has decides what is looked up next, what is given, and what people are told."""

from __future__ import annotations

import typing as t

from controller_examples import make_document, make_rich_document

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_approvals import (
    describe_approval_node,
    format_published_plan,
    read_approval,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_lines import (
    conclude_setup,
    format_setup,
    format_trusts,
    list_trusts,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_model import MARKED
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_objects import plan_objects
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_state import (
    find_playbook_problem,
    find_state_problems,
    list_batch,
    list_queries,
    read_answers,
)

Document = dict[str, t.Any]


def answer(document: Document, there: t.Callable[[str], list[dict[str, t.Any]]], rounds: int = 3) -> dict[str, t.Any]:
    """The state after the look-ups; *there*: the objects by key of the query."""
    state: dict[str, t.Any] = {}
    for _round in range(rounds):
        queries = list_queries(document, state)
        results = [{"item": item, "ansible_facts": {"found": there(item["key"])}} for item in queries]
        state = read_answers({"results": results}, state)
    return state


def everything(key: str) -> list[dict[str, t.Any]]:
    return [{"id": len(key), "status": "successful", "organization": None}]


def nothing(key: str) -> list[dict[str, t.Any]]:
    return everything(key) if key.startswith(("organizations/", "notification_templates/Pager")) else []


def used_only(key: str) -> list[dict[str, t.Any]]:
    used = {"/".join(reference) for reference in plan_objects(make_rich_document()).uses}
    return everything(key) if key in used else []


def test_everything_is_looked_up_once_in_three_rounds() -> None:
    document = make_rich_document()
    state = answer(document, everything)
    assert list_queries(document, state) == []
    keys = {item.key for item in plan_objects(document).objects if item.kind != "workflow_links"}
    assert {key for key in state if not key.startswith("marked/")} == keys | {"me"} | {
        "/".join(used) for used in plan_objects(document).uses
    }
    assert {key.partition("/")[2] for key in state if key.startswith("marked/")} == set(MARKED)
    hosts = [item for item in list_queries(document, answer(document, everything, 1)) if item["endpoint"] == "projects"]
    assert hosts == [
        {
            "key": "projects/cvops project",
            "endpoint": "projects",
            "params": {"name": "cvops project", "organization": len("organizations/Platform")},
            "all": False,
        },
        {
            "key": "marked/projects",
            "endpoint": "projects",
            "params": {
                "description__contains": "Made by cvops.identity.awx_setup",
                "page_size": 200,
                "organization": len("organizations/Platform"),
            },
            "all": True,
        },
    ]


def test_what_lies_in_something_that_is_not_there_is_not_looked_up() -> None:
    state = answer(make_document(), nothing)
    assert not any(key.startswith(("hosts/", "groups/", "schedules/", "workflow_nodes/")) for key in state)


def test_check_mode_leaves_out_what_modules_cannot_look_up() -> None:
    document = make_document()

    def batch(state: t.Any, check_mode: bool) -> list[str]:
        return [item["name"] for item in list_batch(document, state, "job_templates", check_mode)]

    assert len(batch(answer(document, nothing), False)) == 5
    assert batch(answer(document, nothing), True) == []
    assert len(batch(answer(document, everything), True)) == 5
    without = answer(document, lambda key: [] if key == "credentials/cvops Entra ID converge" else everything(key))
    assert batch(without, True) == ["cvops expiry report", "cvops access questions"]


def test_what_people_fill_in_is_given_once() -> None:
    document = make_rich_document()
    for there, is_given in ((used_only, True), (everything, False)):
        state = answer(document, there)
        (node,) = [item for item in list_batch(document, state, "workflow_nodes") if "approval_node" in item["options"]]
        assert ("description" in node["options"]["approval_node"]) is is_given
        (chat,) = list_batch(document, state, "notification_templates")
        assert ("notification_configuration" in chat["options"]) is is_given


def test_what_others_have_to_make_is_told() -> None:
    document = make_rich_document()
    found = find_state_problems(document, answer(document, lambda key: []))
    assert len(found) >= 1
    assert "no organization Platform" in found[0]
    assert not any("Pager" in line for line in found), "it was not looked up"
    found = find_state_problems(document, answer(document, lambda key: everything(key) * 2))
    assert any("2 objects of the kind credential" in line for line in found)
    assert find_state_problems(document, answer(document, used_only)) == []

    def foreign(key: str) -> list[dict[str, t.Any]]:
        return [{**everything(key)[0], "organization": 9999}]

    assert any(
        "belongs to another organization" in line for line in find_state_problems(document, answer(document, foreign))
    )


def results(document: Document, **told: t.Any) -> list[dict[str, t.Any]]:
    return [
        {"results": [{"item": {"key": item.key}, "changed": False, **told} for item in plan_objects(document).objects]}
    ]


def test_the_end_says_what_came_of_it() -> None:
    document = make_document()
    empty, full = answer(document, nothing), answer(document, everything)
    count = len(plan_objects(document).objects)
    first = conclude_setup(document, empty, results(document, changed=True))
    assert (first["changed"], len(first["created"]), first["lines"][0]) == (
        True,
        count,
        f"created: {count}, set right: 0, unchanged: 0",
    )
    second = conclude_setup(document, full, results(document))
    assert (second["changed"], second["lines"]) == (
        False,
        [f"Nothing to do: all {count} objects are as in the document"],
    )
    planned = conclude_setup(document, empty, [], True)
    assert (planned["changed"], planned["lines"][0].startswith(f"would be created: {count}")) == (True, True)
    failed = conclude_setup(document, full, results(document, failed=True), False, "no answer")
    assert "Stopped early: no answer" in failed["lines"][-1]
    said = results(document, failed=True, msg="Field {{ x }} is wrong: s3cret-of-the-run")
    told = conclude_setup(document, full, said, False, "no answer", ["s3cret-of-the-run"])["lines"]
    assert "  failed: job template cvops plan: Field {{ x }} is wrong: ********" in told
    assert "s3cret" not in str(told)
    noted = conclude_setup(document, full, results(document), True, "", [], "playbooks are missing")["lines"]
    assert noted[1:] == ["Note: playbooks are missing"]
    assert len(failed["failed"]) == count


def test_playbooks_that_the_project_lacks_are_told_together_with_what_to_add() -> None:
    document = make_document()
    assert find_playbook_problem(document, ["playbooks/site.yml", "playbooks/expiry.yml", "playbooks/access.yml"]) == ""
    found = find_playbook_problem(document, ["playbooks/site.yml", "other.yml"])
    for name in ("expiry", "access"):
        assert f"playbooks/{name}.yml with the one line '- import_playbook: cvops.identity.{name}'" in found
    assert "site" not in found
    document["cvops_controller"]["project"]["playbooks"] = ""
    assert find_playbook_problem(document, ["site.yml", "expiry.yml", "access.yml"]) == ""


def test_the_plan_names_every_object_that_is_to_be_made() -> None:
    document = make_document()
    lines = format_setup(document, answer(document, nothing))
    assert len(lines) == 1 + len(plan_objects(document).objects)
    assert "  + job template cvops apply: writes only the plan that was approved" in lines
    again = format_setup(document, answer(document, everything))
    assert again[0] == "Plan for organization Platform: nothing to create"


def test_what_entra_id_has_to_trust_is_told_as_options() -> None:
    document = make_rich_document()
    trusts = list_trusts(document)
    assert {trust["identity"] for trust in trusts} == {"converge", "rotate", "evidence"}
    (plan,) = [trust for trust in trusts if trust["subject"].endswith(":job_template:cvops plan")]
    assert plan["subject"].startswith("workload_type:aap_controller_automation_job:organization:Platform:")
    assert plan["federated_credential"]["awx"] == {
        "issuer": "https://aap.corp.example/o",
        "organization": "Platform",
        "job_template": "cvops plan",
    }
    assert plan["federated_credential"]["audiences"] == ["api://AzureADTokenExchange"]
    lines = format_trusts(document)
    assert f"  converge: subject {plan['subject']}" in lines
    assert any(line.startswith("  Note: Whether a job gets a token") for line in lines)
    assert list_trusts(make_document()) == []
    assert "set cvops_controller.workload_identity" in format_trusts(make_document())[0]
    pods = {
        "issuer": "https://oidc.corp.example",
        "namespace": "awx",
        "service_accounts": {"converge": "cvops-converge"},
    }
    (one,) = list_trusts(make_document(workload_identity={"kubernetes": pods}))
    assert one["subject"] == "system:serviceaccount:awx:cvops-converge"


def test_the_published_plan_is_cut_and_holds_no_template() -> None:
    lines = [
        "# Plan: 1 grant added",
        *["+ role {{ lookup('pipe', 'id') }} {% x %} {# y #} {{{ z"] * 5000,
        "Digest: `ab`",
    ]
    found = format_published_plan(lines, "ab")
    assert found["cvops_approved_plan"] == "ab"
    text = found["cvops_plan_markdown"]
    assert len(text) < 61_000
    assert not any(mark in text for mark in ("{{", "{%", "{#"))
    assert "more lines: the job of the plan has all of it" in text
    node = describe_approval_node({"name": "ask", "timeout": 60}, found, 17)
    assert (node["name"], node["timeout"]) == ("ask", 60)
    assert node["description"].startswith("Digest ab. All of the plan: the last event of job 17")
    assert len(node["description"]) < 2_200


def test_who_approved_is_told_or_is_not_known() -> None:
    people = {"approved_or_denied_by": {"username": "ana\u202e"}}
    found = read_approval(
        {"id": 22, "status": "successful", "finished": "2026-11-25T22:36:17Z", "summary_fields": people}
    )
    assert found["line"] == "Approved by: ana\\u202e, 2026-11-25T22:36:17Z (workflow approval 22)"
    for approval in ({}, {"status": "failed", "summary_fields": people}, {"status": "successful"}):
        assert read_approval(approval, "no credential")["line"] == "Approved by: not known (no credential)"
