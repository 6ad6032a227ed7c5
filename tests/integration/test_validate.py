# Copyright (c) 2026, the cvops.identity authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variables document that is wrong: every playbook and role says so in short lines, before it does anything, and shows no value."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml
from collection_tree import ROOT
from helpers.playing import Player, Run

pytestmark = pytest.mark.any_core

PLAYBOOKS = [
    "access",
    "access_evidence",
    "access_log",
    "bootstrap",
    "break_glass_drill",
    "converge_role_mappings",
    "doctor",
    "expiry",
    "export_entra",
    "export_role_mappings",
    "preflight",
    "revert",
    "review",
    "roll_over_certificate",
    "rotate_secrets",
    "site",
    "snapshot",
    "validate",
]
ROLES = [
    "app_registration",
    "bootstrap",
    "commvault_credentials",
    "commvault_sso",
    "conditional_access",
    "role_mappings",
    "secret_rotation",
]
SECRET = "S3CRET-of-the-document"
LONGEST_LINE = 420
FILTERS = ROOT / "plugins" / "filter"

#: One of each kind that ended in a raw template error, a censored one, or the whole specification; and what is said about it.
WRONG: dict[str, tuple[dict[str, t.Any], str]] = {
    "a misspelt key": (
        {"cvops_connection": {"commcell": {"cs01": {"password": SECRET}}}},
        "cvops_connection.commcell: there is no such key; did you mean commcells?",
    ),
    "a misspelt key of a grant": (
        {
            "cvops_role_mappings": [
                {"principal": {"entra_group": "GG"}, "grants": [{"roel": "View", "entities": "commcell"}]}
            ]
        },
        "cvops_role_mappings[0].grants[0].roel (GG): there is no such key; did you mean role?",
    ),
    "a misspelt variable": (
        {"cvops_role_mapings": []},
        "cvops_role_mapings: there is no such variable; did you mean cvops_role_mappings?",
    ),
    "a type": (
        {"cvops_entra_groups": {"display_name": SECRET}},
        "cvops_entra_groups: must be a list, not a mapping; put '- ' before it",
    ),
    "an undefined variable": (
        {
            "cvops_connection": {
                "entra": {"client_secret": SECRET + "{{ vault_gone }}"},
                "commcells": {"cs01": {"password": SECRET}},
            }
        },
        "cvops_connection.entra.client_secret: uses vault_gone, which is not defined",
    ),
    "a whole variable that is not there": (
        {
            "cvops_connection": "{{ elsewhere }}",
            "elsewhere": {"entra": {"client_secret": SECRET}, "commcells": "{{ gone }}"},
        },
        "cvops_connection.commcells: uses gone, which is not defined",
    ),
    "a failing lookup": (
        {
            "cvops_connection": {
                "commcells": {"cs01": {"password": "{{ lookup('ansible.builtin.file', '/nowhere/" + SECRET + "') }}"}}
            }
        },
        "cvops_connection.commcells.cs01.password: its lookup ansible.builtin.file fails; test it alone with ansible.builtin.debug",
    ),
    "a template that is none": (
        {"cvops_connection": {"entra": {"client_secret": SECRET + "{{ 1 + }}"}}},
        "cvops_connection.entra.client_secret: its template fails; test it alone with ansible.builtin.debug",
    ),
    "an option of the sign-in": ({"cvops_tenant_id": "{{ gone }}"}, "cvops_tenant_id: uses gone, which is not defined"),
    "a switch": ({"cvops_in_process": "{{ gone }}"}, "cvops_in_process: uses gone, which is not defined"),
    "the document itself": ({"cvops_document": "{{ gone }}"}, "cvops_document: uses gone, which is not defined"),
    "a filter that fails": (
        {"cvops_connection": {"entra": {"timeout": "{{ '" + SECRET + "' | from_json }}"}}},
        "cvops_connection.entra.timeout: its template fails",
    ),
}


def lines(run: Run) -> list[str]:
    """What the run says is wrong."""
    told = run.result["msg"]
    if "which are listed above" not in told:
        return [told]
    return list(run.one("Say what is wrong with the variables")["msg"])


def assert_short(run: Run, told: str) -> None:
    """The run ended with the line *told* among few others, without the secret, a censored result or a long line."""
    assert run.rc != 0
    found = lines(run)
    assert [line for line in found if line.startswith(told)], found
    assert len(found) <= 4
    assert SECRET not in run.text
    assert "censored" not in run.text
    assert "Traceback" not in run.text
    assert max(map(len, run.text.splitlines())) <= LONGEST_LINE


@pytest.mark.parametrize("playbook", PLAYBOOKS)
@pytest.mark.parametrize(("document", "told"), WRONG.values(), ids=WRONG)
def test_a_playbook_says_what_is_wrong(bare: Player, playbook: str, document: dict[str, t.Any], told: str) -> None:
    assert_short(bare(f"cvops.identity.{playbook}", extra_vars=document), told)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_says_what_is_wrong(bare: Player, role: str) -> None:
    """With parameters of the role, too, and without the specification that Ansible itself would print."""
    document, told = WRONG["an undefined variable"]
    assert_short(bare([{"ansible.builtin.include_role": {"name": f"cvops.identity.{role}"}, "vars": document}]), told)
    document, told = WRONG["a misspelt key of a grant"]
    assert_short(bare([{"ansible.builtin.include_role": {"name": f"cvops.identity.{role}"}, "vars": document}]), told)


@pytest.mark.every_core
def test_a_right_document_is_said_to_be_right(bare: Player) -> None:
    document = {"cvops_connection": {"entra": {"client_secret": "{{ vault }}"}}, "vault": SECRET}
    run = bare("cvops.identity.validate", extra_vars=document, verbosity=3).ok()
    assert "Nothing is wrong with the variables: cvops_connection" in run.result["msg"]
    (run.folder / "variables.json").unlink()
    assert SECRET not in run.text


@pytest.mark.every_core
def test_what_is_omitted_counts_as_not_given(bare: Player) -> None:
    """In every place: from ansible-core 2.19 on, a template that is omitted as a whole is an exception."""
    document = {
        "cvops_connection": {"entra": {"client_secret": "{{ gone | default(omit) }}"}, "commcells": "{{ omit }}"},
        "cvops_entra_groups": ["{{ omit }}"],
        "cvops_tenant_id": "{{ omit }}",
    }
    run = bare("cvops.identity.validate", extra_vars=document).ok()
    assert "Nothing is wrong" in run.result["msg"]


@pytest.mark.every_core
def test_lookups_of_the_document_run_once(bare: Player, tmp_path: pathlib.Path) -> None:
    counted = tmp_path / "counted"
    command = f"echo x >> {counted}; echo {SECRET}"
    document = {
        "cvops_connection": {"entra": {"client_secret": "{{ lookup('ansible.builtin.pipe', '" + command + "') }}"}}
    }
    bare("cvops.identity.validate", extra_vars=document).ok()
    assert counted.read_text() == "x\n"


@pytest.mark.any_core
@pytest.mark.every_core
def test_no_worker_loads_the_filters_again(bare: Player) -> None:
    """It would take each of them up to a sixth of a second: Ansible compiles what it imports from a collection anew in every process."""
    document = {"cvops_connection": {"commcells": {}}}
    run = bare.start("cvops.identity.validate", extra_vars=document, env={"ANSIBLE_DEBUG": "1"}).wait().ok()
    loading = r"(?m)^ *(\d+) [\d.]+: Loading FilterModule '[\w.]+' from \S+/cvops/identity/plugins/filter/(\w+)\.py(.*)"
    loads = [found[:2] for found in re.findall(loading, run.text) if "found_in_cache=True" not in found[2]]
    assert sorted(name for dummy, name in loads) == sorted(path.stem for path in FILTERS.glob("*.py"))
    assert len({process for process, dummy in loads}) == 1


@pytest.mark.every_core
def test_a_document_as_data_is_checked_and_not_evaluated(bare: Player, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "team.yml"
    entry = {
        "principal": {
            "entra_group": "{{ lookup('ansible.builtin.pipe', 'touch " + str(tmp_path / "evaluated") + "') }}"
        }
    }
    path.write_text(yaml.safe_dump({"cvops_role_mappings": [{**entry, "grant": []}]}))
    run = bare("cvops.identity.validate", extra_vars={"cvops_document": str(path)})
    assert run.rc != 0
    assert lines(run)[0] == "cvops_role_mappings[0].grant: there is no such key; did you mean grants?"
    assert not (tmp_path / "evaluated").exists()


@pytest.mark.parametrize(
    ("playbook", "told"),
    [
        (
            "site",
            "cvops_application, cvops_role_mappings, cvops_entra_groups, cvops_commvault_roles, cvops_commvault_credentials,"
            " cvops_conditional_access: none of them is given",
        ),
        ("preflight", "cvops_role_mappings: is missing"),
        ("export_role_mappings", "cvops_connection: is missing"),
        ("bootstrap", "cvops_bootstrap: is missing"),
    ],
)
def test_a_playbook_with_nothing_says_what_it_needs(bare: Player, playbook: str, told: str) -> None:
    assert_short(bare(f"cvops.identity.{playbook}"), told)


@pytest.mark.parametrize(
    "given",
    [
        {"__cvops_checked": {"problems": [], "variables": {}}},
        {"__cvops_checked": {}},
        {"__cvops_problems": []},
        {"__cvops_decision": {"write": True}, "__app_registration_approved": {}},
        {"role_mappings_commcell": "cs01"},
    ],
    ids=lambda given: ", ".join(given),
)
@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_what_only_playbooks_and_roles_set_is_not_taken_from_outside(
    bare: Player, playbook: str, given: dict[str, t.Any]
) -> None:
    """Neither the result of the check nor anything after it: what is given with -e stays as it is given."""
    run = bare(f"cvops.identity.{playbook}", extra_vars=given)
    assert run.rc != 0
    for name in given:
        assert f"{name}: only the playbooks and roles set it; remove it from" in run.result["msg"]


def test_a_role_refuses_a_result_that_is_given(bare: Player) -> None:
    role = {"ansible.builtin.include_role": {"name": "cvops.identity.validate"}}
    run = bare([role], extra_vars={"__cvops_problems": []})
    assert "__cvops_problems: only the playbooks and roles set it" in run.result["msg"]


@pytest.mark.any_core
@pytest.mark.every_core
def test_nothing_that_is_given_makes_a_playbook_go_on_with_a_wrong_document(bare: Player) -> None:
    document, told = WRONG["a misspelt key"]
    assert_short(bare("cvops.identity.site", extra_vars={**document, "validate_fail": False}), told)
    run = bare("cvops.identity.site", extra_vars={"validate_for": "validate", "validate_done": True})
    assert_short(
        run,
        "cvops_application, cvops_role_mappings, cvops_entra_groups, cvops_commvault_roles, "
        "cvops_commvault_credentials, cvops_conditional_access: none",
    )


def test_the_playbook_validate_checks_for_the_one_that_is_named(bare: Player) -> None:
    assert_short(
        bare("cvops.identity.validate", extra_vars={"validate_for": "preflight"}), "cvops_role_mappings: is missing"
    )


def test_a_role_that_is_told_of_an_earlier_check_does_not_take_its_word(bare: Player) -> None:
    """Else it would run with no connection, and do nothing without a word."""
    document, told = WRONG["an undefined variable"]
    role = {"ansible.builtin.include_role": {"name": "cvops.identity.role_mappings"}}
    assert_short(bare([{**role, "vars": {**document, "validate_done": True}}]), told)
