# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The document as a whole: names of variables that are almost right, what a playbook needs, and objects that are described twice."""

from __future__ import annotations

import re
import typing as t

import pytest
from collection_tree import ROOT
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cvops.identity.plugins.plugin_utils.variables_document import (
    check_variables,
    count_edits,
    find_near_variables,
    find_own_variables,
)
from ansible_collections.cvops.identity.plugins.plugin_utils.variables_schema import SCHEMA

CONNECTION = {"entra": {"tenant_id": "t"}, "commcells": {"cs01": {"url": "https://cs01"}}}
MAPPINGS = [{"principal": {"entra_group": "GG"}, "grants": [{"role": "View", "entities": "commcell"}]}]


def check(document: t.Mapping[str, t.Any], playbook: str = "site") -> list[str]:
    return check_variables(document, SCHEMA, lambda value: value, playbook).problems


def test_a_right_document_has_no_problem_and_its_values_come_back() -> None:
    document = {"cvops_connection": CONNECTION, "cvops_role_mappings": MAPPINGS}
    found = check_variables({**document, "other": 1}, SCHEMA, lambda value: value, "site")
    assert (found.problems, found.variables) == ([], document)


NEAR = [
    ("cvops_role_mapings", "cvops_role_mappings"),
    ("cvops_conection", "cvops_connection"),
    ("cvops_entra_group", "cvops_entra_groups"),
    ("Cvops-SSO", "cvops_sso"),
    ("role_mappings_max_removal", "role_mappings_max_removals"),
    ("cvops_my_own_thing", None),
    ("inventory_hostname", None),
    ("_cvops_role_mappings", None),
]


@pytest.mark.parametrize(("name", "near"), NEAR)
def test_a_variable_that_is_almost_one_of_the_document_is_told(name: str, near: str | None) -> None:
    told = [f"{name}: there is no such variable; did you mean {near}?"] if near else []
    assert check({name: 1}, "validate") == told


def test_a_variable_of_the_author_beside_the_right_one_is_left_alone() -> None:
    assert check({"cvops_connection": CONNECTION, "cvops_connection2": 1}, "validate") == []
    assert len(check({"cvops_connection": CONNECTION, "cvops_connecton": 1}, "validate")) == 1


def test_a_misspelt_variable_is_not_missing_as_well() -> None:
    assert len(check({"cvops_connection": CONNECTION, "cvops_role_mapings": MAPPINGS})) == 1
    assert len(check({"cvops_conection": CONNECTION, "cvops_role_mappings": MAPPINGS})) == 1


def test_a_misspelt_connection_is_told_once() -> None:
    connection = {"entra": {}, "commcell": {"cs01": {}}}
    assert check({"cvops_connection": connection, "cvops_role_mappings": MAPPINGS}) == [
        "cvops_connection.commcell: there is no such key; did you mean commcells?"
    ]


NEEDS = [
    (
        "site",
        {},
        "cvops_application, cvops_role_mappings, cvops_entra_groups, cvops_commvault_roles, cvops_commvault_credentials,"
        " cvops_conditional_access: none",
    ),
    ("site", {"cvops_role_mappings": MAPPINGS}, "cvops_connection: is missing, with its commcells"),
    (
        "site",
        {"cvops_role_mappings": MAPPINGS, "cvops_connection": {"entra": {}}},
        "cvops_connection.commcells: is missing",
    ),
    (
        "site",
        {"cvops_role_mappings": MAPPINGS, "cvops_connection": {"commcells": {}}},
        "cvops_connection.commcells: names no",
    ),
    ("preflight", {}, "cvops_role_mappings: is missing"),
    ("bootstrap", {}, "cvops_bootstrap: is missing"),
    ("export_entra", {}, "export_entra_file: is missing"),
    ("awx_setup", {}, "cvops_controller: is missing"),
    ("export_role_mappings", {}, "cvops_connection: is missing"),
    ("snapshot", {"snapshot_dir": "s"}, "cvops_connection: is missing"),
]


@pytest.mark.parametrize(("playbook", "document", "told"), NEEDS, ids=[told for playbook, document, told in NEEDS])
def test_what_a_playbook_needs_is_told_when_it_is_missing(playbook: str, document: dict[str, t.Any], told: str) -> None:
    (line,) = check(document, playbook)
    assert line.startswith(told)


@pytest.mark.parametrize("playbook", ["doctor", "validate"])
def test_the_doctor_works_with_nothing(playbook: str) -> None:
    assert check({}, playbook) == []


def test_a_playbook_that_there_is_not_is_told() -> None:
    assert check({}, "sit")[0].startswith(
        "validate_for: must be one of access, access_evidence, access_log, app_registration, awx_setup"
    )


def test_options_of_the_sign_in_are_evaluated_but_for_their_lookups() -> None:
    asked: list[t.Any] = []

    def render(value: t.Any) -> t.Any:
        asked.append(value)
        return "12"

    given_variables = {"cvops_access_token": "{{ lookup('x') }}", "cvops_timeout": "{{ y }}", "cvops_client_id": ""}
    found = check_variables(given_variables, SCHEMA, render, "validate")
    assert (found.problems, asked) == ([], ["{{ y }}"])
    assert check({"cvops_timeout": "soon", "cvops_retries": ""}, "validate") == [
        "cvops_timeout: must be a whole number, not another text"
    ]


@pytest.mark.parametrize(
    ("sign_in", "variables", "environ", "is_told"),
    [
        ({}, {}, {}, True),
        ({}, {}, {"CVOPS_ACCESS_TOKEN": " ", "CVOPS_CLIENT_ID": "c"}, True),
        ({}, {}, {"CVOPS_ACCESS_TOKEN": "x"}, False),
        ({}, {}, {"AZURE_CLIENT_SECRET": "x"}, False),
        ({}, {"cvops_auth_method": "interactive"}, {}, False),
        ({"access_token": "x"}, {}, {}, False),
    ],
)
def test_bootstrap_asks_how_the_person_signs_in(
    sign_in: dict[str, str], variables: dict[str, str], environ: dict[str, str], is_told: bool
) -> None:
    bootstrap = {"application": {"unique_name": "x"}, "sign_in": sign_in}
    document = {"cvops_connection": CONNECTION, "cvops_bootstrap": bootstrap, **variables}
    found = check_variables(document, SCHEMA, lambda value: value, "bootstrap", environ)
    assert [
        line.startswith("cvops_bootstrap.sign_in: is missing: it says how you sign in") for line in found.problems
    ] == [True] * is_told


def test_what_the_module_would_find_in_a_mapping_is_told_at_its_place() -> None:
    grants = [{"role": {"name": "View"}, "entities": {"plans": []}}]
    document = {
        "cvops_connection": CONNECTION,
        "cvops_role_mappings": [*MAPPINGS, {"principal": {"user": "bob"}, "grants": grants}],
    }
    (line,) = check(document)
    assert line.startswith("cvops_role_mappings[1].grants[0].entities.plans (bob): is an empty list")


def test_cvops_only_must_match_a_commcell() -> None:
    document = {"cvops_connection": CONNECTION, "cvops_role_mappings": MAPPINGS}
    assert check({**document, "cvops_only": "CS*"}) == []
    assert check({**document, "cvops_only": "emea-*"}) == [
        "cvops_only: matches no CommCell of cvops_connection.commcells; it has cs01"
    ]


def test_how_many_commcells_at_once_is_a_positive_number() -> None:
    document = {"cvops_connection": CONNECTION, "cvops_role_mappings": MAPPINGS}
    for at_once in (1, "2", None):
        assert check({**document, "cvops_at_once": at_once}) == []
    for at_once in (0, "-3"):
        (line,) = check({**document, "cvops_at_once": at_once})
        assert line.startswith(f"cvops_at_once: is {at_once}; give the number of CommCells at the same time, 1 or more")
    (line,) = check({**document, "cvops_at_once": "some"})
    assert line.startswith("cvops_at_once")


def test_an_object_that_is_described_twice_is_told() -> None:
    groups = [{"unique_name": "gg-1", "display_name": "A"}, {"unique_name": "GG-1", "display_name": "B"}]
    assert check({"cvops_entra_groups": groups}) == [
        "cvops_entra_groups[1].unique_name (B): is already used by cvops_entra_groups[0]; describe each object once"
    ]
    assert check({"cvops_entra_groups": [groups[0], groups[0]]}) == []
    roles = [
        {"name": "R", "company": "a"},
        {"name": "r", "company": "b"},
        {"name": "R", "company": "A", "enabled": True},
    ]
    document = {"cvops_commvault_roles": roles, "cvops_connection": CONNECTION}
    assert [line.split(" ")[0] for line in check(document)] == ["cvops_commvault_roles[2].name"]


def test_rotations_are_told_that_are_there_twice_or_on_a_commcell_that_is_not() -> None:
    def rotation(**more: t.Any) -> dict[str, t.Any]:
        target = {"commvault_credential": {"name": "azure", **more}}
        return {"rotation_name": "backup", "application": {"unique_name": "job"}, "targets": [target]}

    two = {"cvops_connection": {"commcells": {"cs01": {}, "cs02": {}}}}
    first = {**rotation(commcell="cs01"), "rotation_name": "other"}
    path = "cvops_rotations[{}].targets[0].commvault_credential.commcell (backup of job)"
    assert check({**two, "cvops_rotations": [first, rotation(commcell="cs02")]}, "rotate_secrets") == []
    assert check({**two, "cvops_rotations": [first, rotation(commcell="cs03")]}, "rotate_secrets") == [
        f"{path.format(1)}: cvops_connection.commcells has no such CommCell; it has cs01, cs02"
    ]
    assert check({**two, "cvops_rotations": [rotation()]}, "rotate_secrets") == [
        f"{path.format(0)}: is missing, and cvops_connection has several CommCells: cs01, cs02"
    ]
    assert check({"cvops_rotations": [rotation()]}, "rotate_secrets") == []
    twice = check({**two, "cvops_rotations": [rotation(commcell="cs01"), rotation(commcell="cs02")]}, "rotate_secrets")
    assert [line.partition(":")[0] for line in twice] == ["cvops_rotations[1].rotation_name (backup of job)"]


def test_a_rotation_is_looked_at_whatever_is_wrong_with_another_one() -> None:
    first = {"rotation_name": "a b", "application": {"unique_name": "job"}, "targets": [{"file": {"path": "/a"}}]}
    second = {**first, "rotation_name": "c", "retire": "sometimes"}
    told = check({"cvops_rotations": [first, second]}, "rotate_secrets")
    assert [line.partition(" ")[0].rstrip(":") for line in told] == [
        "cvops_rotations[1].retire",
        "cvops_rotations[0].rotation_name",
    ]


def test_a_schedule_that_rotates_nothing_is_told() -> None:
    assert "is an empty list" in str(check({"cvops_rotations": []}, "rotate_secrets"))
    assert check({"cvops_rotations": []}, "validate") == []


def test_no_value_of_the_connection_is_told() -> None:
    connection = {
        "entra": {"client_secret": {"S3CRET": "S3CRET"}},
        "commcells": {"cs01": {"password": ["S3CRET"], "pin": True}},
    }
    told = check({"cvops_connection": connection}, "validate")
    assert len(told) == 3 and "S3CRET" not in "".join(told)


@given(st.text("abcd_", max_size=8), st.text("abcd_", max_size=8))
def test_edits_are_counted_alike_from_both_sides(one: str, other: str) -> None:
    found = count_edits(one, other, 2)
    assert found == count_edits(other, one, 2)
    assert (found == 0) == (one == other)


@given(st.sampled_from(["cvops_role_mappings", "cvops_sso"]), st.data())
def test_a_name_within_two_edits_is_found_wherever_they_are(known: str, data: st.DataObject) -> None:
    name = known
    many = data.draw(st.sampled_from([1, 2]))
    for _edit in range(many):
        place = data.draw(st.integers(0, len(name) - 2))
        letter = data.draw(st.sampled_from("azx"))
        swapped = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
        others = [name[:place] + letter + name[place:], name[:place] + name[place + 1 :]]
        # A letter that is put between two that were swapped makes three edits of them: nothing is edited twice.
        others += [swapped] if many == 1 else []
        name = data.draw(st.sampled_from(others))
    if name != known and len(name) >= 8:
        assert find_near_variables([name], {known: {}}) == [(name, known)]


@pytest.mark.parametrize(
    ("one", "other", "edits"),
    [("abc", "acb", 1), ("abc", "abd", 1), ("a-c", "A_C", 0), ("abc", "", 3), ("ab", "abcd", 2)],
)
def test_edits_are_letters_put_in_taken_out_replaced_or_swapped(one: str, other: str, edits: int) -> None:
    assert count_edits(one, other, 2) == edits


def test_what_playbooks_and_roles_set_is_told_from_what_people_give() -> None:
    """All names of private variables in them, the loop variables that name one CommCell, and the facts that a role leaves."""
    texts = [path.read_text() for folder in ("playbooks", "roles") for path in (ROOT / folder).rglob("*.yml")]
    private = {name for text in texts for name in re.findall(r"(?<!\w)__[a-z]\w*", text)}
    looped = {name for text in texts for name in re.findall(r"loop_var: (\w+)", text)}
    left = {name for text in texts for name in re.findall(r"^ +((?!__)\w+_result): ", text, re.MULTILINE)}
    assert len(private) > 100 and looped and left
    names = [*private, *looped, *left, *SCHEMA, "__mine", "cvops___x", "validate_done"]
    assert {name for name in names if find_own_variables([name])} == private | looped | left
    (line,) = find_own_variables(["mine", "__cvops_decision\n"])
    assert line.startswith("__cvops_decision") and "\n" not in line
