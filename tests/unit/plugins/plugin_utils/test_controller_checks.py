# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a controller would refuse, or what would change it at each run, is told before the first request."""

from __future__ import annotations

import typing as t

import pytest
from controller_examples import make_document, make_rich_document

from ansible_collections.cvops.identity.plugins.plugin_utils.controller_checks import find_controller_problems
from ansible_collections.cvops.identity.plugins.plugin_utils.controller_rules import (
    build_rule,
    find_rule_problems,
    normalize_rule,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_document import check_variables
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA

DAILY = "DTSTART:20270104T050000Z RRULE:FREQ=DAILY;INTERVAL=1"


def tell(**controller: t.Any) -> list[str]:
    return [str(problem) for problem in find_controller_problems(make_document(**controller))]


def test_what_is_right_has_no_problems() -> None:
    assert tell() == []
    assert [str(problem) for problem in find_controller_problems(make_rich_document())] == []
    found = check_variables(make_rich_document(), SCHEMA, lambda value: value, "awx_setup")
    assert found.problems == []


def question(**more: t.Any) -> dict[str, t.Any]:
    return {"workflow": {"survey": [{"variable": "reason", "question": "Why", **more}]}}


def rule(text: str) -> dict[str, t.Any]:
    return {"jobs": {"drift": {"schedule": {"rrule": text}}}}


CASES: list[tuple[dict[str, t.Any], str]] = [
    ({"prefix": "a++b"}, "contains ++"),
    ({"prefix": "{{ lookup('pipe', 'id') }}"}, "contains template marks, which are not evaluated"),
    ({"organization": " Platform"}, "blanks around it"),
    ({"organization": "7"}, "is a number"),
    ({"jobs": {"drift": {"name": "Same"}, "plan": {"name": "same"}}}, "jobs.plan.name: two jobs have the name 'same'"),
    ({"jobs": {"drift": {"name": "cvops project"}}}, "is used for a project and for a job template"),
    ({"jobs": {"drift": {"schedule": {"name": "cvops plan"}}}}, "is used for a job template and for a schedule"),
    ({"timezone": "Europe/Nowhere"}, "cvops_controller.timezone: is not a time zone"),
    (rule("DTSTART;TZID=Mars/One:20270104T050000 RRULE:FREQ=DAILY;INTERVAL=1"), "Mars/One is not a time zone"),
    (rule("RRULE:FREQ=DAILY;INTERVAL=1"), "must begin with DTSTART"),
    (rule("DTSTART:20270104T050000 RRULE:FREQ=DAILY;INTERVAL=1"), "DTSTART has no time zone"),
    (rule("DTSTART:20271304T050000Z RRULE:FREQ=DAILY;INTERVAL=1"), "DTSTART is not a date and time"),
    (rule("DTSTART:20270104T050000Z"), "has no RRULE"),
    (rule("DTSTART:20270104T050000Z RRULE:FREQ=DAILY"), "has no INTERVAL"),
    (rule("DTSTART:20270104T050000Z RRULE:FREQ=SECONDLY;INTERVAL=1"), "FREQ must be one of"),
    (rule(f"{DAILY};BYDAY=1MO"), "BYDAY takes days only"),
    (rule(f"{DAILY};COUNT=1000"), "COUNT must be a number up to 999"),
    (rule(f"{DAILY};COUNT=2;UNTIL=20310101T000000Z"), "has both COUNT and UNTIL"),
    (rule(f"{DAILY} EXDATE:20270105T050000Z"), "EXDATE is not possible here"),
    (rule(f"DTSTART:20270104T050000Z {DAILY}"), "DTSTART is not possible here"),
    ({"jobs": {"plan": {"schedule": {"enabled": True}}}}, "jobs.plan.schedule.rrule: is missing"),
    ({"jobs": {"apply": {"schedule": {"rrule": DAILY}}}}, "lacks cvops_approved_plan, which the survey requires"),
    (
        {"jobs": {"drift": {"schedule": {"answers": {"color": "red"}}}}},
        "answers.color: is not a question of the survey",
    ),
    (question(type="multiplechoice"), "needs choices"),
    (question(type="multiplechoice", choices=["a"], default="b"), "default is not one of the choices"),
    (question(type="multiselect", choices=["a ", "b"]), "choices are empty or have blanks around them"),
    (question(type="integer", default="many"), "default must be a whole number"),
    (question(type="integer", default=9, max=5), "default is not between min and max"),
    (question(type="password", default="x"), "a secret must be in a credential"),
    (question(variable="no-name"), "variable is not a valid variable"),
    ({"commcells": {"cs09": {}}}, "commcells.cs09: is not a CommCell"),
    (
        {"commcells": {"emea-cs01": {"env_prefix": "ANSIBLE"}}},
        "ANSIBLE_USERNAME, which is reserved by controllers",
    ),
    ({"commcells": {"emea-cs01": {"env_prefix": "1X"}}}, "which is not a valid variable"),
    ({"commcells": {name: {"env_prefix": "CS"} for name in ("emea-cs01", "apac-cs01")}}, "is already used by CommCell"),
    ({"commcells": {"emea-cs01": {"method": "token_store"}}}, "token_store needs the sign-in to the Vault"),
    ({"project": {"scm_url": "https://me:pw@git.corp.example/a.git"}}, "contains a user name or a password"),
    ({"project": {"scm_url": "ftp://git.corp.example/a.git"}}, "must be an address of git"),
    ({"variables": {"cvops_approved_plan": "x"}}, "is passed on by the job of the plan"),
    (question(variable="cvops_approved_plan"), "asks for cvops_approved_plan, which only the job of the plan"),
    (
        {"workflow": {"survey": [{"variable": "cvops_approval_from", "question": "Where?"}]}},
        "workflow.survey: asks for cvops_approval_from",
    ),
    ({"jobs": {"drift": {"variables": {"smtp": {"password": "x"}}}}}, "jobs.drift.variables.smtp.password: looks like"),
    ({"notifications": [{"name": "a", "url": "http://x.example"}]}, "notifications[0].url: must be an https address"),
    ({"notifications": [{"name": "a"}, {"name": "A"}]}, "notifications[1].name: A is there twice"),
    ({"jobs": {"plan": {"enabled": False}}}, "has only one of plan and apply"),
    ({"jobs": {"evidence": {}}}, "lacks access_evidence_dir"),
    ({"jobs": {"entra": {"enabled": True}}}, "is for slices"),
    ({"identities": {"rotate": {}}}, "identities.rotate: belongs to no job that is created"),
    ({"workload_identity": {"issuer": "http://aap.corp.example"}}, "workload_identity: issuer: "),
    (
        {"organization": "a:job_template:b", "workload_identity": {"issuer": "https://aap.corp.example"}},
        "could have the same subject",
    ),
]


@pytest.mark.parametrize(("controller", "told"), CASES, ids=[told for controller, told in CASES])
def test_it_is_told(controller: dict[str, t.Any], told: str) -> None:
    found = tell(**controller)
    assert any(told in line for line in found), found


def test_slices_without_commcells_to_share_are_refused_with_how_many_there_are() -> None:
    document = make_document(slices=3)
    for count, told in ((1, "1 CommCell"), (0, "no CommCell")):
        document["cvops_connection"]["commcells"].popitem()
        found = [str(problem) for problem in find_controller_problems(document)]
        assert (
            f"cvops_controller.slices: is 3, but slices divide the CommCells, of which cvops_connection has {told}; leave it out"
            in found
        ), count


def test_a_commcell_whose_address_holds_a_password_is_refused() -> None:
    document = make_document()
    document["cvops_connection"]["commcells"]["emea-cs01"]["url"] = "https://svc:s3cret-of-emea@emea.corp.example/api"
    (found,) = [str(problem) for problem in find_controller_problems(document)]
    assert found.startswith("cvops_connection.commcells.emea-cs01.url: contains a user name or a password")
    assert "s3cret" not in found


def test_several_are_told_together_and_none_with_a_secret() -> None:
    document = make_document(prefix="a++b", timezone="Nowhere", variables={"token": "s3cret-of-mine"})
    found = check_variables(document, SCHEMA, lambda value: value, "awx_setup").problems
    assert len(found) >= 3
    assert not any("s3cret" in line for line in found)


def test_a_name_of_a_commcell_that_jobs_would_evaluate_is_refused() -> None:
    document = make_document()
    commcells = document["cvops_connection"]["commcells"]
    commcells["{{ lookup('pipe', 'id') }}"] = commcells.pop("emea-cs01")
    assert any("contains template marks" in str(problem) for problem in find_controller_problems(document))
    commcells["plain"] = commcells.popitem()[1] | {"url": "https://{{ lookup('pipe', 'id') }}"}
    assert any(
        str(problem).startswith("cvops_connection.commcells.plain.url")
        for problem in find_controller_problems(document)
    )


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (DAILY, DAILY),
        (DAILY.replace(" ", "\n"), DAILY),
        (f"{DAILY};UNTIL=20310101T000000", f"{DAILY};UNTIL=20310101T000000Z"),
        (f"{DAILY};UNTIL=20310101T000000Z", f"{DAILY};UNTIL=20310101T000000Z"),
    ],
)
def test_rules_are_given_as_a_controller_stores_them(given: str, stored: str) -> None:
    assert not list(find_rule_problems(given))
    assert normalize_rule(given) == stored
    assert normalize_rule(stored) == stored


def test_rules_of_our_own_are_right() -> None:
    for zone in ("UTC", "Europe/Berlin"):
        built = build_rule("050000 FREQ=DAILY;INTERVAL=1", zone)
        assert not list(find_rule_problems(built))
        assert normalize_rule(built) == built
