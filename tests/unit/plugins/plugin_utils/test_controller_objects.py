# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a controller is to have: in an order in which it can be made, with names that everybody finds, and without a secret."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from controller_examples import make_document, make_rich_document
from jinja2 import Environment

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_credential_types import (
    ENTRA_TYPES,
    FORBIDDEN_ENV,
    VAULT_TYPE,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_export import VARIABLES, export_variables
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_model import KINDS, ControllerObject
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_objects import plan_objects
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_settings import METHODS, reduce_document

BOTH = pytest.mark.parametrize("make", [make_document, make_rich_document])
Make = t.Callable[[], dict[str, t.Any]]


def find(document: dict[str, t.Any], kind: str) -> dict[str, ControllerObject]:
    return {item.name: item for item in plan_objects(document).objects if item.kind == kind}


@BOTH
def test_what_is_needed_comes_before_who_needs_it(make: Make) -> None:
    plan = plan_objects(make())
    known = set(plan.uses)
    for item in plan.objects:
        assert known.issuperset(item.needs), item
        known.add((item.kind, item.name))
    ranks = [list(KINDS).index(item.kind) for item in plan.objects]
    assert ranks == sorted(ranks)
    assert len({item.key for item in plan.objects}) == len(plan.objects)


@BOTH
def test_templates_projects_workflows_and_schedules_have_names_of_their_own(make: Make) -> None:
    looked_up = ("projects", "job_templates", "workflow_job_templates", "schedules")
    names = [item.name for item in plan_objects(make()).objects if item.kind in looked_up]
    assert len(set(names)) == len(names) > 8
    assert not any("++" in name for name in names)


@BOTH
def test_nothing_of_it_is_a_secret(make: Make) -> None:
    document = make()
    plan = plan_objects(document)
    assert "s3cret" not in json.dumps([dataclasses.asdict(item) for item in plan.objects])
    assert "s3cret" not in json.dumps(export_variables(document))
    reduced = reduce_document(document)
    assert "s3cret" not in json.dumps(reduced)
    assert plan_objects(reduced).objects == plan.objects


@BOTH
def test_credentials_have_no_inputs_ever(make: Make) -> None:
    for item in find(make(), "credentials").values():
        assert "inputs" not in {**item.options, **item.once}
        assert item.options["update_secrets"] is False


def test_a_job_takes_no_two_credentials_of_one_type() -> None:
    for document in (make_document(), make_rich_document()):
        types = {item.name: item.options["credential_type"] for item in find(document, "credentials").values()}
        for job in find(document, "job_templates").values():
            taken = [types[name] for name in job.options["credentials"] if name in types]
            assert len(set(taken)) == len(taken)


def test_several_commcells_sign_in_in_one_job() -> None:
    document = make_document()
    types = find(document, "credential_types")
    env = [set(types[f"cvops CommCell {name}"].options["injectors"]["env"]) for name in ("emea-cs01", "apac-cs01")]
    assert env == [
        {f"CVOPS_COMMCELL_{name}_USERNAME", f"CVOPS_COMMCELL_{name}_PASSWORD"} for name in ("EMEA_CS01", "APAC_CS01")
    ]
    told = json.dumps(find(document, "job_templates")["cvops apply"].options["extra_vars"]["cvops_connection"])
    assert all(name in told for name in env[0] | env[1])


@BOTH
def test_types_are_what_a_controller_takes(make: Make) -> None:
    for item in find(make(), "credential_types").values():
        inputs, injectors = item.options["inputs"], item.options["injectors"]
        fields = {field["id"] for field in inputs["fields"]}
        assert all(field["type"] == "string" for field in inputs["fields"]), "else it is written again at each run"
        assert fields.issuperset(inputs.get("required", ()))
        assert set(injectors) <= {"env", "file"}
        for name, template in injectors["env"].items():
            assert not name.startswith("ANSIBLE_")
            assert name not in FORBIDDEN_ENV
            # As a controller renders what nobody has filled in: to nothing, and our options take nothing for not set.
            rendered = Environment(autoescape=False).from_string(template).render(tower={"filename": {}})
            assert rendered == "" or name == "CVOPS_AUTH_METHOD"


def test_the_example_and_the_role_have_the_same_types() -> None:
    example = yaml.safe_load((ROOT / "docs/examples/awx_credential_types.yml").read_text())
    shown = {item["name"]: item for item in example}
    for described in (*ENTRA_TYPES.values(), VAULT_TYPE):
        assert shown[described["name"]] == described
    assert set(ENTRA_TYPES) == set(METHODS)


def test_slices_get_a_job_of_their_own_and_entra_id_one() -> None:
    jobs = find(make_rich_document(), "job_templates")
    assert jobs["cvops converge CommCells"].options["job_slice_count"] == 2
    assert (jobs["cvops converge Entra ID"].options["job_tags"], jobs["cvops apply"].options["job_slice_count"]) == (
        "entra",
        1,
    )
    assert "cvops converge CommCells" not in find(make_document(), "job_templates")


def test_approval_and_links_are_made_in_two_calls() -> None:
    nodes = find(make_rich_document(), "workflow_nodes")
    assert "success_nodes" not in nodes["approve"].options
    assert nodes["approve"].options["approval_node"] == {"name": "cvops approve the plan", "timeout": 86400}
    assert "digest" in nodes["approve"].once["approval_node"]["description"]
    links = [item for item in plan_objects(make_rich_document()).objects if item.kind == "workflow_links"]
    assert [(item.name, item.options["success_nodes"]) for item in links] == [
        ("plan", ["approve"]),
        ("approve", ["apply"]),
        ("entra", ["converge"]),
    ]


def test_the_job_that_applies_writes_nothing_without_what_the_plan_hands_on() -> None:
    """An artifact overrides a variable of the template, and without one the run ends with its plan, also where the survey was switched off."""
    given = {
        name: {
            key: value
            for key, value in job.options["extra_vars"].items()
            if key.startswith(("cvops_approved", "cvops_plan"))
        }
        for name, job in find(make_rich_document(), "job_templates").items()
    }
    assert given.pop("cvops apply") == {"cvops_approved_plan": "nothing"}
    assert not any(given.values())


def test_the_decisions_of_a_review_need_no_sign_in() -> None:
    job = find(make_rich_document(), "job_templates")["cvops access review"].options
    assert (job["credentials"], job["playbook"]) == ([], "playbooks/review.yml")
    assert "cvops_connection" not in job["extra_vars"]
    questions = {question["variable"]: question["required"] for question in job["survey_spec"]["spec"]}
    assert questions == dict.fromkeys(("review_bundle", "review_signoff", "review_document", "review_patch"), True)


def test_schedules_are_as_they_are_stored_and_answer_what_is_required() -> None:
    found = find(make_rich_document(), "schedules")
    weekly = found["cvops change with approval schedule"]
    assert weekly.options["rrule"].endswith("050000 RRULE:FREQ=WEEKLY;INTERVAL=1;UNTIL=20301231T230000Z")
    assert weekly.options["extra_data"] == {"reason": "weekly"}
    assert (weekly.options["enabled"], weekly.once) == (True, {})
    evidence = found["cvops access evidence schedule"]
    assert evidence.options["extra_data"] == {"access_evidence_fail_on": "critical"}
    assert ("enabled" not in evidence.options, evidence.once) == (True, {"enabled": False})


def test_what_others_have_made_is_named_and_not_made() -> None:
    plan = plan_objects(make_rich_document())
    assert set(plan.uses) == {
        ("organizations", "Platform"),
        ("credentials", "Registry"),
        ("credentials", "AWX"),
        ("credentials", "Entra of the platform"),
        ("notification_templates", "Pager"),
    }
    assert not {item.name for item in plan.objects} & {"Registry", "AWX", "Entra of the platform", "Pager"}


def test_the_task_of_each_kind_gives_every_option() -> None:
    """An option that the plan has and the task does not would be lost without a word."""
    tasks = yaml.safe_load((ROOT / "roles/awx_setup/tasks/objects.yml").read_text())
    given: dict[str, set[str]] = {}
    for task in tasks:
        if "action" in task:
            kind = task["loop"].split("'")[1]
            given[kind] = {name for name in task["args"] if not name.startswith("controller_")}
    for document in (make_document(), make_rich_document()):
        for item in plan_objects(document).objects:
            assert given[item.kind].issuperset({**item.options, **item.once}), item
    assert set(given) == {*KINDS, "stops"}


def test_the_export_has_every_object_in_the_other_collections_words(tmp_path: pathlib.Path) -> None:
    document = make_rich_document()
    found, plan = export_variables(document), plan_objects(document)
    for kind, variable in VARIABLES.items():
        assert [item["name"] for item in found[variable]] == [item.name for item in plan.objects if item.kind == kind]
    workflow = found["controller_workflows"][0]["simplified_workflow_nodes"]
    assert [(node["identifier"], node.get("success_nodes")) for node in workflow] == [
        ("plan", ["approve"]),
        ("approve", ["apply"]),
        ("apply", None),
    ]
    assert not any("wait" in item for item in found["controller_projects"])
