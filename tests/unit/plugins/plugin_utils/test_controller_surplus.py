# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What left the document is told, schedules of it are switched off, and what belongs to others is left alone."""

from __future__ import annotations

import typing as t

from controller_examples import make_document, make_rich_document

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_lines import conclude_setup, format_setup
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_model import (
    MARKED,
    mark_description,
    read_mark,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_objects import plan_objects
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_state import (
    find_state_problems,
    list_batch,
    list_queries,
    read_answers,
)

Document = dict[str, t.Any]
Objects = dict[str, list[dict[str, t.Any]]]
MARK = mark_description("Words", "cvops")


def number(key: str) -> int:
    return sum(ord(letter) * index for index, letter in enumerate(key, 1))


def read(document: Document, **marked: list[dict[str, t.Any]]) -> dict[str, t.Any]:
    """The state of a controller that has everything of the document, and the *marked* objects by kind."""
    state: dict[str, t.Any] = {}
    for _round in range(3):
        results = []
        for item in list_queries(document, state):
            key = item["key"]
            there = marked.get(key.partition("/")[2], []) if key.startswith("marked/") else [{"id": number(key)}]
            results.append({"item": item, "ansible_facts": {"found": there}})
        state = read_answers({"results": results}, state)
    return state


def stale() -> dict[str, list[dict[str, t.Any]]]:
    """A renamed job template with its schedule, one of another document, and objects of people."""
    return {
        "job_templates": [
            {"id": 7, "name": "old apply", "description": MARK},
            {"id": 8, "name": "theirs", "description": mark_description("", "other")},
            {"id": 9, "name": "made by hand", "description": "Made by ana"},
        ],
        "schedules": [
            {"id": 17, "name": "night", "description": MARK, "unified_job_template": 7, "enabled": True},
            {"id": 18, "name": "at rest", "description": MARK, "unified_job_template": 7, "enabled": False},
            {"id": 19, "name": "elsewhere", "description": MARK, "unified_job_template": 4711, "enabled": True},
            {"id": 20, "name": "ana's", "description": "", "unified_job_template": 7, "enabled": True},
            {
                "id": 21,
                "name": "of theirs",
                "description": mark_description("", "other"),
                "unified_job_template": 8,
                "enabled": True,
            },
        ],
    }


def results_of(document: Document, stops: t.Any, **told: t.Any) -> list[dict[str, t.Any]]:
    same = [{"item": {"key": item.key}, "changed": False} for item in plan_objects(document).objects]
    return [{"results": same}, {"results": [{"item": item, **told} for item in stops]}]


def test_what_is_made_is_marked_with_the_prefix_of_the_document() -> None:
    document = make_rich_document()
    document["cvops_controller"]["prefix"] = "prod."
    for item in plan_objects(document).objects:
        description = {**item.options, **item.once}.get("description")
        if item.kind in MARKED:
            assert read_mark(str(description)) == "prod.", item
    assert read_mark("Made by ana, prefix cvops") is None


def test_what_left_the_document_is_named_and_its_schedules_are_switched_off() -> None:
    document = make_document()
    state = read(document, **stale())
    lines = "\n".join(format_setup(document, state))
    assert "  - schedule night of old apply (id 17): it is active, and is now disabled" in lines
    assert "  ? schedule at rest of old apply (id 18)" in lines
    assert "  ? job template old apply (id 7)" in lines
    assert "2 objects with the prefix other, 1 of them schedules that run" in lines
    for name in ("made by hand", "ana's", "elsewhere", "theirs (id"):
        assert name not in lines
    stops = list_batch(document, state, "stops")
    assert [item["options"] for item in stops] == [{"name": "17", "enabled": False}]
    assert list_batch(document, state, "stops", True) == stops

    done = conclude_setup(document, state, results_of(document, stops, changed=True))
    assert (done["changed"], done["switched_off"]) == (True, ["schedule night of old apply (id 17)"])
    assert done["surplus"][0] == done["switched_off"][0]
    assert done["lines"][0].endswith(", switched off: 1")
    assert "enable the new one" in "\n".join(done["lines"])
    left = conclude_setup(document, state, [], False, "no answer")
    assert "IT STILL RUNS" in "\n".join(left["lines"])
    failed = conclude_setup(document, state, results_of(document, stops, failed=True, msg="refused"))
    assert failed["failed"] == ["schedule night"]

    again = stale()
    again["schedules"][0]["enabled"] = False
    state = read(document, **again)
    assert list_batch(document, state, "stops") == []
    quiet = conclude_setup(document, state, results_of(document, []))
    assert (quiet["changed"], len(quiet["surplus"])) == (False, 3)
    assert quiet["lines"][0].startswith("Nothing to do: ")


def test_many_objects_are_cut_and_schedules_that_run_are_not() -> None:
    document = make_document()
    many = stale()
    many["job_templates"] += [{"id": 100 + count, "name": f"old {count}", "description": MARK} for count in range(300)]
    night = many["schedules"][0]
    many["schedules"] += [{**night, "id": 1000 + count, "name": f"night {count}"} for count in range(70)]
    lines = format_setup(document, read(document, **many))
    assert sum("it is active, and is now disabled" in line for line in lines) == 71
    assert "  and 252 more, all of them in awx_setup_result.surplus" in lines
    assert len(lines) < 130


def test_what_the_document_has_or_uses_is_no_surplus() -> None:
    document = make_rich_document()
    own: Objects = {kind: [] for kind in MARKED}
    for item in plan_objects(document).objects:
        if item.kind in MARKED:
            own[item.kind].append({"id": number(item.key), "name": item.name, "description": MARK})
    # Made by an earlier run, and now named as one that is there.
    own["credentials"].append({"id": number("credentials/Registry"), "name": "Registry", "description": MARK})
    state = read(document, **own)
    assert conclude_setup(document, state, results_of(document, []))["surplus"] == []
    assert list_batch(document, state, "stops") == []


def test_what_the_modules_cannot_take_out_is_named() -> None:
    document = make_document()
    state = read(document)
    state["job_templates/cvops plan"]["lasting"] = 3
    state["projects/cvops project"]["lasting"] = 4
    lines = "\n".join(format_setup(document, state))
    assert "job template cvops plan: the document has no execution environment, but the object has one" in lines
    assert "project cvops project: the document has no credential, but the object has one" in lines
    rich = make_rich_document()
    state = read(rich)
    state["job_templates/cvops plan"]["lasting"] = 3
    assert "but the object has one" not in "\n".join(format_setup(rich, state))


def test_what_leaves_the_document_of_a_template_is_taken_out() -> None:
    jobs = {item.name: item for item in plan_objects(make_rich_document()).objects if item.kind == "job_templates"}
    assert jobs["cvops converge Entra ID"].options["survey_spec"] == {}
    assert jobs["cvops converge Entra ID"].options["survey_enabled"] is False
    for item in plan_objects(make_document()).objects:
        if item.kind in ("job_templates", "workflow_job_templates"):
            for event in ("started", "success", "error"):
                assert item.options[f"notification_templates_{event}"] == []
        if item.kind == "job_templates":
            assert [item.options[name] for name in ("limit", "skip_tags", "start_at_task")] == ["", "", ""]
        if item.kind == "workflow_job_templates":
            assert (item.options["extra_vars"], item.options["ask_variables_on_launch"]) == ({}, False)


def test_what_entra_id_may_still_trust_is_told_with_the_options_that_remove_it() -> None:
    document = make_document(workload_identity={"issuer": "https://aap.corp.example/o"})
    state = read(document, **stale())
    done = conclude_setup(document, state, results_of(document, []))
    (gone,) = done["identities_gone"]
    assert gone["subject"].endswith(":job_template:old apply")
    assert gone["federated_credential"]["state"] == "absent"
    assert gone["federated_credential"]["name"].startswith("awx-old-apply-")
    assert gone["identities"] == ["converge", "evidence"]
    assert any(gone["federated_credential"]["name"] in line for line in done["lines"])
    assert gone["federated_credential"]["name"] not in {
        trust["federated_credential"]["name"] for trust in done["identities"]
    }
    assert conclude_setup(make_document(), state, [])["identities_gone"] == []


def test_who_may_not_make_credential_types_is_told_before_the_first_write() -> None:
    document = make_document()
    state = read(document)
    state["me"] |= {"name": "ana", "is_administrator": False}
    assert find_state_problems(document, state) == []
    for key in state:
        if key.startswith("credential_types/"):
            state[key] = {"count": 0}
    (problem,) = find_state_problems(document, state)
    assert problem.startswith("the user ana is not a system administrator, but the controller lacks ")
    state["me"]["is_administrator"] = True
    assert find_state_problems(document, state) == []
